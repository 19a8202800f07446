"""Reading a reply the way a person or a machine does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Decimal

from domain.chat import Button, Buttons, Chart, Code, KeyValues, Reply, Table, Text
from domain.facts import Fact

FIGURE = re.compile(r"(?<![\w.#/-])[−+]?\$?\d[\d,]*\.\d+%?|(?<![\w.#/-])[−+]?\d[\d,]*%")
GAP = 2
PHONE = 34


def lead(reply: Reply) -> str:
    """The answer: the text of the first block."""
    first = reply.blocks[0]
    assert isinstance(first, Text)
    return first.text


def fact(reply: Reply, label: str) -> Fact:
    """The fact of that label."""
    return next(f for f in reply.facts if f.label == label)


def value(reply: Reply, label: str) -> Decimal:
    return fact(reply, label).value


def tables(reply: Reply) -> list[Table]:
    return [b for b in reply.blocks if isinstance(b, Table)]


def keyed(reply: Reply) -> dict[str, str]:
    """Every labelled row."""
    return {k: v for b in reply.blocks if isinstance(b, KeyValues) for k, v in b.rows}


def rows(reply: Reply) -> list[str]:
    """What the labelled rows say, in their order."""
    return [v for b in reply.blocks if isinstance(b, KeyValues) for _, v in b.rows]


def buttons(reply: Reply) -> list[Button]:
    return [b for block in reply.blocks if isinstance(block, Buttons) for b in block.buttons]


def texts(reply: Reply) -> Iterator[str]:
    """Everything a person reads, but for headings, pictures and lines to type."""
    for block in reply.blocks:
        match block:
            case Text(text):
                yield text
            case KeyValues(rows):
                for _, said in rows:
                    yield said
            case Table(_, rows):
                for row in rows:
                    yield from row
            case _:
                pass


def everything(reply: Reply) -> str:
    extra = [b.text for b in reply.blocks if isinstance(b, Code)] + [b.alternative for b in reply.blocks if isinstance(b, Chart)]
    return "\n".join([*texts(reply), *extra])


def lines_suggested(reply: Reply) -> list[str]:
    """Every line a reader is told to type."""
    return re.findall(r"`([#/][^`]+)`", "\n".join(texts(reply)))


def unsupported(reply: Reply) -> list[str]:
    """Figures in the words of a reply that no fact carries at the precision shown."""
    known = [f.value for f in reply.facts]
    out = []
    for text in texts(reply):
        bare = re.sub(r"`[^`]*`", "", text)
        for token in FIGURE.findall(bare):
            number = Decimal(token.replace("−", "-").replace("+", "").replace("$", "").replace(",", "").rstrip("%"))
            places = Decimal(1).scaleb(-len(token.rstrip("%").partition(".")[2]))
            if not any(abs(abs(v).quantize(places, rounding=ROUND_HALF_EVEN) - abs(number)) == 0 for v in known):
                out.append(token)
    return out


def width(table: Table) -> int:
    """How many characters a table takes across."""
    rows = [table.headings, *table.rows]
    return sum(max(len(r[i]) for r in rows) for i in range(len(table.headings))) + GAP * (len(table.headings) - 1)
