"""The installed command as its reader runs it: a process of its own, a data directory of its own, no `.env` from anywhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

FOLIOPILOT = Path(sys.executable).with_name("foliopilot")
PATIENCE = 60


class Ended(NamedTuple):
    """How a run ended and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as the one JSON document it has to be."""
        assert self.out.count("\n") == 1, self.out
        return json.loads(self.out)


def environment(home: Path, **more: str) -> dict[str, str]:
    """The environment of a run: no setting of the machine, the data directory given."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("FOLIOPILOT_") and k != "DATABASE_URL"}
    return kept | {"FOLIOPILOT_HOME": str(home), "COLUMNS": "100", "TERM": "xterm-256color"} | more


def start(home: Path, *arguments: str, **more: str) -> subprocess.Popen[bytes]:
    """A run under way, its three streams open."""
    return subprocess.Popen(
        [str(FOLIOPILOT), *arguments],
        env=environment(home, **more),
        cwd=home.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def run(home: Path, *arguments: str, said: str | bytes = b"", **more: str) -> Ended:
    """A run from its start to its end."""
    process = start(home, *arguments, **more)
    out, err = process.communicate(said.encode() if isinstance(said, str) else said, timeout=PATIENCE)
    return Ended(process.returncode, out.decode(), err.decode())


def python(home: Path, code: str, *arguments: str, said: str = "") -> Ended:
    """A script of a few lines in the interpreter that the command uses."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=environment(home),
        cwd=home.parent,
        input=said.encode(),
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())
