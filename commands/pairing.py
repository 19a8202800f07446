"""Pairing: an eight-character code, shown to an owner and typed by the person it is for, once and within ten minutes."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum, auto

from domain.ids import ALPHABET, LENGTH, RandomIds
from domain.people import Role
from storage import states
from storage.store import Tx

LIFE = timedelta(minutes=10)
TRIES = 3
LOCKED_FOR = timedelta(minutes=10)
PART = "pairing"
PREFIX = "pair_"
MOST_REMEMBERED = 200

_CODE = re.compile(rf"(?:/start(?:@\w+)?\s+{PREFIX}|/pair(?:@\w+)?\s+)?([{ALPHABET}]{{{LENGTH}}})\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Offer:
    """A code that waits: its digest, whom it lets in as what, until when, and who offered it."""

    digest: str
    human: str
    role: Role
    expires: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Tried:
    """Wrong codes of one identity: how many, the last of them when, and until when it is not listened to."""

    count: int
    at: datetime
    locked: datetime | None = None


@dataclass(frozen=True, slots=True)
class Codes:
    """What is remembered of codes on one account: the one that waits, and who tried wrong ones."""

    offer: Offer | None = None
    tried: Mapping[str, Tried] = field(default_factory=dict)


class Outcome(Enum):
    """What became of a code that somebody typed."""

    RIGHT = auto()
    WRONG = auto()
    LOCKED_NOW = auto()
    LOCKED = auto()


def code_in(text: str) -> str | None:
    """The code a line is, in lower case: alone, after `/pair`, or as the end of a link; None for any other line."""
    found = _CODE.match(text.strip())
    return found[1].lower() if found is not None else None


async def offer(tx: Tx, account: str, human: str, role: Role, by: str, now: datetime) -> str:
    """A fresh code in the place of the one that waited; only its digest is kept."""
    code = RandomIds().new()
    codes = await states.get(tx, account, PART, Codes) or Codes()
    await states.put(tx, account, PART, replace(codes, offer=Offer(_digest(code), human, role, now + LIFE, by)))
    return code


async def redeem(tx: Tx, account: str, who: str, code: str, now: datetime) -> tuple[Outcome, Offer | None]:
    """What a code is worth to `who`: the offer it belongs to, used up by that, or a wrong try; the third in ten minutes locks for ten."""
    codes = await states.get(tx, account, PART, Codes) or Codes()
    before = codes.tried.get(who)
    if before is not None and before.locked is not None and now < before.locked:
        return Outcome.LOCKED, None
    waiting = codes.offer
    if waiting is not None and now < waiting.expires and hmac.compare_digest(waiting.digest, _digest(code)):
        rest = {w: t for w, t in codes.tried.items() if w != who}
        await states.put(tx, account, PART, Codes(None, rest))
        return Outcome.RIGHT, waiting
    recent = before is not None and before.locked is None and now - before.at < LOCKED_FOR
    count = (before.count if recent and before is not None else 0) + 1
    locked = now + LOCKED_FOR if count >= TRIES else None
    tried = {w: t for w, t in codes.tried.items() if now - t.at < LOCKED_FOR and w != who} | {who: Tried(count, now, locked)}
    kept = dict(sorted(tried.items(), key=lambda pair: pair[1].at)[-MOST_REMEMBERED:])
    await states.put(tx, account, PART, Codes(waiting, kept))
    return (Outcome.LOCKED_NOW if locked else Outcome.WRONG), None


def _digest(code: str) -> str:
    return hashlib.sha256(code.lower().encode()).hexdigest()
