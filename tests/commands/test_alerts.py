"""Every event as the alert it becomes: its kind, its urgency, its words, and buttons that lead somewhere."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands import arguments, grammar
from commands.alerts import PAYLOAD_BYTES, alert, pushed, quietened
from commands.kinds import KINDS, is_critical, kind_named
from commands.watchwords import LONGEST_HEADLINE, quoted
from domain import events
from domain.alerts import Urgency
from domain.chat import Reply, Text
from domain.exits import ExitKind
from domain.orders import OrderType, Side
from tests.commands.actions.stage import REGISTRY, START
from tests.commands.happenings import EARLIER, EVERY, LATER, MISSED
from tests.commands.slash.reading import buttons, everything, lead, lines_suggested
from trading.exits import cover

D = Decimal
NEW_YORK = ZoneInfo("America/New_York")
SILENT = {events.PositionOpened, events.DemoMoved}
ELSEWHERE = {"risk-limits", "breaker", "automation", "mandates"}  # commands of other parts


def told(event):
    found = alert(event, NEW_YORK)
    assert found is not None
    return found


def said(event):
    return lead(told(event).reply)


@pytest.mark.parametrize("event", [e for t, e in EVERY.items() if t not in SILENT], ids=lambda e: type(e).__name__)
def test_every_event_is_an_alert_of_a_known_kind_with_buttons_that_work(event):
    found = told(event)
    assert found == told(event)
    assert found.kind in KINDS
    assert found.key.startswith(f"{found.kind}:")
    assert found.urgency is KINDS[found.kind].urgency
    assert lead(found.reply).endswith(".")
    labels = [b.label for b in buttons(found.reply)]
    assert (labels[-3:] == ["Why", "Snooze 1h", "Mute this"]) is (found.urgency is not Urgency.CRITICAL)
    for line in [b.payload for b in buttons(found.reply)] + lines_suggested(found.reply):
        assert len(line.encode()) <= PAYLOAD_BYTES
        if line.startswith("#"):
            grammar.parse(line, lambda symbol: True)
        elif line.startswith("/") and (name := line[1:].split()[0]) not in ELSEWHERE:
            arguments.bind(REGISTRY.command(name), line[1:].split()[1:])


def test_what_happened_is_said_first_with_its_figure():
    assert said(EVERY[events.StopFailed]) == "AAPL is without its stop since 09:30 New York, Fri 10 Oct 2025: 20 unprotected."
    assert said(EVERY[events.StopMoved]) == "AAPL's stop moved from $170.00 to $172.50."
    assert said(replace(EVERY[events.StopMoved], was=None)) == "AAPL's stop is armed at $172.50."
    assert said(EVERY[events.QuoteDoubted]) == "A quote of AAPL at $90.00 was not believed: its stop at $170.00 did not fire."
    assert said(EVERY[events.EarningsNeared]) == "AAPL reports tomorrow, Sat 11 Oct, after the close."
    assert said(replace(EVERY[events.EarningsNeared], when=START + timedelta(days=3), session="")) == "AAPL reports in 3 days, Mon 13 Oct."
    assert said(EVERY[events.BreakerTripped]) == "The breaker tripped: daily loss is at 3.10%, the limit is 3.00%."
    assert said(EVERY[events.BrokerDown]) == "The broker does not answer since 09:30 New York, Fri 10 Oct 2025, with 3 positions open."
    assert said(EVERY[events.ActionProposed]) == "A card waits for you until 11:30 New York, Fri 10 Oct 2025: #AAPL close."
    assert said(EVERY[events.DayDigested]) == "Your day: 1 fill, realised +$399.00."
    assert said(replace(EVERY[events.DayDigested], happened=())) == "Your day: nothing happened."
    assert said(EVERY[events.BreakerReset]).endswith("the cool-down is over.")
    assert said(replace(EVERY[events.BreakerReset], who="terminal:me")).endswith("reset by me in the terminal.")
    assert said(replace(EVERY[events.AutomationChanged], allowed=True)).startswith("Automation may act again")


@pytest.mark.parametrize(
    ("what", "value", "words"),
    [
        ("drawdown", "-0.104", "AAPL went 10.40% against you over 20 days, to $163.20."),
        ("spike", "-0.056", "AAPL moved by −5.60% over 20 days, to $163.20."),
        ("gap", "0.041", "AAPL gapped by +4.10% over 20 days, it is at $163.20."),
        ("volume", "3.21", "AAPL trades 3.2 times its usual volume (over 20 days), at $163.20."),
        ("silence", "2", "AAPL: silence of 2 (over 20 days), at $163.20."),
    ],
)
def test_moves_carry_their_measure_as_weight(what, value, words):
    found = told(events.PositionMoved(START, "main", "AAPL", what, D(value), D("163.20"), "over 20 days"))
    assert lead(found.reply) == words
    assert found.weight == abs(D(value))
    assert found.key.endswith(":AAPL")


@pytest.mark.parametrize(
    ("kind", "share", "name"),
    [
        (ExitKind.STOP, "1", "exit-stop"),
        (ExitKind.TRAILING, "1", "exit-trailing"),
        (ExitKind.TARGET, "1", "exit-target"),
        (ExitKind.TARGET, "0.5", "exit-rung"),
        (ExitKind.TIME, "1", "exit-time"),
        (ExitKind.BREAK_EVEN, "1", "exit-break-even"),
    ],
)
def test_exits_are_split_by_reason(kind, share, name):
    fired = events.ExitTriggered(START, "main", "AAPL", kind, "x1", D(170), D(170), D(0), "t9", True, D(share))
    found = told(fired)
    assert found.kind == name
    assert found.reply.thread == "t9"
    assert ("50% of it is closed" in everything(found.reply)) is (share == "0.5")
    waiting = everything(told(replace(fired, released=False)).reply)
    assert "No mandate covers it" in waiting


def test_a_gap_through_a_stop_is_told_with_its_size():
    fired = EVERY[events.ExitTriggered]
    assert said(fired) == "AAPL's stop at $170.00 fired on a gap: the market was at $168.20, $1.80 beyond it."
    assert said(replace(fired, gap=D(0))) == "AAPL's stop at $170.00 fired: the market was at $168.20."
    assert said(replace(fired, level=None, price=None, kind=ExitKind.TIME)) == "AAPL's time exit fired."


def test_absence_is_told_with_what_would_have_fired():
    found = told(EVERY[events.WasAway])
    text = everything(found.reply)
    assert lead(found.reply) == (
        "I was away from 09:30 New York, Fri 10 Oct 2025 to 10:30 New York, Fri 10 Oct 2025; 1 thing would have happened."
    )
    assert "AAPL: stop at $170.00 would have fired at $168.50, 09:30 New York, Fri 10 Oct 2025. Nothing was sent." in text
    assert [(b.label, b.payload) for b in buttons(found.reply)] == [("Close now", "#AAPL close"), ("Keep", "/alerts keep was-away:AAPL")]
    many = tuple(replace(MISSED, symbol=s) for s in "ABCDEFGHIJ")
    crowded = told(replace(EVERY[events.WasAway], missed=many)).reply
    assert "And 2 more: `/journal 50`" in everything(crowded)
    assert [b.label for b in buttons(crowded)] == ["Close A", "Close B", "Close C", "Keep"]
    nothing = told(replace(EVERY[events.WasAway], missed=()))
    assert (nothing.kind, nothing.urgency) == ("back", Urgency.INFO)


def test_a_waiting_card_is_answered_by_its_own_buttons():
    found = told(EVERY[events.ActionProposed])
    assert [b.payload for b in buttons(found.reply)] == ["confirm:t9:00112233aabbccdd", "cancel:t9"]
    assert found.urgency is Urgency.CRITICAL
    patient = told(replace(EVERY[events.ActionProposed], urgent=False))
    assert (patient.kind, patient.urgency) == ("proposal", Urgency.WARNING)
    assert patient.reply.thread == "t9"


def test_a_broker_that_is_away_is_critical_only_with_something_at_stake():
    assert told(EVERY[events.BrokerDown]).urgency is Urgency.CRITICAL
    flat = told(replace(EVERY[events.BrokerDown], positions=0, reason=""))
    assert (flat.kind, flat.urgency) == ("broker-away", Urgency.WARNING)


def test_limits_are_written_as_they_are_typed():
    near = EVERY[events.LimitNeared]
    assert said(near) == "Sector Energy is at 38.00%, near its limit of 40.00%."
    assert told(replace(near, crossed=True)).kind == "limit-crossed"
    few = events.LimitNeared(START, "main", "too_many_orders", "automation, orders a minute", D(3), D(2), crossed=True, unit=events.COUNT)
    assert said(few) == "Automation, orders a minute is at 3, over its limit of 2."
    money = replace(few, about="automation, money a day", value=D("1200.50"), limit=D(1000), unit="EUR")
    assert said(money) == "Automation, money a day is at €1,200.50, over its limit of €1,000.00."
    assert [(f.unit, f.value) for f in told(money).reply.facts] == [("EUR", D("1200.50")), ("EUR", D(1000))]
    triple = replace(near, about="the account", value=D(3), limit=D(3), crossed=True)
    assert said(triple) == "The account is at 300.00%, over its limit of 300.00%.", "a whole fraction is no count"
    assert said(replace(EVERY[events.LimitChanged], was="")) == "The limit sector_weight is 35% now; it was not set."
    assert "a surprise" not in said(replace(EVERY[events.ReconciliationFound], what="a surprise"))


def test_a_mandate_says_until_when():
    assert said(EVERY[events.MandateSigned]) == "Mandate m1 is signed by me in the terminal until 11:30 New York, Fri 10 Oct 2025."
    assert LATER > EARLIER
    assert said(EVERY[events.MandateEnded]) == "Mandate m1 is over: it expired."


@given(st.text(max_size=400))
def test_a_headline_is_a_quotation_and_nothing_else(headline):
    text = quoted(headline)
    assert len(text) <= LONGEST_HEADLINE
    assert not set(text) & set("@`\n\u202e“”")
    assert "://" not in quoted(f"read https://example.test/x?y=1 now {headline}")


def test_the_same_news_is_one_fact_and_its_tone_is_said():
    news = EVERY[events.NewsTouched]
    assert told(news).key == "news:AAPL:n1"
    assert "sounds bad (−0.6 of −1 to 1)" in everything(told(news).reply)
    assert "sounds good" in everything(told(replace(news, tone=D("0.5"))).reply)
    assert "neutral" in everything(told(replace(news, tone=D(0))).reply)


@given(st.text(min_size=1, max_size=80), st.sampled_from(sorted(KINDS)))
def test_the_quietening_buttons_fit_whatever_the_key(what, kind):
    reply = quietened(Reply((Text("x"),)), kind, f"{kind}:{what}")
    assert all(len(b.payload.encode()) <= PAYLOAD_BYTES for b in buttons(reply))


def test_a_kind_of_another_version_is_told():
    assert kind_named("not-yet-known").level == "loud"
    assert not is_critical("not-yet-known")
    assert {k for k in KINDS if is_critical(k)} == {
        "stop-failed",
        "breaker-tripped",
        "halted",
        "resumed",
        "proposal-urgent",
        "broker-down",
        "was-away",
    }


def test_what_follows_from_a_fact_that_is_told_is_not_pushed():
    cancelled = EVERY[events.OrderCancelled]
    stop = replace(cancelled.order, type=OrderType.STOP, side=Side.SELL, reduce_only=True, reason=cover.CLOSED)
    assert pushed(replace(cancelled, order=stop)) is None
    assert pushed(replace(cancelled, order=replace(stop, reason="cancelled elsewhere"))) is not None
    near = replace(EVERY[events.LimitNeared], code="daily_loss", about="today")
    assert pushed(replace(near, crossed=True)) is None, "the breaker tells it"
    assert said(replace(near, value=D("0.042"), limit=D("0.05"), crossed=False)) == "Today's loss is at 4.20%, near its limit of 5.00%."
    assert alert(replace(near, crossed=True)) is not None, "the journal has words for it"


def test_who_did_it_is_kept_with_what_is_answered_already():
    assert told(EVERY[events.LimitChanged]).by == EVERY[events.LimitChanged].who
    ended = EVERY[events.MandateEnded]
    assert told(replace(ended, reason="revoked", who="terminal:me")).by == "terminal:me"
    assert "revoked by me in the terminal" in said(replace(ended, reason="revoked", who="terminal:me"))
    assert told(replace(ended, reason="expired")).by == ""


def test_a_neutral_headline_offers_nothing_to_sell_on():
    news = EVERY[events.NewsTouched]
    assert not [b for b in buttons(told(replace(news, tone=D("0.1"))).reply) if b.payload.startswith("#")]
    assert [b for b in buttons(told(replace(news, tone=D("-0.4"))).reply) if b.payload.startswith("#")]
