"""What a handler may use: one context per line, with the floor it acts on, the sources it reads and the chat it answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from commands.access import People, require
from commands.draft import Draft
from commands.sessions import Session
from domain.chat import Access, Action, Reply
from domain.errors import NotAllowed, ReadOnly, UnknownSymbol
from domain.orders import Intent
from domain.people import Role
from domain.portfolio import AccountSpec, Portfolio
from domain.ports import Calendar, Clock, NewsSource
from domain.tickets import Origin
from market.hub import Hub

if TYPE_CHECKING:
    from commands.registry import Registry
    from commands.voice import Voice
    from copilot.brief import Brief
    from trading.drill import Drill, DrillReport
    from trading.floor import Floor


class PartState(StrEnum):
    """Whether a part of the installation works."""

    READY = "ready"
    OFF = "off"
    NEEDS = "needs"


@dataclass(frozen=True, slots=True)
class Part:
    """One row of `/status` and `doctor`: what it is, how it stands, and the detail (for `needs`: the exact line to type)."""

    name: str
    state: PartState
    detail: str


class DemoControl(Protocol):
    """The demo world's levers; each move is stored and journalled before it returns."""

    def now(self) -> datetime:
        """The simulated instant."""
        ...

    def describe(self) -> str:
        """One sentence: the world's seed, its instant and the shocks in force."""
        ...

    async def forward(self, by: timedelta, onward: Callable[[datetime], bool] = ...) -> datetime:
        """Move the world forwards, by steps while `onward` says so, running what fell due; returns the new instant."""
        ...

    async def shock(self, symbol: str, move: Decimal) -> None:
        """Move one instrument's price from now on by a fraction (`-0.08` is −8%)."""
        ...


class DrillControl(Protocol):
    """Rehearses a bad day on a copy of the book; the book itself is only read."""

    async def run(self, drill: Drill) -> DrillReport:
        """Play it through and say what happened; raises NoPrice where a position has no price."""
        ...


@dataclass(frozen=True, slots=True)
class Plan:
    """What an action would do: intents for the ticket desk, the word a destructive batch asks for, and notes for the card's reader.

    No intents means there is nothing to do; the notes then say why, and no ticket is drawn up.
    """

    intents: tuple[Intent, ...]
    word: str | None = None
    notes: tuple[str, ...] = ()


def _no_parts() -> Sequence[Part]:
    return ()


@dataclass(slots=True)
class Ctx:
    """One line's context. `read_only` means nothing may change; `zone` is the reader's; `parts` gives the rows of `/status` now."""

    origin: Origin
    floor: Floor
    news: NewsSource
    calendar: Calendar
    registry: Registry
    session: Session = field(default_factory=Session)
    demo: DemoControl | None = None
    drills: DrillControl | None = None
    read_only: bool = False
    parts: Callable[[], Sequence[Part]] = _no_parts
    zone: tzinfo = field(default_factory=lambda: ZoneInfo("America/New_York"))
    people: People = field(default_factory=People)
    draft: Draft = field(default_factory=Draft)
    voice: Voice | None = None
    told: Brief | None = None  # the brief that the answer to this line is made from
    asked: str = ""  # the command or verb of this line, for counting
    typed: bool = False  # a person typed this `/` line: neither a button nor what the copilot made of free text
    _portfolio: Portfolio | None = None

    @property
    def spec(self) -> AccountSpec:
        """The account as it is set up."""
        return self.floor.spec

    @property
    def account(self) -> str:
        """The account's name."""
        return self.floor.spec.name

    @property
    def hub(self) -> Hub:
        """Quotes, bars and instruments."""
        return self.floor.hub

    @property
    def clock(self) -> Clock:
        """The only source of time."""
        return self.floor.clock

    @property
    def role(self) -> Role | None:
        """What the person who sent this line may do here."""
        return self.people.role(self.origin)

    def require(self, access: Access) -> None:
        """Let this line through, or raise NotAllowed."""
        require(self.role, access)

    async def portfolio(self, *, fresh: bool = False, extra: Sequence[str] = ()) -> Portfolio:
        """One consistent snapshot, the same for everything this line asks; `extra` symbols get a quote too, `fresh` takes a new one."""
        seen = self._portfolio
        if seen is None or fresh or any(s not in seen.quotes for s in extra):
            seen = self._portfolio = await self.floor.book.snapshot(fresh=fresh, extra=tuple(extra))
        return seen

    def known(self, symbol: str) -> bool:
        """True for a symbol of this market, and for one the account has ever traded (an imported book may hold others)."""
        return self.hub.instrument(symbol) is not None or any(e.symbol == symbol for e in self.floor.book.entries)

    def resolve(self, word: str) -> str:
        """The symbol a word names: `aapl`, `$AAPL`, or a company by name or alias (`apple`); raises UnknownSymbol with the nearest."""
        symbol = word.strip().lstrip("$").rstrip(":.,").upper()
        if self.known(symbol):
            return symbol
        called = word.strip().lower()
        for instrument in self.hub.instruments().values():
            if called == instrument.name.lower() or called in instrument.aliases:
                return instrument.symbol
        raise self.unknown(symbol)

    def near(self, symbol: str) -> tuple[str, ...]:
        """The symbols an unknown one may have meant, by symbol, name or alias, best first; perhaps none."""
        return tuple(i.symbol for i in self.hub.nearest(symbol))

    def unknown(self, symbol: str) -> UnknownSymbol:
        """The error for a symbol nobody knows, with the hub's nearest ones in its sentence."""
        try:
            self.hub.require(symbol)
        except UnknownSymbol as error:
            return error
        return UnknownSymbol(f"{symbol} is not an instrument here.", example="/positions")

    def must_be_typed(self, line: str) -> None:
        """Refuse what came from a button or from free text, for what changes more than an answer; raises NotAllowed with the line."""
        if not self.typed:
            raise NotAllowed(f"That changes more than an answer; type `{line}` yourself.", example=line)

    def must_write(self, what: str) -> None:
        """Refuse on a way in that changes nothing; `what` completes "This way in never …"; raises ReadOnly."""
        if self.read_only:
            raise ReadOnly(f"`ask` only looks: it does not {what}. Type it in `foliopilot chat`.", example="foliopilot chat")


@dataclass(frozen=True, slots=True)
class Invocation:
    """What free text came to mean: a `/` command to run, with its arguments by name."""

    command: str
    arguments: Mapping[str, str] = field(default_factory=dict)


One = Reply | Action | Invocation
Heard = One | tuple[One, ...]
Converse = Callable[[Ctx, str], Awaitable[Heard]]
"""Free text in, and out what it means: an answer, an action to propose, a command to run, or several of them."""
