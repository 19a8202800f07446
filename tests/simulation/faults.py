"""The troubles of a world: one table, each a name and how it is brought about; the world counts it when it takes effect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from tests.simulation import elsewhere, exiting
from tests.simulation.dice import Dice
from tests.simulation.market import KNOWN, OPENING, WRONG
from tests.simulation.world import World

Bring = Callable[[World, Dice], None]
SYMBOLS = tuple(OPENING)
D = Decimal


@dataclass(frozen=True)
class Fault:
    """`fires` are the names it is counted under."""

    fires: tuple[str, ...]
    weight: int
    bring: Bring


def on_submit(*kinds: str) -> Bring:
    def bring(world: World, dice: Dice) -> None:
        world.setting.wire.faults["submit"].extend([dice.one_of(kinds)] * dice.one_of((1, 1, 2, 3)))

    return bring


def on_change(*kinds: str) -> Bring:
    def bring(world: World, dice: Dice) -> None:
        kind = dice.one_of(kinds)
        for call in ("cancel", "replace"):
            world.setting.wire.faults[call].append(kind)

    return bring


def on_reads(world: World, dice: Dice) -> None:
    call = dice.one_of(("find", "find", "state", "updates"))
    world.setting.wire.faults[call].extend([dice.one_of(("broker down", "throttled", "server error"))] * dice.between(1, 3))


def reports(kind: str) -> Bring:
    def bring(world: World, dice: Dice) -> None:
        world.setting.wire.reports.extend([kind] * dice.between(1, 3))

    return bring


def hang(world: World, dice: Dice) -> None:
    if not world.setting.durable:  # its threads know no simulated clock
        world.setting.wire.faults[dice.one_of(("submit", "submit", "cancel", "replace", "find", "updates"))].append("hang")


def disconnect(world: World, dice: Dice) -> None:
    world.setting.wire.down_until = world.setting.wire.now() + timedelta(seconds=dice.one_of((10, 60, 200)))


def die(world: World, dice: Dice) -> None:
    if dice.chance(60):
        world.memory["strike at a yes"] = dice.between(1, 32)
    elif world.house is not None:
        world.house.doom.strike(dice.between(1, 40), reads=dice.chance(20))
    if dice.chance(35):
        world.memory["strike"] = dice.between(1, 40)  # and the next one dies on its way up


def locked(world: World, dice: Dice) -> None:
    world.setting.disk.locked = dice.between(1, 5)


def full(world: World, dice: Dice) -> None:
    world.setting.disk.full = dice.between(1, 12)


def commit(world: World, dice: Dice) -> None:
    world.setting.disk.commits = dice.between(1, 12)


def quotes(kind: str) -> Bring:
    def bring(world: World, dice: Dice) -> None:
        for symbol in SYMBOLS:
            if dice.chance(60):
                world.setting.feed.wrong[symbol] = (kind, dice.between(1, 6))

    return bring


def feed_down(world: World, dice: Dice) -> None:
    world.setting.feed.down = dice.between(1, 3)


def gap(world: World, dice: Dice) -> None:
    symbol = dice.one_of(SYMBOLS)
    by = D(dice.one_of((-9, -4, -2, -1, 1, 2, 4, 8))) / 100
    world.setting.market.jump(symbol, by)
    world.fired("gap")


def halted(world: World, dice: Dice) -> None:
    market = world.setting.market
    symbol = dice.one_of(SYMBOLS)
    if symbol in market.halted:
        del market.halted[symbol]
    else:
        market.halted[symbol] = world.clock.now()
        world.fired("trading halt")


def jump(world: World, dice: Dice) -> None:
    """The machine's clock is set forward; what is under way arrives when it would have."""
    by = timedelta(seconds=dice.one_of((30, 300, 3600)))
    world.setting.wire.jumped += by
    world.clock.set(world.clock.now() + by)
    world.fired("clock jump")


def next_session(world: World, dice: Dice) -> None:
    """Nothing happens until the next opening, and then prices are elsewhere."""
    if dice.chance(40):
        world.clock.set(world.clock.now() + timedelta(hours=dice.one_of((14, 18, 66))))
        world.fired("night")


def phone_down(world: World, dice: Dice) -> None:
    world.phone.down = dice.between(1, 6)


def phone_limited(world: World, dice: Dice) -> None:
    world.phone.limited = dice.between(1, 4)


def phone_unsaid(world: World, dice: Dice) -> None:
    world.phone.unsaid = 1


FAULTS = (
    Fault(("request lost",), 6, on_submit("request lost")),
    Fault(("response lost",), 6, on_submit("response lost")),
    Fault(("request late",), 6, on_submit("request late")),
    Fault(("request very late",), 2, on_submit("request very late")),
    Fault(("cut off",), 6, on_submit("cut off")),
    Fault(("request doubled",), 2, on_submit("request doubled")),
    Fault(("throttled",), 3, on_submit("throttled")),
    Fault(("server error",), 4, on_submit("server error")),
    Fault(("broker down",), 4, on_submit("broker down")),
    Fault(("rejected",), 4, on_submit("rejected")),
    Fault(("odd answer",), 3, on_submit("odd answer")),
    Fault((), 6, on_change("request lost", "response lost", "broker down", "rejected", "server error", "throttled")),
    Fault((), 4, on_reads),
    Fault(("hang",), 5, hang),
    Fault(("disconnect",), 4, disconnect),
    Fault(("reports repeated",), 3, reports("reports repeated")),
    Fault(("reports reordered",), 4, reports("reports reordered")),
    Fault(("reports held",), 5, reports("reports held")),
    Fault(("reports hollow",), 3, reports("reports hollow")),
    Fault(("reports missing",), 2, reports("reports missing")),
    Fault(("process death", "death while starting"), 22, die),
    Fault(("database locked",), 4, locked),
    Fault(("disk full",), 3, full),
    Fault(("commit fails",), 6, commit),
    *(Fault((kind,), 2, quotes(kind)) for kind in WRONG),
    Fault(("feed down",), 2, feed_down),
    Fault(("gap",), 6, gap),
    Fault(("trading halt",), 2, halted),
    Fault(("clock jump",), 1, jump),
    Fault(("night",), 3, next_session),
    Fault(("phone down",), 3, phone_down),
    Fault(("phone rate-limited",), 3, phone_limited),
    Fault(("phone answer lost",), 3, phone_unsaid),
)

OTHERS = (
    "partial fill",
    "torn log",
    "double tap",
    "taps at once",
    "tap after expiry",
    "price moved before the tap",
    "stranger taps",
    "another person taps",
    "digest edited",
    "digest of another card",
    "word left out",
    "partner cancels",
    "old button after 1 s",
    "old button after 121 s",
    "old button",
    "button after a restart",
    "stranger writes",
    "resume by a stranger",
    "halt between card and tap",
    "halt with an order under way",
    "taken back while under way",
    "changed with reports held",
    "cancel never confirmed",
    "fills while commits fail",
    "taken back while another is tried",
    "update repeated",
    "line edited",
    "second writer",
)
"""What the persons bring about, or the market, or the process itself."""

NAMES = tuple(dict.fromkeys([n for f in FAULTS for n in f.fires] + [*OTHERS, *exiting.FIRES, *elsewhere.FIRES]))
assert all(s in KNOWN for s in SYMBOLS)
