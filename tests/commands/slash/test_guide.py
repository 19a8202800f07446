"""Help, tutorial, examples, the glossary, and why."""

from decimal import Decimal

import pytest

from commands import grammar
from commands.slash import guide, terms
from domain.chat import Code
from domain.errors import BadArgument, UnknownCommand
from domain.portfolio import AccountSpec, Mode
from tests.commands.actions.stage import LEDGER, REGISTRY, bought, stage
from tests.commands.slash.reading import FIGURE, buttons, everything, keyed, lead, unsupported, value

D = Decimal
UNPRICED = AccountSpec("mine", Mode.PAPER, priced=False)


async def test_help_names_everything_once_by_group():
    reply = await (await stage()).call("help")
    names = " ".join(keyed(reply).values()).split()
    assert sorted(names) == sorted(f"{s.sigil}{s.name}" for s in REGISTRY.all())
    assert next(iter(keyed(reply))) == "Copilot"
    assert set(keyed(reply)) == set(guide.GROUPS), "no group besides those that have their place"


@pytest.mark.parametrize("spec", REGISTRY.all(), ids=lambda s: f"{s.sigil}{s.name}")
async def test_every_entry_explains_itself_with_lines_that_parse(spec):
    one = await stage()
    reply = await one.call("help", spec.name)
    assert spec.help in lead(reply)
    assert spec.examples
    for line in (b.text for b in reply.blocks if isinstance(b, Code)):
        if line.startswith("#"):
            grammar.parse(line, lambda s: s in ("AAPL", "TSLA"))
        else:
            assert REGISTRY.command(line[1:].split()[0]) is not None


async def test_help_finds_by_group_by_word_and_by_near_miss():
    one = await stage()
    assert "/stops" in keyed(await one.call("help", "Portfolio"))
    assert "#stop" in lead(await one.call("help", "#stop"))
    found = keyed(await one.call("help", "trailing"))
    assert found == {} or "#trailing" in found
    assert "/performance" in keyed(await one.call("help", "largest", "fall"))
    with pytest.raises(UnknownCommand, match="Did you mean `/help positions`") as refusal:
        await one.call("help", "positons")
    assert refusal.value.example == "/help positions"
    with pytest.raises(UnknownCommand):
        await one.call("help", "§")


async def test_the_tutorial_uses_a_symbol_that_is_held_and_lines_that_work():
    one = await stage()
    reply = await one.call("tutorial")
    codes = [b.text for b in reply.blocks if isinstance(b, Code)]
    guards = ["/drill gap -7%", "/risk-limits", "/alerts"]
    assert codes == ["what happened yesterday?", "/positions", "/why", "#NVDA stop 5%", "yes", "/orders", *guards]
    await one.plan(codes[3])
    bare = await (await stage(entries=[], waiting=[])).call("tutorial")
    assert "#SPY stop 5%" in everything(bare)


async def test_every_example_is_a_line_that_works():
    one = await stage()
    reply = await one.call("examples")
    said = [text for block in reply.blocks for text in ([v for _, v in block.rows] if hasattr(block, "rows") else [])]
    assert sum(line.startswith("#") for line in said) >= 3
    assert sum(line.startswith("/") for line in said) >= 3
    for line in said:
        if line.startswith("#") and line not in ("#cancel-all",):
            await one.plan(line)
        elif line.startswith("/"):
            name, *words = line[1:].split()
            assert (await one.call(name, *words)).command is not None


def test_the_glossary_holds_forty_words_that_are_each_found_by_every_name():
    entries = terms.glossary()
    assert len(entries) >= 40
    for entry in entries:
        for name in (entry.name, *entry.also):
            assert terms.find(name) is not None
            assert terms.find(f"the {name.upper()}?") is not None
        assert entry.says.endswith(".")
        assert entry.formula
        assert terms.find(entry.name) is entry


@pytest.mark.parametrize(
    ("term", "says"),
    [
        ("equity", "Yours is $36,913.50."),
        ("cash", "You have $14,813.50 in cash."),
        ("buying power", "Yours is $14,163.50."),
        ("position", "You hold 4."),
        ("average price", "Your NVDA cost $120.00 on average."),
        ("weight", "Your largest is NVDA with 27.09%."),
        ("unrealised", "Yours is +$6,800.00."),
        ("realized p/l", "Yours is +$113.50."),
        ("day P/L", "You are down $290.00 (−0.78%) today."),
        ("gross", "Yours is 59.87%."),
        ("net exposure", "Yours is 59.87%."),
        ("diversification", "Your 4 positions spread like 3.2 equal ones."),
        ("sector", "Your largest is Information Technology with 36.84% of equity."),
        ("stop loss", "Your largest position, NVDA, has none: `#NVDA stop 5%`"),
        ("spread", "NVDA's is $0.04 now."),
        ("short", "Account main does not allow short sales."),
        ("paper", "Account main is a paper account on the broker paper."),
    ],
)
async def test_a_word_comes_with_the_readers_own_figure(term, says):
    reply = await (await stage()).call("explain", *term.split())
    assert says in everything(reply)
    assert set(unsupported(reply)) <= set(FIGURE.findall(lead(reply)))  # the glossary's own examples


async def test_risk_figures_are_the_readers_too():
    one = await stage()
    risks = {"VaR": "1-day VaR 95", "expected shortfall": "1-day expected shortfall 95", "volatility": "volatility", "beta": "beta"}
    for term, label in risks.items():
        reply = await one.call("explain", *term.split())
        assert value(reply, label) is not None
    shortfall = value(await one.call("explain", "cvar"), "1-day expected shortfall 95")
    assert shortfall >= value(await one.call("explain", "var"), "1-day VaR 95") > 0
    assert value(await one.call("explain", "ATR"), "NVDA ATR14") > 0
    young = await stage(sessions=10)
    assert "withheld" in everything(await young.call("explain", "beta"))
    assert "usually moves" not in everything(await young.call("explain", "atr"))


async def test_without_prices_or_positions_a_word_is_explained_all_the_same():
    for one in (await stage(spec=UNPRICED), await stage(entries=[], waiting=[])):
        for entry in terms.glossary():
            reply = await one.call("explain", *entry.name.split())
            assert entry.says in lead(reply)
            assert set(unsupported(reply)) <= set(FIGURE.findall(entry.says))


async def test_no_word_lists_all_and_an_unknown_one_names_the_nearest():
    one = await stage()
    assert "44 words" in lead(await one.call("explain")) or "words are explained" in lead(await one.call("explain"))
    with pytest.raises(BadArgument, match="`/explain drawdown`") as refusal:
        await one.call("explain", "drawdwn")
    assert refusal.value.example == "/explain drawdown"
    with pytest.raises(BadArgument, match="lists the words"):
        await one.call("explain", "§§§")


async def test_an_instrument_is_explained_as_one():
    one = await stage()
    reply = await one.call("explain", "btc")
    assert lead(reply) == "BTC is BTC coin."
    assert keyed(reply)["Trades in"] == "0.0001 BTC"
    assert keyed(await one.call("explain", "$AAPL"))["Trades in"] == "whole shares"


async def test_a_suggested_line_in_the_glossary_has_a_symbol():
    reply = await (await stage()).call("explain", "trailing", "stop")
    assert buttons(reply)[-1].payload == "#NVDA trailing 2%"


async def test_why_shows_formula_inputs_source_and_instant_of_the_last_answer():
    one = await stage()
    nothing = await one.call("why")
    assert "no answer with figures" in lead(nothing)
    await one.call("positions")
    reply = await one.call("why", "AAPL", "value")
    assert lead(reply) == "1 figure of `/positions`; the first is AAPL value = $3,600.00."
    assert keyed(reply) == {
        "formula": "quantity * last",
        "quantity": "20",
        "average price": "150.00",
        "last": "180.00 (fake, simulated, live)",
        "source": "ledger and simulated quotes",
        "at": "10:30:00 New York, Fri 10 Oct 2025",
    }
    every = await one.call("why")
    assert "6 more" not in everything(every)
    assert "each by its name" in everything(every)
    assert len(every.facts) > 30
    with pytest.raises(BadArgument, match="no figure “zebra”"):
        await one.call("why", "zebra")
    assert "AAPL weight = 9.75%" in str((await one.call("why", "aapl", "weight")).blocks)


async def test_why_speaks_every_unit():
    from commands.slash.reasons import value_text

    assert value_text(D("-12.5"), "USD") == "−$12.50"
    assert value_text(D("12.5"), "EUR") == "12.50 EUR"
    assert value_text(D("20"), "%") == "20.00%"
    assert value_text(D("1200"), "count") == "1,200"
    assert value_text(D("0.50"), "score") == "0.5"
    assert value_text(D("0.05"), "BTC") == "0.05 BTC"
    wide = await stage(entries=[LEDGER[0], bought(2, "2025-07-01", "AAPL", "1", "150")], waiting=[])
    await wide.call("positions")
    assert "1 shares" in str((await wide.call("why", "quantity")).blocks)
