"""A reply as a language model reads it: its words, rows and lines to type, without buttons and pictures."""

from __future__ import annotations

from domain.chat import Block, Buttons, Chart, Code, Keys, KeyValues, Reply, Table, Text

LONGEST = 4000
"""Characters of a reply that are told; a list of everything is not what a question needs."""


def telling(reply: Reply) -> str:
    """The reply as text, a row on a line, at most `LONGEST` characters; what is cut off is said."""
    text = "\n".join(part for part in map(_told, reply.blocks) if part)
    return text if len(text) <= LONGEST else f"{text[:LONGEST].rpartition(chr(10))[0]}\n(cut off here)"


def _told(block: Block) -> str:
    match block:
        case Text(text):
            return text
        case Code(text):
            return f"`{text}`"
        case KeyValues(rows, title):
            return "\n".join([title, *(f"{label}: {value}" for label, value in rows)]).strip()
        case Table(headings, rows, _, title):
            return "\n".join([title, *(" | ".join(row) for row in (headings, *rows))]).strip()
        case Chart(title, _, _, _, alternative):
            return f"{title}: {alternative}"
        case Buttons() | Keys():
            return ""
