"""The second factor: set up with an authenticator, proved with a first code, taken away with a last one."""

from __future__ import annotations

import re

from commands import qr
from commands.context import Ctx
from commands.factor import Factor
from commands.registry import Rest, command
from domain.chat import Block, Button, Buttons, Code, Reply, Text, Tone
from domain.errors import BadArgument, NotAllowed
from storage.vault import FILE

EXAMPLES = ("/totp", "/totp on", "/totp 123456", "/totp off 123456")
NOWHERE = "There are no second factors on this way in."
WHAT_FOR = "It is asked for besides the tap to allow trading again, for batches and large orders, and to loosen a limit."
_CODE = re.compile(r"\d{3} ?\d{3}\Z")


@command("System", examples=EXAMPLES)
async def totp(ctx: Ctx, what: Rest | None = None) -> Reply:
    """Your second factor, six digits of an authenticator: `on` sets it up, a code proves it, `off` and a code take it away."""
    factor, human = ctx.people.factor, ctx.people.human(ctx.origin)
    words = (what or "").split(maxsplit=1)
    if not words:
        return _state(factor, human) if factor is not None and human is not None else _said(NOWHERE)
    if factor is None or human is None:
        raise NotAllowed(NOWHERE, example="/status")
    ctx.must_write("change a second factor")
    ctx.must_be_typed(f"/totp {words[0][:10]}")
    if words == ["on"]:
        return await _begun(ctx, factor, human)
    if words[0] == "off" and len(words) == 2:
        await factor.end(ctx.origin, human, ctx.role, words[1])
        return _said("Your second factor is gone; cards ask for a tap or a word again.")
    code = " ".join(words)
    if not _CODE.match(code):
        raise BadArgument("`/totp` takes `on`, the six digits your authenticator shows, or `off` and those.", example=EXAMPLES[1])
    known = factor.has(human)
    await factor.prove(ctx.origin, human, ctx.role, code)
    return _said("That code is right." if known else f"Your second factor is set up. {WHAT_FOR}")


def _state(factor: Factor, human: str) -> Reply:
    if factor.has(human):
        return _said(f"You have a second factor. {WHAT_FOR} To take it away: `/totp off` and a code.")
    lead = Text("You have no second factor; whoever holds your unlocked phone can confirm what you can.", Tone.LEAD)
    return Reply((lead, Text("To set one up with any authenticator: `/totp on`"), Buttons((Button("People", "/people"),))))


async def _begun(ctx: Ctx, factor: Factor, human: str) -> Reply:
    if factor.has(human):
        raise BadArgument("You have a second factor already; take it away first.", example=EXAMPLES[3])
    address = await factor.begin(ctx.origin, human)
    secret = re.search(r"secret=([A-Z2-7]+)", address)
    blocks: list[Block] = [Text("Add this to your authenticator, then type `/totp` and the six digits it shows.", Tone.LEAD)]
    if ctx.origin.platform == "terminal":
        blocks.append(Code(qr.drawn(address)))
    blocks.append(Code(secret[1] if secret is not None else address))
    blocks.append(Text(f"It is stored sealed with the key in {FILE}. Delete this message once you are done.", Tone.QUIET))
    return Reply(tuple(blocks))


def _said(text: str) -> Reply:
    return Reply((Text(text, Tone.LEAD), Buttons((Button("People", "/people"), Button("Status", "/status")))))
