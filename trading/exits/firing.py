"""Firing: what an exit does when its price or its time has come, exactly once, and what became of it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import partial

from domain.errors import FoliopilotError
from domain.events import ExitTriggered, StopFailed, StopMoved
from domain.exits import ExitKind, ExitRule, ExitStatus
from domain.instruments import Instrument
from domain.mandates import Scope
from domain.money import ONE, ZERO, money_text, plain, to_lot
from domain.orders import Intent, OrderIntent, OrderType, ReplaceIntent, Side, TimeInForce
from domain.portfolio import Position
from domain.ports import Broker, Clock
from domain.tickets import Origin, Proposer, Ticket, TicketStatus
from market.hub import Hub
from storage import exits, tickets
from storage.store import Store
from trading.book import Book
from trading.bus import Bus, Unit
from trading.commission import Commission
from trading.exits.held import Exits, end
from trading.exits.judge import gap
from trading.legs import whole_close
from trading.tickets import TicketDesk

log = logging.getLogger(__name__)

WHO = "monitor"
AGAIN = timedelta(seconds=10)  # after a try that came to nothing, doubled with every further one
UNANSWERED = timedelta(minutes=10)  # after a card nobody answered
REFUSED = timedelta(hours=1)  # after a person said no
LONGEST = timedelta(hours=1)
HINDERED = timedelta(minutes=1)  # the longest after a try that the program itself could not make
RECENT = 200

NOTHING = frozenset({TicketStatus.FAILED, TicketStatus.EXPIRED, TicketStatus.DENIED, TicketStatus.CANCELLED})
_TARGETS = frozenset({ExitKind.TARGET})


class GoneError(FoliopilotError):
    """The exit was taken back, or fired, by somebody else in between."""


@dataclass(frozen=True, slots=True)
class _Act:
    """What a fired exit asks the desk for."""

    line: str
    verb: str
    intents: tuple[Intent, ...]
    quantity: Decimal


class Firing:
    """Draws up the tickets of exits that fire. Exit and ticket are written in one transaction, so it fires once or not at all."""

    def __init__(
        self,
        book: Book,
        hub: Hub,
        store: Store,
        bus: Bus,
        desk: TicketDesk,
        broker: Broker,
        known: Exits,
        commission: Commission,
        clock: Clock,
    ) -> None:
        self._book = book
        self._hub = hub
        self._store = store
        self._bus = bus
        self._desk = desk
        self._broker = broker
        self._known = known
        self._commission = commission
        self._clock = clock
        self._tries: dict[str, int] = {}
        self._denied: set[str] = set()
        self._origins: dict[str, Origin] = {}  # a ticket's never changes

    async def fire(self, rule: ExitRule, level: Decimal | None, price: Decimal | None) -> None:
        """Act on an exit that was reached; whatever hinders it, it is tried again later. Raises what hindered it."""
        position = self._position(rule)
        if position is None:
            await self.end(rule, "the position is closed")
            return
        act = await self._drawn(rule, position, level)
        if act is None:
            return
        beyond = gap(level, price, falling=_falls(rule)) if level is not None and price is not None else ZERO
        self._later(rule, most=HINDERED)  # whatever interrupts it from here on
        try:
            await self._desk.act(
                line=act.line,
                verb=act.verb,
                proposer=Proposer.MONITOR,
                origin=await self.origin(rule.ticket),
                intents=act.intents,
                scope=Scope.TARGETS if rule.kind in _TARGETS else Scope.STOPS,
                why=reason(rule, level),
                signed=rule,
                beside=self._beside(rule, act, level, price, beyond),
            )
        except GoneError as gone:
            log.info("exit %s does not fire: %s", rule.id, gone)

    async def settle(self) -> None:
        """See what became of the tickets of fired exits: done, it ends; came to nothing, it waits again."""
        for rule in self._known.all():
            if rule.status is ExitStatus.FIRED and rule.fired is not None:
                ticket = await self._last(rule.fired)
                if ticket is not None:
                    await self._settled(rule, ticket)

    async def learn(self) -> None:
        """Learn the chats of exits that are new, so that none is looked up while one fires."""
        for ticket in {r.ticket for r in self._known.all()} - self._origins.keys():
            await self.origin(ticket)

    async def end(self, rule: ExitRule, why: str, status: ExitStatus = ExitStatus.ENDED) -> bool:
        """End an exit, journalled; False when it had ended already."""
        async with self._bus.unit(who=WHO) as unit:
            return await end(unit, self._known, rule.id, status, why, self._clock.now()) is not None

    async def origin(self, ticket: str) -> Origin:
        """The chat a ticket was asked from; the terminal where there is no such ticket."""
        if ticket not in self._origins:
            async with self._store.read() as tx:
                found = await tickets.get(tx, ticket)
            self._origins[ticket] = found.origin if found is not None else Origin("terminal", "local", "owner")
        return self._origins[ticket]

    def _position(self, rule: ExitRule) -> Position | None:
        found = self._book.holdings.position(rule.symbol)
        return found if found is not None and (found.quantity > 0) == rule.long else None

    async def _drawn(self, rule: ExitRule, position: Position, level: Decimal | None) -> _Act | None:
        instrument = self._hub.require(rule.symbol)
        if rule.kind is ExitKind.BREAK_EVEN:
            return await self._break_even(rule, position, instrument)
        size = abs(position.quantity)
        leaving = sum((o.left for o in self._book.orders if o.symbol == rule.symbol and o.reduce_only and not o.protective), ZERO)
        quantity = to_lot((size - leaving) * rule.share, instrument.lot)
        if quantity <= 0:
            if leaving > 0:
                self._later(rule, most=AGAIN)  # it is being closed already, and that may come to nothing
            else:
                await self.end(rule, "what it would close is less than one lot")
            return None
        side = Side.SELL if rule.long else Side.BUY
        why = reason(rule, level)
        close = OrderIntent(rule.symbol, side, quantity=quantity, reduce_only=True, why=why)
        if quantity >= to_lot(size, instrument.lot):
            return _Act(_whole(rule), "close", whole_close(self._book.orders, close), quantity)
        return _Act(f"{_whole(rule)} {plain(quantity)}", "close", (close,), quantity)

    async def _break_even(self, rule: ExitRule, position: Position, instrument: Instrument) -> _Act | None:
        """The stop at the broker moves, or one is placed; where the broker has no stops the exit itself becomes one."""
        price = self._break_even_price(position, instrument)
        types, size = self._broker.traits.order_types, to_lot(abs(position.quantity), instrument.lot)
        sign = 1 if rule.long else -1
        stops = [o for o in self._book.orders if o.symbol == rule.symbol and o.protective and o.type is not OrderType.LIMIT]
        if any(o.stop is not None and (o.stop - price) * sign >= 0 for o in stops):
            await self.end(rule, f"a stop at {money_text(price)} or better stands already")
            return None
        if OrderType.STOP not in types:
            await self._becomes_stop(rule, price)
            return None
        old = next((o for o in stops if o.type is OrderType.STOP), None)
        line, why = f"#{rule.symbol} stop {plain(price)}", "break-even"
        if old is not None:
            return _Act(line, "stop", (ReplaceIntent(old.client_id, rule.symbol, stop=price, why=why),), size)
        side = Side.SELL if rule.long else Side.BUY
        placed = OrderIntent(rule.symbol, side, OrderType.STOP, quantity=size, stop=price, tif=TimeInForce.GTC, reduce_only=True, why=why)
        return _Act(line, "stop", (placed,), size)

    def _break_even_price(self, position: Position, instrument: Instrument) -> Decimal:
        """The average price and the fees of getting in and out, per unit, to the tick that does not lose."""
        size = abs(position.quantity) * instrument.multiplier
        out = self._commission.fee(instrument, abs(position.quantity), position.average_price)
        fees = (position.fees + out) / size
        long = position.quantity > 0
        raw = position.average_price + (fees if long else -fees)
        return (raw / instrument.tick).quantize(ONE, rounding=ROUND_CEILING if long else ROUND_FLOOR) * instrument.tick

    async def _becomes_stop(self, rule: ExitRule, price: Decimal) -> None:
        async with self._bus.unit(who=WHO) as unit:
            current = await exits.get(unit.tx, rule.id)
            if current is None or current.status is not ExitStatus.ACTIVE:
                return
            stop = replace(current, kind=ExitKind.STOP, level=price, arm=None)
            await exits.save(unit.tx, stop)
            unit.emit(StopMoved(self._clock.now(), rule.account, rule.symbol, rule.id, None, price, "break-even"))
            unit.then(partial(self._known.put, stop))

    def _beside(
        self, rule: ExitRule, act: _Act, level: Decimal | None, price: Decimal | None, beyond: Decimal
    ) -> Callable[[Unit, Ticket], Awaitable[None]]:
        """What is written with the ticket: the exit FIRED on it; of a denied one that the stop failed, and the exit goes on waiting."""

        async def write(unit: Unit, ticket: Ticket) -> None:
            current = await exits.get(unit.tx, rule.id)
            if current is None or current.status is not ExitStatus.ACTIVE:
                raise GoneError(f"exit {rule.id} is {current.status if current else 'gone'}")
            now = self._clock.now()
            if not ticket.open:
                if rule.id not in self._denied and rule.kind not in _TARGETS:
                    unit.emit(StopFailed(now, rule.account, rule.symbol, act.quantity, now, f"its exit was denied: {ticket.reason}"))
                unit.then(partial(self._denied.add, rule.id))
                return
            fired = replace(current.moved(ExitStatus.FIRED, reason(rule, level), fired=ticket.id), level=level or current.level)
            await exits.save(unit.tx, fired)
            released = ticket.mandate is not None
            unit.emit(
                ExitTriggered(now, rule.account, rule.symbol, rule.kind, rule.id, level, price, beyond, ticket.id, released, rule.share)
            )
            unit.then(partial(self._fired, fired))

        return write

    def _fired(self, rule: ExitRule) -> None:
        self._known.put(rule)
        self._tries.pop(rule.id, None)
        self._denied.discard(rule.id)

    def _later(self, rule: ExitRule, least: timedelta = AGAIN, most: timedelta = LONGEST) -> None:
        tries = self._tries[rule.id] = self._tries.get(rule.id, 0) + 1
        wait = max(least, min(AGAIN * 2 ** min(tries - 1, 12), most))
        self._known.rest(rule.id, self._clock.now() + wait)

    async def _last(self, id: str) -> Ticket | None:
        """A ticket, or the fresh card that took its place."""
        async with self._store.read() as tx:
            ticket = await tickets.get(tx, id)
            if ticket is None or ticket.status is not TicketStatus.REPLACED:
                return ticket
            successors = {t.replaces: t for t in await tickets.recent(tx, ticket.account, RECENT) if t.replaces}
        while ticket.status is TicketStatus.REPLACED and ticket.id in successors:
            ticket = successors[ticket.id]
        return ticket

    async def _settled(self, rule: ExitRule, ticket: Ticket) -> None:
        status, flat = ticket.status, self._position(rule) is None
        placed = rule.kind is ExitKind.BREAK_EVEN and status is TicketStatus.WORKING
        if status is TicketStatus.EXECUTED and not flat and _left_some(rule, ticket):
            await self._again(rule, ticket, f"ticket {ticket.id} left what another order was closing")
            return
        if status is TicketStatus.EXECUTED or placed or (flat and status not in (TicketStatus.PROPOSED, TicketStatus.CONFIRMED)):
            await self.end(rule, f"done by ticket {ticket.id}")
        elif status in NOTHING or status is TicketStatus.PARTIAL:
            await self._again(rule, ticket, f"ticket {ticket.id} came to nothing: {ticket.reason or ticket.status}")

    async def _again(self, rule: ExitRule, ticket: Ticket, why: str) -> None:
        """Its ticket came to nothing, or to less than was asked: it waits again, and not at once where a person had the word."""
        async with self._bus.unit(who=WHO) as unit:
            current = await exits.get(unit.tx, rule.id)
            if current is None or current.status is not ExitStatus.FIRED:
                return
            back = replace(current.moved(ExitStatus.ACTIVE, why), fired=None)
            await exits.save(unit.tx, back)
            unit.then(partial(self._known.put, back))
        asked = ticket.mandate is None
        if asked:
            self._later(rule, REFUSED if ticket.status is TicketStatus.CANCELLED else UNANSWERED)
        else:
            self._later(rule)


def reason(rule: ExitRule, level: Decimal | None) -> str:
    """Why an exit fires, in words."""
    what = {
        ExitKind.STOP: "stop",
        ExitKind.TRAILING: "trailing stop",
        ExitKind.TARGET: "target",
        ExitKind.BREAK_EVEN: "break-even",
        ExitKind.TIME: "time exit",
    }[rule.kind]
    return f"{what} at {money_text(level)}" if level is not None else f"{what}: {rule.why}"


def _whole(rule: ExitRule) -> str:
    """The line that closes all of a position."""
    return f"#{rule.symbol} close"


def _left_some(rule: ExitRule, ticket: Ticket) -> bool:
    """True for an exit of a whole position that closed a part of it, because another order was closing the rest when it fired.

    That one may have come to nothing. What was bought since has nothing to do with it: then the whole was closed.
    """
    return rule.share == ONE and ticket.verb == "close" and ticket.line != _whole(rule)


def _falls(rule: ExitRule) -> bool:
    """True for an exit that is reached as prices fall."""
    return rule.long == (rule.kind in (ExitKind.STOP, ExitKind.TRAILING))
