"""What could be lost: the command's figures again with numpy, its parts, and what it says when it cannot know."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from bot.plain import render
from domain.errors import NoPosition, NoPrice, SourceFailed
from domain.market import NewsItem
from domain.portfolio import AccountSpec, Mode
from tests.commands.actions.stage import stage
from tests.commands.slash.reading import PHONE, fact, keyed, lead, tables, unsupported, value, width
from trading.risk.metrics import book_returns

D = Decimal


async def series(one) -> tuple[np.ndarray, float]:
    """The book's daily returns the long way, and its equity."""
    portfolio = await one.floor.book.snapshot()
    returns = await book_returns(portfolio, one.floor.hub)
    columns = np.array([returns.by_symbol[s] for s in returns.weights])
    return np.array(list(returns.weights.values())) @ columns, float(portfolio.equity)


async def test_the_loss_of_a_bad_day_is_the_percentile_of_the_books_returns():
    one = await stage()
    reply = await one.call("risk-analysis")
    book, equity = await series(one)
    for level in (95, 99):
        assert float(value(reply, f"VaR {level} historical")) == pytest.approx(-np.percentile(book, 100 - level) * equity, abs=0.01)
    worst = np.sort(book)[: int((len(book) - 1) * 0.05) + 1]
    assert float(value(reply, "ES 95 historical")) == pytest.approx(-worst.mean() * equity, abs=0.01)
    normal = -(book.mean() - 1.6448536269514722 * book.std(ddof=1)) * equity
    assert float(value(reply, "VaR 95 normal")) == pytest.approx(normal, abs=0.01)
    assert float(value(reply, "annualised volatility")) == pytest.approx(book.std(ddof=1) * np.sqrt(252) * 100, abs=0.01)
    assert lead(reply).startswith("One day in twenty costs this book more than $")
    assert not unsupported(reply)
    assert all(width(t) <= PHONE for t in tables(reply))


async def test_the_parts_of_the_tail_sum_to_all_of_it():
    one = await stage()
    reply = await one.call("risk-analysis", "all")
    shares = [f.value for f in reply.facts if f.label.endswith(" share of the tail")]
    assert len(shares) == len((await one.floor.book.snapshot()).positions)
    assert abs(sum(shares) - 100) <= D("0.05")


async def test_one_position_shows_its_score_with_the_parts():
    one = await stage()
    reply = await one.call("risk-analysis", "NVDA")
    rows = keyed(reply)
    parts = [D(rows[name].split(" of ")[0]) for name in ("Volatility", "Moves with the rest", "Bad news, 24 h") if " of " in rows[name]]
    assert len(parts) >= 2
    assert "NVDA has a risk score of" in lead(reply)
    assert "NVDA close 50%" in render(reply)
    assert fact(reply, "NVDA component VaR 95").formula.startswith("weight * marginal VaR")
    assert not unsupported(reply)


async def test_bad_news_of_the_last_day_raises_the_score():
    calm, hit = await stage(), await stage()
    at = hit.clock.now().replace(second=0)
    bad = NewsItem(
        "n1", at.replace(minute=max(at.minute - 5, 0)), "NVDA plunges after fraud lawsuit and bankruptcy fears", "", ("NVDA",), "wire"
    )
    hit.ctx.news = Headlines((bad,))
    before = value(await calm.call("risk-analysis", "NVDA"), "NVDA risk score")
    after = value(await hit.call("risk-analysis", "NVDA"), "NVDA risk score")
    assert after > before


async def test_news_that_cannot_be_read_is_not_taken_for_calm():
    one = await stage()
    one.ctx.news = Headlines((), failing=True)
    assert keyed(await one.call("risk-analysis", "NVDA"))["Bad news, 24 h"] == "not known"


async def test_what_it_cannot_say_it_says_so():
    one = await stage(sessions=20)
    with pytest.raises(NoPrice, match="takes 60"):
        await one.call("risk-analysis")
    with pytest.raises(NoPrice, match="no prices"):
        await (await stage(spec=AccountSpec("mine", Mode.PAPER, priced=False))).call("risk-analysis")
    with pytest.raises(NoPosition, match="not in your risk figures"):
        await (await stage()).call("risk-analysis", "SPY")


class Headlines:
    """A news source of fixed items."""

    def __init__(self, items: tuple[NewsItem, ...], *, failing: bool = False) -> None:
        self.items = items
        self.failing = failing

    async def news(self, start, end):
        if self.failing:
            raise SourceFailed("down")
        return [i for i in self.items if start <= i.at < end]
