"""Exits in a world: brackets, stops that trail or wait, ladders, time exits and mandates, and a market that comes for them.

A new one is one function and its name in EXITS.
"""

from __future__ import annotations

from decimal import Decimal

from domain.orders import STOPS
from tests.simulation.dice import Dice
from tests.simulation.persons import SYMBOLS, ask, known_positions, tap
from tests.simulation.world import World

D = Decimal


async def confirmed(world: World, dice: Dice, text: str) -> str | None:
    """Type a line and say yes to its card; the ticket's id."""
    card = await ask(world, dice, text)
    if card is None:
        return None
    tap(world, card)
    await world.round()
    return card.ticket.id


async def moves(world: World, dice: Dice, symbol: str, percent: str) -> None:
    """The price goes somewhere, and there is time to act on it."""
    world.setting.market.jump(symbol, D(percent) / 100)
    await world.wait(dice.one_of((12, 40, 70)), 6)


async def bracketed(world: World, dice: Dice) -> None:
    """An entry with a stop and a target; then a part is closed, or the market reaches one of them."""
    symbol = dice.one_of(SYMBOLS)
    number = "0.05" if symbol == "BTC" else dice.one_of((4, 15, 40))
    near = world.setting.market.prices[symbol] * D("0.9995")
    entry = dice.one_of(("", f" limit {near:.2f} gtc"))
    world.fired("bracket")
    stop, target = dice.one_of(("2%", "1%")), dice.one_of(("2%", "3%"))
    ticket = await confirmed(world, dice, f"#buy {symbol} {number}{entry} stop {stop} target {target}")
    if ticket is None:
        return
    await world.wait(dice.one_of((2, 30, 75)), 6)
    then = dice.one_of(("falls", "rises", "part", "all", "nothing"))
    if then in ("falls", "rises"):
        await moves(world, dice, symbol, "-2.5" if then == "falls" else "3.5")
    elif then != "nothing":
        await confirmed(world, dice, f"#{symbol} close{' 50%' if then == 'part' else ''}")


async def trailed(world: World, dice: Dice) -> None:
    """A trailing stop that waits for a gain, the gain, and the way back."""
    symbol = await _held(world, dice)
    if symbol is None:
        return
    world.fired("trailing stop held here")
    await confirmed(world, dice, f"#{symbol} trailing {dice.one_of(('1%', '2%'))} after {dice.one_of(('1%', '0.5%'))}")
    await moves(world, dice, symbol, "1.5")
    if dice.chance(70):
        await moves(world, dice, symbol, "-3")


async def stopped(world: World, dice: Dice) -> None:
    """A stop, and the market through it."""
    symbol = await _held(world, dice)
    if symbol is None:
        return
    world.fired("stop reached")
    await confirmed(world, dice, f"#{symbol} stop {dice.one_of(('1%', '2%'))}")
    if dice.chance(40):
        await confirmed(world, dice, f"#{symbol} target 2%")
    if dice.chance(30):
        await confirmed(world, dice, f"#{symbol} close 50%")
    await moves(world, dice, symbol, dice.one_of(("-2.5", "-4", "2.5")))


async def laddered(world: World, dice: Dice) -> None:
    """Profit is taken in steps."""
    symbol = await _held(world, dice)
    if symbol is None:
        return
    world.fired("ladder")
    await confirmed(world, dice, f"#{symbol} ladder 1% 50% 2% {dice.one_of(('50%', '25%'))}")
    await moves(world, dice, symbol, "1.3")
    if dice.chance(60):
        await moves(world, dice, symbol, "1.3")


async def broken_even(world: World, dice: Dice) -> None:
    """A stop moves to the price paid once there is a gain."""
    symbol = dice.one_of(SYMBOLS)
    number = "0.05" if symbol == "BTC" else 6
    await confirmed(world, dice, f"#buy {symbol} {number}")
    world.fired("break-even")
    await world.wait(70, 10)
    if dice.chance(50):
        await confirmed(world, dice, f"#{symbol} stop 3%")
        await confirmed(world, dice, f"#{symbol} breakeven 1%")
    else:
        await confirmed(world, dice, f"#{symbol} breakeven 2%")
        await moves(world, dice, symbol, "1.6")
        await confirmed(world, dice, f"#{symbol} stop 1%")  # better than break-even
    await moves(world, dice, symbol, "1.6")
    if dice.chance(50):
        await moves(world, dice, symbol, "-2.5")


async def timed(world: World, dice: Dice) -> None:
    """A position is to be closed when an hour is over."""
    symbol = await _held(world, dice)
    if symbol is None:
        return
    world.fired("time exit")
    await confirmed(world, dice, f"#{symbol} exit {dice.one_of(('1h', '1h', 'close'))}")
    await world.wait(3700, 410)


async def hindered(world: World, dice: Dice) -> None:
    """The price is through a stop while nothing can be written or sent; then everything works again."""
    symbol = await _held(world, dice)
    if symbol is None:
        return
    await confirmed(world, dice, f"#{symbol} trailing 1% after 0.5%")
    await moves(world, dice, symbol, "0.8")
    world.fired("stop reached while hindered")
    how = dice.one_of(("full", "locked", "submit"))
    if how == "submit":
        world.setting.wire.faults["submit"].extend(["broker down"] * 6)
    else:
        setattr(world.setting.disk, how, 8)
    await moves(world, dice, symbol, "-2.5")
    world.setting.disk.heal()
    world.setting.wire.faults["submit"].clear()
    await world.wait(150, 10)


async def taken_back(world: World, dice: Dice) -> None:
    """Whatever is held here for a position is taken back."""
    symbol = await _held(world, dice)
    if symbol is None:
        return
    await confirmed(world, dice, f"#{symbol} trailing 1% after 1%")
    world.fired("exits taken back")
    await confirmed(world, dice, f"#{symbol} exits off")
    await moves(world, dice, symbol, dice.one_of(("1.5", "-1.5")))


async def signed(world: World, dice: Dice) -> None:
    """A mandate is signed, and perhaps revoked."""
    world.fired("mandate signed")
    ticket = await confirmed(world, dice, f"/mandate stops,targets 1h{dice.one_of(('', ' AAPL max 2000 orders 3'))}")
    if ticket is not None and dice.chance(30):
        world.fired("mandate revoked")
        await confirmed(world, dice, f"/mandate revoke {ticket}")


async def by_hand(world: World, dice: Dice) -> None:
    """Manual-only mode is switched on or off."""
    world.fired("manual-only mode")
    world.say(f"/automation {dice.one_of(('off', 'on', 'on'))}")
    await world.round()
    if dice.chance(50):
        await confirmed(world, dice, "/automation on")


async def vanishes(world: World, dice: Dice) -> None:
    """The broker ends a stop by itself: the person did not ask, and the program was not told before."""
    alive = [w for w in await world.venue_orders() if w.open and w.order.type in STOPS and w.order.reduce_only]
    if not alive or world.setting.shared:
        return
    world.fired("stop ended by the broker")
    await world.setting.wire.venue.cancel(dice.one_of(alive).id)
    await world.wait(dice.one_of((15, 40)), 5)


async def _held(world: World, dice: Dice) -> str | None:
    held = known_positions(world)
    return dice.one_of(held) if held else None


EXITS = (
    *(bracketed, bracketed, bracketed, trailed, trailed, stopped, stopped, vanishes, vanishes),
    *(laddered, laddered, broken_even, broken_even, timed, hindered, hindered, taken_back, signed, by_hand),
)
"""Now and then after a step, drawn apart so that one more leaves the other worlds as they are."""

FIRES = (
    "bracket",
    "trailing stop held here",
    "stop reached",
    "ladder",
    "break-even",
    "time exit",
    "exits taken back",
    "mandate signed",
    "mandate revoked",
    "manual-only mode",
    "stop ended by the broker",
    "stop reached while hindered",
)
