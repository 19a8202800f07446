"""The README shows what the program says, and names files and commands that exist."""

import re

from tests.house.sources import ROOT
from tests.journeys.readme import README, transcript, written


async def test_the_transcript_is_what_the_program_says_today():
    text = README.read_text(encoding="utf-8")
    assert text == written(text, await transcript()), "run: python -m tests.journeys.readme"


def test_every_link_leads_somewhere():
    for page in (README, *sorted((ROOT / "docs").glob("*.md"))):
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_make_targets_it_names_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"make ([a-z]+)", README.read_text(encoding="utf-8")):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
