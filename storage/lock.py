"""A lock on a file that says who holds it and is let go of by the system when its holder dies."""

from __future__ import annotations

import json
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from storage.files import unusable

SUPPORTED = find_spec("fcntl") is not None
"""False where the system has no such locks; then the lease row alone counts."""


class FileLock:
    """The lock of one data directory."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] | None = None

    def take(self, note: dict[str, Any]) -> dict[str, Any] | None:
        """Take the lock and leave a note in it: None when taken, else the note of the process that holds it. Never waits."""
        fcntl = import_module("fcntl")
        try:
            file = self._path.open("a+", encoding="utf-8")
        except OSError as error:
            raise unusable(self._path, (error.strerror or str(error)).lower()) from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with file:
                file.seek(0)
                return _note(file.read())
        file.truncate(0)
        file.write(json.dumps(note))
        file.flush()
        self._file = file
        return None

    def release(self) -> None:
        """Let go; doing so twice changes nothing. The file stays, so that nobody locks one that another just removed."""
        if self._file is not None:
            self._file.truncate(0)
            self._file.close()
            self._file = None


def _note(text: str) -> dict[str, Any]:
    try:
        note = json.loads(text)
    except ValueError:  # the holder is just writing it
        return {}
    return note if isinstance(note, dict) else {}
