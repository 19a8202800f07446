"""Failed stops: a position whose stop failed gets its emergency card, and a stop at the broker that does not act is told, once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from domain.errors import FoliopilotError
from domain.events import ActionProposed, Event, StopFailed, StopRestored
from domain.mandates import Scope
from domain.money import to_lot
from domain.orders import STOPS, OrderIntent, Side
from domain.portfolio import Position
from domain.ports import Clock
from domain.tickets import Proposer
from market.hub import Hub
from storage import preferences, states, tickets
from storage.store import Store
from trading.book import Book
from trading.bus import Bus, Unit
from trading.exits.firing import WHO, Firing
from trading.exits.held import Exits
from trading.legs import whole_close
from trading.tickets import TicketDesk

log = logging.getLogger(__name__)

PART = "guard"
ACTS_WITHIN = timedelta(seconds=60)  # how long a broker may take from a price through a stop to its fill
BARS_ACT_WITHIN = timedelta(minutes=3)  # the same for a venue that lives on minute bars
RECENT = 200
NOT_ACTED = "the price is through it and the broker has not acted"

EMERGENCY_EXIT = "emergency_exit"
PROPOSE, ACT, OFF = "propose", "act", "off"
UNSAID = OFF  # the alert of a failed stop has the button that draws up the closing order


@dataclass(frozen=True, slots=True)
class Unprotected:
    """A position whose stop failed: told, and since when; `order` is the stop that stands there and does not act."""

    symbol: str
    since: datetime
    order: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What is remembered across restarts: whose failed stops were told."""

    failed: tuple[Unprotected, ...] = ()


class FailedStops:
    """Follows every StopFailed, whoever noticed; says it itself of a stop at the broker that the price is through and that does not act.

    A failed stop may be followed by a card that closes the position, urgently. A mandate over stops releases it only where the account
    asks for that (`emergency_exit` is `act`) and waits for a person where it is `propose`; `off` draws up none, as it is without a word.
    """

    def __init__(
        self,
        book: Book,
        hub: Hub,
        store: Store,
        bus: Bus,
        desk: TicketDesk,
        known: Exits,
        firing: Firing,
        clock: Clock,
        followed: Callable[[], Collection[str]],
    ) -> None:
        self._book = book
        self._hub = hub
        self._store = store
        self._bus = bus
        self._desk = desk
        self._known = known
        self._firing = firing
        self._clock = clock
        self._followed = followed  # symbols of which protection says by itself when they are covered again
        self._failed: dict[str, datetime] = {}
        self._unsaved = False
        self._through: dict[str, datetime] = {}
        self._idle: dict[str, str] = {}  # orders whose broker has not acted, told, each with its symbol
        self._closing: dict[str, str] = {}  # what an emergency exit is still to be drawn up for, and why
        bus.subscribe(self.heard)

    @property
    def failed(self) -> Mapping[str, datetime]:
        """Symbols whose stop failed, each since when."""
        return self._failed

    async def load(self) -> None:
        """What was told before."""
        async with self._store.read() as tx:
            told = await states.get(tx, self._book.spec.name, PART, Told) or Told()
        self._failed = {u.symbol: u.since for u in told.failed}
        self._idle = {u.order: u.symbol for u in told.failed if u.order}

    async def heard(self, event: Event) -> None:
        """Follow what other parts say."""
        match event:
            case StopFailed(symbol=symbol, since=since, reason=why) if symbol not in self._failed:
                self._failed[symbol] = since
                self._closing[symbol] = why
                self._unsaved = True
            case StopRestored(symbol=symbol) if symbol in self._failed:
                del self._failed[symbol]
                self._unsaved = True
            case _:
                pass

    async def check(self) -> None:
        """Tell what failed and what is protected again, and draw up the emergency exits of what failed."""
        for symbol in list(self._failed):
            await self._follow(symbol)
        if self._unsaved:
            async with self._bus.unit(who=WHO) as unit:
                await self._save(unit)
            self._unsaved = False
        for symbol, why in list(self._closing.items()):
            del self._closing[symbol]
            await self._emergency(symbol, why)

    async def overdue(self, prices: Mapping[str, tuple[Decimal, ...]], at: datetime) -> None:
        """Is a stop at the broker overdue at these believed prices?"""
        if self._hub.source.name.startswith("replay"):
            return  # prices are the ends of bars, and so is what the venue does
        limit = BARS_ACT_WITHIN if self._hub.simulated else ACTS_WITHIN
        for order in self._book.orders:
            if not order.protective or order.type not in STOPS or order.stop is None or order.symbol not in prices:
                continue
            sign, seen = -order.side.sign, prices[order.symbol]
            if not seen or any((price - order.stop) * sign > 0 for price in seen):
                self._through.pop(order.client_id, None)
                self._idle.pop(order.client_id, None)
                continue
            since = self._through.setdefault(order.client_id, at)
            if at - since > limit and order.client_id not in self._idle:
                self._idle[order.client_id] = order.symbol
                await self._tell(order.symbol, order.left, since, f"order {order.client_id}: {NOT_ACTED}")

    def protected(self, symbol: str) -> bool:
        """True while a stop stands: at the broker (one that acts), or held by the core."""
        standing = (o for o in self._book.orders if o.symbol == symbol and o.protective and o.type in STOPS)
        return any(o.client_id not in self._idle for o in standing) or self._known.protects(symbol)

    def _held(self, symbol: str) -> Position | None:
        return self._book.holdings.position(symbol)

    async def _tell(self, symbol: str, quantity: Decimal, since: datetime, why: str) -> None:
        if symbol in self._failed:
            return
        async with self._bus.unit(who=WHO) as unit:
            unit.emit(StopFailed(self._clock.now(), self._book.spec.name, symbol, quantity, since, why))
            await self._save(unit, add=symbol, since=since)
        self._failed[symbol] = since
        self._closing[symbol] = why

    async def _follow(self, symbol: str) -> None:
        if self._held(symbol) is None:
            del self._failed[symbol]
            self._unsaved = True
        elif self.protected(symbol) and symbol not in self._followed():
            async with self._bus.unit(who=WHO) as unit:
                unit.emit(StopRestored(self._clock.now(), self._book.spec.name, symbol))
                await self._save(unit, less=symbol)
            self._failed.pop(symbol, None)

    async def _save(self, unit: Unit, *, add: str = "", since: datetime | None = None, less: str = "") -> None:
        failed = {s: at for s, at in self._failed.items() if s != less}
        if since is not None:
            failed[add] = since
        idle = {symbol: order for order, symbol in self._idle.items()}
        rows = tuple(Unprotected(s, failed[s], idle.get(s, "")) for s in sorted(failed))
        await states.put(unit.tx, self._book.spec.name, PART, Told(rows))

    async def _emergency(self, symbol: str, why: str) -> None:
        """The card that closes what is unprotected; a failure is logged: the alert has been given."""
        position, instrument = self._held(symbol), self._hub.instrument(symbol)
        account = self._book.spec.name
        async with self._store.read() as tx:
            wish = await preferences.get(tx, account, EMERGENCY_EXIT) or UNSAID
            last = next((t for t in await tickets.recent(tx, account, RECENT) if t.proposer is Proposer.PERSON), None)
        if position is None or instrument is None or wish == OFF:
            return
        side = Side.SELL if position.quantity > 0 else Side.BUY
        reason = f"its stop failed: {why}"
        quantity = to_lot(abs(position.quantity), instrument.lot)
        intents = whole_close(self._book.orders, OrderIntent(symbol, side, quantity=quantity, reduce_only=True, why=reason))
        line, origin = f"#{symbol} close", last.origin if last is not None else await self._firing.origin("")
        try:
            if wish == ACT:
                await self._desk.act(
                    line=line, verb="close", proposer=Proposer.MONITOR, origin=origin, intents=intents, scope=Scope.STOPS, why=reason
                )
                return
            ticket = await self._desk.propose(line=line, verb="close", origin=origin, proposer=Proposer.MONITOR, intents=intents)
        except FoliopilotError as error:
            log.warning("no emergency exit for %s: %s", symbol, error)
            return
        if ticket.open:
            now = self._clock.now()
            async with self._bus.unit(who=WHO) as unit:
                unit.emit(ActionProposed(now, account, ticket.id, ticket.digest(), line, reason, ticket.expires, urgent=True))
