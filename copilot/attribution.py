"""Where a P/L came from: market, sector, own move, trades, fees, dividends, currency; the parts sum to the change to the cent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from domain.ledger import Entry, EntryKind
from domain.money import ONE, ZERO, cents

FLOWS = (EntryKind.DEPOSIT, EntryKind.WITHDRAWAL)


@dataclass(frozen=True, slots=True)
class Loading:
    """How a symbol moves with others, from 60 daily returns before the span: `beta` to the market, `tilt` to its sector fund's own move.

    `sigma` is the daily standard deviation of what neither explains, as a fraction. `fund` is None where the sector has none here.
    """

    beta: Decimal
    tilt: Decimal
    sigma: Decimal
    fund: str | None
    fund_beta: Decimal = ONE


@dataclass(frozen=True, slots=True)
class Leg:
    """One symbol over the span: quantity and price at its ends (price None where there is none) and its multiplier.

    Prices are in the instrument's currency; the rates say what a unit of it is worth in the account's at both ends.
    """

    symbol: str
    before: Decimal
    after: Decimal
    price_before: Decimal | None
    price_after: Decimal | None
    multiplier: Decimal = ONE
    rate_before: Decimal = ONE
    rate_after: Decimal = ONE

    @property
    def foreign(self) -> bool:
        """True where a rate stands between it and the account."""
        return (self.rate_before, self.rate_after) != (ONE, ONE)


@dataclass(frozen=True, slots=True)
class Part:
    """What one symbol made, in cents; `total` is the sum of the others. `move` is its price change over the span as a fraction."""

    symbol: str
    total: Decimal
    market: Decimal
    sector: Decimal
    own: Decimal
    trades: Decimal
    fees: Decimal
    dividends: Decimal
    move: Decimal | None
    currency: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Attribution:
    """The account's P/L over the span and its parts by kind and by symbol (largest first); `account_fees` belong to no symbol.

    `total` = market + sector + own + trades + fees + dividends + currency, exactly. `unknown` are symbols without a price at an end;
    they are in no part.
    """

    total: Decimal
    market: Decimal
    sector: Decimal
    own: Decimal
    trades: Decimal
    fees: Decimal
    dividends: Decimal
    parts: tuple[Part, ...]
    unknown: tuple[str, ...]
    account_fees: Decimal
    currency: Decimal = ZERO

    @property
    def kinds(self) -> tuple[tuple[str, Decimal], ...]:
        """The parts by kind, largest first."""
        named = (
            ("the market", self.market),
            ("sectors", self.sector),
            ("your stocks' own moves", self.own),
            ("trades inside the span", self.trades),
            ("fees", self.fees),
            ("dividends", self.dividends),
            ("currency", self.currency),
        )
        return tuple(sorted(named, key=lambda kv: (-abs(kv[1]), kv[0])))


def attribute(
    legs: Sequence[Leg],
    entries: Sequence[Entry],
    loadings: Mapping[str, Loading],
    moves: Mapping[str, Decimal],
    market: str = "SPY",
) -> Attribution:
    """Split the P/L of a span.

    P/L of a symbol = value after - value before + cash its entries brought. Trades: each valued at the last price against its own price.
    Market = beta * market move * value before; sector = tilt * (fund move - fund beta * market move) * value before; own is the rest.
    Currency = value before in its own currency * change of the rate, and of each trade what the rate did since; the rest at the last rate.
    `entries` are the span's, `moves` the price changes of market and sector funds as fractions.
    """
    legs = sorted(legs, key=lambda leg: leg.symbol)
    unknown = tuple(leg.symbol for leg in legs if not _valued(leg))
    raw = [(leg, _raw(leg, entries, loadings.get(leg.symbol), moves, market)) for leg in legs if _valued(leg)]
    loose = sum((e.amount for e in entries if e.symbol is None and e.kind not in FLOWS), ZERO)
    account_fees = cents(loose)
    exact = sum((r[0] for _, r in raw), ZERO)
    total = cents(exact + loose)
    parts = [_rounded(leg, r) for leg, r in raw]
    slip = total - account_fees - sum((p.total for p in parts), ZERO)
    parts.sort(key=lambda p: (-abs(p.total), p.symbol))
    if parts and slip:
        first = parts[0]  # the rounding of many symbols goes to the largest
        parts[0] = replace(first, total=first.total + slip, own=first.own + slip)
    elif slip:
        account_fees += slip
    return Attribution(
        total=total,
        market=sum((p.market for p in parts), ZERO),
        sector=sum((p.sector for p in parts), ZERO),
        own=sum((p.own for p in parts), ZERO),
        trades=sum((p.trades for p in parts), ZERO),
        fees=sum((p.fees for p in parts), ZERO) + account_fees,
        dividends=sum((p.dividends for p in parts), ZERO),
        parts=tuple(parts),
        unknown=unknown,
        account_fees=account_fees,
        currency=sum((p.currency for p in parts), ZERO),
    )


def _valued(leg: Leg) -> bool:
    return (leg.before == 0 or leg.price_before is not None) and (leg.after == 0 or leg.price_after is not None)


def _raw(
    leg: Leg, entries: Sequence[Entry], loading: Loading | None, moves: Mapping[str, Decimal], market: str
) -> tuple[Decimal, Decimal, Decimal, Decimal, Decimal, Decimal, Decimal | None, Decimal]:
    """total, market, sector, trades, fees, dividends, move, currency; unrounded, in the account's currency."""
    mine = [e for e in entries if e.symbol == leg.symbol]
    first, last = leg.price_before or ZERO, leg.price_after or ZERO
    local = leg.before * first * leg.multiplier
    value_before = local * leg.rate_after
    total = leg.after * last * leg.multiplier * leg.rate_after - local * leg.rate_before + sum((e.amount for e in mine), ZERO)
    fees = -sum((e.fee for e in mine if e.kind is EntryKind.TRADE), ZERO) + sum((e.amount for e in mine if e.kind is EntryKind.FEE), ZERO)
    dividends = sum((e.amount for e in mine if e.kind is EntryKind.DIVIDEND), ZERO)
    trades = _traded(mine, last, leg)
    move = last / first - 1 if first and last and not any(e.kind is EntryKind.SPLIT for e in mine) else None
    by_market = by_sector = ZERO
    if loading is not None and move is not None and market in moves and leg.symbol != market:
        by_market = loading.beta * moves[market] * value_before
        if loading.fund is not None and loading.fund in moves and loading.fund != leg.symbol:
            by_sector = loading.tilt * (moves[loading.fund] - loading.fund_beta * moves[market]) * value_before
    elif leg.symbol == market and move is not None:
        by_market = move * value_before
    return total, by_market, by_sector, trades, fees, dividends, move, _exchanged(mine, local, leg)


def _exchanged(mine: Sequence[Entry], local: Decimal, leg: Leg) -> Decimal:
    """What the rate made: on what was held before, and on each trade since it was booked in the account's currency."""
    if not leg.foreign:
        return ZERO
    made = local * (leg.rate_after - leg.rate_before)
    for entry in mine:
        if entry.kind is EntryKind.TRADE and entry.side is not None:
            cost = entry.side.sign * entry.quantity * entry.price * leg.multiplier
            made += cost * leg.rate_after + entry.amount + entry.fee
    return made


def _traded(mine: Sequence[Entry], last: Decimal, leg: Leg) -> Decimal:
    """What the span's trades made against the last price; a later split counts for the shares bought before it."""
    if not last:
        # flat at the end without a price: every trade is measured against the price before, so that the rest is what was held
        last = leg.price_before or ZERO
    made = ZERO
    for k, entry in enumerate(mine):
        if entry.kind is EntryKind.TRADE and entry.side is not None:
            ratio = ONE
            for later in mine[k + 1 :]:
                if later.kind is EntryKind.SPLIT and later.quantity:
                    ratio *= later.quantity
            made += entry.side.sign * entry.quantity * (last * ratio - entry.price) * leg.multiplier
    return made * leg.rate_after


def _rounded(leg: Leg, raw: tuple[Decimal, Decimal, Decimal, Decimal, Decimal, Decimal, Decimal | None, Decimal]) -> Part:
    total, market, sector, trades, fees, dividends = (cents(value) for value in raw[:6])
    currency = cents(raw[7])
    own = total - market - sector - trades - fees - dividends - currency
    return Part(leg.symbol, total, market, sector, own, trades, fees, dividends, raw[6], currency)
