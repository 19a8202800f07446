"""The persons of a world: what they type and tap, drawn by the dice; one table, a new action is one row and one function."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal

from domain.errors import FoliopilotError
from domain.orders import Order, OrderType, ResumeIntent
from domain.tickets import Proposer
from tests.simulation.broken import Broken
from tests.simulation.dice import Dice
from tests.simulation.market import OPENING
from tests.simulation.world import OWNER, PARTNER, STRANGER, Card, World

D = Decimal
SYMBOLS = tuple(OPENING)
READING = ("/positions", "/orders", "/status", "/journal", "/stops", "/profit-loss", "/help")
FREE = ("how am I doing?", "close half of NVDA", "what is open?", "thanks")
OPENINGS = (
    "#buy {s} {n}",
    "#buy {s} {n}",
    "#buy {s} $2500",
    "#buy {s} 5%",
    "#buy {s} {n} limit {below} gtc",
    "#sell {s} {n}",
    "#sell {s} {n} limit {above}",
)
ON_POSITION = (
    "#{s} close",
    "#{s} close 50%",
    "#{s} close 3",
    "#{s} stop 3%",
    "#{s} stop 1%",
    "#{s} stop 2atr",
    "#{s} target 2%",
    "#{s} target 1%",
    "#{s} trailing 1%",
    "#{s} trailing 2%",
)
BATCHES = ("#close-all", "#cancel-all", "#set-stops 2%", "#set-stops", "#take-profits 1%")

Act = Callable[[World, Dice], Awaitable[None]]


@dataclass(frozen=True)
class Action:
    name: str
    weight: int
    act: Act


def line(world: World, dice: Dice) -> str:
    """A `#` line that a person who sees the book would type."""
    orders = known_orders(world)
    held = known_positions(world)
    kind = dice.weighted((("open", 35), ("position", 40), ("order", 18 if orders else 0), ("batch", 7)))
    if kind == "order":
        return order_line(dice, dice.one_of(orders))
    if kind == "batch":
        return dice.one_of(BATCHES)
    if kind == "position" and held:
        return dice.one_of(ON_POSITION).format(s=dice.one_of(held))
    symbol = dice.one_of(SYMBOLS)
    last = world.setting.market.prices[symbol]
    number = "0.02" if symbol == "BTC" else str(dice.one_of((1, 3, 10, 25)))
    near = last * dice.between(5, 20) / 1000
    return dice.one_of(OPENINGS).format(s=symbol, n=number, below=f"{last - near:.2f}", above=f"{last + near:.2f}")


def order_line(dice: Dice, order: Order) -> str:
    if order.limit is not None and dice.chance(50):
        return f"#order-{order.client_id} modify limit {order.limit * dice.between(990, 1010) / 1000:.2f}"
    if order.type is OrderType.STOP and order.stop is not None and dice.chance(50):
        return f"#order-{order.client_id} modify stop {order.stop * dice.between(995, 1010) / 1000:.2f}"
    return f"#order-{order.client_id} cancel"


def known_orders(world: World) -> list[Order]:
    return list(world.house.floor.book.orders) if world.house is not None and world.house.up else []


def known_positions(world: World) -> list[str]:
    if world.house is None or not world.house.up:
        return []
    return [p.symbol for p in world.house.floor.book.holdings.positions]


async def ask(world: World, dice: Dice, text: str) -> Card | None:
    """Type a line, wait for the answer, and return the card if one came."""
    before = len(world.cards)
    world.say(text)
    await world.round()
    world.read_answers()
    return list(world.cards.values())[-1] if len(world.cards) > before else None


def tap(world: World, card: Card, who: object = None, digest: str | None = None, word: str | None = None) -> None:
    """Press Confirm, with the card's word typed beside it where it asks for one."""
    used, typed = digest or card.digest, word if word is not None else card.ticket.word or ""
    incoming = world.say(typed, who or OWNER, f"confirm:{card.ticket.id}:{used}")  # type: ignore[arg-type]
    world.agree(card, incoming, digest=used, word=typed)


async def trade(world: World, dice: Dice) -> None:
    """A line, and most often a yes."""
    card = await ask(world, dice, line(world, dice))
    if card is None:
        return
    await answer(world, dice, card)
    await world.round()


async def answer(world: World, dice: Dice, card: Card) -> None:
    """How a person answers a card: mostly one tap, sometimes several at once, late, typed, or no."""
    how = dice.weighted(
        (("tap", 52), ("typed", 9), ("twice", 8), ("at once", 9), ("cancel", 4), ("later", 8), ("too late", 6), ("moved", 5), ("leave", 4))
    )
    world.tell(f"answers the card {card.ticket.id}: {how}")
    if how == "tap":
        tap(world, card)
    elif how == "typed":
        incoming = world.say(f"confirm {card.ticket.id} {card.ticket.word or ''}".strip())
        world.agree(card, incoming, digest=None, word=card.ticket.word)
    elif how == "twice":
        world.fired("double tap")
        tap(world, card)
        await world.round()
        tap(world, card)
    elif how == "at once":
        world.fired("taps at once")
        for _ in range(dice.between(2, 5)):
            tap(world, card)
    elif how == "cancel":
        world.say("", payload=f"cancel:{card.ticket.id}")
    elif how == "moved":
        world.fired("price moved before the tap")
        for quote in card.ticket.quotes:
            world.setting.market.jump(quote.symbol, D(dice.one_of((-3, -1, 1, 3))) / 100)
        tap(world, card)
    elif how in ("later", "too late"):
        await world.wait(dice.between(5, 100) if how == "later" else dice.between(121, 150), 25)
        if how == "too late":
            world.fired("tap after expiry")
        tap(world, card)


async def strange_tap(world: World, dice: Dice) -> None:
    """Somebody else, or the owner with something that is not quite the card."""
    card = await ask(world, dice, line(world, dice))
    if card is None:
        return
    how = dice.one_of(
        ("stranger taps", "another person taps", "digest edited", "digest of another card", "word left out", "partner cancels")
    )
    if how == "word left out":
        card = (await ask(world, dice, "#close-all")) or card
    world.fired(how)
    if how == "stranger taps":
        tap(world, card, STRANGER)
    elif how == "another person taps":
        tap(world, card, PARTNER)
    elif how == "digest edited":
        place = dice.below(16)
        flipped = format((int(card.digest[place], 16) + 1) % 16, "x")
        tap(world, card, digest=card.digest[:place] + flipped + card.digest[place + 1 :])
    elif how == "digest of another card":
        tap(world, card, digest=dice.one_of([c.digest for c in world.cards.values()]))
    elif how == "word left out":
        tap(world, card, word=dice.one_of(("", "CLOSE", "close-al")))
    else:
        world.say("", PARTNER, f"cancel:{card.ticket.id}")
    await world.round()


async def old_button(world: World, dice: Dice) -> None:
    """A button of an earlier card is pressed again."""
    if not world.cards:
        return
    wait = dice.one_of((1, 121, 0))
    card = dice.one_of(list(world.cards.values())[-6:])
    if wait:
        await world.wait(wait, 40)
    world.fired(f"old button after {wait} s" if wait else "old button")
    tap(world, card)
    await world.round()


async def button_after_restart(world: World, dice: Dice) -> None:
    """A card is shown, the program restarts, and its button is pressed."""
    card = await ask(world, dice, line(world, dice))
    if card is None or world.house is None:
        return
    await world.stop()
    world.tell("the program is restarted")
    world.fired("button after a restart")
    tap(world, card)
    await world.round()


async def stranger_writes(world: World, dice: Dice) -> None:
    world.fired("stranger writes")
    world.say(
        dice.one_of(("/positions", "#AAPL close", "how am I doing?", "#emergency-stop", "confirm " + (next(iter(world.cards), "t1")))),
        STRANGER,
    )
    await world.round()


async def knocks(world: World, dice: Dice) -> None:
    """Somebody who owns nothing reaches the ticket desk past the front desk, and would allow trading again."""
    house = world.house
    if house is None or not house.up or not house.floor.killswitch.halted():
        return
    world.fired("resume by a stranger")

    async def resume() -> None:
        try:
            ticket = await house.floor.desk.propose(
                line="#resume", verb="resume", origin=STRANGER, proposer=Proposer.PERSON, intents=(ResumeIntent(),)
            )
            await house.floor.desk.confirm(ticket.id, ticket.digest(), STRANGER, word=ticket.word)
        except FoliopilotError:
            return
        raise Broken("only an owner resumes", f"ticket {ticket.id} of a stranger was released")

    world._spawn("knock", resume())
    await world.quiet()


async def halt(world: World, dice: Dice) -> None:
    """The emergency stop, its card perhaps confirmed, and something tried while it lasts."""
    card = await ask(world, dice, "#emergency-stop")
    if card is not None and dice.chance(60):
        tap(world, card)
        await world.round()
    if dice.chance(60):
        await trade(world, dice)


async def resume(world: World, dice: Dice) -> None:
    card = await ask(world, dice, "#resume")
    if card is not None:
        tap(world, card)
        await world.round()


async def halt_between(world: World, dice: Dice) -> None:
    """The emergency stop comes between a card and its confirmation, or in the same moment."""
    card = await ask(world, dice, line(world, dice))
    if card is None:
        return
    world.fired("halt between card and tap")
    first = dice.chance(50)
    if first:
        world.say("#emergency-stop")
        if dice.chance(50):
            await world.round()
    tap(world, card)
    if not first:
        world.say("#emergency-stop")
    await world.round()


async def under_way(world: World, dice: Dice) -> None:
    """An order is under way and nobody knows; then trading is halted, or the person takes the order back."""
    symbol = dice.one_of(SYMBOLS)
    number = "0.02" if symbol == "BTC" else "2"
    near = f"{world.setting.market.prices[symbol] * D('0.99'):.2f}"
    card = await ask(world, dice, f"#buy {symbol} {number} limit {near} gtc")
    if card is None:
        return
    later = dice.one_of(("request late", "broker down"))
    world.setting.wire.faults["submit"].extendleft([*[later] * 8, "request late"])
    tap(world, card)
    await world.round()
    if dice.chance(50):
        world.fired("halt with an order under way")
        world.say("#emergency-stop")
    else:
        world.fired("taken back while under way")
        card = await ask(world, dice, f"#order-{card.ticket.id}-1 cancel")
        if card is not None:
            tap(world, card)
    await world.round()


async def read(world: World, dice: Dice) -> None:
    world.say(dice.one_of(FREE) if dice.chance(15) else dice.one_of(READING))
    await world.round()


async def repeated(world: World, dice: Dice) -> None:
    """The platform delivers an update once more, or a person edits the message."""
    if not world.phone.typed:
        return
    incoming = dice.one_of(list(world.phone.typed.values())[-4:])
    if dice.chance(50):
        world.fired("update repeated")
        world.phone.again(incoming)
    else:
        world.fired("line edited")
        world.phone.again(incoming, text=dice.one_of(("#buy AAPL 3", "#close-all", "/positions")))
    await world.round()


async def wait(world: World, dice: Dice) -> None:
    seconds = dice.weighted(((8, 4), (40, 4), (130, 2), (600, 1)))
    await world.wait(seconds, max(4, seconds / 8))


async def restart(world: World, dice: Dice) -> None:
    world.tell("the program is restarted")
    await world.stop()
    await world.round()


ACTIONS = (
    Action("trade", 46, trade),
    Action("strange tap", 9, strange_tap),
    Action("old button", 6, old_button),
    Action("button after a restart", 3, button_after_restart),
    Action("stranger writes", 3, stranger_writes),
    Action("stranger knocks", 3, knocks),
    Action("halt", 4, halt),
    Action("halt between", 5, halt_between),
    Action("order under way", 3, under_way),
    Action("resume", 8, resume),
    Action("read", 4, read),
    Action("update again", 4, repeated),
    Action("wait", 9, wait),
    Action("restart", 2, restart),
)
