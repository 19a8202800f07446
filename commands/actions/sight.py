"""What an action looks at: a position, an instrument, a price, an order. What is not there becomes a refusal that says what to type."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from commands.context import Ctx
from domain.chat import Action
from domain.errors import BadArgument, GrammarError, NoPosition, NoPrice, NoSuchOrder, UnknownSymbol
from domain.instruments import Instrument
from domain.market import Quote
from domain.money import ONE, plain, quantity_text, to_lot
from domain.orders import STOPS, Order, Side
from domain.portfolio import Portfolio, Position
from market.indicators import atr

MOST_NAMED = 6
ATR_PERIODS = 14
ATR_SESSIONS = 60  # enough for Wilder's smoothing to forget its seed


@dataclass(frozen=True, slots=True)
class Sight:
    """One held position with its instrument and quote, all of one snapshot."""

    portfolio: Portfolio
    position: Position
    instrument: Instrument
    quote: Quote

    @property
    def symbol(self) -> str:
        """Its symbol."""
        return self.position.symbol

    @property
    def long(self) -> bool:
        """True when the quantity is positive."""
        return self.position.quantity > 0

    @property
    def exit(self) -> Side:
        """The side that reduces it: a short is protected and closed by a buy."""
        return Side.SELL if self.long else Side.BUY

    @property
    def size(self) -> Decimal:
        """The whole position in tradable lots, without sign; raises BadArgument when it is smaller than one lot."""
        size = to_lot(abs(self.position.quantity), self.instrument.lot)
        if size <= 0:
            owned = amount_text(self.position.quantity, self.instrument)
            raise BadArgument(f"You hold {owned}; {lots_text(self.instrument)}, so it cannot be traded here.", example="/positions")
        return size

    @property
    def stops(self) -> tuple[Order, ...]:
        """Its open protective stops and trailing stops."""
        return tuple(o for o in self.portfolio.protection(self.symbol) if o.type in STOPS)


def wanted(action: Action) -> str:
    """The target of an action that needs one; raises GrammarError."""
    if not action.target:
        raise GrammarError(
            f"`{action.verb}` needs to know what: a symbol or an order.", token=str(action.verb), example=f"#AAPL {action.verb}"
        )
    return action.target


async def held(ctx: Ctx, action: Action) -> Sight:
    """The position an action is about; raises NoPosition naming what is held, and NoPrice where nothing can be traded on."""
    symbol = wanted(action)
    portfolio = await ctx.portfolio()
    position = portfolio.position(symbol)
    if position is None:
        raise missing(ctx, portfolio, symbol)
    return sight(portfolio, position)


def sights(portfolio: Portfolio) -> tuple[tuple[Sight, ...], tuple[str, ...]]:
    """Every position that can be traded now, largest first, and a note for each that cannot."""
    seen: list[Sight] = []
    notes: list[str] = []
    for position in sorted(portfolio.positions, key=lambda p: -abs(portfolio.value(p.symbol))):
        try:
            one = sight(portfolio, position)
            _ = one.size  # a holding below one lot refuses here
            seen.append(one)
        except (NoPrice, BadArgument) as refusal:
            notes.append(f"{position.symbol} is left alone: {refusal.message}")
    return tuple(seen), tuple(notes)


def sight(portfolio: Portfolio, position: Position) -> Sight:
    """A position as it can be acted on; raises NoPrice without an instrument or a quote."""
    instrument = portfolio.instruments.get(position.symbol)
    quote = portfolio.quotes.get(position.symbol)
    if instrument is None or quote is None:
        raise no_price(portfolio, position.symbol)
    return Sight(portfolio, position, instrument, quote)


def missing(ctx: Ctx, portfolio: Portfolio, symbol: str) -> NoPosition | UnknownSymbol:
    """The refusal for a symbol that is not held: names the nearest instrument when there is none, else what is held."""
    if not ctx.known(symbol):
        return ctx.unknown(symbol)
    symbols = [p.symbol for p in sorted(portfolio.positions, key=lambda p: -abs(portfolio.value(p.symbol)))]
    if not symbols:
        return NoPosition(f"You hold no {symbol}; this account holds nothing yet.", example=f"#buy {symbol} 1")
    named = ", ".join(symbols[:MOST_NAMED]) + (f" and {len(symbols) - MOST_NAMED} more" if len(symbols) > MOST_NAMED else "")
    return NoPosition(f"You hold no {symbol}. You hold {named}.", example=f"#{symbols[0]} close")


def no_price(portfolio: Portfolio, symbol: str) -> NoPrice:
    """The refusal where there is nothing to trade on."""
    if not portfolio.spec.priced:
        return NoPrice(f"Account {portfolio.spec.name} has no price source, so nothing can be traded on it.", example="/positions")
    return NoPrice(f"There is no price for {symbol} now, so there is nothing to trade on.", example="/status")


async def atr_of(ctx: Ctx, symbol: str) -> Decimal:
    """ATR14 over the completed daily bars; raises NoPrice when there is too little history."""
    bars = await ctx.hub.closes(symbol, ATR_SESSIONS)
    value = atr(bars, ATR_PERIODS)
    if value is None:
        message = f"{symbol} has {len(bars)} daily bars here; an ATR needs {ATR_PERIODS + 1}. A percentage works:"
        raise NoPrice(message, example=f"#{symbol} stop 5%")
    return value


async def tradable(ctx: Ctx, action: Action) -> tuple[Portfolio, Instrument, Quote]:
    """The instrument of a buy or sell with its quote; raises UnknownSymbol naming the nearest, and NoPrice."""
    symbol = wanted(action)
    if not ctx.known(symbol):
        raise ctx.unknown(symbol)
    portfolio = await ctx.portfolio(extra=(symbol,))
    instrument = portfolio.instruments.get(symbol) or ctx.hub.instrument(symbol)
    quote = portfolio.quotes.get(symbol)
    if instrument is None or quote is None:
        raise no_price(portfolio, symbol)
    return portfolio, instrument, quote


async def order_of(ctx: Ctx, action: Action) -> tuple[Portfolio, Order]:
    """The open order an action names, by its id or by the id of its ticket; raises NoSuchOrder naming the open ones."""
    wish = wanted(action).lower()
    portfolio = await ctx.portfolio()
    open_orders = [o for o in portfolio.orders if o.open]
    of_ticket = [o for o in open_orders if o.ticket.lower() == wish]
    sent = [o for o in of_ticket if not o.held]  # a bracket's entry stands for what waits for it
    found = [o for o in open_orders if o.client_id.lower() == wish] or sent or of_ticket
    if len(found) == 1:
        return portfolio, found[0]
    shown = wish[:24]
    if len(found) > 1:
        ids = ", ".join(o.client_id for o in found)
        raise NoSuchOrder(f"{shown} has {len(found)} open orders: {ids}.", example=f"#order-{found[0].client_id} {action.verb}")
    if not open_orders:
        raise NoSuchOrder(f"There is no open order {shown}; no order is open.", example="/orders all")
    ids = ", ".join(f"{o.client_id} ({o.symbol})" for o in open_orders[:MOST_NAMED])
    raise NoSuchOrder(f"There is no open order {shown}. Open are: {ids}.", example=f"#order-{open_orders[0].client_id} cancel")


def lots_text(instrument: Instrument) -> str:
    """How an instrument is divided: `AAPL trades in whole shares`, `BTC trades in steps of 0.0001`."""
    if instrument.lot == ONE:
        return f"{instrument.symbol} trades in whole {instrument.unit}"
    return f"{instrument.symbol} trades in steps of {plain(instrument.lot)}"


def amount_text(quantity: Decimal, instrument: Instrument) -> str:
    """A quantity with what it is of: `1 share of AAPL`, `12 shares of AAPL`, `0.5 BTC`."""
    size = quantity_text(abs(quantity))
    if instrument.unit != "shares":
        return f"{size} {instrument.symbol}"
    return f"{size} {'share' if abs(quantity) == ONE else 'shares'} of {instrument.symbol}"


def in_lots(quantity: Decimal, instrument: Instrument, line: str) -> Decimal:
    """A quantity a person typed, checked against the lot; raises BadArgument with the next smaller one that trades (`line` has `{}`)."""
    rounded = to_lot(quantity, instrument.lot)
    if rounded == quantity:
        return rounded
    nearest = rounded if rounded > 0 else instrument.lot
    raise BadArgument(f"{lots_text(instrument)}; {plain(quantity)} is not that.", example=line.format(plain(nearest)))
