"""The seeded history: the same seed gives the same record, whole, with nothing scored twice or from the future."""

from __future__ import annotations

from collections import Counter
from datetime import date

from copilot.outcome import due_at
from domain.advice import HORIZONS, Adoption
from tests.evals.page import PAGE, put
from tests.evals.scorecard import history, table


async def test_a_seeded_history_is_scored_whole_and_the_same_again() -> None:
    shown, scores = await history(date(2024, 1, 2), date(2024, 3, 15))
    again = await history(date(2024, 1, 2), date(2024, 3, 15))
    assert (shown, scores) == again
    assert len(shown) > 15
    assert {a.adoption for a in shown} >= {Adoption.FOLLOWED, Adoption.IGNORED}
    assert Adoption.OPEN not in {a.adoption for a in shown}
    found = Counter((s.advice, s.horizon) for s in scores)
    assert set(found.values()) == {1}
    assert set(found) == {(a.id, h) for a in shown for h in HORIZONS}
    by_id = {a.id: a for a in shown}
    assert all(s.due == due_at(by_id[s.advice].at, s.horizon) <= s.at for s in scores)
    assert "not distinguishable from chance" in table(shown, scores)


def test_the_page_has_a_place_for_the_table() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert put("scorecard", "x", page).count("x") >= 1
    assert put("scorecard", "y", put("scorecard", "x", page)) == put("scorecard", "y", page)
    assert page.index("<!-- scorecard -->") < page.index("suggestions from 2023-01-03") < page.index("<!-- end of scorecard -->")
