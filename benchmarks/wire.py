"""From a tick to the wire: a stop that the core holds fires, its order is durable on disk, and an HTTP broker has the whole request.

Beside it, turn by turn: alpaca-py's `submit_order` to the same server, which writes nothing down, and a bare commit of the driver, which is
the part of ours that is the disk's.
"""

from __future__ import annotations

import asyncio
import sqlite3
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from alpaca.trading.client import TradingClient
from alpaca.trading.enums import OrderSide, TimeInForce
from alpaca.trading.requests import MarketOrderRequest

from benchmarks.httpbroker import HttpBroker, served
from benchmarks.timing import Row, milliseconds, quantile
from bot.courier import Courier
from commands.alerts import alert
from domain.chat import Reply
from domain.clock import SystemClock
from domain.exits import ExitKind, ExitRule
from domain.ids import RandomIds
from domain.instruments import AssetClass, Instrument
from domain.ledger import Entry, EntryKind
from domain.market import Bar, Quote, Timeframe
from domain.orders import Side
from domain.portfolio import AccountSpec, Mode
from domain.tickets import Consequence, Origin, Proposer, Ticket, TicketStatus
from market.hub import Hub
from storage import accounts, exits, ledger, tickets
from storage.engine import Durable, open_store
from trading.floor import Floor, open_floor

ACCOUNT = "bench"
ME = Origin("terminal", "bench", "owner")
NAMES = tuple(f"COIN{n}" for n in range(20))  # round the clock, so that the benchmark may run at any hour
STOPS = 20  # for each of them
WARM = 2 * len(NAMES)
HELD, PRICE, SHARE = Decimal(1000), Decimal(100), Decimal("0.001")
CENT = Decimal("0.01")
CASH = Decimal(1_000_000)
PAUSE = 0.01
P99 = 5e-3


def rows() -> list[Row]:
    """Every figure of this file."""
    with served() as port, tempfile.TemporaryDirectory() as home:
        ours, theirs, disk = asyncio.run(_measured(port, Path(home)))
    return [
        Row(
            "tick → stop fires → durable → order at an HTTP broker",
            _said(ours),
            "p50 no slower than the peer, p99 under 5 ms",
            f"alpaca-py without a journal: {_said(theirs)}; sqlite3, a bare commit: {_said(disk)}",
            met=statistics.median(ours) <= statistics.median(theirs) and quantile(ours) < P99,
        )
    ]


async def _measured(port: int, home: Path) -> tuple[list[float], list[float], list[float]]:
    """Seconds until the server has the request: ours, the peer's; and of a bare commit."""
    client = TradingClient("key", "secret", url_override=f"http://127.0.0.1:{port}")
    bare = _bare(home / "bare.db")
    ours: dict[str, float] = {}
    theirs: dict[str, float] = {}
    disk: list[float] = []
    async with _house(port, home) as house:
        for number in range(len(NAMES) * STOPS):
            symbol = NAMES[number % len(NAMES)]
            started, order = await house.fall(symbol, _level(number // len(NAMES)))
            ours[order] = started
            theirs[f"peer-{number}"] = _peer(client, f"peer-{number}", symbol)
            disk.append(_commit(bare))
            await house.settle()
        arrived = await house.broker.arrivals()
    bare.close()
    found = [[arrived[name] - started for name, started in spent.items()][WARM:] for spent in (ours, theirs)]
    return found[0], found[1], disk[WARM:]


@dataclass(slots=True)
class _House:
    """The floor on its file, the market it looks at and the broker at the other end."""

    floor: Floor
    market: _Market
    broker: HttpBroker

    async def fall(self, symbol: str, price: Decimal) -> tuple[float, str]:
        """A tick that reaches one stop: the instant it was handed to the monitor, and the order it became."""
        quote = self.market.say(symbol, price)
        known = len(self.broker.taken)
        started = time.monotonic()
        await self.floor.monitor.take((quote,))
        (order,) = self.broker.taken[known:]
        return started, order

    async def settle(self) -> None:
        """The fill comes back and is booked, the alert goes out, and the exit ends."""
        await self.floor.execution.poll()
        await self.floor.monitor.round()
        await asyncio.sleep(PAUSE)


@asynccontextmanager
async def _house(port: int, home: Path) -> AsyncIterator[_House]:
    """Twenty positions with twenty stops each, on a database in a file, with alerts and their courier as the program runs them."""
    clock = SystemClock()
    store = await open_store(f"sqlite:///{home / 'bench.db'}")
    market = _Market(clock)
    broker = HttpBroker(port, CASH, dict.fromkeys(NAMES, HELD), PRICE)
    await broker.open()
    spec = AccountSpec(ACCOUNT, Mode.PAPER, broker="http")
    await _open_account(store, spec, clock.now())
    floor = open_floor(spec, Hub(market, clock), store, clock, RandomIds(), broker, alerts=partial(alert, zone=UTC))
    await floor.start()
    await floor.monitor.round()
    courier = Courier(store, clock, ACCOUNT, _deliver)
    floor.bus.subscribe(courier.heard)
    serving = asyncio.create_task(courier.serve())
    try:
        yield _House(floor, market, broker)
    finally:
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving
        await floor.schedule.close()
        await broker.close()
        await store.close()


async def _deliver(reply: Reply, *, silent: bool) -> None:
    """A phone that takes no time."""


async def _open_account(store: Durable, spec: AccountSpec, now: datetime) -> None:
    before = now - timedelta(days=5)
    no_change = Consequence(())
    card = Ticket("card", "#", "stop", ACCOUNT, ME, Proposer.PERSON, (), (), no_change, (), before, before, TicketStatus.EXECUTED)
    async with store.write() as tx:
        await accounts.add(tx, spec)
        await tickets.add(tx, card)
        spent = HELD * PRICE
        await ledger.add(tx, Entry("d", ACCOUNT, before, EntryKind.DEPOSIT, CASH + spent * len(NAMES)))
        for name in NAMES:
            await ledger.add(tx, Entry(f"b{name}", ACCOUNT, before, EntryKind.TRADE, -spent, name, Side.BUY, HELD, PRICE))
            for number in range(STOPS):
                await exits.add(tx, _rule(name, number, now))


def _rule(symbol: str, number: int, now: datetime) -> ExitRule:
    """A stop for a thousandth of the position, a cent below the one before."""
    id = f"{symbol}-{number}".lower()
    fields: Mapping[str, Any] = {"long": True, "share": SHARE, "level": _level(number), "why": "a benchmark"}
    return ExitRule(id, ACCOUNT, symbol, ExitKind.STOP, "card", now, now + timedelta(days=30), **fields)


def _level(number: int) -> Decimal:
    return PRICE - CENT * (number + 1)


class _Market:
    """MarketData whose quotes are said, with a flat history."""

    name = "bench"
    simulated = False

    def __init__(self, clock: SystemClock) -> None:
        self._clock = clock
        made = (Instrument(n, n, AssetClass.CRYPTO, "COIN", "USD", CENT, CENT, "Crypto") for n in NAMES)
        self._instruments = {i.symbol: i for i in made}
        self._quotes = {n: self._quote(n, PRICE) for n in NAMES}

    def say(self, symbol: str, price: Decimal) -> Quote:
        """The price is this from now on."""
        self._quotes[symbol] = quote = self._quote(symbol, price)
        return quote

    def instruments(self) -> Mapping[str, Instrument]:
        """See `MarketData`."""
        return self._instruments

    async def quotes(self, symbols: Sequence[str]) -> Mapping[str, Quote]:
        """See `MarketData`."""
        return {s: self._quotes[s] for s in symbols if s in self._quotes}

    async def bars(self, symbol: str, timeframe: Timeframe, start: datetime, until: datetime) -> Sequence[Bar]:
        """See `MarketData`."""
        if timeframe is not Timeframe.DAY:
            return ()
        day = start.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        bars = []
        while (end := day + timedelta(days=1)) <= until:
            price = PRICE + day.day % 5
            bars.append(Bar(symbol, day, end, price, price, price, price, Decimal(100_000)))
            day = end
        return bars

    def _quote(self, symbol: str, price: Decimal) -> Quote:
        return Quote(symbol, price, price + CENT, price, self._clock.now(), self.name)


def _peer(client: TradingClient, name: str, symbol: str) -> float:
    """One order of the peer; the instant it was asked for."""
    started = time.monotonic()
    request = MarketOrderRequest(symbol=symbol, qty=1, side=OrderSide.SELL, time_in_force=TimeInForce.DAY, client_order_id=name)
    client.submit_order(request)
    return started


def _bare(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE one (body TEXT)")
    return connection


def _commit(connection: sqlite3.Connection) -> float:
    """Seconds of a commit of about as much as a stop writes."""
    started = time.perf_counter()
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO one VALUES (?)", ("x" * 8000,))
    connection.execute("COMMIT")
    return time.perf_counter() - started


def _said(spent: Sequence[float]) -> str:
    return f"p50 {milliseconds(statistics.median(spent))}, p99 {milliseconds(quantile(spent))}"
