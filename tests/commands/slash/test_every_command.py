"""What holds for every command: an answer in the house's shape, or a refusal that teaches; whatever is typed."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commands import arguments, grammar
from domain.chat import Access, Table, Text, Tone
from domain.errors import UserError
from domain.portfolio import AccountSpec, Mode
from tests.commands.actions.stage import REGISTRY, stage
from tests.commands.slash.reading import PHONE, buttons, everything, lead, lines_suggested, width
from tests.commands.slash.test_market import NEWS

COMMANDS = [s.name for s in REGISTRY.commands()]
ARGUMENTS = {"quote": ("AAPL",), "chart": ("AAPL",)}
STAGES: dict[str, dict[str, Any]] = {
    "full": {},
    "unpriced": {"spec": AccountSpec("mine", Mode.PAPER, priced=False)},
    "empty": {"entries": [], "waiting": []},
    "young": {"sessions": 3},
}
WIDE = {"Size and stop (simulated)"}  # a coin's price with its quantity takes more than a phone's width


@pytest.mark.parametrize("kind", list(STAGES))
@pytest.mark.parametrize("name", COMMANDS)
async def test_an_answer_leads_with_its_answer_and_suggests_lines_that_work(name, kind):
    one = await stage(news=NEWS, **STAGES[kind])
    reply = await answered(one, name, *ARGUMENTS.get(name, ()))
    if isinstance(reply, UserError):
        assert reply.message
        assert reply.example
        return
    first = reply.blocks[0]
    assert isinstance(first, Text)
    assert first.tone in (Tone.LEAD, Tone.WARNING)
    assert reply.command == name
    assert len({f.label for f in reply.facts}) == len(reply.facts)
    for table in (b for b in reply.blocks if isinstance(b, Table)):
        assert len(table.headings) <= 4
        assert len(table.rows) <= 8
        assert all(len(r) == len(table.headings) for r in table.rows)
        assert width(table) <= PHONE or table.title in WIDE
    for line in [b.payload for b in buttons(reply)] + lines_suggested(reply):
        works(one, line)
    if kind == "unpriced" and name not in ("news", "tutorial", "demo"):
        assert "simulated" not in lead(reply)


async def answered(one, name: str, *words: str):
    """The reply, or the refusal; anything else is a fault."""
    try:
        return await one.call(name, *words)
    except UserError as refusal:
        return refusal


def works(one, line: str) -> None:
    """The line is at most 64 bytes, and is a command with arguments it takes or an action that parses."""
    assert len(line.encode()) <= 64
    if line.startswith("#"):
        grammar.parse(line, one.ctx.known, one.ctx.near)
    elif line.startswith("/"):
        name, *words = line[1:].split()
        arguments.bind(REGISTRY.command(name), words)


WORDS = ["AAPL", "$NVDA", "all", "today", "mine", "NaN", "1e309", "-1", "9" * 20, "５０", "\u202e", "'; --", "../../x", "#", "/"]
ODD = st.lists(st.one_of(st.text(max_size=12), st.sampled_from(WORDS)), max_size=3)


@pytest.mark.parametrize("name", COMMANDS)
async def test_odd_arguments_are_answered_or_refused_never_a_fault(name):
    one = await stage(news=NEWS, sessions=70)

    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    @given(ODD)
    def tried(words):
        calls.append(words)

    calls: list[list[str]] = []
    tried()
    for words in calls:
        reply = await answered(one, name, *words)
        assert reply.message if isinstance(reply, UserError) else lead(reply)


async def test_changing_commands_are_the_owners_and_nothing_else_changes_anything():
    changing = {s.name for s in REGISTRY.commands() if s.access is not Access.READ}
    assert changing == {"alerts", "audit", "automation", "breaker", "demo", "emergency-exit", "group", "mandate", "orphans", "pair"}


async def test_figures_of_real_prices_are_not_called_simulated():
    one = await stage(simulated=False)
    for name in ("positions", "portfolio-summary", "exposure", "profit-loss", "performance", "stops", "status"):
        reply = await one.call(name)
        assert "imulated" not in everything(reply)
        assert not [f for f in reply.facts if "simulated" in f.source]
    simulated = await stage()
    for name in ("positions", "portfolio-summary", "exposure", "profit-loss", "performance", "stops", "status"):
        assert "imulated" in everything(await simulated.call(name))


async def test_the_same_state_gives_the_same_answer():
    for name in COMMANDS:
        if name in ("demo", "drill", "quote", "chart", "pair"):
            continue
        first = await (await stage(news=NEWS)).call(name)
        second = await (await stage(news=NEWS)).call(name)
        assert first == second
