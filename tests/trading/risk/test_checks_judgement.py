"""The judgements: a person is warned and decides, automation is stopped."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from domain.market import EarningsDate
from domain.orders import OrderStatus, ReplaceIntent
from domain.tickets import Severity
from tests.fakes.market import utc
from tests.trading.risk.books import OPEN, book, buy, found, sell, working
from trading.risk.checks.earnings import distance
from trading.risk.headlines import Headline
from trading.risk.limits import Limits
from trading.risk.surroundings import Surroundings

D = Decimal
BLOCKING, WARNING = Severity.BLOCKING, Severity.WARNING


def both(around: Surroundings, code: str, symbol: str = "AAPL") -> tuple[Severity | None, Severity | None]:
    """What a person's and automation's buy of one share meet."""
    met = [found(book(), buy(symbol, "1"), around=around, automated=automated).get(code) for automated in (False, True)]
    return met[0].severity if met[0] else None, met[1].severity if met[1] else None


STOPPED = (WARNING, BLOCKING)
PASSED = (None, None)


# correlation


@pytest.mark.parametrize(("value", "met"), [("0.7", PASSED), ("0.7001", STOPPED), ("-0.9", PASSED)])
def test_what_moves_with_the_book_is_said(value: str, met: object) -> None:
    assert both(Surroundings(correlations={"AAPL": D(value)}), "correlation") == met


def test_correlation_names_the_closest_and_a_hedge_is_none() -> None:
    around = Surroundings(correlations={"AAPL": D("0.8"), "NVDA": D("0.91234"), "XOM": D("-0.8")})
    finding = found(book(), buy("AAPL", "1"), buy("NVDA", "1"), around=around)["correlation"]
    assert finding.sentence == (
        "NVDA moves with the rest of your book: correlation 0.91 over 120 days, above 0.7. It adds to the same bet."
    )
    assert finding.details == (("symbol", "NVDA"), ("correlation", "0.91234"), ("limit", "0.7"))
    shorts = book(shorting=True)
    assert "correlation" not in found(shorts, sell("NVDA", "1"), around=around)
    assert found(shorts, sell("XOM", "1"), around=around)["correlation"].sentence.startswith("A short sale of XOM moves")
    assert "correlation" not in found(book(NVDA="5"), sell("NVDA", "5"), around=around)


# earnings


@pytest.mark.parametrize(
    ("report", "days"),
    [
        ("2025-10-10 12:00", 0),
        ("2025-10-13 12:00", 1),  # Friday to Monday: the weekend does not count
        ("2025-10-14 20:05", 2),
        ("2025-10-15 12:00", 3),
        ("2025-10-09 20:05", 1),
        ("2025-10-08 20:05", 2),
        ("2025-10-07 20:05", 3),
        ("2025-10-11 12:00", 0),  # a Saturday: no session on the way
    ],
)
def test_days_to_a_report_are_those_of_the_exchange(report: str, days: int) -> None:
    assert distance(OPEN, utc(report)) == distance(utc(report), OPEN) == days
    around = Surroundings(earnings=(EarningsDate("AAPL", utc(report), "after"),))
    assert both(around, "earnings_blackout") == (STOPPED if days <= 2 else PASSED)


def test_the_nearest_report_of_what_is_opened_is_told() -> None:
    dates = (EarningsDate("NVDA", utc("2025-10-13 20:05"), "after"), EarningsDate("AAPL", utc("2025-10-09 12:00"), "before"))
    around = Surroundings(earnings=(*dates, EarningsDate("XOM", OPEN, "before")))
    finding = found(book(XOM="5"), buy("NVDA", "1"), buy("AAPL", "1"), sell("XOM", "5"), around=around)["earnings_blackout"]
    assert finding.sentence == "AAPL reported on Thu 9 Oct before the session: its price is still finding its place."
    assert dict(finding.details)["days"] == "1"
    coming = found(book(), buy("NVDA", "1"), around=around)["earnings_blackout"]
    assert coming.sentence == "NVDA reports on Mon 13 Oct after the session: its price may jump past any stop."
    assert "earnings_blackout" not in found(book(XOM="5"), sell("XOM", "5"), around=around)


# news


def said(symbol: str, tone: str, *, hours: float = 1, text: str = "Something happened") -> Headline:
    return Headline(symbol, OPEN - timedelta(hours=hours), text, D(tone))


@pytest.mark.parametrize(
    ("tone", "hours", "met"),
    [("-0.3", 1, STOPPED), ("-0.29", 1, PASSED), ("-0.9", 4, STOPPED), ("-0.9", 4.01, PASSED), ("0.9", 1, PASSED)],
)
def test_bad_news_of_the_last_hours_is_said(tone: str, hours: float, met: object) -> None:
    assert both(Surroundings(news=(said("AAPL", tone, hours=hours),)), "negative_news") == met


def test_the_worst_headline_is_quoted_as_text() -> None:
    long = "Apple " + "very " * 40 + "badly"
    around = Surroundings(news=(said("AAPL", "-0.4"), said("AAPL", "-0.8", hours=0.5, text=long), said("NVDA", "-0.9")))
    finding = found(book(), buy("AAPL", "1"), around=around)["negative_news"]
    assert finding.sentence.startswith("AAPL was in the news 30 min ago, and it speaks against this: “Apple very very")
    assert finding.sentence.endswith("very…”.")
    assert len(finding.sentence) < 170
    assert dict(finding.details)["tone"] == "-0.8"
    assert (
        "3 h ago" in found(book(), buy("AAPL", "1"), around=Surroundings(news=(said("AAPL", "-0.4", hours=3),)))["negative_news"].sentence
    )


def test_good_news_speaks_against_a_short_sale() -> None:
    around = Surroundings(news=(said("AAPL", "0.6"),))
    shorted = found(book(shorting=True), sell("AAPL", "1"), around=around)
    assert shorted["negative_news"].severity is WARNING
    assert shorted["entry_sentiment"].sentence.startswith("The news on AAPL of the last 24 hours has a tone of -0.6, for a short sale;")
    assert "negative_news" not in found(book(AAPL="1"), sell("AAPL", "1"), around=around), "closing is no short sale"


# sentiment


@pytest.mark.parametrize(("tones", "met"), [(("0.3",), PASSED), (("0.29",), STOPPED), (("0.9", "-0.3"), PASSED), (("0.5", "0.0"), STOPPED)])
def test_an_entry_asks_for_news_that_speaks_for_it(tones: tuple[str, ...], met: object) -> None:
    around = Surroundings(news=tuple(said("AAPL", t, hours=20) for t in tones))
    assert both(around, "entry_sentiment") == met


def test_the_tone_is_told_and_older_news_is_not_in_it() -> None:
    around = Surroundings(news=(said("AAPL", "0.12"), said("AAPL", "-0.9", hours=25)))
    finding = found(book(), buy("AAPL", "1"), around=around)["entry_sentiment"]
    assert finding.sentence == (
        "The news on AAPL of the last 24 hours has a tone of 0.12; an entry asks for 0.3 or better, on a scale of -1 to 1."
    )
    assert finding.details == (("symbol", "AAPL"), ("sentiment", "0.12"), ("limit", "0.3"))


@pytest.mark.parametrize("around", [Surroundings(), Surroundings(news=()), Surroundings(news=(said("NVDA", "-1"),))])
def test_without_news_there_is_no_tone_and_automation_stops_only_where_it_is_asked_for(around: Surroundings) -> None:
    assert both(around, "entry_sentiment") == PASSED
    asked = Limits(sentiment_required=True)
    assert "entry_sentiment" not in found(book(), buy("AAPL", "1"), around=around, limits=asked)
    finding = found(book(), buy("AAPL", "1"), around=around, limits=asked, automated=True)["entry_sentiment"]
    assert finding.severity is BLOCKING
    assert finding.sentence == "There is no news on AAPL of the last 24 hours, and this account asks for some."


# duplicates


def order(quantity: str = "5", *, seconds: float = 10, **terms: object) -> Surroundings:
    sent = working("k1-1", buy("AAPL", quantity, **terms), status=OrderStatus.FILLED, filled=quantity)
    return Surroundings(sent=(replace(sent, created=OPEN - timedelta(seconds=seconds)),))


@pytest.mark.parametrize(("seconds", "met"), [(0, True), (29.9, True), (30, False), (300, False)])
def test_the_same_order_within_seconds_is_a_duplicate(seconds: float, met: bool) -> None:
    findings = [found(book(), buy("AAPL", "5"), around=order(seconds=seconds), automated=a).get("duplicate_order") for a in (False, True)]
    assert [f and f.severity for f in findings] == ([WARNING, BLOCKING] if met else [None, None])


def test_the_duplicate_is_named() -> None:
    finding = found(book(), buy("AAPL", "5"), around=order(seconds=12.7))["duplicate_order"]
    assert finding.sentence == "The same order, buy 5 AAPL, was sent 12 s ago as k1-1: confirm only if you want it twice."
    assert finding.details == (("symbol", "AAPL"), ("order", "k1-1"), ("seconds", "12"))


def test_another_symbol_side_quantity_or_type_is_another_order() -> None:
    held = book(AAPL="10")
    for other in (buy("AAPL", "6"), buy("NVDA", "5"), sell("AAPL", "5"), buy("AAPL", "5", limit="99")):
        assert "duplicate_order" not in found(held, other, around=order())
    assert "duplicate_order" in found(held, buy("AAPL", "5", limit="98"), around=order(limit="99"))
    assert "duplicate_order" not in found(held, buy("AAPL", "5"), around=order(), limits=Limits(duplicate_seconds=D(0)))


def test_closing_twice_is_said_and_never_stopped_and_protection_is_no_duplicate() -> None:
    held = book(AAPL="10")
    sold = working("k1-1", sell("AAPL", "5"), status=OrderStatus.FILLED, filled="5")
    for automated in (False, True):
        finding = found(held, sell("AAPL", "5"), around=Surroundings(sent=(sold,)), automated=automated)["duplicate_order"]
        assert finding.severity is WARNING
    stop = working("s1-1", sell("AAPL", "10", stop="90", reduce_only=True))
    assert "duplicate_order" not in found(held, sell("AAPL", "10", stop="90", reduce_only=True), around=Surroundings(sent=(stop,)))
    resting = working("b1-1", buy("AAPL", "5", limit="99"))
    around = Surroundings(sent=(resting,))
    assert "duplicate_order" not in found(book(orders=(resting,)), ReplaceIntent("b1-1", "AAPL", limit=D(98)), around=around)


# the session, and what could not be read


def test_automation_opens_nothing_while_the_market_is_closed() -> None:
    night = utc("2025-10-10 22:00")
    held = book(AAPL="5")
    assert found(held, buy("AAPL", "1"), now=night)["market_closed"].severity is WARNING
    assert found(held, buy("AAPL", "1"), now=night, automated=True)["market_closed"].severity is BLOCKING
    assert found(held, sell("AAPL", "5"), now=night, automated=True)["market_closed"].severity is WARNING


def test_what_could_not_be_read_is_said_to_whoever_opens() -> None:
    around = Surroundings(notes=("the news",))
    assert both(around, "not_judged") == STOPPED
    assert (
        found(book(), buy("AAPL", "1"), around=around)["not_judged"].sentence == "I could not read the news, so this is not judged by it."
    )
    three = Surroundings(notes=("past prices", "earnings dates", "the news"))
    finding = found(book(), buy("AAPL", "1"), around=three)["not_judged"]
    assert finding.sentence.startswith("I could not read past prices, earnings dates and the news,")
    assert "not_judged" not in found(book(AAPL="1"), sell("AAPL", "1"), around=around)


def test_short_sales_can_be_forbidden_by_a_limit() -> None:
    finding = found(book(shorting=True, AAPL="1"), sell("AAPL", "2"), limits=Limits(shorting=False))["short_sale"]
    assert finding.severity is BLOCKING
