"""Earnings: around its report a price jumps, and no stop holds it."""

from __future__ import annotations

from datetime import date, datetime

from domain.codec import instant_text
from domain.market import EarningsDate
from domain.money import plain
from domain.tickets import Finding
from market import calendar
from trading.risk.limits import Limits
from trading.risk.proposal import Proposal

CODE = "earnings_blackout"
LIMITS = ("earnings_days",)


def check(proposal: Proposal, limits: Limits) -> Finding | None:
    """Opening within so many exchange days before or after a company's report: warns a person, blocks automation; the nearest is told."""
    opening = {leg.symbol for leg in proposal.opening}
    reports = [r for r in proposal.surroundings.earnings or () if r.symbol in opening]
    near = [(distance(proposal.now, report.at), report) for report in reports]
    days, report = min(near, key=lambda pair: (pair[0], pair[1].symbol), default=(None, None))
    if days is None or report is None or days > limits.earnings_days:
        return None
    details = (("symbol", report.symbol), ("reports", instant_text(report.at)), ("days", str(days)), ("limit", plain(limits.earnings_days)))
    return Finding(CODE, proposal.judgement, _sentence(proposal.now, report), details)


def distance(one: datetime, other: datetime) -> int:
    """How many exchange sessions lie between the New York days of two instants, that of the later one included; 0 on the same day."""
    first, last = sorted((_day(one), _day(other)))
    return sum(1 for session in calendar.sessions(first, last) if session.day > first)


def _day(at: datetime) -> date:
    return at.astimezone(calendar.NEW_YORK).date()


def _sentence(now: datetime, report: EarningsDate) -> str:
    day = report.at.astimezone(calendar.NEW_YORK)
    when = f"{day:%a} {day.day} {day:%b} {report.session} the session"
    if report.at > now:
        return f"{report.symbol} reports on {when}: its price may jump past any stop."
    return f"{report.symbol} reported on {when}: its price is still finding its place."
