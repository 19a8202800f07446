"""One of each value that is stored."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from domain.advice import Advice, AdvisedLeg, AdvisedNumber, Score
from domain.alerts import Alert, Urgency
from domain.chat import Button, Buttons, Incoming, Reply, Text
from domain.ledger import Entry, EntryKind
from domain.orders import CancelIntent, Order, OrderIntent, OrderType, Side, TimeInForce
from domain.tickets import Change, Consequence, Finding, LegEstimate, Origin, Proposer, Severity, Ticket

AT = datetime(2025, 10, 10, 14, 0, 0, 123456, tzinfo=UTC)
HERE = Origin("terminal", "here", "me")


def later(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def ticket(id: str = "t1", **changes: Any) -> Ticket:
    made = Ticket(
        id=id,
        line="#AAPL close 50%",
        verb="close",
        account="demo",
        origin=HERE,
        proposer=Proposer.PERSON,
        intents=(OrderIntent("AAPL", Side.SELL, quantity=Decimal(5), why="said so 🙂"), CancelIntent("t0-1", "AAPL")),
        quotes=(),
        consequence=Consequence(
            (LegEstimate(0, "Sell 5 AAPL", "AAPL", price=Decimal("244.10")),), (Change("cash", Decimal(1), Decimal(2), "USD"),)
        ),
        findings=(Finding("SIZE", Severity.WARNING, "Large.", (("weight", "20"),)),),
        created=AT,
        expires=later(120),
    )
    return replace(made, **changes)


def order(client_id: str = "t1-1", **changes: Any) -> Order:
    made = Order(
        client_id=client_id,
        account="demo",
        ticket=client_id.split("-")[0],
        leg=int(client_id.split("-")[1]),
        symbol="AAPL",
        side=Side.SELL,
        type=OrderType.MARKET,
        quantity=Decimal("5.000"),
        tif=TimeInForce.DAY,
        created=AT,
        updated=AT,
    )
    return replace(made, **changes)


def entry(id: str = "e1", **changes: Any) -> Entry:
    return replace(Entry(id=id, account="demo", at=AT, kind=EntryKind.DEPOSIT, amount=Decimal("100000.00")), **changes)


def alert(key: str = "k", **changes: Any) -> Alert:
    reply = Reply((Text("AAPL was stopped out."), Buttons((Button("Why", "/why"),))), thread="t1")
    return replace(Alert(AT, "demo", "stop", key, Urgency.CRITICAL, reply), **changes)


def incoming(key: str = "u1", **changes: Any) -> Incoming:
    return replace(Incoming(key, HERE, "#AAPL close\n\x00", AT, payload="confirm:t1:abc"), **changes)


def advice(id: str = "r1", **changes: Any) -> Advice:
    legs = (AdvisedLeg("AAPL", Decimal(-5), Decimal("-1220.50"), price=Decimal("244.10"), standing=Decimal(230), fee=Decimal("0.10")),)
    made = Advice(
        id=id,
        account="demo",
        rule="concentration",
        symbol="AAPL",
        line="#AAPL close 50%",
        at=AT,
        legs=legs,
        numbers=(AdvisedNumber("AAPL weight", Decimal("24.4"), "%"),),
        equity=Decimal("10000.00"),
        market=Decimal("670.01"),
        confidence=Decimal("0.50"),
        calibrated=False,
    )
    return replace(made, **changes)


def score(id: str = "r1", horizon: int = 5, **changes: Any) -> Score:
    made = Score(
        id,
        "demo",
        "concentration",
        horizon,
        later(3600 * horizon),
        later(9999),
        Decimal("-12.30"),
        Decimal("-0.01"),
        Decimal("-0.001"),
        None,
    )
    return replace(made, **changes)
