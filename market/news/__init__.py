"""Sources of news and of scheduled events, one file per provider, each offering `build`."""
