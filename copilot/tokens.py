"""How many tokens a text takes at most, counted without anybody's tables."""

from __future__ import annotations

import re

DIGITS, LETTERS = 3, 4
"""Characters of a number and of a word that are counted as one token; in the vocabularies in use most words of English are one."""

_PIECES = re.compile(r"[0-9]+|[A-Za-z]+|[^\S\n]+|\n+|[^0-9A-Za-z\s]")


def tokens(text: str) -> int:
    """An upper bound: digits in threes, words in fours, every other sign one, letters outside of ASCII two each; a single blank is free."""
    total = 0
    for piece in _PIECES.findall(text):
        if piece.isascii() and piece.isdigit():
            total += -(-len(piece) // DIGITS)
        elif piece.isascii() and piece.isalpha():
            total += -(-len(piece) // LETTERS)
        elif piece.isspace():
            total += 0 if piece == " " else 1
        else:
            total += 1 if piece.isascii() else 2
    return total
