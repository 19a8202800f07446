"""What stands under the positions as time passes: for how long a stop that was asked for is missing, and exits that are reached.

The truth is the venue's: its positions and working stops; what is held by the program is what its database says. Time counts while the
program is up, reaches the broker and can write, for otherwise it can neither mend nor tell.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from domain import codec, events
from domain.exits import ExitKind, ExitRule, ExitStatus
from domain.market import Freshness, Quote
from domain.money import ZERO
from domain.orders import STOPS, CancelIntent, ExitIntent, Order, OrderIntent, ReplaceIntent
from domain.tickets import Ticket, TicketStatus
from storage import exits, tickets
from tests.simulation import elsewhere
from tests.simulation.broken import Broken
from tests.simulation.market import KNOWN
from tests.simulation.setting import ACCOUNT
from tests.simulation.world import World
from trading.brokers.simulated.order import VenueOrder

D = Decimal
NAKED, REACHED = "protection absent only when told", "an exit that is reached fires"
T = timedelta(seconds=10)
COMPARED = timedelta(minutes=5, seconds=10)
FIRES_WITHIN = timedelta(seconds=60)
ROUNDS = 3  # rounds of the program that must have had a chance
HELD = frozenset({ExitKind.STOP, ExitKind.TRAILING})
HEARD = ("StopFailed", "StopRestored", "ExitTriggered", "AutomationChanged", "TicketMoved")
ONCE, BY_HAND, LIVE = "an exit fires once", "automation acts only where it may", "exits fire on live prices"
SHARE = "an exit closes its share"
CHECKS = (NAKED, REACHED, ONCE, BY_HAND, LIVE, SHARE)
OVER = frozenset({TicketStatus.FAILED, TicketStatus.CANCELLED, TicketStatus.EXPIRED, TicketStatus.DENIED, TicketStatus.PARTIAL})


@dataclass
class Lack:
    """Something that is not as it should be, for how long in the program's good time."""

    lasts: timedelta = timedelta(0)
    rounds: int = 0

    def more(self, seconds: timedelta) -> None:
        self.lasts, self.rounds = self.lasts + seconds, self.rounds + 1


@dataclass
class Guarded:
    """What was seen: `owed` is the quantity that a stop was asked for, by symbol; `told` the symbols a person knows to be bare."""

    owed: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    reduced: dict[tuple[str, bool], Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    lacking: dict[str, Lack] = field(default_factory=dict)
    reached: dict[str, Lack] = field(default_factory=dict)
    withdrawn: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    consents: int = 0
    seq: int = 0
    told: set[str] = field(default_factory=set)
    triggered: dict[str, str] = field(default_factory=dict)  # the ticket that an exit fired on last
    tickets: dict[str, TicketStatus] = field(default_factory=dict)
    brackets: dict[str, str] = field(default_factory=dict)  # tickets with their symbol
    bought: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    shares: dict[str, Decimal] = field(default_factory=dict)  # what the ticket of a rung may close
    sent: int = 0
    known: set[str] = field(default_factory=set)
    size: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    automatic: bool = True
    long: dict[str, bool] = field(default_factory=dict)


async def watch(world: World, seconds: float) -> None:
    """One look, after a round; raises Broken."""
    seen: Guarded = world.memory.setdefault("guarded", Guarded())
    await _withdrawals(world, seen)
    await _heard(world, seen)
    _shares(world, seen)
    async with world.setting.disk.inner.read() as tx:
        rules = await exits.in_status(tx, ACCOUNT, ExitStatus.ACTIVE, ExitStatus.FIRED)
    good = _good(world)
    step = timedelta(seconds=seconds)
    await _naked(world, seen, rules, step if good else None)
    _reached(
        world, seen, rules, step if good else None, {w.order.symbol for w in await world.venue_orders() if w.open and w.order.reduce_only}
    )


def _good(world: World) -> bool:
    """True where the program is up and nothing keeps it from looking, acting and telling."""
    made, house = world.setting, world.house
    if house is None or not house.up or house.doom.dead or world.busy("pulse"):
        return False
    disk, wire = made.disk, made.wire
    troubled = disk.locked or disk.full or disk.commits or wire.disconnected() or wire.reports or wire.held or wire.late
    return not (troubled or any(wire.faults.values()) or made.feed.down or made.feed.wrong)


async def _withdrawals(world: World, seen: Guarded) -> None:
    """Persons who take stops back, or change them: nothing is owed while that is under way, and what stands afterwards counts anew."""
    cards, changed = list(world.consents), world.memory.setdefault("changed by a card", set())
    async with world.setting.disk.inner.read() as tx:
        for name in cards[seen.consents :]:
            ticket = await tickets.get(tx, name)
            for symbol in _withdraws(ticket) if ticket is not None else ():
                seen.withdrawn[symbol].add(name)
                seen.brackets = {t: s for t, s in seen.brackets.items() if s != symbol}
            for intent in ticket.intents if ticket is not None else ():
                if isinstance(intent, ReplaceIntent):
                    changed.add(intent.client_id)
                elif isinstance(intent, OrderIntent) and intent.waits_for is not None and intent.type in STOPS:
                    seen.brackets[name] = intent.symbol
        seen.consents = len(cards)
        for symbol, names in seen.withdrawn.items():
            for name in list(names):
                ticket = await tickets.get(tx, name)
                if ticket is None or not _under_way(ticket):
                    names.discard(name)
                    seen.owed[symbol] = D(0)
            if names:
                seen.owed[symbol] = D(0)


def _under_way(ticket: Ticket) -> bool:
    """A stop that was placed is at work for ever; a cancel that was asked for ends."""
    places = any(isinstance(intent, OrderIntent) for intent in ticket.intents)
    return ticket.status in (TicketStatus.PROPOSED, TicketStatus.CONFIRMED) or (ticket.status is TicketStatus.WORKING and not places)


def _withdraws(ticket: Ticket) -> set[str]:
    found = set()
    for intent in ticket.intents:
        if isinstance(intent, CancelIntent | ReplaceIntent):
            found.add(intent.symbol)
        elif isinstance(intent, ExitIntent):
            found.add(intent.rule.symbol)
        elif isinstance(intent, OrderIntent) and intent.type in STOPS and intent.waits_for is None:
            found.add(intent.symbol)  # it may take another's place
    return found


async def _heard(world: World, seen: Guarded) -> None:
    async with world.setting.disk.inner.read() as tx:
        rows = await tx.select("journal", since=("seq", seen.seq + 1), order="seq")
    for row in rows:
        seen.seq = row["seq"]
        if row["kind"] not in HEARD:
            continue
        event = codec.loads(getattr(events, row["kind"]), row["body"])
        match event:
            case events.StopFailed(symbol=symbol):
                seen.told.add(symbol)
            case events.StopRestored(symbol=symbol):
                seen.told.discard(symbol)
            case events.AutomationChanged(allowed=allowed):
                seen.automatic = allowed
            case events.TicketMoved(ticket=name, status=status):
                seen.tickets[name] = status
            case events.ExitTriggered():
                _fired(world, seen, event)


def _fired(world: World, seen: Guarded, event: events.ExitTriggered) -> None:
    """An exit fires once, on a price that somebody could have traded at, and acts by itself only where automation may."""
    before = seen.triggered.get(event.exit)
    world.counts.checks[ONCE] += 1
    line = next((s.ticket.line for s in reversed(world.sent) if s.ticket is not None and s.order.ticket == before), "close")
    part = not line.endswith("close")  # another order was closing the rest, and came to nothing
    if before is not None and not part and seen.tickets.get(before) not in (*OVER, TicketStatus.REPLACED):
        raise Broken(ONCE, f"exit {event.exit} of {event.symbol} fired on {event.ticket} while {before} was {seen.tickets.get(before)}")
    seen.triggered[event.exit] = event.ticket
    seen.shares[event.ticket] = event.share
    world.counts.checks[BY_HAND] += event.released or not seen.automatic
    if event.released and not seen.automatic:
        raise Broken(BY_HAND, f"{event.ticket} was released in manual-only mode")
    if event.price is None or event.level is None:
        return
    world.counts.checks[LIVE] += 1
    if not any(_tradable(q) and event.price in (q.bid, q.ask, q.last) for q in world.setting.feed.served[event.symbol]):
        raise Broken(LIVE, f"exit {event.exit} of {event.symbol} fired at {event.price}, which no live quote said")


def _shares(world: World, seen: Guarded) -> None:
    """A rung closes the part of the position that its ladder says."""
    for sent in world.sent[seen.sent :]:
        share = seen.shares.get(sent.order.ticket)
        first = sent.order.client_id not in seen.known
        seen.known.add(sent.order.client_id)
        if share is not None and share < 1 and sent.call == "submit" and first:
            world.counts.checks[SHARE] += 1
            held = (*sent.held, seen.size[sent.order.symbol])
            most = max(abs(h) for h in held) * share + KNOWN[sent.order.symbol].lot
            if sent.order.quantity > most:
                raise Broken(SHARE, f"{sent.order.client_id} closes {sent.order.quantity} of {sent.held}, and its share is {share}")
    seen.sent = len(world.sent)


def _tradable(quote: Quote) -> bool:
    return quote.freshness is Freshness.LIVE and ZERO < quote.bid <= quote.ask


async def _naked(world: World, seen: Guarded, rules: list[ExitRule], step: timedelta | None) -> None:
    positions = await world.venue_positions()
    cover: dict[str, Decimal] = defaultdict(Decimal)
    venue = await world.venue_orders()
    for working in venue:
        order = working.order
        if order.client_id in world.setting.wire.overdue:
            continue  # given up, told, and taken back if it comes
        if working.open and order.reduce_only and order.type in STOPS and positions.get(order.symbol, D(0)) * order.side.sign < 0:
            cover[order.symbol] += min(order.left, _of_its_bracket(venue, order))
    firing = {rule.symbol for rule in rules if rule.status is ExitStatus.FIRED}
    for rule in rules:
        if (
            rule.status is ExitStatus.ACTIVE
            and rule.kind in HELD
            and rule.share == 1
            and rule.level is not None
            and (positions.get(rule.symbol, D(0)) > 0) == rule.long
        ):
            cover[rule.symbol] = max(cover[rule.symbol], abs(positions.get(rule.symbol, D(0))))
    others = {o.symbol for o in elsewhere.by_hand(world)}  # of shares that somebody bought elsewhere nobody knows whose stop is whose
    for symbol in {*cover, *seen.owed, *seen.brackets.values()} - others:
        position = positions.get(symbol, D(0))
        size = seen.size[symbol] = abs(position)
        if position and seen.long.setdefault(symbol, position > 0) != (position > 0):
            seen.long[symbol], seen.owed[symbol] = position > 0, D(0)  # the other way round nobody has asked for a stop
        gone = _reduced(venue, seen, symbol, long=positions.get(symbol, D(0)) > 0)  # what was closed had its stop, as far as there was one
        seen.owed[symbol] = max(seen.owed[symbol] + _promised(venue, seen, symbol) - gone, D(0))
        if not seen.withdrawn[symbol]:
            seen.owed[symbol] = max(min(seen.owed[symbol], size), min(cover[symbol], size))
        owed = seen.owed[symbol]
        if not owed or cover[symbol] >= owed or symbol in seen.told | firing:
            seen.lacking.pop(symbol, None)
            world.counts.checks[NAKED] += bool(owed)
            continue
        lack = seen.lacking.setdefault(symbol, Lack())
        if step is None:
            seen.lacking[symbol] = Lack()
            continue
        lack.more(step)
        known_within = COMPARED if world.counts.faults["reports missing"] else T  # a word that was lost is missed when books are compared
        if lack.lasts > known_within and lack.rounds > ROUNDS:
            raise Broken(NAKED, f"{owed - cover[symbol]} of {owed} {symbol} had no stop for {lack.lasts.seconds} s, and nobody was told")


def _of_its_bracket(venue: list[VenueOrder], exit: Order) -> Decimal:
    """What an exit is for: of a bracket, what its entry has filled and its exits have not closed; else all it is."""
    if exit.waits_for is None:
        return exit.left
    own = [w.order for w in venue if w.order.ticket == exit.ticket]
    return max(sum((o.filled if o.waits_for is None else -o.filled for o in own), D(0)), D(0))


def _reduced(venue: list[VenueOrder], seen: Guarded, symbol: str, *, long: bool) -> Decimal:
    """What was sold of a long position, or bought back of a short one, since the last look."""
    sign = -1 if long else 1
    total = sum((w.order.filled for w in venue if w.order.symbol == symbol and w.order.side.sign == sign), D(0))
    fresh = total - seen.reduced[symbol, long]
    seen.reduced[symbol, long] = total
    return fresh


def _promised(venue: list[VenueOrder], seen: Guarded, symbol: str) -> Decimal:
    """What the entries of brackets have bought since the last look: for that their cards promised a stop."""
    fresh = D(0)
    for ticket in [t for t, s in seen.brackets.items() if s == symbol]:
        bought = sum((w.order.filled for w in venue if w.order.ticket == ticket and w.order.waits_for is None), D(0))
        fresh += bought - seen.bought[ticket]
        seen.bought[ticket] = bought
    return fresh


def _reached(world: World, seen: Guarded, rules: list[ExitRule], step: timedelta | None, leaving: set[str]) -> None:
    """An exit that waits, and whose price the market has been beyond for a while, has fired or is said to have failed.

    Where an order is closing the position already (`leaving`) it waits for what becomes of that.
    """
    market = world.setting.market
    alive = set()
    for rule in rules:
        if rule.status is not ExitStatus.ACTIVE:
            continue
        price = market.prices[rule.symbol]
        if rule.kind is ExitKind.TIME:
            beyond = rule.due is not None and rule.due < world.clock.now()
        elif rule.level is not None and rule.kind in (*HELD, ExitKind.TARGET):
            beyond = price < rule.level if rule.long == (rule.kind in HELD) else price > rule.level
        else:
            continue
        if not beyond or not market.trading(rule.symbol) or rule.id in seen.triggered or rule.symbol in seen.told | leaving:
            continue
        alive.add(rule.id)
        world.counts.checks[REACHED] += 1
        lack = seen.reached.setdefault(rule.id, Lack())
        if step is not None:
            lack.more(step)
        if lack.lasts > FIRES_WITHIN and lack.rounds > ROUNDS:
            raise Broken(REACHED, f"{rule.symbol} at {price} is beyond exit {rule.id} at {rule.level} and it has not fired")
    for name in seen.reached.keys() - alive:
        del seen.reached[name]
