"""The limits that stand guard over an account all the time: how much may be lost, and how many orders may leave."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from trading.risk.limits import Limits


@dataclass(frozen=True, slots=True)
class GuardLimits:
    """How much is too much. Fractions are of equity: 0.05 is 5%, `notional_a_day` 2 is twice the equity.

    `daily_loss` and `drawdown` trip the breaker for `breaker_cooldown`. The order numbers bound automation; `generous` times as much is a
    person's, and what automation may reduce on one symbol. The exposures are only watched here: near and crossed are told.
    """

    daily_loss: Decimal = Decimal("0.05")
    drawdown: Decimal = Decimal("0.15")
    breaker_cooldown: timedelta = timedelta(hours=24)
    orders_a_minute: int = 10
    orders_a_day: int = 200
    notional_a_day: Decimal = Decimal(2)
    generous: int = 10
    position: Decimal = Decimal("0.50")
    sector: Decimal = Decimal("0.40")
    gross: Decimal = Decimal("1.50")
    net: Decimal = Decimal("1.00")


Guarded = Callable[[], GuardLimits]
"""Asked at every look, so that a changed limit holds from the next one on."""


def defaults() -> GuardLimits:
    """The limits of an account nobody changed."""
    return GuardLimits()


def of(limits: Limits) -> GuardLimits:
    """The limits that stand guard all the time, from the account's."""
    return GuardLimits(
        daily_loss=limits.daily_loss,
        drawdown=limits.drawdown,
        breaker_cooldown=timedelta(hours=float(limits.breaker_cooldown_hours)),
        orders_a_minute=limits.orders_a_minute,
        orders_a_day=limits.orders_a_day,
        notional_a_day=limits.notional_a_day,
        position=limits.weight_blocking,
        sector=limits.sector,
        gross=limits.gross,
        net=limits.net,
    )
