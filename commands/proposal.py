"""From an action to its card: planned, proposed to the ticket desk, shown; nothing on this way can trade."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from commands.card import Frame, card
from commands.context import Ctx, Plan
from commands.followups import reason_sentence
from domain.chat import Access, Action, Block, Reply, ReplyKind, Text, Tone, Verb
from domain.errors import FoliopilotError, StorageFailed, UserError
from domain.orders import Intent
from domain.tickets import Proposer, Ticket

log = logging.getLogger(__name__)


async def propose(ctx: Ctx, action: Action, proposer: Proposer = Proposer.PERSON, *, note: str = "") -> Reply:
    """The card of an action, stored as a ticket before it is shown; a plan without intents says why there is nothing to do.

    `note` stands on the card before the planner's own.
    """
    ctx.require(Access.PROPOSE)
    spec = ctx.registry.action(action.verb)
    if action.target and ctx.known(action.target):
        ctx.session.symbol = action.target
    plan: Plan = await spec.handler(ctx, action)
    if not plan.intents:
        notes = plan.notes or ("There is nothing to do.",)
        return Reply((Text(notes[0], Tone.LEAD), *(Text(n) for n in notes[1:])), command=spec.name)
    ticket = await ctx.floor.desk.propose(
        line=action.line(), verb=spec.name, origin=ctx.origin, proposer=proposer, intents=plan.intents, word=plan.word
    )
    return show(ctx, ticket, notes=(note, *plan.notes) if note else plan.notes)


async def draw(ctx: Ctx, *, line: str, verb: str, intents: Sequence[Intent], notes: tuple[str, ...] = ()) -> Reply:
    """The card of what a `/` command would change in the house itself; `line` is the command in its canonical spelling."""
    ctx.require(Access.PROPOSE)
    ticket = await ctx.floor.desk.propose(line=line, verb=verb, origin=ctx.origin, proposer=Proposer.PERSON, intents=intents)
    return show(ctx, ticket, notes=notes)


def show(ctx: Ctx, ticket: Ticket, *, notes: tuple[str, ...] = (), moved: str = "") -> Reply:
    """A ticket as its card, in this chat's frame."""
    return card(ticket, frame(ctx), notes=notes, moved=moved)


def frame(ctx: Ctx) -> Frame:
    """What a card needs to know of this line's account and reader."""
    return Frame(ctx.spec, ctx.clock.now(), ctx.zone, ctx.hub.instruments(), confirmable=not ctx.read_only, simulated=ctx.hub.simulated)


async def emergency(ctx: Ctx, action: Action) -> Reply:
    """`#emergency-stop` as typed by a person: trading halts at once, then cancelling and closing come as one card.

    Whatever goes wrong with the card, the reply says that trading is halted. Where nothing may change, the card is shown and nothing halts.
    """
    ctx.require(Access.PROPOSE)
    if ctx.read_only:
        return _led(await propose(ctx, action), "Typed in `foliopilot chat`, this halts trading at once. Here nothing was halted.")
    try:
        first = await ctx.floor.killswitch.pull(ctx.origin.who, ctx.origin.chat)
    except StorageFailed as error:
        log.error("the emergency stop could not be written", exc_info=error)
        return _alone(
            "Trading is halted: nothing new is sent. The database refuses to keep that; it is tried every second, so leave this program "
            "running. No card for the rest could be drawn up; type #emergency-stop again."
        )
    lead = "Trading is halted: nothing new is sent until `#resume`." if first else "Trading was halted already."
    try:
        reply = await propose(ctx, action)
    except UserError as error:
        return _alone(f"{lead} No card came of it: {reason_sentence(error.message)}")
    except FoliopilotError as error:
        log.error("no card for the emergency stop", exc_info=error)
        return _alone(f"{lead} The card for the rest could not be drawn up; type #emergency-stop again.")
    return _led(reply, lead)


def _led(reply: Reply, lead: str) -> Reply:
    first: Block = Text(lead, Tone.LEAD)
    return replace(reply, blocks=(first, *reply.blocks))


def _alone(text: str) -> Reply:
    return Reply((Text(text, Tone.LEAD),), kind=ReplyKind.ANSWER, command=Verb.EMERGENCY_STOP.value)
