"""Every kind of alert in one table: how loud it is unless the reader says otherwise, how urgent, and when it is the same fact again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType

from domain.alerts import Urgency


class Level(StrEnum):
    """How a kind of alert reaches a chat."""

    LOUD = "loud"  # with a sound
    SILENT = "silent"
    OFF = "off"  # not at all; the nightly digest counts what the reader switched off


class Theme(StrEnum):
    """What kinds belong together, for settings and lists."""

    ORDERS = "orders"
    EXITS = "exits"
    WATCH = "watch"
    LIMITS = "limits"
    HOUSE = "house"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of alert. `cooldown` is how long the same key is not told again unless it got worse; nothing where every key is new.

    `counted` kinds are limited by the daily budget. What answers the reader's own act, and the word that something is well again, is
    not counted: a day of many orders hides none of their fills.
    """

    theme: Theme
    level: Level
    says: str
    urgency: Urgency = Urgency.INFO
    cooldown: timedelta = timedelta(0)
    counted: bool = False


_INFO, _WARNING, _CRITICAL = Urgency.INFO, Urgency.WARNING, Urgency.CRITICAL
_LOUD, _SILENT = Level.LOUD, Level.SILENT
_ORDERS, _EXITS, _WATCH, _LIMITS, _HOUSE = Theme.ORDERS, Theme.EXITS, Theme.WATCH, Theme.LIMITS, Theme.HOUSE
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "order-placed": Kind(_ORDERS, _SILENT, "an order rests at the broker"),
        "order-changed": Kind(_ORDERS, _SILENT, "a working order has other terms"),
        "order-filled": Kind(_ORDERS, _LOUD, "an order is filled"),
        "order-partly-filled": Kind(_ORDERS, _SILENT, "part of an order is filled"),
        "order-rejected": Kind(_ORDERS, _LOUD, "an order is refused", _WARNING),
        "order-cancelled": Kind(_ORDERS, _SILENT, "an order is taken back"),
        "order-expired": Kind(_ORDERS, _SILENT, "an order ran out"),
        "order-unknown": Kind(_ORDERS, _LOUD, "nobody knows what became of an order", _WARNING),
        "card-expired": Kind(_ORDERS, _SILENT, "a card was not answered in time"),
        "card-not-sent": Kind(_ORDERS, _LOUD, "a confirmed card was not sent", _WARNING),
        "position-closed": Kind(_ORDERS, Level.OFF, "a position is flat again, with its result; its last fill tells it too"),
        "exit-stop": Kind(_EXITS, _LOUD, "a stop fired or filled", _WARNING),
        "exit-trailing": Kind(_EXITS, _LOUD, "a trailing stop fired or filled", _WARNING),
        "exit-target": Kind(_EXITS, _LOUD, "a target is reached"),
        "exit-rung": Kind(_EXITS, _LOUD, "a rung of a take-profit ladder is reached"),
        "exit-time": Kind(_EXITS, _LOUD, "the time of a time exit is come"),
        "exit-break-even": Kind(_EXITS, _SILENT, "a stop moves to the price paid"),
        "exit-person": Kind(_EXITS, _LOUD, "a close is filled, asked for by you or by an exit that fired"),
        "stop-moved": Kind(_EXITS, _SILENT, "a stop tightened", cooldown=_HOUR / 2),
        "stop-failed": Kind(_EXITS, _LOUD, "a position is without the stop it should have", _CRITICAL),
        "stop-restored": Kind(_EXITS, _LOUD, "a position has its stop again"),
        "quote-doubted": Kind(_EXITS, _LOUD, "a quote that reached a stop was not believed", _WARNING, _HOUR / 4, counted=True),
        "drawdown": Kind(_WATCH, _LOUD, "a position went over 10% against you", _WARNING, _DAY, counted=True),
        "spike": Kind(_WATCH, _LOUD, "a sudden move of over 5%", _WARNING, _HOUR, counted=True),
        "volume": Kind(_WATCH, _SILENT, "unusual volume", _INFO, 4 * _HOUR, counted=True),
        "gap": Kind(_WATCH, _LOUD, "an opening gap", _WARNING, _DAY, counted=True),
        "news": Kind(_WATCH, _SILENT, "a headline on a position", _INFO, _DAY, counted=True),
        "earnings": Kind(_WATCH, _LOUD, "a company you hold reports soon", _INFO, _DAY, counted=True),
        "data-stale": Kind(_WATCH, _LOUD, "no usable quotes", _WARNING, _HOUR, counted=True),
        "data-back": Kind(_WATCH, _SILENT, "quotes are usable again"),
        "limit-near": Kind(_LIMITS, _SILENT, "a limit is near", _WARNING, _DAY, counted=True),
        "limit-crossed": Kind(_LIMITS, _LOUD, "a limit is crossed", _WARNING, 4 * _HOUR, counted=True),
        "limit-changed": Kind(_LIMITS, _SILENT, "an owner changed a limit"),
        "breaker-tripped": Kind(_LIMITS, _LOUD, "the loss breaker stopped opening", _CRITICAL),
        "breaker-reset": Kind(_LIMITS, _LOUD, "opening is allowed again", _WARNING),
        "halted": Kind(_LIMITS, _LOUD, "the kill switch is pulled", _CRITICAL),
        "resumed": Kind(_LIMITS, _LOUD, "the kill switch is released", _CRITICAL),
        "automation": Kind(_LIMITS, _LOUD, "automation was switched on or off", _WARNING),
        "mandate-signed": Kind(_LIMITS, _LOUD, "a mandate was signed"),
        "mandate-ended": Kind(_LIMITS, _LOUD, "a mandate is over", _WARNING),
        "proposal": Kind(_LIMITS, _LOUD, "automation drew up a card that waits for you", _WARNING),
        "proposal-urgent": Kind(_LIMITS, _LOUD, "a stop drew up a card that waits for you", _CRITICAL),
        "reconciled": Kind(_HOUSE, _LOUD, "book and broker differed", _WARNING),
        "broker-down": Kind(_HOUSE, _LOUD, "the broker does not answer while positions are open", _CRITICAL),
        "broker-away": Kind(_HOUSE, _SILENT, "the broker does not answer, nothing is open", _WARNING, _HOUR),
        "broker-back": Kind(_HOUSE, _LOUD, "the broker answers again"),
        "job-failed": Kind(_HOUSE, _LOUD, "a part of the core failed", _WARNING, _HOUR, counted=True),
        "day-pre-market": Kind(_HOUSE, _SILENT, "what is ahead, before the open"),
        "day-open": Kind(_HOUSE, _SILENT, "how the session opened"),
        "day-close": Kind(_HOUSE, _SILENT, "how the session went"),
        "job-skipped": Kind(_HOUSE, _SILENT, "a job came too late and was left out"),
        "access-asked": Kind(_HOUSE, _LOUD, "somebody without a role wrote to the bot", _WARNING, _HOUR, counted=True),
        "access-changed": Kind(_HOUSE, _LOUD, "somebody was let in, has another role, or was taken out", _WARNING),
        "access-locked": Kind(_HOUSE, _LOUD, "somebody typed three wrong codes", _WARNING),
        "access-unreachable": Kind(_HOUSE, _LOUD, "somebody who gets alerts cannot be reached", _WARNING, _DAY),
        "was-away": Kind(_HOUSE, _LOUD, "the bot was blind and missed something", _CRITICAL),
        "back": Kind(_HOUSE, _SILENT, "the bot was blind and missed nothing"),
        "digest": Kind(_HOUSE, _SILENT, "the nightly digest"),
        "test": Kind(_HOUSE, _LOUD, "the alert that `/alerts test` sends"),
    }
)

STRANGE = Kind(_HOUSE, _LOUD, "an alert of another version", counted=True)


def kind_named(name: str) -> Kind:
    """The row of a kind; one that this version does not know is told like a thing of the house."""
    return KINDS.get(name, STRANGE)


def is_critical(name: str) -> bool:
    """True for a kind that no setting keeps back."""
    return kind_named(name).urgency is Urgency.CRITICAL
