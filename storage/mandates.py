"""Mandates as rows."""

from __future__ import annotations

from domain.mandates import Mandate
from storage.kept import Kept

_KEPT = Kept("mandates", Mandate, "mandate")
add, save, get, in_status = _KEPT.add, _KEPT.save, _KEPT.get, _KEPT.in_status
