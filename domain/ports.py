"""The sockets: what the house needs from outside, as Protocols of at most six methods with the contract in prose."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from domain.chat import PLAINLY, CommandSpec, Manner, Reply
from domain.instruments import Instrument
from domain.market import Bar, EarningsDate, EconomicEvent, NewsItem, Quote, Timeframe
from domain.orders import Fill, Order, OrderStatus, OrderType, Side, TimeInForce
from domain.speech import Asked, Piece, Spent


class Clock(Protocol):
    """Time. `now` is aware UTC and never goes back; deadlines are measured on `monotonic`."""

    def now(self) -> datetime:
        """The instant."""
        ...

    def monotonic(self) -> float:
        """Seconds that only grow."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class Ids(Protocol):
    """Identifiers: at most 12 characters, lower-case letters and digits."""

    def new(self) -> str:
        """A fresh id."""
        ...


class MarketData(Protocol):
    """Prices. Empty means no such data; a failure raises SourceFailed. No bar that ends after `until`, no quote from after now."""

    @property
    def name(self) -> str:
        """The source as shown to readers, for example `simulated`."""
        ...

    @property
    def simulated(self) -> bool:
        """True when prices are generated."""
        ...

    def instruments(self) -> Mapping[str, Instrument]:
        """Every instrument known here, by symbol."""
        ...

    async def quotes(self, symbols: Sequence[str]) -> Mapping[str, Quote]:
        """The latest quote of each symbol as of now; symbols without one are left out."""
        ...

    async def bars(self, symbol: str, timeframe: Timeframe, start: datetime, until: datetime) -> Sequence[Bar]:
        """Bars with `start <= bar.start` and `bar.end <= min(until, now)`, oldest first. Daily bars are exchange sessions."""
        ...


class NewsSource(Protocol):
    """Headlines in the half-open interval [start, end), oldest first, ids stable; a failure raises SourceFailed."""

    async def news(self, start: datetime, end: datetime) -> Sequence[NewsItem]:
        """What was published; never anything from after now."""
        ...


class Calendar(Protocol):
    """What is scheduled in [start, end), oldest first; a failure raises SourceFailed."""

    async def earnings(self, start: datetime, end: datetime) -> Sequence[EarningsDate]:
        """Company reports."""
        ...

    async def economic(self, start: datetime, end: datetime) -> Sequence[EconomicEvent]:
        """Economic releases; `actual` only once it is public."""
        ...


@dataclass(frozen=True, slots=True)
class BrokerTraits:
    """What an adapter declares of its venue.

    `keeps_within_position` says that the venue itself shrinks and ends reduce-only orders so that together with any of them trading they
    never exceed the position; elsewhere the core does it. `stacks_exits` says that it takes a second order on a quantity that another
    one is to reduce already, so that a new stop can stand before the old one goes. `answers_within` is how many seconds an answer may
    take before it counts as lost.
    """

    name: str
    ids_unique_for_ever: bool
    order_types: frozenset[OrderType]
    tifs: frozenset[TimeInForce]
    can_replace: bool
    keeps_within_position: bool = False
    stacks_exits: bool = True
    answers_within: int = 5


@dataclass(frozen=True, slots=True)
class OrderReport:
    """What the broker says of one order now: its state and every execution so far, keyed by execution id.

    `side` to `trail_percent` say what kind of order it is, so that one placed elsewhere can be shown; a venue that cannot tell leaves None.
    """

    client_id: str
    broker_id: str
    symbol: str
    status: OrderStatus
    quantity: Decimal
    filled: Decimal
    average_price: Decimal | None
    at: datetime
    limit: Decimal | None = None
    stop: Decimal | None = None
    fills: tuple[Fill, ...] = ()
    reason: str = ""
    side: Side | None = None
    type: OrderType | None = None
    tif: TimeInForce | None = None
    trail: Decimal | None = None
    trail_percent: Decimal | None = None


@dataclass(frozen=True, slots=True)
class BrokerState:
    """The broker's truth at one instant: cash, net quantity by symbol, open orders; what a unit cost on average, where it knows."""

    at: datetime
    cash: Decimal
    positions: Mapping[str, Decimal]
    orders: tuple[OrderReport, ...]
    average_prices: Mapping[str, Decimal] = field(default_factory=dict)


class Broker(Protocol):
    """One account at one venue.

    Repeating a client order id never trades twice: `submit` then returns the report of the order it already has. `Rejected` only when it
    is definitive, `OutcomeUnknown` when it is not, `BrokerDown` or `Throttled` when nothing was taken. Fills come from `updates`, each
    perhaps twice.
    """

    @property
    def traits(self) -> BrokerTraits:
        """What the venue can do."""
        ...

    async def submit(self, order: Order) -> OrderReport:
        """Send an order under its client id."""
        ...

    async def cancel(self, client_id: str) -> OrderReport:
        """Take an order back; cancelling an ended order returns its report and changes nothing."""
        ...

    async def replace(self, order: Order) -> OrderReport:
        """Change quantity, limit, stop or trail of the working order of the same client id to those of `order`."""
        ...

    async def find(self, client_id: str) -> OrderReport | None:
        """The order under that client id, ended ones included; None means the broker never had it."""
        ...

    async def state(self) -> BrokerState:
        """Cash, positions and open orders at one instant."""
        ...

    async def updates(self) -> Sequence[OrderReport]:
        """Every report since the last call, oldest first; a venue that pushes buffers here. Reports may repeat and come out of order."""
        ...


class Tools(Protocol):
    """What a language model may call: commands that read, and one that draws up a card. Nothing behind them can trade."""

    def offered(self) -> Sequence[CommandSpec]:
        """What there is, in a stable order."""
        ...

    def schema(self, spec: CommandSpec) -> Mapping[str, Any]:
        """The JSON schema of the arguments of one of them."""
        ...

    async def call(self, name: str, given: Mapping[str, Any]) -> str:
        """What it says, as a model may read it; a refusal is text too, which says what fits. It never raises for what was given."""
        ...


class LanguageModel(Protocol):
    """Text or tool calls, and no side effects: it reaches nothing but the tools it is given."""

    @property
    def name(self) -> str:
        """What it is called where it is told which one answered."""
        ...

    async def speak(self, asked: Asked, tools: Tools, hear: Callable[[Piece], None]) -> Spent:
        """Answer, telling `hear` every piece as it comes; raises ModelFailed. Cancelling it stops it."""
        ...

    async def close(self) -> None:
        """Let go of its connections."""
        ...


class ChatAdapter(Protocol):
    """One chat platform. Splits long replies itself and never loses the first line."""

    @property
    def platform(self) -> str:
        """Its name in origins."""
        ...

    async def serve(self) -> None:
        """Take lines until the platform or the reader ends it."""
        ...

    async def send(self, chat: str, reply: Reply, manner: Manner = PLAINLY) -> str:
        """Show a reply in a chat and return the platform's message id; raises Busy, ChatGone or another error when it was not shown."""
        ...

    async def edit(self, chat: str, message: str, reply: Reply) -> bool:
        """Replace what a message shows; False where that is not there to be replaced. Raises as `send`."""
        ...

    async def publish(self, commands: Sequence[CommandSpec]) -> None:
        """Make the platform know the commands."""
        ...
