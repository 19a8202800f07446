"""A book that moves more than the market does: sell so much of the market's fund that it no longer does."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_DOWN, Decimal

from copilot.recommendation import Number, Recommendation, Rule, View
from domain.chat import Action, Amount, Unit, Verb
from domain.money import ONE, ZERO, money_text

HIGH = Decimal("1.20")
WANTED = Decimal("1.00")
FUND = "SPY"
STEP = Decimal(100)
SMALLEST = Decimal("0.02")  # of equity; less is not worth an order


def check(view: View) -> Sequence[Recommendation]:
    """One suggestion when the book's beta is above 1.2 and the market's fund is listed: sell it down to a beta of 1.

    It sells what is held of the fund first and goes short only where the account allows it, in whole hundreds and within its limits.
    """
    portfolio = view.portfolio
    priced = view.priced()
    if portfolio.equity <= 0 or FUND not in view.listed or any(p.symbol not in view.beta for p in priced):
        return ()
    exposure = sum((portfolio.value(p.symbol) * view.beta[p.symbol] for p in priced), ZERO)
    beta = exposure / portfolio.equity
    owned = portfolio.position(FUND)
    held = max(owned.quantity * portfolio.quotes[FUND].bid, ZERO) if owned is not None and FUND in portfolio.quotes else ZERO
    wanted = exposure - WANTED * portfolio.equity
    free = held if held > 0 else view.room(FUND, -1)
    amount = (min(wanted, free) / STEP).quantize(ONE, rounding=ROUND_DOWN) * STEP
    if beta <= HIGH or amount < SMALLEST * portfolio.equity or amount <= 0:
        return ()
    shown = beta.quantize(Decimal("0.01"))
    return (
        Recommendation(
            rule=RULE.name,
            symbol=FUND,
            what=f"Hedge: sell {money_text(amount)} of {FUND}" + ("" if held > 0 else " short"),
            why=f"Your book has a beta of {shown}: when the market falls by a tenth, it falls by about "
            f"{money_text(exposure / 10)} ({FUND} alone by {money_text(portfolio.equity / 10)}).",
            numbers=(
                Number("beta of the book", shown, "score", "sum of value * beta / equity"),
                Number("beta wanted", WANTED, "score", "the hedging rule"),
                Number("loss when the market falls by a tenth", (exposure / 10).quantize(Decimal("0.01")), portfolio.spec.currency),
                Number(f"the same in {FUND}", (portfolio.equity / 10).quantize(Decimal("0.01")), portfolio.spec.currency, "equity / 10"),
                Number("amount to hedge", amount, portfolio.spec.currency, "exposure - equity, within the account's limits"),
            ),
            mind="a beta below 1.2, or that you want to move more than the market",
            action=Action(Verb.SELL, FUND, Amount(amount, Unit.MONEY)),
            priority=45,
        ),
    )


RULE = Rule("hedging", "hedges", Decimal("0.45"), sells=False, check=check)
"""A hedge costs when stocks rise, and they rise in somewhat more than half of all weeks; it is insurance, not a forecast."""
