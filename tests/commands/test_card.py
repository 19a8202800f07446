"""The consequence card, and what follows it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from commands import followups
from commands.alerts import alert
from commands.card import Frame, age, card, figure
from domain import events
from domain.alerts import Urgency
from domain.chat import Buttons, Code, KeyValues, ReplyKind, Table, Text, Tone
from domain.market import Quote
from domain.orders import Fill, Order, OrderIntent, OrderStatus, OrderType, Side, TimeInForce
from domain.portfolio import AccountSpec, Mode
from domain.tickets import Change, Consequence, Finding, LegEstimate, Origin, Proposer, Severity, Ticket, TicketStatus
from tests.fakes.market import share, utc
from trading import execution

AT = utc("2025-10-08 16:00")
D = Decimal
FRAME = Frame(AccountSpec("main", Mode.PAPER), AT + timedelta(seconds=5), ZoneInfo("America/New_York"), {"AAPL": share("AAPL")})


def leg(number: int = 1, symbol: str = "AAPL") -> LegEstimate:
    return LegEstimate(
        number, f"sell 20 {symbol} at market", symbol, Side.SELL, D(20), D("149.99"), "bid", AT, D("2999.80"), D("0.35"), D("999.45")
    )


def ticket(*legs: LegEstimate, **changes: object) -> Ticket:
    consequence = Consequence(
        legs or (leg(),),
        (
            Change("AAPL weight", D("12.0"), D("6.0"), "%"),
            Change("Communication Services exposure", D("30.5"), D("24.1"), "%"),
            Change("Cash", D("99999.99"), D("-1234567.89"), "USD"),
            Change("1-day VaR 95", D("812.5"), D("700"), "USD"),
        ),
        ("t0-1: sell 40 AAPL stop $140.00 gtc",),
    )
    made = Ticket(
        id="t1",
        line="#AAPL close 50%",
        verb="close",
        account="main",
        origin=Origin("terminal", "main", "me"),
        proposer=Proposer.PERSON,
        intents=(OrderIntent("AAPL", Side.SELL, quantity=D(20), reduce_only=True),),
        quotes=(Quote("AAPL", D("149.99"), D("150.01"), D("150"), AT, "simulated", simulated=True),),
        consequence=consequence,
        findings=(
            Finding("note", Severity.INFO, "Something to know."),
            Finding("session", Severity.WARNING, "The exchange is closed."),
        ),
        created=AT,
        expires=AT + timedelta(minutes=2),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def texts(reply) -> list[str]:
    return [b.text for b in reply.blocks if isinstance(b, Text)]


def everything(reply) -> str:
    cells = [c for b in reply.blocks if isinstance(b, Table) for row in b.rows for c in row]
    rows = [f"{k}: {v}" for b in reply.blocks if isinstance(b, KeyValues) for k, v in b.rows]
    return "\n".join([*texts(reply), *cells, *rows])


def test_the_card_has_line_rows_changes_findings_mode_buttons_and_expiry():
    shown = ticket()
    reply = card(shown, FRAME, notes=("2atr is $5.00 now.",))
    assert reply.kind is ReplyKind.TICKET
    assert reply.command == "close"
    assert reply.ticket is shown
    assert reply.blocks[0] == Text("#AAPL close 50%", Tone.LEAD)
    said = everything(reply)
    for part in (
        "Side: sell",
        "Quantity: 20 shares",
        "Est. price: $149.99 (bid, quote 5 s old)",
        "Est. value: $2,999.80",
        "Est. fees: $0.35",
        "P/L realised: +$999.45",
        "12.00%",
        "$99,999.99",
        "−$1,234,568",
        "Left without a position:\nt0-1: sell 40 AAPL stop $140.00 gtc",
        "PAPER · account main · paper broker · SIMULATED MARKET",
        "2atr is $5.00 now.",
        "Card t1. Expires in 115 s, at 12:02:00 EDT.",
    ):
        assert part in said, part
    order = texts(reply)
    assert order.index("Careful: The exchange is closed. [session]") < order.index("Something to know. [note]")
    buttons = [b for block in reply.blocks if isinstance(block, Buttons) for b in block.buttons]
    assert [(b.label, b.payload) for b in buttons] == [("Confirm", f"confirm:t1:{shown.digest()}"), ("Cancel", "cancel:t1")]
    assert all(len(b.payload) <= 64 for b in buttons)
    table = next(b for b in reply.blocks if isinstance(b, Table))
    assert table.title == "Before → after"
    assert [row[0] for row in table.rows] == ["Weight", "Comm. Ser", "Cash", "VaR 95"]
    for row in table.rows:
        assert len("  ".join(row)) <= 34


def test_every_figure_is_a_fact():
    facts = {f.label: f for f in card(ticket(), FRAME).facts}
    assert facts["Estimated price AAPL"].value == D("149.99")
    assert facts["Estimated price AAPL"].unit == "USD"
    assert facts["Quantity AAPL"].unit == "shares"
    assert facts["P/L realised AAPL"].value == D("999.45")
    assert facts["Cash after"].value == D("-1234567.89")
    assert facts["AAPL weight before"].unit == "%"
    assert facts["Estimated price AAPL"].source == "simulated quote"
    assert len({f.id for f in card(ticket(leg(1), leg(2, "NVDA")), FRAME).facts}) == 18


def test_a_denied_card_says_why_first_and_has_no_button():
    finding = Finding("cash", Severity.BLOCKING, "Cash would fall below zero.")
    reply = card(ticket(status=TicketStatus.DENIED, findings=(ticket().findings[0], finding)), FRAME)
    assert texts(reply)[:2] == ["Denied: #AAPL close 50%", "Not possible: Cash would fall below zero. [cash]"]
    assert texts(reply)[-1] == "Nothing was sent."
    assert not [b for b in reply.blocks if isinstance(b, Buttons)]


def test_a_card_where_nothing_can_be_confirmed_says_so():
    reply = card(ticket(), replace(FRAME, confirmable=False))
    assert not [b for b in reply.blocks if isinstance(b, Buttons)]
    assert "nothing can be confirmed here" in texts(reply)[-1]


def test_a_destructive_batch_shows_its_word_and_at_most_eight_rows():
    legs = [leg(n, f"S{n}") for n in range(1, 11)] + [LegEstimate(n, f"cancel order o-{n}", "X") for n in range(11, 22)]
    reply = card(ticket(*legs, word="CLOSE-ALL", line="#close-all"), FRAME, moved="The price moved.")
    assert texts(reply)[1] == "The price moved."
    assert Code("confirm t1 CLOSE-ALL") in reply.blocks
    said = everything(reply)
    assert "… and 2 more." in said
    assert "cancel order o-18\n… and 3 more." in said
    assert "Total P/L realised: +$9,994.50" in said
    table = next(b for b in reply.blocks if isinstance(b, Table))
    assert len(table.rows) == 8
    assert table.headings == ("Sell", "Qty", "Price $", "P/L $")
    assert table.rows[0] == ("S1", "20", "149.99", "+999.45")


def test_a_batch_names_each_weight_by_its_symbol():
    changes = (Change("AAPL weight", D(9), D(0), "%"), Change("NVDA weight", D(8), D(0), "%"))
    reply = card(ticket(consequence=Consequence((leg(),), changes), quotes=()), replace(FRAME, simulated=True))
    table = next(b for b in reply.blocks if isinstance(b, Table))
    assert [row[0] for row in table.rows] == ["AAPL", "NVDA"]
    assert "SIMULATED MARKET" in everything(reply)


def test_orders_of_both_sides_and_prices_of_coins_still_fit():
    coin = replace(leg(2, "BTC"), side=Side.BUY, quantity=D("0.0489"), price=D("126381.51"), realised=None)
    reply = card(ticket(leg(), coin), FRAME)
    table = next(b for b in reply.blocks if isinstance(b, Table))
    assert table.headings[0] == "Order"
    assert table.rows == (("sell AAPL", "20", "149.99", "+999.45"), ("buy BTC", "0.0489", "126,382", ""))


def test_a_large_batch_shows_eight_changes_the_accounts_own_among_them():
    weights = [Change(f"S{n} weight", D(n), D(0), "%") for n in range(12)]
    parts = (*weights, Change("Consumer Staples exposure", D(9), D(0), "%"))
    own = (Change("Cash", D(1), D(2), "USD"), Change("Gross exposure", D(2), D(1), "USD"))
    reply = card(ticket(consequence=Consequence((leg(),), (*parts, *own))), FRAME)
    table = next(b for b in reply.blocks if isinstance(b, Table))
    assert [row[0] for row in table.rows] == ["S0", "S1", "S2", "S3", "S4", "S5", "Cash", "Gross"]
    assert "… and 7 more weights and sectors." in everything(reply)
    assert len([f for f in reply.facts if f.id.startswith("change")]) == 30


def test_an_order_that_waits_says_what_it_would_make():
    intents = (OrderIntent("AAPL", Side.SELL, OrderType.STOP, quantity=D(20), stop=D(140), reduce_only=True),)
    reply = card(ticket(intents=intents), FRAME)
    assert "P/L if filled: +$999.45" in everything(reply)
    assert "P/L if filled AAPL" in {f.label for f in reply.facts}


def test_a_leg_without_figures_is_its_sentence():
    reply = card(ticket(LegEstimate(1, "allow trading again", "")), FRAME)
    assert "What: allow trading again" in everything(reply)
    two = (LegEstimate(1, "cancel order a-1", "A"), LegEstimate(2, "cancel order b-1", "B", price=D(5)))
    assert "cancel order b-1" in everything(card(ticket(*two), FRAME))


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        ("20", "%", "20.00%"),
        ("99999.99", "USD", "$99,999.99"),
        ("100000", "USD", "$100,000"),
        ("-250000.60", "USD", "−$250,001"),
        ("12.5", "days", "12.5 days"),
        ("5", "EUR", "€5.00"),
    ],
)
def test_figures_are_written_for_a_phone(value, unit, text):
    assert figure(D(value), unit) == text


def test_one_share_is_one_share():
    one = everything(card(ticket(replace(leg(), quantity=D(1))), FRAME))
    assert "1 share" in one
    assert "1 shares" not in one


def test_the_age_of_a_quote():
    assert age(AT, AT - timedelta(seconds=3)) == "0 s old"
    assert age(AT, AT + timedelta(minutes=3)) == "3 min old"
    assert age(AT, AT + timedelta(hours=16)) == "16 h old"
    assert age(AT, AT + timedelta(days=4)) == "4 days old"
    assert "(bid)" in everything(card(ticket(replace(leg(), quote_at=None)), FRAME))


ORDER = Order("t1-1", "main", "t1", 1, "AAPL", Side.SELL, OrderType.MARKET, D(20), TimeInForce.DAY, AT, AT, reduce_only=True)
STOP = replace(ORDER, type=OrderType.STOP, stop=D(140), tif=TimeInForce.GTC)


def fill(quantity: int) -> Fill:
    return Fill(f"t1-1.{quantity}", "t1-1", "main", "AAPL", Side.SELL, D(quantity), D("149.98"), D("0.35"), AT)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (TicketStatus.CONFIRMED, "not known yet"),
        (TicketStatus.WORKING, "Sent: #AAPL close 50%"),
        (TicketStatus.EXECUTED, "Done"),
        (TicketStatus.PARTIAL, "Partly done"),
        (TicketStatus.FAILED, "Nothing traded"),
        (TicketStatus.CANCELLED, "Cancelled"),
        (TicketStatus.EXPIRED, "Nothing was sent"),
        (TicketStatus.DENIED, "Denied"),
        (TicketStatus.REPLACED, "fresh card"),
    ],
)
def test_after_the_tap(status, said):
    reply = followups.after_tap(ticket(status=status, reason="because of this"))
    assert said in texts(reply)[0]
    assert texts(reply)[1] == "Because of this."
    assert reply.thread == "t1"
    assert reply.command == "close"


def test_orders_become_alerts_in_the_thread_of_their_card():
    filled = replace(ORDER, filled=D(20), status=OrderStatus.FILLED)
    partly = replace(ORDER, filled=D(5), status=OrderStatus.PARTIAL)
    hit = replace(STOP, filled=D(20), status=OrderStatus.FILLED)
    trailing = replace(hit, type=OrderType.TRAILING, stop=None, trail_percent=D("0.02"))
    target = replace(hit, type=OrderType.LIMIT, stop=None, limit=D(150))
    ended = replace(STOP, status=OrderStatus.EXPIRED, filled=D(3), reason="the session ended")
    rejected = replace(ORDER, status=OrderStatus.REJECTED, reason="no such symbol")
    cases = [
        (events.OrderAccepted(AT, "main", STOP), "order-placed", Urgency.INFO, "Placed: sell 20 AAPL stop $140.00 gtc."),
        (events.OrderReplaced(AT, "main", STOP), "order-changed", Urgency.INFO, "Changed: sell 20 AAPL stop"),
        (
            events.OrderFilled(AT, "main", filled, fill(20), D("999.45")),
            "exit-person",
            Urgency.INFO,
            "Filled: sold 20 AAPL at $149.98, P/L +$999.45.",
        ),
        (events.OrderFilled(AT, "main", partly, fill(5), D(0)), "order-partly-filled", Urgency.INFO, "5 AAPL at $149.98, 15 left"),
        (events.OrderFilled(AT, "main", hit, fill(20), D(-5)), "exit-stop", Urgency.WARNING, "Stop filled: sold 20 AAPL"),
        (events.OrderFilled(AT, "main", trailing, fill(20), D(5)), "exit-trailing", Urgency.WARNING, "Trailing stop filled"),
        (events.OrderFilled(AT, "main", target, fill(20), D(5)), "exit-target", Urgency.INFO, "Target reached"),
        (
            events.OrderFilled(AT, "main", replace(filled, client_id="t2-1"), fill(20), D(5), "stop at $150.00"),
            "exit-person",
            Urgency.INFO,
            "Stop at $150.00: sold 20 AAPL at $149.98",
        ),
        (events.OrderRejected(AT, "main", rejected), "order-rejected", Urgency.WARNING, "Rejected: sell 20 AAPL at market"),
        (events.OrderCancelled(AT, "main", ended), "order-expired", Urgency.INFO, "3 had filled."),
        (
            events.OrderCancelled(AT, "main", replace(STOP, status=OrderStatus.CANCELLED)),
            "order-cancelled",
            Urgency.INFO,
            "Cancelled: sell 20",
        ),
        (events.OrderOutcomeUnknown(AT, "main", ORDER), "order-unknown", Urgency.WARNING, "not sent again"),
    ]
    keys = set()
    for event, kind, urgency, said in cases:
        found = alert(event)
        assert found is not None
        assert alert(event) == found
        assert (found.kind, found.urgency) == (kind, urgency)
        assert said in texts(found.reply)[0]
        assert found.reply.thread == "t1"
        keys.add(found.key)
    assert len(keys) == len(cases)


def test_other_events_and_silence():
    expired = events.TicketMoved(AT, "main", "t1", "#AAPL close", TicketStatus.EXPIRED, "desk", "expired by restart, nothing was sent")
    found = alert(expired)
    assert found is not None
    assert texts(found.reply) == ["#AAPL close: expired by restart, nothing was sent."]
    assert found.reply.thread == "t1"
    for event, urgency, said in (
        (events.PositionClosed(AT, "main", "AAPL", D("12.3")), Urgency.INFO, "AAPL is closed: P/L +$12.30"),
        (events.KillSwitchPulled(AT, "main", "terminal:me"), Urgency.CRITICAL, "Trading is halted"),
        (events.KillSwitchReleased(AT, "main", "terminal:me"), Urgency.CRITICAL, "Trading goes on"),
        (events.JobFailed(AT, "main", "poll", "ref1"), Urgency.WARNING, "Reference ref1"),
    ):
        told = alert(event)
        assert told is not None
        assert told.urgency is urgency
        assert said in texts(told.reply)[0]
    for quiet in (
        events.OrderAccepted(AT, "main", ORDER),
        events.PositionOpened(AT, "main", "AAPL", D(1), D(1)),
        events.DemoMoved(AT, "main", "forward"),
        events.TicketMoved(AT, "main", "t1", "#AAPL close", TicketStatus.PROPOSED, "me"),
        events.Event(AT, "main"),
    ):
        assert alert(quiet) is None


def test_a_card_that_was_confirmed_and_never_sent_is_told_once_and_for_all():
    moved = events.TicketMoved(AT, "demo", "t1", "#AAPL close", TicketStatus.FAILED, "core", execution.STOPPED)
    told = alert(moved)
    assert told is not None
    assert told.kind == "card-not-sent"
    assert "nothing was sent" in told.reply.blocks[0].text
    assert alert(replace(moved, reason="the broker refused it")) is None
