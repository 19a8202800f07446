"""Groups and channels: what others who read along are shown, and who allowed it."""

from __future__ import annotations

from typing import Literal

from commands.context import Ctx
from commands.peoplewords import SEES
from commands.registry import command
from domain.chat import Access, Block, Button, Buttons, KeyValues, Reply, Text, Tone
from domain.errors import BadArgument
from domain.people import AccessMove, AccessMoved, Groups, Sight

EXAMPLES = ("/group", "/group figures telegram:-1001", "/group nothing telegram:-1001", "/group words discord:9002")


@command("System", access=Access.ADMIN, examples=EXAMPLES)
async def group(ctx: Ctx, what: Literal["figures", "words", "nothing"] | None = None, which: str = "") -> Reply:
    """What a group is shown: figures, words (answers with their figures hidden), or nothing, as before anybody allows it."""
    if what is None:
        return _listed(ctx)
    ctx.must_write("change what groups are shown")
    ctx.must_be_typed(f"/group {what} {which}".strip())
    name = _name(ctx, which)
    sight = Sight(what) if what != "nothing" else None
    shown = {k: v for k, v in ctx.people.groups.shown.items() if k != name} | ({name: sight} if sight is not None else {})
    groups = Groups(shown)
    async with ctx.floor.bus.unit(who=ctx.origin.who, origin=ctx.origin.chat) as unit:
        await ctx.people.put_groups(unit.tx, groups)
        unit.emit(AccessMoved(ctx.clock.now(), ctx.account, AccessMove.GROUP, name, sight or "", None, ctx.origin.who))
        unit.then(lambda: setattr(ctx.people, "groups", groups))
    return Reply((Text(f"The group {name} {SEES[sight or '']} now.", Tone.LEAD), Buttons((Button("People", "/people"),))))


def _name(ctx: Ctx, which: str) -> str:
    """The group that is meant: the one this was typed in, or the one that is named."""
    here = ctx.people.member(ctx.origin.platform, ctx.origin.person)
    if which:
        platform, colon, chat = which.partition(":")
        if not (colon and platform.isascii() and platform.isalpha() and chat.removeprefix("-").isdecimal() and len(which) <= 60):
            raise BadArgument("Name a group by its platform, a colon and its number.", example=EXAMPLES[2])
        return which.lower()
    if here is None or here.chat == ctx.origin.chat:
        raise BadArgument("Type this in the group that is meant, or name it.", example=EXAMPLES[2])
    return f"{ctx.origin.platform}:{ctx.origin.chat.partition('/')[0]}"


def _listed(ctx: Ctx) -> Reply:
    shown = ctx.people.groups.shown
    lead = f"{len(shown)} groups are shown something." if len(shown) != 1 else "One group is shown something."
    blocks: list[Block] = [Text(lead if shown else "No group is shown anything; members are answered in private.", Tone.LEAD)]
    if shown:
        blocks.append(KeyValues(tuple((name, SEES[sight]) for name, sight in shown.items())))
    blocks.append(
        Text("Typed in a group or a channel, `/group figures` or `/group words` opens it, `/group nothing` closes it.", Tone.QUIET)
    )
    return Reply((*blocks, Buttons((Button("People", "/people"),))))
