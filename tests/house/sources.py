"""The project's own Python files, for the rules that are checked on their text."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("app", "bot", "commands", "copilot", "trading", "market", "storage", "domain")


def files() -> list[Path]:
    """Every Python file of the rooms."""
    return sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))


def tracked() -> list[Path]:
    """Every text file that the repository holds; the working tree's files where there is no repository."""
    listed = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, text=True, check=False)
    names = [name for name in listed.stdout.split("\0") if name]
    return [ROOT / name for name in names if (ROOT / name).is_file()] if names else files()
