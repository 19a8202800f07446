"""Every risk check: what it blocks, what it warns of, what it lets by, and the numbers and words it says it with."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from domain.market import Freshness, Quote
from domain.orders import CancelIntent, OrderIntent, OrderType, ReplaceIntent, ResumeIntent, Side, TimeInForce
from domain.portfolio import Mode
from domain.tickets import LegEstimate, Severity
from tests.fakes.market import utc
from tests.trading.risk.books import OPEN, book, buy, found, quote, sell, working
from trading.risk.limits import defaults

BLOCKING, WARNING = Severity.BLOCKING, Severity.WARNING


# cash


def test_a_buy_beyond_cash_is_blocked_and_told_what_fits() -> None:
    finding = found(book(cash="1000"), buy("AAPL", "12"))["insufficient_cash"]
    assert finding.severity is BLOCKING
    assert finding.sentence == "This needs $1,200.12 and $1,000.00 is free. `#buy AAPL 9` would fit."
    assert finding.details == (("need", "1200.12"), ("free", "1000.00"))


def test_a_buy_within_cash_passes() -> None:
    assert found(book(cash="10000"), buy("AAPL", "12")) == {}


def test_fees_count_and_the_estimate_is_believed() -> None:
    estimate = LegEstimate(0, "", "AAPL", Side.BUY, Decimal(10), Decimal(100), fee=Decimal(1))
    assert "insufficient_cash" in found(book(cash="1000"), buy("AAPL", "10"), estimates=(estimate,))
    assert "insufficient_cash" not in found(book(cash="1001"), buy("AAPL", "10"), estimates=(estimate,))


def test_open_buys_hold_cash_until_the_ticket_lets_them_go() -> None:
    resting = (working("a-1", buy("AAPL", "5", limit="90")), working("b-1", buy("XOM", "1")))
    held = book(cash="1000", orders=resting)
    assert found(held, buy("NVDA", "4"))["insufficient_cash"].details[1] == ("free", "500.00")
    assert "insufficient_cash" not in found(held, CancelIntent("a-1", "AAPL"), buy("NVDA", "4"))
    assert "insufficient_cash" in found(held, ReplaceIntent("a-1", "AAPL", quantity=Decimal(20)))
    assert "insufficient_cash" not in found(held, ReplaceIntent("a-1", "AAPL", quantity=Decimal(10)))


def test_several_buys_are_paid_together() -> None:
    finding = found(book(cash="1000"), buy("AAPL", "6"), buy("XOM", "10"))["insufficient_cash"]
    assert finding.sentence.endswith("is free.")


def test_nothing_free_offers_nothing() -> None:
    assert found(book(cash="-5"), buy("AAPL", "1"))["insufficient_cash"].sentence.endswith("$0.00 is free.")
    assert "would fit" not in found(book(cash="99"), buy("AAPL", "1"))["insufficient_cash"].sentence


def test_a_limit_buy_is_offered_smaller_at_its_limit() -> None:
    assert "`#buy AAPL 10 limit 98.5` would fit" in found(book(cash="1000"), buy("AAPL", "20", limit="98.50"))["insufficient_cash"].sentence


def test_buying_back_needs_no_cash_and_short_sales_need_it() -> None:
    short = book(cash="10", shorting=True, AAPL="-10")
    assert "insufficient_cash" not in found(short, buy("AAPL", "10"))
    assert "insufficient_cash" in found(short, sell("AAPL", "1"))
    room = book(cash="3100", shorting=True, AAPL="-10")
    assert "insufficient_cash" in found(room, sell("AAPL", "12")), "the proceeds of the short and its cover are not free"
    assert "insufficient_cash" not in found(room, sell("AAPL", "11"))
    flip = found(book(cash="1500", shorting=True, AAPL="-5"), buy("AAPL", "50"))["insufficient_cash"]
    assert "would fit" not in flip.sentence


# short


def test_selling_more_than_held_is_blocked_or_said() -> None:
    finding = found(book(AAPL="10"), sell("AAPL", "15"))["short_sale"]
    assert finding.severity is BLOCKING
    assert finding.sentence == (
        "You hold 10 AAPL and this sells 15: 5 would be sold short, which this account does not allow. `#AAPL close` sells what you hold."
    )
    assert finding.details == (("held", "10"), ("selling", "15"), ("beyond", "5"))
    allowed = found(book(shorting=True, AAPL="10"), sell("AAPL", "15"))["short_sale"]
    assert allowed.severity is WARNING
    assert "can lose more" in allowed.sentence


def test_selling_what_is_not_held_offers_nothing() -> None:
    assert "close" not in found(book(), sell("AAPL", "1"))["short_sale"].sentence


def test_open_sells_and_earlier_legs_count() -> None:
    held = book(AAPL="10", orders=(working("a-1", sell("AAPL", "6", limit="110")),))
    assert "6 of it in open sell orders" in found(held, sell("AAPL", "5"))["short_sale"].sentence
    assert "short_sale" not in found(held, sell("AAPL", "4"))
    assert "short_sale" not in found(held, CancelIntent("a-1", "AAPL"), sell("AAPL", "10"))
    assert "short_sale" in found(book(AAPL="10"), sell("AAPL", "6"), sell("AAPL", "6"))
    exits = book(AAPL="10", orders=(working("s-1", sell("AAPL", "10", stop="90", reduce_only=True)),))
    assert "short_sale" not in found(exits, sell("AAPL", "10")), "reduce-only orders shrink by themselves"


def test_what_is_being_closed_cannot_be_sold_again() -> None:
    """A close that waits for the open or the end of a halt fills: what is sold beside it would be a short."""
    closing = book(AAPL="10", orders=(working("c-1", sell("AAPL", "10", reduce_only=True)),))
    finding = found(closing, sell("AAPL", "2"))["short_sale"]
    assert (finding.severity, dict(finding.details)["beyond"]) == (BLOCKING, "2")
    part = book(AAPL="10", orders=(working("c-1", sell("AAPL", "4", reduce_only=True)),))
    assert "short_sale" not in found(part, sell("AAPL", "6"))
    assert "short_sale" in found(part, sell("AAPL", "7"))
    gone = book(orders=(working("c-1", sell("AAPL", "10", reduce_only=True)),))
    assert dict(found(gone, sell("AAPL", "2"))["short_sale"].details)["beyond"] == "2", "a close never sells short by itself"


def test_a_partial_close_says_what_open_sells_would_sell_short() -> None:
    orders = (working("a-1", sell("AAPL", "6", limit="110")),)
    finding = found(book(shorting=True, AAPL="10", orders=orders), sell("AAPL", "5", reduce_only=True))["short_sale"]
    assert finding.severity is WARNING
    assert finding.sentence == ("Open sell orders are for 6 AAPL, and this leaves 5: 1 would be sold short. `/orders` shows them.")
    assert "short_sale" not in found(book(shorting=True, AAPL="10", orders=orders), sell("AAPL", "4", reduce_only=True))
    assert "short_sale" not in found(book(AAPL="10", orders=orders), sell("AAPL", "5", reduce_only=True)), "there it never shorts"


# session


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        ("2025-10-10 13:29:59", "Fri 10 Oct 09:30 New York"),
        ("2025-10-10 20:00", "Mon 13 Oct 09:30 New York"),
        ("2025-10-11 12:00", "Mon 13 Oct 09:30 New York"),
        ("2025-11-27 15:00", "Fri 28 Nov 09:30 New York"),  # Thanksgiving
        ("2025-11-28 18:00", "Mon 1 Dec 09:30 New York"),  # after the half day
        ("2025-10-31 21:00", "Mon 3 Nov 09:30 New York"),  # winter time begins
    ],
)
def test_a_closed_market_is_said_with_its_open(at: str, opens: str) -> None:
    finding = found(book(), buy("AAPL", "1"), now=utc(at))["market_closed"]
    assert finding.severity is WARNING
    assert finding.sentence.startswith(f"The market is closed: AAPL waits for the open, {opens}.")
    assert "`gtc` keeps it" in finding.sentence
    assert dict(finding.details)["opens"].endswith(":30:00Z")


@pytest.mark.parametrize("at", ["2025-10-10 13:30", "2025-10-10 19:59:59", "2025-11-28 17:59:59"])
def test_an_open_market_is_not_mentioned(at: str) -> None:
    assert "market_closed" not in found(book(), buy("AAPL", "1"), now=utc(at))


def test_coins_do_not_wait_and_many_are_named_briefly() -> None:
    night = utc("2025-10-10 22:00")
    assert "market_closed" not in found(book(), buy("BTC", "0.1"), now=night)
    held = book(AAPL="1", NVDA="1", XOM="1", SPY="1", BTC="1")
    sells = [sell(s, "1", reduce_only=True, tif=TimeInForce.GTC) for s in ("AAPL", "NVDA", "XOM", "SPY", "BTC")]
    finding = found(held, *sells, now=night)["market_closed"]
    assert finding.sentence == "The market is closed: AAPL, NVDA, XOM and 1 more wait for the open, Mon 13 Oct 09:30 New York."
    assert dict(finding.details)["symbols"] == "AAPL,NVDA,XOM,SPY"
    assert "keeps them" in found(held, sell("AAPL", "1"), sell("NVDA", "1"), now=night)["market_closed"].sentence


# price band


@pytest.mark.parametrize(
    ("wanted", "severity"),
    [
        (buy("AAPL", "1", limit="96"), None),
        (buy("AAPL", "1", limit="79"), None),  # it waits, and distance costs nothing
        (buy("AAPL", "1", limit="74"), WARNING),
        (buy("AAPL", "1", limit="39"), BLOCKING),
        (buy("AAPL", "1", limit="121"), BLOCKING),
        (buy("AAPL", "1", limit="106"), WARNING),
        (sell("AAPL", "11", limit="10"), BLOCKING),
        (sell("AAPL", "1", limit="10"), WARNING),  # closing is never held back
        (sell("AAPL", "1", stop="76", reduce_only=True), None),
        (sell("AAPL", "1", stop="60", reduce_only=True), WARNING),
        (sell("AAPL", "1", stop="9", reduce_only=True), WARNING),
        (sell("AAPL", "1", limit="120", reduce_only=True), None),
        (sell("AAPL", "1", limit="140", reduce_only=True), WARNING),
        (sell("AAPL", "1", limit="1000", reduce_only=True), WARNING),
        (sell("AAPL", "1", stop="90", limit="85", reduce_only=True), None),  # the limit of a stop belongs behind the market too
        (sell("AAPL", "1", stop="90", limit="60", reduce_only=True), WARNING),
    ],
)
def test_prices_far_from_the_market(wanted: OrderIntent, severity: Severity | None) -> None:
    finding = found(book(AAPL="10"), wanted).get("price_band")
    assert (finding.severity if finding else None) is severity


def test_the_band_says_how_far_and_the_worst_is_told() -> None:
    finding = found(book(AAPL="10"), buy("AAPL", "1", limit="93"), buy("NVDA", "1", limit="20"), buy("XOM", "1", limit="45"))["price_band"]
    assert finding.sentence == "The limit 20 is 90.00% below the last price of NVDA, 200; beyond 60% I take it for a typing error."
    assert finding.details == (("price", "20"), ("last", "200"), ("away", "-0.9"), ("allowed", "0.6"))
    assert "is it meant?" in found(book(), buy("AAPL", "1", limit="107"))["price_band"].sentence
    assert found(book(AAPL="1"), sell("AAPL", "1", limit="150", reduce_only=True))["price_band"].sentence.startswith("The target 150")
    far = found(book(AAPL="1"), sell("AAPL", "1", stop="9", reduce_only=True))["price_band"].sentence
    assert far == "The stop 9 is 91.00% below the last price of AAPL, 100, far enough for a typing error: is it meant?"


def test_a_live_account_has_the_narrower_band() -> None:
    live = book(mode=Mode.LIVE)
    assert found(live, buy("AAPL", "1", limit="111"), limits=defaults(live.spec))["price_band"].severity is BLOCKING
    assert found(book(), buy("AAPL", "1", limit="111"), limits=defaults(book().spec))["price_band"].severity is WARNING


# trigger side


@pytest.mark.parametrize(
    ("wanted", "blocked"),
    [
        (sell("AAPL", "1", stop="99.98", reduce_only=True), False),
        (sell("AAPL", "1", stop="99.99", reduce_only=True), True),
        (sell("AAPL", "1", stop="105", reduce_only=True), True),
        (buy("AAPL", "1", stop="100.02"), False),
        (buy("AAPL", "1", stop="100.01"), True),
        (buy("AAPL", "1", stop="95", limit="96"), True),
        (sell("AAPL", "1", trail="99", reduce_only=True), False),
        (sell("AAPL", "1", trail="100", reduce_only=True), True),
        (sell("AAPL", "1", trail_percent="0.02", reduce_only=True), False),
        (sell("AAPL", "1", trail_percent="1", reduce_only=True), True),
    ],
)
def test_a_stop_on_the_wrong_side_is_blocked(wanted: OrderIntent, blocked: bool) -> None:
    finding = found(book(AAPL="10"), wanted).get("trigger_side")
    assert (finding is not None and finding.severity is BLOCKING) is blocked


def test_the_wrong_side_is_explained() -> None:
    held = book(AAPL="10")
    finding = found(held, sell("AAPL", "10", stop="105", reduce_only=True))["trigger_side"]
    assert finding.sentence == (
        "The stop 105 is at or above the market (99.99) and would trade at once; it belongs below it."
        " `#AAPL target 105` waits for a higher price."
    )
    assert "belongs above it." in found(held, buy("AAPL", "1", stop="95"))["trigger_side"].sentence
    assert "as long as the price" in found(held, sell("AAPL", "1", trail="100", reduce_only=True))["trigger_side"].sentence


def test_a_target_the_market_is_through_is_warned_of() -> None:
    finding = found(book(AAPL="10"), sell("AAPL", "10", limit="98", reduce_only=True))["trigger_side"]
    assert (finding.severity, "sells at once" in finding.sentence) == (WARNING, True)
    short = book(AAPL="-10", shorting=True)
    assert "buys back at once" in found(short, buy("AAPL", "10", limit="102", reduce_only=True))["trigger_side"].sentence
    assert "trigger_side" not in found(short, buy("AAPL", "10", limit="98", reduce_only=True))
    assert "trigger_side" not in found(book(AAPL="10"), sell("AAPL", "10", limit="98")), "a plain sell limit says what it means"


def test_a_trailing_order_shows_its_level_without_being_judged_by_it() -> None:
    moved = replace(sell("AAPL", "10", trail="2", reduce_only=True), stop=Decimal(101))
    assert "trigger_side" not in found(book(AAPL="10"), moved)


# size


def test_a_heavy_position_is_warned_of_then_blocked() -> None:
    assert "position_size" not in found(book(), buy("AAPL", "249"))
    finding = found(book(), buy("AAPL", "300"))["position_size"]
    assert (finding.severity, dict(finding.details)["after"]) == (WARNING, "0.3")
    heavy = found(book(), buy("AAPL", "600"), buy("XOM", "1"))["position_size"]
    assert heavy.severity is BLOCKING
    assert heavy.sentence == "AAPL would be 60.01% of your equity, above the limit of 50% for one position."


def test_what_is_held_counts_and_closing_is_never_held_back() -> None:
    held = book(cash="50000", AAPL="500")
    assert found(held, buy("AAPL", "10"))["position_size"].severity is BLOCKING
    assert "position_size" not in found(held, sell("AAPL", "100"))
    assert "position_size" not in found(held, sell("AAPL", "500", stop="90", reduce_only=True))


def test_without_equity_or_price_size_is_not_judged() -> None:
    assert "position_size" not in found(book(cash="0"), buy("AAPL", "1"))
    unpriced = replace(book(), quotes={})
    assert "position_size" not in found(unpriced, buy("AAPL", "600"))


# volume


def test_an_order_large_against_a_days_volume_is_warned_of() -> None:
    volumes = {"AAPL": Decimal(1000), "XOM": Decimal(0)}
    assert "order_volume" not in found(book(), buy("AAPL", "100"), buy("XOM", "9"), buy("NVDA", "9"), volumes=volumes)
    finding = found(book(AAPL="500"), sell("AAPL", "250"), volumes=volumes)["order_volume"]
    assert (finding.severity, dict(finding.details)["share"]) == (WARNING, "0.25")
    assert finding.sentence.startswith("This is 25% of what AAPL trades in a day")


# stale


@pytest.mark.parametrize(
    "bad",
    [
        quote("AAPL", "100", freshness=Freshness.STALE),
        quote("AAPL", "100", bid="101", ask="99"),
        quote("AAPL", "100", bid="0"),
        quote("AAPL", "100", bid="-1", ask="0"),
        quote("AAPL", "0", bid="1", ask="2"),
        None,
    ],
)
def test_nothing_is_opened_on_a_bad_quote_but_closing_goes_on(bad: Quote | None) -> None:
    held = book(AAPL="10")
    quotes = {s: q for s, q in held.quotes.items() if s != "AAPL"} | ({"AAPL": bad} if bad else {})
    broken = replace(held, quotes=quotes)
    opening = found(broken, buy("AAPL", "1"))["stale_quote"]
    closing = found(broken, sell("AAPL", "10", reduce_only=True))["stale_quote"]
    assert (opening.severity, closing.severity) == (BLOCKING, WARNING)
    assert "AAPL" in opening.sentence
    assert "you may still close" in closing.sentence
    assert all(f.severity is not BLOCKING for f in found(broken, sell("AAPL", "10", reduce_only=True)).values())


def test_age_is_told_and_delayed_or_closed_quotes_are_fine() -> None:
    held = book()
    old = replace(held, quotes={"AAPL": quote("AAPL", "100", freshness=Freshness.STALE)})
    sentence = found(old, buy("AAPL", "1"), now=OPEN + timedelta(minutes=7))["stale_quote"].sentence
    assert sentence == "The quote of AAPL is stale, 7 min old: nothing is opened on that."
    for freshness in (Freshness.DELAYED, Freshness.CLOSED):
        fine = replace(held, quotes={"AAPL": quote("AAPL", "100", freshness=freshness)})
        assert "stale_quote" not in found(fine, buy("AAPL", "1"))


def test_one_bad_opening_leg_among_exits_blocks() -> None:
    held = replace(book(AAPL="10"), quotes={})
    finding = found(held, sell("AAPL", "10", reduce_only=True), buy("NVDA", "1"))["stale_quote"]
    assert (finding.severity, dict(finding.details)["symbols"]) == (BLOCKING, "AAPL,NVDA")
    assert finding.sentence == "There is no price for NVDA: nothing is opened on that."


# quantity


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (buy("AAPL", "0"), "the smallest quantity of AAPL is 1"),
        (buy("AAPL"), "This would trade nothing"),
        (buy("AAPL", "2.5"), "`#buy AAPL 2` can."),
        (sell("AAPL", "2.5"), "`#sell AAPL 2` can."),
        (sell("AAPL", "2.5", reduce_only=True), "2.5 cannot be done."),
        (buy("AAPL", "0.5"), "0.5 cannot be done."),
        (buy("BTC", "0.00001"), "steps of 0.0001"),
        (sell("NVDA", "1", reduce_only=True), "no position in NVDA"),
        (buy("AAPL", "1", reduce_only=True), "no position in AAPL"),
        (buy("ZZZZ", "1.5"), "steps of 1"),
    ],
)
def test_quantities_that_cannot_trade(wanted: OrderIntent, says: str) -> None:
    finding = found(book(AAPL="10"), wanted)["bad_quantity"]
    assert finding.severity is BLOCKING
    assert says in finding.sentence


def test_money_is_turned_into_whole_lots() -> None:
    assert "bad_quantity" not in found(book(), OrderIntent("AAPL", Side.BUY, notional=Decimal(2000)))
    assert "bad_quantity" in found(book(), OrderIntent("AAPL", Side.BUY, notional=Decimal(20)))
    assert "bad_quantity" in found(replace(book(), quotes={}), OrderIntent("AAPL", Side.BUY, notional=Decimal(2000)))
    sized = LegEstimate(0, "", "AAPL", Side.BUY, Decimal(19), Decimal(100))
    finding = found(book(cash="100"), OrderIntent("AAPL", Side.BUY, notional=Decimal(2000)), estimates=(sized,))
    assert dict(finding["insufficient_cash"].details)["need"] == "1900.00"


# changes of open orders


def test_a_changed_order_is_judged_as_it_would_stand() -> None:
    stop = working("s-1", sell("AAPL", "10", stop="95", reduce_only=True))
    trail = working("t-1", sell("AAPL", "10", trail="5", reduce_only=True))
    held = book(AAPL="10", orders=(stop, trail))
    assert found(held, ReplaceIntent("s-1", "AAPL", stop=Decimal(101)))["trigger_side"].severity is BLOCKING
    assert found(held, ReplaceIntent("s-1", "AAPL", stop=Decimal(97))) == {}
    assert found(held, ReplaceIntent("t-1", "AAPL", trail_percent=Decimal(2)))["trigger_side"].severity is BLOCKING
    assert found(held, ReplaceIntent("t-1", "AAPL", trail=Decimal(3))) == {}
    partly = working("b-1", buy("AAPL", "10", limit="99"), filled="4")
    assert "bad_quantity" in found(book(orders=(partly,)), ReplaceIntent("b-1", "AAPL", quantity=Decimal(4)))


def test_what_is_not_an_order_is_not_judged() -> None:
    assert found(book(), ResumeIntent(), CancelIntent("a-1", "AAPL"), ReplaceIntent("gone", "AAPL", limit=Decimal(1))) == {}
    assert OrderType.MARKET is buy("AAPL", "1").type
