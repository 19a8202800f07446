"""What `yes`, `no` and `.1` mean, and above all when they mean nothing."""

from bot.adapters.terminal.conversation import Conversation
from domain.chat import Reply, ReplyKind, Text
from domain.clock import ManualClock
from tests.bot.terminal.desk import ORIGIN, START, Desk


def conversation():
    desk = Desk()
    return desk, Conversation(desk.handle, desk.open_cards, ORIGIN, ManualClock(START), "s")


async def test_yes_confirms_the_only_card_that_was_shown_last_with_its_digest():
    desk, talk = conversation()
    card = (await talk.say("card a")).reply.ticket
    turn = await talk.say("Yes")
    assert turn.released
    assert desk.heard[-1].payload == f"confirm:a:{card.digest()}"
    assert [i.key for i in desk.heard] == ["s-1", "s-2"]


async def test_no_cancels_it():
    desk, talk = conversation()
    await talk.say("card a")
    turn = await talk.say("no")
    assert not turn.released
    assert desk.heard[-1].payload == "cancel:a"


async def test_yes_after_something_else_was_shown_confirms_nothing_and_names_the_line():
    desk, talk = conversation()
    await talk.say("card a")
    talk.shown(Reply((Text("TSLA stop filled"),)))
    turn = await talk.say("yes")
    assert turn.reply.kind is ReplyKind.ERROR
    assert "confirm a" in turn.reply.blocks[0].text
    assert len(desk.heard) == 1
    assert desk.cards


async def test_yes_with_two_cards_open_confirms_nothing_and_names_the_typed_word():
    desk, talk = conversation()
    await talk.say("card a")
    await talk.say("card all")
    turn = await talk.say("y")
    assert "2 cards are open" in turn.reply.blocks[0].text
    assert "confirm all CLOSE-ALL" in turn.reply.blocks[0].text
    assert "cancel a" in (await talk.say("no")).reply.blocks[0].text
    assert len(desk.heard) == 2


async def test_yes_without_a_card_says_that_nothing_changed():
    desk, talk = conversation()
    for word in ("yes", "no"):
        turn = await talk.say(word)
        assert (turn.reply.failure.code, turn.released) == ("no_card", False)
    assert desk.heard == []


async def test_a_second_yes_confirms_nothing_and_says_so():
    desk, talk = conversation()
    await talk.say("card a")
    assert (await talk.say("yes")).released
    again = await talk.say("yes")
    assert not again.released
    assert "answered already" in again.reply.blocks[0].text
    assert len(desk.heard) == 2


async def test_a_number_presses_the_button_under_the_last_answer():
    desk, talk = conversation()
    await talk.say("card a")
    await talk.say(".2")
    assert desk.heard[-1].payload == "/why"
    turn = await talk.say(".1")
    assert turn.reply.failure.code == "no_such_button"
    assert "no button .1" in turn.reply.blocks[0].text


async def test_a_button_that_does_not_exist_says_which_do():
    _, talk = conversation()
    assert (await talk.say(".1")).reply.failure.code == "no_such_button"
    await talk.say("card a")
    assert ".1 to .2" in (await talk.say(".7")).reply.blocks[0].text


async def test_confirm_with_an_id_is_released_and_an_echo_is_not():
    _, talk = conversation()
    await talk.say("card a")
    assert (await talk.say("confirm a")).released
    assert not (await talk.say("hello")).released
