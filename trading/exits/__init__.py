"""Exits: what closes a position by itself, resting at the broker or held by the core, and what is done when one fails."""
