"""People as rows: one for every identity, the newest word about each."""

from dataclasses import replace

from domain.people import Member, Role
from storage import people
from storage.store import Store
from tests.fakes.market import utc

ADA = Member("main", "telegram", "11", Role.VIEWER, "h1", "11", "Ada", utc("2025-10-10 14:30"), "terminal:owner")


async def test_an_identity_is_kept_changed_and_forgotten(store: Store) -> None:
    bob = replace(ADA, person="22", chat="22", name="Bob")
    async with store.write() as tx:
        await people.put(tx, ADA)
        await people.put(tx, bob)
        await people.put(tx, replace(ADA, role=Role.OWNER))
        await people.put(tx, replace(ADA, account="other"))
    async with store.read() as tx:
        assert await people.all(tx, "main") == [replace(ADA, role=Role.OWNER), bob]
    async with store.write() as tx:
        await people.remove(tx, ADA)
    async with store.read() as tx:
        assert await people.all(tx, "main") == [bob]
        assert len(await people.all(tx, "other")) == 1
