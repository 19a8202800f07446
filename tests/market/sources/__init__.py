"""Market data sources, tested."""
