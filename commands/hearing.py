"""Who hears an alert, and how: levels, quiet hours, snoozes, cooldown and the daily budget, decided by a pure function."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from commands.kinds import Level, kind_named
from domain.alerts import Alert, Urgency
from storage.outbox import Verdict

BUDGET = 20
WORSE = Decimal("1.25")
"""How much heavier the same fact must have become to be told again within its cooldown."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """Quiet hours in the reader's zone, as minutes of the day; over midnight where `start` is after `end`."""

    start: int
    end: int

    def covers(self, now: datetime) -> bool:
        """True inside them; `now` in the reader's zone."""
        minute = now.hour * 60 + now.minute
        return self.start <= minute < self.end if self.start < self.end else minute >= self.start or minute < self.end

    def over(self, now: datetime) -> datetime:
        """When those that cover `now` (in the reader's zone) end, in UTC; an hour that a clock change leaves out counts as the next one."""
        minute = now.hour * 60 + now.minute
        day = now.date() if minute < self.end else now.date() + timedelta(days=1)
        return datetime.combine(day, time(self.end // 60, self.end % 60), tzinfo=now.tzinfo).astimezone(UTC)

    def text(self) -> str:
        """`22:00-07:00`."""
        return "-".join(f"{m // 60:02}:{m % 60:02}" for m in (self.start, self.end))


@dataclass(frozen=True, slots=True)
class Hearing:
    """What one chat of one account has set: `levels` that differ from the table, `snoozed` keys (or beginnings of keys) until when."""

    levels: Mapping[str, Level] = field(default_factory=dict)
    quiet: Quiet | None = None
    budget: int = BUDGET
    snoozed: Mapping[str, datetime] = field(default_factory=dict)

    def level(self, kind: str) -> Level:
        """How loud a kind is here; a critical one always is."""
        row = kind_named(kind)
        return Level.LOUD if row.urgency is Urgency.CRITICAL else self.levels.get(kind, row.level)


@dataclass(frozen=True, slots=True)
class History:
    """What was told before: the same fact last (when, and its weight), and how many counted alerts on the reader's day."""

    last: datetime | None = None
    weight: Decimal | None = None
    told_today: int = 0


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of an alert now: told, held `until`, or suppressed for the reason its verdict names."""

    verdict: Verdict
    until: datetime | None = None


def decide(alert: Alert, settings: Hearing, history: History, now: datetime) -> Decision:
    """How an alert is dealt with at `now`, an instant in the reader's zone. Pure. A critical one is loud whatever is set and whatever was.

    The first that holds: its kind is off, it is snoozed, the same fact was told and is no worse, the hours are quiet, the budget is used.
    """
    if alert.urgency is Urgency.CRITICAL:
        return Decision(Verdict.LOUD)
    level = settings.level(alert.kind)
    if level is Level.OFF:
        return Decision(Verdict.OFF if alert.kind in settings.levels else Verdict.ELSEWHERE)
    if any(until > now and covers(word, alert.key) for word, until in settings.snoozed.items()):
        return Decision(Verdict.SNOOZED)
    if _repeated(alert, history, now):
        return Decision(Verdict.REPEATED)
    if settings.quiet is not None and settings.quiet.covers(now):
        return Decision(Verdict.HELD, settings.quiet.over(now))
    if kind_named(alert.kind).counted and history.told_today >= settings.budget:
        return Decision(Verdict.OVER_BUDGET)
    return Decision(Verdict.LOUD if level is Level.LOUD else Verdict.SILENT)


def covers(word: str, key: str) -> bool:
    """True where a snoozed word means this key: its beginning up to a colon (`news:AAPL`), or what it is about (`AAPL`)."""
    return key == word or key.startswith(f"{word}:") or word == about(key)


def about(key: str) -> str:
    """What a key is about: its second part, a symbol as a rule; empty where it has none."""
    return key.partition(":")[2].partition(":")[0]


def fact(key: str) -> str:
    """The beginning of a key that a snooze takes: its kind and what it is about."""
    return ":".join(key.split(":")[:2])


def midnight(now: datetime) -> datetime:
    """When the reader's day of `now` (in the reader's zone) began, in UTC."""
    return datetime.combine(now.date(), time(), tzinfo=now.tzinfo).astimezone(UTC)


def _repeated(alert: Alert, history: History, now: datetime) -> bool:
    cooldown = kind_named(alert.kind).cooldown
    if history.last is None or now - history.last >= cooldown:
        return False
    if alert.weight is None or history.weight is None:
        return True
    return alert.weight < history.weight * WORSE
