"""What holds after every step of every world. Each is a function of the world that returns how much it had to check, or raises Broken.

To add one: write the function, put it into STEP (or FINAL in `final.py`). A name that never has anything to check fails the run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal

from domain.orders import STOPS, Order, OrderIntent, OrderType
from domain.tickets import Origin, Ticket, TicketStatus
from storage import ledger
from tests.simulation.broken import Broken
from tests.simulation.elsewhere import HAND
from tests.simulation.replay import journal_chain, replay_gives_the_same_state
from tests.simulation.told import alerts_once_and_in_order, nothing_false_is_told, strangers_learn_nothing
from tests.simulation.world import Sent, World
from trading.holdings import fold

Check = Callable[[World], Awaitable[int]]
D = Decimal
RELEASED = frozenset({TicketStatus.CONFIRMED, TicketStatus.WORKING, TicketStatus.EXECUTED, TicketStatus.PARTIAL})
TOLERANCE = D("0.005")


@dataclass(frozen=True)
class Invariant:
    name: str
    check: Check


def fresh(world: World, key: str, items: list[object]) -> int:
    """From where on a growing list was not looked at before."""
    seen = int(world.memory.get(key, 0))
    world.memory[key] = len(items)
    return seen


async def written_before_sent(world: World) -> int:
    """An order that leaves has its row and its released ticket on disk, and says what the ticket says."""
    seen = fresh(world, "written", world.sent)  # type: ignore[arg-type]
    for sent in world.sent[seen:]:
        order = sent.order
        if order.client_id.startswith(HAND):
            continue
        if sent.row is None:
            raise Broken("written before sent", f"{sent.call} of {order.client_id} left without a row")
        if sent.ticket is None or (sent.call == "submit" and sent.ticket.status not in RELEASED):
            status = sent.ticket.status if sent.ticket else "missing"
            raise Broken("written before sent", f"{order.client_id} left while its ticket was {status}")
        if sent.call == "submit" and order.client_id not in world.memory.get("changed by a card", ()):
            _as_shown(sent.ticket, order)
    return len(world.sent) - seen


def _as_shown(ticket: Ticket, order: Order) -> None:
    intent = next((i for leg, i in enumerate(ticket.intents, 1) if isinstance(i, OrderIntent) and fits(order, leg, i)), None)
    if intent is None or order.client_id != f"{ticket.id}-{order.leg}":
        raise Broken("written before sent", f"{order.client_id} is not what the card showed")


def fits(order: Order, leg: int, intent: OrderIntent) -> bool:
    """True for an order that is what its card says; an exit of a bracket is for what its entry has filled, under a later number too."""
    shown = (intent.symbol, intent.side, intent.type, intent.limit, intent.stop, intent.trail_percent, intent.reduce_only)
    if shown != (order.symbol, order.side, order.type, order.limit, order.stop, order.trail_percent, order.reduce_only):
        return False
    if intent.waits_for is None:
        return order.leg == leg and order.quantity == intent.quantity
    return order.quantity <= (intent.quantity or 0) and order.waits_for is not None


async def only_what_was_confirmed(world: World) -> int:
    """Everything sent was agreed to: by the person who asked, as shown, with its word, in time, at about the price shown."""
    seen, checked = fresh(world, "confirmed", world.sent), 0  # type: ignore[arg-type]
    for sent in world.sent[seen:]:
        ticket = sent.ticket
        if ticket is None or ticket.mandate is not None or sent.call != "submit":
            continue
        checked += 1
        said = [c for c in world.consents[ticket.id] if c.fits and c.heard]
        if not said:
            raise Broken("only what was confirmed", f"nobody who may said yes to {ticket.id} ({ticket.line})")
        here = [(at, marks) for c in said for at, marks, house in c.heard if ticket.id.startswith(f"r{house}x")]
        if not here:
            raise Broken("only what was confirmed", f"{ticket.id} was confirmed in another process than it was shown by")
        timely = [(at, marks) for at, marks in here if at < ticket.expires]
        if not timely:
            raise Broken("only what was confirmed", f"{ticket.id} was confirmed after it had expired")
        if sent.order.type in (OrderType.MARKET, OrderType.TRAILING) and not any(_near(world, ticket, sent, m) for _, m in timely):
            raise Broken("only what was confirmed", f"{ticket.id} left although its price had moved")
    return checked


def _near(world: World, ticket: Ticket, sent: Sent, marks: dict[str, int]) -> bool:
    """True when some quote the house was shown between the yes and the sending is within the tolerance of the card's."""
    order = sent.order
    card = next((q for q in ticket.quotes if q.symbol == order.symbol), None)
    shown = world.setting.feed.served[order.symbol][marks.get(order.symbol, 0) : sent.quoted.get(order.symbol, 0)]
    if card is None:
        return False
    for quote in shown:
        if order.type is OrderType.TRAILING:
            was, becomes = card.last, quote.last
        elif order.side.sign > 0:
            was, becomes = card.ask, quote.ask
        else:
            was, becomes = card.bid, quote.bid
        if abs(becomes - was) <= max(was * TOLERANCE, card.spread, quote.spread):
            return True
    return False


async def one_order_a_leg(world: World) -> int:
    """The venue never has more than one order for a leg, and none of a ticket that was not released."""
    there = await world.venue_orders()
    async with world.setting.disk.inner.read() as tx:
        known = {row["client_id"]: row["ticket"] for row in await tx.select("orders", account="main")}
    for working in there:
        order = working.order
        if order.client_id.startswith(HAND):
            continue
        if order.client_id not in known or order.client_id != f"{order.ticket}-{order.leg}":
            raise Broken("one order a leg", f"the venue has {order.client_id}, which nobody here wrote down")
    legs = Counter((w.order.ticket, w.order.leg) for w in there if not w.id.startswith(HAND))
    twice = [leg for leg, count in legs.items() if count > 1]
    if twice:
        raise Broken("one order a leg", f"the venue has several orders for {twice[0]}")
    if not world.setting.wire.traits.ids_unique_for_ever:
        again = [name for name, count in world.setting.wire.delivered.items() if count > 1 + world.setting.wire.doubled[name]]
        if again:
            raise Broken("one order a leg", f"{again[0]} was sent again to a venue that forgets ids")
    return len(legs)


async def book_is_the_sum_of_fills(world: World) -> int:
    """The ledger has each execution of the venue at most once, as it was, and the book is what the ledger adds up to."""
    fills = {f.id: f for w in await world.venue_orders() for f in w.fills}
    async with world.setting.disk.inner.read() as tx:
        rows = await tx.select("ledger", account="main")
        fresh_rows = len(rows) != world.memory.get("ledger rows")
        entries = await ledger.entries(tx, "main") if fresh_rows else []
    checked = 0
    for entry in entries:
        if entry.order is None:
            continue
        fill = fills.get(entry.id)
        if fill is None or (fill.quantity, fill.price, fill.fee, fill.side) != (entry.quantity, entry.price, entry.fee, entry.side):
            raise Broken("book is the sum of fills", f"entry {entry.id} is not an execution of the venue")
        checked += 1
    if fresh_rows:
        added = fold(entries)
        world.memory["ledger rows"], world.memory["ledger sum"] = len(rows), (added.cash, added.positions)
    house = world.house
    if house is not None and house.up:
        book = house.floor.book.holdings
        if world.memory["ledger sum"] != (book.cash, book.positions):
            raise Broken("book is the sum of fills", "the book in memory is not what the ledger adds up to")
    return checked


async def what_is_heard_is_booked(world: World) -> int:
    """An execution that this process was told of is in the ledger a step later, when the database has worked meanwhile."""
    house, disk = world.house, world.setting.disk
    heard: set[str] = world.memory.get("heard before", set())
    calm = house is not None and house.up and not (disk.locked or disk.full or disk.commits)
    told = world.setting.wire.told.values()
    world.memory["heard before"] = {name for fills in told for name, doom in fills.items() if house is not None and doom is house.doom}
    if not calm or not world.memory.get("calm before") or world.busy("pulse"):
        world.memory["calm before"] = calm
        return 0
    assert house is not None
    heard = {name for name in heard if not name.startswith(HAND)}  # booked when the books are compared
    missing = sorted(heard & world.memory["heard before"] - {e.id for e in house.floor.book.entries})
    if missing:
        raise Broken("what is heard is booked", f"execution {missing[0]} was reported and is not in the book")
    return len(heard)


async def halted_sends_only_reductions(world: World) -> int:
    """While the switch on disk is pulled nothing leaves but what reduces."""
    seen, checked = fresh(world, "halted", world.sent), 0  # type: ignore[arg-type]
    for sent in world.sent[seen:]:
        if not sent.halted:
            continue
        checked += 1
        order, held = sent.order, sent.held
        shrinks = any(h * order.side.sign < 0 and abs(h) >= order.quantity for h in held)
        if not order.reduce_only and not shrinks:
            raise Broken("halted sends only reductions", f"{sent.call} of {order.client_id} while halted")
    return checked


async def protection_within_the_position(world: World) -> int:
    """No reduce-only order at the venue is larger than what is held, or on the wrong side."""
    positions, checked = await world.venue_positions(), 0
    for working in await world.venue_orders():
        order = working.order
        if not working.open or not order.reduce_only:
            continue
        checked += 1
        cover = -order.side.sign * positions.get(order.symbol, D(0))
        if order.left > max(cover, D(0)):
            raise Broken("protection within the position", f"{order.client_id} covers {order.left} of {cover} {order.symbol}")
    return checked


async def stops_never_loosen(world: World) -> int:
    """The level of a stop at the venue only tightens, unless a person changed it."""
    levels: dict[str, Decimal] = world.memory.setdefault("levels", {})
    checked = 0
    for working in await world.venue_orders():
        order = working.order
        if not working.open or order.type not in STOPS or working.triggered:
            continue
        level = working.level(D("0.01"))
        was = levels.get(order.client_id)
        if level is None:
            continue
        levels[order.client_id] = level
        by_hand = order.client_id in world.setting.wire.changed & world.memory.get("changed by a card", set())
        if was is None or by_hand:
            continue
        checked += 1
        if (level - was) * order.side.sign > 0:
            raise Broken("stops never loosen", f"{order.client_id} went from {was} to {level}")
    world.setting.wire.changed &= {late.client_id for late in world.setting.wire.late}
    return checked


async def every_line_once(world: World) -> int:
    """What a platform was told had arrived is written down, and handled once; twice only when the process died over it."""
    phone = world.phone
    async with world.setting.disk.inner.read() as tx:
        there = {row["key"]: row["done"] for row in await tx.select("inbox")}
    waiting = {i.key for i in phone.waiting}
    for key in phone.typed:
        if key not in there and key not in waiting:
            raise Broken("every line once", f"{key} was acknowledged and is nowhere: {phone.typed[key].text}")
        if phone.taken[key] > 1 + world.deaths:
            raise Broken("every line once", f"{key} was handled {phone.taken[key]} times")
    texts = Counter(a.incoming.key for a in phone.answers)
    for answer in phone.answers[fresh(world, "answers once", phone.answers) :]:  # type: ignore[arg-type]
        if answer.incoming.text != phone.typed[answer.incoming.key].text:
            raise Broken("every line once", f"{answer.incoming.key} was answered after it had been edited")
    if any(count > 1 for count in texts.values()) and not world.deaths:
        raise Broken("every line once", "a line was answered twice although nothing died")
    return len(there)


async def only_an_owner_confirms(world: World) -> int:
    """What moved a ticket out of PROPOSED by hand was the person who asked; what released the switch was an owner."""
    events = world.memory.get("movers", [])
    for who, ticket, status in events:
        origin: Origin = ticket
        if status is TicketStatus.CONFIRMED and not who.startswith("mandate:") and who != origin.who:
            raise Broken("only an owner confirms", f"{who} confirmed a ticket of {origin.who}")
    world.memory["movers"] = []
    return len(events)


async def every_card_has_its_digest(world: World) -> int:
    """No two cards share a digest, or a button of one would fit the other."""
    cards = list(world.cards.values())
    if len({c.digest for c in cards}) < len(cards):
        raise Broken("every card has its digest", "two cards have the same")
    return len(cards)


async def no_accident(world: World) -> int:
    """Nothing failed in a way that nobody declared."""
    if world.surprises.found:
        raise Broken("no accident", world.surprises.found[0])
    return 1


STEP = (
    Invariant("written before sent", written_before_sent),
    Invariant("only what was confirmed", only_what_was_confirmed),
    Invariant("one order a leg", one_order_a_leg),
    Invariant("book is the sum of fills", book_is_the_sum_of_fills),
    Invariant("what is heard is booked", what_is_heard_is_booked),
    Invariant("halted sends only reductions", halted_sends_only_reductions),
    Invariant("protection within the position", protection_within_the_position),
    Invariant("stops never loosen", stops_never_loosen),
    Invariant("every line once", every_line_once),
    Invariant("journal chain", journal_chain),
    Invariant("replay gives the same state", replay_gives_the_same_state),
    Invariant("only an owner confirms", only_an_owner_confirms),
    Invariant("alerts once and in order", alerts_once_and_in_order),
    Invariant("nothing false is told", nothing_false_is_told),
    Invariant("strangers learn nothing", strangers_learn_nothing),
    Invariant("every card has its digest", every_card_has_its_digest),
    Invariant("no accident", no_accident),
)
