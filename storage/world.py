"""The demo world as it was left: seed, epoch, the last instant seen and the shocks given to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain import codec
from domain.market import Shock
from storage.bodies import read_body
from storage.store import Tx

_ONE = 1


@dataclass(frozen=True, slots=True)
class Shocks:
    """The stored form of the shocks, oldest first."""

    shocks: tuple[Shock, ...]


@dataclass(frozen=True, slots=True)
class WorldState:
    """The demo world: it began at `epoch`, was last seen at `instant`, and its prices follow from seed and shocks."""

    seed: int
    epoch: datetime
    instant: datetime
    shocks: tuple[Shock, ...] = ()


async def load(tx: Tx) -> WorldState | None:
    """The world as it was left, or None when it never began."""
    rows = await tx.select("world", one=_ONE)
    if not rows:
        return None
    row = rows[0]
    shocks = read_body(Shocks, row["body"], table="world", key=_ONE).shocks
    return WorldState(row["seed"], row["epoch"], row["instant"], shocks)


async def save(tx: Tx, state: WorldState) -> None:
    """Keep the world as it is now. Its instant never goes back: an earlier one than is stored leaves the stored one."""
    kept = await load(tx)
    instant = max(state.instant, kept.instant) if kept else state.instant
    row = {"seed": state.seed, "epoch": state.epoch, "instant": instant, "body": codec.dumps(Shocks(state.shocks))}
    if kept is None:
        await tx.insert("world", row | {"one": _ONE})
    else:
        await tx.update("world", row, one=_ONE)
