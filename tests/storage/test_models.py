"""What was said with a model and what it took, as rows."""

from datetime import date

from domain.speech import Exchange, Spent
from storage import model_use, talks
from storage.model_use import ModelUse
from storage.store import Store
from tests.fakes.market import utc

AT = utc("2025-10-10 14:30")
DAY = date(2025, 10, 10)


async def test_what_was_said_is_kept_for_its_person_up_to_a_number_and_forgotten(store: Store) -> None:
    async with store.write() as tx:
        for number in range(talks.KEPT + 3):
            await talks.add(tx, "main", "ada", Exchange(f"q{number}", f"a{number}"), AT)
        await talks.add(tx, "main", "bob", Exchange("his", "own"), AT)
        await talks.add(tx, "other", "ada", Exchange("another", "account"), AT)
    async with store.read() as tx:
        kept = await talks.of(tx, "main", "ada")
        assert [e.asked for e in kept] == [f"q{n}" for n in range(3, talks.KEPT + 3)]
    async with store.write() as tx:
        assert await talks.forget(tx, "main", "ada") == talks.KEPT
    async with store.read() as tx:
        assert await talks.of(tx, "main", "ada") == []
        assert await talks.of(tx, "main", "bob") == [Exchange("his", "own")]
        assert len(await talks.of(tx, "other", "ada")) == 1


async def test_what_answers_took_is_counted_by_person_day_and_model(store: Store) -> None:
    async with store.write() as tx:
        await model_use.add(tx, "main", "ada", DAY, "small", Spent(100, 10))
        await model_use.add(tx, "main", "ada", DAY, "small", Spent(50, 5))
        await model_use.add(tx, "main", "ada", DAY, "large", Spent(7, 1))
        await model_use.add(tx, "main", "bob", DAY, "small", Spent(1, 1))
        await model_use.add(tx, "main", "ada", date(2025, 10, 9), "small", Spent(3, 3))
    async with store.read() as tx:
        assert await model_use.of_day(tx, "main", "ada", DAY) == Spent(157, 16)
        assert await model_use.of_day(tx, "main", "eve", DAY) == Spent()
        assert await model_use.by_model(tx, "main", DAY) == [ModelUse("large", 1, Spent(7, 1)), ModelUse("small", 3, Spent(151, 16))]
        assert (await model_use.by_model(tx, "main"))[1] == ModelUse("small", 4, Spent(154, 19))
