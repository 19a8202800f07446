"""Answers that advise: the brief with the record of its rules, and what an answer suggested written down before it is sent."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from commands.context import Ctx
from copilot.advised import advice_of, shown_in
from copilot.brief import Brief, gather
from copilot.past import NOTHING, Past, read_past
from domain.chat import Reply
from domain.errors import FoliopilotError
from domain.money import ZERO
from storage import recommendations
from trading.guards.state import TradingState
from trading.risk.used import Used, used

log = logging.getLogger(__name__)


async def brief(ctx: Ctx, span: str, *, risk: bool = False) -> Brief:
    """The brief of a span, as of now, from everything this line may use."""
    floor = ctx.floor
    ctx.told = await gather(
        book=floor.book,
        hub=ctx.hub,
        news=ctx.news,
        calendar=ctx.calendar,
        clock=ctx.clock,
        span=span,
        zone=ctx.zone,
        risk=risk,
        past=await past(ctx),
        limits=floor.limits.current,
        opens=_opens(ctx),
        taken=await _taken(ctx),
    )
    return ctx.told


async def _taken(ctx: Ctx) -> Mapping[str, Used]:
    """How much of each limit is used; nothing where that cannot be read, for an answer always comes."""
    try:
        portfolio = await ctx.portfolio()
        return used(portfolio, await ctx.floor.lookout.account(portfolio))
    except FoliopilotError:
        log.warning("the use of the limits cannot be read", exc_info=True)
        return {}


def _opens(ctx: Ctx) -> bool:
    """False while a guard would refuse whatever opens: then no rule suggests it."""
    guards, limits = ctx.floor.guards, ctx.floor.limits.current
    losses = guards.losses()
    if guards.trading.now() is not TradingState.ACTIVE:
        return False
    return losses is None or ((losses.daily or ZERO) < limits.daily_loss and (losses.drawdown or ZERO) < limits.drawdown)


async def past(ctx: Ctx) -> Past:
    """What was advised before and how it went; nothing where it cannot be read, for an answer always comes."""
    try:
        async with ctx.floor.store.read() as tx:
            return await read_past(tx, ctx.account, ctx.clock.now())
    except FoliopilotError:
        log.warning("earlier advice cannot be read", exc_info=True)
        return NOTHING


async def noted(ctx: Ctx, told: Brief, reply: Reply) -> Reply:
    """The reply, its advice written down once; a way in that changes nothing writes nothing, a database that refuses stops no answer."""
    shown = shown_in(reply, told.recommendations)
    if shown and not ctx.read_only:
        try:
            async with ctx.floor.store.write(relaxed=True) as tx:
                for one in shown:
                    await recommendations.add(tx, advice_of(one, told.portfolio))
        except FoliopilotError:
            log.warning("advice could not be written down", exc_info=True)
    return reply
