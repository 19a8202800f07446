"""The journal as the record of everything: its chain, and the state that its events alone give."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from domain import codec, events
from domain.orders import OrderStatus
from domain.tickets import Origin, Ticket, TicketStatus
from storage.store import Tx
from tests.simulation.broken import Broken
from tests.simulation.elsewhere import HAND
from tests.simulation.setting import ACCOUNT
from tests.simulation.world import World
from trading.tickets import SHOWN

BY_NAME: Mapping[str, type[events.Event]] = {e.__name__: e for e in events.ALL}


@dataclass
class Replayed:
    """What the journal's events add up to, as far as they were read."""

    seq: int = 0
    hash: str = "0" * 64
    tickets: dict[str, TicketStatus] = field(default_factory=dict)
    origins: dict[str, Origin] = field(default_factory=dict)
    orders: dict[str, OrderStatus] = field(default_factory=dict)
    fills: set[str] = field(default_factory=set)
    halted: bool = False


def replayed(world: World) -> Replayed:
    found = world.memory.setdefault("replayed", Replayed())
    assert isinstance(found, Replayed)
    return found


async def journal_chain(world: World) -> int:
    """Every line is bound to the one before it, and the head is the last; each new line is read into the replay."""
    state = replayed(world)
    async with world.setting.disk.inner.read() as tx:
        rows = await tx.select("journal", since=("seq", state.seq + 1), order="seq")
        heads = await tx.select("journal_head", one=1)
    for row in rows:
        bound = (row["previous"], row["seq"], row["at"], row["account"], row["kind"], row["body"], row["who"], row["origin"])
        digest = hashlib.sha256(codec.dumps(bound).encode()).hexdigest()
        if row["seq"] != state.seq + 1 or row["previous"] != state.hash or row["hash"] != digest:
            raise Broken("journal chain", f"line {row['seq']} ({row['kind']}) is not bound to line {state.seq}")
        state.seq, state.hash = row["seq"], row["hash"]
        _read(world, state, row)
    if heads and (heads[0]["seq"], heads[0]["hash"]) != (state.seq, state.hash):
        raise Broken("journal chain", "the head of the journal is not its last line")
    return len(rows)


def _read(world: World, state: Replayed, row: Mapping[str, Any]) -> None:
    if row["kind"] == SHOWN:
        ticket = codec.loads(Ticket, row["body"])
        state.origins[ticket.id] = ticket.origin
    kind = BY_NAME.get(row["kind"])
    if kind is None:
        return
    event = codec.loads(kind, row["body"])
    match event:
        case events.TicketMoved(ticket=name, status=status, who=who):
            state.tickets[name] = status
            if name in state.origins:
                world.memory.setdefault("movers", []).append((who, state.origins[name], status))
            else:
                raise Broken("replay gives the same state", f"ticket {name} moved before it was shown")
        case events.OrderFilled(order=order, fill=fill):
            if fill.id in state.fills:
                raise Broken("replay gives the same state", f"execution {fill.id} is journalled twice")
            state.fills.add(fill.id)
            state.orders[order.client_id] = order.status
        case events.KillSwitchPulled():
            state.halted = True
        case events.KillSwitchReleased(who=who):
            state.halted = False
            if not who.startswith("terminal:"):
                raise Broken("only an owner confirms", f"{who} allowed trading again")
        case _ if hasattr(event, "order"):
            state.orders[event.order.client_id] = event.order.status


async def replay_gives_the_same_state(world: World) -> int:
    """Tickets, orders, executions and the switch are what the journal's events say, and nothing else."""
    state = replayed(world)
    async with world.setting.disk.inner.read() as tx:
        await _tables_agree(tx, state)
    return len(state.tickets) + len(state.fills)


async def _tables_agree(tx: Tx, state: Replayed) -> None:
    for row in await tx.select("tickets", account=ACCOUNT):
        if state.tickets.get(row["id"]) != row["status"]:
            raise Broken(
                "replay gives the same state", f"ticket {row['id']} is {row['status']}, its events say {state.tickets.get(row['id'])}"
            )
    for row in await tx.select("orders", account=ACCOUNT):
        if row["client_id"].startswith(HAND):
            continue
        said = state.orders.get(row["client_id"])
        unsaid = said in (None, OrderStatus.HELD) and row["status"] in (OrderStatus.PENDING, OrderStatus.HELD)  # sending is no event
        if said != row["status"] and not unsaid:
            raise Broken("replay gives the same state", f"order {row['client_id']} is {row['status']}, its events say {said}")
    booked = {row["id"] for row in await tx.select("ledger", account=ACCOUNT)}
    traded = {name for name in booked if "." in name and not name.startswith(HAND)}
    if traded != {name for name in state.fills if not name.startswith(HAND)}:
        raise Broken("replay gives the same state", f"ledger and events differ in {sorted(traded ^ state.fills)[:3]}")
    rows = await tx.select("switches", account=ACCOUNT)
    if bool(rows and rows[0]["halted"]) != state.halted:
        raise Broken("replay gives the same state", "the switch is not as the journal says")
