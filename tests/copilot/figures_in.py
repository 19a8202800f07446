"""Every figure in a reply's text, and whether a fact stands behind it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal

from domain.chat import Buttons, Code, KeyValues, Reply, Table, Text
from domain.facts import Fact

# Other people's words, moments and names carry numbers that are not figures.
_NOT_FIGURES = re.compile(
    r"“[^”]*”|\b\d{1,2}:\d{2}\b|\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d{1,2} [A-Z][a-z]{2}(?: \d{4})?|VaR 95|S&P 500|1-day|#order-\S+"
)
_FIGURE = re.compile(r"(?<![\w.])[−+-]?\$?(\d[\d,]*(?:\.\d+)?)")


def text_of(reply: Reply) -> str:
    """Everything that is said, buttons aside."""
    parts: list[str] = []
    for block in reply.blocks:
        match block:
            case Text(text=text) | Code(text=text):
                parts.append(text)
            case Table(headings=headings, rows=rows, title=title):
                parts += [title, *headings, *(cell for row in rows for cell in row)]
            case KeyValues(rows=rows, title=title):
                parts += [title, *(cell for row in rows for cell in row)]
            case _:
                pass
    return "\n".join(parts)


def unsupported(reply: Reply) -> list[str]:
    """The figures of a reply that no fact supports, as written."""
    said = _NOT_FIGURES.sub(" ", text_of(reply))
    return [m.group() for m in _FIGURE.finditer(said) if not _supported(m.group(1), reply.facts)]


def _supported(text: str, facts: Sequence[Fact]) -> bool:
    number = Decimal(text.replace(",", ""))
    exponent = number.as_tuple().exponent
    step = Decimal(1).scaleb(exponent if isinstance(exponent, int) else 0)
    return any(abs(f.value).quantize(step, rounding=ROUND_HALF_EVEN) == number for f in facts)


def buttons_of(reply: Reply) -> list[str]:
    """The payloads of its buttons."""
    return [b.payload for block in reply.blocks if isinstance(block, Buttons) for b in block.buttons]
