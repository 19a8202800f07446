"""Small words: ids, errors, instruments, quotes, ledger entries, events."""

from __future__ import annotations

import inspect
from dataclasses import is_dataclass
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given

from domain import errors, events
from domain.ids import ALPHABET, RandomIds, SequentialIds
from domain.instruments import AssetClass, Instrument
from domain.ledger import EntryKind, trade
from domain.market import Quote
from domain.orders import Fill, Side
from tests.domain.values import positive

NOW = datetime(2025, 10, 10, 14, 30, tzinfo=UTC)


def test_random_ids_are_short_typeable_and_new() -> None:
    ids = RandomIds()
    made = {ids.new() for _ in range(1000)}
    assert len(made) == 1000
    assert all(len(i) == 8 and set(i) <= set(ALPHABET) for i in made)
    assert not set("ilou") & set(ALPHABET)


def test_sequential_ids_repeat_themselves() -> None:
    first, second = SequentialIds(), SequentialIds()
    assert [first.new() for _ in range(3)] == [second.new() for _ in range(3)] == ["t1", "t2", "t3"]
    assert SequentialIds("x").new() == "x1"
    assert all(len(i) <= 12 for i in (SequentialIds().new(), RandomIds().new()))


def classes() -> list[type[errors.FoliopilotError]]:
    found = [c for _, c in inspect.getmembers(errors, inspect.isclass) if issubclass(c, errors.FoliopilotError)]
    assert len(found) > 20
    return found


def test_every_error_is_in_the_tree_at_the_top_of_its_file_and_says_what_it_is() -> None:
    assert errors.__doc__
    for error in classes():
        assert error.__name__ in errors.__doc__
        assert error.__doc__


def test_every_user_error_has_a_code_of_its_own() -> None:
    codes = [c.code for c in classes() if issubclass(c, errors.UserError)]
    assert len(set(codes)) == len(codes)
    assert all(code == code.lower() for code in codes)


def test_user_errors_carry_what_to_type() -> None:
    error = errors.UserError("No.", example="#AAPL close", code="own")
    assert (str(error), error.message, error.example, error.code) == ("No.", "No.", "#AAPL close", "own")
    assert errors.UserError("No.").code == "user_error"
    assert errors.GrammarError("What?", token="clsoe").token == "clsoe"
    assert errors.WordNeeded("Type it.", word="CLOSE-ALL").word == "CLOSE-ALL"
    refused = errors.ImportRefused("Bad.", lines=(errors.BadLine(3, "no price"),))
    assert refused.lines[0].number == 3
    rejected = errors.Rejected("No cash.", code="insufficient_cash")
    assert (rejected.message, rejected.code, errors.Rejected("x").code) == ("No cash.", "insufficient_cash", "rejected")
    whole = errors.ImportRefused.whole("a.csv", [errors.BadLine(n, "no price") for n in range(9, 1, -1)], example="date,symbol")
    assert whole.message.startswith("a.csv was refused whole, 8 bad lines: line 2: no price; line 3: no price;")
    assert whole.message.endswith("; and 3 more.")
    assert len(whole.lines) == 8
    assert "1 bad line: line 2: no price." in errors.ImportRefused.whole("a.csv", [errors.BadLine(2, "no price")]).message
    with pytest.raises(errors.IllegalMove, match="x cannot move from a to b"):
        raise errors.IllegalMove("x", "a", "b")


@pytest.mark.parametrize(
    ("kind", "around", "unit"), [(AssetClass.EQUITY, False, "shares"), (AssetClass.ETF, False, "shares"), (AssetClass.CRYPTO, True, "BTC")]
)
def test_instruments(kind: AssetClass, around: bool, unit: str) -> None:
    made = Instrument("BTC", "Bitcoin", kind, "X", "USD", Decimal("0.01"), Decimal("0.0001"), "Crypto")
    assert (made.round_the_clock, made.unit, made.multiplier) == (around, unit, Decimal(1))


@given(bid=positive, ask=positive)
def test_the_middle_is_between_bid_and_ask(bid: Decimal, ask: Decimal) -> None:
    quote = Quote("AAPL", bid, ask, bid, NOW, "x")
    assert min(bid, ask) <= quote.mid <= max(bid, ask)
    assert quote.spread == ask - bid


@given(quantity=positive, price=positive, fee=positive)
def test_a_fill_becomes_an_entry_that_moves_cash_by_price_and_fee(quantity: Decimal, price: Decimal, fee: Decimal) -> None:
    for side in Side:
        fill = Fill("f1", "t1-1", "main", "AAPL", side, quantity, price, fee, NOW)
        entry = trade(fill, source="paper", multiplier=Decimal(100))
        assert entry.amount == -side.sign * quantity * price * 100 - fee
        assert (entry.id, entry.kind, entry.order, entry.source, entry.symbol) == ("f1", EntryKind.TRADE, "t1-1", "paper", "AAPL")


PAST = ("ed", "Unknown", "Went", "Came", "Was", "Found", "Reset", "Down", "Up")


def test_every_event_is_listed_and_in_the_past_tense() -> None:
    declared = {c for _, c in inspect.getmembers(events, inspect.isclass) if issubclass(c, events.Event) and c is not events.Event}
    assert set(events.ALL) == declared
    assert len(events.ALL) == len(set(events.ALL))
    for event in events.ALL:
        assert is_dataclass(event)
        assert event.__doc__
        assert any(end in event.__name__ for end in PAST), event
