"""Replies as plain lines of text: what the terminal prints and what `ask` answers, fitted to a width."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Callable, Sequence
from decimal import Decimal

from domain.chat import Block, Button, Buttons, Chart, Code, Keys, KeyValues, Reply, Table, Text, Tone

Paint = Callable[[str, Tone], str]
ELLIPSIS = "…"
GAP = "  "
BAR = "█"


def unpainted(text: str, tone: Tone) -> str:
    """The paint of a pipe: none."""
    return text


def render(reply: Reply, *, width: int = 80, paint: Paint = unpainted, number_buttons: bool = False) -> str:
    """A reply as text, blocks apart by blank lines, no line wider than `width` but for lines to type, which are never cut.

    `number_buttons` shows buttons as `.1 Label`, the way a terminal chooses them; otherwise buttons that hold a line to say show that line.
    """
    buttons = [button for block in reply.blocks if isinstance(block, Buttons) for button in block.buttons]
    parts = [_block(block, width, paint) for block in reply.blocks if not isinstance(block, Buttons | Keys)]
    if buttons and number_buttons:
        parts.append(_numbered(buttons, width, paint))
    return "\n\n".join(part for part in parts if part)


def cells(text: str) -> int:
    """How many terminal cells a text takes: wide East Asian characters two, combining marks none."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _block(block: Block, width: int, paint: Paint) -> str:
    match block:
        case Text(text, tone):
            return "\n".join(paint(line, tone) for line in _wrapped(text, width))
        case Code(text):
            return "\n".join(f"  {line}" for line in text.split("\n"))
        case KeyValues(rows, title):
            return _key_values(rows, title, width, paint)
        case Table():
            return _table(block, width, paint)
        case Chart():
            return _chart(block, width, paint)
        case Buttons() | Keys():
            return ""


def _wrapped(text: str, width: int) -> list[str]:
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines += textwrap.wrap(paragraph, max(width, 20), break_long_words=False, break_on_hyphens=False) or [""]
    return lines


def _key_values(rows: Sequence[tuple[str, str]], title: str, width: int, paint: Paint) -> str:
    lines = [paint(title, Tone.LEAD)] if title else []
    label_width = max((cells(label) for label, _ in rows), default=0)
    room = max(width - label_width - len(GAP), 20)
    for label, value in rows:
        first, *rest = _wrapped(value, room)
        lines.append(f"{paint(_padded(label, label_width), Tone.QUIET)}{GAP}{first}")
        lines += [f"{' ' * label_width}{GAP}{line}" for line in rest]
    return "\n".join(lines)


def _table(table: Table, width: int, paint: Paint) -> str:
    rows = [table.headings, *table.rows]
    widths = [max(cells(row[i]) for row in rows) for i in range(len(table.headings))]
    _shrink(widths, width, keep=set(table.numeric))
    lines = [paint(table.title, Tone.LEAD)] if table.title else []
    lines.append(paint(_row(table.headings, widths, table.numeric), Tone.QUIET))
    lines += [_row(row, widths, table.numeric) for row in table.rows]
    return "\n".join(lines)


def _shrink(widths: list[int], width: int, keep: set[int]) -> None:
    """Take cells from the widest text column until the row fits; figures are never cut."""
    while sum(widths) + len(GAP) * (len(widths) - 1) > width:
        loose = [i for i in range(len(widths)) if i not in keep and widths[i] > 6]
        if not loose:
            return
        widths[max(loose, key=lambda i: widths[i])] -= 1


def _row(row: Sequence[str], widths: Sequence[int], numeric: Sequence[int]) -> str:
    return GAP.join(_padded(_cut(cell, widths[i]), widths[i], right=i in numeric) for i, cell in enumerate(row)).rstrip()


def _padded(text: str, width: int, *, right: bool = False) -> str:
    space = " " * max(width - cells(text), 0)
    return space + text if right else text + space


def _cut(text: str, width: int) -> str:
    if cells(text) <= width:
        return text
    kept = ""
    for character in text:
        if cells(kept + character) > width - 1:
            break
        kept += character
    return kept + ELLIPSIS


def _chart(chart: Chart, width: int, paint: Paint) -> str:
    lines = [paint(chart.title, Tone.LEAD)] if chart.title else []
    if chart.values:
        label_width = max(cells(label) for label in chart.labels)
        room = max(width - label_width - 16, 8)
        top = max(abs(value) for value in chart.values) or Decimal(1)
        for label, value in zip(chart.labels, chart.values, strict=True):
            bar = BAR * int(abs(value) / top * room)
            tone = Tone.BAD if value < 0 else Tone.GOOD
            lines.append(f"{_padded(label, label_width)}{GAP}{paint(bar, tone)} {value:,} {chart.unit}".rstrip())
    lines += _wrapped(chart.alternative, width)
    return "\n".join(lines)


def _numbered(buttons: Sequence[Button], width: int, paint: Paint) -> str:
    lines, line = [], ""
    for number, button in enumerate(buttons, start=1):
        item = f".{number} {button.label}"
        if line and cells(line) + len(GAP) + cells(item) > width:
            lines.append(line)
            line = ""
        line = f"{line}{GAP}{item}" if line else item
    return "\n".join(paint(text, Tone.QUIET) for text in [*lines, line])
