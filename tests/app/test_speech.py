"""Figures survive a terminal without our signs: a loss never loses its minus."""

import io
import sys

import pytest

from app.speech import HANDLER, plainly
from tests.journeys.program import run


def test_a_minus_stays_a_minus_where_the_encoding_has_none(monkeypatch):
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    plainly()
    print("Down −$412.30 (−0.83%) … “news” → 2×, 日")
    out.flush()
    assert out.buffer.getvalue().decode() == 'Down -$412.30 (-0.83%) ... "news" -> 2x, ?\n'


def test_what_cannot_be_decoded_is_not_its_business(monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    plainly()
    with pytest.raises(UnicodeDecodeError):
        b"\xff".decode("ascii", errors=HANDLER)


def test_an_answer_comes_in_any_locale(tmp_path):
    answered = run(tmp_path / "home", "ask", "--now", "2025-03-05T10:30-05:00", "/positions", PYTHONIOENCODING="ascii")
    assert answered.code == 0
    assert "NVDA" in answered.out
    assert "?" not in answered.out
