"""A front desk on a real floor with a paper broker and a scripted market, and commands to say to it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any, Literal

from commands.access import People
from commands.context import Ctx
from commands.desk import FrontDesk
from commands.registry import Registry, Rest, Symbol, command
from commands.slash import factor, limits, people
from commands.usage import UsageBuffer
from domain.chat import Access, Buttons, Code, Incoming, Reply, Text
from domain.clock import ManualClock
from domain.errors import SourceFailed, StorageFailed
from domain.event import Event
from domain.facts import Fact
from domain.ids import SequentialIds
from domain.ledger import Entry, EntryKind
from domain.orders import Side
from domain.portfolio import AccountSpec, Mode
from domain.tickets import Origin
from market.hub import Hub
from storage import accounts, ledger, paper
from storage.snapshot import open_memory
from storage.store import Store
from tests.fakes.market import FakeMarket, utc
from trading.brokers import paper as paper_broker
from trading.floor import Floor, open_floor
from trading.holdings import fold

NOON = utc("2025-10-08 16:00")
ME = Origin("terminal", "main", "me")
ME_ANYWHERE = "keeper:me"
STRANGER = Origin("telegram", "77", "4242")


@command("Test")
async def help(ctx: Ctx) -> Reply:
    """What can be typed."""
    return Reply((Text("Type / or #."),))


@command("Test", examples=("/profit-loss month AAPL",))
async def profit_loss(ctx: Ctx, span: Literal["day", "month"] = "day", symbol: Symbol | None = None) -> Reply:
    """What was won and lost."""
    fact = Fact("pl", "P/L", Decimal(12), "USD", ctx.clock.now())
    return Reply((Text(f"{span} {symbol}"),), facts=(fact,))


@command("Test")
async def explain(ctx: Ctx, term: Rest) -> Reply:
    """What a word means."""
    return Reply((Text(term),))


@command("Test")
async def what_happened(ctx: Ctx, span: Literal["today", "yesterday"] = "yesterday") -> Reply:
    """What went on."""
    return Reply((Text(span),))


@command("Test", access=Access.ADMIN)
async def demo(ctx: Ctx, what: str, times: int = 1, by: Decimal | None = None) -> Reply:
    """Move the demo world."""
    ctx.must_write("move the demo world")
    return Reply((Text(f"{what} {times} {by}"),))


@command("Test")
async def broken(ctx: Ctx, how: Literal["bug", "source", "storage"] = "bug") -> Reply:
    """Fails."""
    raise {"bug": ZeroDivisionError("oops"), "source": SourceFailed("down"), "storage": StorageFailed("full")}[how]


COMMANDS = (help, profit_loss, explain, what_happened, demo, broken)


def registry(*more: Any) -> Registry:
    """The commands above and those named, and every action of the house."""
    own = [vars(f)["__spec__"] for f in (*COMMANDS, *more)]
    return Registry([*own, *Registry.discover(("commands.actions",)).actions()])


class Nothing:
    """No news and nothing scheduled."""

    async def news(self, start, end):
        return ()

    async def earnings(self, start, end):
        return ()

    async def economic(self, start, end):
        return ()


def entries(account: str) -> tuple[Entry, ...]:
    at = NOON - timedelta(days=30)
    cash = Entry("in", account, at, EntryKind.DEPOSIT, Decimal(50_000))
    held = [
        Entry(f"b{s}", account, at, EntryKind.TRADE, -q * p, s, Side.BUY, q, p)
        for s, q, p in (("AAPL", Decimal(40), Decimal(100)), ("NVDA", Decimal(20), Decimal(200)), ("BTC", Decimal("0.5"), Decimal(10_000)))
    ]
    return (cash, *held)


async def floor_on(
    store: Store, clock: ManualClock, market: FakeMarket, *, ids: SequentialIds | None = None, known: People | None = None
) -> Floor:
    spec = AccountSpec("demo", Mode.DEMO)
    hub = Hub(market, clock)
    ledger_entries = entries(spec.name)
    async with store.write() as tx:
        await accounts.add(tx, spec)
        for entry in ledger_entries:
            await ledger.add(tx, entry)
        holdings = fold(ledger_entries)
        await paper.set_cash(tx, spec.name, holdings.cash)
        await paper.set_cursor(tx, spec.name, clock.now())
        for position in holdings.positions:
            await paper.set_position(tx, spec.name, position.symbol, position.quantity)
    broker = paper_broker.build(spec, hub, store, clock)
    floor = open_floor(spec=spec, hub=hub, store=store, clock=clock, ids=ids or SequentialIds("t"), broker=broker, authority=known)
    await floor.start()
    return floor


class Room:
    """The desk and what it stands on; `say` and `tap` as a person does."""

    def __init__(self, floor: Floor, clock: ManualClock, market: FakeMarket, desk: FrontDesk) -> None:
        self.floor, self.clock, self.market, self.desk = floor, clock, market, desk
        self._count = 0
        self._events: list[Event] = []
        floor.bus.subscribe(self._heard)

    async def _heard(self, event: Event) -> None:
        self._events.append(event)

    def heard(self, kind: type[Event]) -> list[Any]:
        return [e for e in self._events if isinstance(e, kind)]

    async def say(self, text: str, *, payload: str | None = None, origin: Origin = ME, name: str = "", group: bool = False) -> Reply:
        self._count += 1
        return await self.desk.handle(Incoming(f"k{self._count}", origin, text, self.clock.now(), payload, name, group=group))


async def room(*, read_only: bool = False, converse=None) -> Room:
    clock = ManualClock(NOON)
    market = FakeMarket(clock)
    for symbol, bid, ask in (
        ("AAPL", "149.99", "150.01"),
        ("NVDA", "179.98", "180.02"),
        ("XOM", "99.99", "100.01"),
        ("BTC", "20000", "20010"),
    ):
        market.quote(symbol, bid, ask)
    market.quote("SPY", "499.99", "500.01")
    store = await open_memory()
    known = People("demo")
    floor = await floor_on(store, clock, market, known=known)
    usage = UsageBuffer(store, clock, "demo")
    quiet = Nothing()
    ids = SequentialIds("ref")
    desk = FrontDesk(
        floor,
        quiet,
        quiet,
        registry(people.people, people.pair, factor.totp, limits.risk_limits),
        ids,
        read_only=read_only,
        usage=usage,
        converse=converse,
        people=known,
    )
    return Room(floor, clock, market, desk)


def said(reply: Reply) -> str:
    """Every text and line to type of a reply."""
    return "\n".join(b.text for b in reply.blocks if isinstance(b, Text | Code))


def lead(reply: Reply) -> str:
    """What a reply says first."""
    assert isinstance(reply.blocks[0], Text)
    return reply.blocks[0].text


def payloads(reply: Reply) -> dict[str, str]:
    """What its buttons say, by their labels."""
    return {b.label: b.payload for block in reply.blocks if isinstance(block, Buttons) for b in block.buttons}
