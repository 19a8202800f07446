"""What can be measured on real headlines: whom they are about without their tags, and whether company news stands at unusual days.

The headlines (`news/` of the shared data) are third-party text: they are read where they lie and never shown. Prices are real daily closes
to October 2025, so only the four companies of 2024 have both; the headlines of August 2026 test the tagging alone.

`python -m tests.evals.realnews` prints the table and writes it into `docs/evaluations.md`; without the data it says so.
"""

from __future__ import annotations

import csv
import gzip
import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from itertools import pairwise
from pathlib import Path
from statistics import fmean

from copilot.correlate import names_of
from domain.instruments import AssetClass, Instrument
from domain.money import ONE
from market.world import listing
from tests.evals.page import written

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
FOUR = ("AAPL", "MSFT", "NVDA", "TSLA")
WINDOW = 60


def tagged() -> list[tuple[str, str]]:
    """(symbol, headline) of both tagged sets."""
    rows: list[tuple[str, str]] = []
    for name, symbol, title in (
        ("yahoo_headlines_49sym_2026-08.csv", "symbol", "title"),
        ("benzinga_headlines_sample_2020.csv", "stock", "headline"),
    ):
        with (DATA / "news" / name).open(encoding="utf-8") as file:
            rows += [(row[symbol], row[title]) for row in csv.DictReader(file)]
    return rows


def companies() -> dict[str, Instrument]:
    """The S&P 500 by symbol and name, so that a name may be mistaken for any of them, and the market of the demo."""
    with (DATA / "meta" / "sp500_constituents_gics.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found = {r["Symbol"]: Instrument(r["Symbol"], r["Security"], AssetClass.EQUITY, "US", "USD", ONE, ONE, r["GICS Sector"]) for r in rows}
    return found | dict(listing.instruments())


def tagging() -> tuple[int, int, int]:
    """Headlines that name their company in words that a reader could know it by, those found, and those where another was found instead."""
    listed = companies()
    names = names_of(listed)
    named = found = wrong = 0
    for symbol, headline in tagged():
        if symbol not in listed:
            continue
        seen = names.found(headline)
        first = listed[symbol].name.split()[0].strip(",.").lower()
        if first in headline.lower() or f"({symbol})" in headline:
            named += 1
            found += symbol in seen
            wrong += symbol not in seen and bool(seen)
    return named, found, wrong


def closes() -> Mapping[str, list[tuple[date, float]]]:
    """Adjusted closes by symbol, oldest first."""
    found: dict[str, list[tuple[date, float]]] = {}
    with gzip.open(DATA / "daily" / "us_daily_41sym_2019-05_2025-10.csv.gz", "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            day = row.get("date") or row.get("Date") or ""
            found.setdefault(row.get("symbol") or row.get("Symbol") or "", []).append(
                (date.fromisoformat(day[:10]), float(row["adj_close"]))
            )
    return {s: sorted(rows) for s, rows in found.items()}


def unusual(series: Mapping[str, list[tuple[date, float]]], symbol: str) -> dict[date, float]:
    """Abnormal daily moves in sigma by a market model over the 60 sessions before each day."""
    own, market = _returns(series[symbol]), _returns(series["SPY"])
    days = [d for d in own if d in market]
    out = {}
    for k in range(WINDOW, len(days)):
        past = days[k - WINDOW : k]
        x, y = [market[d] for d in past], [own[d] for d in past]
        mx, my = fmean(x), fmean(y)
        beta = sum((a - mx) * (b - my) for a, b in zip(x, y, strict=True)) / (sum((a - mx) ** 2 for a in x) or 1.0)
        rest = [b - my - beta * (a - mx) for a, b in zip(x, y, strict=True)]
        sigma = math.sqrt(sum(r * r for r in rest) / (WINDOW - 2))
        out[days[k]] = (own[days[k]] - beta * market[days[k]]) / sigma
    return out


def _returns(rows: Iterable[tuple[date, float]]) -> dict[date, float]:
    listed = list(rows)
    return {day: close / before - 1 for (_, before), (day, close) in pairwise(listed)}


def dated() -> tuple[int, int, float, float]:
    """Dated items of the four companies, those on or before a day above two sigmas, and how usual such days are: by items, by all days."""
    series = closes()
    items = hits = 0
    days = Counter[bool]()
    for symbol in FOUR:
        moves = unusual(series, symbol)
        ordered = sorted(moves)
        for day in ordered:
            if day.year == 2024:
                days[abs(moves[day]) >= 2] += 1
        for item in json.loads((DATA / "news" / f"company_news_2024_{symbol}.json").read_text(encoding="utf-8")):
            at = date.fromisoformat(item["date"][:10])
            near = [d for d in ordered if d >= at][:2]
            if near and (near[0] - at).days <= 4:
                items += 1
                hits += any(abs(moves[d]) >= 2 for d in near)
    share = days[True] / sum(days.values())
    return items, hits, hits / items, 1 - (1 - share) ** 2


def table() -> str:
    """Both measurements in words."""
    named, found, wrong = tagging()
    items, hits, share, usual = dated()
    return "\n".join(
        (
            f"headlines that name their company          {named:>6}",
            f"  of these tied to it without its tag      {found:>6}  {found / named:.1%}",
            f"  of these tied to another instead         {wrong:>6}  {wrong / named:.1%}",
            f"dated items of four companies, 2024        {items:>6}",
            f"  with a move above 2 sigma that or the next session {hits:>3}  {share:.1%}; of two sessions taken at random {usual:.1%}",
        )
    )


def main() -> None:
    """Print the table and put it on its page; without the data say that."""
    if not (DATA / "news").is_dir():
        print("The shared data is not there.")
        return
    print(table())
    written("realnews", table())


if __name__ == "__main__":
    main()
