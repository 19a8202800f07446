"""Used: how much of each limit an account uses now."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from domain.money import ZERO
from domain.portfolio import Portfolio
from trading.risk import exposure
from trading.risk.surroundings import Surroundings


@dataclass(frozen=True, slots=True)
class Used:
    """How far a limit is used, in its unit, and by what: a symbol, a sector, or nothing in particular."""

    value: Decimal
    about: str = ""


def used(portfolio: Portfolio, around: Surroundings) -> dict[str, Used]:
    """By the name of the limit; limits that only an order can use are left out, and so is what is not known.

    A loss is positive, a gain uses nothing of its limit. Weights and exposures are of what is held, without open entries.
    """
    found: dict[str, Used] = {}
    standing = exposure.standing(portfolio) if portfolio.complete else None
    if standing is not None:
        heaviest = max((Used(abs(portfolio.weight(p.symbol)), p.symbol) for p in portfolio.positions), key=_size, default=Used(ZERO))
        sector = max((Used(weight, name) for name, weight in standing.sectors.items()), key=_size, default=Used(ZERO))
        found |= {"weight_warning": heaviest, "weight_blocking": heaviest, "sector": sector}
        found |= {"gross": Used(standing.gross), "net": Used(abs(standing.net))}
    if around.day is not None:
        found["daily_loss"] = Used(max(-around.day, ZERO))
    if around.drawdown is not None:
        found["drawdown"] = Used(around.drawdown)
    if around.trades is not None:
        found["trades_a_day"] = Used(Decimal(around.trades))
    return found


def _size(one: Used) -> tuple[Decimal, str]:
    return one.value, one.about
