"""The demo book: a ledger of trades that could have been made in the simulated market, so that a newcomer has something to talk about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from domain.instruments import Instrument
from domain.ledger import Entry, EntryKind
from domain.market import Timeframe
from domain.money import ONE, ZERO, to_lot, to_tick
from domain.orders import OrderIntent, OrderType, Side, TimeInForce
from market import calendar
from market.hub import Hub

DEPOSIT = Decimal(100_000)
SESSIONS = 120
CASH = Decimal("0.20")  # of equity, at the end
FILLER = "SPY"  # its size makes the cash come out
FILLED = 104  # sessions ago, at the close
CLEAR = Decimal("0.03")  # a closed trade counts as a gain or a loss from here on
CLOSE = 0  # the minute of a deal that is made at the session's close
EVENING = 8 * 60  # minutes after the open: only what trades round the clock can be bought then


@dataclass(frozen=True, slots=True)
class DemoBook:
    """The ledger, oldest entry first, and the protective orders (stops and targets) that stand at its end."""

    entries: tuple[Entry, ...]
    stops: tuple[OrderIntent, ...]


@dataclass(frozen=True, slots=True)
class _Deal:
    """One planned trade: so many sessions before the last completed one (0), at a minute of the session (CLOSE: its end).

    A buy is worth `money`; a sale is `part` of what is held then.
    """

    symbol: str
    ago: int
    minute: int
    money: int = 0
    part: Decimal = ZERO


PLAN = (
    _Deal("AAPL", 117, CLOSE, 6_500),
    _Deal("MSFT", 117, CLOSE, 8_000),
    _Deal("NVDA", 112, CLOSE, 7_000),
    _Deal("COST", 106, CLOSE, 5_500),
    _Deal("BTC", 98, EVENING, 4_000),
    _Deal("JPM", 92, CLOSE, 5_500),
    _Deal("TSLA", 81, CLOSE, 6_000),
    _Deal("XOM", 74, CLOSE, 5_000),
    _Deal("UNH", 66, CLOSE, 5_500),
    _Deal("NVDA", 58, CLOSE, 5_000),
    _Deal("AAPL", 41, CLOSE, 3_500),
    _Deal("DIS", 36, CLOSE, 4_500),
    _Deal("TSLA", 27, CLOSE, part=Decimal("0.25")),
    _Deal("CEG", 22, 84, 4_000),
    _Deal("BTC", 15, EVENING + 130, 2_500),
    _Deal("AMZN", 9, 52, 6_000),
    _Deal("NVDA", 0, 36, part=Decimal("0.30")),
    _Deal("XOM", 0, 171, 1_500),
)
TRIED = ("META", "INTC", "AMD", "NFLX")  # what the closed trades are looked for in
ROUNDS = ((110, 83), (95, 60), (88, 30), (64, 20), (52, 12))  # bought and sold so many sessions ago
ROUND_MONEY = 4_000

STOPS = (("UNH", Decimal("0.99")), ("AAPL", Decimal("0.93")), ("NVDA", Decimal("0.90")), ("TSLA", Decimal("0.88")))
TARGETS = (("AMZN", Decimal("1.08")), ("JPM", Decimal("1.10")))


async def demo_book(hub: Hub, until: datetime, account: str) -> DemoBook:
    """The book as it stands at `until`: 100,000 USD paid in 120 sessions earlier, a fifth of it in cash at the end, the rest in a dozen
    positions; some closed trades, at least one with a gain and one with a loss where prices allow; trades in the last completed session.

    Trades are at the market's prices of their instants, half a spread worse, without commission. The same market gives the same book.
    """
    days = calendar.sessions(until.date() - timedelta(days=SESSIONS * 2), calendar.latest_completed(until).day)[-SESSIONS:]
    symbols = tuple(dict.fromkeys((*(d.symbol for d in PLAN), *TRIED, FILLER)))
    instruments = {s: hub.require(s) for s in symbols}
    writer = _Writer(hub, account, days, instruments, await _half_spreads(hub, symbols))
    deals = sorted((*PLAN, *await _rounds(hub, days)), key=lambda d: (-d.ago, d.minute))
    entries = [e for deal in deals if (e := await writer.trade(deal)) is not None]
    last = await hub.prices_at(symbols, until)
    filler = await writer.filler(last)
    whole = sorted((*entries, *([filler] if filler else ())), key=lambda e: e.at)
    ledger = (writer.deposit(), *(replace(e, id=f"demo-{i:02}") for i, e in enumerate(whole, 1)))
    return DemoBook(ledger, _protection(writer.held, last, instruments))


class _Writer:
    """Turns planned trades into ledger entries, keeping count of what is held and of the cash."""

    def __init__(
        self,
        hub: Hub,
        account: str,
        days: Sequence[calendar.Session],
        instruments: Mapping[str, Instrument],
        halves: Mapping[str, Decimal],
    ) -> None:
        self._hub = hub
        self._account = account
        self._days = days
        self._instruments = instruments
        self._halves = halves
        self.held: dict[str, Decimal] = {}
        self.cash = DEPOSIT

    def deposit(self) -> Entry:
        """The money the book began with."""
        return Entry("demo-00", self._account, self._days[0].open, EntryKind.DEPOSIT, DEPOSIT, source="demo")

    async def trade(self, deal: _Deal) -> Entry | None:
        """The entry of a planned trade; None when its money does not buy a lot."""
        instrument = self._instruments[deal.symbol]
        side = Side.BUY if deal.money else Side.SELL
        at, price = await self._price(deal, side)
        wanted = Decimal(deal.money) / price if deal.money else self.held.get(deal.symbol, ZERO) * deal.part
        return self._book(instrument, side, to_lot(wanted, _step(instrument)), price, at)

    async def filler(self, last: Mapping[str, Decimal]) -> Entry | None:
        """The purchase that leaves a fifth of the final equity in cash; None when there is no cash to spare."""
        deal = _Deal(FILLER, FILLED, CLOSE)
        instrument = self._instruments[FILLER]
        at, price = await self._price(deal, Side.BUY)
        equity = self.cash + sum((q * last[s] for s, q in self.held.items()), ZERO)
        money = (self.cash - CASH * equity) / (ONE - CASH + CASH * last[FILLER] / price)
        return self._book(instrument, Side.BUY, to_lot(max(money, ZERO) / price, instrument.lot), price, at)

    def _book(self, instrument: Instrument, side: Side, quantity: Decimal, price: Decimal, at: datetime) -> Entry | None:
        if quantity <= 0:
            return None
        symbol, amount = instrument.symbol, -side.sign * quantity * price
        self.held[symbol] = self.held.get(symbol, ZERO) + side.sign * quantity
        self.cash += amount
        return Entry("", self._account, at, EntryKind.TRADE, amount, symbol, side, quantity, price, source="demo")

    async def _price(self, deal: _Deal, side: Side) -> tuple[datetime, Decimal]:
        symbol, session = deal.symbol, self._days[-1 - deal.ago]
        if deal.minute == CLOSE:
            at, seen = session.close, await _close(self._hub, symbol, session)
        else:
            at = session.open + timedelta(minutes=deal.minute)
            seen = (await self._hub.prices_at((symbol,), at))[symbol]
        tick = self._instruments[symbol].tick
        steps = (seen * (ONE + side.sign * self._halves[symbol])) / tick
        return at, steps.quantize(ONE, rounding=ROUND_CEILING if side is Side.BUY else ROUND_FLOOR) * tick


async def _close(hub: Hub, symbol: str, session: calendar.Session) -> Decimal:
    """The close of one session, read alone: the hub would fill a year of bars."""
    return (await hub.bars(symbol, Timeframe.DAY, session.open, session.close))[-1].close


def _step(instrument: Instrument) -> Decimal:
    """Nobody buys millionths of a coin: four decimals at most."""
    return max(instrument.lot, Decimal("0.0001"))


async def _half_spreads(hub: Hub, symbols: Sequence[str]) -> Mapping[str, Decimal]:
    quotes = await hub.quotes(symbols)
    return {s: quotes[s].spread / 2 / quotes[s].last if s in quotes else ZERO for s in symbols}


async def _rounds(hub: Hub, days: Sequence[calendar.Session]) -> list[_Deal]:
    """Closed trades: the first clear gain and the first clear loss found, and one more of either kind."""
    found: list[_Deal] = []
    wins = losses = 0
    for i, symbol in enumerate(TRIED):
        for bought, sold in (*ROUNDS[i:], *ROUNDS[:i]):
            before, after = await _close(hub, symbol, days[-1 - bought]), await _close(hub, symbol, days[-1 - sold])
            move = after / before - ONE
            if (move >= CLEAR and wins < 2) or (move <= -CLEAR and losses < 1):
                wins, losses = wins + (move > 0), losses + (move < 0)
                found += [_Deal(symbol, bought, CLOSE, ROUND_MONEY), _Deal(symbol, sold, CLOSE, part=ONE)]
                break
    return found


def _protection(held: Mapping[str, Decimal], last: Mapping[str, Decimal], instruments: Mapping[str, Instrument]) -> tuple[OrderIntent, ...]:
    orders = []
    for symbol, factor in (*STOPS, *TARGETS):
        quantity, price = held.get(symbol, ZERO), to_tick(last[symbol] * factor, instruments[symbol].tick)
        if quantity > 0:
            stop = factor < 1
            orders.append(
                OrderIntent(
                    symbol,
                    Side.SELL,
                    OrderType.STOP if stop else OrderType.LIMIT,
                    quantity=quantity,
                    stop=price if stop else None,
                    limit=None if stop else price,
                    tif=TimeInForce.GTC,
                    reduce_only=True,
                    why="protects the demo book" if stop else "takes profit in the demo book",
                )
            )
    return tuple(orders)
