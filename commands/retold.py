"""What of a model's words is shown: the sentences that follow from the facts, as plain paragraphs, and the lines it put forward."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from commands.tools import Offer
from copilot.guard import Ground, guarded
from domain.chat import Block, Button, Buttons, Text, Tone

PAYLOAD_BYTES = 64
MOST_TOLD = 6
_MARKS = re.compile(r"\*\*|__|^#{1,6}\s+|^>\s?", re.M)
_LIST = re.compile(r"^\s*[-*]\s+", re.M)


@dataclass(frozen=True, slots=True)
class Retold:
    """Paragraphs to show, how many sentences of the model's are in them, and for `/why` which were taken out and why."""

    blocks: tuple[Block, ...]
    kept: int
    record: tuple[tuple[str, str], ...]


def retold(text: str, ground: Ground) -> Retold:
    """A model's text against the facts. Only what `guarded` lets through is in the blocks; the first one is the answer."""
    checked = guarded(plainly(text), ground)
    paragraphs = [p.strip() for p in re.split(r"\n\s*\n", checked.text) if p.strip()]
    blocks = tuple(Text(p, Tone.PLAIN if k else Tone.LEAD) for k, p in enumerate(paragraphs))
    return Retold(blocks, checked.kept, tuple((f"taken out {k}", why) for k, why in enumerate(checked.removed[:MOST_TOLD], 1)))


def plainly(text: str) -> str:
    """A text without the marks of a page: adapters show what is there, and a `*` is a `*`."""
    return _LIST.sub("• ", _MARKS.sub("", text))


def offered(offers: Sequence[Offer], name: str, ground: Ground) -> tuple[Block, ...]:
    """The lines a model put forward, with whose idea they are; the reason it gave is told where that follows from the facts."""
    if not offers:
        return ()
    told = []
    for offer in offers:
        checked = guarded(offer.why, ground) if offer.why else None
        why = f" because “{offer.why}”" if checked is not None and checked.kept and not checked.removed else ""
        told.append(f"`{offer.line}`{why}")
    lead = f"Put forward by {name}, a language model, not by a rule: " + "; ".join(told) + "."
    buttons = tuple(Button(f"Prepare {offer.line[1:]}"[:40], offer.line) for offer in offers if len(offer.line.encode()) <= PAYLOAD_BYTES)
    return (Text(lead, Tone.WARNING), Buttons(buttons)) if buttons else (Text(lead, Tone.WARNING),)
