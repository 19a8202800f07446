"""What happens at the broker without the program: trades by hand, orders of others, and splits, while it runs or while it is down."""

from __future__ import annotations

from decimal import Decimal

from domain.errors import Rejected
from domain.ledger import EntryKind
from domain.orders import IN_FLIGHT, Order, OrderType, Side, TimeInForce
from storage import journal, ledger
from storage import paper as shelf
from tests.simulation.broken import Broken
from tests.simulation.dice import Dice
from tests.simulation.persons import SYMBOLS
from tests.simulation.setting import ACCOUNT
from tests.simulation.world import World

D = Decimal
HAND = "hand-"
RATIOS = (D(2), D(3), D("0.5"))
FIRES = ("trade by hand", "order by hand", "split", "split while the program is down")


async def trades(world: World, dice: Dice) -> None:
    """The person buys at the broker, with another program."""
    if await _put(world, dice, OrderType.MARKET):
        world.fired("trade by hand")
        await world.wait(dice.one_of((70, 340)), 24)


async def rests(world: World, dice: Dice) -> None:
    """An order of another program waits at the broker."""
    if await _put(world, dice, OrderType.LIMIT):
        world.fired("order by hand")
        await world.wait(30, 10)


async def splits(world: World, dice: Dice) -> None:
    """Shares split: the broker ends the orders in them, quantity and price change in the same moment, the value does not."""
    book = world.house.floor.book.holdings if world.house is not None else None
    held = {s: q for s, q in (await world.venue_positions()).items() if s != "BTC" and q and (q / 2) % 1 == 0}
    held = {s: q for s, q in held.items() if book is not None and book.quantity(s) == q}  # of what nobody has seen no split can be told
    moving = {w.order.symbol for w in await world.venue_orders() if w.open and not w.order.protective}
    ready = sorted(s for s in held.keys() - moving - {s for s, _ in happened(world)} if world.setting.market.trading(s))
    if world.setting.shared or world.setting.durable or _under_way(world) or not ready:
        return
    symbol, factor = dice.one_of(ready), dice.one_of(RATIOS)
    down = dice.chance(40)
    if down:
        await world.stop()
    world.fired("split while the program is down" if down else "split")
    world.tell(f"{symbol} splits by {factor}")
    made = world.setting
    for working in await world.venue_orders():
        if working.open and working.order.symbol == symbol:
            await made.wire.venue.cancel(working.id)
    async with made.venue_store.write() as tx:
        await shelf.set_position(tx, ACCOUNT, symbol, held[symbol] * factor)
    made.wire.venue._venue = None  # type: ignore[attr-defined]  # it reads its books again
    made.market.jump(symbol, 1 / factor - 1)
    happened(world).append((symbol, factor))
    await world.wait(dice.one_of((60, 340)), 20)


def _under_way(world: World) -> bool:
    """True while an order from before the split may still arrive after it."""
    wire, house = world.setting.wire, world.house
    pending = house is None or any(o.status in IN_FLIGHT for o in house.floor.book.orders)
    return bool(wire.late) or pending or wire.disconnected()


def happened(world: World) -> list[tuple[str, Decimal]]:
    """The splits up to now."""
    found: list[tuple[str, Decimal]] = world.memory.setdefault("splits", [])
    return found


def by_hand(world: World) -> list[Order]:
    """What was placed without the program."""
    found: list[Order] = world.memory.setdefault("by hand", [])
    return found


async def _put(world: World, dice: Dice, kind: OrderType) -> bool:
    if world.setting.shared:
        return False
    made, now = world.setting, world.clock.now()
    symbol = dice.one_of([s for s in SYMBOLS if s != "BTC"])
    limit = (made.market.prices[symbol] * D("0.9")).quantize(D("0.01")) if kind is OrderType.LIMIT else None
    name = f"{HAND}{len(by_hand(world)) + 1}"
    order = Order(name, ACCOUNT, "elsewhere", 1, symbol, Side.BUY, kind, D(dice.between(2, 5)), TimeInForce.GTC, now, now, limit=limit)
    try:
        await made.wire.venue.submit(order)
    except Rejected:
        return False
    by_hand(world).append(order)
    return True


async def what_happens_elsewhere_is_told(world: World) -> int:
    """A split is booked as one, once; what was bought by hand is in the book; both are told."""
    async with world.setting.disk.inner.read() as tx:
        entries = await ledger.entries(tx, ACCOUNT)
        found = await journal.lines(tx, ACCOUNT, limit=100_000, kinds=("ReconciliationFound",))
    booked = [e.symbol for e in entries if e.kind is EntryKind.SPLIT]
    for symbol, factor in happened(world):
        if booked.count(symbol) != 1:
            raise Broken(ELSEWHERE, f"{symbol} split by {factor} and {booked.count(symbol)} splits are booked")
    hands = {w.id for w in await world.venue_orders() if w.id.startswith(HAND) and w.fills}
    if (happened(world) or hands) and not found:
        raise Broken(ELSEWHERE, "nothing was told of what happened at the broker")
    return len(happened(world)) + len(hands)


ELSEWHERE = "what happens elsewhere is told"
DOINGS = (trades, trades, rests, splits, splits)
"""Now and then after a step, drawn apart so that one more leaves the other worlds as they are."""
