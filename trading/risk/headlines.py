"""Headlines: what was said about a symbol lately, and how it sounds. Their text comes from outside and is only ever judged."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from domain.instruments import Instrument
from domain.market import NewsItem
from market.sentiment import flagged, score

SAYS_NOTHING = 0.15  # a headline nearer to zero leaves its tone to the body
_FORMS = re.compile(
    r"[ ,]+(inc|incorporated|corp|corporation|co|company|companies|plc|ltd|limited|group|holdings?|platforms|trust|the)\.?$", re.I
)


@dataclass(frozen=True, slots=True)
class Headline:
    """One item about one symbol; `tone` is -1 (very bad for the price) to 1."""

    symbol: str
    at: datetime
    text: str
    tone: Decimal


def about(items: Sequence[NewsItem], instrument: Instrument) -> tuple[Headline, ...]:
    """The items that concern an instrument, in their order: tagged with it, or, without any tag, naming it.

    One that tries to give orders to its reader is left out: its tone is no news.
    """
    return tuple(
        Headline(instrument.symbol, item.at, item.headline, Decimal(str(round(tone(item), 2))))
        for item in items
        if (instrument.symbol in item.symbols if item.symbols else named(item.headline, instrument)) and not flagged(item.headline)
    )


def tone(item: NewsItem) -> float:
    """The tone of the headline, or of the body where the headline says nothing."""
    found = score(item.headline)
    return found if abs(found) >= SAYS_NOTHING else score(item.body)


def named(text: str, instrument: Instrument) -> bool:
    """True for a text that names a company, capital first, or its ticker in capitals: `Disney`, `DIS`, `$V`, `(V)`."""
    return any(m.group()[0].isupper() or m.group()[0] in "$(" for m in _pattern(instrument).finditer(text))


@lru_cache(maxsize=512)
def _pattern(instrument: Instrument) -> re.Pattern[str]:
    short = instrument.name
    while (shorter := _FORMS.sub("", short)) != short:
        short = shorter
    names = {n.lower() for n in (instrument.name, short, *instrument.aliases) if len(n) > 3 and n.upper() != instrument.symbol}
    symbol = re.escape(instrument.symbol)
    tickers = rf"\${symbol}\b|\({symbol}\)" + (rf"|\b{symbol}\b" if len(instrument.symbol) > 2 else "")
    spelled = "|".join(re.escape(n) for n in sorted(names, key=lambda n: (-len(n), n)))
    return re.compile(rf"(?:{tickers})" + (rf"|\b(?i:{spelled})\b" if spelled else ""))
