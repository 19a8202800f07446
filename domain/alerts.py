"""What reaches a person without being asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from domain.chat import Reply


class Urgency(StrEnum):
    """How an alert arrives; `CRITICAL` ignores quiet hours and budgets."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Alert:
    """One push: `kind` for settings, `key` for cooldown (the same key is the same fact), the `reply` to show.

    A key is `kind:about:…`, the most general first, so that its beginnings can be snoozed. `weight` measures how bad the fact is, larger is
    worse (a fraction, a multiple); of two alerts of one key only a materially heavier one is told again soon. `by` is the person whose own
    line caused it, as `platform:person`: the chat that line was typed in has its answer already.
    """

    at: datetime
    account: str
    kind: str
    key: str
    urgency: Urgency
    reply: Reply
    weight: Decimal | None = None
    by: str = ""
