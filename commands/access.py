"""Who may do what: one function for every line and every button, on every platform."""

from __future__ import annotations

from enum import StrEnum

from domain.chat import Access, Failure, Reply, ReplyKind, Text, Tone
from domain.errors import NotAllowed
from domain.tickets import Origin

LOCAL = frozenset({"terminal", "ask"})
"""Platforms where the person at the keyboard already has the files and the keys, and so owns everything."""


class Role(StrEnum):
    """What a person is to this installation."""

    OWNER = "owner"
    STRANGER = "stranger"


def role(origin: Origin) -> Role:
    """The role of whoever sent a line; an empty list of approved people admits nobody but the terminal."""
    return Role.OWNER if origin.platform in LOCAL else Role.STRANGER


def is_owner(origin: Origin) -> bool:
    """True for a person who owns the installation; what the ticket desk asks before it allows trading again."""
    return role(origin) is Role.OWNER


def require(origin: Origin, access: Access) -> None:
    """Let a line or a button through, or raise NotAllowed."""
    if role(origin) is not Role.OWNER:
        raise NotAllowed(f"Only an owner may do that ({access.value}).")


def stranger(origin: Origin) -> Reply:
    """All that a stranger learns: their own id, and that an owner must approve it."""
    message = (
        f"You are {origin.person} on {origin.platform}. An owner of this installation must approve that id before anything is shown here."
    )
    return Reply((Text(message, Tone.LEAD),), kind=ReplyKind.ERROR, failure=Failure("not_allowed", message))
