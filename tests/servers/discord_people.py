"""People on Discord: what they type, choose, tap and fill in becomes events of the server they are on."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from tests.servers.discord_rules import typed_options

if TYPE_CHECKING:
    from tests.servers.discord import Asking, DiscordServer, Message

SELF, GUILD, ROOM = "110201543", "9001", "9002"
FAR_GUILD, FAR_ROOM = str((1 << 22) + 9001), "9003"  # of two shards the second's
BOT = {"id": SELF, "username": "folio", "discriminator": "0", "avatar": None, "bot": True, "global_name": None, "flags": 0}


class Person:
    """Somebody with Discord on their phone. What they type, choose, tap and fill in becomes events."""

    def __init__(self, server: DiscordServer, number: str, name: str) -> None:
        self.server, self.number, self.name = server, number, name

    @property
    def json(self) -> dict[str, Any]:
        return {**BOT, "id": self.number, "username": self.name.lower(), "global_name": self.name, "bot": False}

    @property
    def member(self) -> dict[str, Any]:
        joined = {"joined_at": "2026-01-01T00:00:00+00:00", "roles": [], "deaf": False, "mute": False, "flags": 0, "permissions": "0"}
        return {"user": self.json, **joined}

    async def reads(self, channel: str, count: int, within: float = 10.0) -> Message:
        """The newest message of a channel or thread, once everybody sees so many there."""
        found: list[Message] = await self.server.until(lambda: seen if len(seen := self.server.open(channel)) >= count else None, within)
        return found[-1]

    async def told(self, words: str, since: int = 0) -> Message:
        """The first of what only they see that has these words in it, their first `since` messages apart."""
        return await self.server.until(lambda: next((m for m in self.shown[since:] if words in m.text), None))  # type: ignore[no-any-return]

    @property
    def shown(self) -> list[Message]:
        """What only they see, oldest first: direct messages and hidden answers."""
        return [m for m in self.server.messages if m.to == self.number and not m.loading]

    async def hears(self, count: int, within: float = 10.0) -> Message:
        found: list[Message] = await self.server.until(lambda: seen if len(seen := self.shown) >= count else None, within)
        return found[-1]

    def says(self, text: str, *, room: bool | str = False, age: float = 0, unheard: bool = False, **more: Any) -> dict[str, Any]:
        """A message in direct messages, or on a server (in a channel or a thread that is named); `unheard` while no bot is connected."""
        channel = self._where(room)
        mentions = [BOT] if f"<@{SELF}>" in text else []
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(time.time() - age))
        message = {
            **{"id": self.server.snowflake(age), "channel_id": channel, "author": self.json, "content": text, "timestamp": stamp},
            **{"edited_timestamp": None, "tts": False, "mention_everyone": False, "mentions": mentions, "mention_roles": []},
            **{"attachments": [], "embeds": [], "pinned": False, "type": 0, **more},
        }
        if room:
            self.server.rooms[channel].archived = False
            message |= {"guild_id": self.server.rooms[channel].guild, "member": {k: v for k, v in self.member.items() if k != "user"}}
        if unheard:
            self.server._written[channel].append(message)
        else:
            self.server.written(channel, message)
        return message

    def _where(self, room: bool | str) -> str:
        return room if isinstance(room, str) else ROOM if room else self.dm

    @property
    def dm(self) -> str:
        return str(self.server.dm(self.number)["id"])

    def slash(self, name: str, *, room: bool | str = False, **given: Any) -> Asking:
        options = typed_options(self.server.commands[name], given)
        data = {"id": "3", "name": name, "type": 1, "options": options}
        return self.server.asks(self, 2, data, self._where(room))

    async def completes(self, name: str, option: str, text: str) -> list[str]:
        found = next(o for o in self.server.commands[name]["options"] if o["name"] == option)
        assert found.get("autocomplete"), f"{option} of /{name} is not completed"
        data = {"id": "3", "name": name, "type": 1, "options": [{"name": option, "type": 3, "value": text, "focused": True}]}
        asking = self.server.asks(self, 4, data, self.server.dm(self.number)["id"])
        return [c["value"] for c in await self.server.until(lambda: asking.choices)]

    def taps(self, message: Message, label: str) -> Asking:
        return self.presses(message, message.buttons[label])

    def presses(self, message: Message, payload: str) -> Asking:
        return self.server.asks(self, 3, {"custom_id": payload, "component_type": 2}, message.channel, message)

    async def fills(self, asking: Asking, text: str) -> Asking:
        """Write into the window that a tap opened, and send it."""
        modal = await self.server.until(lambda: asking.modal)
        inner = modal["components"][0]["component"]
        filled = [{"type": 18, "id": 1, "component": {"type": 4, "id": 2, "custom_id": inner["custom_id"], "value": text}}]
        data = {"custom_id": modal["custom_id"], "components": filled}
        return self.server.asks(self, 5, data, asking.channel, asking.message)
