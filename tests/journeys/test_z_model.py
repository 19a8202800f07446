"""A model that words answers: in time, checked, counted and remembered; and one that fails: behind it an answer still comes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.plain import render
from commands.draft import Draft
from domain.chat import Incoming, Reply
from domain.clock import ManualClock
from tests.journeys.chat import OWNER, Chat, chat
from tests.servers.openai import KEY, Babbles, Calls, Endless, Fails, OpenAIServer, Says, Script, Turn, each, told

YESTERDAY = "What happened yesterday?"
COMPOSED = "You were up $1,089.66 (+0.96%) yesterday"


@asynccontextmanager
async def talking(server: OpenAIServer, home: Path, script: Script, *, patience: float = 10.0, **more: Any) -> AsyncIterator[Chat]:
    """A chat whose answers the scripted model words."""
    server.script = script
    configured = {"model": "scripted", "openai_api_key": KEY, "openai_base_url": server.base, **more}
    async with chat(home, configured=configured) as talk:
        assert talk.house.front.voice is not None
        talk.house.front.voice.patience = patience
        await talk.house.front.voice.warm()  # the first import of the libraries is no part of an answer
        yield talk


GOOD = "You were up $1,089.66 yesterday, a gain of 0.96%. BTC made $420.38 of that.\n\nThe market (SPY) moved +0.52%."


async def test_the_words_are_the_models_and_the_rest_is_the_houses(server: OpenAIServer, tmp_path: Path) -> None:
    async with talking(server, tmp_path, each(Says(GOOD))) as talk:
        text = await talk.say(YESTERDAY)
    assert text.startswith("You were up $1,089.66 yesterday, a gain of 0.96%. BTC made $420.38 of that.\n\nThe market")
    assert "Words by scripted, checked against the facts." in text
    assert "simulated prices and news" in text
    assert ".1 Prepare UNH" in text


async def test_what_it_reads_is_the_brief_and_what_it_may_call_is_reading(server: OpenAIServer, tmp_path: Path) -> None:
    async with talking(server, tmp_path, each(Says(GOOD))) as talk:
        await talk.say(YESTERDAY)
    request = server.requests[0]
    rules, question = told(request)
    assert rules.startswith("You are the voice of Foliopilot")
    assert "P/L yesterday +$1,089.66 +0.96%" in question
    assert question.endswith(f"QUESTION\n{YESTERDAY}")
    names = {t["function"]["name"] for t in request["tools"]}
    assert {"positions", "news", "what-to-do", "prepare"} <= names
    assert not names & {"demo", "audit", "totp", "pair", "people", "group", "forget", "orphans", "mandate", "automation", "alerts"}


async def test_two_questions_send_the_same_beginning(server: OpenAIServer, tmp_path: Path) -> None:
    async with talking(server, tmp_path, each(Says(GOOD))) as talk:
        await talk.say(YESTERDAY)
        await talk.say("Why am I down today?")
    first, second = server.requests
    assert first["messages"][0] == second["messages"][0]
    assert first["tools"] == second["tools"]


async def test_a_line_or_a_quote_needs_nobodys_words(server: OpenAIServer, tmp_path: Path) -> None:
    async with talking(server, tmp_path, each(Says("never"))) as talk:
        for line in ("/what-happened", "#AAPL close 50%", "sell half of my apple shares", "price of nvidia?", "thanks!", "write me a poem"):
            assert "never" not in await talk.say(line)
    assert server.requests == []


async def test_what_is_not_understood_goes_to_the_model(server: OpenAIServer, tmp_path: Path) -> None:
    script = each(Calls((("positions", {}),)), Says("Your largest position is NVDA at 10.6%."))
    async with talking(server, tmp_path, script) as talk:
        text = await talk.say("gimme the big kahuna in there")
        assert "Your largest position is NVDA at 10.6%." in text
        assert "I did not understand" not in text
        assert "Whose words" in await talk.say("/why")


async def test_what_was_said_is_remembered_and_forgotten(server: OpenAIServer, tmp_path: Path) -> None:
    async with talking(server, tmp_path, each(Says(GOOD))) as talk:
        await talk.say(YESTERDAY)
        await talk.say("Why am I down today?")
        assert told(server.requests[1])[1:2] == [YESTERDAY]
        assert "Forgotten: 2 questions" in await talk.say("/forget")
        await talk.say(YESTERDAY)
    assert len(told(server.requests[2])) == 2


async def test_tokens_and_cost_are_counted(server: OpenAIServer, tmp_path: Path) -> None:
    prices: dict[str, Any] = {"model_price_read": Decimal(2), "model_price_written": Decimal(10)}
    async with talking(server, tmp_path, each(Says(GOOD)), **prices) as talk:
        await talk.say(YESTERDAY)
        usage = await talk.say("/usage")
    assert "scripted        1   1,100      $0.00" in usage  # (1,000 * 2 + 100 * 10) / a million = $0.003
    assert "Words by a model" in usage


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"model_tokens": 1000}, "today's 1,000 tokens are used"),
        ({"model_dollars": Decimal("0.01"), "model_price_read": Decimal(20)}, "today's $0.01 are used"),
    ],
)
async def test_a_ration_that_is_used_up_leaves_the_composed_answer(server: OpenAIServer, tmp_path: Path, more: Any, said: str) -> None:
    async with talking(server, tmp_path, each(Says(GOOD)), **more) as talk:
        await talk.say(YESTERDAY)
        text = await talk.say(YESTERDAY)
        assert text.startswith(COMPOSED)
        assert said in text
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("turn", "why"),
    [
        (Fails(500), "gave no answer, its server answered with status 500"),
        (Fails(401), "gave no answer, its server refuses the key"),
        (Fails(429, after="0"), "gave no answer, its server takes nothing for now"),
        (Fails(400, '{"error": {"message": "context length exceeded"}}'), "gave no answer, that was more than it can read"),
        (Babbles("<html>"), "Composed here"),
        (Says(""), "said nothing"),
        (Says("I am sorry, but I cannot help with that."), "does not follow from the facts"),
        (Says("You idiot. Only a fool holds this."), "does not follow from the facts"),
        (Says("Es war einmal ein Markt."), "does not follow from the facts"),
        (Says("I am", cut=1), "gave no answer"),
        (Calls((("rob-bank", {}),)), "said nothing"),
        (Calls((("positions", '{"symbol": '),)), "said nothing"),
        (Calls((("positions", {"symbol": 7, "x": []}),)), "said nothing"),
        (Calls(tuple(("positions", {}) for _ in range(200))), "said nothing"),
    ],
)
async def test_behind_a_model_that_fails_stands_the_composed_answer(server: OpenAIServer, tmp_path: Path, turn: Turn, why: str) -> None:
    async with talking(server, tmp_path, each(turn)) as talk:
        text = await talk.say(YESTERDAY)
    assert text.startswith(COMPOSED)
    assert why in text
    assert KEY not in text


async def test_a_server_that_is_away_and_one_whose_model_cannot_be_made(tmp_path: Path) -> None:
    away = {"model": "gone", "openai_base_url": "http://127.0.0.1:9/v1"}
    async with chat(tmp_path / "a", configured=away) as talk:
        assert "gone gave no answer, its server cannot be reached" in await talk.say(YESTERDAY)
    async with chat(tmp_path / "b", configured={"model": "nobody:nothing"}) as talk:
        text = await talk.say(YESTERDAY)
        assert text.startswith(COMPOSED)
        assert "The model nobody:nothing cannot be used" in text


async def test_words_in_another_language_are_checked_as_well(server: OpenAIServer, tmp_path: Path) -> None:
    said = "Gestern gab es einen Gewinn von $1.089,66. AAPL verlor $900.00."
    async with talking(server, tmp_path, each(Says(said))) as talk:
        text = await talk.say("Was ist gestern passiert?")
    assert text.startswith("Gestern gab es einen Gewinn von $1.089,66.")
    assert "900" not in text


async def test_a_slow_model_is_not_waited_for_where_nobody_watches(server: OpenAIServer, tmp_path: Path) -> None:
    async with talking(server, tmp_path, each(Says(GOOD, wait=3)), patience=0.2) as talk:
        begun = time.monotonic()
        text = await talk.say(YESTERDAY)
        assert time.monotonic() - begun < 1.5
    assert text.startswith(COMPOSED)
    assert "scripted had no words within 0.2 seconds" in text


class Watcher:
    """Somebody who sees an answer grow."""

    def __init__(self) -> None:
        self.draft = Draft()
        self.seen: list[str] = []
        self.draft.began = lambda: setattr(self, "task", asyncio.create_task(self._watch()))

    async def _watch(self) -> None:
        while True:
            self.seen.append(render(await self.draft.grown(), width=1000))

    async def ask(self, talk: Chat, line: str) -> Reply:
        clock = talk.house.floor.clock
        assert isinstance(clock, ManualClock)
        try:
            return await talk.house.front.handle(Incoming("w1", OWNER, line, clock.now()), self.draft)
        finally:
            if hasattr(self, "task"):
                self.task.cancel()


async def test_where_somebody_watches_the_composed_answer_comes_first_and_the_models_follows(server: OpenAIServer, tmp_path: Path) -> None:
    watcher = Watcher()
    async with talking(server, tmp_path, each(Says(GOOD, wait=0.6)), patience=0.1) as talk:
        reply = await watcher.ask(talk, YESTERDAY)
    assert watcher.seen[0].startswith(COMPOSED)
    assert "Composed here; scripted is still at it." in watcher.seen[0]
    assert render(reply).startswith("You were up $1,089.66 yesterday, a gain")


async def test_sentences_are_seen_as_they_are_done_with_a_line_for_each_tool(server: OpenAIServer, tmp_path: Path) -> None:
    watcher = Watcher()
    async with talking(server, tmp_path, each(Calls((("positions", {}),)), Says(GOOD, pause=0.02))) as talk:
        await watcher.ask(talk, YESTERDAY)
    assert watcher.seen[0] == "· looked at /positions"
    first = next(s for s in watcher.seen if s.startswith("You were up"))
    assert first.startswith("You were up $1,089.66 yesterday, a gain of 0.96%.")
    assert "SPY" not in first


async def test_stop_ends_it_with_what_is_said_so_far(server: OpenAIServer, tmp_path: Path) -> None:
    watcher = Watcher()
    script = each(Says("You were up $1,089.66 yesterday. " + "And so on, and so on, " * 500, pause=0.01))
    async with talking(server, tmp_path, script) as talk:
        asking = asyncio.create_task(watcher.ask(talk, YESTERDAY))
        for _ in range(300):
            await asyncio.sleep(0.01)
            if watcher.seen:
                break
        watcher.draft.stop()
        reply = await asyncio.wait_for(asking, 2)
    text = render(reply, width=1000)
    assert text.startswith("You were up $1,089.66 yesterday.")
    assert "And so on" not in text
    assert "checked against the facts; stopped." in text


async def test_one_without_an_end_is_ended(server: OpenAIServer, tmp_path: Path) -> None:
    async with talking(server, tmp_path, each(Endless("You were up $1,089.66 yesterday."))) as talk:
        text = await asyncio.wait_for(talk.say(YESTERDAY), 10)
    assert text.startswith("You were up $1,089.66 yesterday.")


async def test_a_line_it_puts_forward_is_a_button_that_draws_a_card_with_whose_idea_it_was(server: OpenAIServer, tmp_path: Path) -> None:
    script = each(Calls((("prepare", {"line": "#nvda close 50%", "why": "NVDA is 10.6% of the book"}),)), Says(GOOD))
    async with talking(server, tmp_path, script) as talk:
        text = await talk.say(YESTERDAY)
        assert "Put forward by scripted, a language model, not by a rule: `#NVDA close 50%`" in text
        assert await talk.house.floor.desk.open_tickets() == []
        reply = await talk.reply(next(f".{k}" for k in range(1, 9) if f".{k} Prepare NVDA close 50%" in text))
        assert reply.ticket is not None
        assert reply.ticket.proposer == "model"
        assert "Suggested by scripted, a language model, not by a rule." in render(reply, width=1000)
        typed = await talk.card("#NVDA close 50%")
        assert typed.proposer == "person"


async def test_a_house_that_only_looks_remembers_nothing(server: OpenAIServer, tmp_path: Path) -> None:
    server.script = each(Says(GOOD))
    configured = {"model": "scripted", "openai_api_key": KEY, "openai_base_url": server.base}
    async with chat(tmp_path, read_only=True, configured=configured) as talk:
        assert "Words by scripted" in await talk.say(YESTERDAY)
        await talk.say(YESTERDAY)
    assert len(told(server.requests[1])) == 2
