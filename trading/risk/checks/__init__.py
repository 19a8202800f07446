"""The checks, one per file: each module has a stable `CODE` and a function `check(proposal, limits)`; the engine finds them by itself."""
