"""Two months of the evaluation: shocks are tied to their items in words that the rules never saw, and few links are false."""

from __future__ import annotations

from datetime import date

from tests.evals.correlate import Tally, measured, table
from tests.evals.page import PAGE, put
from tests.evals.wordings import FIRST, SECOND


async def test_shocks_are_tied_and_few_links_are_false() -> None:
    found = Tally()
    for bank in (FIRST, SECOND):
        one = await measured(bank, date(2025, 4, 1), date(2025, 6, 30))
        assert one.idle > 2.5 * one.causes
        found += one
    assert found.shocks >= 30
    assert found.recall >= 0.95, found
    assert found.wrong <= 0.05, found
    assert "links" in table([("first", found)])
    assert "<!-- correlation -->\n```\nx\n```" in put("correlation", "x", PAGE.read_text(encoding="utf-8"))
