"""The audit: who did what, from where, and whether the log is as it was written."""

from __future__ import annotations

from commands.access import LOCAL
from commands.context import Ctx
from commands.registry import Rest, command
from commands.slash.activity import KINDS, event_text
from commands.slash.sheet import Sheet, short_moment, who_text, zone_name
from domain import codec
from domain.chat import Access, Block, Button, Buttons, KeyValues, Reply, Text, Tone
from storage import journal

SHOWN = 12
READ = 400
CARD_SHOWN = "ticket_shown"


@command("System", access=Access.ADMIN, examples=("/audit", "/audit telegram:4711", "/audit terminal"))
async def audit(ctx: Ctx, who: Rest | None = None) -> Reply:
    """Who did what and from where; the log's hashes are checked line by line each time."""
    wanted = (who or "").strip().lower()
    async with ctx.floor.store.read() as tx:
        broken, count = await journal.verify(tx), await journal.length(tx)
        lines = await journal.lines(tx, ctx.account, limit=READ if wanted else SHOWN * 8, kinds=(*KINDS, CARD_SHOWN))
    rows = [row for line in lines if (not wanted or line.who.startswith(wanted)) and (row := _row(ctx, line)) is not None][:SHOWN]
    sheet = Sheet(ctx.clock.now(), "the journal")
    said = f"The log is whole: {sheet.count('journal lines', count)} lines, each bound to the one before it."
    lead = Text(said, Tone.LEAD)
    if broken is not None:
        lead = Text(f"Line {broken} of {count} is not as it was written; nothing after it is proved.", Tone.WARNING)
    blocks: list[Block] = [lead]
    if rows:
        blocks += [KeyValues(tuple(rows)), Text(f"Times of {zone_name(ctx.zone)}, the newest first.", Tone.QUIET)]
    elif wanted:
        blocks.append(Text(f"Nothing of {wanted[:40]} is among the last {READ} moves."))
    blocks.append(Text("Outside the program: `foliopilot doctor --audit`", Tone.QUIET))
    return Reply((*blocks, Buttons((Button("Journal", "/journal"), Button("People", "/people")))), facts=sheet.facts)


def _row(ctx: Ctx, line: journal.JournalLine) -> tuple[str, str] | None:
    """When, who and what; None for what says nothing to a person."""
    text = "A card was shown." if line.kind == CARD_SHOWN else event_text(codec.loads(KINDS[line.kind], line.body), ctx.zone)
    platform, _, person = line.who.partition(":")
    where = f" (chat {line.origin})" if person and platform not in LOCAL and line.origin not in ("", person) else ""
    return (short_moment(line.at, ctx.zone), f"{who_text(line.who) or 'the core'}{where}: {text}") if text else None
