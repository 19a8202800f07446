"""The page of risk codes: every check has an example that it speaks of, and stands on the page with what it does."""

import pytest

from app import riskcodes
from app.docs import ROOT
from domain.tickets import Severity
from tests.trading.stage import buy, stage
from trading.risk import engine
from trading.risk.limits import TABLE


@pytest.mark.parametrize("code", engine.registered())
def test_every_example_is_found_by_its_check(code):
    for case in riskcodes.examples()[code]:
        assert any(case.finding(code, automated=automated) for automated in (False, True))


def test_the_page_has_one_row_per_code_and_per_limit():
    page = riskcodes.page()
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert [r.split("`")[1] for r in rows] == [*sorted([*engine.registered(), "halted"]), *TABLE]
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


async def test_what_is_said_of_a_halt_is_what_the_card_says():
    world = await stage()
    await world.floor.killswitch.pull("me")
    finding = (await world.propose(buy("AAPL", "1"))).findings[0]
    (row,) = riskcodes.ELSEWHERE
    assert (f"`{finding.code}`", finding.sentence) == (row[0], row[-1])


def test_an_example_that_finds_nothing_is_a_fault(monkeypatch):
    quiet = {**riskcodes.examples(), "correlation": riskcodes.examples()["daily_loss"]}
    monkeypatch.setattr(riskcodes, "examples", lambda: quiet)
    with pytest.raises(LookupError, match="correlation"):
        riskcodes.page()
