"""The notes as alerts: one for each point of a day, with the lines that lead on."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.plain import render
from commands import alerts
from domain import events
from domain.alerts import Urgency

AT = datetime(2025, 3, 6, 13, 30, tzinfo=UTC)


def test_a_note_leads_with_its_first_line():
    event = events.MarketNoted(AT, "main", "pre-market", ("The market opens.", "Today: CPI."))
    told = alerts.alert(event)
    assert told is not None
    assert (told.kind, told.key, told.urgency) == ("day-pre-market", "day-pre-market:2025-03-06", Urgency.INFO)
    said = render(told.reply, number_buttons=True)
    assert said.startswith("The market opens.\n")
    assert "Positions" in said
    bare = alerts.alert(events.MarketNoted(AT, "main", "other", ("Only this.",)))
    assert bare is not None
    assert render(bare.reply).strip() == "Only this."


def test_a_run_left_out_says_which_and_how_late():
    told = alerts.alert(events.JobSkipped(AT, "main", "close", AT, "7 h late, too late to be of use"))
    assert told is not None
    assert told.key == f"job-skipped:close:{AT.isoformat()}"
    assert render(told.reply).startswith("Left out: close, due Thu 08:30 EST. It came 7 h late, too late to be of use.")
