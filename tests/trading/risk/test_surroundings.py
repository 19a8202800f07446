"""What is gathered around a ticket: reckoned again here, unknown where a source fails, asked for once a minute."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from domain.errors import SourceFailed
from domain.ledger import Entry, EntryKind
from domain.market import Bar, EarningsDate, EconomicEvent, NewsItem, Timeframe
from domain.orders import CancelIntent, ReplaceIntent, Side
from domain.portfolio import Portfolio
from domain.tickets import Severity
from market import calendar
from tests.trading.stage import ACCOUNT, BOOK, START, Stage, bought, buy, close, deposit, limit, stage
from trading.risk import surroundings
from trading.risk.limits import Limits
from trading.risk.metrics import BookReturns, book_returns
from trading.risk.surroundings import Lookout, Losses, Surroundings, correlations

D = Decimal


@dataclass
class Feed:
    """News and dates as scripted, counting how often it is asked."""

    items: tuple[NewsItem, ...] = ()
    dates: tuple[EarningsDate, ...] = ()
    failing: bool = False
    slow: float = 0
    asked: list[str] = field(default_factory=list)

    async def news(self, start: datetime, end: datetime) -> Sequence[NewsItem]:
        await self._answer("news")
        return [i for i in self.items if start <= i.at < end]

    async def earnings(self, start: datetime, end: datetime) -> Sequence[EarningsDate]:
        await self._answer("earnings")
        return [d for d in self.dates if start <= d.at < end]

    async def economic(self, start: datetime, end: datetime) -> Sequence[EconomicEvent]:
        return ()

    async def _answer(self, what: str) -> None:
        self.asked.append(what)
        if self.slow:
            await asyncio.sleep(self.slow)
        if self.failing:
            raise SourceFailed("the feed is down")


def item(symbol: str, headline: str, *, minutes: float = 30, body: str = "") -> NewsItem:
    at = START - timedelta(minutes=minutes)
    return NewsItem(f"{symbol}-{minutes}", at, headline, body, (symbol,) if symbol else (), "feed")


def lookout(world: Stage, feed: Feed | None = None, losses: Losses | None = None) -> Lookout:
    floor = world.floor
    return Lookout(floor.book, floor.hub, world.store, news=feed, calendar=feed, measure=lambda: losses)


async def snapshot(world: Stage) -> Portfolio:
    return await world.floor.book.snapshot(fresh=True, extra=("XOM",), day=False)


async def gathered(world: Stage, watch: Lookout, *opening: str, limits: Limits | None = None) -> Surroundings:
    portfolio = await snapshot(world)
    returns = await book_returns(portfolio, world.floor.hub, extra=opening)
    return await watch.gather(portfolio, opening, limits or Limits(), returns)


# the day


async def test_the_day_is_todays_gain_over_the_equity_of_the_last_close() -> None:
    world = await historical()
    portfolio = await snapshot(world)
    before = await world.floor.hub.previous_closes(["NVDA"])
    then = portfolio.cash + 50 * before["NVDA"]
    found = await lookout(world).account(portfolio)
    assert found.day is not None
    assert abs(found.day - (portfolio.equity / then - 1)) < D("1e-12")
    assert abs(found.day) > D("0.005")
    assert found.notes == ()


async def test_money_paid_in_today_is_no_gain() -> None:
    paid = Entry("d2", ACCOUNT, START - timedelta(minutes=5), EntryKind.DEPOSIT, D(50_000))
    world, plain = await historical(paid), await historical()
    mine = (await lookout(world).account(await snapshot(world))).day
    theirs = (await lookout(plain).account(await snapshot(plain))).day
    assert mine is not None
    assert mine == theirs != 0


async def test_an_account_without_equity_or_prices_has_no_day() -> None:
    poor = await stage(bought("AAPL", "10", "170"))
    assert (await lookout(poor).account(replace(await snapshot(poor), cash=D(-5000)))).day is None
    world = await stage()
    portfolio = await snapshot(world)
    unpriced = replace(portfolio, spec=replace(portfolio.spec, priced=False))
    assert await lookout(world).account(unpriced) == Surroundings(trades=0)


async def test_a_holding_without_a_price_is_a_note() -> None:
    world = await stage()
    portfolio = await snapshot(world)
    part = replace(portfolio, quotes={s: q for s, q in portfolio.quotes.items() if s != "NVDA"})
    found = await lookout(world).account(part)
    assert (found.day, found.drawdown, found.notes) == (None, None, ("a price of NVDA",))


# what is measured elsewhere


async def test_the_losses_that_are_measured_are_believed() -> None:
    """A breaker that was reset measures anew: the day is what it says, not what the last close would make of it."""
    world = await historical()
    found = await lookout(world, losses=Losses(D(0), D("0.12"))).account(await snapshot(world))
    assert (found.day, found.drawdown) == (0, D("0.12"))


async def test_without_marks_the_day_is_reckoned_here_and_the_drawdown_is_not_known() -> None:
    world = await historical()
    assert surroundings.unmeasured() is None
    portfolio = await snapshot(world)
    for losses in (None, Losses()):
        found = await lookout(world, losses=losses).account(portfolio)
        assert found.drawdown is None
        assert found.day


# trades and orders


async def test_trades_are_orders_that_traded_today() -> None:
    world = await stage(*BOOK, bought("XOM", "5", "110", days=0, id="t1"))
    watch = lookout(world)
    assert (await watch.account(await snapshot(world))).trades == 1
    await world.do(buy("AAPL", "1"))
    await world.do(limit("AAPL", Side.BUY, "1", "150"))
    assert (await watch.account(await snapshot(world))).trades == 2, "what rests has not traded"


async def test_orders_just_sent_are_known_and_ended_ones_are_not() -> None:
    world = await stage()
    watch = lookout(world)
    assert (await gathered(world, watch, "AAPL")).sent == ()
    filled = await world.do(buy("AAPL", "1"))
    resting = await world.do(limit("AAPL", Side.BUY, "2", "150"))
    taken = await world.do(limit("AAPL", Side.BUY, "3", "150"))
    order = next(o for o in world.floor.book.orders if o.ticket == taken.id)
    await world.do(cancel(order.client_id))
    sent = (await gathered(world, watch, "AAPL")).sent
    assert sent is not None
    assert {o.ticket for o in sent} == {filled.id, resting.id}
    await world.pass_time(31)
    assert (await gathered(world, watch, "AAPL")).sent == ()


def cancel(client_id: str) -> CancelIntent:
    return CancelIntent(client_id, "AAPL")


async def test_the_same_order_twice_is_warned_of_on_its_card_and_may_be_confirmed() -> None:
    world = await stage()
    await world.floor.limits.set("duplicate_seconds", D(30), "terminal:me")
    await world.do(buy("AAPL", "1"))
    again = await world.propose(buy("AAPL", "1"))
    assert [(f.code, f.severity) for f in again.findings] == [("duplicate_order", Severity.WARNING)]
    assert (await world.confirm(again)).status == "EXECUTED"


# news and dates


async def test_news_and_dates_concern_what_is_opened() -> None:
    feed = Feed(
        (item("XOM", "XOM profit plunges, shares sink"), item("AAPL", "AAPL soars"), item("XOM", "Old", minutes=24 * 60 + 1)),
        (EarningsDate("XOM", START + timedelta(days=1), "after"), EarningsDate("AAPL", START, "after")),
    )
    world = await stage()
    found = await gathered(world, lookout(world, feed), "XOM")
    assert found.news is not None
    assert [(h.symbol, h.text) for h in found.news] == [("XOM", "XOM profit plunges, shares sink")]
    assert found.news[0].tone < D("-0.3")
    assert [d.symbol for d in found.earnings or ()] == ["XOM"]


async def test_a_feed_is_asked_once_a_minute_and_again_when_the_world_was_changed() -> None:
    feed = Feed()
    world = await stage()
    watch = lookout(world, feed)
    await gathered(world, watch, "XOM")
    await gathered(world, watch, "AAPL")
    assert feed.asked == ["earnings", "news"]
    await world.pass_time(61)
    await gathered(world, watch, "XOM")
    assert len(feed.asked) == 4
    watch.renew()
    await gathered(world, watch, "XOM")
    assert len(feed.asked) == 6
    await gathered(world, watch, "XOM", limits=Limits(news_hours=D(72), earnings_days=D(9)))
    assert len(feed.asked) == 8, "a wider limit needs a wider answer"


async def test_a_feed_that_fails_or_hangs_is_a_note_and_nothing_is_made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surroundings, "PATIENCE", 0.01)
    world = await stage()
    for feed in (Feed(failing=True), Feed(slow=5)):
        found = await gathered(world, lookout(world, feed), "XOM")
        assert (found.news, found.earnings) == (None, None)
        assert found.notes == ("earnings dates", "the news")
        feed.failing, feed.slow = False, 0
        assert (await gathered(world, lookout(world, feed), "XOM")).notes == ()


async def test_without_a_feed_nothing_is_missing() -> None:
    world = await stage()
    found = await gathered(world, lookout(world), "XOM")
    assert (found.news, found.earnings, found.notes) == (None, None, ())


async def test_history_that_cannot_be_read_is_a_note_for_whoever_opens_and_never_stops_closing() -> None:
    world = await stage()
    portfolio = await snapshot(world)
    world.market.quote("AAPL", "181.99", "182.01", "182")
    assert (await lookout(world).gather(portfolio, ("XOM",), Limits(), None)).notes == ("past prices",)
    assert (await world.do(close("AAPL", "10"))).status == "EXECUTED"


async def test_a_changed_entry_is_judged_like_a_new_one() -> None:
    world = await historical()
    resting = await world.do(limit("XOM", Side.BUY, "1", "105"))
    ticket = await world.propose(ReplaceIntent(f"{resting.id}-1", "XOM", limit=D(106)))
    assert [f.code for f in ticket.findings] == ["correlation"]


async def test_closes_that_cannot_be_read_leave_the_day_unknown() -> None:
    world = await stage()
    portfolio = await snapshot(world)
    world.market.failing = True
    world.floor.hub.clear()
    found = await lookout(world).account(portfolio)
    assert (found.day, found.notes) == (None, ("the last closes",))


def test_tone_is_the_average_of_what_was_said_since() -> None:
    found = Surroundings()
    assert found.tone("AAPL", START) is None
    assert found.headlines("AAPL", START) == ()


# correlation


def returns(**series: tuple[list[float], float]) -> BookReturns:
    by_symbol = {s: tuple(values) for s, (values, _) in series.items()}
    days = len(next(iter(by_symbol.values())))
    return BookReturns(tuple(START - timedelta(days=n) for n in range(days)), by_symbol, {s: w for s, (_, w) in series.items() if w})


def wave(days: int, *, sign: float = 1, every: int = 2) -> list[float]:
    return [sign * (0.01 if n % every else -0.01) for n in range(days)]


def test_correlation_is_with_the_rest_of_the_book() -> None:
    book = returns(AAPL=(wave(130), 0.4), NVDA=(wave(130), 0.3), XOM=(wave(130, sign=-1), 0), SPY=([0.0] * 130, 0.1))
    assert correlations(book, ("AAPL", "XOM", "SPY", "BTC")) == {"AAPL": D(1), "XOM": D(-1)}
    alone = returns(AAPL=(wave(130), 0.4))
    assert correlations(alone, ("AAPL",)) == {}, "there is no rest to move with"


def test_correlation_looks_at_120_sessions_and_asks_for_60() -> None:
    changed = [*wave(80, sign=-1), *wave(120)]
    assert correlations(returns(AAPL=(changed, 0.4), NVDA=(wave(200), 0)), ("NVDA",)) == {"NVDA": D(1)}
    assert correlations(returns(AAPL=(wave(60), 0.4), NVDA=(wave(60), 0)), ("NVDA",)) == {"NVDA": D(1)}
    assert correlations(returns(AAPL=(wave(59), 0.4), NVDA=(wave(59), 0)), ("NVDA",)) == {}


def test_correlation_agrees_with_the_textbook() -> None:
    """x = 1..60 against its square: Pearson's r is 0.96936, from the sums of powers."""
    x = [float(n) for n in range(1, 61)]
    found = correlations(returns(AAPL=(x, 1.0), NVDA=([v * v for v in x], 0)), ("NVDA",))
    n, s1, s2, s3, s4 = 60, sum(x), sum(v**2 for v in x), sum(v**3 for v in x), sum(v**4 for v in x)
    r = (n * s3 - s1 * s2) / ((n * s2 - s1**2) * (n * s4 - s2**2)) ** 0.5
    assert found == {"NVDA": D(str(round(r, 4)))}


async def test_a_card_in_a_market_with_history_knows_the_correlation() -> None:
    world = await historical()
    ticket = await world.propose(buy("XOM", "1"))
    finding = next(f for f in ticket.findings if f.code == "correlation")
    assert (finding.severity, dict(finding.details)["symbol"]) == (Severity.WARNING, "XOM")


async def historical(*more: Entry) -> Stage:
    """Cash and 50 NVDA, in a market where NVDA and XOM have half a year of daily bars."""
    world = await stage(deposit("100000"), bought("NVDA", "50", "100"), *more)
    for n, symbol in enumerate(("NVDA", "XOM")):
        world.market.add(*days(symbol, D(100 + n)), size=Timeframe.DAY)
    world.floor.hub.clear()
    return world


def days(symbol: str, price: Decimal) -> list[Bar]:
    sessions = [s for s in calendar.sessions((START - timedelta(days=200)).date(), START.date()) if s.close <= START]
    closes = [price * (1 + D(n * n % 7) / 100) for n in range(len(sessions))]
    return [Bar(symbol, s.open, s.close, c, c, c, c, D(1000)) for s, c in zip(sessions, closes, strict=True)]
