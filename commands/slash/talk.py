"""What the copilot remembers of what was said, forgotten when its person says so."""

from __future__ import annotations

from commands.context import Ctx
from commands.registry import command
from commands.slash.sheet import plural
from domain.chat import Reply, Text, Tone
from storage import talks


@command("Copilot", examples=("/forget",))
async def forget(ctx: Ctx) -> Reply:
    """Forget what you and I said to each other; the journal of what was done stays."""
    if ctx.read_only:
        return Reply((Text("There is nothing to forget: this way in remembers nothing.", Tone.LEAD),))
    human = ctx.people.human(ctx.origin) or ctx.origin.who
    async with ctx.floor.store.write() as tx:
        gone = await talks.forget(tx, ctx.account, human)
    ctx.session.forget()
    lead = f"Forgotten: {plural(gone, 'question')} with what I answered." if gone else "There was nothing to forget."
    return Reply((Text(lead, Tone.LEAD), Text("What was done stays in `/journal`: that cannot be taken back.", Tone.QUIET)), looked=False)
