"""Strategies for domain values: finite Decimals, aware instants, and any dataclass of the domain by its annotations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

from hypothesis import strategies as st

from domain import alerts, chat, events, exits, facts, instruments, ledger, mandates, market, orders, portfolio, ports, tickets

decimals = st.decimals(
    allow_nan=False, allow_infinity=False, min_value=Decimal("-1e15"), max_value=Decimal("1e15"), places=6
) | st.sampled_from((Decimal("1E+3"), Decimal("-0"), Decimal("0.00000001"), Decimal("12.50")))
positive = st.decimals(min_value=Decimal("0.01"), max_value=Decimal("100000"), places=2)
zones = st.integers(-12 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
instants = st.datetimes(datetime(2000, 1, 2), datetime(2036, 12, 30), timezones=zones | st.just(UTC))
texts = st.text(max_size=20)

st.register_type_strategy(Decimal, decimals)
st.register_type_strategy(datetime, instants)
st.register_type_strategy(str, texts)

EVENTS = events.ALL
VALUES: tuple[type, ...] = (
    alerts.Alert,
    chat.Incoming,
    chat.Reply,
    chat.Action,
    chat.Parameter,
    facts.Fact,
    instruments.Instrument,
    ledger.Entry,
    market.Quote,
    market.Bar,
    market.NewsItem,
    market.EarningsDate,
    market.EconomicEvent,
    market.Shock,
    orders.OrderIntent,
    orders.CancelIntent,
    orders.ReplaceIntent,
    orders.ResumeIntent,
    orders.ExitIntent,
    orders.MandateIntent,
    orders.BreakerIntent,
    exits.ExitRule,
    mandates.Mandate,
    orders.Fill,
    orders.Order,
    portfolio.AccountSpec,
    portfolio.Position,
    portfolio.Portfolio,
    ports.OrderReport,
    ports.BrokerState,
    tickets.Finding,
    tickets.Ticket,
    *EVENTS,
)
