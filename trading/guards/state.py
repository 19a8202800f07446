"""The trading state: whether an account may open, only reduce, or is halted; one value that everybody asks."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Protocol

from domain.tickets import Finding, Severity
from market import calendar
from storage.store import Tx
from trading.guards.breaker import Breaker
from trading.guards.killswitch import KillSwitch

HALTED = "halted"
REDUCING = "reducing"


class TradingState(StrEnum):
    """What may leave. In both others closing, cancelling and protecting go on."""

    ACTIVE = "active"
    REDUCING = "reducing"  # the breaker is tripped
    HALTED = "halted"  # the kill switch is pulled


class Opening(Protocol):
    """What sends orders asks only this."""

    def now(self) -> TradingState:
        """The state as this process knows it."""
        ...


class Trading:
    """The kill switch and the breaker as one answer; the stricter wins."""

    def __init__(self, killswitch: KillSwitch, breaker: Breaker) -> None:
        self._killswitch = killswitch
        self._breaker = breaker

    def now(self) -> TradingState:
        """The state as this process knows it; asked again right before anything is sent."""
        return _stricter(halted=self._killswitch.halted(), tripped=self._breaker.tripped is not None)

    async def stored(self, tx: Tx) -> TradingState:
        """The stricter of what is committed and what this process knows, so that a refused write opens nothing."""
        halted = self._killswitch.halted() or await self._killswitch.halted_in(tx)
        return _stricter(halted=halted, tripped=await self._breaker.tripped_in(tx) is not None)

    def finding(self, state: TradingState) -> Finding | None:
        """Why nothing is opened in a state, for a card; None while it is allowed."""
        if state is TradingState.HALTED:
            sentence = "Trading is halted by the emergency stop; only closing and cancelling go on. `#resume` is an owner's."
            return Finding(HALTED, Severity.BLOCKING, sentence)
        if state is TradingState.REDUCING:
            trip = self._breaker.tripped
            until = f" until {exchange_moment(trip.until)}" if trip is not None else ""
            sentence = (
                f"The breaker has tripped{f' on the {trip.cause}' if trip is not None else ''}: only closing, cancelling and protecting "
                f"go on{until}. An owner may end it sooner: `/breaker reset`"
            )
            details = (("cause", trip.code), ("until", trip.until.isoformat())) if trip is not None else ()
            return Finding(REDUCING, Severity.BLOCKING, sentence, details)
        return None


def exchange_moment(at: datetime) -> str:
    """An instant in exchange time: `09:30 New York, Mon 13 Oct`."""
    local = at.astimezone(calendar.NEW_YORK)
    return f"{local:%H:%M} New York, {local:%a} {local.day} {local:%b}"


def _stricter(*, halted: bool, tripped: bool) -> TradingState:
    return TradingState.HALTED if halted else TradingState.REDUCING if tripped else TradingState.ACTIVE
