"""The root: settings, wiring, the command line; it knows everybody and nobody knows it."""
