"""Readiness: nothing is opened before book and broker were compared and agree."""

from __future__ import annotations

from domain.tickets import Finding, Severity

CODE = "not_reconciled"
AT_START = "Book and broker were not compared yet"


class Readiness:
    """Whether positions may be opened. Closing, cancelling and protecting never wait for it."""

    def __init__(self) -> None:
        self._why: str | None = AT_START

    @property
    def why(self) -> str | None:
        """Why nothing may be opened, as half a sentence; None when it may."""
        return self._why

    def close(self, why: str) -> None:
        """Nothing is opened from now on."""
        self._why = why

    def open(self) -> None:
        """Book and broker agree."""
        self._why = None

    def finding(self) -> Finding | None:
        """What a card says of it, blocking; None when all is well."""
        if self._why is None:
            return None
        sentence = f"{self._why}: until they agree only closing and cancelling go on. `/reconcile` compares them now."
        return Finding(CODE, Severity.BLOCKING, sentence)
