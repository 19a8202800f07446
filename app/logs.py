"""The log: what went wrong, in a file of the data directory, so that a prompt never shows a traceback and a reference can be looked up."""

from __future__ import annotations

import logging
from pathlib import Path

FILE = "foliopilot.log"
LARGEST = 2_000_000
FORM = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def to_file(directory: Path) -> None:
    """Write warnings and faults to the directory's log from now on; a large one is set aside once at the start, under `.old`.

    Where there is no such directory, or nothing can be written in it, they go to standard error as before.
    """
    path = directory / FILE
    try:
        if path.is_file() and path.stat().st_size > LARGEST:
            path.replace(path.with_suffix(".log.old"))
        handler = logging.FileHandler(path, encoding="utf-8")
    except OSError:
        return
    handler.setFormatter(logging.Formatter(FORM))
    logging.getLogger().addHandler(handler)
