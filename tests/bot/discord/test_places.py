"""Channels and threads over the wire: names that fit, pages that stay together, locked threads, channels where nobody may write."""

from __future__ import annotations

from collections.abc import AsyncIterator

import discord
import pytest

from bot.adapters.discord.adapter import Discord, Settings
from bot.limits import DISCORD
from domain.chat import Code, KeyValues, Manner, Reply, Text, Tone
from domain.clock import SystemClock
from domain.errors import ChatGone
from tests.servers.discord import TOKEN, DiscordServer, Message
from tests.servers.discord_people import ROOM
from tests.servers.discord_rooms import HISTORY, SEND, VIEW
from tests.servers.discord_rules import Refused

CHAT = f"{ROOM}/{ROOM}"
CARD = Reply((Text("#AAPL close 50%", Tone.LEAD),))
OPEN = Manner(group=True)


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    made = DiscordServer()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def adapter(server: DiscordServer) -> AsyncIterator[Discord]:
    before = discord.http.Route.BASE
    discord.http.Route.BASE = server.base
    made = Discord(Settings(TOKEN), SystemClock())
    await made._client.login(TOKEN)
    yield made
    await made.close()
    discord.http.Route.BASE = before


def follows(card: str, topic: str = "#AAPL close 50%") -> Manner:
    return Manner(group=True, under=card, topic=topic)


def texts(messages: list[Message]) -> list[str]:
    return [m.text.partition("\n")[0] for m in messages]


async def test_the_name_of_a_thread_has_at_most_a_hundred(adapter: Discord, server: DiscordServer) -> None:
    card = await adapter.send(CHAT, CARD, OPEN)
    await adapter.send(CHAT, Reply((Text("Placed", Tone.LEAD),)), follows(card, "#AAPL ladder" + " 300 10%" * 30))
    (thread,) = server.rooms.threads
    assert 90 <= len(thread.name) <= DISCORD.thread
    assert thread.name.startswith("#AAPL ladder 300 10%")


async def test_all_pages_of_a_reply_stand_in_the_thread(adapter: Discord, server: DiscordServer) -> None:
    card = await adapter.send(CHAT, CARD, OPEN)
    long = Reply((Text("Many", Tone.LEAD), KeyValues(tuple((f"Row {n}", "y" * 900) for n in range(12))), Code("#AAPL close")))
    last = await adapter.send(CHAT, long, follows(card))
    assert len(server.open(card)) > 1
    assert last == f"{card}-{server.open(card)[-1].id}"
    assert texts(server.open(ROOM)) == ["#AAPL close 50%"]
    assert server.calls["POST channels/messages/threads"] == 1


async def test_a_thread_that_another_program_began_or_a_moderator_locked(adapter: Discord, server: DiscordServer) -> None:
    card = await adapter.send(CHAT, CARD, OPEN)
    server.rooms.begun(ROOM, server.open(ROOM)[0], {"name": "theirs", "auto_archive_duration": 60})
    first = await adapter.send(CHAT, Reply((Text("Placed", Tone.LEAD),)), follows(card))
    server.rooms[card].archived = server.rooms[card].locked = True
    await adapter.send(CHAT, Reply((Text("Filled", Tone.LEAD),)), follows(card))
    assert (texts(server.open(card)), texts(server.open(ROOM))) == (["Placed"], ["#AAPL close 50%", "Filled"])
    assert str(server.open(ROOM)[-1].under) == card
    del server.rooms.every[card]
    assert not await adapter.edit(CHAT, first, CARD), "it is shown anew"


async def test_a_platform_in_trouble_is_tried_again_and_not_told_elsewhere(adapter: Discord, server: DiscordServer) -> None:
    card = await adapter.send(CHAT, CARD, OPEN)
    server.fail("POST channels/messages/threads", Refused(502, 0, "Bad Gateway"))
    await adapter.send(CHAT, Reply((Text("Placed", Tone.LEAD),)), follows(card))
    assert (texts(server.open(card)), texts(server.open(ROOM))) == (["Placed"], ["#AAPL close 50%"])


@pytest.mark.parametrize("denied", [VIEW, SEND, HISTORY])
async def test_where_nobody_may_write_the_chat_is_gone(adapter: Discord, server: DiscordServer, denied: str) -> None:
    card = await adapter.send(CHAT, CARD, OPEN)
    server.rooms[ROOM].denied = {denied}
    with pytest.raises(ChatGone) as gone:
        await adapter.send(CHAT, CARD, Manner(group=True, under=card))
    assert gone.value.now == "", "under a message of its own there is nobody to turn to"
    assert texts(server.open(ROOM)) == ["#AAPL close 50%"]
