"""Lost stops: those that went away unasked, remembered across restarts until the position is covered or closed, and the person told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from domain.orders import Order
from storage import states
from storage.store import Tx

PART = "protection"


@dataclass(frozen=True, slots=True)
class Lost:
    """A stop that ended though nobody took it back, or (`flipped`) an exit that sold more than was held; not judged yet."""

    client_id: str
    symbol: str
    sign: int  # of the position it was to protect
    quantity: Decimal
    at: datetime
    reason: str
    flipped: bool = False


@dataclass(frozen=True, slots=True)
class Bare:
    """A position the person was told of: without the stop for `needed`, since then. `sign` is the position's."""

    symbol: str
    sign: int
    needed: Decimal
    since: datetime


@dataclass(frozen=True, slots=True)
class LostStops:
    """Everything remembered of one account."""

    lost: tuple[Lost, ...] = ()
    bare: tuple[Bare, ...] = ()


async def remembered(tx: Tx, account: str) -> LostStops:
    """What is remembered."""
    return await states.get(tx, account, PART, LostStops) or LostStops()


async def remember(tx: Tx, account: str, kept: LostStops) -> None:
    """Keep this in place of what was remembered."""
    await states.put(tx, account, PART, kept)


async def lose(tx: Tx, order: Order, at: datetime, *, flipped: bool = False) -> None:
    """Remember that an order went away or went too far, in the transaction that says so; it is judged in the same round."""
    kept = await remembered(tx, order.account)
    lost = Lost(order.client_id, order.symbol, -order.side.sign, order.left, at, order.reason, flipped)
    await remember(tx, order.account, LostStops((*kept.lost, lost), kept.bare))
