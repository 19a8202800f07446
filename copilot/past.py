"""What earlier advice has to say to a new one: whether it is the same, under which id it was shown, and how its rule did."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from copilot.adoption import resolved
from copilot.odds import wilson
from copilot.recommendation import SCORED_AFTER, Recommendation, Record
from domain.advice import Adoption, Advice, AdvisedLeg, Score
from domain.ids import ALPHABET
from domain.money import ONE, ZERO, cents
from domain.portfolio import Portfolio
from domain.tickets import TicketStatus
from market import calendar
from storage import recommendations, tickets
from storage.store import Tx

REPEAT = 20
"""Sessions after which the same advice on the same position is told as new: as many as the longest horizon, so that no two overlap."""

REMEMBERED = 100
"""How many of a rule's last scores its record is made of."""

MATERIAL = Decimal("0.25")  # of the quantity advised
MOVED = Decimal("0.10")  # of the price
ID_LENGTH = 6
RELEASED = (TicketStatus.CONFIRMED, TicketStatus.WORKING, TicketStatus.EXECUTED, TicketStatus.PARTIAL)


@dataclass(frozen=True, slots=True)
class Past:
    """Advice that still stands, by its key, and the record of each rule."""

    standing: Mapping[str, Advice] = field(default_factory=dict)
    records: Mapping[str, Record] = field(default_factory=dict)

    def named(self, suggestion: Recommendation, portfolio: Portfolio) -> Recommendation:
        """The suggestion with its id: that of the advice it repeats, else a new one."""
        before = self.standing.get(suggestion.key)
        if before is not None and same(before, suggestion):
            return replace(suggestion, id=before.id)
        after = before.id if before is not None else ""
        return replace(suggestion, id=id_of(portfolio.spec.name, suggestion, portfolio.at, after))


NOTHING = Past()


async def read_past(tx: Tx, account: str, now: datetime) -> Past:
    """The past of an account as it is known at an instant."""
    since = repeats_since(now)
    shown = await recommendations.shown(tx, account, since=since)
    oldest = min((a.at for a in shown if a.adoption is Adoption.OPEN), default=now)
    released = await tickets.since(tx, account, oldest, *RELEASED)
    standing: dict[str, Advice] = {}
    for advice in shown:  # the newest of a key stands
        standing.setdefault(advice.key, resolved(advice, released) if advice.adoption is Adoption.OPEN else advice)
    scores = await recommendations.scores(tx, account, horizon=SCORED_AFTER)
    return Past(standing, records_of(scores))


def records_of(scores: Sequence[Score]) -> dict[str, Record]:
    """Each rule's record from its scores at the horizon that records speak of, the latest first."""
    by_rule: dict[str, list[Score]] = {}
    for score in scores:
        kept = by_rule.setdefault(score.rule, [])
        if len(kept) < REMEMBERED:
            kept.append(score)
    return {rule: record_of(found) for rule, found in by_rule.items()}


def record_of(scores: Sequence[Score]) -> Record:
    """How often following beat doing nothing; what made no difference, such as a stop that was not reached, decides nothing."""
    decided = [s for s in scores if s.gain]
    right = sum(1 for s in decided if s.gain > 0)
    low, high = wilson(right, len(decided))
    gain = cents(sum((s.gain for s in scores), ZERO) / len(scores)) if scores else ZERO
    return Record(len(scores), len(decided), right, low, high, gain)


def same(before: Advice, now: Recommendation) -> bool:
    """True when a suggestion repeats one that was shown: not followed since, the same symbols and kind, no material change.

    Material is a quarter more or less to trade, or a price 10% away from where it was.
    """
    if before.adoption is Adoption.FOLLOWED or len(before.legs) != len(now.legs):
        return False
    return all(_same_leg(old, new) for old, new in zip(before.legs, now.legs, strict=True))


def _same_leg(old: AdvisedLeg, new: AdvisedLeg) -> bool:
    if old.symbol != new.symbol or (old.price is None) != (new.price is None) or old.quantity * new.quantity <= 0:
        return False
    price = (new.value / new.quantity) / (old.value / old.quantity) if old.value else ZERO
    return abs(new.quantity / old.quantity - ONE) <= MATERIAL and abs(price - ONE) < MOVED


def id_of(account: str, suggestion: Recommendation, at: datetime, after: str = "") -> str:
    """Six characters, the same for the same line of the same rule on the same exchange day `after` the same advice."""
    day = at.astimezone(calendar.NEW_YORK).date()
    digest = hashlib.sha256(f"{account}|{suggestion.key}|{suggestion.line}|{day}|{after}".encode()).digest()
    return "".join(ALPHABET[byte % len(ALPHABET)] for byte in digest[:ID_LENGTH])


def repeats_since(now: datetime) -> datetime:
    """The instant from which advice still stands: the open of the twentieth session back."""
    day = now.astimezone(calendar.NEW_YORK).date()
    for _ in range(REPEAT - 1):
        day = calendar.previous(day).day
    return calendar.require(day).open
