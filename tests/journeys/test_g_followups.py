"""Lines that lean on the one before, several questions at once, other languages: from the line to the card, and to the fill."""

from __future__ import annotations

from domain.chat import ReplyKind
from tests.journeys.chat import chat


async def test_do_it_prepares_the_card_of_the_first_suggestion_and_only_that(tmp_path):
    async with chat(tmp_path) as reader:
        advice = await reader.say("what should I do?")
        assert "`#UNH close 50%`" in advice
        before = await reader.held("UNH")
        card = await reader.card("do it")
        assert card.line == "#UNH close 50%"
        assert card.open
        assert await reader.held("UNH") == before
        assert "Sold" in await reader.say("yes") or await reader.pushes()
        await reader.pushes()
        assert await reader.held("UNH") == before / 2
        assert await reader.whole()


async def test_the_second_one_half_of_it_and_another_instrument(tmp_path):
    async with chat(tmp_path) as reader:
        await reader.say("what should I do?")
        assert (await reader.card("do the second one")).line == "#set-stops"
        assert (await reader.card("#AAPL close 50%")).line == "#AAPL close 50%"
        assert (await reader.card("half of that")).line == "#AAPL close 25%"
        assert (await reader.card("same for nvidia")).line == "#NVDA close 25%"
        assert (await reader.card("make it 10%")).line == "#NVDA close 10%"
        assert (await reader.card("and a target at 300")).line == "#NVDA target 300"


async def test_and_tesla_asks_the_same_of_tesla(tmp_path):
    async with chat(tmp_path) as reader:
        assert (await reader.say("price of apple")).startswith("Apple (AAPL)")
        assert (await reader.say("and tesla?")).startswith("Tesla (TSLA)")
        assert (await reader.card("buy 3")).line == "#buy TSLA 3"
        assert "yesterday" in await reader.say("what happened yesterday?")
        today = await reader.reply("and today?")
        assert today.command == "what-happened"
        assert "today" in today.blocks[0].text
        assert "figures of `/what-happened`" in await reader.say("why?")


async def test_with_nothing_before_it_says_so(tmp_path):
    async with chat(tmp_path) as reader:
        said = await reader.reply("do it")
        assert said.ticket is None
        assert "nothing before this" in said.blocks[0].text
        again = await reader.reply("do the fifth one")
        assert again.ticket is None


async def test_a_typed_line_between_is_what_is_leaned_on(tmp_path):
    async with chat(tmp_path) as reader:
        await reader.say("what should I do?")
        await reader.say("/quote AAPL")
        said = await reader.reply("do the second one")
        assert said.ticket is None


async def test_two_questions_are_answered_in_their_order(tmp_path):
    async with chat(tmp_path) as reader:
        text = await reader.say("what happened yesterday and what are my stops?")
        assert text.index("You were up") < text.index("positions have a stop")
        two = await reader.say("price of apple and tesla")
        assert two.index("Apple (AAPL)") < two.index("Tesla (TSLA)")
        mixed = await reader.reply("sell half my apple. what happened yesterday?")
        assert mixed.kind is ReplyKind.QUESTION or mixed.ticket is not None


async def test_a_condition_becomes_the_stop_it_is_and_says_so(tmp_path):
    async with chat(tmp_path) as reader:
        asked = await reader.reply("sell AAPL if it drops 5%")
        assert asked.kind is ReplyKind.QUESTION
        assert "That would be a stop: `#AAPL stop 5%`?" in asked.blocks[0].text
        card = await reader.card(".1")
        assert card.line == "#AAPL stop 5%"


async def test_an_answer_comes_in_the_language_of_the_question(tmp_path):
    async with chat(tmp_path) as reader:
        assert (await reader.say("¿Qué pasó ayer?")).startswith("Ayer ganas $1,089.66 (+0.96%)")
        assert (await reader.say("Was ist gestern passiert?")).startswith("Gestern liegst du mit $1,089.66 (+0.96%) im Plus")
        assert (await reader.say("Que s'est-il passé hier ?")).startswith("Hier, vous gagnez $1,089.66 (+0.96%)")
        assert (await reader.say("昨天发生了什么？")).startswith("昨天盈利$1,089.66（+0.96%）")
        assert (await reader.card("verkaufe die Hälfte meiner Apple Aktien")).line == "#AAPL close 50%"
        assert (await reader.reply("no vendas nada")).ticket is None
