"""The chat platforms that are set up, at work beside the core."""

from __future__ import annotations

import asyncio
import importlib
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from types import ModuleType

from app.settings import Settings
from app.wiring import House
from bot.connection import Connection, Place
from bot.platform import Platform
from commands.context import Part, PartState
from domain.errors import SetupError
from domain.ports import Clock

log = logging.getLogger(__name__)


@asynccontextmanager
async def connected(house: House) -> AsyncIterator[Sequence[Connection]]:
    """Every platform that has its token, from here to the end of the block. A book that is thrown away is shown nowhere else."""
    lines = (
        [] if house.wanted.throwaway else [Connection(adapter, _place(house)) for adapter in adapters(house.settings, house.floor.clock)]
    )
    async with AsyncExitStack() as stack:
        for line in lines:
            house.floor.bus.subscribe(line.heard)
            stack.push_async_callback(line.close)
            task = asyncio.create_task(_served(line))
            stack.push_async_callback(_ended, task)
        yield lines


def adapters(settings: Settings, clock: Clock) -> Sequence[Platform]:
    """The adapters of the platforms that are set up; a library is imported only then. Raises SetupError where it is not installed."""
    found: list[Platform] = []
    if settings.telegram_token:
        telegram = _library("telegram")
        base, webhook = settings.telegram_base or telegram.BASE, settings.telegram_webhook or ""
        found.append(telegram.build(telegram.Settings(settings.telegram_token, base, webhook, settings.telegram_port), clock))
    if settings.discord_token:
        discord = _library("discord")
        chosen = discord.Settings(settings.discord_token, settings.discord_contents, settings.discord_base or "")
        found.append(discord.build(chosen, clock))
    return found


def _library(name: str) -> ModuleType:
    try:
        return importlib.import_module(f"bot.adapters.{name}.adapter")
    except ModuleNotFoundError as error:
        raise SetupError(f"{name.capitalize()} needs: pip install 'foliopilot[{name}]'") from error


async def asked(adapter: Platform) -> Part:
    """Whether a platform answers to the token that is set."""
    try:
        await adapter.open()
        return Part(adapter.platform, PartState.READY, adapter.described)
    except SetupError as error:
        return Part(adapter.platform, PartState.NEEDS, error.message)
    except Exception as error:
        return Part(adapter.platform, PartState.OFF, f"does not answer: {error}")
    finally:
        await adapter.close()


def _place(house: House) -> Place:
    floor = house.floor
    front = house.front
    return Place(
        floor.spec.name,
        house.store,
        floor.clock,
        front.people,
        front.registry,
        floor.bus,
        front.handle,
        house.search,
        floor.hub,
        house.zone,
    )


async def _served(line: Connection) -> None:
    try:
        await line.serve()
    except SetupError as error:
        log.error("%s is off: %s", line.adapter.platform, error)
    except Exception:
        log.exception("%s stopped", line.adapter.platform)


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
