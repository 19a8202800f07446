"""The second factor: time-based codes (RFC 6238, six digits, thirty seconds), each good once, sealed at rest."""

from __future__ import annotations

import hmac
import importlib
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any

from domain.errors import NotAllowed, WordNeeded
from domain.people import AccessMove, AccessMoved, Role
from domain.ports import Clock
from domain.tickets import CODE, Origin
from storage import states
from storage.bodies import read_body
from storage.store import Store, Tx
from storage.vault import Vault
from trading.bus import Bus, Unit

PART = "factor:"
STEP = 30
NEAR = (0, -1, 1)
"""Steps that are looked at: a clock may be half a minute off."""

TRIES = 3
LOCKED_FOR = timedelta(minutes=10)
ISSUER = "Foliopilot"


@dataclass(frozen=True, slots=True)
class Kept:
    """A person's factor: its sealed secret, whether it was proved once, the last step whose code was used, and the wrong tries."""

    human: str
    sealed: str
    proved: bool = False
    last: int = 0
    wrong: int = 0
    tried: datetime | None = None
    locked: datetime | None = None


class Outcome(Enum):
    """What a code was worth."""

    RIGHT = auto()
    WRONG = auto()
    LOCKED_NOW = auto()
    LOCKED = auto()
    NONE = auto()  # this person has no factor


class Factor:
    """The second factors of everybody on one account. `wall` is the machine's clock: an authenticator knows no simulated time."""

    def __init__(self, account: str, vault: Vault, wall: Clock) -> None:
        self._account = account
        self._vault = vault
        self._wall = wall
        self._proved: set[str] = set()
        self._bus: Bus | None = None
        self._clock = wall

    def connect(self, bus: Bus, clock: Clock) -> None:
        """From now on codes can be checked: what comes of them is journalled at the house's instants."""
        self._bus, self._clock = bus, clock

    async def load(self, store: Store) -> None:
        """Read who has one."""
        async with store.read() as tx:
            rows = await tx.select("states", account=self._account, since=("part", PART), until=("part", PART + "\U0010ffff"))
        kept = [read_body(Kept, row["body"], table="states", key=row["part"]) for row in rows]
        self._proved = {k.human for k in kept if k.proved}

    def has(self, human: str | None) -> bool:
        """True for a person with a factor that was proved."""
        return human in self._proved

    async def begin(self, origin: Origin, human: str) -> str:
        """A fresh secret in the place of one that was never proved, as the address an authenticator reads; it counts once it is proved."""
        secret: str = _pyotp().random_base32()
        async with self._unit(origin) as unit:
            await self._put(unit.tx, Kept(human, self._vault.seal(secret)))
        return str(_pyotp().TOTP(secret).provisioning_uri(name=human.partition(":")[2] or human, issuer_name=ISSUER))

    async def prove(self, origin: Origin, human: str, role: Role | None, code: str) -> None:
        """Return for a right code, which is used up by that; raises WordNeeded for any other. The first right one sets the factor up."""
        async with self._unit(origin) as unit:
            outcome = await self.check(unit.tx, human, code)
            if outcome is Outcome.LOCKED_NOW:
                unit.emit(self._moved(AccessMove.LOCKED, origin, role))
            elif outcome is Outcome.RIGHT and human not in self._proved:
                unit.emit(self._moved(AccessMove.FACTOR_ON, origin, role))
                unit.then(lambda: self._proved.add(human))
        if outcome is not Outcome.RIGHT:
            raise WordNeeded(_WORDS[outcome], word=CODE)

    async def end(self, origin: Origin, human: str, role: Role | None, code: str) -> None:
        """Take a factor away, for a right code of it; raises as `prove`."""
        await self.prove(origin, human, role, code)
        async with self._unit(origin) as unit:
            await unit.tx.delete("states", account=self._account, part=PART + human)
            unit.emit(self._moved(AccessMove.FACTOR_OFF, origin, role))
            unit.then(lambda: self._proved.discard(human))

    def _unit(self, origin: Origin) -> AbstractAsyncContextManager[Unit]:
        if self._bus is None:
            raise NotAllowed("This way in checks no codes.")
        return self._bus.unit(who=origin.who, origin=origin.chat)

    def _moved(self, move: AccessMove, origin: Origin, role: Role | None) -> AccessMoved:
        return AccessMoved(self._clock.now(), self._account, move, origin.who, "", role, origin.who)

    async def check(self, tx: Tx, human: str, code: str) -> Outcome:
        """What a code is worth now; a right one is used up, the third wrong one in ten minutes locks for ten."""
        kept = await self._get(tx, human)
        if kept is None:
            return Outcome.NONE
        now = self._wall.now()
        if kept.locked is not None and now < kept.locked:
            return Outcome.LOCKED
        step = self._step_of(kept, code, now)
        if step is not None:
            await self._put(tx, replace(kept, proved=True, last=step, wrong=0, tried=None, locked=None))
            return Outcome.RIGHT
        recent = kept.tried is not None and kept.locked is None and now - kept.tried < LOCKED_FOR
        wrong = (kept.wrong if recent else 0) + 1
        locked = now + LOCKED_FOR if wrong >= TRIES else None
        await self._put(tx, replace(kept, wrong=wrong, tried=now, locked=locked))
        return Outcome.LOCKED_NOW if locked is not None else Outcome.WRONG

    def _step_of(self, kept: Kept, code: str, now: datetime) -> int | None:
        """The step whose code this is, if it is near and no later one was used; every candidate is compared."""
        totp = _pyotp().TOTP(self._vault.open(kept.sealed))
        this = int(now.timestamp()) // STEP
        found = None
        for step in (this + near for near in NEAR):
            same = hmac.compare_digest(totp.generate_otp(step).encode(), code.replace(" ", "").encode())
            if same and step > kept.last:
                found = step
        return found

    async def _get(self, tx: Tx, human: str) -> Kept | None:
        return await states.get(tx, self._account, PART + human, Kept)

    async def _put(self, tx: Tx, kept: Kept) -> None:
        await states.put(tx, self._account, PART + kept.human, kept)


_WORDS = {
    Outcome.WRONG: "That is not the code your authenticator shows now, or it was used already. Nothing was done.",
    Outcome.LOCKED_NOW: "Three wrong codes: none is listened to for ten minutes. Nothing was done.",
    Outcome.LOCKED: "No code is listened to yet, after three wrong ones. Nothing was done.",
    Outcome.NONE: "You have no second factor here; `/totp on` sets one up. Nothing was done.",
}


def _pyotp() -> Any:
    """Loaded at the first code: an answer never pays for it."""
    return importlib.import_module("pyotp")
