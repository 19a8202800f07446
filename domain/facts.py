"""Facts: every figure in an answer, with where it comes from. `/why` shows them; nothing is said that is not one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

RESULT = "P/L"
"""What the label of a fact has that is a result."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One computed figure.

    `unit` is `USD` (or another currency), `%` (20 means 20%), `shares`, a coin's symbol, `days`, `count`, `score`, `sigma`.
    `formula` names the inputs, `inputs` gives each as text with its unit, `source` says which rows or quotes they came from.
    """

    id: str
    label: str
    value: Decimal
    unit: str
    at: datetime
    formula: str = ""
    inputs: tuple[tuple[str, str], ...] = ()
    source: str = ""
