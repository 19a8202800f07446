"""Notes that reach a person unasked: what there is to say of the trading day, and a job that came too late."""

from __future__ import annotations

from domain import events
from domain.chat import Button, Buttons, Reply, Text, Tone
from market.calendar import NEW_YORK

_NEXT = {
    "pre-market": (Button("What to do", "/what-to-do"), Button("Positions", "/positions")),
    "open": (Button("Positions", "/positions"), Button("What to do", "/what-to-do")),
    "close": (Button("What happened", "/what-happened today"), Button("Positions", "/positions")),
}


def noted(part: str, lines: tuple[str, ...]) -> Reply:
    """A note with its first line as the answer."""
    texts = (Text(lines[0], Tone.LEAD), *(Text(line) for line in lines[1:]))
    buttons = _NEXT.get(part)
    return Reply((*texts, Buttons(buttons)) if buttons else texts)


def skipped(event: events.JobSkipped) -> Reply:
    """A run that was left out, and why."""
    due = event.due.astimezone(NEW_YORK)
    text = f"Left out: {event.job}, due {due:%a %H:%M %Z}. It came {event.why}."
    return Reply((Text(text, Tone.QUIET), Buttons((Button("Jobs", "/jobs"),))))
