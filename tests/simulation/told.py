"""What the persons are told: every push once and in order, nothing that is not so, and nothing at all to a stranger."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.courier import NOTICE
from domain import codec
from domain.alerts import Alert, Urgency
from domain.chat import Reply, ReplyKind
from domain.tickets import TicketStatus
from storage.outbox import TOLD, Verdict
from tests.simulation.broken import Broken
from tests.simulation.setting import ACCOUNT
from tests.simulation.world import STRANGER, World, said

NOTHING_HAPPENED = frozenset(
    {TicketStatus.FAILED, TicketStatus.CANCELLED, TicketStatus.EXPIRED, TicketStatus.DENIED, TicketStatus.REPLACED}
)
SUMMARY = re.compile(r"\d+ (alerts|of your positions moved) ")
OVER = frozenset({"order-rejected", "order-expired", "order-cancelled"})
"""Kinds of alert after which an order is not alive."""


@dataclass(frozen=True)
class Row:
    """A row of the outbox; `told` where it counts as shown, alone or inside a summary."""

    alert: Alert
    delivered: datetime | None
    verdict: Verdict | None

    @property
    def told(self) -> bool:
        return self.delivered is not None and self.verdict in TOLD

    @property
    def put_away(self) -> bool:
        return self.delivered is not None and self.verdict not in TOLD


@dataclass
class Lane:
    """How far the pushes have come among the alerts of one urgency; `last` is what was shown last of them."""

    critical: bool
    place: int = 0
    repeats: int = 0
    last: str = ""

    def rows(self, rows: Sequence[Row]) -> list[Row]:
        return [r for r in rows if (r.alert.urgency is Urgency.CRITICAL) is self.critical]

    def take(self, push: Reply, rows: Sequence[Row]) -> bool:
        """True where this push is what comes next here, or what came last once more."""
        text, mine = said(push), self.rows(rows)
        summary = not self.critical and SUMMARY.match(text)
        self.pass_by(mine)
        if self.place < len(mine) and (summary or text == said(mine[self.place].alert.reply)):
            self.place, self.last = self.place + 1, text
        elif text == self.last or (summary and SUMMARY.match(self.last)):
            self.repeats += 1
        else:
            return False
        return True

    def pass_by(self, mine: Sequence[Row]) -> None:
        """Step over what was put away, and over what a message that was shown told as well."""
        carried = {row.delivered for row in mine[: self.place] if row.told and row.verdict is not Verdict.MERGED}
        while self.place < len(mine):
            row = mine[self.place]
            if not row.put_away and not (row.verdict is Verdict.MERGED and row.delivered in carried):
                break
            self.place += 1


async def rows_of(world: World) -> list[Row]:
    """Every row of the outbox, in the order it was queued."""
    async with world.setting.disk.inner.read() as tx:
        rows = await tx.select("outbox", order="id")
    read: dict[int, Alert] = world.memory.setdefault("alerts", {})
    for row in rows:
        if row["id"] not in read:
            read[row["id"]] = codec.loads(Alert, row["body"])
    return [Row(read[row["id"]], row["delivered"], row["verdict"] and Verdict(row["verdict"])) for row in rows]


async def alerts_once_and_in_order(world: World) -> int:
    """Critical alerts are shown in their order, the others in theirs, none is passed over, and a repeat is one nobody could know of."""
    rows = await rows_of(world)
    lanes: tuple[Lane, Lane] = world.memory.setdefault("lanes", (Lane(critical=True), Lane(critical=False)))
    start = world.memory.get("pushes seen", 0)
    for reply in world.phone.pushed[start:]:
        if said(reply) != said(NOTICE) and not any(lane.take(reply, rows) for lane in lanes):
            raise Broken("alerts once and in order", f"a push came out of turn: {said(reply)}")
    world.memory["pushes seen"] = len(world.phone.pushed)
    if sum(lane.repeats for lane in lanes) > world.phone.doubtful:
        raise Broken("alerts once and in order", f"shown again: {lanes[0].last or lanes[1].last}")
    for lane in lanes:
        mine = lane.rows(rows)
        lane.pass_by(mine)
        early = [row.alert.key for row in mine[lane.place :] if row.told]
        if early:
            raise Broken("alerts once and in order", f"{early[0]} counts as delivered and was never shown")
    told = {row.alert.key for row in rows if row.told}
    for row in rows:
        elsewhere = row.verdict is Verdict.ELSEWHERE and (row.alert.kind == "position-closed" or row.alert.by.startswith("terminal:"))
        if row.put_away and not elsewhere and not (row.verdict is Verdict.REPEATED and row.alert.key in told):
            raise Broken("alerts once and in order", f"{row.alert.key} was put away: {row.verdict}")
    return len(world.phone.pushed) - int(start)


async def nothing_false_is_told(world: World) -> int:
    """Nobody is told that nothing happened while an order of theirs lives, has traded, or is still on its way."""
    traded, alive = {}, {}
    for working in await world.venue_orders():
        traded[working.id], alive[working.id] = working.order.filled, working.open
    wire = world.setting.wire
    under_way = {late.client_id for late in wire.late if late.client_id not in wire.refused and not wire.delivered[late.client_id]}
    checked = 0
    for answer in world.phone.answers[world.memory.get("answers told", 0) :]:
        ticket = answer.reply.ticket
        if ticket is None or ticket.status not in NOTHING_HAPPENED or answer.reply.kind is ReplyKind.TICKET:
            continue
        checked += 1
        for leg in range(1, len(ticket.intents) + 1):
            name = f"{ticket.id}-{leg}"
            if traded.get(name) or alive.get(name) or name in under_way:
                raise Broken("nothing false is told", f"told that nothing happened on {ticket.id} ({ticket.status}) while {name} lives")
    world.memory["answers told"] = len(world.phone.answers)
    async with world.setting.disk.inner.read() as tx:
        placed = {row["client_id"] for row in await tx.select("orders", account=ACCOUNT)}
    alerts = [row.alert for row in await rows_of(world)]
    for alert in alerts[world.memory.get("alerts told", 0) :]:
        if alert.kind in OVER:
            name = alert.key.split(":")[2]  # kind:symbol:order
            if name not in placed:
                raise Broken("nothing false is told", f"{alert.key} is about an order that was never written")
            checked += 1
            given_up = wire.jumped or name in wire.overdue  # told when nothing should arrive any more; what does all the same is taken back
            if not given_up and (alive.get(name) or name in under_way):
                raise Broken("nothing false is told", f"{alert.kind} was told while {name} lives")
            if alert.kind == "order-rejected" and traded.get(name):
                raise Broken("nothing false is told", f"{name} was told rejected and has traded")
    world.memory["alerts told"] = len(alerts)
    return checked


async def strangers_learn_nothing(world: World) -> int:
    """A stranger is told their own id and nothing else, and moves nothing."""
    seen, checked = world.memory.get("strangers", 0), 0
    for answer in world.phone.answers[seen:]:
        if answer.incoming.origin != STRANGER:
            continue
        checked += 1
        reply = answer.reply
        told = f"You are {STRANGER.person} on {STRANGER.platform}."
        if reply.ticket or reply.facts or len(reply.blocks) != 1 or told not in codec.dumps(reply.blocks):
            raise Broken("strangers learn nothing", f"a stranger was answered: {reply.blocks[0]}")
    world.memory["strangers"] = len(world.phone.answers)
    return checked


async def critical_alerts(world: World) -> list[Alert]:
    return [row.alert for row in await rows_of(world) if row.alert.urgency is Urgency.CRITICAL]
