"""The table of limits: names, units, what can be typed, ranges, and what loosens."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import BadArgument
from domain.portfolio import AccountSpec, Mode
from trading.risk.limits import LIVE, PAIRS, TABLE, Limits, Unit, defaults, named

D = Decimal
PAPER = AccountSpec("main", Mode.PAPER)


@pytest.mark.parametrize("name", TABLE)
def test_every_default_is_in_range_and_reads_back_as_it_is_shown(name: str) -> None:
    limit = TABLE[name]
    assert limit.help.endswith(".")
    for mode in Mode:
        value = defaults(AccountSpec("x", mode)).value(name)
        assert limit.low <= value <= limit.high
        assert limit.parse(limit.text(value)) == value
        assert type(limit.parse(limit.text(value))) is type(value)


@given(name=st.sampled_from(sorted(TABLE)), share=st.integers(0, 1000))
def test_any_value_in_range_reads_back_as_it_is_shown(name: str, share: int) -> None:
    limit = TABLE[name]
    number = limit.low + (limit.high - limit.low) * share / 1000
    value = bool(share % 2) if limit.unit is Unit.YES_NO else int(number) if limit.unit is Unit.COUNT else round(number, 4)
    assert limit.parse(limit.text(value)) == value


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [
        ("sector", "35%", D("0.35")),
        ("sector", "0.35", D("0.35")),
        ("sector", " 35 % ", D("0.35")),
        ("gross", "2x", D(2)),
        ("gross", "200%", D(2)),
        ("correlation", "0.8", D("0.8")),
        ("correlation", "80%", D("0.8")),
        ("news_tone", "-0.5", D("-0.5")),
        ("news_tone", "−0.5", D("-0.5")),
        ("orders_a_minute", "10", 10),
        ("duplicate_seconds", "45", D(45)),
        ("duplicate_seconds", "2m", D(120)),
        ("news_hours", "4h", D(4)),
        ("news_hours", "2d", D(48)),
        ("news_hours", "90min", D("1.5")),
        ("earnings_days", "2d", D(2)),
        ("earnings_days", "36h", D("1.5")),
        ("breaker_cooldown_hours", "24h", D(24)),
        ("sentiment_required", "Yes", True),
        ("shorting", "off", False),
    ],
)
def test_what_can_be_typed(name: str, typed: str, value: object) -> None:
    assert TABLE[name].parse(typed) == value


@pytest.mark.parametrize(
    ("name", "typed", "says"),
    [
        ("sector", "35", "35 is 3500%: did you mean `/risk-limits set sector 35%`?"),
        ("sector", "5000%", "sector lies between 1% and 1000%, and 5000% does not."),
        ("sector", "0", "sector lies between 1% and 1000%, and 0% does not."),
        ("sector", "lots", "“lots” is not a value from 1% to 1000%, which sector needs."),
        ("sector", "4h", "is not a value from"),
        ("sector", "NaN", "is not a value"),
        ("sector", "1e3", "is not a value"),
        ("sector", "３５%", "is not a value"),
        ("orders_a_day", "2.5", "“2.5” is not a whole number"),
        ("orders_a_day", "5%", "is not a whole number"),
        ("orders_a_day", "0", "orders_a_day lies between 1 and 50000"),
        ("news_hours", "4%", "is not a value from 0h to 168h"),
        ("sentiment_required", "maybe", "“maybe” is not yes or no"),
        ("news_tone", "0.5", "news_tone lies between -1 and 0"),
    ],
)
def test_what_cannot_be_a_limit_is_refused_with_what_can(name: str, typed: str, says: str) -> None:
    with pytest.raises(BadArgument) as refused:
        TABLE[name].parse(typed)
    assert says in refused.value.message
    assert refused.value.example


@pytest.mark.parametrize("typed", ["sector", "Sector", " sector "])
def test_a_name_is_found(typed: str) -> None:
    assert named(typed).name == "sector"


def test_hyphens_and_blanks_are_underscores() -> None:
    assert named("daily-loss").name == named("Daily Loss").name == named("daily_loss").name == "daily_loss"


@pytest.mark.parametrize(
    ("typed", "meant"), [("sectr", "sector"), ("daily", "daily_loss"), ("drawdawn", "drawdown"), ("order_siz", "order_size")]
)
def test_an_unknown_name_meets_the_nearest(typed: str, meant: str) -> None:
    with pytest.raises(BadArgument, match=f"Did you mean `/risk-limits {meant}`") as refused:
        named(typed)
    assert refused.value.code == "unknown_limit"
    assert refused.value.example == f"/risk-limits {meant}"


@pytest.mark.parametrize("typed", ["", "zzzzzz", "🙂"])
def test_a_name_near_to_nothing_is_sent_to_the_list(typed: str) -> None:
    with pytest.raises(BadArgument, match="lists them"):
        named(typed)


def test_a_live_account_is_held_tighter_and_shorting_follows_the_account() -> None:
    live, paper = defaults(replace(PAPER, mode=Mode.LIVE)), defaults(PAPER)
    for name in LIVE:
        assert not TABLE[name].loosens(paper.value(name), live.value(name))
        assert live.value(name) != paper.value(name)
    assert defaults(PAPER).shorting is False
    assert defaults(replace(PAPER, shorting=True)).shorting is True


@pytest.mark.parametrize(
    ("name", "was", "becomes", "loosens"),
    [
        ("sector", D("0.4"), D("0.5"), True),
        ("sector", D("0.4"), D("0.3"), False),
        ("sector", D("0.4"), D("0.4"), False),
        ("earnings_days", D(2), D(1), True),
        ("entry_sentiment", D("0.3"), D("0.5"), False),
        ("news_tone", D("-0.3"), D("-0.6"), True),
        ("sentiment_required", True, False, True),
        ("shorting", False, True, True),
        ("sentiment_hours", D(24), D(48), False),
    ],
)
def test_what_loosens(name: str, was: object, becomes: object, loosens: bool) -> None:
    assert TABLE[name].loosens(was, becomes) is loosens  # type: ignore[arg-type]


def test_a_value_is_checked_when_it_is_put_in() -> None:
    assert Limits().with_value("sector", D("0.3")).sector == D("0.3")
    with pytest.raises(BadArgument, match="sector lies between"):
        Limits().with_value("sector", D(11))
    for warning, blocking in PAIRS:
        with pytest.raises(BadArgument, match="nothing would warn"):
            Limits().with_value(warning, Limits().value(blocking) + D("0.01"))
        with pytest.raises(BadArgument, match="nothing would warn"):
            Limits().with_value(blocking, Limits().value(warning) - D("0.01"))
        assert Limits().with_value(warning, Limits().value(blocking))
