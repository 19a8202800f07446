"""Many things in one message: the nightly digest, and the summary of alerts that had to wait."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import tzinfo

from commands.hearing import about
from commands.kinds import kind_named
from commands.slash.sheet import moment, plural
from domain.alerts import Alert
from domain.chat import Block, Button, Buttons, KeyValues, Reply, Text, Tone
from domain.events import DayDigested
from domain.money import ZERO

MOST_TOLD = 8
MOVES = frozenset({"drawdown", "spike", "gap", "volume"})
"""Kinds that one move of the market brings for many positions at once."""


def digest(event: DayDigested, zone: tzinfo) -> Reply:
    """The digest of a day: its first sentence leads, then what happened and what was held back, at most eight sentences of each."""
    first = event.happened[0] if event.happened else "nothing happened."
    lead = f"Your day: {first[:1].lower()}{first[1:]}"
    blocks: list[Block] = [Text(lead, Tone.LEAD)]
    blocks += _listed("What happened", event.happened[1:])
    blocks += _listed("Held back", event.held_back)
    buttons = (Button("Journal", "/journal 20"), Button("What happened", "/what-happened today"), Button("Alerts", "/alerts held"))
    return Reply((*blocks, Text(f"Since {moment(event.since, zone)}.", Tone.QUIET), Buttons(buttons)))


def summary(alerts: Sequence[Alert], zone: tzinfo, *, why: str) -> Reply:
    """One message for many alerts, oldest first: how many of which kind, and the last of them in their own words."""
    kinds = Counter(a.kind for a in alerts)
    counted = ", ".join(f"{n} × {kind_named(kind).says}" for kind, n in kinds.most_common())
    last = [a for a in alerts if a.reply.blocks][-MOST_TOLD:]
    rows = tuple((moment(a.at, zone), first_words(a.reply)) for a in last)
    lead = Text(f"{plural(len(alerts), 'alert')} {why}: {counted}.", Tone.LEAD)
    more = (Text(f"The last {len(last)} of them; the others: `/alerts recent 50`", Tone.QUIET),) if len(alerts) > len(last) else ()
    return Reply((lead, KeyValues(rows), *more, Buttons((Button("All of them", "/alerts recent 50"), Button("Orders", "/orders")))))


def moved(alerts: Sequence[Alert]) -> Reply:
    """One message for what the market did to positions in one moment: about one position both facts, about several the most moved first."""
    by_symbol: dict[str, list[Alert]] = {}
    for alert in sorted(alerts, key=lambda a: (a.kind == "volume", -(a.weight or ZERO))):
        by_symbol.setdefault(about(alert.key), []).append(alert)
    if len(by_symbol) == 1:
        first, *others = alerts
        head, *rest = first.reply.blocks
        return replace(first.reply, blocks=(head, *(Text(first_words(a.reply)) for a in others), *rest))
    said = [(symbol, first_words(own[0].reply).removeprefix(f"{symbol} ").rstrip(".")) for symbol, own in by_symbol.items()]
    lead = f"{len(said)} of your positions moved at once, most of all {said[0][0]}: it {said[0][1]}."
    more = (Text(f"… and {len(said) - MOST_TOLD} more: `/alerts recent 50`", Tone.QUIET),) if len(said) > MOST_TOLD else ()
    buttons = Buttons((Button("Positions", "/positions"), Button("Prepare stops", "#set-stops"), Button("What to do", "/what-to-do")))
    return Reply((Text(lead, Tone.WARNING), KeyValues(tuple(said[:MOST_TOLD])), *more, buttons))


def first_words(reply: Reply) -> str:
    """What a reply says first."""
    return next((b.text for b in reply.blocks if isinstance(b, Text)), "")


def _listed(title: str, sentences: Sequence[str]) -> list[Block]:
    if not sentences:
        return []
    more = f" The first {MOST_TOLD} of {len(sentences)}." if len(sentences) > MOST_TOLD else ""
    return [Text(f"{title}:{more}"), *(Text(f"· {s}") for s in sentences[:MOST_TOLD])]
