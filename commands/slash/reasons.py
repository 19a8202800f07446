"""Why: formula, inputs, instants and source behind the figures of the last answer."""

from __future__ import annotations

from datetime import tzinfo
from decimal import Decimal

from commands.context import Ctx
from commands.registry import Rest, command
from commands.slash.sheet import moment, named, plural, price_text
from domain.chat import Block, Button, Buttons, KeyValues, Reply, Text, Tone
from domain.errors import BadArgument
from domain.facts import Fact
from domain.money import percent_text, plain, quantity_text

SHOWN = 6
CURRENCIES = ("USD", "EUR", "GBP", "CHF")


@command("Copilot", examples=("/why", "/why equity"))
async def why(ctx: Ctx, figure: Rest | None = None) -> Reply:
    """What is behind the figures of the last answer: formula, inputs, instant and source; with a word, of the figures named so."""
    last = ctx.session.reply
    if last is None or not last.facts:
        lead = Text("There is no answer with figures to explain yet in this chat.", Tone.LEAD)
        return Reply(
            (lead, Text("Ask something first, for example `/positions`, then `/why`."), Buttons((Button("Positions", "/positions"),)))
        )
    wanted = " ".join((figure or "").lower().split())
    found = [f for f in last.facts if all(w in f.label.lower() for w in wanted.split())] if wanted else list(last.facts)
    if not found:
        labels = named([f.label for f in last.facts], SHOWN)
        raise BadArgument(f"The last answer has no figure “{wanted[:40]}”. It has {labels}.", example=f"/why {last.facts[0].label}")
    shown = found[:SHOWN]
    about = f" of `/{last.command}`" if last.command else ""
    blocks: list[Block] = [Text(f"{plural(len(found), 'figure')}{about}; the first is {_summary(shown[0])}.", Tone.LEAD)]
    blocks += [KeyValues(_rows(f, ctx.zone), title=_summary(f)) for f in shown]
    if last.told and not wanted:
        blocks.append(KeyValues(last.told, title="Whose words"))
    rest = found[SHOWN:]
    if rest:
        blocks.append(Text(f"{len(rest)} more, each by its name: `/why {rest[0].label}`", Tone.QUIET))
    return Reply(tuple(blocks), facts=tuple(found))


def value_text(value: Decimal, unit: str) -> str:
    """A fact's value with its unit, as a reader writes it."""
    if unit in CURRENCIES:
        sign = "−" if value < 0 else ""
        return f"{sign}${price_text(abs(value))}" if unit == "USD" else f"{sign}{price_text(abs(value))} {unit}"
    if unit == "%":
        return percent_text(value / 100, sign=False)
    if unit in ("count", "score"):
        return plain(value) if unit == "score" else quantity_text(value)
    return f"{quantity_text(value)} {unit}"


def _summary(fact: Fact) -> str:
    return f"{fact.label} = {value_text(fact.value, fact.unit)}"


def _rows(fact: Fact, zone: tzinfo) -> tuple[tuple[str, str], ...]:
    rows = []
    if fact.formula:
        rows.append(("formula", fact.formula))
    rows += list(fact.inputs)
    if fact.source:
        rows.append(("source", fact.source))
    rows.append(("at", moment(fact.at, zone, seconds=True)))
    return tuple(rows)
