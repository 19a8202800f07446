"""Replies as Discord shows them: the first words as the message, the rest as an embed whose colour is the P/L's, buttons beneath."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal

from discord.utils import escape_markdown

from bot.cutting import cut, units
from bot.limits import DISCORD
from bot.pictures import alternative, told
from bot.plain import render as plainly
from domain.chat import Block, Button, Buttons, Chart, Code, Keys, KeyValues, Reply, ReplyKind, Table, Text, Tone, Verb
from domain.facts import RESULT
from domain.orders import OrderIntent, OrderType
from domain.tickets import CODE, Ticket

GOOD, BAD, CAREFUL, PLAIN, CARD = 0x2E9E6B, 0xD64545, 0xE0A030, 0x5B6470, 0x4A6CF7
WIDTH = 40
"""Characters of a monospaced line that an embed shows on a phone without breaking it."""

SHORT = 18  # of a value that stands beside others
NO_NAME = "\u200b"

WORD = "word:"
"""How the payload of a button begins that asks for a word first: `word:CLOSE:confirm:ID:DIGEST`."""

PRICE = "price:"
"""How the payload of a button begins that asks for a limit price first; the rest is the line that the price is written behind."""

_TYPED = re.compile(r"`([^`\n]+)`")
_SIGNS = {Tone.WARNING: "⚠️ ", Tone.BAD: "🔴 ", Tone.GOOD: "🟢 "}
_HALF = DISCORD.field // 2 - 24  # escaping makes a text twice as long at most

Rows = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an embed."""

    name: str
    value: str
    inline: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """One message: its text, what its embed says, rows of buttons, and perhaps a picture with what it shows in words."""

    text: str = ""
    description: str = ""
    fields: tuple[Field, ...] = ()
    colour: int = PLAIN
    buttons: Rows = ()
    picture: bytes = b""
    alternative: str = ""

    @property
    def size(self) -> int:
        """What counts towards the limit of an embed."""
        return units(self.description) + sum(units(f.name) + units(f.value) for f in self.fields)


@dataclass(slots=True)
class _Draft:
    """Pages being filled, the last one last."""

    colour: int
    pages: list[Page] = field(default_factory=lambda: [Page()])

    def text(self, text: str) -> None:
        """A paragraph that fits a field: in the description, or behind the fields once there are any."""
        page = self.pages[-1]
        if not text.strip():
            return
        if page.fields:
            last = page.fields[-1]
            joined = f"{last.value}\n{text}"
            if last.name == NO_NAME and units(joined) <= DISCORD.field and page.size + units(text) < DISCORD.embed:
                self.pages[-1] = replace(page, fields=(*page.fields[:-1], Field(NO_NAME, joined)))
            else:
                self.field(Field(NO_NAME, text))
            return
        joined = f"{page.description}\n\n{text}" if page.description else text
        if units(joined) > DISCORD.description:
            self.pages.append(Page(description=text))
        else:
            self.pages[-1] = replace(page, description=joined)

    def field(self, one: Field) -> None:
        """A row with its label."""
        page = self.pages[-1]
        if len(page.fields) == DISCORD.fields or page.size + units(one.name) + units(one.value) > DISCORD.embed:
            self.pages.append(Page(fields=(one,)))
        else:
            self.pages[-1] = replace(page, fields=(*page.fields, one))


def illustrated(reply: Reply, picture: bytes) -> tuple[Page, ...]:
    """A reply as pages, the first with its picture; without one its chart is drawn with letters."""
    if not picture:
        return pages(reply)
    first, *more = pages(told(reply))
    shown = next(iter(cut(alternative(reply), DISCORD.alternative)))
    return (replace(first, picture=picture, alternative=shown), *more)


def pages(reply: Reply) -> tuple[Page, ...]:
    """A reply as at least one page that Discord takes, in order; the first words are the first message's own text, which a phone shows."""
    draft = _Draft(colour(reply))
    blocks = list(reply.blocks)
    lead = ""
    if blocks and isinstance(blocks[0], Text):
        first, *more = cut(blocks[0].text, DISCORD.text // 2 - 20)
        lead = f"{_SIGNS.get(blocks[0].tone, '')}**{_typed(first)}**" if first.strip() else ""
        blocks[:1] = [Text(part, Tone.PLAIN) for part in more]
    for block in blocks:
        _put(draft, block)
    draft.pages[0] = replace(draft.pages[0], text=lead)
    if not lead and not draft.pages[0].size:
        draft.pages[0] = replace(draft.pages[0], text="…")
    made = [replace(page, colour=draft.colour) for page in draft.pages]
    made[-1] = replace(made[-1], buttons=tuple(_rows(reply)))
    return tuple(made)


def colour(reply: Reply) -> int:
    """Red and green for a loss and a gain, where there is a P/L; for warnings amber; blue for what waits for a confirmation."""
    if reply.kind is ReplyKind.TICKET:
        return CARD if reply.ticket is not None and reply.ticket.open else CAREFUL
    tone = next((b.tone for b in reply.blocks if isinstance(b, Text)), Tone.PLAIN)
    if tone is Tone.WARNING or reply.kind is ReplyKind.ERROR:
        return CAREFUL
    if tone in (Tone.BAD, Tone.GOOD):
        return BAD if tone is Tone.BAD else GOOD
    result = next((f.value for f in reply.facts if RESULT in f.label and isinstance(f.value, Decimal)), Decimal(0))
    return GOOD if result > 0 else BAD if result < 0 else PLAIN


def _put(draft: _Draft, block: Block) -> None:
    match block:
        case Text(text, tone):
            for part in cut(text, _HALF):
                body = _typed(part)
                draft.text(f"*{body}*" if tone is Tone.QUIET and body.strip() else f"{_SIGNS.get(tone, '')}{body}")
        case Code(text):
            for part in cut(text.replace("```", "'''"), _HALF):
                draft.text(f"```\n{part}\n```")
        case KeyValues(rows, title):
            if title:
                draft.text(f"**{_typed(title)}**")
            for label, value in rows:
                _row(draft, label, value)
        case Table() | Chart():
            shown = plainly(Reply((block,)), width=WIDTH).replace("```", "'''")
            for part in cut(shown, DISCORD.field - 16):
                draft.text(f"```\n{part}\n```")
        case Buttons() | Keys():
            return


def _row(draft: _Draft, label: str, value: str) -> None:
    for n, part in enumerate(cut(value, _HALF)):
        name = escape(label[: DISCORD.field_name // 2]) if n == 0 and label.strip() else NO_NAME
        draft.field(Field(name, _typed(part) if part.strip() else "–", inline=len(value) <= SHORT))


def _rows(reply: Reply) -> Iterable[tuple[Button, ...]]:
    """Buttons in rows of five, each payload once, for Discord takes none twice; what does not fit a payload is left out."""
    seen: set[str] = set()
    every: list[Button] = []
    for button in (_asking(reply.ticket, b) for block in reply.blocks if isinstance(block, Buttons) for b in block.buttons):
        if button.payload not in seen and 0 < units(button.payload) <= DISCORD.payload:
            seen.add(button.payload)
            every.append(Button(_short(button.label), button.payload))
    if (price := _price(reply.ticket)) is not None:
        every.append(price)
    every = every[: DISCORD.buttons]
    for start in range(0, len(every), DISCORD.row):
        yield tuple(every[start : start + DISCORD.row])


def _asking(ticket: Ticket | None, button: Button) -> Button:
    """[Confirm] of a card that wants a word asks for it."""
    wanted = ticket is not None and ticket.open and ticket.word
    return Button(f"{button.label}…", f"{WORD}{wanted}:{button.payload}") if wanted and button.payload.startswith("confirm:") else button


def _price(ticket: Ticket | None) -> Button | None:
    """[Limit price…], under the card of one order to buy or sell at the market."""
    if ticket is None or not ticket.open or len(ticket.intents) != 1 or ticket.verb not in (Verb.BUY, Verb.SELL):
        return None
    intent = ticket.intents[0]
    at_market = isinstance(intent, OrderIntent) and intent.type is OrderType.MARKET
    payload = f"{PRICE}{ticket.line}"
    return Button("Limit price…", payload) if at_market and units(payload) <= DISCORD.payload else None


def asked_for(word: str) -> str:
    """What the window says that asks for a word."""
    return "Six digits of your authenticator" if word == CODE else f"Type {word}"


def escape(text: str) -> str:
    """A text without markup, mentions, timestamps or links behind other words; at most twice as long."""
    return escape_markdown(text).replace("<", "\\<")


def _short(label: str) -> str:
    return label if units(label) <= DISCORD.label else next(iter(cut(label, DISCORD.label - 1))) + "…"


def _typed(text: str) -> str:
    """Lines to type, in backticks, become code; everything else is escaped."""
    made, last = "", 0
    for found in _TYPED.finditer(text):
        made += escape(text[last : found.start()]) + f"`{found[1]}`"
        last = found.end()
    return made + escape(text[last:])
