"""The checks on how much: size of an order and a ticket, a position with its open entries, gross, net and sector exposure."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.orders import CancelIntent, OrderIntent, ReplaceIntent
from domain.tickets import Severity
from market.sectors import BROAD
from tests.trading.risk.books import book, buy, found, sell, working
from trading.risk import exposure
from trading.risk.limits import Limits
from trading.risk.proposal import Proposal

D = Decimal
BLOCKING, WARNING = Severity.BLOCKING, Severity.WARNING
ROOMY = Limits(order_size=D(10), ticket_size=D(10), weight_warning=D(10), weight_blocking=D(10), gross=D(10), net=D(10), sector=D(10))


# one order


@pytest.mark.parametrize(("quantity", "blocked"), [("299", False), ("300", True), ("900", True)])
def test_one_order_has_a_most(quantity: str, blocked: bool) -> None:
    """At $100.01 a share and $100,000, 299 shares are 29.9% and 300 are a hair beyond 30%."""
    assert ("order_size" in found(book(), buy("AAPL", quantity))) is blocked


def test_the_size_of_an_order_is_told_with_what_would_fit() -> None:
    finding = found(book(), buy("AAPL", "400"))["order_size"]
    assert finding.severity is BLOCKING
    assert finding.sentence == (
        "This order for AAPL is 40.00% of your equity, above the limit of 30% for one order. `#buy AAPL 299` would fit."
    )
    assert finding.details == (("symbol", "AAPL"), ("size", "0.4"), ("limit", "0.3"))
    assert "order_size" not in found(book(), buy("AAPL", "299"))


def test_the_largest_order_is_told_and_closing_is_no_size() -> None:
    finding = found(book(), buy("XOM", "700"), buy("NVDA", "200"))["order_size"]
    assert dict(finding.details)["symbol"] == "NVDA"
    assert "would fit" not in finding.sentence, "of two orders no single line is the smaller one"
    held = book(cash="0", AAPL="1000")
    assert "order_size" not in found(held, sell("AAPL", "1000"))
    flip = found(book(shorting=True, AAPL="1000"), sell("AAPL", "1700"))
    assert dict(flip["order_size"].details)["size"] == plain_share("699.93", "2000"), "only what is sold short beyond the holding counts"


def plain_share(value: str, equity: str) -> str:
    return format(round(D(value) / D(equity), 4).normalize(), "f")


@given(quantity=st.integers(1, 3000), limit=st.sampled_from((None, "90", "99.5", "104")))
def test_what_is_said_to_fit_does(quantity: int, limit: str | None) -> None:
    terms = {} if limit is None else {"limit": limit}
    for code, limits in (("order_size", replace(ROOMY, order_size=D("0.2"))), ("sector_exposure", replace(ROOMY, sector=D("0.3")))):
        finding = found(book(NVDA="50"), buy("AAPL", str(quantity), **terms), limits=limits).get(code)
        if finding is None:
            continue
        line = finding.sentence.partition("`#buy AAPL ")[2].partition("`")[0]
        fits = line.split()[0]
        assert line.endswith(f" limit {limit}") is (limit is not None)
        assert code not in found(book(NVDA="50"), buy("AAPL", fits, **terms), limits=limits)


# one ticket


def test_a_ticket_has_a_most_in_orders_and_in_money() -> None:
    many = [buy("BTC", "0.001") for _ in range(11)]
    assert "ticket_size" not in found(book(), *many[:10])
    finding = found(book(), *many)["ticket_size"]
    assert (finding.severity, dict(finding.details)["orders"], dict(finding.details)["limit"]) == (BLOCKING, "11", "10")
    assert finding.sentence.startswith("This opens in 11 orders at once")
    heavy = found(book(), buy("XOM", "550"), buy("SPY", "50"))["ticket_size"]
    assert heavy.sentence == "This opens 52.51% of your equity at once, above the limit of 50% a ticket; draw it up in parts."


def test_closing_everything_is_one_ticket_whatever_the_number() -> None:
    held = book(AAPL="100", NVDA="100", XOM="100", SPY="100", BTC="2")
    sells = [sell(s, "1", reduce_only=True) for s in ("AAPL", "NVDA", "XOM", "SPY", "BTC")]
    assert "ticket_size" not in found(held, *sells, limits=Limits(orders_a_ticket=1))


# a position and its open entries


def test_open_entries_count_as_if_they_had_filled() -> None:
    waiting = working("a-1", buy("AAPL", "200", limit="99"))
    finding = found(book(orders=(waiting,)), buy("AAPL", "200", limit="99"))["position_size"]
    assert (finding.severity, dict(finding.details)["after"]) == (WARNING, "0.396")
    assert "position_size" not in found(book(orders=(waiting,)), CancelIntent("a-1", "AAPL"), buy("AAPL", "200", limit="99"))
    changed = found(book(orders=(waiting,)), ReplaceIntent("a-1", "AAPL", quantity=D(300)))["position_size"]
    assert dict(changed.details)["after"] == "0.297"


# gross, net, sector


def test_gross_exposure_has_a_most() -> None:
    tight = replace(ROOMY, gross=D("0.5"))
    held = book(cash="80000", AAPL="200")
    assert "gross_exposure" not in found(held, buy("XOM", "600"), limits=tight), "at the limit is not beyond it"
    finding = found(held, buy("XOM", "601"), limits=tight)["gross_exposure"]
    assert finding.severity is BLOCKING
    assert finding.details == (("before", "0.2"), ("after", "0.5005"), ("limit", "0.5"))
    assert finding.sentence == "Long and short together would be 50.05% of your equity, above the limit of 50%; close something first."


def test_longs_and_shorts_add_up_in_gross_and_take_from_each_other_in_net() -> None:
    held = book(cash="120000", shorting=True, AAPL="-200")
    limits = replace(ROOMY, gross=D("0.35"), net=D("0.15"))
    findings = found(held, buy("XOM", "400"), limits=limits)
    assert "gross_exposure" in findings
    assert "net_exposure" not in findings
    short = found(held, sell("XOM", "100"), limits=limits)["net_exposure"]
    assert short.sentence == "You would be short 25.00% of your equity in all, above the limit of 15%; close something first."
    assert short.details == (("before", "-0.2"), ("after", "-0.25"), ("limit", "0.15"))
    assert "long 20.00%" in found(book(), buy("XOM", "400"), limits=limits)["net_exposure"].sentence


def test_what_only_lowers_passes_though_it_stays_beyond() -> None:
    over = book(cash="-50000", AAPL="1000", XOM="1000")
    limits = Limits(gross=D("0.5"), net=D("0.5"), sector=D("0.1"))
    rotated = found(over, sell("AAPL", "900"), buy("SPY", "20"), limits=limits)
    assert not {"gross_exposure", "net_exposure"} & set(rotated)
    assert {"gross_exposure", "net_exposure"} <= set(found(over, buy("SPY", "20"), limits=limits))


def test_a_sector_has_a_most() -> None:
    held = book(cash="75000", NVDA="125")
    assert "sector_exposure" not in found(held, buy("AAPL", "150"))
    finding = found(held, buy("AAPL", "151"))["sector_exposure"]
    assert finding.severity is BLOCKING
    assert finding.sentence == (
        "Technology would be 40.10% of your equity, above the limit of 40% for one sector. `#buy AAPL 149` would fit."
    )
    assert finding.details == (("sector", "Technology"), ("before", "0.25"), ("after", "0.401"), ("limit", "0.4"))


def test_a_sector_that_drifted_beyond_blocks_only_itself() -> None:
    heavy = book(cash="40000", NVDA="300")
    assert "sector_exposure" not in found(heavy, buy("XOM", "100"))
    assert "sector_exposure" not in found(heavy, sell("NVDA", "10"))
    assert "would fit" not in found(heavy, buy("AAPL", "1"))["sector_exposure"].sentence
    assert "sector_exposure" not in found(heavy, sell("NVDA", "100"), buy("AAPL", "50")), "the rotation leaves less than before"


def test_shorts_of_a_sector_are_in_it_too() -> None:
    held = book(cash="120000", shorting=True, NVDA="-100")
    assert dict(found(held, buy("AAPL", "250"))["sector_exposure"].details)["after"] == "0.45"


def test_open_entries_are_in_their_sector() -> None:
    waiting = (working("a-1", buy("NVDA", "150", limit="200")), working("s-1", sell("AAPL", "5", limit="130")))
    held = book(orders=waiting, AAPL="10", cash="99000")
    assert "sector_exposure" in found(held, buy("AAPL", "100"))
    assert "sector_exposure" not in found(held, CancelIntent("a-1", "NVDA"), buy("AAPL", "100"))


def test_a_broad_fund_is_in_no_sector_and_neither_is_what_has_none() -> None:
    broad = book(cash="50000", SPY="100")
    assert broad.instruments["SPY"].sector == BROAD
    plain = replace(broad, instruments={**broad.instruments, "SPY": replace(broad.instruments["SPY"], sector="Energy")})
    assert "sector_exposure" in found(plain, buy("SPY", "1"))
    assert "sector_exposure" not in found(broad, buy("SPY", "1"))
    unknown = replace(plain, instruments={})
    assert "sector_exposure" not in found(unknown, buy("SPY", "1"))


def test_without_equity_nothing_is_a_share_of_it() -> None:
    codes = set(found(book(cash="0"), buy("AAPL", "1")))
    assert not codes & {"order_size", "ticket_size", "gross_exposure", "net_exposure", "sector_exposure"}


def test_a_symbol_without_a_quote_is_reckoned_at_the_price_of_its_order() -> None:
    unquoted = replace(book(), quotes={})
    proposal = Proposal(unquoted, (buy("AAPL", "100", limit="100"),), unquoted.at)
    change = exposure.change(proposal)
    assert change is not None
    assert change[1].gross == D("0.1")
    assert exposure.change(proposal) is change
    assert exposure.change(replace(proposal)) == change


wishes = st.builds(
    lambda s, q, side: (buy if side else sell)(s, str(q)),
    st.sampled_from(("AAPL", "NVDA", "XOM")),  # each in a sector, which a broad fund is not
    st.integers(1, 400),
    st.booleans(),
)


@given(wish=wishes, held=st.integers(-300, 300).filter(bool))
def test_exposures_hold_together(wish: OrderIntent, held: int) -> None:
    """Net never exceeds gross, sectors add up to gross, and a ticket that opens nothing leaves no more than there was."""
    portfolio = book(cash="200000", shorting=True, holding={"AAPL": str(held)})
    proposal = Proposal(portfolio, (wish,), portfolio.at)
    change = exposure.change(proposal)
    assert change is not None
    before, after = change
    for one in change:
        assert abs(one.net) <= one.gross
        assert abs(sum(one.sectors.values()) - one.gross) < D("1e-20")
    if not proposal.opening:
        assert after.gross <= before.gross
