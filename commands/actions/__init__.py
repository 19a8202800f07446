"""What `#` lines mean: an Action and a snapshot become a Plan of intents. Nothing here sends anything."""
