"""The front desk, the only way in: `/` goes to the registry, `#` becomes a card, a tap goes to the ticket desk, the rest to the copilot."""

from __future__ import annotations

import importlib
import logging
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from commands import grammar, keys, proposal, refusal, release
from commands.access import People
from commands.context import Converse, Ctx, DemoControl, DrillControl, Invocation, One, Part
from commands.draft import STOP, Draft
from commands.hiding import hidden
from commands.merged import merged
from commands.registry import Registry, hyphens
from commands.sessions import Sessions
from commands.strangers import Strangers, unknown
from commands.usage import UsageBuffer
from commands.words import is_hidden, shown
from domain.chat import Access, Action, CommandSpec, Incoming, Reply, Verb
from domain.errors import GrammarError, NotAllowed, UserError
from domain.people import Sight
from domain.ports import Calendar, Ids, NewsSource
from domain.tickets import Proposer
from trading.floor import Floor

if TYPE_CHECKING:
    from commands.voice import Voice

LONGEST = 4000

log = logging.getLogger(__name__)

LOOKS: Mapping[str, frozenset[str]] = {
    "alerts": frozenset({"", "recent", "digest"}),
    "automation": frozenset({""}),
    "audit": frozenset({""}),
    "breaker": frozenset({""}),
    "demo": frozenset({""}),
    "emergency-exit": frozenset({""}),
    "orphans": frozenset({""}),
}
"""Of commands that may do something, the argument with which each only shows what is set: all that free text or [Refresh] may call."""

PERSONAL = frozenset({"totp", "pair", "people", "group", "audit"})
"""Commands that are answered in private whatever a group may see."""

REFRESH = "refresh:"
"""How the payload of a button begins that says its line again, in the place of what its message shows."""

_CONFIRM = re.compile(r"confirm(?:\s+([a-z0-9]{1,12})(?:\s+(\d{3} \d{3}|\S{1,40}))?)?[.!]?\Z", re.IGNORECASE)
_CANCEL = re.compile(r"cancel\s+([a-z0-9]{1,12})[.!]?\Z", re.IGNORECASE)
_TAP = re.compile(r"(confirm|cancel):([a-z0-9]{1,12})(?::([0-9a-f]{16}))?\Z")
_REORDERING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def _no_parts() -> Sequence[Part]:
    return ()


@dataclass(slots=True)
class FrontDesk:
    """Answers every line and every tap on one account; `handle` never raises for anything that was typed."""

    floor: Floor
    news: NewsSource
    calendar: Calendar
    registry: Registry
    ids: Ids
    demo: DemoControl | None = None
    drills: DrillControl | None = None
    read_only: bool = False
    parts: Callable[[], Sequence[Part]] = _no_parts
    zone: tzinfo = field(default_factory=lambda: ZoneInfo("America/New_York"))
    usage: UsageBuffer | None = None
    sessions: Sessions = field(default_factory=Sessions)
    converse: Converse | None = None
    people: People = field(default_factory=People)
    voice: Voice | None = None

    async def handle(self, incoming: Incoming, draft: Draft | None = None) -> Reply:
        """The answer to one line or tap; what takes long says in `draft` how far it is.

        A stranger learns their own id. A UserError becomes a reply that says what to type instead; any other exception is logged under a
        reference and answered with it. Cancellation goes through.
        """
        if self.people.role(incoming.origin) is None:
            return await self._strange(incoming)
        sight = seen(incoming, self.people)
        if (turned_away := away(incoming, sight)) is not None:
            return turned_away
        ctx = self.context(incoming, draft or Draft())
        if sight is not Sight.FIGURES:
            ctx.draft.through = hidden
        try:
            reply = await self._answer(ctx, incoming)
        except UserError as error:
            reply = refusal.refused(error)
        except Exception as error:  # the last net: logged with a reference, which the reader gets
            reply = refusal.broken(error, self.ids.new(), self.floor.clock.now())
        ctx.session.remember(reply)
        if self.usage is not None:
            self.usage.note(ctx.asked or reply.command or "text", _outcome(reply))
        return reply if sight is Sight.FIGURES else hidden(reply)

    async def _strange(self, incoming: Incoming) -> Reply:
        """The answer to somebody without a role: the same words, also where the house is in trouble."""
        strangers = Strangers(self.people, self.floor.bus, self.floor.clock, read_only=self.read_only)
        try:
            return await strangers.answer(incoming)
        except Exception:
            log.exception("a stranger's line could not be noted")
            return unknown(incoming.origin)

    def context(self, incoming: Incoming, draft: Draft | None = None) -> Ctx:
        """The context of one line: the floor and sources of this account, and the memory of its person."""
        return Ctx(
            origin=incoming.origin,
            floor=self.floor,
            news=self.news,
            calendar=self.calendar,
            registry=self.registry,
            session=self.sessions.of(self.people.human(incoming.origin) or incoming.origin.who),
            demo=self.demo,
            drills=self.drills,
            read_only=self.read_only,
            parts=self.parts,
            zone=self.zone,
            people=self.people,
            draft=draft or Draft(),
            voice=self.voice,
        )

    async def _answer(self, ctx: Ctx, incoming: Incoming) -> Reply:
        if incoming.payload is not None:
            return await self._tapped(ctx, incoming.payload, incoming.text.strip() or None)
        return await self._line(ctx, checked(incoming.text), typed=True)

    async def _tapped(self, ctx: Ctx, payload: str, word: str | None) -> Reply:
        """A button: `confirm:ID:DIGEST`, `cancel:ID`, or a line to say. A tapped line draws a card and does no more."""
        if payload.startswith(STOP):
            raise UserError("Nothing that you asked for is being worked out here.", example="/help", code="nothing_to_stop")
        tap = _TAP.match(payload)
        if tap is None:
            return await self._line(ctx, checked(payload), typed=False)
        what, ident, digest = tap.groups()
        if what == "cancel":
            return await release.cancel(ctx, ident)
        if digest is None:
            raise GrammarError("That button does not say what it belongs to.", token=shown(payload), example=f"confirm {ident}")
        return await release.confirm(ctx, ident, digest, word)

    async def _line(self, ctx: Ctx, line: str, *, typed: bool) -> Reply:
        if line.startswith(("#", "/")):
            ctx.session.meaning, ctx.session.asked = None, line if line.startswith("#") else ""
        if line.startswith("#"):
            return await self._action(ctx, line, typed=typed)
        if line.startswith("/"):
            return await self._command(ctx, line, typed=typed)
        confirmed = _CONFIRM.match(line)
        if confirmed is not None:
            return await self._confirmed(ctx, confirmed[1], confirmed[2])
        cancelled = _CANCEL.match(line)
        if cancelled is not None and await self.floor.desk.get(cancelled[1].lower()) is not None:
            return await release.cancel(ctx, cancelled[1].lower())
        return await self._said(ctx, line)

    async def _confirmed(self, ctx: Ctx, ident: str | None, word: str | None) -> Reply:
        if ident is None:
            card, word = ctx.session.card, "confirm"
            example = f"{word} {card}" if card else "#AAPL close 50%"
            raise GrammarError("Say which card: `confirm` and its id." if card else "No card is open here.", token=word, example=example)
        return await release.confirm(ctx, ident.lower(), None, word)

    async def _action(self, ctx: Ctx, line: str, *, typed: bool) -> Reply:
        head = hyphens(line.partition(" ")[0])
        if self.registry.has(head) and not ctx.known(head.upper()):
            raise GrammarError(f"{head} is a command, and commands start with /: `/{head}`.", token=head, example=f"/{head}")
        action = grammar.parse(line, ctx.known, ctx.near)
        ctx.asked = action.verb.value
        if action.verb is Verb.EMERGENCY_STOP and typed:
            return await proposal.emergency(ctx, action)
        offer = "" if typed else ctx.session.offers.get(action.line(), "")
        return await proposal.propose(ctx, action, Proposer.MODEL if offer else Proposer.PERSON, note=offer)

    async def _command(self, ctx: Ctx, line: str, *, typed: bool) -> Reply:
        head, rest = (*line[1:].split(maxsplit=1), "", "")[:2] if line[1:2].strip() else ("", "")
        name = hyphens(head.partition("@")[0])
        if not name:
            return await self.registry.call(ctx, "help")
        if name == "do":
            inner = rest.strip().strip("\"'“”").strip()
            return await self._line(ctx, inner if inner.startswith("#") else f"#{inner}", typed=typed)
        spec = self.registry.command(name)
        ctx.asked, ctx.typed = spec.name, typed
        ctx.require(spec.access)
        reply = await self.registry.call(ctx, name, rest.split())
        return reply if looks(spec, rest.split()) else replace(reply, looked=False)

    async def _said(self, ctx: Ctx, line: str) -> Reply:
        """Free text. What the copilot makes of it is a command that only reads, or a card; it never halts, releases or administers."""
        if self.converse is None:
            self.converse = ear()
        heard = await self.converse(ctx, line)
        if isinstance(heard, tuple):
            reply = merged([await self._came(ctx, one) for one in heard])
        else:
            reply = await self._came(ctx, heard)
        if ctx.voice is not None:
            reply = await in_words(ctx, line, reply)
        return reply if reply.told else in_tongue(line, reply)

    async def _came(self, ctx: Ctx, heard: One) -> Reply:
        match heard:
            case Reply():
                return heard
            case Action():
                action = grammar.parse(heard.line(), ctx.known, ctx.near)
                return await proposal.propose(ctx, action, Proposer.COPILOT)
            case Invocation(command=name, arguments=arguments):
                spec = self.registry.command(name)
                if spec.access is Access.ADMIN and not looks(spec, arguments.values()):
                    raise NotAllowed(f"That changes more than an answer; type `/{hyphens(name)}` yourself.", example=f"/{hyphens(name)}")
                ctx.require(spec.access)
                return await self.registry.call(ctx, name, given=arguments)


def looks(spec: CommandSpec, words: Iterable[str]) -> bool:
    """True for a line that only shows something, however often it is said."""
    return spec.access is Access.READ or " ".join(words) in LOOKS.get(spec.name, ())


def away(incoming: Incoming, sight: Sight | None) -> Reply | None:
    """What is not looked at at all: a line with a key in it, one that came too late to act on, and what a group is not shown."""
    secret = incoming.secret or keys.found(incoming.text)
    if secret:
        said = (
            f"That looks like {secret}. It was not kept here, and taken out of this chat where the platform allows it. "
            "Take it back where it was issued, for others may have seen it; the new one belongs into `.env`, never into a chat."
        )
        return refusal.plain("secret", said)
    if incoming.late:
        typed = shown(incoming.text) if incoming.payload is None else "a button"
        return refusal.plain(
            "too_late", f"This came more than five minutes late, so nothing was done: {typed}. Send it again if you still want it."
        )
    if sight is None:
        return refusal.plain("group", "Figures are not shown where others read along. Write to me in a private chat.")
    return None


def seen(incoming: Incoming, people: People) -> Sight | None:
    """What may be shown where a line was said: figures, words, or nothing of the account.

    Of secrets, codes and people a group is told nothing, whatever it is shown; of actions and cards nothing where it is shown words.
    """
    if not incoming.group:
        return Sight.FIGURES
    if personal(incoming):
        return None
    sight = people.sight(incoming.origin)
    return None if sight is Sight.WORDS and _bare(incoming).startswith(("#", "/do", "confirm", "cancel")) else sight


def personal(incoming: Incoming) -> bool:
    """True for what is answered in private whatever a group may see."""
    said = _bare(incoming)
    return said.startswith("/") and hyphens(said.split(maxsplit=1)[0].partition("@")[0]) in PERSONAL


def _bare(incoming: Incoming) -> str:
    return (incoming.text if incoming.payload is None else incoming.payload.removeprefix(REFRESH)).lstrip().lower()


def ear() -> Converse:
    """The composed copilot's ear; its vocabulary is loaded at the first free text, which a `/` or `#` line never pays for."""
    made: Converse = importlib.import_module("commands.conversation").Conversation()
    return made


async def in_words(ctx: Ctx, line: str, composed: Reply) -> Reply:
    """The answer to free text in the words of the model; what that needs is loaded at the first such answer."""
    reply: Reply = await importlib.import_module("commands.phrasing").phrased(ctx, line, composed)
    return reply


def in_tongue(line: str, composed: Reply) -> Reply:
    """The answer to free text in the language of the line, where there are sentences for it."""
    reply: Reply = importlib.import_module("commands.tongue").answered(line, composed)
    return reply


def checked(text: str) -> str:
    """A line without the blanks around it; raises UserError for an empty one, one over 4,000 characters, and characters nobody can see."""
    line = text[: LONGEST + 1].strip()
    example = "#AAPL close 50%" if line.startswith("#") else "/help"
    if len(text) > LONGEST:
        raise UserError(f"That is {len(text):,} characters; a line here has at most {LONGEST:,}.", example=example, code="too_long")
    if not line:
        raise UserError("Nothing was typed. Ask a question, or type / for commands and # for actions.", example="/help", code="empty")
    unseen = next((c for c in line if c in _REORDERING or (c not in "\n\t\u200d\u00ad" and is_hidden(c))), None)
    if unseen is not None:
        word = next(w for w in re.split(r"[ \n\t]+", line) if unseen in w)
        raise UserError(
            f"“{shown(word)}” contains a character that cannot be seen (U+{ord(unseen):04X}).", example=example, code="hidden_character"
        )
    return line


def _outcome(reply: Reply) -> str:
    """How a reply is counted: an error's code, a ticket's status, else its kind."""
    if reply.failure is not None:
        return reply.failure.code
    return reply.ticket.status.value.lower() if reply.ticket is not None else reply.kind.value
