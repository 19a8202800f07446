"""Orders and tickets: the tables of moves, what may follow what, and the digest that binds a button to what was shown."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain import orders, tickets
from domain.errors import IllegalMove
from domain.orders import ENDED, IN_FLIGHT, OPEN, Order, OrderStatus, OrderType, Side, TimeInForce
from domain.tickets import Consequence, Finding, Origin, Proposer, Severity, Ticket, TicketStatus
from tests.domain import values  # noqa: F401  registers the strategies

NOW = datetime(2025, 10, 10, 14, 30, tzinfo=UTC)
ORDER = Order("t1-1", "main", "t1", 1, "AAPL", Side.BUY, OrderType.MARKET, Decimal(10), TimeInForce.DAY, NOW, NOW)
TICKET = Ticket(
    id="t1",
    line="#buy AAPL 10",
    verb="buy",
    account="main",
    origin=Origin("terminal", "local", "me"),
    proposer=Proposer.PERSON,
    intents=(),
    quotes=(),
    consequence=Consequence(()),
    findings=(),
    created=NOW,
    expires=NOW + timedelta(minutes=2),
)


def test_sides() -> None:
    assert (Side.BUY.sign, Side.SELL.sign) == (1, -1)
    assert (Side.BUY.other, Side.SELL.other) == (Side.SELL, Side.BUY)


def test_every_status_is_open_or_ended_and_has_its_row() -> None:
    assert frozenset(OrderStatus) == OPEN | ENDED
    assert not OPEN & ENDED
    assert IN_FLIGHT < OPEN
    assert set(orders.MOVES) == set(OrderStatus)


def test_every_ticket_status_has_its_row() -> None:
    assert set(tickets.MOVES) == set(TicketStatus)


def test_the_end_is_the_end_but_for_a_fill_that_was_on_its_way() -> None:
    for status in ENDED:
        assert orders.MOVES[status] <= {OrderStatus.PARTIAL, OrderStatus.FILLED}
    assert not orders.MOVES[OrderStatus.FILLED]
    assert not orders.MOVES[OrderStatus.REJECTED]
    unsent = {status for status, row in orders.MOVES.items() if OrderStatus.PENDING in row}
    assert unsent == {OrderStatus.HELD}, "nothing that may have been sent becomes unsent again"
    assert all(OrderStatus.HELD not in row for row in orders.MOVES.values()), "nothing is taken back into the core"


@pytest.mark.parametrize("status", OrderStatus)
@pytest.mark.parametrize("to", OrderStatus)
def test_an_order_moves_as_the_table_says(status: OrderStatus, to: OrderStatus) -> None:
    order = replace(ORDER, status=status)
    later = NOW + timedelta(seconds=1)
    if to is status or to in orders.MOVES[status]:
        moved = order.moved(to, later, reason="why")
        assert (moved.status, moved.updated, moved.reason) == (to, later, "why")
        assert order.status is status
    else:
        with pytest.raises(IllegalMove, match="order t1-1 cannot move") as error:
            order.moved(to, later)
        assert (error.value.current, error.value.wanted) == (status, to)


@pytest.mark.parametrize("status", TicketStatus)
@pytest.mark.parametrize("to", TicketStatus)
def test_a_ticket_moves_as_the_table_says(status: TicketStatus, to: TicketStatus) -> None:
    ticket = replace(TICKET, status=status, reason="before")
    if to is status or to in tickets.MOVES[status]:
        assert ticket.moved(to).reason == "before"
        assert ticket.moved(to, "now").reason == "now"
        assert ticket.moved(to).status is to
    else:
        with pytest.raises(IllegalMove):
            ticket.moved(to)


def test_a_released_ticket_is_never_proposed_again() -> None:
    reachable, front = {TicketStatus.CONFIRMED}, [TicketStatus.CONFIRMED]
    while front:
        for after in tickets.MOVES[front.pop()] - reachable:
            reachable.add(after)
            front.append(after)
    assert not reachable & {TicketStatus.PROPOSED, TicketStatus.DENIED, TicketStatus.EXPIRED, TicketStatus.REPLACED}


def test_what_an_order_says_of_itself() -> None:
    assert ORDER.open
    assert not replace(ORDER, status=OrderStatus.FILLED).open
    held = replace(ORDER, status=OrderStatus.HELD)
    assert (held.open, held.held, held.working, held.status in IN_FLIGHT) == (True, True, False, False)
    assert replace(ORDER, status=OrderStatus.PARTIAL).working
    assert replace(ORDER, filled=Decimal(4)).left == 6
    assert not ORDER.protective
    assert not replace(ORDER, reduce_only=True).protective, "closing at the market protects nothing"
    assert replace(ORDER, reduce_only=True, type=OrderType.STOP, stop=Decimal(9)).protective


def test_what_a_ticket_says_of_itself() -> None:
    assert TICKET.open
    assert not TICKET.moved(TicketStatus.CONFIRMED).open
    assert not TICKET.blocked
    warned = replace(TICKET, findings=(Finding("a", Severity.WARNING, "A."),))
    assert not warned.blocked
    assert replace(warned, findings=(*warned.findings, Finding("b", Severity.BLOCKING, "B."))).blocked


def test_the_digest_is_short_and_of_what_was_shown_alone() -> None:
    digest = TICKET.digest()
    assert len(digest) == 16
    assert int(digest, 16) >= 0
    assert TICKET.moved(TicketStatus.CANCELLED, "no").digest() == digest


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(first=st.from_type(Ticket), second=st.from_type(Ticket))
def test_any_other_field_changes_the_digest(first: Ticket, second: Ticket) -> None:
    for field in fields(Ticket):
        if field.name in ("status", "reason"):
            continue
        changed = replace(first, **{field.name: getattr(second, field.name)})
        assert (changed.digest() == first.digest()) == (getattr(changed, field.name) == getattr(first, field.name))
