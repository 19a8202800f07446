"""Order buckets: how many orders, and for how much, may leave in a minute and in a day, outside of whatever it is that asks.

Counted from the stored tickets in the transaction that releases one, so two at once never exceed a bucket together and a restart forgets
nothing. Automation that opens shares one set of numbers for the account. What a person releases has numbers several times as large, and
what reduces is never held back from a person. What automation reduces is counted by symbol: a crash that fires every stop of a book at
once is not a loop, a hundred orders on one symbol in a minute are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from domain.events import COUNT, LimitNeared
from domain.money import ZERO, money_text
from domain.orders import Intent, OrderIntent, ReplaceIntent
from domain.portfolio import Portfolio
from domain.ports import Clock
from domain.tickets import Finding, Proposer, Severity, Ticket, TicketStatus
from market.hub import Hub
from storage import orders, states, tickets
from storage.store import Tx
from trading.bus import Unit
from trading.guards.tally import Counted, Gone, Load, gone, load_of, total
from trading.legs import reduces
from trading.risk.limits import InForce, Limits

CODE = "too_many_orders"
PART = "buckets"
MINUTE = timedelta(minutes=1)
TOLD_EVERY = timedelta(hours=1)
GENEROUS = 10
"""How many times the limits of automation a person has, and what automation reduces on one symbol: only what is stuck comes near."""

WAITING = (TicketStatus.PROPOSED, TicketStatus.EXPIRED, TicketStatus.CANCELLED, TicketStatus.REPLACED)
PEOPLE = (Proposer.PERSON, Proposer.COPILOT)


class By(StrEnum):
    """What releases a ticket; `CARD` is automation's that waits for a person: cards are counted too, nobody reads a thousand."""

    PERSON = "person"
    MANDATE = "mandate"
    CARD = "card"


@dataclass(frozen=True, slots=True)
class Told:
    """When the overflow of each bucket was told last."""

    at: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Bucket:
    """A bucket: what it is called, what it holds for a minute and a day, and for how much money, None without a limit."""

    name: str
    minute: int
    day: int
    money: Decimal | None


@dataclass(frozen=True, slots=True)
class _Full:
    """A bucket that would overflow: which measure of it, how much that would be against what limit, in the unit of `LimitNeared`."""

    bucket: str
    about: str
    value: Decimal
    limit: Decimal
    unit: str


class Buckets:
    """The buckets of one account."""

    def __init__(self, hub: Hub, clock: Clock, limits: InForce) -> None:
        self._hub = hub
        self._clock = clock
        self._limits = limits
        self._opening: dict[str, bool] = {}  # what a ticket was made for never changes
        self._counts = Counted()

    async def overflow(self, unit: Unit, ticket: Ticket, portfolio: Portfolio, by: By) -> Finding | None:
        """The blocking finding when a ticket does not fit any more, told as an event once an hour; None when it may go.

        A ticket goes whole or not at all. A person's counts by when its card was drawn up.
        """
        harmless = all(reduces(i, portfolio) for i in ticket.intents)
        if harmless and by is By.PERSON:
            return None
        day, minute = self._hub.day_start(self._clock.now()), ticket.created - MINUTE
        before = await self._counted(unit, ticket, min(day, minute), by)
        for bucket, load in self._filled(ticket, portfolio, by, harmless=harmless):
            if harmless:
                alike = [(g.ticket, g.by_symbol[bucket.name]) for g in before if bucket.name in g.by_symbol]
            else:
                alike = [(g.ticket, g.load) for g in before if await self._opens(unit.tx, g.ticket)]
            loads = [(t.created, x) for t, x in alike if t.id != ticket.id and (t.mandate is None) is (by is not By.MANDATE)]
            full = _full(bucket, load, loads, day, minute, portfolio.spec.currency)
            if full is not None:
                await self._tell(unit, ticket.account, full)
                return _finding(full)
        return None

    async def _counted(self, unit: Unit, ticket: Ticket, since: datetime, by: By) -> list[Gone]:
        """The tickets to count, those that somebody else released among them."""
        if by is By.CARD:
            waiting = await tickets.since(unit.tx, ticket.account, since, *WAITING)
            return [gone(t) for t in waiting if t.mandate is None and t.proposer not in PEOPLE]
        return await self._counts.since(unit, ticket.account, since)

    async def _opens(self, tx: Tx, ticket: Ticket) -> bool:
        """True for a stored ticket that was not made to reduce only; one that merely happened to reduce counts as opening."""
        if ticket.id not in self._opening:
            self._opening[ticket.id] = any([await _may_open(tx, i) for i in ticket.intents])
        return self._opening[ticket.id]

    def _filled(self, ticket: Ticket, portfolio: Portfolio, by: By, *, harmless: bool) -> Iterable[tuple[_Bucket, Load]]:
        """The buckets a ticket goes through, with what it puts in."""
        limits = self._limits()
        if harmless:
            minute, day = limits.orders_a_minute * GENEROUS, limits.orders_a_day * GENEROUS
            return [(_Bucket(symbol, minute, day, None), load) for symbol, load in sorted(gone(ticket).by_symbol.items())]
        return [(_account(limits, portfolio, by), load_of(ticket))]

    async def _tell(self, unit: Unit, account: str, full: _Full) -> None:
        now, key = self._clock.now(), f"{full.bucket}, {full.about}"
        told = await states.get(unit.tx, account, PART, Told) or Told()
        if key in told.at and now - told.at[key] < TOLD_EVERY:
            return
        recent = {k: at for k, at in told.at.items() if now - at < TOLD_EVERY}
        await states.put(unit.tx, account, PART, Told(recent | {key: now}))
        unit.emit(LimitNeared(now, account, CODE, key, full.value, full.limit, crossed=True, unit=full.unit))


def _account(limits: Limits, portfolio: Portfolio, by: By) -> _Bucket:
    many = GENEROUS if by is By.PERSON else 1
    money = max(portfolio.equity, ZERO) * limits.notional_a_day * many
    name = {By.PERSON: "by hand", By.MANDATE: "automation", By.CARD: "cards of automation"}[by]
    return _Bucket(name, limits.orders_a_minute * many, limits.orders_a_day * many, money)


def _full(
    bucket: _Bucket, load: Load, loads: Iterable[tuple[datetime, Load]], day: datetime, minute: datetime, currency: str
) -> _Full | None:
    """What would overflow, or None."""
    known = list(loads)
    today = total(x for at, x in known if at >= day) + load
    now = total(x for at, x in known if at >= minute) + load
    for about, count, most in (("orders a minute", now.orders, bucket.minute), ("orders a day", today.orders, bucket.day)):
        if count > most:
            return _Full(bucket.name, about, Decimal(count), Decimal(most), COUNT)
    if bucket.money is not None and (today.notional or ZERO) > bucket.money:
        return _Full(bucket.name, "money a day", today.notional or ZERO, bucket.money, currency)
    return None


async def _may_open(tx: Tx, intent: Intent) -> bool:
    if isinstance(intent, OrderIntent):
        return not intent.reduce_only
    if isinstance(intent, ReplaceIntent):
        order = await orders.get(tx, intent.client_id)
        return order is None or not order.reduce_only
    return False


def _finding(full: _Full) -> Finding:
    most = f"{full.limit} {full.about}" if full.unit == COUNT else f"{money_text(full.limit, full.unit)} in a day"
    sentence = f"Too many orders ({full.bucket}): at most {most} may leave, and this one would be more."
    return Finding(CODE, Severity.BLOCKING, sentence, (("bucket", full.bucket), ("value", str(full.value)), ("limit", str(full.limit))))
