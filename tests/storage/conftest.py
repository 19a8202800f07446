"""Every kind of store, so that one suite holds for all."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

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


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first test that needs a database file leaves an empty one; making one takes longer than copying it."""
    return tmp_path_factory.mktemp("template") / "foliopilot.db"


async def file_url(template: Path, directory: Path) -> str:
    """The URL of an empty database file in a directory."""
    if not template.exists():
        await (await open_store(f"sqlite:///{template}")).close()
    directory.mkdir(exist_ok=True)
    shutil.copyfile(template, directory / template.name)
    return f"sqlite:///{directory / template.name}"


@dataclass(frozen=True)
class Place:
    """Where a durable database is; `another` opens it as a further process would, with its own connections."""

    url: str
    another: Callable[[], Awaitable[Store]]

    async def run(self, statement: str) -> None:
        """Do something to the database behind every store's back."""
        if not self.url.startswith("sqlite"):
            await server.execute(self.url, statement)
            return
        with closing(sqlite3.connect(self.url.removeprefix("sqlite:///"))) as connection, connection:
            connection.execute(statement)


@pytest.fixture(params=["sqlite", "postgresql"])
async def place(request: pytest.FixtureRequest, template: Path, tmp_path: Path) -> AsyncIterator[Place]:
    """An empty durable database of each kind."""
    server_url = request.getfixturevalue("postgres") if request.param == "postgresql" else None
    url = server_url or await file_url(template, tmp_path / "home")
    opened: list[Store] = []

    async def another() -> Store:
        opened.append(await open_store(url))
        return opened[-1]

    first = await another()
    if server_url:
        await server.empty(server_url)
    await first.close()
    yield Place(url, another)
    for store in opened:
        await store.close()


@pytest.fixture(params=["memory", "sqlite", "postgresql", "sqlite relaxed", "postgresql relaxed"])
async def store(request: pytest.FixtureRequest, template: Path, tmp_path: Path) -> AsyncIterator[Store]:
    """An empty store of each kind."""
    if request.param == "memory":
        made: Store = await open_memory()
    elif request.param.startswith("sqlite"):
        made = await open_store(await file_url(template, tmp_path))
    else:
        url = request.getfixturevalue("postgres")
        made = await open_store(url)
        await server.empty(url)
    if request.param.endswith("relaxed"):
        made.write = partial(made.write, relaxed=True)  # type: ignore[method-assign]
    yield made
    await made.close()
