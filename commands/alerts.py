"""Which events reach a person unasked, and in what words: a pure function, so that the bus can call it inside its transaction."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, tzinfo
from decimal import Decimal

from commands import digest, followups, housewords, notes, peoplewords, watchwords
from commands.hearing import fact
from commands.kinds import kind_named
from domain import events
from domain.alerts import Alert, Urgency
from domain.chat import Button, Buttons, Reply
from domain.exits import ExitKind
from domain.orders import Order, OrderType
from domain.tickets import TicketStatus
from market.calendar import NEW_YORK
from trading import execution
from trading.exits import cover
from trading.guards import breaker

PAYLOAD_BYTES = 64

_EXITS = {
    ExitKind.STOP: "exit-stop",
    ExitKind.TRAILING: "exit-trailing",
    ExitKind.TARGET: "exit-target",
    ExitKind.TIME: "exit-time",
    ExitKind.BREAK_EVEN: "exit-break-even",
}
_PROTECTIVE = {OrderType.LIMIT: "exit-target", OrderType.TRAILING: "exit-trailing"}
_FOLLOWS = frozenset({cover.CLOSED, cover.TWIN, cover.NOTHING_LEFT, cover.NO_ENTRY, cover.BEGUN, cover.SHRUNK, cover.FILLS})
_BREAKS = frozenset({breaker.DAILY_LOSS, breaker.DRAWDOWN})


def pushed(event: events.Event, zone: tzinfo = UTC) -> Alert | None:
    """The alert of an event that is news of its own: one fact is one push.

    Not pushed is what only follows from a fact that is told: protection that shrinks or ends with its position, and a loss limit that is
    crossed, which the breaker tells. All of it stands in the journal.
    """
    match event:
        case events.OrderCancelled(order=order) | events.OrderReplaced(order=order) if order.protective and order.reason in _FOLLOWS:
            return None
        case events.LimitNeared(code=code, crossed=True) if code in _BREAKS:
            return None
        case _:
            return alert(event, zone)


def alert(event: events.Event, zone: tzinfo = UTC) -> Alert | None:
    """The alert of an event in the words of a reader in `zone`, or None for what was told already or need not be known.

    Pure: the same event, the same alert. Its urgency is its kind's; all but the critical ones carry buttons that quieten them.
    """
    match event:
        case events.OrderAccepted(order=order):
            return None if order.type is OrderType.MARKET else _order(event, order, "order-placed", followups.placed(order))
        case events.OrderReplaced(order=order):
            return _order(event, order, "order-changed", followups.replaced(order), event.at.isoformat())
        case events.OrderFilled(order=order, fill=fill, realised=realised, why=why):
            return _order(event, order, _fill_kind(order), followups.filled(order, fill, realised, why), fill.id)
        case events.OrderRejected(order=order):
            return _order(event, order, "order-rejected", followups.rejected(order))
        case events.OrderCancelled(order=order):
            return _order(event, order, f"order-{order.status.value}", followups.cancelled(order))
        case events.OrderOutcomeUnknown(order=order):
            return _order(event, order, "order-unknown", followups.unknown(order))
        case events.TicketMoved(ticket=ticket, line=line, status=TicketStatus.EXPIRED, reason=reason):
            return _alert(event, "card-expired", ticket, followups.expired(ticket, line, reason))
        case events.TicketMoved(ticket=ticket, line=line, status=TicketStatus.FAILED, reason=execution.STOPPED):
            return _alert(event, "card-not-sent", ticket, followups.not_sent(ticket, line))
        case events.PositionClosed(symbol=symbol, realised=realised):
            return _alert(event, "position-closed", f"{symbol}:{event.at.isoformat()}", followups.closed(symbol, realised, event.at))
        case _:
            return _exit(event, zone) or _watched(event, zone) or _limit(event, zone) or _house(event, zone)


def _exit(event: events.Event, zone: tzinfo) -> Alert | None:
    """Stops, exits and the quotes that would fire them."""
    match event:
        case events.StopMoved(symbol=symbol, stop=stop, was=was):
            state = "moved" if was is not None else f"armed:{event.at.isoformat()}"
            return _alert(event, "stop-moved", f"{symbol}:{stop}:{state}", watchwords.stop_moved(event))
        case events.ExitTriggered(symbol=symbol, exit=rule, kind=kind, ticket=ticket):
            name = "exit-rung" if watchwords.is_rung(event) else _EXITS[kind]
            return _alert(event, name, f"{symbol}:{rule}:{ticket}", watchwords.exit_triggered(event))
        case events.StopFailed(symbol=symbol):
            return _alert(event, "stop-failed", symbol, watchwords.stop_failed(event, zone))
        case events.StopRestored(symbol=symbol):
            return _alert(event, "stop-restored", f"{symbol}:{event.at.isoformat()}", watchwords.stop_restored(event))
        case events.QuoteDoubted(symbol=symbol):
            return _alert(event, "quote-doubted", symbol, watchwords.quote_doubted(event))
        case _:
            return None


def _watched(event: events.Event, zone: tzinfo) -> Alert | None:
    """What the market does to positions."""
    match event:
        case events.QuotesWentStale(symbols=symbols):
            return _alert(event, "data-stale", "+".join(sorted(symbols)), watchwords.quotes_stale(event, zone))
        case events.QuotesCameBack(symbols=symbols):
            return _alert(event, "data-back", f"{'+'.join(sorted(symbols))}:{event.at.isoformat()}", watchwords.quotes_back(event, zone))
        case events.PositionMoved(symbol=symbol, what=what, value=value):
            kind = what if what in digest.MOVES else "spike"
            return _alert(event, kind, symbol, watchwords.position_moved(event), abs(value))
        case events.NewsTouched(symbol=symbol, news=news):
            return _alert(event, "news", f"{symbol}:{news}", watchwords.news_touched(event))
        case events.EarningsNeared(symbol=symbol, when=when):
            return _alert(event, "earnings", f"{symbol}:{when.date().isoformat()}", watchwords.earnings_neared(event, zone))
        case _:
            return None


def _limit(event: events.Event, zone: tzinfo) -> Alert | None:
    """Limits, the breaker, the kill switch, and what automation may do."""
    mark = event.at.isoformat()
    match event:
        case events.LimitNeared(code=code, about=about, value=value, crossed=crossed):
            return _alert(
                event, "limit-crossed" if crossed else "limit-near", f"{about}:{code}", housewords.limit_neared(event), abs(value)
            )
        case events.BreakerTripped(code=code):
            return _alert(event, "breaker-tripped", f"{code}:{mark}", housewords.breaker_tripped(event, zone))
        case events.BreakerReset(who=who):
            return _alert(event, "breaker-reset", mark, housewords.breaker_reset(event), by=who)
        case events.KillSwitchPulled(who=who):
            return _alert(event, "halted", mark, followups.halted(who))
        case events.KillSwitchReleased(who=who):
            return _alert(event, "resumed", mark, followups.resumed(who))
        case events.AutomationChanged(who=who):
            return _alert(event, "automation", mark, housewords.automation_changed(event), by=who)
        case events.LimitChanged(name=name, who=who):
            return _alert(event, "limit-changed", f"{name}:{mark}", housewords.limit_changed(event), by=who)
        case events.MandateSigned(mandate=mandate, who=who):
            return _alert(event, "mandate-signed", mandate, housewords.mandate_signed(event, zone), by=who)
        case events.MandateEnded(mandate=mandate, who=who):
            return _alert(event, "mandate-ended", mandate, housewords.mandate_ended(event), by=who)
        case events.ActionProposed(ticket=ticket, urgent=urgent):
            return _alert(event, "proposal-urgent" if urgent else "proposal", ticket, housewords.proposed(event, zone))
        case _:
            return None


def _house(event: events.Event, zone: tzinfo) -> Alert | None:
    """The broker, the books, jobs, and the program's own absence."""
    mark = event.at.isoformat()
    match event:
        case events.MarketNoted(part=part, lines=lines):
            day = event.at.astimezone(NEW_YORK).date().isoformat()
            return _alert(event, f"day-{part}", day, notes.noted(part, lines))
        case events.JobSkipped(job=job, due=due):
            return _alert(event, "job-skipped", f"{job}:{due.isoformat()}", notes.skipped(event))
        case events.ReconciliationFound(what=what, about=about):
            return _alert(event, "reconciled", f"{what}:{about}:{mark}", housewords.reconciled(event))
        case events.BrokerDown(positions=positions):
            return _alert(event, "broker-down" if positions else "broker-away", "broker", housewords.broker_down(event, zone))
        case events.BrokerUp():
            return _alert(event, "broker-back", f"broker:{mark}", housewords.broker_up(event, zone))
        case events.JobFailed(job=job, reference=reference):
            return _alert(event, "job-failed", job, followups.failed(job, reference))
        case events.AccessMoved(move=move, person=person, who=who):
            return _alert(event, peoplewords.KINDS[move], f"{person}:{mark}", peoplewords.access_moved(event), by=who)
        case events.WasAway(missed=missed):
            return _alert(event, "was-away" if missed else "back", mark, housewords.was_away(event, zone))
        case events.DayDigested():
            return _alert(event, "digest", mark, digest.digest(event, zone))
        case _:
            return None


def _fill_kind(order: Order) -> str:
    """Fills of orders that leave a position are split by their reason; a part of any other order is told quietly."""
    if order.protective:
        return _PROTECTIVE.get(order.type, "exit-stop")
    if order.left > 0:
        return "order-partly-filled"
    return "exit-person" if order.reduce_only else "order-filled"


def _order(event: events.Event, order: Order, kind: str, reply: Reply, mark: str = "") -> Alert:
    return _alert(event, kind, f"{order.symbol}:{order.client_id}{f':{mark}' if mark else ''}", reply)


def _alert(event: events.Event, kind: str, about: str, reply: Reply, weight: Decimal | None = None, by: str = "") -> Alert:
    key, urgency = f"{kind}:{about}", kind_named(kind).urgency
    shown = reply if urgency is Urgency.CRITICAL else quietened(reply, kind, key)
    return Alert(event.at, event.account, kind, key, urgency, shown, weight, by)


def quietened(reply: Reply, kind: str, key: str) -> Reply:
    """The reply with a last row of buttons: why it came, not for an hour, never again."""
    snoozed = next(k for k in (fact(key), kind) if len(f"/alerts snooze {k} 1h".encode()) <= PAYLOAD_BYTES)
    why = "/alerts why "
    shortest = key.encode()[: PAYLOAD_BYTES - len(why)].decode(errors="ignore")
    row = (Button("Why", why + shortest), Button("Snooze 1h", f"/alerts snooze {snoozed} 1h"), Button("Mute this", f"/alerts mute {kind}"))
    return replace(reply, blocks=(*reply.blocks, Buttons(row)))
