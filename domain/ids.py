"""Identifiers people can type: at most 12 characters, lower case, without look-alikes."""

from __future__ import annotations

import secrets

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32, lower case
LENGTH = 8


class RandomIds:
    """Unguessable ids of eight characters (40 bits)."""

    def new(self) -> str:
        """A fresh id."""
        return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


class SequentialIds:
    """The twin for tests and for `ask`: the same calls give the same ids."""

    def __init__(self, prefix: str = "t") -> None:
        self._prefix = prefix
        self._count = 0

    def new(self) -> str:
        """`t1`, `t2` …"""
        self._count += 1
        return f"{self._prefix}{self._count}"
