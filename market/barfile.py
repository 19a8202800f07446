"""A file of bars, read whole or refused whole: CSV, CSV.GZ or Parquet with symbol, time, open, high, low, close and volume."""

from __future__ import annotations

import csv
import gzip
import importlib
import io
import re
import zlib
from array import array
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from math import inf
from pathlib import Path
from typing import Any

from domain.errors import BadLine, ImportRefused, SetupError
from market.bars import Columns

EXAMPLE = "symbol,datetime,open,high,low,close,volume"
HEADINGS: Mapping[str, tuple[str, ...]] = {
    "symbol": ("symbol", "ticker", "sym", "instrument"),
    "datetime": ("datetime", "timestamp", "date_time", "date time", "date", "time", "bar_start", "start"),
    "open": ("open", "o"),
    "high": ("high", "h"),
    "low": ("low", "l"),
    "close": ("close", "c", "last"),
    "volume": ("volume", "vol", "v"),
}
_SYMBOL = re.compile(r"[A-Z0-9^][A-Z0-9.\-/^=_]{0,19}")
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(.*)")
_EPOCH = {10: 1, 13: 1_000, 16: 1_000_000, 19: 1_000_000_000}
_HEADINGS_WITHIN = 16_384  # characters


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where each value stands in a row; `clock` is a separate time-of-day column beside a date, or -1."""

    symbol: int
    datetime: int
    clock: int
    numbers: tuple[int, int, int, int, int]
    width: int


@dataclass(slots=True)
class _Reading:
    """What was read so far: columns by symbol in the order of the file, the line of each row, and what was wrong."""

    name: str
    zone: tzinfo
    columns: dict[str, Columns] = field(default_factory=dict)
    lines: dict[str, array[int]] = field(default_factory=dict)
    times: dict[str, tuple[int, bool]] = field(default_factory=dict)
    bad: list[BadLine] = field(default_factory=list)


def read(path: Path, zone: tzinfo) -> Mapping[str, Columns]:
    """The bars of a file by symbol, in the order in which symbols appear, each sorted by start, identical repeats dropped.

    Naive times are bar starts in `zone`; aware ones are taken as they are. Raises ImportRefused with every bad line, and SetupError when a
    Parquet file meets no reader.
    """
    reading = _Reading(path.name, zone)
    try:
        if _is_parquet(path):
            header, rows = _parquet(path)
            _take(reading, _layout(header, path.name), rows)
        else:
            with _text(path) as file:
                header, rows = _csv(file, path.name)
                _take(reading, _layout(header, path.name), rows)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ImportRefused(f"{path.name} is cut off or damaged: it cannot be unpacked to its end.") from error
    except OSError as error:
        raise ImportRefused(f"{path} cannot be read: {error.strerror or error}.", example="--replay bars.csv") from error
    _settle(reading)
    if reading.bad:
        raise ImportRefused.whole(path.name, reading.bad)
    if not reading.columns:
        raise ImportRefused(f"{path.name} has headings but no bars.", example=EXAMPLE)
    return reading.columns


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"PAR1" or path.suffix.lower() in (".parquet", ".pq")


@contextmanager
def _text(path: Path) -> Iterator[io.TextIOWrapper]:
    with path.open("rb") as probe:
        packed = probe.read(2) == b"\x1f\x8b" or path.suffix.lower() == ".gz"
    with gzip.open(path, "rb") if packed else path.open("rb") as raw:
        yield io.TextIOWrapper(raw, encoding="utf-8-sig", errors="replace", newline="")  # a replaced byte makes its line a bad one


def _csv(file: io.TextIOWrapper, name: str) -> tuple[list[str], Iterator[tuple[int, Sequence[str]]]]:
    first = file.readline(_HEADINGS_WITHIN)
    if not first.strip():
        raise ImportRefused(f"{name} is empty.", example=EXAMPLE)
    delimiter = max(",;\t|", key=first.count)
    header = next(csv.reader([first], delimiter=delimiter), [])

    def rows() -> Iterator[tuple[int, Sequence[str]]]:
        reader = csv.reader(file, delimiter=delimiter)
        try:
            for row in reader:
                yield reader.line_num + 1, row
        except csv.Error as error:
            number = reader.line_num + 1
            raise ImportRefused.whole(name, [BadLine(number, f"cannot be read as a row ({error})")]) from error

    return header, rows()


def _parquet(path: Path) -> tuple[list[str], Iterator[tuple[int, Sequence[str]]]]:
    """Rows as texts, so that both kinds of file are read by one set of rules; row n counts as line n + 1."""
    try:
        pandas: Any = importlib.import_module("pandas")
        importlib.import_module("pyarrow")
    except ImportError as error:
        raise SetupError("Parquet needs: pip install 'foliopilot[parquet]'", example="pip install 'foliopilot[parquet]'") from error
    try:
        frame = pandas.read_parquet(path)
    except Exception as error:  # the reader has no class of its own for a damaged file
        raise ImportRefused(f"{path.name} cannot be read as Parquet: {str(error)[:120]}") from error
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    header = [str(name) for name in frame.columns]
    columns = [[_as_text(v) for v in frame.iloc[:, i].tolist()] for i in range(len(header))]
    return header, ((number, row) for number, row in enumerate(zip(*columns, strict=True), start=2))


def _as_text(value: Any) -> str:
    return str(value.isoformat()) if hasattr(value, "isoformat") else str(value)


def _layout(header: Sequence[str], name: str) -> _Layout:
    seen = {heading.strip().strip('"').lower(): i for i, heading in reversed(list(enumerate(header)))}
    places = {what: next((seen[n] for n in names if n in seen), None) for what, names in HEADINGS.items()}
    missing = [what for what, place in places.items() if place is None]
    if missing:
        found = ", ".join(h.strip()[:20] for h in header[:12]) or "none"
        raise ImportRefused(
            f"{name} lacks the heading{'s' if len(missing) > 1 else ''} {', '.join(missing)}; it has: {found}.",
            lines=(BadLine(1, f"no heading for {', '.join(missing)}"),),
            example=EXAMPLE,
        )
    at = {what: place for what, place in places.items() if place is not None}
    clock = seen["time"] if at["datetime"] == seen.get("date") and "time" in seen else -1
    numbers = (at["open"], at["high"], at["low"], at["close"], at["volume"])
    return _Layout(at["symbol"], at["datetime"], clock, numbers, max(*at.values(), clock) + 1)


def _take(reading: _Reading, layout: _Layout, rows: Iterator[tuple[int, Sequence[str]]]) -> None:
    """Read every row; what is wrong with one is remembered and the next is read."""
    symbol_at, time_at, clock_at, width = layout.symbol, layout.datetime, layout.clock, layout.width
    open_at, high_at, low_at, close_at, volume_at = layout.numbers
    held: dict[str, tuple[Columns, array[int]]] = {}
    times, bad = reading.times, reading.bad
    for number, row in rows:
        if len(row) < width:
            if row:
                bad.append(BadLine(number, f"has {len(row)} values where {width} are needed"))
            continue
        try:
            o, h, low, c, v = float(row[open_at]), float(row[high_at]), float(row[low_at]), float(row[close_at]), float(row[volume_at])
        except ValueError:
            bad.append(BadLine(number, _not_numbers(row, layout)))
            continue
        if not (0 < low <= o <= h and low <= c <= h < inf and 0 <= v < inf):
            bad.append(BadLine(number, _impossible(o, h, low, c, v)))
            continue
        text = row[time_at] if clock_at < 0 else f"{row[time_at]} {row[clock_at]}"
        if text not in times:
            try:
                times[text] = _instant(text, reading.zone)
            except (ValueError, OverflowError, OSError):
                bad.append(BadLine(number, f"{text.strip()[:40]!r} is not a time like 2025-10-10 09:30"))
                continue
        place = held.get(row[symbol_at]) or _place(reading, held, row[symbol_at])
        if place is None:
            bad.append(BadLine(number, f"{row[symbol_at].strip()[:20]!r} is not a symbol"))
            continue
        columns, lines = place
        start, date_only = times[text]
        columns.dates = columns.dates or date_only
        columns.starts.append(start)
        columns.opens.append(o)
        columns.highs.append(h)
        columns.lows.append(low)
        columns.closes.append(c)
        columns.volumes.append(v)
        lines.append(number)


def _place(reading: _Reading, held: dict[str, tuple[Columns, array[int]]], text: str) -> tuple[Columns, array[int]] | None:
    symbol = text.strip().upper()
    if not _SYMBOL.fullmatch(symbol):
        return None
    columns = reading.columns.setdefault(symbol, Columns())
    held[text] = columns, reading.lines.setdefault(symbol, array("q"))
    return held[text]


def _instant(text: str, zone: tzinfo) -> tuple[int, bool]:
    """Epoch seconds, and whether the text was a day without a time; ISO 8601, month/day/year, or an epoch in s, ms, µs or ns."""
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) in _EPOCH:
        return int(text) // _EPOCH[len(text)], False
    slashed = _SLASHED.fullmatch(text)
    if slashed:
        text = f"{slashed[3]}-{int(slashed[1]):02}-{int(slashed[2]):02}{slashed[4]}"
    at = datetime.fromisoformat(text)
    aware = at if at.tzinfo is not None else at.replace(tzinfo=zone)
    return int(aware.astimezone(UTC).timestamp()), len(text) <= len("2025-10-10")


def _not_numbers(row: Sequence[str], layout: _Layout) -> str:
    for what, place in zip(("open", "high", "low", "close", "volume"), layout.numbers, strict=True):
        try:
            float(row[place])
        except ValueError:
            text = row[place].strip()[:20]
            return f"{what} {text!r} is not a number" if text else f"{what} is missing"
    return "has a value that is not a number"


def _impossible(o: float, h: float, low: float, c: float, v: float) -> str:
    for what, value in (("open", o), ("high", h), ("low", low), ("close", c)):
        if not 0 < value < inf:
            return f"{what} {value:g} is not a price above zero"
    if not 0 <= v < inf:
        return f"volume {v:g} is not a quantity"
    if h < low:
        return f"high {h:g} is below low {low:g}"
    what, value = ("open", o) if not low <= o <= h else ("close", c)
    return f"{what} {value:g} is outside low {low:g} to high {h:g}"


def _settle(reading: _Reading) -> None:
    """Sort each symbol's rows, drop identical repeats and remember contradictory ones as bad lines."""
    for symbol, c in reading.columns.items():
        starts = c.starts
        if all(starts[i] < starts[i + 1] for i in range(len(starts) - 1)):
            continue
        lines = reading.lines[symbol]
        values = (c.opens, c.highs, c.lows, c.closes, c.volumes)
        keep: list[int] = []
        for i in sorted(range(len(starts)), key=starts.__getitem__):
            if not keep or starts[keep[-1]] != starts[i]:
                keep.append(i)
            elif any(column[i] != column[keep[-1]] for column in values):
                at = datetime.fromtimestamp(starts[i], reading.zone).isoformat(sep=" ")[:16]
                reading.bad.append(BadLine(lines[i], f"contradicts line {lines[keep[-1]]}: another bar of {symbol} at {at}"))
        c.starts = array("q", (starts[i] for i in keep))
        c.opens, c.highs, c.lows, c.closes, c.volumes = (array("d", (column[i] for i in keep)) for column in values)
