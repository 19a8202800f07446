"""What the guard is made of: reading a text, the ground it must stand on, and one kind of claim a file."""
