"""Who may do what: one place for every line and every button, on every platform."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from commands.factor import Factor
from domain.alerts import Alert
from domain.chat import Access
from domain.errors import NotAllowed
from domain.people import Groups, Member, Role, Sight
from domain.tickets import CODE, Origin
from storage import messages, people, states
from storage.outbox import HOME
from storage.store import Store, Tx

LOCAL = frozenset({"terminal", "ask"})
"""Platforms where the person at the keyboard already has the files and the keys, and so owns everything."""

ACCESS = "access-"
"""How the kinds of alert begin that are about who may do what."""

GROUPS = "groups"
KEEPER = "keeper"
"""The person at the keyboard, as one human in every chat that was paired from there."""


class People:
    """Everybody on one account, as the database has it; nobody but the person at the keyboard before anybody is let in."""

    def __init__(self, account: str = "", members: Iterable[Member] = (), factor: Factor | None = None) -> None:
        self.account = account
        self.factor = factor
        self._members = {(m.platform, m.person): m for m in members}
        self.groups = Groups()
        self.links: dict[str, Callable[[str], str]] = {}
        """Of each platform that is connected, how its bot is opened with a word to begin with; the address is empty where it has none."""

    async def load(self, store: Store) -> None:
        """Read who there is."""
        async with store.read() as tx:
            self._members = {(m.platform, m.person): m for m in await people.all(tx, self.account)}
            self.groups = await states.get(tx, self.account, GROUPS, Groups) or Groups()
        if self.factor is not None:
            await self.factor.load(store)

    @property
    def members(self) -> Sequence[Member]:
        """Everybody, in the order they were let in."""
        return tuple(self._members.values())

    def member(self, platform: str, person: str) -> Member | None:
        """The identity of that platform, or None."""
        return self._members.get((platform, person))

    def role(self, origin: Origin) -> Role | None:
        """The role of whoever sent a line; None for a stranger."""
        if origin.platform in LOCAL:
            return Role.OWNER
        found = self.member(origin.platform, origin.person)
        return found.role if found is not None else None

    def owns(self, origin: Origin) -> bool:
        """True for an owner; what the ticket desk asks before it allows trading again."""
        return self.role(origin) is Role.OWNER

    def answers(self, origin: Origin, asked: Origin) -> bool:
        """True when a card that `asked` asked for may be answered from `origin`: by the same person anywhere, or by an owner."""
        mine = self.human(origin)
        same = (origin.platform, origin.person) == (asked.platform, asked.person) or (mine is not None and mine == self.human(asked))
        return same or (self.owns(origin) and asked.platform not in LOCAL)

    def human(self, origin: Origin) -> str | None:
        """The person behind an identity, the same in all their chats; None for a stranger."""
        found = self.member(origin.platform, origin.person)
        if found is not None or origin.platform not in LOCAL:
            return found.human if found is not None else None
        return f"{KEEPER}:{origin.person}" if origin.person != "owner" else KEEPER

    def chats(self, alert: Alert) -> Sequence[str]:
        """Every chat that an alert goes to, the terminal's first; what is about access goes to owners only."""
        private = alert.kind.startswith(ACCESS)
        told = (m for m in self._members.values() if m.role is Role.OWNER or not private)
        return tuple(dict.fromkeys([HOME, *(f"{m.platform}:{m.chat}" for m in told)]))

    async def follows(self, tx: Tx, alert: Alert) -> Sequence[str]:
        """The groups beside those chats that are told how an order goes: those where its card stands, while they are shown figures."""
        if not alert.reply.order or not alert.reply.thread or Sight.FIGURES not in self.groups.shown.values():
            return ()
        found = await messages.chats(tx, self.account, alert.reply.thread)
        return [name for name in found if self.groups.shown.get(name.partition("/")[0]) is Sight.FIGURES]

    def sight(self, origin: Origin) -> Sight | None:
        """What the group of a line is shown; None for nothing. A topic of a group (`chat/topic`) is shown what the group is."""
        return self.groups.shown.get(f"{origin.platform}:{origin.chat.partition('/')[0]}")

    def reads(self, platform: str, chat: str) -> Sight | None:
        """What may be shown in a chat now: figures where a member is written to, and in a group what an owner allowed there."""
        if any(m.platform == platform and m.chat == chat for m in self._members.values()):
            return Sight.FIGURES
        return self.sight(Origin(platform, chat, ""))

    def guarded(self, origin: Origin) -> bool:
        """True for a person with a second factor."""
        return self.factor is not None and self.factor.has(self.human(origin))

    def word(self, origin: Origin, word: str | None, *, weighty: bool) -> str | None:
        """What a card asks for besides the tap: its own word, or a code where it is weighty and the person has a second factor."""
        return CODE if weighty and self.guarded(origin) else word

    async def prove(self, origin: Origin, code: str) -> None:
        """Return for a right code, which is used up by that; raises WordNeeded for a wrong one, NotAllowed where none can be right."""
        human = self.human(origin)
        if self.factor is None or human is None or not self.factor.has(human):
            raise NotAllowed("This asks for a code, and you have no second factor here.", example="/totp on")
        await self.factor.prove(origin, human, self.role(origin), code)

    async def put(self, tx: Tx, member: Member) -> None:
        """Write an identity down; it counts once `took` is told after the commit."""
        await people.put(tx, member)

    async def drop(self, tx: Tx, member: Member) -> None:
        """Forget an identity; it counts once `lost` is told after the commit."""
        await people.remove(tx, member)

    async def put_groups(self, tx: Tx, groups: Groups) -> None:
        """Write down what groups are shown; it counts once `groups` is set after the commit."""
        await states.put(tx, self.account, GROUPS, groups)

    def took(self, member: Member) -> None:
        """From now on this identity may do what its role allows."""
        self._members[member.platform, member.person] = member

    def lost(self, member: Member) -> None:
        """From now on this identity is a stranger."""
        self._members.pop((member.platform, member.person), None)


def require(role: Role | None, access: Access) -> None:
    """Let a line or a button through, or raise NotAllowed with the role it takes."""
    if role is None or not role.allows(access):
        needed = next(r for r in Role if r.allows(access))
        article = "an" if needed is Role.OWNER else "a"
        raise NotAllowed(f"Only {article} {needed} of this account may do that{f'; you are a {role}' if role is not None else ''}.")
