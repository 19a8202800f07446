"""Safeguards: everything that stands between an account and its own accidents, put together once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from domain.orders import BreakerIntent, MandateIntent
from domain.ports import Clock
from market.hub import Hub
from storage.store import Store
from trading.book import Book
from trading.bus import Bus
from trading.guards.automation import Automation
from trading.guards.breaker import Breaker, Resetting
from trading.guards.buckets import Buckets
from trading.guards.killswitch import KillSwitch
from trading.guards.limitwatch import LimitWatch
from trading.guards.mandates import MandateDesk, Signing
from trading.guards.state import Trading
from trading.record import Failpoint, unbroken
from trading.risk.limits import InForce
from trading.risk.surroundings import Losses
from trading.standing import Change


@dataclass(frozen=True, slots=True)
class Guards:
    """One account's guards. `load` before anything is sent; the steps of `rounds` belong into every round."""

    killswitch: KillSwitch
    breaker: Breaker
    trading: Trading
    automation: Automation
    mandates: MandateDesk
    buckets: Buckets
    limitwatch: LimitWatch
    clock: Clock

    async def load(self) -> None:
        """Take up what each of them kept."""
        await self.breaker.load()
        await self.automation.load()
        await self.mandates.load()
        await self.limitwatch.load()

    def losses(self) -> Losses | None:
        """What the breaker reads, for the checks; None before its first reading."""
        reading = self.breaker.reading
        return None if reading is None else Losses(reading.daily_loss, reading.drawdown)

    def rounds(self) -> tuple[tuple[str, Callable[[], Awaitable[object]]], ...]:
        """What they do in a round; the breaker before anything that might open."""
        return (
            ("killswitch", self.killswitch.settle),
            ("breaker", self.breaker.round),
            ("mandates", self.mandates.expire),
            ("limits", self.limitwatch.round),
        )

    def changes(self) -> dict[type, Change]:
        """What a card can change in them."""
        return {BreakerIntent: Resetting(self.breaker), MandateIntent: Signing(self.mandates, self.clock)}


def open_guards(
    book: Book,
    hub: Hub,
    store: Store,
    bus: Bus,
    clock: Clock,
    killswitch: KillSwitch,
    limits: InForce,
    failpoint: Failpoint = unbroken,
) -> Guards:
    """Put the guards together; nothing is read until `load`."""
    breaker = Breaker(book, hub, store, bus, clock, limits, failpoint)
    automation = Automation(book, store, bus, clock)
    return Guards(
        killswitch=killswitch,
        breaker=breaker,
        trading=Trading(killswitch, breaker),
        automation=automation,
        mandates=MandateDesk(book, hub, store, bus, clock, automation),
        buckets=Buckets(hub, clock, limits),
        limitwatch=LimitWatch(book, store, bus, clock, limits, breaker),
        clock=clock,
    )
