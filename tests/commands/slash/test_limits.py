"""`/risk-limits`: what it shows, what it changes, and for whom."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from domain.chat import Text, Tone
from domain.errors import BadArgument, NotAllowed, ReadOnly
from domain.portfolio import AccountSpec, Mode
from domain.tickets import Origin
from tests.commands.actions.stage import stage
from tests.commands.slash.reading import everything, keyed, lead, tables, unsupported, value
from trading.risk.limits import TABLE
from trading.risk.surroundings import Losses

D = Decimal


async def typing(**options):
    """A stage at which the lines are typed by a person."""
    one = await stage(**options)
    one.ctx.typed = True
    return one


async def test_every_limit_is_listed_once_with_what_is_used_of_it():
    one = await stage()
    reply = await one.call("risk-limits")
    rows = {r[0]: r for t in tables(reply) for r in t.rows}
    assert list(rows) == list(TABLE)
    portfolio = await one.ctx.portfolio()
    sector = max(portfolio.sectors().items(), key=lambda pair: pair[1])
    assert value(reply, "sector used") == round(100 * sector[1] / portfolio.equity, 4)
    assert value(reply, "gross used") == round(100 * portfolio.gross_exposure / portfolio.equity, 4)
    assert rows["sector"][2] == "40%"
    assert rows["order_size"][1] == "–"
    assert rows["trades_a_day"][1:] == ("0", "50")
    assert unsupported(reply) == []
    assert "Changed" not in everything(reply)


async def test_the_first_line_is_the_nearest_limit():
    one = await typing()
    await one.call("risk-limits", "set", "gross", "10%")
    reached = lead(await one.call("risk-limits"))
    assert reached.startswith("gross is reached: ")
    await one.call("risk-limits", "set", "gross", "1000%")
    await one.call("risk-limits", "set", "net", "1000%")
    assert "is the nearest of your limits" in lead(await one.call("risk-limits"))


async def test_an_empty_account_uses_nothing():
    empty: tuple[dict[str, Any], ...] = ({"entries": [], "waiting": []}, {"spec": AccountSpec("mine", Mode.PAPER, priced=False)})
    for options in empty:
        assert lead(await (await stage(**options)).call("risk-limits")) == f"{len(TABLE)} limits are in force, and nothing of them is used."


async def test_what_is_measured_as_lost_is_shown():
    one = await stage()
    one.floor.lookout.measure = lambda: Losses(D("0.01"), D("0.2"))
    reply = await one.call("risk-limits")
    assert lead(reply) == "drawdown is reached: 20.00% of 15%."
    assert (value(reply, "daily_loss used"), value(reply, "drawdown used")) == (1, 20)


async def test_one_limit_in_full():
    one = await stage()
    reply = await one.call("risk-limits", "sector")
    assert lead(reply) == "sector is 40%. One sector over equity; broad index funds are no sector."
    rows = keyed(reply)
    assert rows["Range"] == "1% to 1000%"
    assert rows["Findings"] == "sector_exposure"
    assert "(" in rows["Used"]
    assert unsupported(replace(reply, blocks=reply.blocks[1:])) == ["1%", "1000%"], "the range is no figure of the account"
    assert keyed(await one.call("risk-limits", "shorting"))["Range"] == "yes or no"
    pace = keyed(await one.call("risk-limits", "orders-a-day"))
    assert pace["Findings"] == "none: it holds back automation"
    assert pace["Used"] == "only an order uses it, or it is not known"


async def test_a_change_says_before_after_and_whether_it_loosens():
    one = await typing()
    tighter = await one.call("risk-limits", "set", "sector", "35%")
    assert lead(tighter) == "sector: 40% → 35%. This allows no more than before."
    looser = await one.call("risk-limits", "set", "daily", "loss", "8%")
    assert lead(looser) == "daily_loss: 5% → 8%. This allows more than before."
    assert isinstance(looser.blocks[0], Text)
    assert looser.blocks[0].tone is Tone.WARNING
    assert one.floor.limits.current.sector == D("0.35")
    listed = everything(await one.call("risk-limits"))
    assert "Changed: sector 35% (default 40%); daily_loss 8% (default 5%)." in listed
    assert "/risk-limits reset sector" in everything(await one.call("risk-limits", "sector"))
    assert lead(await one.call("risk-limits", "reset", "sector")) == "sector: 35% → 40%. This allows more than before."
    assert lead(await one.call("risk-limits", "reset", "sector")) == "sector is 40% already; nothing was changed."


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("set",), "`set` needs a limit and its value"),
        (("set", "sector"), "`set` needs a limit and its value"),
        (("set", "sectr", "5%"), "Did you mean `/risk-limits sector`"),
        (("set", "sector", "lots"), "is not a value"),
        (("set", "weight_warning", "60%"), "nothing would warn any more"),
        (("reset",), "There is no limit “that”"),
        (("reset", "everything"), "There is no limit “everything”"),
        (("gravity",), "There is no limit “gravity”"),
    ],
)
async def test_what_cannot_be_done_is_refused_with_what_can(words, says):
    one = await typing()
    with pytest.raises(BadArgument) as refused:
        await one.call("risk-limits", *words)
    assert says in refused.value.message
    assert refused.value.example.startswith("/risk-limits")
    assert one.floor.limits.changed == ()


@pytest.mark.parametrize("words", [("set", "sector", "35%"), ("reset", "sector")])
async def test_only_an_owner_who_types_it_changes_a_limit(words):
    line = "/risk-limits " + " ".join(words)
    untyped = await stage()
    with pytest.raises(NotAllowed) as refused:
        await untyped.call("risk-limits", *words)
    assert refused.value.example == line
    looking = await typing(read_only=True)
    with pytest.raises(ReadOnly):
        await looking.call("risk-limits", *words)
    stranger = await typing()
    stranger.ctx.origin = Origin("telegram", "c", "9")
    with pytest.raises(NotAllowed, match="Only an owner"):
        await stranger.call("risk-limits", *words)
    for one in (untyped, looking, stranger):
        assert one.floor.limits.changed == ()
