"""Unjudged: what should have been looked at and could not be."""

from __future__ import annotations

from domain.tickets import Finding
from trading.risk.limits import Limits
from trading.risk.proposal import Proposal

CODE = "not_judged"
LIMITS: tuple[str, ...] = ()


def check(proposal: Proposal, limits: Limits) -> Finding | None:
    """Says which source could not be read, so that what rests on it is not judged: warns a person, blocks automation that opens."""
    notes = proposal.surroundings.notes
    if not notes or not proposal.opening:
        return None
    what = ", ".join(notes[:-1]) + (" and " if len(notes) > 1 else "") + notes[-1]
    sentence = f"I could not read {what}, so this is not judged by it."
    return Finding(CODE, proposal.judgement, sentence, (("missing", ",".join(notes)),))
