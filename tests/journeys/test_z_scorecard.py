"""Z: what was suggested is remembered, followed, scored over simulated sessions, and told."""

from typing import get_args

from commands.slash.scorecard import RuleName
from copilot.recommend import BY_NAME
from domain.advice import Adoption
from domain.errors import StorageFailed
from storage import recommendations
from tests.copilot.figures_in import unsupported
from tests.journeys.chat import chat


async def shown(reader):
    async with reader.house.store.read() as tx:
        return await recommendations.shown(tx, "demo")


async def scores(reader):
    async with reader.house.store.read() as tx:
        return await recommendations.scores(tx, "demo")


async def test_from_a_suggestion_to_its_score(tmp_path):
    async with chat(tmp_path) as reader:
        await reader.pushes()
        assert (await reader.say("/scorecard")).startswith("No suggestion was shown here yet, so there is nothing to score.")
        told = await reader.say("/what-to-do")
        assert "no record yet; confidence" in told
        first = await shown(reader)
        assert len(first) == 3
        assert all(a.line in told for a in first)
        await reader.say("/what-to-do")
        await reader.say("what should I do?")
        await reader.say("/what-happened today")
        assert await shown(reader) == first, "said again it is the same advice"
        assert (await reader.say("/scorecard")).startswith("Nothing has been scored yet: the first score comes after the close, ")

        trim = next(a for a in first if a.line.startswith("#") and "close" in a.line)
        await reader.card(trim.line)
        await reader.say("yes")
        await reader.pushes()
        assert "1 followed" in await reader.say("/usage")

        await reader.say("/demo forward 2d")
        await reader.pushes()
        assert {s.horizon for s in await scores(reader)} == {1}
        after_one = await reader.reply("/scorecard")
        assert unsupported(after_one) == []
        assert "after 1 session" in await reader.say("/scorecard")
        await reader.say("/demo forward 7d")
        await reader.pushes()
        assert {s.horizon for s in await scores(reader)} == {1, 5}
        became = {a.id: a.adoption for a in await shown(reader)}
        assert became[trim.id] is Adoption.FOLLOWED
        assert {became[a.id] for a in first if a.id != trim.id} == {Adoption.IGNORED}
        await reader.say("/demo forward 25d")
        await reader.pushes()
        found = [s for s in await scores(reader) if s.advice in {a.id for a in first}]
        assert sorted(s.horizon for s in found) == [1, 1, 1, 5, 5, 5, 20, 20, 20]

        card = await reader.reply("/scorecard")
        assert unsupported(card) == []
        said = await reader.say("/scorecard")
        assert "of my suggestions were right after 5 sessions" in said
        assert "not distinguishable from chance" in said
        assert "1 followed, 2 ignored" in said
        assert "SPY meanwhile" in said
        rule = trim.rule.replace("_", "-")
        assert unsupported(await reader.reply(f"/scorecard {rule}")) == []
        assert "By horizon, average gain" in await reader.say(f"/scorecard {rule}")
        await reader.say("/scorecard")
        why = await reader.say("/why")
        assert "the first is hit rate = " in why
        assert "scores above zero / scores that are not zero" in why
        assert "its only one that made a difference so far was " in await reader.say("/what-to-do")
        assert await reader.whole()


async def test_what_is_used_is_told(tmp_path):
    async with chat(tmp_path) as reader:
        assert (await reader.say("/usage")).startswith("Nothing has been counted on this account yet.")
        for line in ("/positions", "/positions", "/nonsense", "#AAPL close 5"):
            await reader.say(line)
        await reader.pushes()
        reply = await reader.reply("/usage")
        assert unsupported(reply) == []
        said = await reader.say("/usage")
        assert "most often positions, 2 times" in said
        assert "0 shown" in said


async def test_asking_writes_nothing_down(tmp_path):
    async with chat(tmp_path, read_only=True) as reader:
        await reader.say("/what-to-do")
        assert await shown(reader) == []


async def test_a_database_that_refuses_stops_no_answer(tmp_path, monkeypatch):
    async with chat(tmp_path) as reader:

        async def refuses(*_, **__):
            raise StorageFailed("full")

        monkeypatch.setattr(recommendations, "add", refuses)
        monkeypatch.setattr(recommendations, "shown", refuses)
        assert "things to do" in await reader.say("/what-to-do")


def test_every_rule_can_be_asked_for():
    assert [name.replace("-", "_") for name in get_args(RuleName)] == list(BY_NAME)
