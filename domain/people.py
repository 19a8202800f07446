"""Who may do what on an account: roles, the people who have one, and the chats a person is reached in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from domain.chat import Access
from domain.event import Event


class Role(StrEnum):
    """What a person may do on an account; each role may do what the one before it may."""

    VIEWER = "viewer"  # asks
    TRADER = "trader"  # draws up cards and answers them
    OWNER = "owner"  # changes limits and people, and allows trading again

    def allows(self, access: Access) -> bool:
        """True when this role may use commands of that access."""
        return access in _ALLOWS[self]


_ALLOWS = {
    Role.VIEWER: frozenset({Access.READ}),
    Role.TRADER: frozenset({Access.READ, Access.PROPOSE}),
    Role.OWNER: frozenset(Access),
}


class Sight(StrEnum):
    """What a group that others read along in is shown, where an owner allowed it."""

    WORDS = "words"  # answers without their figures
    FIGURES = "figures"


@dataclass(frozen=True, slots=True)
class Groups:
    """What each group of an account is shown, by `platform:chat`; nothing where it is not named."""

    shown: Mapping[str, Sight] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Member:
    """One identity of a person on one platform, with its role on one account.

    `human` is the same for every identity of one person; `chat` is where this identity is written to; `by` is who let it in.
    """

    account: str
    platform: str
    person: str
    role: Role
    human: str
    chat: str
    name: str
    since: datetime
    by: str

    @property
    def who(self) -> str:
        """The identity as the journal writes it."""
        return f"{self.platform}:{self.person}"


class AccessMove(StrEnum):
    """What happened to somebody's access."""

    ASKED = "asked"
    ADMITTED = "admitted"
    CHANGED = "changed"
    REMOVED = "removed"
    LOCKED = "locked"  # too many wrong codes
    FACTOR_ON = "factor on"
    FACTOR_OFF = "factor off"
    UNREACHABLE = "unreachable"  # their chat takes nothing any more
    GROUP = "group"  # an owner changed what a group is shown; `person` is the group and `name` what it is shown


@dataclass(frozen=True, slots=True)
class AccessMoved(Event):
    """Somebody asked to be let in, was let in, changed or removed, or tried codes; `person` is `platform:id`, `who` the one who did it."""

    move: AccessMove
    person: str
    name: str
    role: Role | None
    who: str
