"""News → the instruments it concerns → the positions → what it may explain, in money and in sigma; honest about how sure that is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from copilot.attribution import Loading
from copilot.phrases import listed
from copilot.substance import EVENT, VAGUE, substance
from copilot.symbols import phrases_of
from domain.instruments import Instrument
from domain.market import NewsItem
from domain.money import ONE, ZERO, cents
from market import calendar, kin, sectors
from market.hub import Hub
from market.sentiment import NEUTRAL_BAND, flagged, score

TAGGED, NAMED, SECTOR, MACRO, HOLDING = Decimal("0.9"), Decimal("0.85"), Decimal("0.6"), Decimal("0.6"), Decimal("0.55")
PEER = Decimal("0.35")
"""How directly an item concerns a symbol. What is said of a peer alone is never called likely behind a move."""

PROVEN = Decimal(4)
"""Sigmas of a move so far out of the ordinary that what was published just before it was no empty headline, however it reads."""

AGAINST_ITS_TONE = {False: Decimal("0.5"), True: Decimal("0.7")}
BEFORE = timedelta(minutes=2)  # the price just before an item, since a market may move in the same minute
REACTION = timedelta(minutes=60)  # how long a price takes up an item in a session
OPENING = timedelta(minutes=30)  # and after the open for one from outside it
OVERNIGHT_SHARE = Decimal("0.35")  # of a day's variance falls outside the session
MARKET_SIGMA = Decimal("0.01")  # where the market's own history is too short
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

_PLAIN_WORDS = listed("all now are so on it key low cost fast play open well sol coin")


class Reach(StrEnum):
    """Whom an item is about."""

    COMPANY = "company"
    SECTOR = "sector"
    MARKET = "market"


@dataclass(frozen=True, slots=True)
class Link:
    """An item and the instruments it concerns, with how directly: tag or name, sector, or the whole market."""

    item: NewsItem
    symbols: Mapping[str, Decimal]
    company: bool
    tone: float
    reach: Reach


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


@dataclass(frozen=True, slots=True)
class Names:
    """Finds the instruments a headline names: tickers in capitals (word-like ones only as `$NOW` or `(NOW)`) and names."""

    tickers: re.Pattern[str]
    phrases: re.Pattern[str] | None
    symbols: Mapping[str, tuple[str, ...]]

    def found(self, text: str) -> frozenset[str]:
        """The symbols named."""
        named = {symbol for match in self.tickers.finditer(text) for symbol in match.groups() if symbol}
        if self.phrases is not None:
            for match in self.phrases.finditer(text):
                if match.group()[0].isupper() or " " in match.group():  # `chase` is a verb, `Chase` a bank
                    named.update(self.symbols[" ".join(match.group().lower().split())])
        return frozenset(named)


def names_of(instruments: Mapping[str, Instrument]) -> Names:
    """The names of a market's instruments, ready to be looked for."""
    phrases: dict[str, set[str]] = {}
    for symbol, instrument in instruments.items():
        for name in (" ".join(words) for words in phrases_of(instrument)):
            if len(name) > 3 and (name.upper() != symbol or name.lower() not in _PLAIN_WORDS):
                phrases.setdefault(name, set()).add(symbol)
    plain = [s for s in instruments if len(s) > 2 and s.lower() not in _PLAIN_WORDS]
    marked = "|".join(re.escape(s) for s in sorted(instruments, key=len, reverse=True)) or "(?!)"
    bare = "|".join(re.escape(s) for s in sorted(plain, key=len, reverse=True)) or "(?!)"
    names = "|".join(re.escape(n) for n in sorted(phrases, key=lambda n: (-len(n), n)))
    return Names(
        re.compile(rf"(?:\$|\()({marked})\b|\b({bare})\b"),
        re.compile(rf"\b(?:{names})\b", re.IGNORECASE) if names else None,
        {name: tuple(sorted(symbols)) for name, symbols in phrases.items()},
    )


def link(items: Sequence[NewsItem], instruments: Mapping[str, Instrument], wanted: Sequence[str]) -> tuple[Link, ...]:
    """Items that concern any of the wanted symbols, oldest first, the same story once; texts that try to give orders are left out."""
    names, known = names_of(instruments), frozenset(wanted)
    found = []
    for item in _unrepeated([i for i in sorted(items, key=lambda i: (i.at, i.id)) if not flagged(i.headline)], names):
        symbols, reach = _concerned(item, instruments, wanted, known, names)
        if symbols:
            found.append(Link(item, symbols, reach is Reach.COMPANY, _tone(item), reach))
    return tuple(found)


def _concerned(
    item: NewsItem, instruments: Mapping[str, Instrument], wanted: Sequence[str], known: frozenset[str], names: Names
) -> tuple[dict[str, Decimal], Reach]:
    """The wanted symbols an item is about: those it tags, else names; only one about no company concerns sectors or everybody."""
    about, directness = (frozenset(item.symbols), TAGGED) if item.symbols else (names.found(item.headline), NAMED)
    if about:
        near = {s: directness for s in about if s in known} | _kin(about, known, item)
        return {s: near[s] for s in sorted(near)}, Reach.COMPANY
    if _MACRO_WORDS.search(item.headline):
        return dict.fromkeys(sorted(wanted), MACRO), Reach.MARKET
    touched = set(sectors.mentioned(item.headline)) or set(sectors.touched(f"{item.headline}. {item.body}"))
    return {s: SECTOR for s in sorted(wanted) if s in instruments and instruments[s].sector in touched}, Reach.SECTOR


def _kin(about: frozenset[str], known: frozenset[str], item: NewsItem) -> dict[str, Decimal]:
    """How directly news of others concerns the rest: funds that hold one of them, companies of the same trade.

    Of a company in the same trade only an event is news; what merely fills a page about it concerns nobody else.
    """
    near = dict.fromkeys((p for s in about for p in kin.peers(s) if p in known and p not in about), PEER)
    if near and substance(item.headline, item.body, score(item.headline)) != EVENT:
        near = {}
    return near | dict.fromkeys((f for s in about for f in kin.held_by(s) if f in known and f not in about), HOLDING)


def _unrepeated(items: Sequence[NewsItem], names: Names) -> list[NewsItem]:
    """The first telling of each story."""
    kept: list[tuple[NewsItem, frozenset[str], frozenset[str]]] = []
    for item in items:
        words = frozenset(w for w in _WORD.findall(item.headline.lower()) if w not in _DULL)
        about = frozenset(item.symbols) or names.found(item.headline)
        if any(item.at - first.at <= SAME_WITHIN and about == whom and _alike(words, told) for first, told, whom in kept[-30:]):
            continue
        kept.append((item, words, about))
    return [item for item, _, _ in kept]


def _alike(words: frozenset[str], other: frozenset[str]) -> bool:
    if not words or not other:
        return False
    return Decimal(len(words & other)) / Decimal(len(words | other)) >= SAME_STORY


async def impacts(
    hub: Hub, links: Sequence[Link], held: Mapping[str, Decimal], loadings: Mapping[str, Loading], until: datetime, market: str = "SPY"
) -> tuple[Impact, ...]:
    """The impact of each item on each position it concerns, largest first; items without a price on either side of them are left out.

    The window runs from just before the item for an hour of its session, or half an hour into the next one; at most to `until`.
    """
    out = []
    market_sigma = loadings[market].sigma if market in loadings and loadings[market].sigma else MARKET_SIGMA
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
            out.append(
                _impact(linked, symbol, move, market_move, loadings[symbol], held[symbol] * before[symbol], share, end, market_sigma)
            )
    return tuple(sorted(out, key=lambda i: (-(abs(i.money) * i.confidence), i.item.at, i.item.id, i.symbol)))


def _impact(
    linked: Link,
    symbol: str,
    move: Decimal,
    market_move: Decimal,
    loading: Loading,
    value: Decimal,
    share: Decimal,
    end: datetime,
    market_sigma: Decimal,
) -> Impact:
    if linked.reach is Reach.MARKET:  # what the market itself did, as far as this symbol follows it
        abnormal = loading.beta * market_move
        sigma = (market_move / (market_sigma * share.sqrt())).quantize(Decimal("0.1"))
    else:
        abnormal = move - loading.beta * market_move
        sigma = (abnormal / (loading.sigma * share.sqrt() or MARKET_SIGMA)).quantize(Decimal("0.1"))
    proven = abs(sigma) >= PROVEN
    agrees = ONE if abs(linked.tone) < NEUTRAL_BAND or (linked.tone > 0) == (abnormal > 0) else AGAINST_ITS_TONE[proven]
    weight = substance(linked.item.headline, linked.item.body, linked.tone)
    if proven and weight == VAGUE:
        weight = EVENT
    confidence = (linked.symbols[symbol] * min(abs(sigma) / 3, ONE) * agrees * weight).quantize(Decimal("0.01"))
    return Impact(linked.item, symbol, move, abnormal, sigma, cents(value * abnormal), confidence, end)


def _move(before: Decimal | None, after: Decimal | None) -> Decimal | None:
    return after / before - 1 if before and after else None


def _tone(item: NewsItem) -> float:
    """The tone of the headline, or of the body where the headline says nothing."""
    tone = score(item.headline)
    return tone if abs(tone) >= 0.15 else score(item.body)


def _window(at: datetime, until: datetime) -> tuple[datetime, datetime, Decimal]:
    """From just before the item to the end of the reaction to it, and that stretch's share of a day's variance."""
    session = calendar.session_at(at)
    if session is not None:
        end = min(at + REACTION, session.close, until)
        minutes = max((end - at).total_seconds() / 60, 5)
        return at - BEFORE, end, min(Decimal(str(minutes / session.minutes)), ONE)
    following = calendar.session(at.astimezone(calendar.NEW_YORK).date())
    if following is None or following.close <= at:
        following = calendar.following(at.astimezone(calendar.NEW_YORK).date())
    return at - BEFORE, min(following.open + OPENING, until), OVERNIGHT_SHARE + Decimal("0.1")
