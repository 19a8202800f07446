"""Exits the core holds, as rows."""

from __future__ import annotations

from domain.exits import ExitRule
from storage.kept import Kept

_KEPT = Kept("exits", ExitRule, "exit", "symbol")
add, save, get, in_status = _KEPT.add, _KEPT.save, _KEPT.get, _KEPT.in_status
