"""Every kind of store, so that one suite holds for all."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from domain.clock import SystemClock
from storage.engine import open_store
from storage.snapshot import open_memory
from storage.store import Store
from tests.storage import server


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL database for this run."""
    with ExitStack() as stack:
        try:
            url = stack.enter_context(server.server())
        except Exception as error:
            if os.environ.get("CI") == "true":
                raise
            pytest.skip(f"no PostgreSQL can be started here: {error}")
        yield url


@dataclass(frozen=True)
class Place:
    """Where a durable database is; `another` opens it as a further process would, with its own connections."""

    url: str
    another: Callable[[], Awaitable[Store]]


@pytest.fixture(params=["sqlite", "postgresql"])
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Place]:
    """An empty durable database of each kind."""
    server_url = request.getfixturevalue("postgres") if request.param == "postgresql" else None
    url = server_url or f"sqlite:///{tmp_path}/home/foliopilot.db"
    opened: list[Store] = []

    async def another() -> Store:
        opened.append(await open_store(url, SystemClock()))
        return opened[-1]

    first = await another()
    if server_url:
        await server.empty(server_url)
    await first.close()
    yield Place(url, another)
    for store in opened:
        await store.close()


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """An empty store of each kind."""
    if request.param == "memory":
        made: Store = await open_memory()
    elif request.param == "sqlite":
        made = await open_store(f"sqlite:///{tmp_path}/foliopilot.db", SystemClock())
    else:
        url = request.getfixturevalue("postgres")
        made = await open_store(url, SystemClock())
        await server.empty(url)
    yield made
    await made.close()
