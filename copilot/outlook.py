"""What is ahead: when the exchange opens or closes, who reports, which releases are due."""

from __future__ import annotations

from datetime import datetime

from copilot import tell
from copilot.brief import AHEAD_SESSIONS, Brief
from copilot.figures import Figures
from domain.chat import Buttons, Reply, Text, Tone
from market import calendar

MOST_EVENTS = 5


def hours(brief: Brief) -> Reply:
    """Whether the New York exchange is open and when that changes."""
    now = brief.at
    session = calendar.session_at(now)
    if session is not None:
        early = ", early today" if session.early else ""
        lead = f"The market is open; it closes at {_clock(session.close)} New York{early}."
    else:
        today = calendar.session(now.astimezone(calendar.NEW_YORK).date())
        coming = today if today is not None and now < today.open else calendar.following(now.astimezone(calendar.NEW_YORK).date())
        lead = f"The market is closed; it opens {coming.day:%A} {coming.day.day} {coming.day:%b} at {_clock(coming.open)} New York"
        lead += f" and closes at {_clock(coming.close)}."
    note = Text("Coins trade at all hours; an order for shares waits for the session.")
    return Reply((Text(lead, Tone.LEAD), note, tell.closing(brief)), command="status")


def ahead(brief: Brief, figures: Figures, symbol: str | None) -> Reply:
    """Who reports and what is released in the next sessions, or when one company does."""
    count = figures.count("sessions looked at", AHEAD_SESSIONS)
    if "calendar" in brief.missing:
        lead = "The calendar did not answer, so I do not know what is due."
        return Reply((Text(lead, Tone.LEAD), tell.closing(brief)), command="news", facts=figures.facts)
    if symbol is not None and brief.portfolio.position(symbol) is None:
        lead = f"I follow the reports of what you hold, and you hold no {symbol}."
        return Reply((Text(lead, Tone.LEAD), tell.closing(brief)), command="news", facts=figures.facts)
    reports = [r for r in brief.earnings if symbol is None or r.symbol == symbol]
    if reports:
        first = reports[0]
        lead = f"{first.symbol} reports {tell.when(brief, first.at)}, {first.session} the session.{tell.mark(brief)}"
    elif symbol is not None:
        lead = f"{symbol} does not report in the next {count} sessions."
    else:
        lead = f"Nothing you hold reports in the next {count} sessions."
    rest = [f"• {r.symbol} reports {tell.when(brief, r.at)}, {r.session} the session" for r in reports[1:MOST_EVENTS]]
    due = [f"• {e.name}, {tell.when(brief, e.at)}" for e in brief.economic if e.importance > 1][:MOST_EVENTS] if symbol is None else []
    blocks = (Text(lead, Tone.LEAD), *tell.paragraphs("\n".join(rest), "\n".join(due)), tell.closing(brief), Buttons((tell.WHY,)))
    return Reply(blocks, command="news", facts=figures.facts)


def _clock(at: datetime) -> str:
    return f"{at.astimezone(calendar.NEW_YORK):%H:%M}"
