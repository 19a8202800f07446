"""What holds when every trouble is over: everything is known, told and equal, and starting once more changes nothing."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

from domain import codec
from domain.events import PositionMoved
from domain.orders import CancelIntent, Order, OrderIntent, OrderType, ReplaceIntent
from domain.tickets import Ticket, TicketStatus
from storage import journal, ledger, orders, tickets
from tests.simulation import elsewhere
from tests.simulation.broken import Broken
from tests.simulation.invariants import Invariant
from tests.simulation.setting import ACCOUNT
from tests.simulation.told import critical_alerts, rows_of
from tests.simulation.world import World, said
from trading.reconciling.adoption import SOURCE as RECONCILED

D = Decimal
OPEN = frozenset({TicketStatus.PROPOSED, TicketStatus.CONFIRMED})
NOTHING = frozenset({TicketStatus.FAILED, TicketStatus.CANCELLED, TicketStatus.EXPIRED, TicketStatus.DENIED, TicketStatus.REPLACED})
UNSENT = frozenset({TicketStatus.EXPIRED, TicketStatus.DENIED, TicketStatus.REPLACED, TicketStatus.PROPOSED})


async def settle(world: World) -> None:
    """The trouble is over: every fault is healed, late requests arrive, and time passes beyond every deadline."""
    made = world.setting
    world.tell("the trouble is over")
    made.wire.heal()
    made.disk.heal()
    made.feed.heal()
    made.market.halted.clear()
    world.phone.heal()
    world.memory.pop("strike", None)
    if world.house is not None:
        world.house.doom.spare()
    if world.counts.faults["manual-only mode"]:
        world.say("/automation on")
    await world.wait(10, 5)
    await world.wait(240, 31)
    await world.wait(310, 155)  # the longest a courier pauses
    for _ in range(6):  # an exit may have fired at last
        if any(w.open and w.order.type is OrderType.MARKET for w in await world.venue_orders()):
            await world.wait(62, 31)
    if not world.counts.faults["reports missing"]:
        await book_and_broker_agree(world)  # without a restart, which would ask for everything anew
    await world.stop()
    for _ in range(3):
        await world.tick(5)
    for _ in range(2):
        await world.round()  # what the last movement of the market filled is told
    world.read_answers()


async def book_and_broker_agree(world: World) -> int:
    """Cash, quantities and open orders are the same on both sides, and reconciling had to add nothing: nobody trades elsewhere."""
    house = world.house
    if house is None or not house.up:
        raise Broken("book and broker agree", "the program does not start any more")
    found = await house.floor.compare()
    if found:
        raise Broken("book and broker agree", f"{found[0].what}: {found[0].book} here, {found[0].broker} there")
    async with world.setting.disk.inner.read() as tx:
        adopted = [entry.id for entry in await ledger.entries(tx, ACCOUNT) if entry.source == RECONCILED]
    if adopted and not (elsewhere.happened(world) or elsewhere.by_hand(world)):
        raise Broken("book and broker agree", f"{adopted[0]} had to be adopted from the broker")
    here = {
        o.client_id: (o.quantity, o.filled, o.limit)
        for o in house.floor.book.orders
        if not o.held and not o.client_id.startswith(elsewhere.HAND)
    }
    there = {
        w.id: (w.order.quantity, w.order.filled, w.order.limit)
        for w in await world.venue_orders()
        if w.open and not w.id.startswith(elsewhere.HAND)
    }
    if here != there:
        names = sorted(set(here.items()) ^ set(there.items()))
        raise Broken("book and broker agree", f"open orders differ: {names[:3]}")
    return 1 + len(there)


async def every_ticket_ends_known(world: World) -> int:
    """No ticket is left open or under way, and what each says is what happened to its legs."""
    venue = {w.id: w.order for w in await world.venue_orders()}
    async with world.setting.disk.inner.read() as tx:
        every = await tickets.recent(tx, ACCOUNT, 1000)
        rows = {row["client_id"]: await orders.get(tx, row["client_id"]) for row in await tx.select("orders", account=ACCOUNT)}
    for ticket in every:
        if ticket.status in OPEN:
            raise Broken("every ticket ends known", f"{ticket.id} ({ticket.line}) is still {ticket.status}")
        _true(ticket, venue, rows)
    return len(every)


def _true(ticket: Ticket, venue: dict[str, Order], rows: dict[str, Order | None]) -> None:
    traded, complete, sends = False, True, 0
    for leg, intent in enumerate(ticket.intents, 1):
        if not isinstance(intent, OrderIntent):
            continue
        sends += 1
        name = f"{ticket.id}-{leg}"
        there, row = venue.get(name), rows.get(name)
        if (there.filled if there else D(0)) != (row.filled if row else D(0)):
            raise Broken(
                "every ticket ends known", f"{name} filled {there.filled if there else 0} there and {row.filled if row else 0} here"
            )
        if row is not None and row.filled != (there.filled if there else 0):
            raise Broken("every ticket ends known", f"{name} is not known")
        traded = traded or bool(there and there.filled)
        complete = complete and (intent.waits_for is not None or bool(there and there.left <= 0))
        if ticket.status in UNSENT and there is not None:
            raise Broken("every ticket ends known", f"{name} is at the venue and its ticket is {ticket.status}")
        if ticket.status in NOTHING and there is not None and there.open:
            raise Broken("every ticket ends known", f"{name} lives and its ticket is {ticket.status}")
    if ticket.status in NOTHING and traded:
        raise Broken("every ticket ends known", f"{ticket.id} is {ticket.status} and has traded")
    if ticket.status is TicketStatus.EXECUTED and not complete:
        raise Broken("every ticket ends known", f"{ticket.id} is {ticket.status} and not all of it traded")
    if ticket.status is TicketStatus.PARTIAL and sends == len(ticket.intents) and not traded:
        raise Broken("every ticket ends known", f"{ticket.id} is {ticket.status} and nothing traded")
    for intent in ticket.intents:
        if ticket.status is TicketStatus.EXECUTED and isinstance(intent, CancelIntent):
            target = venue.get(intent.client_id)
            if target is not None and target.open:
                raise Broken("every ticket ends known", f"{ticket.id} says {intent.client_id} was cancelled and it lives")
        if isinstance(intent, ReplaceIntent):
            continue  # a later change may have changed it again


async def twins_follow_each_other(world: World) -> int:
    """No exit of a bracket is left for more than its entry has filled and the exits of it have not closed."""
    venue = await world.venue_orders()
    checked = 0
    for working in venue:
        order = working.order
        if not working.open or order.waits_for is None or order.client_id in world.memory.get("changed by a card", ()):
            continue
        checked += 1
        bought = sum(w.order.filled for w in venue if w.id == order.waits_for)
        closed = sum(w.order.filled for w in venue if w.order.waits_for == order.waits_for)
        if order.left > bought - closed:
            raise Broken("twins follow each other", f"{order.client_id} is for {order.left} of {bought - closed} left")
    return checked


async def everything_is_told(world: World) -> int:
    """Every alert was shown, every execution told, every critical event exactly once."""
    rows = await rows_of(world)
    missing = [row.alert.key for row in rows if not row.delivered]
    if missing:
        raise Broken("everything is told", f"{missing[0]} was never shown")
    told = Counter(f.id for row in rows if row.told for f in row.alert.reply.facts if f.id.endswith(".quantity"))
    executions = [f.id for w in await world.venue_orders() if not w.id.startswith(elsewhere.HAND) for f in w.fills]
    silent = [name for name in executions if not told[f"fill.{name}.quantity"]]
    if silent:
        raise Broken("everything is told", f"nobody was told of execution {silent[0]}")
    shown = Counter(said(reply) for reply in world.phone.pushed)
    critical = await critical_alerts(world)
    wanted = Counter(said(a.reply) for a in critical)
    for text, count in wanted.items():
        if not count <= shown[text] <= count + world.phone.doubtful:
            raise Broken("everything is told", f"a critical alert was shown {shown[text]} times instead of {count}: {text[:80]}")
    return len(rows) + len(executions)


async def critical_events_have_alerts(world: World) -> int:
    """Each pull and release of the switch has its critical alert."""
    async with world.setting.disk.inner.read() as tx:
        lines = await journal.lines(tx, ACCOUNT, limit=100_000, kinds=("KillSwitchPulled", "KillSwitchReleased"))
    critical = await critical_alerts(world)
    if len(critical) < len(lines):
        raise Broken("critical events have alerts", f"{len(lines)} events, {len(critical)} critical alerts")
    return len(lines)


async def every_line_was_answered(world: World) -> int:
    """Nothing that was typed is left lying."""
    if world.phone.waiting:
        raise Broken("every line was answered", f"{world.phone.waiting[0].text!r} was never taken in")
    async with world.setting.disk.inner.read() as tx:
        left = await tx.select("inbox", done=None)
    if left:
        raise Broken("every line was answered", f"{left[0]['key']} is not done")
    answered = {a.incoming.key for a in world.phone.answers}
    silent = [key for key in world.phone.typed if key not in answered]
    if silent:
        raise Broken("every line was answered", f"{silent[0]} was never answered")
    return len(answered)


async def another_start_changes_nothing(world: World) -> int:
    """Starting once more on what is there leaves every table as it was."""
    before = await _tables(world)
    await world.stop()
    await world.round()
    after = await _tables(world)
    for name, rows in before.items():
        if after[name] != rows:
            now = [row for row in after[name] if row not in rows]
            raise Broken("another start changes nothing", f"table {name} has changed: {now[:1]}")
    async with world.setting.disk.inner.read() as tx:
        wrong = await journal.verify(tx)
    if wrong is not None:
        raise Broken("journal chain", f"line {wrong} does not verify")
    return len(before)


async def _tables(world: World) -> dict[str, list[dict[str, Any]]]:
    async with world.setting.disk.inner.read() as tx:
        every = {name: await tx.select(name) for name in ("tickets", "ledger", "switches", "journal", "outbox", "inbox")}
        moved = {"stop-moved", *(codec.loads(PositionMoved, r["body"]).what for r in every["journal"] if r["kind"] == "PositionMoved")}
        for name, market in (("journal", {"StopMoved", "PositionMoved"}), ("outbox", moved)):  # prices went on, and what follows them
            every[name] = [row for row in every[name] if row["kind"] not in market]
        rows = await tx.select("orders", order="seq")
        every["orders"] = [{"status": row["status"], **_firm(await orders.get(tx, row["client_id"]))} for row in rows]
    return every


def _firm(order: Order | None) -> dict[str, Any]:
    """What of an order does not move with the market; where a trailing stop stands is the venue's to say."""
    return {"name": order.client_id, "quantity": order.quantity, "filled": order.filled, "limit": order.limit} if order else {}


FINAL = (
    Invariant("book and broker agree", book_and_broker_agree),
    Invariant("every ticket ends known", every_ticket_ends_known),
    Invariant("twins follow each other", twins_follow_each_other),
    Invariant("everything is told", everything_is_told),
    Invariant(elsewhere.ELSEWHERE, elsewhere.what_happens_elsewhere_is_told),
    Invariant("critical events have alerts", critical_events_have_alerts),
    Invariant("every line was answered", every_line_was_answered),
    Invariant("another start changes nothing", another_start_changes_nothing),
)
