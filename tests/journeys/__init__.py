"""Say, read, tap, advance time, read the push: through the door the reader uses."""
