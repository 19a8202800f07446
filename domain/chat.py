"""What is said: incoming lines, replies made of blocks without markup, buttons, actions, and how a command describes itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from domain.facts import Fact
from domain.money import plain
from domain.orders import TimeInForce
from domain.tickets import Origin, Ticket


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message or tap. `key` is unique per platform event; `payload` is a tapped button's payload, else None.

    `name` is what the platform calls the person, `message` its id of the message (of a tap: of the one that was tapped), `group` says that
    others can read along, and `late` that it came too late to act on. `secret` names what looked like a key in it: its text is gone then.
    `waits` is the platform's id of what is still open for the answer to this line, where there is such a thing.
    """

    key: str
    origin: Origin
    text: str
    at: datetime
    payload: str | None = None
    name: str = ""
    message: str = ""
    group: bool = False
    late: bool = False
    secret: str = ""
    waits: str = ""


@dataclass(frozen=True, slots=True)
class Button:
    """A button. `payload` comes back as `Incoming.payload`, at most 64 bytes: a line to say (`/why`) or `confirm:ID:DIGEST`."""

    label: str
    payload: str


class Tone(StrEnum):
    """How a text block is meant; adapters may colour by it."""

    PLAIN = "plain"
    LEAD = "lead"
    GOOD = "good"
    BAD = "bad"
    WARNING = "warning"
    QUIET = "quiet"


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph; the first block of a reply is its answer (`LEAD`)."""

    text: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class KeyValues:
    """Labelled rows."""

    rows: tuple[tuple[str, str], ...]
    title: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings; `numeric` are the indices of right-aligned columns."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[int, ...] = ()
    title: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """One series to look at; `alternative` is what is said where no picture can be shown."""

    title: str
    labels: tuple[str, ...]
    values: tuple[Decimal, ...]
    unit: str
    alternative: str


@dataclass(frozen=True, slots=True)
class Code:
    """A line to type, shown verbatim."""

    text: str


@dataclass(frozen=True, slots=True)
class Buttons:
    """Buttons in one row."""

    buttons: tuple[Button, ...]


@dataclass(frozen=True, slots=True)
class Keys:
    """Rows of lines that stay below the input to be tapped, until others take their place; none takes them away."""

    rows: tuple[tuple[str, ...], ...]


Block = Text | KeyValues | Table | Chart | Code | Buttons | Keys


class ReplyKind(StrEnum):
    """What a reply is to a machine."""

    ANSWER = "answer"
    TICKET = "ticket"
    QUESTION = "question"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a line was not done: a stable code and a sentence."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: blocks for people, `facts` for `/why` and machines, the `ticket` of a card. `command` is the registry name that led."""

    blocks: tuple[Block, ...]
    kind: ReplyKind = ReplyKind.ANSWER
    command: str | None = None
    facts: tuple[Fact, ...] = ()
    ticket: Ticket | None = None
    failure: Failure | None = None
    thread: str | None = None  # the ticket id whose card this follows up
    order: str = ""  # the client id of the order that this tells of: where it can be, one message tells how that goes
    told: tuple[tuple[str, str], ...] = ()  # whose words these are and what was checked, where a model chose them
    looked: bool = True  # False where the line did something, which asking for the answer again would do again


@dataclass(frozen=True, slots=True)
class Letter:
    """An answer on its way to a chat: under which message it stands, which one it replaces, which one it takes away, what waits for it."""

    platform: str
    chat: str
    reply: Reply
    under: str = ""
    edits: str = ""
    deletes: str = ""
    group: bool = False
    waits: str = ""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a message arrives: without a sound, under another message, where others read along, and past what waits.

    `waits` is what is open for this answer on the platform; `key` is the message's own: where the platform can, it shows it once. `topic`
    names the thread in which it stands below the message it is under, where the platform has such threads.
    """

    silent: bool = False
    under: str = ""
    group: bool = False
    urgent: bool = False
    waits: str = ""
    key: str = ""
    topic: str = ""


PLAINLY = Manner()


class Access(StrEnum):
    """Who may use a command; `ADMIN` is never a tool."""

    READ = "read"
    PROPOSE = "propose"
    ADMIN = "admin"


class Output(StrEnum):
    """Whose words a command returns; `EXTERNAL_TEXT` reaches a model only as quoted data."""

    OWN = "own"
    EXTERNAL_TEXT = "external_text"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of a command: `choices` where it is one of few; `kind` is `symbol`, `number`, `integer`, `text`, `choice` or `rest`."""

    name: str
    kind: str
    required: bool
    choices: tuple[str, ...] = ()
    default: str | None = None
    help: str = ""


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """All that a platform, a palette, a model or a help page needs to know of a `/` command or `#` verb."""

    name: str
    group: str
    help: str
    sigil: str  # "/" or "#"
    access: Access
    output: Output
    parameters: tuple[Parameter, ...]
    examples: tuple[str, ...]
    handler: Callable[..., Awaitable[Any]]


class Verb(StrEnum):
    """The `#` verbs."""

    CLOSE = "close"
    STOP = "stop"
    TARGET = "target"
    TRAILING = "trailing"
    BUY = "buy"
    SELL = "sell"
    CANCEL = "cancel"
    MODIFY = "modify"
    CLOSE_ALL = "close-all"
    CANCEL_ALL = "cancel-all"
    SET_STOPS = "set-stops"
    TAKE_PROFITS = "take-profits"
    EMERGENCY_STOP = "emergency-stop"
    RESUME = "resume"
    LADDER = "ladder"
    BREAKEVEN = "breakeven"
    EXIT = "exit"
    EXITS_OFF = "exits-off"
    REMOVE = "remove"


class Unit(StrEnum):
    """What an amount is counted in."""

    SHARES = "shares"
    MONEY = "money"
    PERCENT = "percent"
    ATR = "atr"
    PRICE = "price"


@dataclass(frozen=True, slots=True)
class Amount:
    """A number with its unit: `50%`, `$2000`, `2atr`, `175`."""

    value: Decimal
    unit: Unit

    def text(self) -> str:
        """Canonical spelling."""
        number = plain(self.value)
        match self.unit:
            case Unit.PERCENT:
                return f"{number}%"
            case Unit.MONEY:
                return f"${number}"
            case Unit.ATR:
                return f"{number}atr"
            case Unit.SHARES | Unit.PRICE:
                return number


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of a take-profit ladder: at a price or a gain in percent, this percentage of the position."""

    at: Amount
    share: Amount

    def text(self) -> str:
        """Canonical spelling."""
        return f"{self.at.text()} {self.share.text()}"


@dataclass(frozen=True, slots=True)
class Action:
    """A parsed `#` line. `target` is a symbol in capitals, an order's or exit's id in lower case, or None; the rest as the verb allows.

    `stop` is an order's new stop; `stop_at` and `target_at` are the exits of a bracket, prices or distances from its entry. `after` is the
    gain from which a trailing stop follows, `rungs` a ladder, `when` what a time exit waits for (`10d`, `6h`, `close`, `earnings`).
    """

    verb: Verb
    target: str | None = None
    amount: Amount | None = None
    limit: Decimal | None = None
    stop: Decimal | None = None
    tif: TimeInForce = TimeInForce.DAY
    after: Amount | None = None
    rungs: tuple[Rung, ...] = ()
    when: str = ""
    stop_at: Amount | None = None
    target_at: Amount | None = None

    def line(self) -> str:
        """The canonical line; parsing it gives this action again."""
        tail = "".join(
            (
                *(f" {rung.text()}" for rung in self.rungs),
                f" {self.when}" if self.when else "",
                f" {self.amount.text()}" if self.amount else "",
                f" limit {plain(self.limit)}" if self.limit is not None else "",
                f" stop {plain(self.stop)}" if self.stop is not None else "",
                f" stop {self.stop_at.text()}" if self.stop_at else "",
                f" target {self.target_at.text()}" if self.target_at else "",
                " gtc" if self.tif is TimeInForce.GTC else "",
                f" after {self.after.text()}" if self.after else "",
            )
        )
        if self.verb in (Verb.BUY, Verb.SELL):
            return f"#{self.verb} {self.target}{tail}"
        if self.verb in (Verb.CANCEL, Verb.MODIFY):
            return f"#order-{self.target} {self.verb}{tail}"
        if self.verb is Verb.REMOVE:
            return f"#exit-{self.target} {self.verb}"
        if self.verb is Verb.EXITS_OFF:
            return f"#{self.target} exits off"
        if self.target:
            return f"#{self.target} {self.verb}{tail}"
        return f"#{self.verb}{tail}"
