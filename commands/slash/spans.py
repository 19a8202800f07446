"""Spans of time a reader names, as the instant they begin: always a close, so that what a span made is what changed since then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from copilot.spans import span_named
from market import calendar
from market.hub import Hub

Span = Literal["today", "week", "month", "year", "ytd", "all"]
SUFFIX: dict[str, str] = {
    "today": "today",
    "week": "this week",
    "month": "this month",
    "year": "this year",
    "ytd": "this year",
    "all": "since the start",
}


@dataclass(frozen=True, slots=True)
class Window:
    """A span that ends now: `start` is the close it counts from, None for everything; `suffix` ends a label or a sentence."""

    name: str
    suffix: str
    start: datetime | None


def window(hub: Hub, span: str, now: datetime) -> Window:
    """The window of a span at an instant: `today` since the close before the current trading day; the others since the last close before
    the calendar week, month or year of that day began."""
    if span == "all":
        return Window(span, SUFFIX[span], None)
    if span in ("today", "week"):
        return Window(span, SUFFIX[span], span_named(span, now, hub).start)
    begun = hub.day_start(now)
    day = calendar.following(begun.astimezone(calendar.NEW_YORK).date()).day
    first = day.replace(day=1) if span == "month" else day.replace(month=1, day=1)
    return Window(span, SUFFIX[span], min(calendar.previous(first).close, begun))
