"""Exits the core holds: how a confirmed card sets one or takes one back, and which of them the stop book watches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import partial

from domain.exits import ExitKind, ExitRule, ExitStatus
from domain.money import CENT, to_tick
from domain.orders import ExitIntent
from domain.ports import Clock
from domain.tickets import Ticket
from market.hub import Hub
from storage import exits
from storage.store import Tx
from trading.bus import Bus, Note, Unit
from trading.exits.stops import StopBook

SET, ENDED = "exit_set", "exit_ended"
STEP = Decimal("0.001")  # of the price: the least a trailing stop moves by, so that every move can be journalled
WAITING = frozenset({ExitStatus.ACTIVE, ExitStatus.FIRED})


class Exits:
    """The exits of one account as committed, by id; the stop book watches those that wait for a price.

    `rest` keeps one out of the book until an instant: it fired, nothing came of it, and it is not tried again at once.
    """

    def __init__(self, hub: Hub, book: StopBook) -> None:
        self._hub = hub
        self._book = book
        self._rules: dict[str, ExitRule] = {}
        self._of: dict[str, dict[str, ExitRule]] = {}  # the same by symbol
        self._resting: dict[str, datetime] = {}

    def load(self, rules: Iterable[ExitRule]) -> None:
        """Take what the database holds in place of what was known."""
        for id in list(self._rules):
            self._book.drop(id)
        self._rules, self._of = {}, {}
        for rule in rules:
            self.put(rule)

    def put(self, rule: ExitRule) -> None:
        """Show an exit as committed."""
        if rule.status in WAITING:
            self.keep(rule)
        else:
            self._rules.pop(rule.id, None)
            self._of.get(rule.symbol, {}).pop(rule.id, None)
            self._resting.pop(rule.id, None)
        self._watch(rule)

    def keep(self, rule: ExitRule) -> None:
        """Show where a trailing stop stands as committed; the stop book, which moved it, knows already."""
        self._rules[rule.id] = rule
        self._of.setdefault(rule.symbol, {})[rule.id] = rule

    def get(self, id: str) -> ExitRule | None:
        """An exit that is active or has fired and is not settled, or None."""
        return self._rules.get(id)

    def all(self, symbol: str | None = None) -> tuple[ExitRule, ...]:
        """Those that are active or have fired and are not settled, oldest first, of one symbol or all."""
        return tuple((self._rules if symbol is None else self._of.get(symbol, {})).values())

    def active(self, symbol: str | None = None) -> tuple[ExitRule, ...]:
        """Those that wait, oldest first."""
        return tuple(r for r in self.all(symbol) if r.status is ExitStatus.ACTIVE)

    def protects(self, symbol: str) -> bool:
        """True when a stop the core holds stands under (over) the whole of a position now."""
        kinds = (ExitKind.STOP, ExitKind.TRAILING)
        whole = (r for r in self.all(symbol) if r.kind in kinds and r.level is not None and r.share == 1)
        return any(r.status is ExitStatus.FIRED or r.id not in self._resting for r in whole)

    def rest(self, id: str, until: datetime) -> None:
        """Do not watch an exit before then."""
        self._resting[id] = until
        self._book.drop(id)

    def wake(self, now: datetime) -> None:
        """Watch again what has rested long enough."""
        for id in [i for i, until in self._resting.items() if until <= now]:
            del self._resting[id]
            if id in self._rules:
                self._watch(self._rules[id])

    def resting(self, id: str) -> bool:
        """True while an exit is not to be tried."""
        return id in self._resting

    def renew(self, ids: Iterable[str]) -> None:
        """Watch exits as they are committed, whatever the stop book has made of them since."""
        for id in ids:
            if id in self._rules:
                self._watch(self._rules[id])

    def price(self, symbol: str, value: float) -> Decimal:
        """A price of the stop book as a Decimal of the instrument's tick."""
        instrument = self._hub.instrument(symbol)
        return to_tick(Decimal(repr(value)), instrument.tick if instrument else CENT)

    def _watch(self, rule: ExitRule) -> None:
        self._book.drop(rule.id)
        begin = rule.level if rule.level is not None else rule.arm
        if rule.status is not ExitStatus.ACTIVE or rule.id in self._resting or begin is None or begin <= 0:
            return
        instrument = self._hub.instrument(rule.symbol)
        tick = instrument.tick if instrument else CENT
        self._book.index(rule.symbol, tick=float(tick), step=float(max(tick, begin * STEP)))
        match rule.kind:
            case ExitKind.STOP:
                self._book.stop(rule.id, rule.symbol, float(begin), long=rule.long)
            case ExitKind.TARGET | ExitKind.BREAK_EVEN:
                self._book.target(rule.id, rule.symbol, float(begin), long=rule.long)
            case ExitKind.TRAILING:
                self._book.trail(
                    rule.id,
                    rule.symbol,
                    long=rule.long,
                    distance=float(rule.trail) if rule.trail is not None else None,
                    fraction=float(rule.trail_percent or 0),
                    level=float(rule.level) if rule.level is not None else None,
                    arm=float(rule.arm) if rule.arm is not None else None,
                )
            case ExitKind.TIME:
                pass


class Holding:
    """Sets an exit, or takes one back, when its card is confirmed."""

    missed = "the program stopped before the exit was set or taken back: it was not done"

    def __init__(self, known: Exits, bus: Bus, clock: Clock) -> None:
        self._known = known
        self._bus = bus
        self._clock = clock

    async def do(self, ticket: Ticket, leg: int, intent: ExitIntent) -> None:
        """See `Change`."""
        async with self._bus.unit(who=ticket.origin.who, origin=ticket.origin.chat) as unit:
            if intent.remove:
                await end(unit, self._known, intent.rule.id, ExitStatus.REMOVED, "taken back", self._clock.now())
                return
            rule = replace(intent.rule, ticket=ticket.id)
            if not await exits.add(unit.tx, rule):
                return
            unit.note(Note(self._clock.now(), rule.account, SET, rule))
            unit.then(partial(self._known.put, rule))
            for old in intent.replaces:
                await end(unit, self._known, old, ExitStatus.REMOVED, f"replaced by exit {rule.id}", self._clock.now())

    async def done(self, tx: Tx, ticket: Ticket, leg: int, intent: ExitIntent) -> bool:
        """See `Change`."""
        rule = await exits.get(tx, intent.rule.id)
        if intent.remove:
            return rule is None or rule.status not in WAITING
        return rule is not None


async def end(unit: Unit, known: Exits, id: str, status: ExitStatus, reason: str, at: datetime) -> ExitRule | None:
    """End an exit in a unit of work, journalled; None, and nothing changed, when it had ended already."""
    rule = await exits.get(unit.tx, id)
    if rule is None or rule.status not in WAITING:
        return None
    ended = rule.moved(status, reason)
    await exits.save(unit.tx, ended)
    unit.note(Note(at, rule.account, ENDED, ended))
    unit.then(partial(known.put, ended))
    return ended
