"""`/alerts`: what can be set, what is refused, and the lists of what was told."""

from dataclasses import replace
from datetime import timedelta

import pytest

from commands import reader
from commands.alerts import alert
from commands.hearing import BUDGET, Hearing, Quiet
from commands.kinds import KINDS, Level
from domain.alerts import Alert, Urgency
from domain.chat import Reply, Text
from domain.errors import BadArgument, ReadOnly
from domain.events import PositionMoved
from storage import journal, outbox
from storage.outbox import HOME, Verdict
from tests.commands.actions.stage import ORIGIN, START, stage
from tests.commands.happenings import EVERY
from tests.commands.slash.reading import buttons, everything, keyed, lead
from trading.bus import Bus

CHAT = f"{ORIGIN.platform}:{ORIGIN.chat}"


async def settings(one):
    async with one.floor.store.read() as tx:
        return await reader.settings_of(tx, "main", CHAT)


async def put(one, kind, key, verdict=None, words="something happened."):
    now = one.clock.now()
    async with one.floor.store.write() as tx:
        await outbox.add(tx, Alert(now, "main", kind, key, KINDS[kind].urgency, Reply((Text(words),))), (CHAT,))
        newest = await outbox.newest(tx, "main", key, chat=CHAT)
        if verdict is Verdict.HELD:
            await outbox.hold(tx, (newest.id,), now + timedelta(hours=8))
        elif verdict is not None:
            await outbox.settle(tx, (newest.id,), now, verdict)


async def say(one, line):
    return await one.call("alerts", *line.split())


async def test_levels_are_set_for_a_kind_and_a_theme_and_taken_back():
    one = await stage()
    assert lead(await say(one, "set news off")) == "News (a headline on a position): off from now on."
    assert (await settings(one)).levels == {"news": Level.OFF}
    await say(one, "set news silent")
    assert (await settings(one)).levels == {}, "that is the default"
    reply = await say(one, "set exits silent")
    assert lead(reply) == "Exits: silent from now on."
    assert "Always loud all the same: stop-failed." in everything(reply)
    assert (await settings(one)).levels["exit-stop"] is Level.SILENT
    assert "stop-failed" not in (await settings(one)).levels
    assert buttons(reply)[0].payload == "/alerts set exits default"
    await say(one, "set exits default")
    assert (await settings(one)) == Hearing()
    await say(one, "mute volume")
    assert (await settings(one)).levels == {"volume": Level.OFF}
    async with one.floor.store.read() as tx:
        assert len(await journal.lines(tx, "main", limit=50, kinds=("hearing_changed",))) == 5


@pytest.mark.parametrize("line", ["set stop-failed off", "mute breaker-tripped", "set halted silent", "snooze was-away 1h"])
async def test_a_critical_kind_stays_loud_and_it_is_said_why(line):
    one = await stage()
    with pytest.raises(BadArgument, match=r"stays loud: it says that .* nobody but you may act"):
        await say(one, line)
    assert lead(await say(one, "set stop-failed loud")).startswith("Stop-failed")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("sett news off", "does not know “sett”"),
        ("set news", "how loud"),
        ("set news louder", "how loud"),
        ("set nws off", "Did you mean news"),
        ("set qqqqqqqq off", "/alerts kinds"),
        ("mute", "Mute which"),
        ("mute nws", "Did you mean news"),
        ("quiet", "two times of the day"),
        ("quiet 25:00-07:00", "two times of the day"),
        ("quiet 07:00-07:00", "end when they begin"),
        ("budget", "whole number"),
        ("budget -1", "whole number"),
        ("budget 5000", "whole number"),
        ("snooze AAPL", "Snooze what"),
        ("snooze AAPL 99d", "Snooze for how long"),
        ("snooze AAPL soon", "Snooze for how long"),
        ("snooze watch 1h", "Snooze a kind"),
        ("keep", "Keep what"),
        ("recent 0", "1 to 50"),
        ("recent many", "1 to 50"),
        ("why news:XOM", "no alert “news:XOM”"),
    ],
)
async def test_what_does_not_fit_is_refused_with_a_correct_line(line, said):
    one = await stage()
    with pytest.raises(BadArgument, match=said) as refused:
        await say(one, line)
    assert refused.value.example.startswith("/alerts")
    assert await settings(one) == Hearing()


async def test_quiet_hours_are_set_and_released():
    one = await stage()
    reply = await say(one, "quiet 22:00-07:00")
    assert lead(reply) == "Quiet hours are 22:00-07:00 New York."
    assert (await settings(one)).quiet == Quiet(1320, 420)
    await put(one, "news", "news:AAPL:1", Verdict.HELD)
    assert "1 of them held" in keyed(await say(one, ""))["waiting"]
    off = await say(one, "quiet off")
    assert lead(off) == "Quiet hours are off."
    assert "1 held alerts come now." in everything(off)
    async with one.floor.store.read() as tx:
        assert [row.due for row in await outbox.waiting(tx, "main", chat=CHAT)] == [START]
    assert (await settings(one)).quiet is None


async def test_a_snooze_names_a_fact_and_ends():
    one = await stage()
    assert lead(await say(one, "snooze aapl 1h")) == "AAPL is snoozed until 11:30 New York, Fri 10 Oct 2025."
    await say(one, "snooze news:KO:n1 30m")
    await say(one, "snooze gap 2d")
    assert set((await settings(one)).snoozed) == {"AAPL", "news:KO", "gap"}
    await say(one, "snooze gap off")
    one.clock.set(START + timedelta(minutes=45))
    assert keyed(await say(one, ""))["snoozed"] == "AAPL until 11:30 New York, Fri 10 Oct 2025"
    await say(one, "budget 5")
    assert (await settings(one)) == Hearing(budget=5, snoozed={"AAPL": START + timedelta(hours=1)}), "what is over is forgotten"


async def test_the_state_tells_the_budget_and_what_was_held_back():
    one = await stage()
    assert lead(await say(one, "")) == f"0 of {BUDGET} alerts used today, 0 held back."
    await put(one, "gap", "gap:AAPL", Verdict.LOUD)
    await put(one, "order-filled", "order-filled:AAPL:t1-1", Verdict.LOUD)
    await put(one, "news", "news:AAPL:1", Verdict.OVER_BUDGET, "AAPL is in the news.")
    await put(one, "news", "news:AAPL:2", Verdict.HELD, "AAPL is in the news again.")
    assert lead(await say(one, "")) == f"1 of {BUDGET} alerts used today, 1 held back."
    held = everything(await say(one, "held"))
    assert "1 alert held back within a day, 1 waiting for the quiet hours to end." in held
    assert "AAPL is in the news. [suppressed: over the day's budget]" in held
    assert "AAPL is in the news again. [held]" in held
    recent = await say(one, "recent 3")
    assert lead(recent) == "The newest of 3 alerts: AAPL is in the news again."
    assert buttons(recent)[0].payload == "/alerts recent 50"
    assert "[loud]" in everything(await say(one, "recent"))


async def test_every_kind_is_listed_with_its_level():
    one = await stage()
    await say(one, "set gap silent")
    rows = keyed(await say(one, "kinds"))
    assert set(rows) == set(KINDS)
    assert rows["gap"] == "silent*: an opening gap"
    assert rows["news"] == "silent: a headline on a position"


async def test_why_an_alert_came():
    one = await stage()
    with pytest.raises(BadArgument, match="no alert yet"):
        await say(one, "why")
    await put(one, "news", "news:AAPL:1", Verdict.SILENT, "AAPL is in the news.")
    moved = EVERY[PositionMoved]
    bus = Bus(one.floor.store, alert)
    bus.chats = lambda alert: (CHAT,)
    async with bus.unit(who="test") as unit:
        unit.emit(moved)
    await say(one, "snooze drawdown:AAPL 1h")
    reply = await say(one, "why drawdown:AAPL")
    assert lead(reply).startswith("It came because a position went over 10% against you: AAPL went 10.40% against you")
    assert keyed(reply)["again"] == "not within 24 hours unless it gets a quarter worse"
    assert keyed(reply)["AAPL drawdown"] == "−10.40% (quotes and bars)"
    assert keyed(reply)["what became of it"] == "waiting"
    assert keyed(reply)["snoozed"] == "yes"
    assert reply.facts
    assert "news" in lead(await say(one, "why news:AAPL")).lower()
    await put(one, "quote-doubted", "quote-doubted:AAPL", Verdict.LOUD)
    assert keyed(await say(one, "why"))["again"].startswith("not within 15 minutes")
    await put(one, "halted", "halted:now")
    assert "Mute this" not in [b.label for b in buttons(await say(one, "why halted"))]


async def test_keeping_is_answered_and_journalled_and_changes_nothing():
    one = await stage()
    reply = await say(one, "keep stop-failed:AAPL")
    assert lead(reply) == "AAPL stays as it is; nothing was sent."
    assert buttons(reply)[0].payload == "#AAPL close"
    assert lead(await say(one, "keep was-away:all")) == "Everything stays as it is; nothing was sent."
    async with one.floor.store.read() as tx:
        assert len(await journal.lines(tx, "main", limit=9, kinds=("alert_answered",))) == 2


async def test_a_test_alert_is_queued_and_a_day_can_be_read():
    one = await stage()
    assert "Nothing happened" in lead(await say(one, "digest"))
    await say(one, "test")
    async with one.floor.store.read() as tx:
        (row,) = await outbox.waiting(tx, "main", chat=CHAT)
    assert (row.alert.kind, row.alert.urgency) == ("test", Urgency.INFO)
    async with one.floor.bus.unit(who="test") as unit:
        unit.emit(EVERY[PositionMoved])
    one.clock.set(START + timedelta(seconds=1))
    assert lead(await say(one, "digest")) == "Your day: no fills; 1 other thing worth a line."


async def test_a_way_in_that_only_looks_changes_nothing_and_looks_at_the_terminals_settings():
    one = await stage(read_only=True)
    for line in ("set news off", "quiet off", "budget 3", "snooze AAPL 1h", "test", "keep news:AAPL", "mute gap"):
        with pytest.raises(ReadOnly):
            await say(one, line)
    async with one.floor.store.write() as tx:
        await reader.keep(tx, "main", HOME, Hearing(budget=7), START)
    one.ctx.origin = replace(one.ctx.origin, platform="ask")
    assert lead(await say(one, "")) == "0 of 7 alerts used today, 0 held back."
