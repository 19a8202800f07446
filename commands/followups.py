"""What is said after a card: sent, placed, filled, rejected, expired, unknown; each a reply in the thread of its ticket."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from commands.slash.sheet import who_text
from domain.chat import Block, Button, Buttons, Code, Reply, Text, Tone
from domain.facts import Fact
from domain.money import money_text, quantity_text
from domain.orders import Fill, Order, OrderType, Side
from domain.tickets import Ticket, TicketStatus
from trading.wording import describe

PAYLOAD_BYTES = 64
_DONE = {Side.BUY: "bought", Side.SELL: "sold"}

_AFTER_TAP: dict[TicketStatus, tuple[str, Tone]] = {
    TicketStatus.CONFIRMED: ("Confirmed: {line}. The outcome is not known yet; it is being asked for.", Tone.LEAD),
    TicketStatus.WORKING: ("Sent: {line}. It is working at the broker.", Tone.LEAD),
    TicketStatus.EXECUTED: ("Done: {line}.", Tone.LEAD),
    TicketStatus.PARTIAL: ("Partly done: {line}.", Tone.LEAD),
    TicketStatus.FAILED: ("Not done: {line}. Nothing traded.", Tone.LEAD),
    TicketStatus.CANCELLED: ("Cancelled: {line}. Nothing traded.", Tone.LEAD),
    TicketStatus.EXPIRED: ("Expired: {line}. Nothing was sent.", Tone.LEAD),
    TicketStatus.DENIED: ("Denied: {line}. Nothing was sent.", Tone.LEAD),
    TicketStatus.REPLACED: ("Replaced by a fresh card: {line}. Nothing was sent.", Tone.LEAD),
}


def after_tap(ticket: Ticket) -> Reply:
    """The answer to a confirmation or a cancellation: how the ticket stands now, and why where there is a reason."""
    sentence, tone = _AFTER_TAP[ticket.status]
    blocks: list[Block] = [Text(sentence.format(line=ticket.line), tone)]
    if ticket.reason and not ticket.reason.lower().startswith(sentence.partition(":")[0].lower()):  # "Cancelled: …" needs no "Cancelled, …"
        blocks.append(Text(reason_sentence(ticket.reason), Tone.QUIET))
    return Reply(tuple(blocks), command=ticket.verb, ticket=ticket, thread=ticket.id)


def placed(order: Order) -> Reply:
    """The broker has a resting order."""
    return _of(order, f"Placed: {describe(order)}.", cancel=True)


def replaced(order: Order) -> Reply:
    """A working order has other terms now."""
    return _of(order, f"Changed: {describe(order)}.", cancel=True)


def filled(order: Order, fill: Fill, realised: Decimal, why: str = "", currency: str = "USD") -> Reply:
    """An execution: the fill at its price, and what is left of a partly filled order; `why` is what the house placed it for."""
    what = f"{_DONE[fill.side]} {quantity_text(fill.quantity)} {fill.symbol} at {money_text(fill.price, currency)}"
    lead = f"{_trigger(order, why)}: {what}" if order.left <= 0 else f"Partly filled: {what}, {quantity_text(order.left)} left"
    result = f", P/L {money_text(realised, currency, sign=True)}" if realised or order.reduce_only else ""
    facts = (
        _fact(fill, "quantity", f"Quantity {fill.symbol}", fill.quantity, "shares"),
        _fact(fill, "price", f"Price {fill.symbol}", fill.price, currency),
        _fact(fill, "fee", f"Fees {fill.symbol}", fill.fee, currency),
        _fact(fill, "realised", f"P/L realised {fill.symbol}", realised, currency),
    )
    fees = (Text(f"Fees {money_text(fill.fee, currency)}.", Tone.QUIET),) if fill.fee else ()
    buttons = Buttons((Button("Positions", "/positions"), Button("Stops", "/stops")))
    return Reply((Text(f"{lead}{result}.", Tone.LEAD), *fees, buttons), facts=facts, thread=order.ticket, order=order.client_id)


def rejected(order: Order) -> Reply:
    """Definitively refused; nothing of it is live."""
    return _of(order, f"Rejected: {describe(order)}. Nothing traded on it.", tone=Tone.BAD)


def cancelled(order: Order) -> Reply:
    """Taken back, or run out, before it was done; what had filled stays."""
    kept = f" {quantity_text(order.filled)} had filled." if order.filled else ""
    word = "Expired" if order.status.value == "expired" else "Cancelled"
    return _of(order, f"{word}: {describe(order)}.{kept}")


def unknown(order: Order) -> Reply:
    """Sent without an answer: it may be live, and it is not sent again."""
    lead = f"Not known yet: {describe(order)} was sent and the broker did not say. It may be live; it is being asked for, not sent again."
    return _of(order, lead, tone=Tone.WARNING)


def expired(ticket: str, line: str, reason: str) -> Reply:
    """A card that nobody confirmed in time, or that a restart ended."""
    why = reason.rstrip(".") or "expired, nothing was sent"
    said = f"{line}: {why}." if why.startswith("expired") else f"Expired: {line}. {reason_sentence(why)}"
    again = (Buttons((Button("Prepare again", line),)),) if len(line.encode()) <= PAYLOAD_BYTES else ()
    return Reply((Text(said, Tone.QUIET), *again), thread=ticket)


def not_sent(ticket: str, line: str) -> Reply:
    """A confirmed card whose program ended before its first order was written."""
    said = f"Not done: {line}. The program stopped between your confirmation and the first order: nothing was sent."
    return Reply((Text(said, Tone.WARNING), Code(line)), thread=ticket)


def closed(symbol: str, realised: Decimal, at: datetime, currency: str = "USD") -> Reply:
    """A position is flat again."""
    fact = Fact(f"closed.{symbol}", f"P/L realised {symbol}", realised, currency, at, source="the ledger")
    return Reply(
        (Text(f"{symbol} is closed: P/L {money_text(realised, currency, sign=True)} over the whole holding.", Tone.LEAD),), facts=(fact,)
    )


def halted(who: str) -> Reply:
    """The kill switch is pulled."""
    return Reply(
        (
            Text(f"Trading is halted (by {who_text(who)}). Closing and cancelling still work.", Tone.LEAD),
            Buttons((Button("Resume", "#resume"), Button("Status", "/status"))),
        )
    )


def resumed(who: str) -> Reply:
    """The kill switch is released."""
    return Reply((Text(f"Trading goes on (released by {who_text(who)}).", Tone.LEAD),))


def failed(job: str, reference: str) -> Reply:
    """A part of the core failed and will be tried again."""
    return Reply((Text(f"{job} failed and will be tried again. Reference {reference} finds it in the log.", Tone.WARNING),))


def _trigger(order: Order, why: str) -> str:
    """What it was that filled, for an order that protected a position or that the house placed."""
    if not order.protective:
        return f"{why[:1].upper()}{why[1:]}" if why else "Filled"
    return {OrderType.LIMIT: "Target reached", OrderType.TRAILING: "Trailing stop filled"}.get(order.type, "Stop filled")


def _of(order: Order, lead: str, *, tone: Tone = Tone.LEAD, cancel: bool = False) -> Reply:
    blocks: list[Block] = [Text(lead, tone)]
    if order.reason and order.reason.lower() != lead.partition(":")[0].lower():  # "Cancelled: …" needs no "Cancelled."
        blocks.append(Text(reason_sentence(order.reason), Tone.QUIET))
    if cancel:
        blocks.append(Buttons((Button("Cancel order", f"#order-{order.client_id} cancel"),)))
    return Reply(tuple(blocks), thread=order.ticket, order=order.client_id)


def _fact(fill: Fill, key: str, label: str, value: Decimal, unit: str) -> Fact:
    return Fact(f"fill.{fill.id}.{key}", label, value, unit, fill.at, source=f"execution {fill.id}")


def reason_sentence(text: str) -> str:
    """A reason as a sentence: a capital first, a full stop last."""
    cut = text.strip()
    return f"{cut[:1].upper()}{cut[1:]}" + ("" if cut.endswith((".", "!", "?")) else ".")
