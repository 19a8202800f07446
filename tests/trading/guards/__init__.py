"""The trading room, tested."""
