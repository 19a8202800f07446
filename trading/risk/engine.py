"""The risk engine: every check over one proposal.

Who is stopped by what:

- What cannot be done or is plainly a slip (no such quantity, a stop on the wrong side, a quote that is no quote for opening) blocks
  everybody. The emergency stop is no check: it is asked at the card and again in the transaction that releases it.
- A limit on money (cash, size of an order, a ticket and a position, gross, net and sector exposure, daily loss, drawdown, trades a day,
  short sales, price band) blocks everybody who opens.
- A judgement (correlation, earnings, news, sentiment, a closed session, a source that could not be read) and a duplicate warn a person, who
  decides, and block automation that opens.
- Closing and reducing pass: no limit and no judgement holds back a leg that opens nothing. That is the state REDUCING, and it needs no
  switch: the same checks let by what they must.

A check that has no data says nothing; where the data should be there and could not be read, the check `not_judged` says so. `automated`
means that a strategy, a webhook, the monitor or the schedule drew the ticket up; what a person said to the copilot is the person's. It
stays what it was drawn up as when a person confirms it.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from domain.tickets import Finding, Severity
from trading.risk import checks
from trading.risk.limits import Limits
from trading.risk.proposal import Proposal

Check = Callable[[Proposal, Limits], Finding | None]

_WORST_FIRST = (Severity.BLOCKING, Severity.WARNING, Severity.INFO)


def assess(proposal: Proposal, limits: Limits) -> tuple[Finding, ...]:
    """What the checks found, worst first, then by code.

    The same proposal always gives the same findings; a check that raises lets nothing by.
    """
    found = (one.check(proposal, limits) for one in registered().values())
    return tuple(sorted((f for f in found if f is not None), key=lambda f: (_WORST_FIRST.index(f.severity), f.code)))


@dataclass(frozen=True, slots=True)
class Registered:
    """One check as it stands in its file: what it runs, the names of the limits that set it, what it looks at, whom it holds back."""

    check: Check
    limits: tuple[str, ...]
    about: str
    rule: str


@cache
def registered() -> dict[str, Registered]:
    """Every check by its code, found by convention in `trading/risk/checks`; two checks with one code raise ValueError."""
    by_code: dict[str, Registered] = {}
    for module in sorted(info.name for info in pkgutil.iter_modules(checks.__path__)):
        loaded = importlib.import_module(f"{checks.__name__}.{module}")
        code: str = loaded.CODE
        if code in by_code:
            raise ValueError(f"two risk checks are called {code}")
        by_code[code] = Registered(loaded.check, loaded.LIMITS, _first_line(loaded), _first_line(loaded.check))
    return by_code


def limited_by(name: str) -> tuple[str, ...]:
    """The codes of the checks that a limit sets."""
    return tuple(code for code, found in registered().items() if name in found.limits)


def _first_line(documented: object) -> str:
    return (documented.__doc__ or "").partition("\n")[0]
