"""Servers of Discord with their channels and threads, and what the bot may do there."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from tests.servers.discord_people import BOT, FAR_GUILD, FAR_ROOM, GUILD, ROOM, SELF
from tests.servers.discord_rules import Refused, wrong

TEXT, THREAD = 0, 11
LENGTHS = (60, 1440, 4320, 10080)
VIEW, SEND, HISTORY = "VIEW_CHANNEL", "SEND_MESSAGES", "READ_MESSAGE_HISTORY"
BEGIN, SEND_THERE, ATTACH, MANAGE = "CREATE_PUBLIC_THREADS", "SEND_MESSAGES_IN_THREADS", "ATTACH_FILES", "MANAGE_MESSAGES"


@dataclass
class Room:
    """A channel of a server, or a thread of one; `denied` is what the bot may not do there, of a thread what it may not in the channel."""

    id: str
    guild: str
    name: str = "desk"
    kind: int = TEXT
    parent: Room | None = None
    denied: set[str] = field(default_factory=set)
    archived: bool = False
    locked: bool = False

    def needs(self, *permissions: str) -> None:
        """Raise for the first that is missing: a channel that is not seen says another thing than one that is."""
        denied = (self.parent or self).denied
        if VIEW in denied:
            raise Refused(403, 50001, "Missing Access")
        if denied & set(permissions):
            raise Refused(403, 50013, "Missing Permissions")

    @property
    def json(self) -> dict[str, Any]:
        shown = {"id": self.id, "guild_id": self.guild, "type": self.kind, "name": self.name, "position": 0, "permission_overwrites": []}
        shown |= {"nsfw": False, "parent_id": self.parent.id if self.parent else None, "rate_limit_per_user": 0, "flags": 0}
        if self.kind == THREAD:
            stamp = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
            metadata = {"archived": self.archived, "auto_archive_duration": 1440, "archive_timestamp": stamp, "locked": self.locked}
            shown |= {"owner_id": SELF, "thread_metadata": metadata, "message_count": 0, "member_count": 1}
        return shown


class Rooms:
    """Every channel by its id. Two servers: the events of one go to the first of two shards, those of the other to the second."""

    def __init__(self, server: Any) -> None:
        self.server = server
        self.every = {ROOM: Room(ROOM, GUILD), FAR_ROOM: Room(FAR_ROOM, FAR_GUILD)}

    def __contains__(self, channel: str) -> bool:
        return channel in self.every

    def __getitem__(self, channel: str) -> Room:
        if channel not in self.every:
            raise Refused(404, 10003, "Unknown Channel")
        return self.every[channel]

    @property
    def threads(self) -> list[Room]:
        return [room for room in self.every.values() if room.kind == THREAD]

    def begun(self, channel: str, message: Any, body: dict[str, Any]) -> dict[str, Any]:
        """A thread at a message, with the message's own number; one that only its reader sees is no message of the channel."""
        room = self[channel]
        room.needs(BEGIN)
        if message is None:
            raise Refused(404, 10008, "Unknown Message")
        if room.kind != TEXT:
            raise Refused(400, 50024, "Cannot execute action on this channel type")
        if message.id in self.every:
            raise Refused(400, 160004, "A thread has already been created for this message")
        if not 1 <= len(body["name"]) <= 100 or not body["name"].strip():
            raise wrong("name: Must be between 1 and 100 in length.")
        if body.get("auto_archive_duration") not in LENGTHS:
            raise wrong("auto_archive_duration: Value must be one of (60, 1440, 4320, 10080).")
        made = self.every[message.id] = Room(message.id, room.guild, body["name"], THREAD, room)
        self.server.gateway.say("THREAD_CREATE", {**made.json, "newly_created": True})
        return made.json

    def posted(self, channel: str, body: dict[str, Any]) -> None:
        """A message is to be shown there; one in a thread takes it out of the archive, if no moderator locked it."""
        room = self[channel]
        room.needs(SEND_THERE if room.kind == THREAD else SEND)
        if room.locked:
            raise Refused(403, 160005, "Thread is locked")
        if body.get("message_reference") and HISTORY in (room.parent or room).denied:
            raise Refused(400, 160002, "Cannot reply without permission to read message history")
        if body.get("attachments"):
            room.needs(ATTACH)
        room.archived = False

    def edited(self, channel: str) -> None:
        """A message of ours is to be edited there."""
        room = self[channel]
        room.needs()
        if room.archived:
            raise Refused(400, 50083, "Thread is archived")

    def changed(self, channel: str, body: dict[str, Any]) -> dict[str, Any]:
        """A thread of ours is to be taken out of the archive."""
        room = self[channel]
        room.needs()
        if room.locked:
            raise Refused(403, 50013, "Missing Permissions")
        room.archived = body.get("archived", room.archived)
        return room.json

    def guild(self, ident: str) -> dict[str, Any]:
        """A server as a new session is told of it."""
        rooms = [r for r in self.every.values() if r.guild == ident and VIEW not in (r.parent or r).denied]
        me = {"user": BOT, "joined_at": "2026-01-01T00:00:00+00:00", "roles": [], "deaf": False, "mute": False, "flags": 0}
        return {
            **{"id": ident, "name": "Desk", "owner_id": "1", "roles": [_everyone(ident)], "emojis": [], "features": []},
            **{"channels": [r.json for r in rooms if r.kind == TEXT], "threads": [r.json for r in rooms if r.kind == THREAD]},
            **{"verification_level": 0, "default_message_notifications": 0, "explicit_content_filter": 0, "mfa_level": 0},
            **{"members": [me], "member_count": 1, "stage_instances": [], "guild_scheduled_events": [], "premium_tier": 0, "stickers": []},
            **{"system_channel_flags": 0, "preferred_locale": "en-US", "afk_timeout": 60, "nsfw_level": 0, "large": False},
            **{"voice_states": [], "presences": [], "soundboard_sounds": [], "premium_progress_bar_enabled": False},
        }


def _everyone(guild: str) -> dict[str, Any]:
    return {
        **{"id": guild, "name": "@everyone", "color": 0, "hoist": False, "position": 0, "permissions": "0", "managed": False, "flags": 0},
        **{"mentionable": False, "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None}},
    }
