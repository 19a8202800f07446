"""The emergency stop and its release, as cards. The halt itself is the front desk's; here is only what there is to confirm."""

from __future__ import annotations

from commands.actions.closing import CLOSE_ALL_WORD, market_exit
from commands.actions.sight import sights
from commands.context import Ctx, Plan
from commands.registry import action
from domain.chat import Action, Verb
from domain.errors import UserError
from domain.orders import CancelIntent, Intent, ResumeIntent


@action(Verb.EMERGENCY_STOP, examples=("#emergency-stop",))
async def emergency_stop(ctx: Ctx, action: Action) -> Plan:
    """Halt trading at once; cancelling every order and closing every position comes as one card to confirm."""
    portfolio = await ctx.portfolio()
    seen, notes = sights(portfolio)
    cancels: list[Intent] = [CancelIntent(o.client_id, o.symbol, why="emergency stop") for o in portfolio.orders if o.open]
    closes: list[Intent] = [market_exit(s, s.size, "emergency stop") for s in seen]
    if not cancels and not closes:
        return Plan((), notes=(*notes, "No order is open and no position can be closed, so there is nothing more to do."))
    return Plan((*cancels, *closes), word=CLOSE_ALL_WORD, notes=notes)


@action(Verb.RESUME, examples=("#resume",))
async def resume(ctx: Ctx, action: Action) -> Plan:
    """Allow trading again after an emergency stop; an owner's."""
    portfolio = await ctx.portfolio()
    if not portfolio.halted:
        raise UserError("Trading is not halted; there is nothing to resume.", example="/status", code="nothing_to_do")
    return Plan((ResumeIntent(why="allow trading again"),))
