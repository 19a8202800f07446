"""Session: an order sent while its exchange is closed says what it waits for."""

from __future__ import annotations

from datetime import datetime

from domain.codec import instant_text
from domain.orders import TimeInForce
from domain.tickets import Finding, Severity
from market import calendar
from trading.risk.limits import Limits
from trading.risk.proposal import Proposal

CODE = "market_closed"
LIMITS: tuple[str, ...] = ()


def check(proposal: Proposal, limits: Limits) -> Finding | None:
    """Warns, never silently queues: names the symbols that wait and the open they wait for. Round-the-clock instruments do not wait.

    Automation opens nothing in a closed session: nobody consented to the wait.
    """
    if calendar.session_at(proposal.now) is not None:
        return None
    waiting = [leg for leg in proposal.legs if not ((found := proposal.instrument(leg.symbol)) and found.round_the_clock)]
    if not waiting:
        return None
    opens = next_open(proposal.now)
    symbols = list(dict.fromkeys(leg.symbol for leg in waiting))
    many = len(waiting) > 1
    shown = ", ".join(symbols[:3]) + (f" and {len(symbols) - 3} more" if len(symbols) > 3 else "")
    sentence = f"The market is closed: {shown} {'wait' if len(symbols) > 1 else 'waits'} for the open, {new_york(opens)}."
    if all(leg.tif is TimeInForce.DAY for leg in waiting):
        sentence += f" What has not traded by that day's close expires; {'`gtc` keeps it' if not many else '`gtc` keeps them'}."
    severity = Severity.WARNING if all(leg.is_exit for leg in waiting) else proposal.judgement
    return Finding(CODE, severity, sentence, (("symbols", ",".join(symbols)), ("opens", instant_text(opens))))


def next_open(at: datetime) -> datetime:
    """The open of the first session that opens after an instant."""
    session = calendar.session(at.astimezone(calendar.NEW_YORK).date())
    if session is not None and session.open > at:
        return session.open
    return calendar.following(at.astimezone(calendar.NEW_YORK).date()).open


def new_york(at: datetime) -> str:
    """An instant as the exchange writes it: `Mon 13 Oct 09:30 New York`."""
    local = at.astimezone(calendar.NEW_YORK)
    return f"{local:%a} {local.day} {local:%b %H:%M} New York"
