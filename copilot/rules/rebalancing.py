"""Too much in one sector: trim its largest position until the sector is back at its share."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_CEILING, Decimal

from copilot.recommendation import Number, Recommendation, Rule, View
from domain.money import HUNDRED, ONE, ZERO, percent_text
from market.sectors import BROAD

LIMIT = Decimal("0.40")
TOLERANCE = Decimal("0.02")
MOST = Decimal(50)  # percent of one position; a sector is brought back in steps


def check(view: View) -> Sequence[Recommendation]:
    """One suggestion for each sector above 40% of equity (two points of tolerance); funds of the whole market are no sector."""
    portfolio = view.portfolio
    if portfolio.equity <= 0:
        return ()
    found = []
    for sector, value in portfolio.sectors().items():
        share = value / portfolio.equity
        held = [p for p in view.priced() if p.quantity > 0 and portfolio.instruments[p.symbol].sector == sector]
        if sector == BROAD or share <= LIMIT + TOLERANCE or len(held) < 2:
            continue  # one position alone is concentration
        symbol = held[0].symbol
        weight = portfolio.weight(symbol)
        part = min(((share - LIMIT) / weight * HUNDRED).quantize(ONE, rounding=ROUND_CEILING), MOST)
        action = view.close(symbol, part)
        if part <= ZERO or action is None:
            continue
        found.append(
            Recommendation(
                rule=RULE.name,
                symbol=symbol,
                what=f"Bring {sector} back towards {percent_text(LIMIT, sign=False, places=0)}",
                why=f"{sector} is {percent_text(share, sign=False, places=1)} of your equity in {len(held)} positions that move together; "
                f"{symbol} is the largest, {percent_text(weight, sign=False, places=1)}.",
                numbers=(
                    Number(f"{sector} share of equity", (share * HUNDRED).quantize(Decimal("0.1")), "%", "sum of market values / equity"),
                    Number(f"{symbol} weight", (weight * HUNDRED).quantize(Decimal("0.1")), "%", "market value / equity"),
                    Number(f"positions in {sector}", Decimal(len(held)), "count"),
                    Number("largest sector wanted", LIMIT * HUNDRED, "%", "the rebalancing rule"),
                ),
                mind=f"a sector share below {percent_text(LIMIT, sign=False, places=0)}, or your word that the bet is meant",
                action=action,
                priority=62,
            )
        )
    return found


RULE = Rule("rebalancing", "rebalancings", Decimal("0.50"), sells=True, check=check)
"""Less of one bet lowers the risk; which way the sector goes next the rule does not know."""
