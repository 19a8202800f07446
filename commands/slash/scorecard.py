"""The record of the copilot's own advice: what it was worth against doing nothing, followed or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Literal

from commands.context import Ctx
from commands.registry import command
from commands.slash.sheet import Sheet, bare, moment, plural
from copilot.adoption import resolved
from copilot.outcome import due_at
from copilot.past import RELEASED
from copilot.scorecard import Card, Tally, by_rule, card_of
from domain.advice import HORIZONS, Adoption, Advice, Score
from domain.chat import Block, Button, Buttons, KeyValues, Reply, Table, Text, Tone
from domain.money import percent_text
from storage import recommendations, tickets
from storage.store import Tx
from trading.risk.metrics import MARKET

SHOWN = 8
WHY = Button("Why", "/why")
GAIN = "P/L of following - P/L of doing nothing, spread and fees included"
RIGHT = "scores above zero / scores that are not zero"
RuleName = Literal[
    "concentration",
    "stop-missing",
    "stop-too-far",
    "near-stop",
    "take-profit",
    "cut-loss",
    "earnings-ahead",
    "rebalancing",
    "hedging",
    "cash-drag",
]


@command("Portfolio", examples=("/scorecard", "/scorecard concentration"))
async def scorecard(ctx: Ctx, rule: RuleName | None = None) -> Reply:
    """What my suggestions were worth: how often right, followed against ignored, by rule, and whether that is more than chance."""
    name = rule.replace("-", "_") if rule else None
    async with ctx.floor.store.read() as tx:
        shown, scores = await read(tx, ctx.account, name)
    sheet = Sheet(ctx.clock.now(), "recommendations shown here and their scores", ctx.spec.currency)
    whose = f" of the {rule.replace('-', ' ')} rule" if rule else ""
    if not shown:
        lead = f"No suggestion{whose} was shown here yet, so there is nothing to score."
        hint = Text("Ask for some; each is scored 1, 5 and 20 sessions later against doing nothing.")
        sheet.count("suggestions shown", 0)
        _keep_horizons(sheet)
        return Reply((Text(lead, Tone.LEAD), hint, Buttons((Button("What to do", "/what-to-do"),))), facts=sheet.facts)
    card = card_of(shown, scores)
    if not card.by_horizon:
        return _not_yet(ctx, sheet, shown, card, whose)
    blocks: list[Block] = [Text(_lead(sheet, card, whose), Tone.LEAD), KeyValues(_rows(sheet, card))]
    if rule is None:
        blocks.append(_rules(sheet, by_rule(shown, scores)))
    else:
        blocks += [_horizons(sheet, card), *_kept(sheet, card)]
    ids = {s.advice for s in scores}
    waiting = sum(1 for a in shown if a.id not in ids)
    if waiting:
        blocks.append(Text(f"{sheet.count('suggestions not scored yet', waiting)} more wait for their first score.", Tone.QUIET))
    more = Button("All rules", "/scorecard") if rule else _first(shown, scores)
    return Reply((*blocks, Buttons((more, Button("What to do", "/what-to-do"), WHY))), facts=sheet.facts)


async def read(tx: Tx, account: str, rule: str | None = None) -> tuple[list[Advice], list[Score]]:
    """Everything that was shown, newest first, with what became of it up to now, and every score."""
    shown = await recommendations.shown(tx, account, rule=rule)
    waiting = [a.at for a in shown if a.adoption is Adoption.OPEN]
    if waiting:
        released = await tickets.since(tx, account, min(waiting), *RELEASED)
        shown = [resolved(a, released) if a.adoption is Adoption.OPEN else a for a in shown]
    return shown, await recommendations.scores(tx, account, rule=rule)


def _first(shown: Sequence[Advice], scores: Sequence[Score]) -> Button:
    """The way to the rule with the most scores."""
    name = next(iter(by_rule(shown, scores)))
    return Button(name.replace("_", " ").capitalize(), f"/scorecard {name.replace('_', '-')}")


def _keep_horizons(sheet: Sheet) -> None:
    for horizon in HORIZONS:
        sheet.count(f"sessions until score {HORIZONS.index(horizon) + 1}", horizon)


def _not_yet(ctx: Ctx, sheet: Sheet, shown: Sequence[Advice], card: Card, whose: str) -> Reply:
    due = due_at(shown[-1].at, HORIZONS[0])
    when = f": the first score comes after the close, {moment(due, ctx.zone)}" if due is not None else ""
    lead = f"Nothing{whose} has been scored yet{when}."
    return Reply(
        (Text(lead, Tone.LEAD), KeyValues((_became(sheet, card),)), Buttons((Button("What to do", "/what-to-do"), WHY))), facts=sheet.facts
    )


def _lead(sheet: Sheet, card: Card, whose: str) -> str:
    horizon = card.headline
    tally = card.by_horizon[horizon]
    after = f"after {plural(horizon, 'session')}"
    if not tally.decided:
        sheet.count("sessions", horizon)
        number = sheet.count("suggestions scored", tally.scored)
        return f"Of {number} suggestions{whose} scored {after} none made a difference yet."
    inputs = (("right", str(tally.right)), ("made a difference", str(tally.decided)), ("scored", str(tally.scored)))
    rate = sheet.percent("hit rate", tally.rate, RIGHT, inputs, sign=False, places=0)
    low, high = _interval(sheet, "hit rate", tally)
    right, decided = sheet.count("right", tally.right), sheet.count("made a difference", tally.decided)
    sheet.count("sessions", horizon)
    return f"{rate} of my suggestions{whose} were right {after} ({right} of {decided}; 95% interval {low} to {high}): {tally.verdict}."


def _interval(sheet: Sheet, label: str, tally: Tally) -> tuple[str, str]:
    sheet.keep("interval", Decimal(95), "%", source="a convention", formula="Wilson's score interval")
    formula = "Wilson's score interval at 95%"
    low = sheet.percent(f"{label}, lower end", tally.low, formula, sign=False, places=0)
    return low, sheet.percent(f"{label}, upper end", tally.high, formula, sign=False, places=0)


def _became(sheet: Sheet, card: Card) -> tuple[str, str]:
    words = [(a, f"{sheet.count(a.value, n, 'by the cards released since')} {a.value}") for a, n in card.became.items() if n]
    return "Shown", f"{sheet.count('suggestions shown', card.shown)}: {', '.join(text for _, text in words)}"


def _rows(sheet: Sheet, card: Card) -> tuple[tuple[str, str], ...]:
    horizon = card.headline
    tally = card.by_horizon[horizon]
    rows = [_became(sheet, card)]
    gain = sheet.money("average gain against doing nothing", tally.gain, GAIN, sign=True)
    share = sheet.percent("average gain, of what it touched", tally.of_value, "gain / market value touched")
    rows.append(("Against doing nothing", f"{gain} on average ({share} of what it touched)"))
    if tally.market is not None:
        market = sheet.percent(f"{MARKET} over the same spans", tally.market, "average of its close / price when shown - 1")
        points = sheet.percent(f"average gain less {MARKET}", tally.of_value - tally.market, f"average gain % - {MARKET} %")
        rows.append((f"{MARKET} meanwhile", f"{market} on average, so {points.removesuffix('%')} points against it"))
    rows += [
        (name, _side(sheet, name.lower(), side)) for name, side in (("Followed", card.followed), ("Ignored", card.ignored)) if side.scored
    ]
    if card.brier is not None:
        score = f"{card.brier:.3f}"
        sheet.add("Brier score", Decimal(score), "score", "average of (confidence - outcome)²")
        coin = sheet.score("Brier score of a coin", Decimal("0.25"), "score", "(0.5 - outcome)²")
        rows.append(("Calibration", f"Brier score {score}; saying one half every time gives {coin}"))
    return tuple(rows)


def _side(sheet: Sheet, name: str, tally: Tally) -> str:
    gain = sheet.money(f"{name}, average gain", tally.gain, GAIN, sign=True)
    count = sheet.count(f"{name}, scored", tally.scored)
    if not tally.decided:
        return f"{count} scored, {gain} on average"
    rate = sheet.percent(f"{name}, right", tally.rate, RIGHT, sign=False, places=0)
    return f"{rate} of {sheet.count(f'{name}, made a difference', tally.decided)} right, {gain} on average"


def _rules(sheet: Sheet, cards: Mapping[str, Card]) -> Table:
    rows = []
    for rule, card in list(cards.items())[:SHOWN]:
        name = rule.replace("_", " ")
        tally = card.by_horizon.get(card.headline)
        if tally is None:
            rows.append((name, sheet.count(f"{name}, shown", card.shown), "–", "–"))
            continue
        rows.append((name, sheet.count(f"{name}, scored", tally.scored), _right(sheet, name, tally), _gain(sheet, name, tally)))
    return Table(("Rule", "n", "Right", "Gain $"), tuple(rows), (1, 2, 3), title="By rule, average gain")


def _horizons(sheet: Sheet, card: Card) -> Table:
    rows = []
    for horizon, tally in card.by_horizon.items():
        name = f"after {plural(horizon, 'session')}"
        sheet.count(f"horizon {horizon}", horizon)
        rows.append((str(horizon), sheet.count(f"{name}, scored", tally.scored), _right(sheet, name, tally), _gain(sheet, name, tally)))
    return Table(("Sessions", "n", "Right", "Gain $"), tuple(rows), (0, 1, 2, 3), title="By horizon, average gain")


def _kept(sheet: Sheet, card: Card) -> list[Block]:
    """What was said against what came true, by bucket of confidence."""
    rows = []
    for bucket in card.buckets:
        name = f"said {percent_text(bucket.low, sign=False, places=0)} to {percent_text(bucket.high, sign=False, places=0)}"
        said = sheet.percent(f"{name}, average", bucket.said, "average confidence", sign=False, places=0)
        came = sheet.percent(f"{name}, came true", bucket.came, RIGHT, sign=False, places=0)
        rows.append((said, came, sheet.count(f"{name}, number", bucket.count)))
    return [Table(("Said", "Came true", "n"), tuple(rows), (0, 1, 2), title="Confidence, after 5 sessions")] if rows else []


def _right(sheet: Sheet, name: str, tally: Tally) -> str:
    return sheet.percent(f"{name}, right", tally.rate, RIGHT, sign=False, places=0) if tally.decided else "–"


def _gain(sheet: Sheet, name: str, tally: Tally) -> str:
    sheet.money(f"{name}, average gain", tally.gain, GAIN)
    return bare(tally.gain, sign=True)
