"""The pages speak of files that are there, and every critical alert has one of its own."""

import re

import pytest

from commands.kinds import KINDS
from domain.alerts import Urgency
from tests.house.sources import ROOT

DOCS = ROOT / "docs"
PAGES = sorted(p for p in DOCS.rglob("*.md") if "decisions" not in p.parts)
_FILE = re.compile(r"`((?:app|bot|commands|copilot|trading|market|storage|domain)/[\w/]+\.py)`")
_LINK = re.compile(r"\]\((?!https?:)([^)#]+)\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(DOCS)))
def test_files_and_pages_that_are_named_exist(page):
    text = page.read_text(encoding="utf-8")
    assert [name for name in _FILE.findall(text) if not (ROOT / name).is_file()] == []
    assert [link for link in _LINK.findall(text) if not (page.parent / link).exists()] == []


def test_the_map_of_the_trading_core_names_every_file_in_its_folders():
    text = (DOCS / "architecture.md").read_text(encoding="utf-8")
    rows = {row.split("`")[1].rstrip("/"): set(re.findall(r"`(\w+)`", row)) for row in text.splitlines() if row.startswith("| `")}
    for folder in ("exits", "guards", "reconciling"):
        files = {p.stem for p in (ROOT / "trading" / folder).glob("*.py")} - {"__init__"}
        assert files <= rows[folder], f"{folder}: {sorted(files - rows[folder])}"


def test_every_critical_alert_has_its_page():
    index = (DOCS / "runbook" / "README.md").read_text(encoding="utf-8")
    for name, kind in KINDS.items():
        if kind.urgency is Urgency.CRITICAL:
            (row,) = [line for line in index.splitlines() if line.startswith("|") and f"`{name}`" in line]
            (page,) = _LINK.findall(row)
            assert (DOCS / "runbook" / page).read_text(encoding="utf-8").count("\n") > 10
