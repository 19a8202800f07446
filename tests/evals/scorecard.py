"""The scorecard on a seeded history: three simulated years of a book that follows every second suggestion, scored by the real job.

`python -m tests.evals.scorecard` prints the table and writes it into `docs/evaluations.md`; the same seed gives the same table.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from copilot.advised import advice_of
from copilot.loadings import loadings
from copilot.outcome import stopped
from copilot.past import read_past
from copilot.recommend import recommend
from copilot.recommendation import Recommendation, View
from copilot.scorecard import Card, by_rule, card_of
from copilot.scoring import Scoring
from domain.advice import Adoption, Advice, AdvisedLeg, Score
from domain.clock import ManualClock
from domain.ledger import EntryKind
from domain.market import Timeframe
from domain.money import ZERO, cents
from domain.orders import Order, OrderStatus, OrderType, Side, TimeInForce
from domain.portfolio import AccountSpec, Mode
from market import calendar
from market.hub import Hub
from market.indicators import atr
from market.news.embedded import EmbeddedNews
from market.sources.embedded import Embedded
from storage import recommendations
from storage.snapshot import open_memory
from storage.store import Store
from tests.copilot.scene import money, traded
from tests.evals.page import written
from trading.book import Book
from trading.jobs import Turn

FIRST, LAST = date(2023, 1, 3), date(2025, 12, 31)
EVERY = 2  # sessions between two looks at the suggestions
SAID = 3  # suggestions that one answer has room for
WANTED = 7  # positions the book is filled up to
SYMBOLS = ("AAPL", "NVDA", "MSFT", "XOM", "JPM", "TSLA", "AMD", "UNH", "COST", "META", "BAC", "WMT", "DIS", "INTC", "CEG", "GS")
DEPOSIT = "100000"


@dataclass
class Years:
    """A book in the simulated world, moved from look to look."""

    book: Book
    hub: Hub
    news: EmbeddedNews
    clock: ManualClock
    store: Store
    job: Scoring
    count: int = 0

    async def trade(self, symbol: str, signed: Decimal, price: Decimal) -> None:
        """A trade of this instant; what protects more than is left goes."""
        if not signed:
            return
        self.count += 1
        side = Side.BUY if signed > 0 else Side.SELL
        self.book.accept(traded(f"e{self.count}", symbol, side, abs(signed), cents(price), self.clock.now(), "0"))
        order = next((o for o in self.book.orders if o.symbol == symbol), None)
        if order is not None and signed < 0:
            left = self.book.holdings.quantity(symbol)
            self.book.put(replace(order, quantity=left) if left > 0 else replace(order, status=OrderStatus.CANCELLED))

    def protect(self, symbol: str, level: Decimal) -> None:
        """A stop in the place of the one that is there."""
        at, held = self.clock.now(), self.book.holdings.quantity(symbol)
        order = Order(f"{symbol.lower()}-stop", "demo", "t", 1, symbol, Side.SELL, OrderType.STOP, held, TimeInForce.GTC, at, at)
        self.book.put(replace(order, stop=level, reduce_only=True, status=OrderStatus.ACCEPTED))

    async def fire(self, since: datetime) -> None:
        """Sell what its stop was reached for since the last look."""
        for order in self.book.orders:
            bars = await self.hub.bars(order.symbol, Timeframe.DAY, since, self.clock.now())
            fill = stopped(AdvisedLeg(order.symbol, -order.quantity, ZERO), order.stop, bars)
            if fill is not None:
                await self.trade(order.symbol, -order.quantity, fill)

    async def fill_up(self, step: int) -> None:
        """Buy what the book lacks, a seventh of the equity each, from a list gone through in a fixed order."""
        now = await self.book.snapshot(fresh=True, extra=SYMBOLS)
        share = now.equity / (WANTED + 1)
        for k in range(len(SYMBOLS)):
            symbol = SYMBOLS[(step * 5 + k * 7) % len(SYMBOLS)]
            if len(self.book.holdings.positions) >= WANTED or self.book.holdings.cash < share:
                return
            if self.book.holdings.quantity(symbol) == 0:
                await self.trade(symbol, (share / now.quotes[symbol].ask).to_integral_value(rounding="ROUND_DOWN"), now.quotes[symbol].ask)

    async def view(self) -> View:
        """What the rules see now."""
        now = await self.book.snapshot(fresh=True, extra=("SPY",))
        symbols = [p.symbol for p in now.positions]
        ranges = {s: r for s in symbols if (r := atr(await self.hub.closes(s, 60))) is not None}
        reports = await self.news.earnings(now.at, now.at + timedelta(days=7))
        betas = {s: found.beta for s, found in (await loadings(self.hub, now, symbols)).items()}
        return View(now, ranges, tuple(r for r in reports if r.symbol in symbols), frozenset({"SPY"}), betas)

    async def look(self) -> None:
        """Hear the first three suggestions and follow every second new one."""
        view = await self.view()
        async with self.store.read() as tx:
            past = await read_past(tx, "demo", self.clock.now())
        for one in recommend(view, past)[:SAID]:
            advice = advice_of(one, view.portfolio)
            async with self.store.write() as tx:
                fresh = await recommendations.add(tx, advice)
                if not fresh or sum(one.id.encode()) % 2:
                    continue
                await recommendations.settle(tx, replace(advice, adoption=Adoption.FOLLOWED, ticket="sim", settled=self.clock.now()))
            await self.follow(one)

    async def follow(self, one: Recommendation) -> None:
        """Do what it says, at the prices it was said at."""
        for leg in one.legs:
            if leg.price is not None:
                await self.trade(leg.symbol, leg.quantity, leg.price)
            elif leg.stop is not None and self.book.holdings.quantity(leg.symbol) > 0:
                self.protect(leg.symbol, leg.stop)


async def history(first: date = FIRST, last: date = LAST, seed: int = 7) -> tuple[list[Advice], list[Score]]:
    """Everything that was shown between two days, and its scores; the job runs after every look, and once more a quarter later."""
    days = calendar.sessions(first, last)
    clock = ManualClock(days[0].open)
    market, store = Embedded(clock, seed), await open_memory()
    hub = Hub(market, clock)
    book = Book(AccountSpec("demo", Mode.DEMO), hub, store, clock)
    book.accept(money("d0", EntryKind.DEPOSIT, DEPOSIT, days[0].open - timedelta(days=1)))
    years = Years(book, hub, EmbeddedNews(market.world, clock), clock, store, Scoring(hub, store, clock, "demo"))
    before = days[0].open
    for step, day in enumerate(days[::EVERY]):
        clock.set(day.open + timedelta(hours=2))
        await years.fire(before)
        await years.fill_up(step)
        await years.look()
        await years.job.run(Turn("score", clock.now(), before))
        before = clock.now()
    clock.set(datetime.combine(last + timedelta(days=40), days[0].open.time(), UTC))
    await years.job.run(Turn("score", clock.now(), before))
    async with store.read() as tx:
        return await recommendations.shown(tx, "demo"), await recommendations.scores(tx, "demo")


def table(shown: Sequence[Advice], scores: Sequence[Score]) -> str:
    """The scorecard as text: a line for each rule after five sessions, all horizons of all, both sides, calibration."""
    names = f"{'rule':<16}{'shown':>6}{'followed':>9}{'scored':>7}{'right':>7}"
    lines = [f"{names}{'95% interval':>16}{'gain $':>9}{'gain %':>8}{'SPY %':>7}  verdict"]
    everybody = card_of(shown, scores)
    for rule, card in {**by_rule(shown, scores), "all": everybody}.items():
        lines.append(_line(rule.replace("_", " "), card, 5))
    lines += ["", "all, by horizon"]
    lines += [_line(f"{horizon} sessions", everybody, horizon) for horizon in everybody.by_horizon]
    lines.append("")
    for name, side in (("followed", everybody.followed), ("ignored", everybody.ignored)):
        lines.append(
            f"{name:<9} {side.scored:>4} scored, {side.rate:.1%} right ({side.low:.0%} to {side.high:.0%}), {side.gain:+.2f} $ on average"
        )
    lines += ["", f"Brier score {everybody.brier}; 0.25 is what one half every time gives", "confidence  said   came    n"]
    lines += [f"{b.low:.0%} to {b.high:.0%}".ljust(12) + f"{b.said:.1%}  {b.came:.1%}  {b.count:>4}" for b in everybody.buckets]
    return "\n".join(line.rstrip() for line in lines)


def _line(name: str, card: Card, horizon: int) -> str:
    tally = card.by_horizon.get(horizon)
    done = card.became[Adoption.FOLLOWED] + card.became[Adoption.PARTLY]
    head = f"{name:<16}{card.shown:>6}{done:>9}"
    if tally is None:
        return head
    market = "" if tally.market is None else f"{tally.market * 100:+.2f}"
    interval = f"{tally.low:.0%} to {tally.high:.0%}"
    rate = f"{tally.rate:.1%}" if tally.decided else "–"
    return f"{head}{tally.scored:>7}{rate:>7}{interval:>16}{tally.gain:>+9.2f}{tally.of_value * 100:>+8.2f}{market:>7}  {tally.verdict}"


def printed() -> str:
    """The table of the three years with its heading."""
    shown, scores = asyncio.run(history())
    return f"{len(shown)} suggestions from {FIRST} to {LAST}, simulated prices, seed 7; after 5 sessions\n{table(shown, scores)}"


def main() -> None:
    """Print the table and put it on its page."""
    text = printed()
    print(text)
    written("scorecard", text)


if __name__ == "__main__":
    main()
