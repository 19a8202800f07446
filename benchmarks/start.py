"""Whole processes: `--help` beside freqtrade's, and a first answer from nothing, beside importing the packages of the standard set."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.timing import Row, processes

ROUNDS = 9
OURS = str(Path(sys.executable).with_name("foliopilot"))
PACKAGES = "import telegram.ext, discord, langchain, openai, pydantic, sqlalchemy, alpaca, ccxt, pandas"
PEER = "FREQTRADE"


def rows() -> list[Row]:
    """`FREQTRADE` names a freqtrade executable; without one the peer's column says so."""
    with tempfile.TemporaryDirectory() as home:
        environment = {"FOLIOPILOT_HOME": home, "PYTHONDONTWRITEBYTECODE": ""}
        answer = [OURS, "ask", "/positions"]
        processes([[OURS, "--help"], answer], rounds=2, environment=environment)  # bytecode and disk cache
        return [_help(environment), *_answer(answer, environment)]


def _help(environment: dict[str, str]) -> Row:
    peer = os.environ.get(PEER) or shutil.which("freqtrade")
    commands = [[OURS, "--help"]] + ([[peer, "--help"]] if peer else [])
    if peer:
        processes([[peer, "--help"]], rounds=2, environment=environment)
    ours, *others = processes(commands, rounds=ROUNDS, environment=environment)
    beside = f"freqtrade {others[0].median:.3f} s" if others else f"not measured: set {PEER}"
    met = not others or ours.median <= others[0].median
    return Row("`foliopilot --help`, whole process", f"{ours.median:.3f} s", "no slower than freqtrade", beside, met)


def _answer(answer: list[str], environment: dict[str, str]) -> list[Row]:
    ours, packages = processes([answer, [sys.executable, "-c", PACKAGES]], rounds=ROUNDS, environment=environment)
    beside = f"importing the packages {packages.median:.2f} s"
    return [
        Row('`ask "/positions"` from nothing, whole process', f"{ours.median:.3f} s", "under 0.5 s", beside, ours.median < 0.5),
        Row("memory of that process", f"{ours.megabytes:.0f} MB", "under 80 MB", f"{packages.megabytes:.0f} MB", ours.megabytes < 80),
    ]
