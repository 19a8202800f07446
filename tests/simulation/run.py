"""Running a world: its steps, its faults, the invariants after each, and what came of it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from domain import codec
from tests.simulation import guarded, rival
from tests.simulation.broken import Broken
from tests.simulation.dice import Dice
from tests.simulation.elsewhere import DOINGS
from tests.simulation.exiting import EXITS
from tests.simulation.faults import FAULTS
from tests.simulation.final import FINAL, settle
from tests.simulation.invariants import STEP, Invariant
from tests.simulation.persons import ACTIONS
from tests.simulation.rare import EXTRA
from tests.simulation.world import Counts, World, open_world

STEPS = 22
Atom = str
"""`s4` is the action of step 4, `f4` the fault that is brought about before it."""


def atoms() -> tuple[Atom, ...]:
    return tuple(f"{kind}{number}" for number in range(STEPS) for kind in "fs")


@dataclass
class Outcome:
    """What came of a world: which invariant broke and how, or nothing; `journal` is the digest of the journal's text."""

    seed: int
    broken: Broken | None
    counts: Counts
    story: Sequence[str]
    journal: str


def run(seed: int, only: Collection[Atom] | None = None) -> Outcome:
    """Play a world out, or the named atoms of it."""
    return asyncio.run(_play(seed, atoms() if only is None else only))


async def _play(seed: int, only: Collection[Atom]) -> Outcome:
    counts = Counts()
    world = await open_world(seed, counts)
    broken: Broken | None = None
    with world.surprises.listening():
        try:
            await _steps(world, only)
        except Broken as error:
            broken = error
            world.tell(f"BROKEN {error}")
        text = await _journal(world)
        await world.stop()
    await world.setting.close()
    return Outcome(seed, broken, counts, world.story, text)


async def _steps(world: World, only: Collection[Atom]) -> None:
    world.watchers.append(guarded.watch)
    await world.round()
    for number in range(STEPS):
        dice = Dice(world.seed, "fault", number)
        if f"f{number}" in only and dice.chance(60):
            dice.weighted([(f, f.weight) for f in FAULTS]).bring(world, dice)
        dice = Dice(world.seed, "step", number)
        if f"s{number}" in only:
            action = dice.weighted([(a, a.weight) for a in ACTIONS])
            world.tell(f"step {number}: {action.name}")
            await action.act(world, dice)
            extra = Dice(world.seed, "extra", number)
            if extra.chance(4):
                await extra.one_of(EXTRA)(world, extra)
            exits = Dice(world.seed, "exits", number)
            if exits.chance(9):
                await exits.one_of(EXITS)(world, exits)
            doings = Dice(world.seed, "elsewhere", number)
            if doings.chance(2):
                await doings.one_of(DOINGS)(world, doings)
            if world.setting.durable and dice.chance(30):
                await rival.writes(world)
            await world.tick(dice.between(1, 12))
            world.read_answers()
            await check(world, STEP)
    await settle(world)
    await check(world, STEP)
    await check(world, FINAL)
    await count_partials(world)


async def check(world: World, invariants: Sequence[Invariant]) -> None:
    for invariant in invariants:
        world.counts.checks[invariant.name] += await invariant.check(world)


async def count_partials(world: World) -> None:
    partly = sum(len(w.fills) > 1 or 0 < w.order.filled < w.order.quantity for w in await world.venue_orders())
    world.counts.faults["partial fill"] += partly


async def _journal(world: World) -> str:
    async with world.setting.disk.inner.read() as tx:
        rows = await tx.select("journal", order="seq")
    text = "\n".join(codec.dumps(tuple(row.values())) for row in rows)
    return hashlib.sha256(text.encode()).hexdigest()
