"""What happened and what can be done, told by the copilot from the brief of this account."""

from __future__ import annotations

from typing import Literal

from commands.advising import brief, noted
from commands.context import Ctx
from commands.registry import command
from commands.slash.holdings import empty
from copilot import compose
from domain.chat import Reply


@command("Copilot", examples=("/what-happened", "/what-happened today", "/what-happened week"))
async def what_happened(ctx: Ctx, span: Literal["yesterday", "today", "week"] = "yesterday") -> Reply:
    """What a day or the week did to your account: the figure, what moved it, the news on it, your trades."""
    portfolio = await ctx.portfolio()
    if not ctx.floor.book.entries:
        return empty(ctx, portfolio)
    told = await brief(ctx, span)
    return await noted(ctx, told, compose.what_happened(told))


@command("Copilot", examples=("/what-to-do",))
async def what_to_do(ctx: Ctx) -> Reply:
    """What the rules suggest for your book, each with its reason and the line that would do it."""
    portfolio = await ctx.portfolio()
    if not portfolio.positions:
        return empty(ctx, portfolio)
    told = await brief(ctx, "today")
    return await noted(ctx, told, compose.what_to_do(told))
