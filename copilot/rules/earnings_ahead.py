"""A report within five sessions on a large position: go into it smaller."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from copilot.recommendation import Number, Recommendation, Rule, View
from domain.money import HUNDRED, percent_text
from market.calendar import NEW_YORK

LARGE = Decimal("0.08")
QUARTER = Decimal(25)


def check(view: View) -> Sequence[Recommendation]:
    """One suggestion for each long position above 8% of equity that reports within the calendar given."""
    found = []
    told: set[str] = set()
    for report in view.earnings:
        weight = view.portfolio.weight(report.symbol)
        action = view.close(report.symbol, QUARTER)
        if report.symbol in told or weight < LARGE or action is None:
            continue
        told.add(report.symbol)
        local = report.at.astimezone(NEW_YORK)
        symbol = report.symbol
        found.append(
            Recommendation(
                rule=RULE.name,
                symbol=symbol,
                what=f"Go into {symbol}'s report smaller",
                why=f"{symbol} reports {local:%a} {local.day} {local:%b}, {report.session} the session, and is "
                f"{percent_text(weight, sign=False, places=1)} of your equity; a stop does not hold through a gap.",
                numbers=(Number(f"{symbol} weight", (weight * HUNDRED).quantize(Decimal("0.1")), "%", "market value / equity"),),
                mind="that you hold it for the report",
                action=action,
                priority=60,
            )
        )
    return found


RULE = Rule("earnings_ahead", "trims before a report", Decimal("0.48"), sells=True, check=check)
"""Stocks gain a little around their reports on average: Frazzini and Lamont (2007); the rule is about the gap."""
