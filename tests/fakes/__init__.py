"""Real, small implementations of ports for tests, shared by all rooms."""
