"""Strangers: what somebody without a role is told, the codes they may try, and the word to the owners that they asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from commands import pairing
from commands.access import People
from commands.pairing import Offer, Outcome
from commands.refusal import plain
from domain.chat import Button, Buttons, Incoming, Reply, Text, Tone
from domain.people import AccessMove, AccessMoved, Member
from domain.ports import Clock
from domain.tickets import Origin
from storage import states
from trading.bus import Bus

PART = "strangers"
QUIET_FOR = timedelta(hours=1)
MOST_REMEMBERED = 200
LONGEST_NAME = 40


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asked to be let in, as `platform:id`, and when the owners were told last."""

    told: Mapping[str, datetime] = field(default_factory=dict)


class Strangers:
    """Answers those who have no role on one account. They learn their own id and nothing else, whatever they type."""

    def __init__(self, people: People, bus: Bus, clock: Clock, *, read_only: bool = False) -> None:
        self._people = people
        self._bus = bus
        self._clock = clock
        self._read_only = read_only

    async def answer(self, incoming: Incoming) -> Reply:
        """The reply to any line or tap: their id, or what became of their code. The owners are told once an hour that somebody asked."""
        origin = incoming.origin
        code = pairing.code_in(incoming.text) if incoming.payload is None and not incoming.group else None
        if code is not None and not self._read_only:
            return await self._tried(incoming, code)
        if not incoming.group and not self._read_only:
            await self._told(incoming)
        return unknown(origin)

    async def _tried(self, incoming: Incoming, code: str) -> Reply:
        origin, now, account = incoming.origin, self._clock.now(), self._people.account
        async with self._bus.unit(who=origin.who, origin=origin.chat) as unit:
            outcome, offer = await pairing.redeem(unit.tx, account, origin.who, code, now)
            if offer is not None:
                member = self._member(incoming, offer, now)
                await self._people.put(unit.tx, member)
                unit.emit(AccessMoved(now, account, AccessMove.ADMITTED, member.who, member.name, member.role, offer.by))
                unit.then(lambda: self._people.took(member))
            elif outcome is Outcome.LOCKED_NOW:
                unit.emit(AccessMoved(now, account, AccessMove.LOCKED, origin.who, _name(incoming), None, origin.who))
        if offer is not None:
            return welcome(offer.role.value)
        if outcome is Outcome.WRONG:
            return plain("not_allowed", "That code is not valid: codes work once, for ten minutes. Ask the owner for a new one.")
        return plain("not_allowed", "Too many wrong codes. Nothing you type is looked at for ten minutes.")

    def _member(self, incoming: Incoming, offer: Offer, now: datetime) -> Member:
        origin = incoming.origin
        return Member(
            self._people.account, origin.platform, origin.person, offer.role, offer.human, origin.chat, _name(incoming), now, offer.by
        )

    async def _told(self, incoming: Incoming) -> None:
        """Tell the owners that somebody asked; at most once an hour for each identity."""
        now, who, account = self._clock.now(), incoming.origin.who, self._people.account
        async with self._bus.unit(who=who, origin=incoming.origin.chat) as unit:
            asked = await states.get(unit.tx, account, PART, Asked) or Asked()
            last = asked.told.get(who)
            if last is not None and now - last < QUIET_FOR:
                return
            told = dict(sorted({**asked.told, who: now}.items(), key=lambda pair: pair[1])[-MOST_REMEMBERED:])
            await states.put(unit.tx, account, PART, Asked(told))
            unit.emit(AccessMoved(now, account, AccessMove.ASKED, who, _name(incoming), None, who))


def unknown(origin: Origin) -> Reply:
    """All that a stranger learns: their own id, and that an owner must approve it."""
    asks = "An owner of this installation must approve that id before anything is shown here."
    return plain("not_allowed", f"You are {origin.person} on {origin.platform}. {asks}")


def welcome(role: str) -> Reply:
    """The first answer to somebody who was let in."""
    article = "an" if role == "owner" else "a"
    lead = Text(f"You are in, as {article} {role} of this account.", Tone.LEAD)
    note = Text("This is software, not investment advice. Type a question, or / for commands and # for actions.")
    return Reply((lead, note, Buttons((Button("Positions", "/positions"), Button("Today", "/profit-loss today"), Button("Help", "/help")))))


def _name(incoming: Incoming) -> str:
    """What the platform calls the person, without what could reorder or fake a line."""
    return "".join(c for c in incoming.name if c.isprintable())[:LONGEST_NAME].strip()
