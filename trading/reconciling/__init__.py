"""Reconciling: book and broker are compared and brought to one truth."""
