"""Notes that reach a person unasked: what there is to say of the trading day, and a job that came too late."""

from __future__ import annotations

from domain import events
from domain.alerts import Alert, Urgency
from domain.chat import Button, Buttons, Reply, Text, Tone
from market.calendar import NEW_YORK

_NEXT = {
    "pre-market": (Button("What to do", "/what-to-do"), Button("Positions", "/positions")),
    "open": (Button("Positions", "/positions"), Button("What to do", "/what-to-do")),
    "close": (Button("What happened", "/what-happened today"), Button("Positions", "/positions")),
}


def alert(event: events.Event) -> Alert | None:
    """The alert of a note, or None for any other event. Pure: the same event, the same alert."""
    match event:
        case events.MarketNoted(part=part, lines=lines):
            key = f"{part}:{event.at.astimezone(NEW_YORK).date().isoformat()}"
            return Alert(event.at, event.account, part, key, Urgency.INFO, noted(part, lines))
        case events.JobSkipped(job=job, due=due):
            key = f"job-skipped:{job}:{due.isoformat()}"
            return Alert(event.at, event.account, "job-skipped", key, Urgency.INFO, skipped(event))
        case _:
            return None


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
