"""A book of many positions with a price for each: a file of five-minute bars over three sessions, and the transactions that bought them."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

DAYS = ("2025-03-03", "2025-03-04", "2025-03-05")
BARS = 78


@dataclass(frozen=True, slots=True)
class Files:
    """The two files."""

    bars: Path
    book: Path


@contextmanager
def files(count: int) -> Iterator[Files]:
    """Bars and book of so many symbols, removed afterwards."""
    symbols = [f"Z{chr(65 + n // 26)}{chr(65 + n % 26)}" for n in range(count)]
    with tempfile.TemporaryDirectory() as folder:
        found = Files(Path(folder) / "bars.csv", Path(folder) / "book.csv")
        found.bars.write_text("\n".join(_bars(symbols)) + "\n", encoding="utf-8")
        found.book.write_text("\n".join(_book(symbols)) + "\n", encoding="utf-8")
        yield found


def _bars(symbols: list[str]) -> Iterator[str]:
    yield "symbol,datetime,open,high,low,close,volume"
    for number, symbol in enumerate(symbols):
        for day in DAYS:
            for bar in range(BARS):
                minute = 570 + 5 * bar
                price = 50 + number + 3 * math.sin((bar + 7 * number) / 9)
                prices = f"{price:.2f},{price + 0.4:.2f},{price - 0.4:.2f},{price + 0.1:.2f}"
                yield f"{symbol},{day} {minute // 60:02d}:{minute % 60:02d}:00,{prices},{10_000 + 100 * bar}"


def _book(symbols: list[str]) -> Iterator[str]:
    yield "date,symbol,side,quantity,price,fees,amount"
    yield "2025-02-03,,deposit,,,,1000000"
    for number, symbol in enumerate(symbols):
        yield f"2025-02-{4 + number % 20:02d},{symbol},buy,{10 + number},{49 + number}.50,1.00,"
