"""A small run of the evaluation: no wrong figure passes, and what is right is kept."""

from __future__ import annotations

from tests.evals.guard import briefs, judged, table
from tests.evals.page import PAGE, put


async def test_nothing_wrong_passes_and_what_is_right_is_kept() -> None:
    found, times = judged(await briefs(8, seed=29), 60, seed=31)
    assert [j.text for j in found if j.fault and j.passed] == []
    right = [j for j in found if not j.fault]
    assert sum(j.passed for j in right) >= 0.95 * len(right)
    assert {j.fault for j in found} >= {"digit", "sign", "symbol", "unit", "swap", "kind", "superlative"}
    assert "answers: median" in table(found, times)
    assert "<!-- guard -->\n```\nx\n```" in put("guard", "x", PAGE.read_text(encoding="utf-8"))
