"""Exposure: sectors, classes, concentration and beta, counted again."""

from decimal import Decimal
from itertools import pairwise
from statistics import covariance, variance

import pytest

from domain.errors import NoPrice
from domain.portfolio import AccountSpec, Mode
from tests.commands.actions.stage import LEDGER, bought, stage
from tests.commands.slash.reading import PHONE, buttons, everything, keyed, lead, tables, unsupported, value, width

D = Decimal
EQUITY = D("36913.50")


async def test_sectors_and_positions_by_weight():
    reply = await (await stage()).call("exposure")
    assert lead(reply) == (
        "Information Technology is 36.84% of your equity, the most of any sector; the largest position is NVDA with 27.09%."
    )
    by_sector, by_position = tables(reply)
    assert by_sector.rows == (("Technology", "13,600.00", "36.84"), ("Crypto", "5,500.00", "14.90"), ("Energy", "3,000.00", "8.13"))
    assert [r[0] for r in by_position.rows] == ["NVDA", "BTC", "AAPL", "XOM"]
    assert width(by_sector) <= PHONE
    assert value(reply, "gross exposure") == (D(22100) / EQUITY * 100).quantize(D("0.0001"))
    assert keyed(reply)["Stocks"] == "44.97%"
    shares = [D(10000), D(5500), D(3600), D(3000)]
    assert value(reply, "effective positions") == (1 / sum((s / 22100) ** 2 for s in shares)).quantize(D("0.1"))
    assert not unsupported(reply)


async def test_the_heaviest_position_comes_with_the_line_that_trims_it():
    reply = await (await stage()).call("exposure")
    line = next(b.payload for b in buttons(reply) if b.label == "Prepare")
    assert line == "#NVDA close 27%"
    assert D(50) * (1 - D("0.27")) * 200 / EQUITY <= D("0.20")
    spread = [LEDGER[0], *(bought(n + 2, "2025-07-01", s, "5", "100") for n, s in enumerate(("AAPL", "NVDA", "XOM", "KO")))]
    calm = await (await stage(entries=spread, waiting=[])).call("exposure")
    assert "Trim" not in everything(calm)


async def test_beta_is_covariance_over_variance_of_daily_returns():
    one = await stage(entries=[LEDGER[0], bought(2, "2025-07-01", "NVDA", "50", "120")], waiting=[])
    reply = await one.call("exposure")
    assert "NVDA is your only position" in lead(reply)
    mine = [float(b.close) for b in await one.floor.hub.closes("NVDA", 200)]
    market = [float(b.close) for b in await one.floor.hub.closes("SPY", 200)]
    r = [b / a - 1 for a, b in pairwise(mine)]
    m = [b / a - 1 for a, b in pairwise(market)]
    weight = float(10000 / value(reply, "equity"))
    assert value(reply, "beta") == D(str(weight * covariance(r, m) / variance(m))).quantize(D("0.01"))


async def test_beta_is_withheld_with_too_little_history():
    assert keyed(await (await stage(sessions=20)).call("exposure"))["Beta"] == "withheld: fewer than 60 common daily returns"


async def test_without_prices_exposure_is_not_known():
    with pytest.raises(NoPrice, match="exposure is not known"):
        await (await stage(spec=AccountSpec("mine", Mode.PAPER, priced=False))).call("exposure")
