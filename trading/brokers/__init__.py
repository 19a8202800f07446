"""Brokers: one adapter per file, built by the root and found by its name."""
