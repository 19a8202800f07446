"""News → the instruments it concerns → the positions → what it may explain, in money and in sigma; honest about how sure that is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from copilot.attribution import Loading
from copilot.phrases import listed
from domain.instruments import Instrument
from domain.market import NewsItem
from domain.money import ONE, ZERO, cents
from market import calendar, sectors
from market.hub import Hub
from market.sentiment import flagged, score

TAGGED, NAMED, SECTOR, MACRO = Decimal("0.9"), Decimal("0.8"), Decimal("0.4"), Decimal("0.3")
BEFORE = timedelta(minutes=2)  # the price just before an item, since a market may move in the same minute
SAME_STORY = Decimal("0.6")  # share of words in common
SAME_WITHIN = timedelta(hours=36)
MOST_ITEMS = 60
_WORD = re.compile(r"[a-z0-9&]+")
_DULL = listed("a an and the of to in on for as at by with from is are its after over more than says said shares stock inc corp simulated")
_MACRO_WORDS = re.compile(
    r"\b(fed|federal reserve|fomc|cpi|inflation|jobs report|payrolls|unemployment|gdp|rate (cut|hike|decision)|"
    r"interest rates?|treasury|yields?|recession|tariffs?|"
    r"stocks (fall|rise|slide|rally|drop|jump|sink|climb)|wall street|market (sell-?off|rally)|markets?)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Link:
    """An item and the instruments it concerns, with how directly: tag or name, sector, or the whole market."""

    item: NewsItem
    symbols: Mapping[str, Decimal]
    tone: float


@dataclass(frozen=True, slots=True)
class Impact:
    """What an item may explain of one position: the move after it beyond the market, in fractions and sigma, and in money."""

    item: NewsItem
    symbol: str
    move: Decimal
    abnormal: Decimal
    sigma: Decimal
    money: Decimal
    confidence: Decimal
    until: datetime

    @property
    def likely(self) -> bool:
        """True when the move after it was out of the ordinary and the item speaks of this symbol."""
        return self.confidence >= Decimal("0.5")


def names_of(instruments: Mapping[str, Instrument]) -> Mapping[str, re.Pattern[str]]:
    """A pattern per symbol that finds its ticker in capitals, name or aliases in a headline."""
    patterns = {}
    for symbol, instrument in instruments.items():
        names = {instrument.name, *instrument.aliases}
        words = [re.escape(n) for n in sorted(names, key=lambda n: (-len(n), n)) if len(n) > 3 and n.upper() != symbol]
        ticker = rf"(?:\$|\(){re.escape(symbol)}\b" if len(symbol) < 3 or symbol.lower() in _PLAIN_WORDS else rf"\b{re.escape(symbol)}\b"
        patterns[symbol] = re.compile("|".join([ticker, *(rf"(?i:\b{w}\b)" for w in words)]))
    return patterns


_PLAIN_WORDS = listed("all now are so on it key low cost fast play open well meta sol coin")


def link(items: Sequence[NewsItem], instruments: Mapping[str, Instrument], wanted: Sequence[str]) -> tuple[Link, ...]:
    """Items that concern any of the wanted symbols, oldest first, the same story once; texts that try to give orders are left out."""
    patterns = names_of({s: instruments[s] for s in wanted if s in instruments})
    found = []
    for item in _unrepeated([i for i in sorted(items, key=lambda i: (i.at, i.id)) if not flagged(i.headline)]):
        symbols = _concerned(item, instruments, wanted, patterns)
        if symbols:
            found.append(Link(item, symbols, score(item.headline)))
    return tuple(found)


def _concerned(
    item: NewsItem, instruments: Mapping[str, Instrument], wanted: Sequence[str], patterns: Mapping[str, re.Pattern[str]]
) -> dict[str, Decimal]:
    text = f"{item.headline}. {item.body}"
    direct = {s: TAGGED for s in wanted if s in item.symbols}
    if item.symbols and not direct:
        return {}
    for symbol, pattern in patterns.items():
        if symbol not in direct and pattern.search(item.headline):
            direct[symbol] = NAMED
    if direct:
        return dict(sorted(direct.items()))
    if _MACRO_WORDS.search(item.headline):
        return dict.fromkeys(sorted(wanted), MACRO)
    touched = set(sectors.touched(text))
    return {s: SECTOR for s in sorted(wanted) if s in instruments and instruments[s].sector in touched}


def _unrepeated(items: Sequence[NewsItem]) -> list[NewsItem]:
    """The first telling of each story."""
    kept: list[tuple[NewsItem, frozenset[str]]] = []
    for item in items:
        words = frozenset(w for w in _WORD.findall(item.headline.lower()) if w not in _DULL)
        if any(_same(words, other, item, earlier) for earlier, other in kept[-30:]):
            continue
        kept.append((item, words))
    return [item for item, _ in kept]


def _same(words: frozenset[str], other: frozenset[str], item: NewsItem, earlier: NewsItem) -> bool:
    if not words or not other or item.at - earlier.at > SAME_WITHIN:
        return False
    if item.symbols and earlier.symbols and not set(item.symbols) & set(earlier.symbols):
        return False
    return Decimal(len(words & other)) / Decimal(len(words | other)) >= SAME_STORY


async def impacts(
    hub: Hub, links: Sequence[Link], held: Mapping[str, Decimal], loadings: Mapping[str, Loading], until: datetime, market: str = "SPY"
) -> tuple[Impact, ...]:
    """The impact of each item on each position it concerns, largest first; items without a price on either side of them are left out.

    The window runs from just before the item to the end of its session (of the next one for an item outside sessions), at most to `until`.
    """
    out = []
    for linked in links[-MOST_ITEMS:]:
        symbols = [s for s in linked.symbols if s in held and s in loadings]
        if not symbols:
            continue
        start, end, share = _window(linked.item.at, until)
        before = await hub.prices_at([*symbols, market], start)
        after = await hub.prices_at([*symbols, market], end)
        market_move = _move(before.get(market), after.get(market)) or ZERO
        for symbol in symbols:
            move = _move(before.get(symbol), after.get(symbol))
            if move is None:
                continue
            out.append(_impact(linked, symbol, move, market_move, loadings[symbol], held[symbol] * before[symbol], share, end))
    return tuple(sorted(out, key=lambda i: (-(abs(i.money) * i.confidence), i.item.at, i.item.id, i.symbol)))


def _impact(
    linked: Link, symbol: str, move: Decimal, market_move: Decimal, loading: Loading, value: Decimal, share: Decimal, end: datetime
) -> Impact:
    broad = linked.symbols[symbol] in (SECTOR, MACRO)
    abnormal = move if broad else move - loading.beta * market_move
    scale = loading.sigma * share.sqrt() or Decimal("0.01")
    sigma = (abnormal / scale).quantize(Decimal("0.1"))
    agrees = ONE if abs(linked.tone) < 0.15 or (linked.tone > 0) == (abnormal > 0) else Decimal("0.5")
    confidence = (linked.symbols[symbol] * min(abs(sigma) / 3, ONE) * agrees).quantize(Decimal("0.01"))
    return Impact(linked.item, symbol, move, abnormal, sigma, cents(value * abnormal), confidence, end)


def _move(before: Decimal | None, after: Decimal | None) -> Decimal | None:
    return after / before - 1 if before and after else None


def _window(at: datetime, until: datetime) -> tuple[datetime, datetime, Decimal]:
    """From just before the item to the close that ends its reaction, and that stretch's share of a day's variance."""
    session = calendar.session_at(at)
    if session is not None:
        end = min(session.close, until)
        minutes = max((end - at).total_seconds() / 60, 5)
        return at - BEFORE, end, min(Decimal(str(minutes / session.minutes)), ONE)
    following = calendar.following((at.astimezone(calendar.NEW_YORK) - timedelta(days=1)).date())
    while following.close <= at:
        following = calendar.following(following.day)
    return at - BEFORE, min(following.close, until), ONE
