"""The kill switch and the breaker under load: once thrown, in random worlds with a slow and faulty broker, nothing that opens is sent.

Taps, automation and the core's own rounds run at the same time and the switch is thrown at a random step among them. What left before is
the venue's; of what had not left, nothing may.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Awaitable, Callable
from decimal import Decimal

import pytest

from domain.errors import UserError
from domain.mandates import Scope
from domain.orders import Intent, Order, OrderType, ReplaceIntent, Side
from domain.ports import OrderReport
from domain.tickets import TicketStatus
from tests.trading.guards.stage import act, mandate, sign
from tests.trading.stage import START, Stage, buy, close, limit, stage
from tests.trading.test_execution_worlds import Dice
from trading.guards.breaker import Trip
from trading.guards.state import TradingState

WORLDS = int(os.environ.get("WORLDS", "25"))
FAULTS = ("lost_request", "lost_response", "late", "down", "reject", "odd")
ASKS = 6
SENDING = (
    "order.6 before sending",
    "order.14 before the change",
)  # from the last question to the call nothing waits, so nothing comes between


class Watch:
    """Stands before the broker: counts what is sent that opens, slows it down, and keeps every opening submit begun after the throw."""

    def __init__(self, world: Stage, dice: Dice) -> None:
        self.world, self.dice = world, dice
        self.begun: Counter[str] = Counter()
        self.too_late: list[str] = []
        self.inner = world.broker.inner.submit
        self._submit = world.broker.submit
        self._replace = world.broker.replace
        world.broker.submit = self.submit  # type: ignore[method-assign]
        world.broker.replace = self.replace  # type: ignore[method-assign]

    async def submit(self, order: Order) -> OrderReport:
        self.note(order, "sent")
        for _ in range(self.dice.below(6)):
            await asyncio.sleep(0)
        return await self._submit(order)

    async def replace(self, order: Order) -> OrderReport:
        self.note(order, "changed")
        return await self._replace(order)

    def note(self, order: Order, what: str) -> None:
        if order.side is Side.SELL:
            return
        thrown = self.world.floor.guards.trading.now() is not TradingState.ACTIVE
        self.begun["after" if thrown else "before"] += 1
        if thrown:
            self.too_late.append(f"{what} {order.client_id}")


class Thrower:
    """A failpoint at whose N-th step the switch is thrown: its first line right there, the rest of it by a task, as beside everything."""

    def __init__(self, world: Stage, at: int, *, breaker: bool) -> None:
        self.world, self.at, self.breaker = world, at, breaker
        self.steps = 0
        self.task: asyncio.Task[object] | None = None

    def __call__(self, name: str) -> None:
        if name in SENDING:
            return
        self.steps += 1
        if self.steps == self.at:
            self.throw()

    def throw(self) -> None:
        """What `pull` and a trip do before they first wait for anything."""
        guards = self.world.floor.guards
        if self.breaker:
            guards.breaker._trip = Trip("drawdown", Decimal("0.2"), Decimal("0.15"), START, START.replace(year=2030))
            guards.breaker._unwritten = True
            self.task = asyncio.create_task(guards.breaker._write())
        else:
            self.world.floor.book.set_halted(halted=True)
            guards.killswitch._unwritten = ("me", "")
            self.task = asyncio.create_task(guards.killswitch.settle())

    async def settled(self) -> None:
        if self.task is None:
            self.throw()
        assert self.task is not None
        await self.task


def opening(world: Stage, dice: Dice) -> Intent:
    working = [o for o in world.floor.book.orders if o.type is OrderType.LIMIT and o.side is Side.BUY]
    if working and dice.below(4) == 0:
        return ReplaceIntent(working[0].client_id, working[0].symbol, limit=Decimal(540 + dice.below(9)))
    return dice.one_of((buy("XOM", "1"), buy("AAPL", "1"), limit("SPY", Side.BUY, "1", "550")))


async def tolerated(work: Awaitable[object]) -> object:
    try:
        return await work
    except UserError:
        return None


async def load(world: Stage, dice: Dice) -> list[object]:
    """Taps of opening and closing cards, automation and the core's rounds, all at once."""
    cards = [await tolerated(world.propose(opening(world, dice))) for _ in range(ASKS)]
    cards.append(await tolerated(world.propose(close("NVDA", "1"))))
    work: list[Callable[[], Awaitable[object]]] = [lambda c=c: world.confirm(c) for c in cards if c is not None]  # type: ignore[misc]
    work += [lambda: act(world, opening(world, dice), scope=Scope.STRATEGIES) for _ in range(ASKS)]
    work += [world.floor.pulse, world.floor.pulse]
    return await asyncio.gather(*(tolerated(w()) for w in work))


@pytest.mark.parametrize("breaker", [False, True], ids=["kill switch", "breaker"])
@pytest.mark.parametrize("seed", range(WORLDS))
async def test_a_world(seed: int, breaker: bool) -> None:
    dice = Dice(seed)
    world = await stage(unique=bool(seed % 2))
    await sign(world, mandate(scopes=tuple(Scope), reduce_only=False, orders_a_day=1000))
    watch = Watch(world, dice)
    world.broker.faults["submit"].extend(dice.one_of(FAULTS) if dice.below(2) else "ok" for _ in range(12))
    thrower = Thrower(world, 1 + dice.below(120), breaker=breaker)
    for part in (world.floor.desk, world.floor.execution, world.floor.execution._record):
        part._fail = thrower
    await load(world, dice)
    await thrower.settled()
    assert world.floor.guards.trading.now() is not TradingState.ACTIVE
    await load(world, dice)
    for seconds in (1, 30, 62, 62, 1):
        await world.pass_time(seconds)
    await world.broker.deliver()
    await world.restart()
    watch.world = world
    assert world.floor.guards.trading.now() is not TradingState.ACTIVE, "it survives a restart"
    await load(world, dice)
    for seconds in (1, 62, 1):
        await world.pass_time(seconds)
    assert watch.too_late == []
    assert (await world.do(close("AAPL", "1"))).status in (TicketStatus.EXECUTED, TicketStatus.CONFIRMED, TicketStatus.FAILED)
    assert await world.agrees()
    await world.journal()


async def test_the_watch_would_see_it() -> None:
    """The same with a switch that only says it is pulled at the card: the net catches that fish."""
    caught = 0
    for seed in range(12):
        dice = Dice(seed)
        world = await stage()
        watch = Watch(world, dice)
        world.floor.execution._refused = lambda: ""  # type: ignore[method-assign]
        thrower = Thrower(world, 1 + dice.below(60), breaker=False)
        for part in (world.floor.desk, world.floor.execution, world.floor.execution._record):
            part._fail = thrower
        await load(world, dice)
        await thrower.settled()
        caught += len(watch.too_late)
    assert caught
