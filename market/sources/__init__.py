"""Market data sources, one file each, picked by name."""
