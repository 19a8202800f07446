"""What a model is reminded of: the last exchanges whole, older ones by their first sentence, other people's words left out."""

from __future__ import annotations

import re
from collections.abc import Sequence

from copilot.tokens import tokens
from domain.speech import Exchange

BUDGET = 600
WHOLE = 2
"""The last exchanges, which a follow-up most likely means."""

_QUOTED = re.compile(r"“[^”\n]*”")
_SENTENCE = re.compile(r"(?<=[.!?])\s")


def recalled(said: Sequence[Exchange], budget: int = BUDGET) -> tuple[Exchange, ...]:
    """What fits of what was said, oldest first. Headlines in answers are not repeated: what somebody else wrote is data once."""
    kept: list[Exchange] = []
    room = budget
    for back, exchange in enumerate(reversed(said)):
        answered = _QUOTED.sub("“a headline”", exchange.answered)
        shown = Exchange(exchange.asked, answered if back < WHOLE else _SENTENCE.split(answered, maxsplit=1)[0])
        cost = tokens(shown.asked) + tokens(shown.answered)
        if cost > room and back < WHOLE:
            shown = Exchange(shown.asked, _SENTENCE.split(answered, maxsplit=1)[0])
            cost = tokens(shown.asked) + tokens(shown.answered)
        if cost > room:
            break
        room -= cost
        kept.append(shown)
    return tuple(reversed(kept))
