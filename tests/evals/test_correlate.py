"""Two months of the evaluation: shocks are tied to their items in words that the rules never saw, and few links are false."""

from __future__ import annotations

from datetime import date

import pytest

from tests.evals import realnews
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


@pytest.mark.skipif(not (realnews.DATA / "news").is_dir(), reason="the real headlines are not beside the project")
def test_real_headlines_are_known_by_their_words() -> None:
    named, found, wrong = realnews.tagging()
    assert named >= 100
    assert found >= 0.9 * named
    assert wrong <= 0.05 * named
    items, _, share, usual = realnews.dated()
    assert items >= 20
    assert share > 2 * usual
