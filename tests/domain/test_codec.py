"""The codec: what is written is read back equal, the same value gives the same bytes, and nothing odd gets in or out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain import codec
from domain.chat import Reply, Text
from domain.market import Timeframe
from domain.orders import CancelIntent, Intent, OrderIntent, OrderType, ResumeIntent, Side
from domain.ports import BrokerTraits
from domain.tickets import Ticket
from tests.domain.values import VALUES, instants

EASY = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@pytest.mark.parametrize("kind", VALUES, ids=lambda k: str(k.__name__))
@EASY
@given(data=st.data())
def test_every_value_comes_back_equal_and_byte_stable(kind: type[Any], data: st.DataObject) -> None:
    value = data.draw(st.from_type(kind))
    text = codec.dumps(value)
    back = codec.loads(kind, text)
    assert back == value
    assert codec.dumps(back) == text
    assert codec.dumps(value) == text


@settings(EASY, max_examples=5)
@given(ticket=st.from_type(Ticket))
def test_a_ticket_keeps_its_digest(ticket: Ticket) -> None:
    assert codec.loads(Ticket, codec.dumps(ticket)).digest() == ticket.digest()


@given(at=instants)
def test_instants_are_utc_with_z_and_keep_their_moment(at: datetime) -> None:
    text = codec.instant_text(at)
    assert text.endswith("Z")
    assert codec.decode(datetime, text) == at
    assert codec.encode(at.astimezone(timezone(timedelta(hours=5)))) == text


def test_instants_carry_microseconds_only_where_there_are_any() -> None:
    assert codec.instant_text(datetime(2025, 10, 10, 14, 30, tzinfo=UTC)) == "2025-10-10T14:30:00Z"
    assert codec.instant_text(datetime(2025, 10, 10, 14, 30, 0, 5, tzinfo=UTC)) == "2025-10-10T14:30:00.000005Z"


def test_a_naive_instant_has_no_text() -> None:
    with pytest.raises(ValueError, match="naive"):
        codec.instant_text(datetime(2025, 10, 10))


def test_a_union_is_told_apart_by_its_kind() -> None:
    for intent in (OrderIntent("AAPL", Side.BUY, quantity=Decimal(1)), CancelIntent("a-1", "AAPL"), ResumeIntent()):
        data = codec.encode(intent)
        assert data["kind"] == type(intent).__name__
        assert codec.decode(Intent, data) == intent
    with pytest.raises(ValueError, match="none of OrderIntent"):
        codec.decode(Intent, {"kind": "SomethingElse"})
    with pytest.raises(ValueError, match="none of"):
        codec.decode(int | Decimal, "text")


def test_one_of_several_or_nothing_and_what_may_be_anything() -> None:
    maybe: Any = CancelIntent | ResumeIntent | None
    assert codec.loads(maybe, codec.dumps(None)) is None
    assert codec.loads(maybe, codec.dumps(CancelIntent("t1-1", "AAPL"))) == CancelIntent("t1-1", "AAPL")
    assert codec.loads(Any, '{"a":[1,"2"]}') == {"a": [1, "2"]}


def test_plain_values() -> None:
    assert codec.dumps({"b": (1, True, None), "a": [Decimal("1E+2"), date(2025, 1, 2)]}) == '{"a":["100","2025-01-02"],"b":[1,true,null]}'
    assert codec.decode(date, "2025-01-02") == date(2025, 1, 2)
    assert codec.decode(tuple[int, str], [1, "a"]) == (1, "a")
    assert codec.decode(dict[str, Decimal], {"a": "1.5"}) == {"a": Decimal("1.5")}
    assert codec.decode(str | None, None) is None
    assert codec.dumps("−$1") == '"−$1"'


def test_sets_are_sorted() -> None:
    traits = BrokerTraits("x", True, frozenset({OrderType.STOP, OrderType.LIMIT, OrderType.MARKET}), frozenset(), True)
    assert codec.encode(traits)["order_types"] == ["limit", "market", "stop"]


def test_the_bytes_do_not_depend_on_the_order_of_a_mapping() -> None:
    assert codec.dumps({"b": 1, "a": 2}) == codec.dumps({"a": 2, "b": 1})


@pytest.mark.parametrize("odd", [1.5, object(), b"bytes", {1.5}, Text])
def test_what_has_no_place_is_refused(odd: object) -> None:
    with pytest.raises(TypeError, match="no JSON form"):
        codec.encode(odd)


@pytest.mark.parametrize(
    ("kind", "data"),
    [(str, 1), (int, "1"), (bool, "true"), (Side, "sideways"), (Timeframe, "2m"), (tuple[int, str], [1]), (datetime, "soon")],
)
def test_what_does_not_fit_is_refused(kind: Any, data: object) -> None:
    with pytest.raises(ValueError, match=r".+"):
        codec.decode(kind, data)


def test_a_field_that_is_missing_takes_its_default() -> None:
    assert codec.loads(Reply, '{"blocks":[]}') == Reply(())


def test_a_dataclass_with_a_field_called_kind_keeps_it() -> None:
    @dataclass(frozen=True)
    class Odd:
        kind: str

    assert json.loads(codec.dumps(Odd("own"))) == {"kind": "own"}
