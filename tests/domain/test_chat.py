"""Actions in their canonical form."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.chat import Action, Amount, Unit, Verb
from domain.orders import TimeInForce
from tests.domain.values import positive


def amount(text: str) -> Amount:
    for unit, strip in ((Unit.PERCENT, "%"), (Unit.MONEY, "$"), (Unit.ATR, "atr")):
        if strip in text:
            return Amount(Decimal(text.replace(strip, "")), unit)
    return Amount(Decimal(text), Unit.SHARES)


@pytest.mark.parametrize(
    ("action", "line"),
    [
        (Action(Verb.CLOSE, "AAPL"), "#AAPL close"),
        (Action(Verb.CLOSE, "AAPL", amount("50%")), "#AAPL close 50%"),
        (Action(Verb.CLOSE, "AAPL", amount("10.0")), "#AAPL close 10"),
        (Action(Verb.STOP, "AAPL", Amount(Decimal("175.50"), Unit.PRICE)), "#AAPL stop 175.5"),
        (Action(Verb.STOP, "AAPL", amount("5%")), "#AAPL stop 5%"),
        (Action(Verb.TARGET, "AAPL", Amount(Decimal(185), Unit.PRICE)), "#AAPL target 185"),
        (Action(Verb.TRAILING, "AAPL", amount("2atr")), "#AAPL trailing 2atr"),
        (Action(Verb.BUY, "TSLA", amount("50")), "#buy TSLA 50"),
        (Action(Verb.BUY, "TSLA", amount("$2000")), "#buy TSLA $2000"),
        (Action(Verb.BUY, "TSLA", amount("5%"), limit=Decimal("240.00")), "#buy TSLA 5% limit 240"),
        (Action(Verb.SELL, "TSLA", amount("5"), limit=Decimal(240), tif=TimeInForce.GTC), "#sell TSLA 5 limit 240 gtc"),
        (Action(Verb.BUY, "AAPL", amount("10"), stop_at=amount("2atr"), target_at=amount("8%")), "#buy AAPL 10 stop 2atr target 8%"),
        (
            Action(Verb.BUY, "AAPL", amount("10"), Decimal(180), tif=TimeInForce.GTC, stop_at=Amount(Decimal(170), Unit.PRICE)),
            "#buy AAPL 10 limit 180 stop 170 gtc",
        ),
        (Action(Verb.CANCEL, "t1-1"), "#order-t1-1 cancel"),
        (Action(Verb.MODIFY, "t1-1", limit=Decimal("239.50")), "#order-t1-1 modify limit 239.5"),
        (Action(Verb.MODIFY, "t1-1", stop=Decimal(90)), "#order-t1-1 modify stop 90"),
        (Action(Verb.CLOSE_ALL), "#close-all"),
        (Action(Verb.CANCEL_ALL), "#cancel-all"),
        (Action(Verb.SET_STOPS, None, amount("2atr")), "#set-stops 2atr"),
        (Action(Verb.TAKE_PROFITS, None, amount("10%")), "#take-profits 10%"),
        (Action(Verb.EMERGENCY_STOP), "#emergency-stop"),
        (Action(Verb.RESUME), "#resume"),
    ],
)
def test_the_canonical_line(action: Action, line: str) -> None:
    assert action.line() == line


@given(value=positive, unit=st.sampled_from(Unit))
def test_an_amount_says_its_unit_and_its_value(value: Decimal, unit: Unit) -> None:
    text = Amount(value, unit).text()
    assert Decimal(text.removesuffix("%").removesuffix("atr").removeprefix("$")) == value
    assert (text.endswith("%"), text.endswith("atr"), text.startswith("$")) == (unit is Unit.PERCENT, unit is Unit.ATR, unit is Unit.MONEY)


@given(verb=st.sampled_from(Verb), limit=st.none() | positive, stop=st.none() | positive, tif=st.sampled_from(TimeInForce))
def test_a_line_is_one_line_of_plain_words(verb: Verb, limit: Decimal | None, stop: Decimal | None, tif: TimeInForce) -> None:
    line = Action(verb, "AAPL", Amount(Decimal(5), Unit.SHARES), limit, stop, tif).line()
    assert line.startswith("#")
    assert line.isascii()
    assert "  " not in line
    assert line == line.strip()
    assert verb.value in line.replace(" ", "-")
    assert "day" not in line
