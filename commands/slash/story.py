"""What happened and what can be done, told by the copilot from the brief of this account."""

from __future__ import annotations

from typing import Literal

from commands.context import Ctx
from commands.registry import command
from commands.slash.holdings import empty
from copilot import compose
from copilot.brief import Brief, gather
from domain.chat import Reply


@command("Copilot", examples=("/what-happened", "/what-happened today", "/what-happened week"))
async def what_happened(ctx: Ctx, span: Literal["yesterday", "today", "week"] = "yesterday") -> Reply:
    """What a day or the week did to your account: the figure, what moved it, the news on it, your trades."""
    portfolio = await ctx.portfolio()
    if not ctx.floor.book.entries:
        return empty(ctx, portfolio)
    return compose.what_happened(await brief(ctx, span))


@command("Copilot", examples=("/what-to-do",))
async def what_to_do(ctx: Ctx) -> Reply:
    """What the rules suggest for your book, each with its reason and the line that would do it."""
    portfolio = await ctx.portfolio()
    if not portfolio.positions:
        return empty(ctx, portfolio)
    return compose.what_to_do(await brief(ctx, "today"))


async def brief(ctx: Ctx, span: str) -> Brief:
    """The brief of a span, as of now, from everything this line may use."""
    return await gather(book=ctx.floor.book, hub=ctx.hub, news=ctx.news, calendar=ctx.calendar, clock=ctx.clock, span=span, zone=ctx.zone)
