"""Which events reach a person unasked, and in what words: a pure function, so that the bus can call it inside its transaction."""

from __future__ import annotations

from commands import followups
from domain import events
from domain.alerts import Alert, Urgency
from domain.chat import Reply
from domain.orders import Order, OrderType
from domain.tickets import TicketStatus
from trading import execution


def alert(event: events.Event) -> Alert | None:
    """The alert of an event, or None for what the reader was told already or need not know. Pure: the same event, the same alert."""
    match event:
        case events.OrderAccepted(order=order):
            return None if order.type is OrderType.MARKET else _of(event, order, "order-placed", followups.placed(order))
        case events.OrderReplaced(order=order):
            return _of(event, order, "order-changed", followups.replaced(order), mark=f":{event.at.isoformat()}")
        case events.OrderFilled(order=order, fill=fill, realised=realised):
            kind = "order-filled" if order.left <= 0 else "order-partly-filled"
            stopped = order.protective and order.type is not OrderType.LIMIT
            return _of(
                event,
                order,
                "stop-filled" if stopped else kind,
                followups.filled(order, fill, realised),
                urgency=Urgency.WARNING if stopped else Urgency.INFO,
                mark=f":{fill.id}",
            )
        case events.OrderRejected(order=order):
            return _of(event, order, "order-rejected", followups.rejected(order), urgency=Urgency.WARNING)
        case events.OrderCancelled(order=order):
            return _of(event, order, f"order-{order.status.value}", followups.cancelled(order))
        case events.OrderOutcomeUnknown(order=order):
            return _of(event, order, "order-unknown", followups.unknown(order), urgency=Urgency.WARNING)
        case _:
            return _other(event)


def _other(event: events.Event) -> Alert | None:
    match event:
        case events.TicketMoved(ticket=ticket, line=line, status=TicketStatus.EXPIRED, reason=reason):
            return _alert(event, "card-expired", ticket, followups.expired(ticket, line, reason))
        case events.TicketMoved(ticket=ticket, line=line, status=TicketStatus.FAILED, reason=execution.STOPPED):
            return _alert(event, "card-not-sent", ticket, followups.not_sent(ticket, line), Urgency.WARNING)
        case events.PositionClosed(symbol=symbol, realised=realised):
            return _alert(event, "position-closed", f"{symbol}:{event.at.isoformat()}", followups.closed(symbol, realised, event.at))
        case events.KillSwitchPulled(who=who):
            return _alert(event, "halted", event.at.isoformat(), followups.halted(who), Urgency.CRITICAL)
        case events.KillSwitchReleased(who=who):
            return _alert(event, "resumed", event.at.isoformat(), followups.resumed(who), Urgency.CRITICAL)
        case events.JobFailed(job=job, reference=reference):
            return _alert(event, "job-failed", job, followups.failed(job, reference), Urgency.WARNING)
        case _:
            return None


def _of(event: events.Event, order: Order, kind: str, reply: Reply, *, urgency: Urgency = Urgency.INFO, mark: str = "") -> Alert:
    return _alert(event, kind, f"{order.client_id}{mark}", reply, urgency)


def _alert(event: events.Event, kind: str, about: str, reply: Reply, urgency: Urgency = Urgency.INFO) -> Alert:
    return Alert(event.at, event.account, kind, f"{kind}:{about}", urgency, reply)
