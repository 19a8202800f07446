"""What is waiting and what was done: the orders, and the journal in the reader's words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from typing import Literal

from commands.alerts import alert
from commands.context import Ctx
from commands.followups import reason_sentence
from commands.registry import command
from commands.slash.sheet import Sheet, plural, short_moment, zone_name
from domain import codec, events
from domain.chat import Block, Button, Buttons, KeyValues, Reply, Text, Tone
from domain.errors import BadArgument
from domain.ledger import Entry, EntryKind
from domain.money import ZERO, money_text, quantity_text
from domain.orders import Order
from domain.tickets import TicketStatus
from storage import journal as lines
from storage import orders as stored
from trading.reconciling.adoption import SOURCE
from trading.wording import describe

RECENT_ORDERS = 20
DEFAULT_LINES, MOST_LINES = 8, 50
READ_PER_LINE = 4  # journal lines read for one that is shown: not every event says something
KINDS = {kind.__name__: kind for kind in events.ALL}
_DONE = {"buy": "Bought", "sell": "Sold"}
_MOVED = {
    EntryKind.DEPOSIT: "Paid in",
    EntryKind.WITHDRAWAL: "Paid out",
    EntryKind.DIVIDEND: "Dividend",
    EntryKind.FEE: "Fee",
    EntryKind.SPLIT: "Split",
}


@command("Orders", examples=("/orders", "/orders all"))
async def orders(ctx: Ctx, which: Literal["open", "all"] = "open") -> Reply:
    """The orders that wait, with their ids: at the broker, or held back for a fill; `all` adds those that ended."""
    portfolio = await ctx.portfolio()
    waiting = [o for o in portfolio.orders if o.open]
    sheet = Sheet.of(portfolio)
    count = sheet.count("open orders", len(waiting), "orders that may still trade")
    sheet.count("protective orders", sum(1 for o in waiting if o.protective and not o.held), "reduce-only stops and targets among them")
    lead = f"{count} {plural(len(waiting), 'order').split(' ', 1)[1]} open" if waiting else "No order is open"
    shown: Sequence[Order] = waiting
    if which == "all":
        async with ctx.floor.store.read() as tx:
            shown = await stored.recent(tx, ctx.account, RECENT_ORDERS)
        lead += f"; the last {plural(len(shown), 'order')}" if shown else "; none was ever placed"
    else:
        lead += f", {sum(1 for o in waiting if o.protective and not o.held)} of them protective" if waiting else ""
    _write_orders(sheet, shown)
    blocks: list[Block] = [Text(lead + ".", Tone.LEAD)]
    if shown:
        blocks.append(KeyValues(tuple((o.client_id, _order_text(o, ctx.zone)) for o in shown)))
    buttons = [Button("All orders", "/orders all")] if which == "open" else [Button("Open orders", "/orders")]
    if waiting:
        first = waiting[0]
        blocks.append(Text(f"To take one back: `#order-{first.client_id} cancel`"))
        buttons.append(Button("Cancel all", "#cancel-all"))
    return Reply((*blocks, Buttons(tuple(buttons))), facts=sheet.facts)


@command("Orders", examples=("/journal", "/journal 20"))
async def journal(ctx: Ctx, lines: int = DEFAULT_LINES) -> Reply:
    """The last moves on this account: cards, orders, fills, halts and bookings."""
    if not 1 <= lines <= MOST_LINES:
        raise BadArgument(f"/journal shows 1 to {MOST_LINES} lines.", example=f"/journal {DEFAULT_LINES}")
    told = sorted([*await _told(ctx, lines), *_booked(ctx, lines)], key=lambda t: t.at, reverse=True)[:lines]
    sheet = Sheet(ctx.clock.now(), "journal and ledger", ctx.spec.currency)
    sheet.count("journal lines shown", len(told))
    if not told:
        lead = Text("Nothing has happened on this account yet.", Tone.LEAD)
        return Reply((lead, Text("A first card is drawn by `#buy SPY 5`; nothing is sent before you confirm.")), facts=sheet.facts)
    lead = Text(f"The last move: {told[0].text}", Tone.LEAD)
    rows = tuple((short_moment(t.at, ctx.zone), t.text) for t in told)
    note = Text(f"Times of {zone_name(ctx.zone)}.", Tone.QUIET)
    more = (Button("More", f"/journal {min(lines * 2, MOST_LINES)}"),) if len(told) == lines < MOST_LINES else ()
    return Reply((lead, KeyValues(rows), note, Buttons((*more, Button("Orders", "/orders all")))), facts=sheet.facts)


@dataclass(frozen=True, slots=True)
class Told:
    """One move in words."""

    at: datetime
    text: str


async def _told(ctx: Ctx, wanted: int) -> list[Told]:
    """What the journal says, newest first; events without a sentence are left out."""
    async with ctx.floor.store.read() as tx:
        found = await lines.lines(tx, ctx.account, limit=wanted * READ_PER_LINE, kinds=tuple(KINDS))
    out = []
    for line in found:
        text = event_text(codec.loads(KINDS[line.kind], line.body), ctx.zone)
        if text:
            out.append(Told(line.at, text))
    return out[:wanted]


def event_text(event: events.Event, zone: tzinfo = UTC) -> str:
    """An event as one sentence, in the words of its alert where it has one; nothing for a card that only waits."""
    match event:
        case events.TicketMoved(status=TicketStatus.PROPOSED):
            return ""
        case events.TicketMoved(ticket=ticket, line=line, status=status, reason=reason):
            return f"Card {ticket} {status.value.lower()}: {line}." + (f" {reason_sentence(reason)}" if reason else "")
        case events.OrderAccepted(order=order):
            return f"Accepted: {describe(order)}."
        case events.PositionOpened(symbol=symbol, quantity=quantity, price=price):
            return f"Opened {symbol}: {quantity_text(quantity)} at {money_text(price)}."
        case events.DemoMoved(what=what):
            return f"The demo world moved: {what}."
        case _:
            said = alert(event, zone)
            first = said.reply.blocks[0] if said is not None else None
            return first.text[:1].upper() + first.text[1:] if isinstance(first, Text) else ""


def _booked(ctx: Ctx, wanted: int) -> list[Told]:
    """The last ledger entries that no order of this house made: imports, demo history, deposits, dividends, what was done elsewhere."""
    outside = [e for e in ctx.floor.book.entries if e.order is None or e.source == SOURCE]
    return [Told(e.at, _entry_text(e)) for e in outside[-wanted:]]


def _entry_text(entry: Entry) -> str:
    if entry.kind is EntryKind.TRADE and entry.side is not None:
        what = f"{quantity_text(entry.quantity)} {entry.symbol} at {money_text(entry.price)}"
        return f"{_DONE[entry.side.value]} {what}, fees {money_text(entry.fee)} (from the ledger)."
    what = f" {entry.symbol}" if entry.symbol else ""
    if entry.kind is EntryKind.SPLIT:
        return f"Split{what}: {quantity_text(entry.quantity)} new for each old share."
    return f"{_MOVED[entry.kind]}{what}: {money_text(abs(entry.amount))}."


def _order_text(order: Order, zone: tzinfo) -> str:
    """An order in words, with what became of it."""
    text = describe(order if order.open else replace(order, filled=ZERO))  # an ended order has nothing left: it is told as it was sent
    if order.filled:
        price = f" at {money_text(order.average_price)}" if order.average_price is not None else ""
        text += f"; {quantity_text(order.filled)} of {quantity_text(order.quantity)} filled{price}"
    if order.held:
        return f"{text}; waits for {order.waits_for or order.replaces}; since {short_moment(order.updated, zone)}"
    if not order.open or order.status.value in ("pending", "unknown"):
        text += f"; {order.status.value}" + (f" ({order.reason})" if order.reason else "")
    if order.external:
        text = f"external, {text}"
    return f"{text}; {'since' if order.open else 'at'} {short_moment(order.updated, zone)}"


def _write_orders(sheet: Sheet, shown: Sequence[Order]) -> None:
    for order in shown:
        name, source = f"order {order.client_id}", f"order {order.client_id} of ticket {order.ticket}"
        sheet.keep(f"{name} quantity", order.quantity, "shares", source=source, at=order.updated)
        for label, price in (("limit", order.limit), ("stop", order.stop), ("average price", order.average_price)):
            if price is not None:
                sheet.price(f"{name} {label}", price, source=source, at=order.updated)
        if order.filled:
            sheet.keep(f"{name} filled", order.filled, "shares", source=source, at=order.updated)
