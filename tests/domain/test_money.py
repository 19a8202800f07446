"""Money: rounding to what trades, and figures as people read them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import cents, money_text, percent_text, plain, quantity_text, to_lot, to_tick
from tests.domain.values import decimals, positive

ticks = st.sampled_from([Decimal(t) for t in ("0.01", "0.05", "0.25", "0.0001", "1", "0.5")])


@given(price=positive, tick=ticks)
def test_a_price_goes_to_the_nearest_tick(price: Decimal, tick: Decimal) -> None:
    rounded = to_tick(price, tick)
    assert rounded % tick == 0
    assert abs(rounded - price) <= tick / 2
    assert to_tick(rounded, tick) == rounded


@given(quantity=positive, lot=ticks)
def test_a_quantity_never_grows(quantity: Decimal, lot: Decimal) -> None:
    rounded = to_lot(quantity, lot)
    assert rounded % lot == 0
    assert 0 <= quantity - rounded < lot


def test_rounding_at_the_half() -> None:
    assert str(to_tick(Decimal("1.005"), Decimal("0.01"))) == "1.01"
    assert str(to_tick(Decimal("7.125"), Decimal("0.25"))) == "7.25"
    assert str(to_lot(Decimal("1.99999"), Decimal("0.0001"))) == "1.9999"
    assert (cents(Decimal("0.125")), cents(Decimal("0.135"))) == (Decimal("0.12"), Decimal("0.14"))


@pytest.mark.parametrize(
    ("value", "text"),
    [("1E+2", "100"), ("1.50", "1.5"), ("-0", "0"), ("-0.00", "0"), ("0.0001", "0.0001"), ("-12.30", "-12.3"), ("100", "100")],
)
def test_plain(value: str, text: str) -> None:
    assert plain(Decimal(value)) == text


@given(value=decimals)
def test_plain_is_the_value_without_frills(value: Decimal) -> None:
    text = plain(value)
    assert Decimal(text) == value
    assert "E" not in text
    assert plain(Decimal(text)) == text


@pytest.mark.parametrize(
    ("amount", "currency", "sign", "text"),
    [
        ("1234.5", "USD", False, "$1,234.50"),
        ("-412.3", "USD", False, "−$412.30"),
        ("-412.3", "USD", True, "−$412.30"),
        ("12", "USD", True, "+$12.00"),
        ("0", "USD", True, "$0.00"),
        ("-0.004", "USD", True, "$0.00"),
        ("1000000", "EUR", False, "€1,000,000.00"),
        ("3", "GBP", False, "£3.00"),
        ("-12", "CHF", False, "−12.00 CHF"),
    ],
)
def test_money_as_it_is_read(amount: str, currency: str, sign: bool, text: str) -> None:
    assert money_text(Decimal(amount), currency, sign=sign) == text


@pytest.mark.parametrize(
    ("fraction", "sign", "places", "text"),
    [
        ("-0.0083", True, 2, "−0.83%"),
        ("0.0083", True, 2, "+0.83%"),
        ("0.0083", False, 2, "0.83%"),
        ("0.2", False, 0, "20%"),
        ("0.00001", True, 2, "0.00%"),
        ("-0.00001", True, 2, "0.00%"),
        ("12.5", True, 1, "+1,250.0%"),
    ],
)
def test_percent_as_it_is_read(fraction: str, sign: bool, places: int, text: str) -> None:
    assert percent_text(Decimal(fraction), sign=sign, places=places) == text


@pytest.mark.parametrize(
    ("quantity", "text"), [("1234567", "1,234,567"), ("0.0500", "0.05"), ("-1200.5", "−1,200.5"), ("0", "0"), ("1E+3", "1,000")]
)
def test_quantity_as_it_is_read(quantity: str, text: str) -> None:
    assert quantity_text(Decimal(quantity)) == text


@given(amount=decimals)
def test_money_text_can_be_read_back(amount: Decimal) -> None:
    text = money_text(amount)
    number = Decimal(text.replace("−", "-").replace("$", "").replace(",", ""))
    assert number == cents(amount)
