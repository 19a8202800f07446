"""Who has a role on which account, one row for every identity on a platform."""

from __future__ import annotations

from domain import codec
from domain.people import Member
from storage.bodies import read_body
from storage.store import Tx


async def all(tx: Tx, account: str) -> list[Member]:
    """Everybody on an account, in the order they were first let in."""
    rows = await tx.select("people", account=account, order="seq")
    return [read_body(Member, row["body"], table="people", key=f"{row['platform']}:{row['person']}") for row in rows]


async def put(tx: Tx, member: Member) -> None:
    """Keep an identity, in place of what it was before."""
    key = {"account": member.account, "platform": member.platform, "person": member.person}
    body = codec.dumps(member)
    if not await tx.insert("people", {**key, "body": body}):
        await tx.update("people", {"body": body}, **key)


async def remove(tx: Tx, member: Member) -> None:
    """Forget an identity; what it did stays in the journal."""
    await tx.delete("people", account=member.account, platform=member.platform, person=member.person)
