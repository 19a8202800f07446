"""The adapter against simcord, a Discord that nobody here wrote: commands synced, completed, answered, tapped, filled in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import simcord

from bot.adapters.discord.adapter import Discord, Settings
from commands.glance import Glance
from commands.palette import Suggestion
from commands.registry import Registry
from domain.chat import Button, Buttons, Incoming, KeyValues, Manner, Reply, Text, Tone
from domain.clock import SystemClock
from domain.tickets import Origin


@dataclass
class Desk:
    """Says every line again, with a button, as an embed."""

    adapter: Discord
    lines: list[Incoming] = field(default_factory=list)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def keep(self, lines: Sequence[Incoming]) -> None:
        for line in lines:
            self.lines.append(line)
            reply = Reply(
                (
                    Text(f"You said {line.payload or line.text}", Tone.LEAD),
                    KeyValues((("From", line.name),)),
                    Buttons((Button("Again", "/status"), Button("Limit price…", "price:#buy AAPL 2"))),
                )
            )
            self.tasks.append(asyncio.create_task(self._shown(line, reply)))

    async def _shown(self, line: Incoming, reply: Reply) -> None:
        if line.payload == "/status" and line.message:
            await self.adapter.edit(line.origin.person, line.message, Reply((Text("Edited", Tone.LEAD),)))
        else:
            await self.adapter.send(line.origin.person, reply, Manner(waits=line.waits))

    def chats(self) -> Sequence[str]:
        return ()

    def known(self, origin: Origin) -> bool:
        return True

    def shown(self, line: Incoming) -> bool:
        return not line.group

    def groups(self) -> Sequence[str]:
        return ()

    async def glance(self, origin: Origin, text: str) -> Sequence[Glance]:
        return ()

    async def moved(self, old: str, new: str) -> None:
        raise AssertionError("no chat of this platform moves")

    def complete(self, origin: Origin, text: str, limit: int) -> Sequence[Suggestion]:
        return [Suggestion(f"{text}PL", "", ""), Suggestion(f"{text}MZN", "", "")][:limit]


@asynccontextmanager
async def desk() -> AsyncIterator[tuple[Desk, simcord.Env]]:
    adapter = Discord(Settings("token"), SystemClock())
    made = adapter.inlet = Desk(adapter)
    async with simcord.run(adapter._client, shard_count=1) as env:
        await adapter.publish(Registry.discover().commands())
        yield made, env


async def test_a_command_on_a_server_is_answered_for_its_person_alone_and_its_button_edits_it() -> None:
    async with desk() as (made, env):
        guild = env.create_guild()
        room, ada = guild.create_text_channel("desk"), guild.add_member(env.create_user("ada"))
        assert [c["value"] for c in await ada.autocomplete(room, "quote", "symbol", "A")] == ["APL", "AMZN"]
        asked = await ada.slash(room, "quote", symbol="AAPL")
        assert asked.response is not None
        assert (asked.response.content, asked.response.ephemeral) == ("**You said /quote symbol=AAPL**", True)
        assert [f.name for f in asked.response.embeds[0].fields] == ["From"]
        await ada.click(asked.response, custom_id="/status")
        assert asked.response.content == "**Edited**"
        assert asked.response.components == []
        assert [line.payload for line in made.lines] == [None, "/status"]


async def test_a_window_is_opened_filled_in_and_becomes_a_line() -> None:
    async with desk() as (made, env):
        guild = env.create_guild()
        room, ada = guild.create_text_channel("desk"), guild.add_member(env.create_user("ada"))
        asked = await ada.slash(room, "do", line="#buy AAPL 2")
        assert asked.response is not None
        opened = await ada.click(asked.response, custom_id="price:#buy AAPL 2")
        assert opened.modal is not None
        filled = await ada.submit_modal(opened, {"text": "180.50"})
        assert made.lines[-1].text == "#buy AAPL 2 limit 180.50"
        assert [m.content for m in filled.followups] == ["**You said #buy AAPL 2 limit 180.50**"]


async def test_direct_messages_and_a_name_on_a_server_are_answered_in_direct_messages() -> None:
    async with desk() as (made, env):
        guild = env.create_guild()
        user = env.create_user("ada")
        room, ada = guild.create_text_channel("desk"), guild.add_member(user)
        await ada.send(room, f"<@{env.bot.user.id}> #AAPL close")
        await ada.send(room, "nobody asked")
        assert [line.text for line in made.lines] == ["#AAPL close"]
        assert room.last_message is None or "You said" not in room.last_message.content


async def test_an_open_channel_is_answered_for_everybody_and_its_order_has_a_thread() -> None:
    async with desk() as (made, env):
        guild = env.create_guild()
        room = guild.create_text_channel("desk")
        guild.add_member(env.create_user("ada"))
        chat = f"{room.id}/{room.id}"
        card = await made.adapter.send(chat, Reply((Text("#AAPL close 50%", Tone.LEAD),)), Manner(group=True))
        follows = Manner(group=True, under=card, topic="#AAPL close 50%")
        filled = await made.adapter.send(chat, Reply((Text("Filled", Tone.LEAD),)), follows)
        thread, _, number = filled.partition("-")
        assert thread == card
        found = made.adapter._client.get_guild(guild.id).get_thread(int(card))
        assert (found.name, found.parent_id) == ("#AAPL close 50%", room.id)
        assert [m.content async for m in found.history() if m.id == int(number)] == ["**Filled**"]
        assert await made.adapter.edit(chat, filled, Reply((Text("Filled twice", Tone.LEAD),)))
        assert [m.content async for m in found.history() if m.id == int(number)] == ["**Filled twice**"]
        assert await made.adapter.delete(chat, filled)
