"""aimock, a model's server that nobody here wrote, on loopback: scripted by fixtures, with chaos at will and a journal."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import ClientError, ClientSession

PROGRAM = Path(__file__).parents[1] / "node" / "node_modules" / ".bin" / "llmock"
OLDEST = 20


def _missing() -> str | None:
    """Why it cannot be tried here; None where it can."""
    node = shutil.which("node")
    if node is None or not PROGRAM.exists():
        return "aimock is not installed: npm install --prefix tests/node"
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip().lstrip("v").partition(".")[0]
    return None if version.isdecimal() and int(version) >= OLDEST else f"aimock needs node {OLDEST} or newer"


MISSING = _missing()


@dataclass(frozen=True, slots=True)
class Aimock:
    """Where it listens."""

    root: str
    session: ClientSession

    @property
    def base(self) -> str:
        """What a client is pointed at."""
        return f"{self.root}/v1"

    async def chaos(self, **rates: float) -> None:
        """From now on fail at these rates; none takes them back."""
        if rates:
            async with self.session.post(f"{self.root}/__aimock/chaos", json=rates) as answer:
                answer.raise_for_status()
        else:
            async with self.session.delete(f"{self.root}/__aimock/chaos") as answer:
                answer.raise_for_status()

    async def journal(self) -> Sequence[Mapping[str, Any]]:
        """Every request it took, oldest first."""
        async with self.session.get(f"{self.root}/__aimock/journal") as answer:
            found = await answer.json()
        entries: Sequence[Mapping[str, Any]] = found if isinstance(found, list) else found["entries"]
        return entries


@asynccontextmanager
async def aimock(folder: Path, fixtures: Sequence[Mapping[str, Any]]) -> AsyncIterator[Aimock]:
    """The server with these fixtures, strict: what none of them matches is an error."""
    (folder / "fixtures.json").write_text(json.dumps({"fixtures": fixtures}), encoding="utf-8")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    arguments = (str(PROGRAM), "-p", str(port), "-f", str(folder), "--strict", "--log-level", "silent")
    process = await asyncio.create_subprocess_exec("node", *arguments, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL)
    try:
        async with ClientSession() as session:
            await _up(session, f"http://127.0.0.1:{port}/health")
            yield Aimock(f"http://127.0.0.1:{port}", session)
    finally:
        process.terminate()
        await process.wait()


async def _up(session: ClientSession, health: str) -> None:
    for _ in range(200):
        try:
            async with session.get(health) as answer:
                if answer.status == 200:
                    return
        except ClientError:
            pass
        await asyncio.sleep(0.05)
    raise TimeoutError("aimock did not start")
