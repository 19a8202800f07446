"""How well headlines are tied to moves, in the simulated world, where the causes are known and the words are not the world's own.

For every session of two years the items of the day are reworded with one half of `wordings`, all without a symbol, about three that cause
nothing for one that does, and given to the correlator with headline, body and time alone. Every company and coin is held. A *shock* is a
cause that was drawn above three daily sigmas of what it moves; it counts as tied when its item is the one most likely behind the move of
a symbol that it is about. A *false link* is an item named as likely behind a symbol's move that did not cause it.

`python -m tests.evals.correlate` prints the table and writes it into `docs/evaluations.md`.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from copilot.attribution import Loading
from copilot.correlate import Impact, impacts, link
from copilot.loadings import loadings
from domain.clock import ManualClock
from domain.instruments import AssetClass
from domain.market import NewsItem
from domain.portfolio import AccountSpec, Mode
from market import calendar
from market.hub import Hub
from market.sources.embedded import Embedded
from market.world import phrases
from market.world.causes import Cause
from market.world.world import World
from storage.snapshot import open_memory
from tests.evals.page import written
from tests.evals.wordings import FIRST, SECOND, Bank, Rows
from trading.book import Book

LARGE = 3.0
FRESH = 20  # sessions that the loadings of one look are used for
HALVES: tuple[tuple[str, Bank], ...] = (("first", FIRST), ("held-out", SECOND))


@dataclass(frozen=True, slots=True)
class Tally:
    """Shocks, those tied; links called likely, those false; items that caused something, and items that did not."""

    shocks: int = 0
    tied: int = 0
    links: int = 0
    false: int = 0
    causes: int = 0
    idle: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(a + b for a, b in zip(self.row(), other.row(), strict=True)))

    def row(self) -> tuple[int, ...]:
        return (self.shocks, self.tied, self.links, self.false, self.causes, self.idle)

    @property
    def recall(self) -> float:
        return self.tied / self.shocks if self.shocks else 1.0

    @property
    def wrong(self) -> float:
        return self.false / self.links if self.links else 0.0


class Reworder:
    """Puts the world's items into the words of a bank; the same item always into the same."""

    def __init__(self, bank: Bank, world: World) -> None:
        self._bank = bank
        self._names = {s: i.name for s, i in world.instruments.items()}
        self._by_name = sorted(self._names.items(), key=lambda kv: -len(kv[1]))

    def told(self, item: NewsItem, cause: Cause | None) -> NewsItem:
        headline, body = self._row(item, cause)
        return replace(item, headline=headline, body=body, symbols=())

    def _row(self, item: NewsItem, cause: Cause | None) -> tuple[str, str]:
        bank = self._bank
        if cause is None:
            return self._idle(item)
        good = cause.size > 0
        if cause.kind == "release":
            text = bank.releases[cause.about.split("-")[0].split("/")[0]][0 if good else 1]
            return text.format(a=item.headline.rsplit(" ", 1)[-1]), item.body
        if cause.kind == "sector":
            return bank.sectors[cause.stream][0 if good else 1]
        rows = (bank.beat if good else bank.miss) if cause.kind == "report" else self._story(cause, good=good)
        return self._named(_pick(rows, item.id), cause.symbols[0])

    def _story(self, cause: Cause, *, good: bool) -> Rows:
        bank = self._bank
        if cause.stream.removeprefix("own:") in ("BTC", "ETH", "SOL"):
            return bank.coin_good if good else bank.coin_bad
        return bank.good if good else bank.bad

    def _idle(self, item: NewsItem) -> tuple[str, str]:
        text = f"{item.headline} {item.body}"
        symbol = next((s for s, name in self._by_name if name in text), None)
        if symbol is not None:
            rows = self._bank.coin_plain if symbol in ("BTC", "ETH", "SOL") else self._bank.plain
            return self._named(_pick(rows, item.id), symbol)
        stream = next((s for s, rows in phrases.SECTORS.items() if item.headline == rows[2][0]), None)
        if stream is not None:
            return self._bank.sectors[stream][2]
        return _pick(self._bank.comments, item.id)

    def _named(self, row: tuple[str, str], symbol: str) -> tuple[str, str]:
        name = short(self._names[symbol])
        return row[0].format(n=name), row[1].format(n=name)


def short(name: str) -> str:
    """A company as papers write it: without its legal form."""
    for ending in (", Inc.", " Inc.", " Corporation", " Company", " & Co.", " Platforms", " Group", " Incorporated", ".com"):
        name = name.removesuffix(ending)
    return name.removeprefix("The ").rstrip(",")


def _pick(rows: Rows, key: str) -> tuple[str, str]:
    return rows[int(hashlib.sha256(key.encode()).hexdigest(), 16) % len(rows)]


async def measured(bank: Bank, first: date, last: date, seed: int = 7) -> Tally:
    """The tally of every session from the first to the last day."""
    clock = ManualClock(datetime.combine(last + timedelta(days=3), datetime.min.time(), UTC))
    source = Embedded(clock, seed=seed) if seed != 7 else Embedded(clock)
    hub, world = Hub(source, clock), source.world
    listed = hub.instruments()
    companies = [s for s, i in listed.items() if i.asset_class is not AssetClass.ETF]
    book = Book(AccountSpec("demo", Mode.DEMO), hub, await open_memory(), clock)
    words = Reworder(bank, world)
    total, known = Tally(), dict[str, Loading]()
    for age, session in enumerate(calendar.sessions(first, last)):
        start = calendar.previous(session.day).close
        if age % FRESH == 0:
            known = dict(await loadings(hub, await book.as_of(start), companies))
        causes = {c.id: c for c in world.causes(start, session.close)}
        items = [words.told(i, causes.get(i.id)) for i in world.news(start, session.close)]
        linked = link(items, listed, companies)
        found = await impacts(hub, linked, dict.fromkeys(companies, Decimal(1)), known, session.close)
        total += _tally(world, causes, items, found, companies, session.open, session.close)
        hub.clear()
    return total


def _tally(
    world: World,
    causes: dict[str, Cause],
    items: Sequence[NewsItem],
    found: Sequence[Impact],
    held: Sequence[str],
    opens: datetime,
    close: datetime,
) -> Tally:
    best = {s: next((i for i in found if i.symbol == s and i.likely), None) for s in held}
    large = [c for c in causes.values() if abs(c.size) > LARGE and c.effective <= close - timedelta(minutes=20)]
    tied = sum(any((b := best.get(s)) is not None and b.item.id == c.id for s in c.symbols) for c in large)
    likely = [i for i in best.values() if i is not None]
    false = sum(i.item.id not in causes or i.symbol not in causes[i.item.id].symbols for i in likely)
    return Tally(len(large), tied, len(likely), false, sum(i.id in causes for i in items), sum(i.id not in causes for i in items))


def table(found: Sequence[tuple[str, Tally]]) -> str:
    """Shocks tied, false links, and how many items there were, by half."""
    lines = ["wordings   shocks    tied   share    links   false   share    items that cause   that do not"]
    for name, t in found:
        lines.append(
            f"{name:<10} {t.shocks:>6} {t.tied:>7} {t.recall:>7.1%} {t.links:>8} {t.false:>7} {t.wrong:>7.1%} {t.causes:>19} {t.idle:>13}"
        )
    return "\n".join(lines)


def main() -> None:
    """Print the table and put it on its page."""
    first, last = date(2024, 1, 2), date(2025, 12, 30)
    found = [(name, asyncio.run(measured(bank, first, last))) for name, bank in HALVES]
    print(table(found))
    written("correlation", table(found))


if __name__ == "__main__":
    main()
