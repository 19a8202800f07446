"""What following a piece of advice was worth against doing nothing, from the bars between its instant and a close; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from domain.advice import Advice, AdvisedLeg, Score
from domain.errors import SourceFailed
from domain.instruments import Instrument
from domain.market import Bar
from domain.money import CENT, ONE, ZERO, cents
from market import calendar
from trading.commission import Commission

_FINE = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Path:
    """How one symbol went from an instant to a close: the bars in between, oldest first, and the price at the end."""

    instrument: Instrument
    bars: tuple[Bar, ...]
    last: Decimal


def due_at(shown: datetime, horizon: int) -> datetime | None:
    """The close of the `horizon`-th session that opens at or after an instant, so that each is whole; None beyond the calendar."""
    try:
        day = shown.astimezone(calendar.NEW_YORK).date()
        today = calendar.session(day)
        session = today if today is not None and today.open >= shown else calendar.following(day)
        for _ in range(horizon - 1):
            session = calendar.following(session.day)
    except SourceFailed:
        return None
    return session.close


def stopped(leg: AdvisedLeg, level: Decimal | None, bars: Sequence[Bar]) -> Decimal | None:
    """The price at which a stop on the leg's position is filled: its level, or the open of the first bar beyond it; None if never."""
    if level is None:
        return None
    selling = leg.quantity < 0
    for bar in bars:
        if (bar.open <= level) if selling else (bar.open >= level):
            return bar.open
        if (bar.low <= level) if selling else (bar.high >= level):
            return level
    return None


def leg_gain(leg: AdvisedLeg, path: Path, commission: Commission) -> Decimal:
    """What following one leg made beyond doing nothing, in cents.

    Both ways end at the price of the close. A quantity q that trades at f when followed and at n when not (a stop that stood there
    anyway, else the close) makes q * (n - f) more, less the fee of the one and plus the fee of the other.
    """
    quantity, instrument = abs(leg.quantity), path.instrument
    away = stopped(leg, leg.standing, path.bars)
    nothing = path.last if away is None else away
    nothing_fee = ZERO if away is None else commission.fee(instrument, quantity, away)
    if leg.price is not None:
        followed, fee = leg.price, leg.fee
    else:
        hit = stopped(leg, leg.stop, path.bars)
        followed = path.last if hit is None else hit
        fee = ZERO if hit is None else commission.fee(instrument, quantity, hit)
    return cents(leg.quantity * (nothing - followed) * instrument.multiplier - fee + nothing_fee)


def score_of(
    advice: Advice, horizon: int, due: datetime, at: datetime, paths: Mapping[str, Path], market: Decimal | None, commission: Commission
) -> Score:
    """The score of one horizon; `market` is the market fund's price at its close, `at` when it is reckoned."""
    gain = sum((leg_gain(leg, paths[leg.symbol], commission) for leg in advice.legs), ZERO).quantize(CENT)
    moved = None if market is None or not advice.market else (market / advice.market - ONE).quantize(_FINE)
    return Score(
        advice=advice.id,
        account=advice.account,
        rule=advice.rule,
        horizon=horizon,
        due=due,
        at=at,
        gain=gain,
        of_value=_share(gain, advice.value),
        of_equity=_share(gain, advice.equity),
        market=moved,
    )


def _share(part: Decimal, whole: Decimal) -> Decimal:
    return (part / whole).quantize(_FINE) if whole > 0 else ZERO
