"""Databases as files: a fresh one, and what a power cut leaves of one, its log torn behind the last commit."""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from pathlib import Path

from storage.engine import open_file
from storage.filestore import FileStore
from tests.simulation.dice import Dice

PATIENCE = 2.0
_KEPT = tempfile.TemporaryDirectory()


@cache
def _template() -> Path:
    return Path(_KEPT.name) / "template.db"


async def opened(path: Path) -> FileStore:
    """The store of a file, as the program opens it."""
    return await open_file(path, patience=PATIENCE)


async def fresh_file(directory: Path) -> Path:
    """A database with every table, copied from one that was migrated once in this process."""
    if not _template().exists():
        await (await opened(_template())).close()
    path = directory / "0.db"
    shutil.copyfile(_template(), path)
    return path


def torn(path: Path, dice: Dice, number: int) -> Path:
    """The file as the disk has it after a power cut: every committed frame, then the beginning of one that was being written."""
    left = path.with_name(f"{number}.db")
    shutil.copyfile(path, left)
    log = path.with_name(path.name + "-wal")
    if log.exists():
        whole = log.read_bytes()
        half = whole[32 : 32 + dice.between(1, 4000)] if len(whole) > 32 else b""
        left.with_name(left.name + "-wal").write_bytes(whole + half)
    return left
