"""What is listed in the simulated world: the instruments, the names people call them, and which companies report when."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import MappingProxyType

from domain.instruments import AssetClass, Instrument

TICK = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Company:
    """A company that reports: all its share classes, the usual day of the quarter, and whether before or after the session."""

    symbol: str
    name: str
    symbols: tuple[str, ...]
    report_day: int
    when: str


@cache
def instruments() -> Mapping[str, Instrument]:
    """Every instrument by symbol: companies, then funds, then crypto."""
    rows = json.loads(Path(__file__).with_name("catalogue.json").read_text(encoding="utf-8"))
    return MappingProxyType(
        {
            symbol: Instrument(
                symbol=symbol,
                name=row["name"],
                asset_class=AssetClass(row["class"]),
                venue=row["venue"],
                currency="USD",
                tick=TICK,
                lot=Decimal(row["lot"]),
                sector=row["sector"],
                aliases=tuple(row["aliases"]),
            )
            for symbol, row in rows.items()
        }
    )


@cache
def companies() -> Mapping[str, Company]:
    """Every reporting company by its first symbol."""
    rows = json.loads(Path(__file__).with_name("catalogue.json").read_text(encoding="utf-8"))
    classes = {"GOOGL": ("GOOGL", "GOOG")}
    return MappingProxyType(
        {
            symbol: Company(symbol, row["name"], classes.get(symbol, (symbol,)), *row["report"])
            for symbol, row in rows.items()
            if "report" in row
        }
    )


def coins() -> tuple[str, ...]:
    """The crypto symbols."""
    return tuple(symbol for symbol, i in instruments().items() if i.round_the_clock)
