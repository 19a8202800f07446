"""`asked`: the machine's way in, without the price of a process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from app import ask
from tests.journeys.program import Ended
from tests.servers.discord import DiscordServer
from tests.servers.openai import OpenAIServer
from tests.servers.telegram import TelegramServer

Asked = Callable[..., Ended]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory that is not there yet, and the program told of it."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("FOLIOPILOT_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


@pytest.fixture
def asked(home: Path, capsys: pytest.CaptureFixture[str]) -> Asked:
    """`foliopilot ask --json TEXT` with the options given, as it ends and what it wrote."""

    def say(text: str, **options: Any) -> Ended:
        code = ask.main(text, True, **options)
        written = capsys.readouterr()
        return Ended(code, written.out, written.err)

    return say


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramServer]:
    """A platform with nobody on it yet."""
    server = TelegramServer()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def discord() -> AsyncIterator[DiscordServer]:
    """A local server that speaks the platform's protocol."""
    server = DiscordServer()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def server() -> AsyncIterator[OpenAIServer]:
    """A language model's server with nothing to say yet."""
    made = OpenAIServer()
    await made.start()
    yield made
    await made.stop()
