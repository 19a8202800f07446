"""A naive twin of the order path, as the stock stack writes it, on the same wire with the same faults; and ours beside it.

The twin sends without writing first, sends again under a new id when no answer comes, calls a second silence a failure, adds up what
reports say without looking at execution ids, and keeps its open confirmations in memory.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from decimal import Decimal
from functools import partial

from domain.errors import BrokerError, Rejected
from domain.ids import SequentialIds
from domain.orders import Order, OrderStatus, OrderType, Side, TimeInForce
from domain.tickets import TicketStatus
from tests.simulation.broken import Surprises
from tests.simulation.dice import Dice
from tests.simulation.setting import ACCOUNT, Setting
from tests.simulation.world import OWNER, Card, World, open_world
from tests.simulation.world import Counts as WorldCounts

ORDERS = 6
TRIES = 2
BROUGHT = ("request lost", "response lost", "request late", "server error", "broker down", "odd answer", "process death")
REPORTS = ("reports repeated", "reports reordered", "reports hollow")
D = Decimal


@dataclass
class Wrongs:
    """In how many worlds something of a kind went wrong."""

    twice: int = 0  # more than one order for one wish
    failed_but_live: int = 0  # told failed, and it traded or lives
    vanished: int = 0  # wished for and confirmed, and nobody was told what became of it
    wrong_book: int = 0

    def add(self, other: Wrongs) -> None:
        for field in fields(self):
            setattr(self, field.name, getattr(self, field.name) + bool(getattr(other, field.name)))


class Twin:
    """The order path of a program that was not written for bad days."""

    def __init__(self, made: Setting) -> None:
        self.made = made
        self.ids = SequentialIds("n")
        self.book: dict[str, Decimal] = {}
        self.sent: dict[int, list[str]] = {}
        self.told: dict[int, str] = {}

    async def buy(self, wish: int, symbol: str, quantity: Decimal) -> None:
        self.sent[wish] = []
        for _ in range(TRIES):
            name = self.ids.new()
            self.sent[wish].append(name)
            now = self.made.clock.now()
            order = Order(f"{name}-1", ACCOUNT, name, 1, symbol, Side.BUY, OrderType.MARKET, quantity, TimeInForce.DAY, now, now)
            try:
                report = await self.made.wire.change("submit", order.client_id, partial(self.made.wire.venue.submit, order))
            except Rejected:
                break
            except (BrokerError, ValueError):
                continue
            self.told[wish] = report.status.value
            return
        self.told[wish] = "failed"

    async def listen(self) -> None:
        try:
            await self.made.wire.ask("updates")
            told = self.made.wire.mangled(list(await self.made.wire.venue.updates()))
        except BrokerError:
            return
        for report in told:
            if report.status is OrderStatus.FILLED:
                self.book[report.symbol] = self.book.get(report.symbol, D(0)) + report.filled


def wishes(seed: int) -> list[tuple[str, Decimal, str, str]]:
    """What is bought in a world, and what goes wrong with it: on the wire, and with its reports."""
    dice = Dice(seed, "stock")
    made = []
    for _ in range(ORDERS):
        symbol = dice.one_of(("AAPL", "NVDA", "XOM"))
        fault = dice.one_of(BROUGHT) if dice.chance(40) else ""
        made.append((symbol, D(dice.between(1, 3)), fault, dice.one_of(REPORTS) if dice.chance(30) else ""))
    return made


async def naive(seed: int) -> Wrongs:
    world = await open_world(seed, WorldCounts())
    made, wrong = world.setting, Wrongs()
    twin = Twin(made)
    before = await world.venue_positions()
    for wish, (symbol, quantity, fault, report) in enumerate(wishes(seed)):
        if fault == "process death":
            continue  # the confirmation was in memory, and is gone with it
        if fault:
            made.wire.faults["submit"].append(fault)
        if report:
            made.wire.reports.append(report)
        await twin.buy(wish, symbol, quantity)
        await _pass(world, 5)
        await twin.listen()
    made.wire.heal()
    for _ in range(4):
        await _pass(world, 20)
        await twin.listen()
    there = {w.order.ticket: w.order for w in await world.venue_orders()}
    for names in twin.sent.values():
        wrong.twice += sum(there[n].filled > 0 or there[n].open for n in names if n in there) > 1
    for wish, names in twin.sent.items():
        wrong.failed_but_live += twin.told[wish] == "failed" and any(there[n].filled for n in names if n in there)
    wrong.vanished = sum(1 for wish in range(ORDERS) if wish not in twin.told)
    after = await world.venue_positions()
    wrong.wrong_book = any(after.get(s, D(0)) - before.get(s, D(0)) != twin.book.get(s, D(0)) for s in ("AAPL", "NVDA", "XOM"))
    await made.close()
    return wrong


async def ours(seed: int) -> Wrongs:
    """The same wishes with the same troubles, typed and confirmed at our front desk."""
    world, wrong = await open_world(seed, WorldCounts()), Wrongs()
    made = world.setting
    await world.round()
    cards: list[Card] = []
    for symbol, quantity, fault, report in wishes(seed):
        world.say(f"#buy {symbol} {quantity}")
        await world.round()
        world.read_answers()
        card = list(world.cards.values())[-1] if world.cards else None
        if card is None or (cards and card is cards[-1]):
            continue
        cards.append(card)
        if fault and fault != "process death":
            made.wire.faults["submit"].append(fault)
        if fault == "process death" and world.house is not None:
            world.house.doom.strike(4)
        if report:
            made.wire.reports.append(report)
        world.say("", OWNER, f"confirm:{card.ticket.id}:{card.digest}")
        await world.round()
        await world.tick(5)
    made.wire.heal()
    await world.wait(200, 20)
    there = await world.venue_orders()
    house = world.house
    assert house is not None
    for card in cards:
        after = await house.floor.desk.get(card.ticket.id)
        live = [w for w in there if w.order.ticket == card.ticket.id]
        wrong.twice += len(live) > 1
        nothing = after is not None and after.status in (TicketStatus.FAILED, TicketStatus.EXPIRED, TicketStatus.CANCELLED)
        wrong.failed_but_live += nothing and any(w.order.filled for w in live)
        wrong.vanished += after is None or after.status in (TicketStatus.PROPOSED, TicketStatus.CONFIRMED)
    wrong.wrong_book = bool(await house.floor.compare())
    await world.stop()
    await made.close()
    return wrong


def compare(seeds: Sequence[int]) -> tuple[Wrongs, Wrongs]:
    """In how many of these worlds each of the two got something wrong."""
    stock, house = Wrongs(), Wrongs()
    with Surprises().listening():
        for seed in seeds:
            stock.add(asyncio.run(naive(seed)))
            house.add(asyncio.run(ours(seed)))
    return stock, house


def table(worlds: int, stock: Wrongs, house: Wrongs) -> str:
    rows = (
        ("an order sent twice", "twice"),
        ("told failed while it had traded", "failed_but_live"),
        ("confirmed, and nobody was told what became of it", "vanished"),
        ("a book that is wrong in the end", "wrong_book"),
    )
    lines = [f"| worlds of {worlds:,} with | stock order path | Foliopilot |", "|---|---:|---:|"]
    return "\n".join(lines + [f"| {text} | {getattr(stock, name):,} | {getattr(house, name):,} |" for text, name in rows])


async def _pass(world: World, seconds: int) -> None:
    await world.clock.advance(timedelta(seconds=seconds))
    world.setting.market.move()
    await world.setting.wire.due()


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    print(table(count, *compare(range(count))))
