"""The page of risk codes: every check has an example that it speaks of, and stands on the page with what it does."""

import pytest

from app import riskcodes
from app.docs import ROOT
from domain.mandates import Scope
from domain.tickets import Severity
from tests.trading.guards.stage import act, fall, mandate, measured, sign
from tests.trading.stage import buy, deposit, stage
from trading.risk import engine
from trading.risk.limits import TABLE


@pytest.mark.parametrize("code", engine.registered())
def test_every_example_is_found_by_its_check(code):
    for case in riskcodes.examples()[code]:
        assert any(case.finding(code, automated=automated) for automated in (False, True))


def test_the_page_has_one_row_per_code_and_per_limit():
    page = riskcodes.page()
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert [r.split("`")[1] for r in rows] == [*sorted([*engine.registered(), *riskcodes.ELSEWHERE]), *TABLE]
    assert (ROOT / "docs" / "risk-codes.md").read_text(encoding="utf-8") == page, "run: make docs"


def test_who_is_stopped_is_what_the_checks_do():
    codes = riskcodes.page().partition("## Limits")[0]
    rows = {line.split("`")[1]: line for line in codes.splitlines() if line.startswith("| `")}
    assert "| warned | blocked |" in rows["correlation"]
    assert "| blocked | blocked |" in rows["sector_exposure"]
    assert "| warned or blocked | warned or blocked |" in rows["position_size"]
    severe = riskcodes.examples()["daily_loss"][0].finding("daily_loss", automated=False)
    assert severe is not None
    assert severe.severity is Severity.BLOCKING
    assert severe.sentence in rows["daily_loss"]


async def test_what_is_said_of_findings_that_are_no_check_s_is_what_the_card_says():
    said = {}
    for bring_about in (_halted, _tripped, _flooded, _not_compared):
        world = await bring_about()
        finding = (await world.propose(buy("XOM", "1"))).findings[0] if bring_about is not _flooded else await _last_of_a_flood(world)
        said[finding.code] = finding.sentence
    assert said == {code: sentence for code, (_, _, sentence) in riskcodes.ELSEWHERE.items()}


async def _halted():
    world = await stage()
    await world.floor.killswitch.pull("me")
    return world


async def _tripped():
    world = await measured()
    await fall(world, "5%")
    return world


async def _not_compared():
    return await stage(started=False)


async def _flooded():
    world = await stage(deposit("10000000"))
    await sign(world, mandate(scopes=tuple(Scope), reduce_only=False, orders_a_day=1000))
    return world


async def _last_of_a_flood(world):
    made = [await act(world, buy("XOM", "1"), scope=Scope.STRATEGIES) for _ in range(31)]
    return made[-1].findings[0]


def test_an_example_that_finds_nothing_is_a_fault(monkeypatch):
    quiet = {**riskcodes.examples(), "correlation": riskcodes.examples()["daily_loss"]}
    monkeypatch.setattr(riskcodes, "examples", lambda: quiet)
    with pytest.raises(LookupError, match="correlation"):
        riskcodes.page()
