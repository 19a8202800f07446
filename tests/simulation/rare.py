"""What persons do now and then, at the worst of moments; a new one is one function and its name in EXTRA."""

from __future__ import annotations

from domain.orders import OrderIntent
from tests.simulation.dice import Dice
from tests.simulation.invariants import book_is_the_sum_of_fills
from tests.simulation.persons import SYMBOLS, D, ask, tap
from tests.simulation.world import Card, World


async def rests(world: World, dice: Dice, symbol: str) -> Card | None:
    """A limit order that will wait for a while."""
    number = "0.02" if symbol == "BTC" else "2"
    card = await ask(world, dice, f"#buy {symbol} {number} limit {world.setting.market.prices[symbol] * D('0.97'):.2f} gtc")
    if card is not None:
        tap(world, card)
        await world.round()
    return card


async def modified(world: World, dice: Dice) -> None:
    """An order is changed while the reports of its placing are held up, so that the old terms are heard after the new ones."""
    world.setting.wire.reports.append("reports held")
    card = await rests(world, dice, dice.one_of(SYMBOLS))
    if card is None:
        return
    world.fired("changed with reports held")
    limit = next((i.limit for i in card.ticket.intents if isinstance(i, OrderIntent) and i.limit), D(1)) * D("0.99")
    card = await ask(world, dice, f"#order-{card.ticket.id}-1 modify limit {limit:.2f}")
    if card is not None:
        tap(world, card)
        await world.round()


async def never_confirmed(world: World, dice: Dice) -> None:
    """Two orders are taken back, and of one the broker never says that it is."""
    for symbol in ("XOM", "SPY"):
        await rests(world, dice, symbol)
    card = await ask(world, dice, "#cancel-all")
    if card is None:
        return
    world.fired("cancel never confirmed")
    world.setting.wire.faults["cancel"].extend(["broker down", "ok", *["broker down"] * 200])
    tap(world, card)
    await world.wait(220, 20)
    world.setting.wire.faults["cancel"].clear()


async def filled_badly(world: World, dice: Dice) -> None:
    """An order rests and fills part by part, and the commit after each of its reports fails."""
    symbol = dice.one_of(("XOM", "AAPL", "NVDA", "BTC"))
    number = "0.05" if symbol == "BTC" else dice.between(5, 40)
    card = await ask(world, dice, f"#buy {symbol} {number} limit {world.setting.market.prices[symbol] * D('0.9997'):.2f} gtc")
    if card is None:
        return
    tap(world, card)
    await world.round()
    world.fired("fills while commits fail")
    wire, disk = world.setting.wire, world.setting.disk
    wire.on_fills = lambda: setattr(disk, "commits", 1)
    for _ in range(6):
        await world.tick(31)
        await book_is_the_sum_of_fills(world)
    wire.on_fills = lambda: None
    disk.heal()


async def taken_back_meanwhile(world: World, dice: Dice) -> None:
    """Two orders could not be sent; while the first is tried again, which takes long, both are taken back."""
    if world.setting.durable:
        return
    wire = world.setting.wire
    wire.faults["submit"].extend(["broker down"] * 40)
    for symbol in ("XOM", "SPY"):
        await rests(world, dice, symbol)
    card = await ask(world, dice, "#cancel-all")
    wire.faults["submit"].clear()
    if card is None:
        return
    world.fired("taken back while another is tried")
    wire.faults["submit"].append("hang")
    await world.tick(1)
    tap(world, card)
    await world.round()
    await world.tick(7)


EXTRA = (modified, never_confirmed, filled_badly, taken_back_meanwhile)
"""Now and then after a step, drawn apart so that adding one leaves the other worlds as they are."""
