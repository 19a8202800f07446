"""Much idle cash: put the excess into the market's fund."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_DOWN, Decimal

from copilot.recommendation import Number, Recommendation, Rule, View
from domain.chat import Action, Amount, Unit, Verb
from domain.money import HUNDRED, ONE, money_text, percent_text

HIGH = Decimal("0.35")
WANTED = Decimal("0.20")
FUND = "SPY"
STEP = Decimal(100)


def check(view: View) -> Sequence[Recommendation]:
    """A suggestion when cash is above 35% of equity and the market's fund is listed: buy down to 20%, in whole hundreds.

    It asks for no more than the limits of the account let through at once.
    """
    portfolio = view.portfolio
    if portfolio.equity <= 0 or FUND not in view.listed or not portfolio.positions:
        return ()
    share = portfolio.cash / portfolio.equity
    excess = min(portfolio.cash - WANTED * portfolio.equity, view.room(FUND, 1))
    amount = (excess / STEP).quantize(ONE, rounding=ROUND_DOWN) * STEP
    if share <= HIGH or amount <= 0:
        return ()
    return (
        Recommendation(
            rule=RULE.name,
            symbol=FUND,
            what=f"Put {money_text(amount)} of idle cash to work",
            why=f"Cash is {percent_text(share, sign=False, places=1)} of your equity, {money_text(portfolio.cash)}.",
            numbers=(
                Number("cash share", (share * HUNDRED).quantize(Decimal("0.1")), "%", "cash / equity"),
                Number("cash", portfolio.cash.quantize(Decimal("0.01")), portfolio.spec.currency, "the ledger"),
                Number(
                    "idle cash to invest",
                    amount,
                    portfolio.spec.currency,
                    "cash - 20% of equity, within the account's limits, in whole hundreds",
                ),
            ),
            mind="that the cash is meant for something",
            action=Action(Verb.BUY, FUND, Amount(amount, Unit.MONEY)),
            priority=30,
        ),
    )


RULE = Rule("cash_drag", "purchases", Decimal("0.55"), sells=False, check=check)
"""Stocks rise in somewhat more than half of all weeks."""
