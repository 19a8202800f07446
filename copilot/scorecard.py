"""The scorecard: what advice was worth, by rule and horizon, followed against ignored, and how well its confidence was kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from copilot.odds import Bucket, brier, reliability, wilson
from copilot.recommendation import EVEN, SCORED_AFTER
from domain.advice import HORIZONS, Adoption, Advice, Score
from domain.money import ZERO, cents

_FINE = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Tally:
    """A number of scores of one horizon: `right` of `decided` ones (those that made any difference) with their 95% interval.

    `gain` is the average money against doing nothing, `of_value` the average fraction of what was touched, both over all `scored`;
    `market` is the market fund's average return over the same spans, None where it had no price.
    """

    scored: int
    decided: int
    right: int
    low: Decimal
    high: Decimal
    gain: Decimal
    of_value: Decimal
    market: Decimal | None

    @property
    def rate(self) -> Decimal:
        """The share of the decided ones that was right; zero where none is."""
        return Decimal(self.right) / self.decided if self.decided else ZERO

    @property
    def verdict(self) -> str:
        """What the interval allows to be said."""
        if self.low <= EVEN <= self.high:
            return "not distinguishable from chance"
        if self.low > EVEN:
            return "better than chance" if self.gain > 0 else "right more often than chance, yet it lost money on average"
        return "worse than chance" if self.gain <= 0 else "wrong more often than chance, yet it made money on average"


@dataclass(frozen=True, slots=True)
class Card:
    """One rule's record, or everybody's: how much was shown and became what, its tallies by horizon, and the two sides after 5 sessions."""

    shown: int
    became: Mapping[Adoption, int]
    by_horizon: Mapping[int, Tally]
    followed: Tally
    ignored: Tally
    brier: Decimal | None
    buckets: tuple[Bucket, ...]

    @property
    def headline(self) -> int:
        """The horizon its first line speaks of: 5 sessions once there is such a score, else the longest there is one of."""
        there = [h for h in HORIZONS if h in self.by_horizon]
        return SCORED_AFTER if SCORED_AFTER in there or not there else max(there)


def card_of(shown: Sequence[Advice], scores: Iterable[Score]) -> Card:
    """The record of the advice given, from its scores; scores of other advice do not count.

    What was partly followed counts as followed. Calibration is that of the confidence said when it was shown, after 5 sessions.
    """
    known = {a.id: a for a in shown}
    found = [s for s in scores if s.advice in known]
    after = [s for s in found if s.horizon == SCORED_AFTER]
    done = (Adoption.FOLLOWED, Adoption.PARTLY)
    said = [(known[s.advice].confidence, s.gain > 0) for s in after if s.gain]
    horizons = {h: [s for s in found if s.horizon == h] for h in HORIZONS}
    return Card(
        shown=len(shown),
        became={a: sum(1 for one in shown if one.adoption is a) for a in Adoption},
        by_horizon={h: tally(some) for h, some in horizons.items() if some},
        followed=tally([s for s in after if known[s.advice].adoption in done]),
        ignored=tally([s for s in after if known[s.advice].adoption is Adoption.IGNORED]),
        brier=brier(said),
        buckets=reliability(said),
    )


def by_rule(shown: Sequence[Advice], scores: Sequence[Score]) -> dict[str, Card]:
    """Each rule's card, the one with the most scores first."""
    rules = dict.fromkeys(a.rule for a in shown)
    made = {rule: card_of([a for a in shown if a.rule == rule], scores) for rule in rules}
    return dict(sorted(made.items(), key=lambda kv: (-sum(t.scored for t in kv[1].by_horizon.values()), -kv[1].shown, kv[0])))


def tally(scores: Sequence[Score]) -> Tally:
    """What scores add up to."""
    decided = [s for s in scores if s.gain]
    right = sum(1 for s in decided if s.gain > 0)
    low, high = wilson(right, len(decided))
    market = [s.market for s in scores if s.market is not None]
    return Tally(
        scored=len(scores),
        decided=len(decided),
        right=right,
        low=low,
        high=high,
        gain=cents(_mean([s.gain for s in scores])),
        of_value=_mean([s.of_value for s in scores]).quantize(_FINE),
        market=_mean(market).quantize(_FINE) if market else None,
    )


def _mean(values: Sequence[Decimal]) -> Decimal:
    return sum(values, ZERO) / len(values) if values else ZERO
