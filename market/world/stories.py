"""Simulated headlines: one for every cause, and three times as many that cause nothing, in words that do not tell them apart by form."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache

from domain.codec import instant_text
from domain.market import NewsItem, Shock
from domain.money import percent_text
from market import calendar
from market.world import draws, phrases, releases
from market.world.causes import Cause, Causes
from market.world.listing import coins, companies, instruments
from market.world.model import STORIED, load
from market.world.quarters import Quarter, quarter

SOURCE = "simulated"
_PER_COMPANY, _PER_SECTOR, _PER_COIN, _COMMENTS = 9, 5, 8, 78
_DAWN, _WAKING = time(6), 15 * 60


class Stories:
    """The headlines of one world, by quarter. About half of those on a company carry its symbol; all of them name it."""

    def __init__(self, causes: Causes) -> None:
        self._causes = causes
        self._seed = causes.seed
        self.items: Callable[[int], tuple[NewsItem, ...]] = lru_cache(maxsize=6)(self._items)

    def _items(self, n: int) -> tuple[NewsItem, ...]:
        block = quarter(n)
        told = [self._of_cause(cause, n) for stream in self._causes.streams() for cause in self._causes.of(stream, n)]
        return tuple(sorted((*told, *self._idle(block)), key=lambda item: (item.at, item.id)))

    def _of_cause(self, cause: Cause, n: int) -> NewsItem:
        good, u = cause.size > 0, draws.uniforms(f"{self._seed}/told/{cause.id}", 3)
        if cause.kind == "release":
            return self._of_release(cause, n)
        if cause.kind == "sector":
            headline, body = phrases.SECTORS[cause.stream][0 if good else 1]
            return _item(cause.id, cause.at, headline, body)
        subject = cause.symbols[0]
        if cause.kind == "report":
            return self._of_report(cause, u)
        pairs = _coin_pairs(good) if subject in coins() else (phrases.GOOD if good else phrases.BAD)
        headline, body = pairs[int(u[0] * len(pairs))]
        return self._about(cause.id, cause.at, (headline, body), subject, tagged=u[1] < 0.5)

    def _of_release(self, cause: Cause, n: int) -> NewsItem:
        row = next(r for r in releases.scheduled(self._seed, n) if r.id == cause.about)
        tone = 1 if row.actual == row.expected else 0 if cause.size > 0 else 2
        headline = phrases.RELEASES[row.kind][tone].format(actual=row.actual)
        body = phrases.RELEASE_BODY.format(title=row.name, actual=row.actual, expected=row.expected)
        return _item(cause.id, cause.at, headline, body)

    def _of_report(self, cause: Cause, u: list[float]) -> NewsItem:
        strong = abs(cause.size) > 2
        pair = (phrases.STRONG_REPORT if strong else phrases.GOOD_REPORT) if cause.size > 0 else None
        headline, body = pair or (phrases.WEAK_REPORT if strong else phrases.BAD_REPORT)
        symbol = cause.symbols[0]
        expected = max(2.718281828 ** load().symbols[symbol].level / 95 * (0.9 + 0.2 * u[2]), 0.1)
        actual = expected * (1 + max(-0.6, 0.04 * cause.size)) + (0.01 if cause.size > 0 else -0.01)
        body = body.replace("{expected}", f"${expected:.2f}").replace("{actual}", f"${actual:.2f}")
        return self._about(cause.id, cause.at, (headline, body), symbol, tagged=u[1] < 0.5)

    def _about(self, name: str, at: datetime, pair: tuple[str, str], symbol: str, *, tagged: bool) -> NewsItem:
        company = companies().get(symbol)
        called = company.name if company else instruments()[symbol].name
        symbols = company.symbols if company else (symbol,)
        return _item(name, at, pair[0].format(name=called), pair[1].format(name=called), symbols if tagged else ())

    def _idle(self, block: Quarter) -> Iterator[NewsItem]:
        """Headlines that cause nothing, at any hour of any day."""
        for symbol in companies():
            yield from self._idle_about(block, symbol, phrases.PLAIN, _PER_COMPANY)
        for symbol in coins():
            yield from self._idle_about(block, symbol, phrases.COIN_PLAIN, _PER_COIN)
        for stream in STORIED:
            for at, name, _, _ in self._moments(block, stream, _PER_SECTOR):
                yield _item(name, at, *phrases.SECTORS[stream][2])
        for at, name, u, _ in self._moments(block, "comment", _COMMENTS):
            yield _item(name, at, *phrases.COMMENTS[int(u * len(phrases.COMMENTS))])

    def _idle_about(self, block: Quarter, symbol: str, pairs: phrases.Pairs, count: int) -> Iterator[NewsItem]:
        for at, name, u, tag in self._moments(block, symbol, count):
            yield self._about(name, at, pairs[int(u * len(pairs))], symbol, tagged=tag < 0.5)

    def _moments(self, block: Quarter, subject: str, count: int) -> Iterator[tuple[datetime, str, float, float]]:
        u = iter(draws.uniforms(f"{self._seed}/idle/{subject}/{block.label()}", 4 * count))
        for i in range(count):
            day = block.days[int(next(u) * len(block.days))]
            dawn = datetime.combine(day, _DAWN, calendar.NEW_YORK).astimezone(UTC)
            at = dawn + timedelta(minutes=int(next(u) * _WAKING))
            yield at, draws.name(f"{self._seed}/idle/{subject}/{block.label()}/{i}"), next(u), next(u)


def of_shock(shock: Shock) -> NewsItem:
    """The headline of a move that a reader gave the world."""
    listed = instruments().get(shock.symbol)
    called, size = (listed.name if listed else shock.symbol), percent_text(abs(shock.move), sign=False, places=1)
    verb = "jumps" if shock.move > 0 else "drops"
    name = draws.name(f"shock/{shock.symbol}/{instant_text(shock.at)}/{shock.move}")
    return _item(name, shock.at, f"{called} {verb} {size} in a demo shock", f"A demo shock moved {called} by hand.", (shock.symbol,))


def _coin_pairs(good: bool) -> phrases.Pairs:
    return phrases.COIN_GOOD if good else phrases.COIN_BAD


def _item(name: str, at: datetime, headline: str, body: str, symbols: tuple[str, ...] = ()) -> NewsItem:
    return NewsItem(name, at, headline, body, symbols, SOURCE, simulated=True)
