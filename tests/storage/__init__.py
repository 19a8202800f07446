"""What storage promises, on every store."""
