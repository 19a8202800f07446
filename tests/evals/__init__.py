"""Measured scores of what the copilot understands."""
