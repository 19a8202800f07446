"""Risk: what is checked before anything is released, and the figures that say how much is at stake."""
