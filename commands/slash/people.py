"""People: who may do what on this account, who is let in, and the code that pairs a chat."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from commands import pairing, qr
from commands.access import KEEPER, LOCAL
from commands.context import Ctx
from commands.peoplewords import described
from commands.registry import command
from commands.slash.sheet import moment, plural
from domain.chat import Access, Block, Button, Buttons, Code, KeyValues, Reply, Text, Tone
from domain.errors import BadArgument, NotAllowed
from domain.people import AccessMove, AccessMoved, Member, Role

EXAMPLES = ("/people", "/people admit telegram:4711 viewer", "/people role telegram:4711 trader", "/people remove telegram:4711")
MOST_SHOWN = 30


@command("System", examples=EXAMPLES)
async def people(ctx: Ctx, what: Literal["admit", "role", "remove"] | None = None, who: str = "", role: str = "viewer") -> Reply:
    """Who may do what here; an owner lets in by id, changes roles (viewer, trader, owner) and takes out."""
    if what is None:
        return _listed(ctx)
    line = f"/people {what} {who or 'telegram:4711'}{f' {role}' if what != 'remove' else ''}"
    ctx.require(Access.ADMIN)
    ctx.must_write("change who may do what")
    if what == "remove":
        ctx.must_be_typed(line)
        return await _remove(ctx, _known(ctx, who))
    wanted = _role(role, line)
    if wanted is not Role.VIEWER:
        ctx.must_be_typed(line)
    if what == "role":
        return await _change(ctx, _known(ctx, who), wanted)
    return await _admit(ctx, who, wanted)


@command("System", access=Access.ADMIN, examples=("/pair", "/pair trader"))
async def pair(ctx: Ctx, role: Literal["me", "viewer", "trader", "owner"] = "me") -> Reply:
    """A code that lets one chat in: another chat of yours, or a person with a role; it works once, for ten minutes."""
    ctx.must_write("pair chats")
    ctx.must_be_typed(f"/pair {role}" if role != "me" else "/pair")
    mine = role == "me"
    given = ctx.role if mine and ctx.role is not None else Role(role)
    human = (ctx.people.human(ctx.origin) or KEEPER) if mine else f"invited:{ctx.floor.ids.new()}"
    async with ctx.floor.bus.unit(who=ctx.origin.who, origin=ctx.origin.chat) as unit:
        code = await pairing.offer(unit.tx, ctx.account, human, given, ctx.origin.who, ctx.clock.now())
    until = moment(ctx.clock.now() + pairing.LIFE, ctx.zone)
    whom = "Another chat of yours" if mine else f"A new {given}"
    lead = Text(f"{whom} is let in by this code, once, until {until}: {code.upper()}", Tone.LEAD)
    how = Text("Open a private chat with the bot and send it the code. Whoever sends it first is in, so show it to nobody else.")
    return Reply((lead, how, *_links(ctx, f"pair_{code}"), Code(f"/pair {code.upper()}")))


def _links(ctx: Ctx, word: str) -> list[Block]:
    """Where a platform has addresses for that: one that opens the bot and begins with this word; for a camera too, in the terminal."""
    found = [(platform, address) for platform, link in ctx.people.links.items() if (address := link(word))]
    shown: list[Block] = [Text(f"Or open this on {platform.capitalize()} and press Start: {address}") for platform, address in found]
    return shown + [Code(qr.drawn(address)) for _, address in found if ctx.origin.platform in LOCAL]


def _listed(ctx: Ctx) -> Reply:
    own = ctx.people.member(ctx.origin.platform, ctx.origin.person)
    if not ctx.people.owns(ctx.origin):
        role = ctx.role.value if ctx.role is not None else "nobody"
        said = Text(f"You are a {role} of this account, as {own.who if own is not None else ctx.origin.who}.", Tone.LEAD)
        return Reply((said, Buttons((Button("Positions", "/positions"), Button("Help", "/help")))))
    members = ctx.people.members
    keeper = "Whoever sits at the terminal owns this account"
    lead = f"{keeper}; {plural(len(members), 'chat')} besides." if members else f"{keeper}; nobody else is let in."
    blocks: list[Block] = [Text(lead, Tone.LEAD)]
    if members:
        blocks.append(KeyValues(tuple((m.role.value, _row(ctx, m)) for m in members[:MOST_SHOWN])))
        last = members[-1].who
        blocks.append(Text(f"`/people role {last} viewer` changes a role, `/people remove {last}` takes out.", Tone.QUIET))
    blocks.append(Text("To let in a chat of your own: `/pair`. Somebody else: `/pair viewer`"))
    return Reply((*blocks, Buttons((Button("Status", "/status"), Button("Journal", "/journal")))))


def _row(ctx: Ctx, member: Member) -> str:
    mine = ", you" if member.human == ctx.people.human(ctx.origin) else ""
    return f"{described(member.who, member.name)}{mine}, since {moment(member.since, ctx.zone)}"


def _role(word: str, line: str) -> Role:
    try:
        return Role(word.lower())
    except ValueError:
        raise BadArgument(f"A role is viewer, trader or owner, not {word[:20]}.", example=line.rsplit(" ", 1)[0] + " viewer") from None


def _identity(who: str) -> tuple[str, str]:
    platform, _, person = who.partition(":")
    if not (platform.isascii() and platform.isalpha() and person.isascii() and person.isalnum() and len(who) <= 60) or platform in LOCAL:
        raise BadArgument("Name a person as the bot names them: the platform, a colon and their id.", example=EXAMPLES[1])
    return platform.lower(), person


def _known(ctx: Ctx, who: str) -> Member:
    platform, person = _identity(who)
    found = ctx.people.member(platform, person)
    if found is None:
        raise BadArgument(f"{platform}:{person} has no role here.", example="/people")
    return found


async def _admit(ctx: Ctx, who: str, role: Role) -> Reply:
    platform, person = _identity(who)
    if ctx.people.member(platform, person) is not None:
        raise BadArgument(f"{platform}:{person} is in already; a role is changed with `role`.", example=f"/people role {who} {role}")
    now = ctx.clock.now()
    member = Member(ctx.account, platform, person, role, f"{platform}:{person}", person, "", now, ctx.origin.who)
    return await _moved(ctx, member, AccessMove.ADMITTED, f"{member.who} is in, as {role}.")


async def _change(ctx: Ctx, member: Member, role: Role) -> Reply:
    if member.role is role:
        return Reply((Text(f"{member.who} is {role} already; nothing was changed.", Tone.LEAD), Buttons((Button("People", "/people"),))))
    _leaves_itself(ctx, member, "change")
    changed = replace(member, role=role, by=ctx.origin.who)
    return await _moved(ctx, changed, AccessMove.CHANGED, f"{member.who} is {role} now; before: {member.role}.")


async def _remove(ctx: Ctx, member: Member) -> Reply:
    _leaves_itself(ctx, member, "take out")
    async with ctx.floor.bus.unit(who=ctx.origin.who, origin=ctx.origin.chat) as unit:
        await ctx.people.drop(unit.tx, member)
        unit.then(lambda: ctx.people.lost(member))
        unit.emit(AccessMoved(ctx.clock.now(), ctx.account, AccessMove.REMOVED, member.who, member.name, member.role, ctx.origin.who))
    said = Text(f"{member.who} has no role here any more.", Tone.LEAD)
    return Reply((said, Buttons((Button("People", "/people"),))))


async def _moved(ctx: Ctx, member: Member, move: AccessMove, said: str) -> Reply:
    async with ctx.floor.bus.unit(who=ctx.origin.who, origin=ctx.origin.chat) as unit:
        await ctx.people.put(unit.tx, member)
        unit.emit(AccessMoved(ctx.clock.now(), ctx.account, move, member.who, member.name, member.role, ctx.origin.who))
        unit.then(lambda: ctx.people.took(member))
    return Reply((Text(said, Tone.LEAD), Buttons((Button("People", "/people"),))))


def _leaves_itself(ctx: Ctx, member: Member, verb: str) -> None:
    """Nobody shuts themselves out from where they are; at the terminal, or by another owner, it can be done."""
    if (member.platform, member.person) == (ctx.origin.platform, ctx.origin.person):
        raise NotAllowed(f"You cannot {verb} yourself here; do it in the terminal, or let another owner do it.", example="/people")
