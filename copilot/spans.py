"""The stretch of time a question is about, always between closes or up to now, so that what it made is what changed in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from market import calendar
from market.hub import Hub

NAMES = ("today", "yesterday", "week", "month", "ytd")
_LONGER = {"week": "this week", "month": "this month", "ytd": "this year"}


@dataclass(frozen=True, slots=True)
class Span:
    """(`start`, `end`] with how it is called: `suffix` ends a sentence (`yesterday`, `on Friday, the last session`)."""

    name: str
    start: datetime
    end: datetime
    suffix: str

    @property
    def past(self) -> bool:
        """True when it ended before now."""
        return self.name == "yesterday"


def span_named(name: str, now: datetime, hub: Hub) -> Span:
    """`today` since the close before the current trading day; `yesterday` the last session of an earlier day; `week`, `month`
    and `ytd` since the last close before the calendar week, month or year of the current trading day. Any other name is today.
    """
    begun = hub.day_start(now)
    if name == "yesterday":
        today = now.astimezone(calendar.NEW_YORK).date()
        last = calendar.previous(today)
        named = "yesterday" if last.day == today - timedelta(days=1) else f"on {last.day:%A}, the last session"
        return Span(name, calendar.previous(last.day).close, last.close, named)
    if name in _LONGER:
        day = calendar.following(begun.astimezone(calendar.NEW_YORK).date()).day
        first = {"week": day - timedelta(days=day.weekday()), "month": day.replace(day=1), "ytd": day.replace(month=1, day=1)}[name]
        return Span(name, min(calendar.previous(first).close, begun), now, _LONGER[name])
    session = calendar.session(now.astimezone(calendar.NEW_YORK).date())
    return Span("today", begun, now, "today" if session is not None else "since the last session began")
