"""Answers for a group that may read words and no figures."""

from __future__ import annotations

import re
from dataclasses import replace

from domain.chat import Block, Button, Buttons, Chart, Code, Keys, KeyValues, Reply, Table, Text

HIDDEN = "•••"
_FIGURE = re.compile(r"[−+-]?[$€£]?\d[\d,.]*\d%?|[−+-]?[$€£]?\d%?")


def hidden(reply: Reply) -> Reply:
    """The reply with every figure in its words hidden, without its chart, its lines to type and its facts, which are figures too."""
    return replace(reply, blocks=tuple(b for block in reply.blocks for b in _block(block)), facts=())


def _block(block: Block) -> tuple[Block, ...]:
    match block:
        case Text(text, tone):
            return (Text(_words(text), tone),)
        case KeyValues(rows, title):
            return (KeyValues(tuple((label, _words(value)) for label, value in rows), _words(title)),)
        case Table(headings, rows, numeric, title):
            return (Table(headings, tuple(tuple(_words(cell) for cell in row) for row in rows), numeric, _words(title)),)
        case Buttons(buttons):
            kept = tuple(Button(_words(b.label), b.payload) for b in buttons if not any(c.isdigit() for c in b.payload))
            return (Buttons(kept),) if kept else ()
        case Chart() | Code() | Keys():
            return ()


def _words(text: str) -> str:
    return _FIGURE.sub(HIDDEN, text)
