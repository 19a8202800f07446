"""The risk engine: every check over one proposal."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
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
    found = (check(proposal, limits) for check in registered().values())
    return tuple(sorted((f for f in found if f is not None), key=lambda f: (_WORST_FIRST.index(f.severity), f.code)))


@cache
def registered() -> dict[str, Check]:
    """Every check by its code, found by convention in `trading/risk/checks`; two checks with one code raise ValueError."""
    by_code: dict[str, Check] = {}
    for module in sorted(info.name for info in pkgutil.iter_modules(checks.__path__)):
        loaded = importlib.import_module(f"{checks.__name__}.{module}")
        code: str = loaded.CODE
        if code in by_code:
            raise ValueError(f"two risk checks are called {code}")
        by_code[code] = loaded.check
    return by_code
