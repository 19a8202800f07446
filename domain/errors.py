"""Every deliberate error of the house, each its own small class.

FoliopilotError
├── UserError                 the reader can mend it; becomes a reply that says what to type instead
│   ├── GrammarError          a `#` line that does not parse; names the token
│   ├── UnknownCommand        no such `/` command
│   ├── BadArgument           a command's argument does not fit
│   ├── UnknownSymbol         no such instrument here
│   ├── NoPosition            the action needs a position that is not held
│   ├── NoSuchOrder           no open order under that id
│   ├── NoPrice               nothing to value or trade on
│   ├── NotAllowed            this person may not do that
│   ├── ReadOnly              this way in never changes anything
│   ├── TicketClosed          the card was already confirmed, cancelled, replaced or expired
│   ├── TicketMismatch        the button does not belong to what was shown
│   ├── WordNeeded            a typed word is asked for besides the tap
│   ├── Halted                the kill switch is pulled
│   ├── ImportRefused         a transactions or bar file has bad lines; carries each
│   └── SetupError            the installation needs one thing
│       ├── LeaseTaken        another process works on this database
│       ├── NewerDatabase     the database was written by a newer version
│       └── HomeUnusable      the data directory cannot be read or written
├── BrokerError
│   ├── Rejected              definitive: the broker will not do it
│   ├── OutcomeUnknown        no answer, or one that does not say; the order may be live
│   ├── Throttled             refused for now, nothing was taken; says when to come back
│   └── BrokerDown            nothing was sent
├── Busy                      a chat platform takes nothing for now; says when to come back
├── ChatGone                  a chat takes nothing any more; says which one took its place, where one did
├── ModelFailed               a language model gave no answer; says why in a few words
├── SourceFailed              a market, news or calendar source could not answer
├── StorageFailed             the database refused; nothing was written
│   └── Unreadable            a stored row no longer reads back
└── IllegalMove               a state machine was asked for a move its table does not have
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

BAD_LINES_NAMED = 5


class FoliopilotError(Exception):
    """The root of every deliberate error."""


class UserError(FoliopilotError):
    """A refusal the reader can act on: one sentence, and a correct line where one helps.

    `code` is stable (snake_case of the class name unless given) and part of the machine interface.
    """

    code = "user_error"

    def __init__(self, message: str, *, example: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.example = example
        if code is not None:
            self.code = code


class GrammarError(UserError):
    """A `#` line that does not parse; `token` is the part that was not understood."""

    code = "grammar"

    def __init__(self, message: str, *, token: str = "", example: str | None = None) -> None:
        super().__init__(message, example=example)
        self.token = token


class UnknownCommand(UserError):
    """No command of that name; the message names the nearest one."""

    code = "unknown_command"


class BadArgument(UserError):
    """A command's argument does not fit; the message names it and the example is a correct line."""

    code = "bad_argument"


class UnknownSymbol(UserError):
    """No instrument of that symbol in this market; the message names the nearest ones."""

    code = "unknown_symbol"


class NoPosition(UserError):
    """The action closes or protects a position that is not held."""

    code = "no_position"


class NoSuchOrder(UserError):
    """No open order under that id on this account."""

    code = "no_such_order"


class NoPrice(UserError):
    """There is no price to value or trade this on."""

    code = "no_price"


class NotAllowed(UserError):
    """This person's role does not allow it."""

    code = "not_allowed"


class ReadOnly(UserError):
    """This way in describes but never changes anything."""

    code = "read_only"


class TicketClosed(UserError):
    """The card is no longer open: confirmed, cancelled, replaced or expired."""

    code = "ticket_closed"


class TicketMismatch(UserError):
    """The confirmation does not carry the digest of what was shown."""

    code = "ticket_mismatch"


class WordNeeded(UserError):
    """A destructive batch asks for a typed word besides the tap; `word` is that word."""

    code = "word_needed"

    def __init__(self, message: str, *, word: str, example: str | None = None) -> None:
        super().__init__(message, example=example)
        self.word = word


class Halted(UserError):
    """The kill switch is pulled; only closing and cancelling go on."""

    code = "halted"


@dataclass(frozen=True, slots=True)
class BadLine:
    """One bad line of a file: its number (the heading is 1) and why."""

    number: int
    reason: str


class ImportRefused(UserError):
    """A file was refused whole; `lines` holds every bad line with its reason."""

    code = "import_refused"

    def __init__(self, message: str, *, lines: tuple[BadLine, ...] = (), example: str | None = None) -> None:
        super().__init__(message, example=example)
        self.lines = lines

    @classmethod
    def whole(cls, name: str, bad: Iterable[BadLine], *, example: str | None = None) -> ImportRefused:
        """The refusal of a file for its bad lines: the message names the first few, `lines` holds all in the order of the file."""
        lines = tuple(sorted(bad, key=lambda b: (b.number, b.reason)))
        named = "; ".join(f"line {b.number}: {b.reason}" for b in lines[:BAD_LINES_NAMED])
        more = f"; and {len(lines) - BAD_LINES_NAMED} more" if len(lines) > BAD_LINES_NAMED else ""
        count = "1 bad line" if len(lines) == 1 else f"{len(lines)} bad lines"
        return cls(f"{name} was refused whole, {count}: {named}{more}.", lines=lines, example=example)


class SetupError(UserError):
    """The installation needs one thing; the message says the exact next line to type."""

    code = "setup"


class LeaseTaken(SetupError):
    """Another process works on this database; this one leaves."""

    code = "lease_taken"


class NewerDatabase(SetupError):
    """The database was written by a newer version; this one does not touch it."""

    code = "newer_database"


class HomeUnusable(SetupError):
    """The data directory cannot be created, read or written."""

    code = "home_unusable"


class BrokerError(FoliopilotError):
    """Something between us and a broker."""


class Rejected(BrokerError):
    """The broker will definitely not do it; `code` is stable, the message is for the reader."""

    def __init__(self, message: str, *, code: str = "rejected") -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class OutcomeUnknown(BrokerError):
    """No answer, or one that does not say: the order may be live. Ask by client order id; never resend under a new one."""


class Throttled(BrokerError):
    """The venue is too busy for us and took nothing; `after` says in how many seconds to come back, None where it does not say."""

    def __init__(self, message: str, *, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class BrokerDown(BrokerError):
    """The broker cannot be reached and nothing was sent."""


class Busy(FoliopilotError):
    """A chat platform is too busy for us and showed nothing; `after` says in how many seconds to come back."""

    def __init__(self, after: float) -> None:
        super().__init__(f"come back in {after:g} s")
        self.after = after


class ChatGone(FoliopilotError):
    """A chat takes nothing any more: it blocked us, or it is not there; `now` is the one that took its place, or empty."""

    def __init__(self, why: str, now: str = "") -> None:
        super().__init__(why)
        self.now = now


class ModelFailed(FoliopilotError):
    """A language model gave no answer that can be used; the message says why in a few words."""


class SourceFailed(FoliopilotError):
    """A market, news or calendar source could not answer; never confused with having nothing to say."""


class StorageFailed(FoliopilotError):
    """The database refused (locked, full, read-only); the transaction left nothing behind."""


class Unreadable(StorageFailed):
    """A stored row no longer reads back; the message names its table and key."""


class IllegalMove(FoliopilotError):
    """A state machine has no such row."""

    def __init__(self, what: str, current: str, wanted: str) -> None:
        super().__init__(f"{what} cannot move from {current} to {wanted}")
        self.current = current
        self.wanted = wanted
