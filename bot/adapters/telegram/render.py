"""Replies as Telegram shows them: HTML in pages that fit, the buttons under the last one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from html import escape

from bot.cutting import cut, units
from bot.limits import TELEGRAM
from bot.pictures import told
from bot.plain import render as plainly
from domain.chat import Block, Button, Buttons, Chart, Code, Keys, KeyValues, Reply, Table, Text, Tone

PHONE = 34
"""Characters of a monospaced line that a phone shows without breaking it."""

LONGEST_PIECE = TELEGRAM.text - 96  # room for the markup of what is cut
_TYPED = re.compile(r"`([^`\n]+)`")
_SIGNS = {Tone.WARNING: "⚠️ ", Tone.BAD: "🔴 ", Tone.GOOD: "🟢 "}

Keyboard = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True)
class Page:
    """One message: its HTML, the same without markup for a platform that does not take it, rows of buttons, and perhaps a picture."""

    html: str
    text: str
    keyboard: Keyboard = ()
    picture: bytes = b""
    keys: tuple[tuple[str, ...], ...] | None = None  # below the input from now on; empty takes them away, None leaves them


@dataclass(frozen=True, slots=True)
class _Piece:
    """A block or a part of one, shown as a whole."""

    html: str
    text: str


def illustrated(reply: Reply, picture: bytes) -> tuple[Page, ...]:
    """A reply with its picture as one message, where all it says fits under one; else as pages, the chart drawn with letters."""
    if picture:
        made = pages(told(reply))
        if len(made) == 1 and units(made[0].text) <= TELEGRAM.caption:
            return (replace(made[0], picture=picture),)
    return pages(reply)


def pages(reply: Reply) -> tuple[Page, ...]:
    """A reply as at least one page of at most 4,096 UTF-16 units after entities, in order; the first words stand on the first page."""
    pieces = [piece for n, block in enumerate(reply.blocks) for piece in _pieces(block, first=n == 0)]
    found: list[list[_Piece]] = [[]]
    for piece in pieces:
        if found[-1] and sum(units(p.text) + 2 for p in found[-1]) + units(piece.text) > TELEGRAM.text:
            found.append([])
        found[-1].append(piece)
    keyboard = tuple(_rows(reply))
    made = [Page("\n\n".join(p.html for p in page), "\n\n".join(p.text for p in page)) for page in found if page]
    made = made or [Page("…", "…")]
    keys = next((block.rows for block in reply.blocks if isinstance(block, Keys)), None)
    made[-1] = Page(made[-1].html, made[-1].text, keyboard if keys is None else (), keys=keys)  # a message has one kind of keyboard
    return tuple(made)


def _rows(reply: Reply) -> Iterable[tuple[Button, ...]]:
    """A row of buttons for every block of them; what does not fit a payload is left out, for it could not come back."""
    left = TELEGRAM.buttons
    for block in reply.blocks:
        if isinstance(block, Buttons):
            row = tuple(_short(b) for b in block.buttons if len(b.payload.encode()) <= TELEGRAM.payload)[:left]
            left -= len(row)
            for start in range(0, len(row), 3):
                yield row[start : start + 3]


def _short(button: Button) -> Button:
    label = button.label if len(button.label) <= TELEGRAM.label else button.label[: TELEGRAM.label - 1] + "…"
    return Button(label, button.payload)


def _pieces(block: Block, *, first: bool) -> Iterable[_Piece]:
    match block:
        case Text(text, tone):
            yield from (_paragraph(part, tone, first=first) for part in cut(text, LONGEST_PIECE))
        case Code(text):
            yield from (_Piece(f"<code>{escape(part, quote=False)}</code>", part) for part in cut(text, LONGEST_PIECE))
        case KeyValues(rows, title):
            yield from _key_values(rows, title)
        case Table() | Chart():
            shown = plainly(Reply((block,)), width=PHONE)
            yield from (_Piece(f"<pre>{escape(part, quote=False)}</pre>", part) for part in cut(shown, LONGEST_PIECE))
        case Buttons() | Keys():
            return


def _paragraph(text: str, tone: Tone, *, first: bool) -> _Piece:
    sign = _SIGNS.get(tone, "")
    html, bare = _typed(text)
    if tone is Tone.QUIET:
        html = f"<i>{html}</i>"
    elif first:
        html = f"<b>{html}</b>"
    return _Piece(f"{sign}{html}", f"{sign}{bare}")


def _typed(text: str) -> tuple[str, str]:
    """Lines to type, in backticks, become code that a tap copies; everything else is escaped."""
    html, last = "", 0
    for found in _TYPED.finditer(text):
        html += escape(text[last : found.start()], quote=False) + f"<code>{escape(found[1], quote=False)}</code>"
        last = found.end()
    return html + escape(text[last:], quote=False), _TYPED.sub(r"\1", text)


def _key_values(rows: Sequence[tuple[str, str]], title: str) -> Iterable[_Piece]:
    lines = [_Piece(f"<b>{escape(title, quote=False)}</b>", title)] if title else []
    for label, value in rows:
        for n, part in enumerate(cut(value, LONGEST_PIECE)):
            html, bare = _typed(part)
            head = f"{label}: " if n == 0 else ""
            lines.append(_Piece(f"<i>{escape(head, quote=False)}</i>{html}" if head else html, f"{head}{bare}"))
    page: list[_Piece] = []
    for line in lines:
        if page and sum(units(p.text) + 1 for p in page) + units(line.text) > LONGEST_PIECE:
            yield _joined(page)
            page = []
        page.append(line)
    if page:
        yield _joined(page)


def _joined(lines: Sequence[_Piece]) -> _Piece:
    return _Piece("\n".join(p.html for p in lines), "\n".join(p.text for p in lines))
