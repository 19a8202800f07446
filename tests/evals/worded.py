"""What templates of sentences are made with: a true sentence with its wrong ones, and figures as they are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random

from copilot.attribution import Part
from copilot.brief import Brief
from domain.money import HUNDRED, ZERO, cents


@dataclass(frozen=True, slots=True)
class Worded:
    """A true sentence and the wrong ones made of it, by fault."""

    right: str
    wrong: Mapping[str, str] = field(default_factory=dict)


Template = Callable[[Random, Brief], Worded | None]


def dollars(value: Decimal, *, whole: bool = False) -> str:
    return f"${abs(value):,.0f}" if whole else f"${abs(cents(value)):,.2f}"


def percent(fraction: Decimal, places: int = 2) -> str:
    return f"{abs(fraction * HUNDRED):.{places}f}%"


def digit(r: Random, text: str) -> str:
    """The text with one digit of its first figure changed, never into a figure that reads the same."""
    places = [k for k, c in enumerate(text) if c.isdigit()]
    start = places[0]
    run = [k for k in places if k - start <= 12 and not text[start:k].count(" ")]
    k = r.choice(run[: max(1, len(run) - 1)] if len(run) > 2 else run)
    new = r.choice([d for d in "123456789" if d != text[k]])
    return text[:k] + new + text[k + 1 :]


def verb(value: Decimal, up: str = "rose", down: str = "fell") -> tuple[str, str]:
    return (up, down) if value > 0 else (down, up)


def parts(b: Brief) -> list[Part]:
    return (
        [p for p in b.attribution.parts if abs(p.total) > 5 and p.move is not None and abs(p.move) > Decimal("0.0005")]
        if b.attribution
        else []
    )


def another(r: Random, b: Brief, not_this: str) -> str | None:
    held = [p.symbol for p in b.portfolio.positions if p.symbol != not_this]
    return r.choice(held) if held else None


def total(b: Brief) -> Decimal:
    return b.attribution.total if b.attribution else ZERO
