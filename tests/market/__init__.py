"""The market room, tested."""
