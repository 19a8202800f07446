"""Opening accounts for the first time: the demo's book, a reader's transactions, a book for a file of bars."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from domain.errors import ImportRefused
from domain.ledger import Entry, EntryKind
from domain.money import ONE, cents, to_lot
from domain.orders import Order, OrderIntent, OrderStatus, Side
from domain.portfolio import AccountSpec, Mode
from domain.ports import Broker
from market.hub import Hub
from storage import accounts, ledger, orders, paper, preferences, world
from storage.store import Store, Tx
from storage.world import WorldState
from trading.demo import demo_book
from trading.holdings import fold
from trading.legs import order_row

DEMO = "demo"
REPLAY_NAMES = 8
REPLAY_CASH = Decimal(100_000)
OPENING = "opening"  # the ticket id of what an account was opened with


@dataclass(frozen=True, slots=True)
class Opening:
    """What an account begins with: its ledger, and protective orders to be placed once."""

    spec: AccountSpec
    entries: Sequence[Entry]
    stops: Sequence[OrderIntent] = ()


async def demo_opening(hub: Hub, at: datetime, *, shorting: bool) -> Opening:
    """The demo account with its ledger of the last 120 sessions."""
    book = await demo_book(hub, at, DEMO)
    return Opening(AccountSpec(DEMO, Mode.DEMO, shorting=shorting), book.entries, book.stops)


async def replay_opening(hub: Hub, at: datetime) -> Opening:
    """A book for a file of bars: a tenth of 100,000 USD in each of its first symbols, bought at the close before the trading day of `at`.

    A file that begins on that very day is bought into at its last visible close. Raises ImportRefused when no bar has closed by then.
    """
    symbols = list(hub.instruments())[:REPLAY_NAMES]
    bought, prices = hub.day_start(at) - timedelta(seconds=1), await hub.previous_closes(symbols)
    if not prices:
        quotes = await hub.quotes(symbols)
        bought, prices = at, {symbol: quote.last for symbol, quote in quotes.items()}
    if not prices:
        raise ImportRefused(f"The file has no closed bar before {at:%Y-%m-%d %H:%M} UTC; choose a later --at.")
    spec = AccountSpec("replay", Mode.PAPER)
    found = [Entry("opening", spec.name, bought, EntryKind.DEPOSIT, REPLAY_CASH, source="replay")]
    for symbol, price in prices.items():
        quantity = to_lot(REPLAY_CASH / 10 / price, hub.require(symbol).lot)
        if quantity > 0:
            cash = -cents(quantity * price)
            name = f"opening-{symbol}"
            found.append(Entry(name, spec.name, bought, EntryKind.TRADE, cash, symbol, Side.BUY, quantity, price, source="replay"))
    return Opening(spec, tuple(found))


def lots(entries: Iterable[Entry]) -> dict[str, Decimal]:
    """The quantity step of each symbol that a book holds fractions of: what was bought in thousandths can be sold in thousandths."""
    found: dict[str, Decimal] = {}
    for entry in entries:
        step = ONE.scaleb(int(entry.quantity.normalize().as_tuple().exponent))
        if entry.symbol is not None and step < ONE:
            found[entry.symbol] = min(step, found.get(entry.symbol, ONE))
    return found


async def create(store: Store, opening: Opening, at: datetime, state: WorldState | None = None) -> None:
    """Write the account, its ledger, the venue's matching books and the demo world in one transaction: all of it or nothing."""
    holdings = fold(opening.entries)
    name = opening.spec.name
    async with store.write() as tx:
        await accounts.add(tx, opening.spec)
        if state is not None:
            await world.save(tx, state)
        for entry in opening.entries:
            await ledger.add(tx, entry)
        await paper.set_cash(tx, name, holdings.cash)
        await paper.set_cursor(tx, name, at)
        for position in holdings.positions:
            await paper.set_position(tx, name, position.symbol, position.quantity)
        for order in _stops(opening, at):
            await orders.add(tx, order)


async def place_opening_orders(store: Store, broker: Broker, account: str) -> None:
    """Give the venue the protective orders an account was opened with; their ids are fixed, so doing it again changes nothing."""
    async with store.read() as tx:
        if await preferences.get(tx, account, OPENING) == "done":
            return
        waiting = [o for o in await orders.open(tx, account) if o.ticket == OPENING and o.status is OrderStatus.PENDING]
    placed = [
        order.moved(report.status, report.at, broker_id=report.broker_id) for order in waiting if (report := await broker.submit(order))
    ]
    async with store.write() as tx:
        await _save(tx, placed)
        await preferences.set(tx, account, OPENING, "done")


async def _save(tx: Tx, placed: Sequence[Order]) -> None:
    for order in placed:
        await orders.save(tx, order)


def _stops(opening: Opening, at: datetime) -> list[Order]:
    return [order_row(opening.spec.name, OPENING, leg, intent, at) for leg, intent in enumerate(opening.stops, start=1)]
