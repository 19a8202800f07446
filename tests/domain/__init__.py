"""The words of the house, each held to what its docstring says."""
