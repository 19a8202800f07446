"""Addresses as pictures of text, for a camera before a terminal."""

from __future__ import annotations

import importlib
from typing import Any

_HALVES = {(False, False): "█", (False, True): "▀", (True, False): "▄", (True, True): " "}
"""Two rows of a QR code as one line of text; light is drawn, as most terminals are dark."""


def drawn(address: str) -> str:
    """A QR code as lines of half blocks."""
    segno: Any = importlib.import_module("segno")
    rows = [[bool(dark) for dark in row] for row in segno.make(address, error="l", micro=False).matrix_iter(border=2)]
    rows += [[False] * len(rows[0])] * (len(rows) % 2)
    pairs = zip(rows[::2], rows[1::2], strict=True)
    return "\n".join("".join(_HALVES[above, below] for above, below in zip(*pair, strict=True)) for pair in pairs)
