"""Which holdings a headline concerns, for the market watch: company news alone, by tags, tickers and names."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from copilot.correlate import NAMED, link
from domain.market import NewsItem
from market.hub import Hub


def concerns(hub: Hub) -> Callable[[Sequence[NewsItem], Sequence[str]], Sequence[tuple[str, NewsItem, float]]]:
    """A reader for `trading.watch`: each (symbol, item, tone) of items that speak of a company among the symbols, oldest first.

    News of the whole market or a sector concerns everybody a little, and is left to the answers.
    """

    def found(items: Sequence[NewsItem], symbols: Sequence[str]) -> Sequence[tuple[str, NewsItem, float]]:
        links = [one for one in link(items, hub.instruments(), symbols) if one.company] if items else []
        return [
            (s, one.item, one.tone)
            for one in sorted(links, key=lambda x: (x.item.at, x.item.id))
            for s in sorted(one.symbols)
            if s in symbols and one.symbols[s] >= NAMED
        ]

    return found
