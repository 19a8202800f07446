"""The root of everything that happens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: an instant (aware UTC) and an account."""

    at: datetime
    account: str
