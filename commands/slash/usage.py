"""What is used most here, and what was followed of what was suggested."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from commands.context import Ctx
from commands.registry import command
from commands.slash.scorecard import read
from commands.slash.sheet import Sheet, plural
from domain.advice import Adoption
from domain.chat import Block, Button, Buttons, KeyValues, Reply, Table, Text, Tone
from domain.tickets import TicketStatus
from storage import model_use
from storage import usage as counted
from storage.model_use import ModelUse

SHOWN = 8
DONE = {"answer", "question", "ticket"} | {s.lower() for s in TicketStatus} - {"denied", "failed"}
"""Outcomes that are no trouble; anything else is an error's code, or a card that was denied or failed."""


@command("System", examples=("/usage",))
async def usage(ctx: Ctx) -> Reply:
    """What is used most on this account, how often it went wrong, and how many of my suggestions were followed."""
    async with ctx.floor.store.read() as tx:
        found = await counted.counts(tx, ctx.account)
        shown, _ = await read(tx, ctx.account)
        worded = await model_use.by_model(tx, ctx.account)
    sheet = Sheet(ctx.clock.now(), "counts of commands and outcomes, never of what was said", ctx.spec.currency)
    sums: dict[str, int] = {}
    wrong: dict[str, int] = {}
    for use in found:
        sums[use.name] = sums.get(use.name, 0) + use.count
        if use.outcome not in DONE:
            wrong[use.name] = wrong.get(use.name, 0) + use.count
    ordered = sorted(sums.items(), key=lambda kv: (-kv[1], kv[0]))
    total = sum(sums.values())
    if not total:
        lead = "Nothing has been counted on this account yet."
    else:
        uses = f"{sheet.count('uses', total)} {plural(total, 'use').split(' ', 1)[1]}"
        lead = f"{uses} on this account; most often {ordered[0][0]}, {sheet.count(f'{ordered[0][0]}, uses', ordered[0][1])} times."
    blocks: list[Block] = [Text(lead, Tone.LEAD)]
    if ordered:
        rows = tuple(
            (name, sheet.count(f"{name}, uses", n), sheet.count(f"{name}, not done", wrong.get(name, 0), "errors and denied cards"))
            for name, n in ordered[:SHOWN]
        )
        blocks.append(Table(("What", "Uses", "Not done"), rows, (1, 2), title="Used most"))
    blocks += _models(ctx, sheet, worded)
    became = {a: sum(1 for one in shown if one.adoption is a) for a in Adoption}
    done = became[Adoption.FOLLOWED] + became[Adoption.PARTLY]
    over = done + became[Adoption.IGNORED]
    told = ", ".join(f"{sheet.count(f'suggestions {a.value}', n)} {a.value}" for a, n in became.items() if n)
    number = sheet.count("suggestions shown", len(shown), "each counted once, however often it was said")
    values = [("Suggestions", f"{number} shown" + (f": {told}" if told else ""))]
    if over:
        rate = sheet.percent("adoption", Decimal(done) / over, "followed and partly / all but the open ones", sign=False, places=0)
        values.append(("Adoption", f"{rate} of {sheet.count('suggestions decided on', over)} decided on"))
    return Reply(
        (*blocks, KeyValues(tuple(values)), Buttons((Button("Scorecard", "/scorecard"), Button("Why", "/why")))), facts=sheet.facts
    )


def _models(ctx: Ctx, sheet: Sheet, worded: Sequence[ModelUse]) -> list[Block]:
    """What the models that worded answers took: answers, tokens an answer, and what that costs where a price is set."""
    if not worded:
        return []
    priced = ctx.voice is not None and ctx.voice.ration.priced
    rows = []
    for one in worded:
        tokens = one.spent.read + one.spent.written
        row = [
            one.model,
            sheet.count(f"{one.model}, answers", one.answers),
            sheet.count(f"{one.model}, tokens", tokens, "read and written, as its server counts them"),
        ]
        if priced and ctx.voice is not None:
            cost = ctx.voice.ration.cost(one.spent) / one.answers
            row.append(sheet.money(f"{one.model}, cost an answer", cost, "tokens * the prices that are set / answers"))
        rows.append(tuple(row))
    headings = ("Model", "Answers", "Tokens", "An answer")[: 4 if priced else 3]
    return [Table(headings, tuple(rows), (1, 2, 3)[: 3 if priced else 2], title="Words by a model")]
