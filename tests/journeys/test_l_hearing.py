"""L: the reader decides what is heard, and how; what is critical is heard whatever they decided."""

from decimal import Decimal

from bot.adapters.terminal.conversation import pressable
from domain import events
from storage import outbox
from tests.journeys.chat import chat

D = Decimal


async def happens(reader, kind, *rest):
    """Something the watch saw, told as the core tells it."""
    floor = reader.house.floor
    async with floor.bus.unit(who="watch") as unit:
        unit.emit(kind(floor.clock.now(), floor.spec.name, *rest))


async def news(reader, number):
    await happens(reader, events.NewsTouched, "AAPL", f"n{number}", f"Apple does {number}", D(0))


async def down(reader, fraction):
    await happens(reader, events.PositionMoved, "AAPL", "drawdown", D(fraction), D("180"), "since its top")


async def press(reader, label):
    """The answer to a button under what was shown last."""
    labels = [b.label for b in pressable(reader.talk._last)]
    return await reader.say(f".{labels.index(label) + 1}")


async def test_quiet_hours_hold_a_fill_and_let_a_critical_alert_through(tmp_path):
    async with chat(tmp_path) as reader:
        assert "Quiet hours are 10:00-11:00 New York" in await reader.say("/alerts quiet 10:00-11:00")
        await reader.say("#AAPL close 5")
        await reader.say("yes")
        assert await reader.pushes() == []
        await happens(reader, events.StopFailed, "MSFT", D(20), reader.house.floor.clock.now(), "the broker refused it")
        (critical,) = await reader.pushes()
        assert critical.startswith("MSFT is without its stop since 10:30 New York")
        assert "1 of them held" in await reader.say("/alerts")
        (fill,) = await reader.later(minutes=31)
        assert fill.startswith("Filled: sold 5 AAPL at $")
        assert "Held back over your quiet hours: this happened at 10:30 New York, Wed 5 Mar 2025." in fill
        assert len(reader.rung) == 2, "both with a sound"


async def test_quiet_hours_that_are_switched_off_let_go_of_what_they_held(tmp_path):
    async with chat(tmp_path) as reader:
        await reader.say("/alerts quiet 10:00-11:00")
        await reader.say("#AAPL close 5")
        await reader.say("yes")
        assert await reader.pushes() == []
        assert "1 held alerts come now" in await reader.say("/alerts quiet off")
        assert len(await reader.pushes()) == 1


async def test_a_button_mutes_a_kind_and_another_one_takes_that_back(tmp_path):
    async with chat(tmp_path) as reader:
        await news(reader, 1)
        assert len(await reader.pushes()) == 1
        assert "off from now on" in await press(reader, "Mute this")
        await news(reader, 2)
        assert await reader.pushes() == []
        assert "suppressed: switched off" in await reader.say("/alerts recent")
        await reader.say("/alerts mute news")
        assert "as by default" in await press(reader, "Undo")
        await news(reader, 3)
        assert len(await reader.pushes()) == 1


async def test_a_button_snoozes_a_fact_for_an_hour(tmp_path):
    async with chat(tmp_path) as reader:
        await news(reader, 1)
        await reader.pushes()
        assert "news:AAPL is snoozed until 11:30 New York" in await press(reader, "Snooze 1h")
        await news(reader, 2)
        assert await reader.later(minutes=30) == []
        await reader.later(minutes=31)
        await news(reader, 3)
        assert len(await reader.pushes()) == 1


async def test_the_budget_ends_the_day_and_the_digest_tells_the_rest(tmp_path):
    async with chat(tmp_path) as reader:
        await reader.say("/alerts budget 3")
        for number in range(5):
            await news(reader, number)
        assert len(await reader.pushes()) == 3
        assert "3 of 3 alerts used today, 2 held back" in await reader.say("/alerts")
        await reader.say("#AAPL close 5")
        await reader.say("yes")
        assert (await reader.pushes())[0].startswith("Filled"), "an answer to the reader's own act is not counted"
        now = reader.house.floor.clock.now()
        await reader.later(hours=9)
        await reader.house.tell_day(now, reader.house.floor.clock.now())
        (digest,) = await reader.pushes()
        assert digest.startswith("Your day: 1 fill, realised")
        assert "· AAPL is in the news: “Apple does 3” (over the day's budget)." in digest
        await reader.later(hours=6)
        await news(reader, 9)
        assert len(await reader.pushes()) == 1, "a new day, a new budget"


async def test_the_same_fact_is_told_once_and_again_when_it_got_materially_worse(tmp_path):
    async with chat(tmp_path) as reader:
        await down(reader, "-0.104")
        assert (await reader.pushes())[0].startswith("AAPL went 10.40% against you since its top")
        for fraction in ("-0.105", "-0.12", "-0.10"):
            await down(reader, fraction)
            assert await reader.pushes() == []
        await down(reader, "-0.135")
        assert (await reader.pushes())[0].startswith("AAPL went 13.50% against you")
        await down(reader, "-0.136")
        assert await reader.later(hours=2) == []


async def test_what_was_set_and_told_survives_a_restart(tmp_path):
    async with chat(tmp_path, still=False, account="demo") as reader:
        await reader.say("/alerts mute volume")
        await down(reader, "-0.104")
        assert len(await reader.pushes()) == 1
    async with chat(tmp_path, still=False, account="demo") as reader:
        assert "volume off" in await reader.say("/alerts")
        await down(reader, "-0.104")
        await happens(reader, events.PositionMoved, "AAPL", "volume", D(4), D("180"), "of 20 days")
        assert await reader.pushes() == []
        async with reader.house.store.read() as tx:
            rows = await outbox.recent(tx, "demo", 3)
        assert [row.verdict for row in rows] == [outbox.Verdict.OFF, outbox.Verdict.REPEATED, outbox.Verdict.LOUD]


async def test_a_critical_kind_cannot_be_silenced_and_says_why(tmp_path):
    async with chat(tmp_path) as reader:
        said = await reader.say("/alerts set stop-failed off")
        assert "stop-failed stays loud" in said
        assert "nobody but you may act" in said


async def test_why_and_keep_answer_an_alert(tmp_path):
    async with chat(tmp_path) as reader:
        await down(reader, "-0.104")
        await reader.pushes()
        said = await press(reader, "Why")
        assert "not within 24 hours unless it gets a quarter worse" in said
        assert "AAPL drawdown" in said
        await reader.say("/alerts test")
        assert (await reader.pushes())[0].startswith("This is a test alert")
        await happens(reader, events.StopFailed, "MSFT", D(20), reader.house.floor.clock.now(), "")
        await reader.pushes()
        assert "MSFT stays as it is; nothing was sent." in await press(reader, "Keep")
        await happens(reader, events.StopFailed, "MSFT", D(20), reader.house.floor.clock.now(), "")
        await reader.pushes()
        assert "#MSFT close" in await press(reader, "Close now")


async def test_a_word_about_alerts_in_free_text_changes_no_setting(tmp_path):
    async with chat(tmp_path) as reader:
        for words in ("mute all my alerts", "alerts set news off", "turn off the stop failed alert"):
            await reader.say(words)
        assert "set by you   nothing, all as by default" in await reader.say("/alerts")
