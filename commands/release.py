"""A tap or a typed `confirm` on a card: the ticket desk decides; here are only the words for it."""

from __future__ import annotations

from commands.card import figure
from commands.context import Ctx
from commands.followups import after_tap
from commands.proposal import show
from domain.chat import Access, Reply, Verb
from domain.errors import TicketClosed
from domain.tickets import CODE, Ticket, TicketStatus


async def confirm(ctx: Ctx, ident: str, digest: str | None, word: str | None) -> Reply:
    """Release a ticket, or show the fresh card that took its place because the price moved. `digest` None is the stored ticket's own."""
    ctx.require(Access.PROPOSE)
    ctx.must_write("confirm cards")
    before = await ctx.floor.desk.get(ident)
    if before is None:
        raise TicketClosed(f"There is no card {ident} here.", example="/journal")
    shown = before.digest() if digest is None else digest
    if _halts(ctx, before, shown, word):
        await ctx.floor.killswitch.pull(ctx.origin.who, ctx.origin.chat)
    after = await ctx.floor.desk.confirm(ident, shown, ctx.origin, word=word)
    if after.id != ident:
        return show(ctx, after, moved=_moved(before, after, ctx.spec.currency))
    return show(ctx, after) if after.status is TicketStatus.DENIED else after_tap(after)


async def cancel(ctx: Ctx, ident: str) -> Reply:
    """Take a card away; nothing is sent."""
    ctx.require(Access.PROPOSE)
    ctx.must_write("cancel cards")
    return after_tap(await ctx.floor.desk.cancel(ident, ctx.origin))


def _halts(ctx: Ctx, ticket: Ticket, digest: str, word: str | None) -> bool:
    """True for the confirmation of an emergency stop that will hold: its first half happens before anything is sent."""
    mine = ctx.people.answers(ctx.origin, ticket.origin)
    fits = digest == ticket.digest() and (ticket.word in (None, CODE) or (word or "").upper() == ticket.word.upper())
    return ticket.verb == Verb.EMERGENCY_STOP.value and ticket.open and mine and fits and ctx.clock.now() < ticket.expires


def _moved(before: Ticket, after: Ticket, currency: str) -> str:
    """What changed between two cards of one line: the first leg whose price is not the same."""
    was = {leg.leg: leg for leg in before.consequence.legs}
    for leg in after.consequence.legs:
        old = was.get(leg.leg)
        if old is not None and old.price is not None and leg.price is not None and old.price != leg.price:
            prices = f"{figure(old.price, currency, currency)} → {figure(leg.price, currency, currency)}"
            return f"The price moved: {leg.symbol} {prices}. Nothing was sent; this card replaces {before.id}."
    return f"The market moved. Nothing was sent; this card replaces {before.id}."
