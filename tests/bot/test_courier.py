"""The courier: judged, once, in order, critical ones first; nothing waits for ever and nothing vanishes."""

from datetime import timedelta

import pytest

from bot.courier import FIRST_RETRY, LONGEST_RETRY, MANY, NOTICE, NOTICES, PATIENCE, retry_after
from commands.digest import first_words as words
from commands.digest import moved
from commands.hearing import Hearing, Quiet
from commands.kinds import Level
from domain.alerts import Alert, Urgency
from domain.chat import Reply, Text
from domain.errors import Busy
from domain.events import Event
from storage import outbox
from storage.outbox import OutboxRow
from tests.bot.phone import ACCOUNT, START, Phone, line


class Deaf(Phone):
    """Fails for whatever begins with one of these words, or for everything."""

    broken: tuple[str, ...] = ("",)

    def trouble(self, words):
        if words.startswith(self.broken):
            raise ConnectionError("no line")


async def deaf(*broken):
    one = await line()
    phone = Deaf(one.clock)
    phone.broken = broken or ("",)
    one.phone = phone
    one.restart()
    return one, phone


async def test_each_is_shown_once_in_order_and_settled_with_how():
    one = await line()
    await one.put("order-filled", "a")
    await one.put("news", "AAPL:1")
    await one.put("halted")
    assert (await one.later())[0].startswith("halted:"), "critical first"
    assert one.phone.words[1:] == ["order-filled:a.", "news:AAPL:1."]
    assert [silent for _, _, silent in one.phone.shown] == [False, False, True]
    assert await one.verdicts() == ["loud", "silent", "loud"]
    one.restart()
    assert await one.later(60) == []


async def test_critical_ones_overtake_while_others_are_being_told():
    one = await line()

    class Slow(Phone):
        def trouble(self, words):
            if words.endswith(":1."):
                alarm.append(words)

    alarm: list[str] = []
    one.phone = Slow(one.clock)
    one.restart()
    for n in range(3):
        await one.put("order-filled", str(n))
    await one.courier.run_once()
    await one.put("order-filled", "late")
    await one.put("stop-failed", "AAPL")
    assert (await one.later())[0] == "stop-failed:AAPL."


async def test_a_failure_is_tried_again_with_growing_pauses_and_holds_up_its_lane():
    one, phone = await deaf()
    await one.put("order-filled", "a")
    await one.put("order-filled", "b")
    await one.later(60)
    assert 5 <= phone.tries <= 9, "two seconds, doubled each time, less up to a half"
    phone.broken = ("nothing",)
    assert await one.later(120) == ["order-filled:a.", "order-filled:b."]


async def test_a_critical_one_is_tried_every_two_seconds_whatever_fails_before_it():
    one, phone = await deaf("order")
    await one.put("order-filled", "a")
    await one.later(300)
    await one.put("stop-failed", "AAPL")
    assert (await one.later())[0] == "stop-failed:AAPL."
    phone.broken = ("",)
    await one.put("halted", "now")
    await one.later(200)
    phone.broken = ("order",)
    assert (await one.later(2))[0] == "halted:now."


async def test_what_a_platform_never_takes_is_noticed_and_lets_the_next_one_pass():
    one, _ = await deaf("order-filled:bad", "stop-failed:bad")
    await one.put("order-filled", "bad")
    await one.put("order-filled", "good")
    notices = [words(NOTICE)] * NOTICES
    assert await one.later(600) == [*notices, "order-filled:good."]
    await one.put("stop-failed", "bad")
    await one.put("stop-failed", "AAPL")
    assert await one.later(20) == [*notices, "stop-failed:AAPL."]
    assert await one.verdicts() == ["failed: could not be shown", "loud"] * 2


async def test_a_platform_that_is_away_for_days_costs_nothing_and_keeps_the_order():
    one, phone = await deaf()
    for n in range(4):
        await one.put("order-filled", str(n))
    await one.later(3 * 86_400, step=600)
    phone.broken = ("nothing",)
    assert await one.later(600) == [f"order-filled:{n}." for n in range(4)]


async def test_a_reply_that_cannot_be_shown_whole_is_shown_in_its_first_words():
    one = await line()
    whole = Reply((Text("AAPL is closed."), Text("and more")), thread="t1")

    class Narrow(Phone):
        async def __call__(self, reply, *, silent):
            if len(reply.blocks) > 1:
                raise ValueError("too long")
            await super().__call__(reply, silent=silent)

    one.phone = Narrow(one.clock)
    one.restart()
    async with one.store.write() as tx:
        await outbox.add(tx, Alert(START, ACCOUNT, "order-filled", "order-filled:x", Urgency.INFO, whole))
    assert await one.later(3600, step=5) == ["AAPL is closed."]


async def test_a_busy_platform_is_left_alone_for_as_long_as_it_asks():
    one = await line()

    class Limited(Phone):
        def trouble(self, words):
            if self.clock.now() < START + timedelta(seconds=30):
                raise Busy((START + timedelta(seconds=30) - self.clock.now()).total_seconds())

    one.phone = Limited(one.clock)
    one.restart()
    await one.put("order-filled", "a")
    await one.put("halted", "now")
    assert await one.later(29) == []
    assert one.phone.tries == 1
    assert await one.later(1) == ["halted:now.", "order-filled:a."]
    assert (await one.rows())[0].tries == 0, "being busy is not the alert's fault"


async def test_more_than_twenty_that_waited_are_one_message_and_the_critical_ones_apart():
    one, phone = await deaf()
    for n in range(MANY + 5):
        await one.put("order-filled", str(n))
    await one.put("stop-failed", "AAPL")
    await one.later(60)
    phone.broken = ("nothing",)
    told = await one.later(70)
    assert told == ["stop-failed:AAPL.", "25 alerts had to wait: 25 × an order is filled."]
    assert await one.verdicts() == ["loud", *["merged"] * 24, "loud"]


async def test_a_burst_that_nothing_held_up_is_told_one_by_one():
    one = await line()
    for n in range(MANY + 5):
        await one.put("order-filled", str(n))
    assert len(await one.later()) == MANY + 5


async def test_what_is_kept_out_of_a_summary_is_settled_with_its_own_verdict():
    one, phone = await deaf()
    await one.set(Hearing(levels={"volume": Level.OFF}))
    for n in range(MANY + 5):
        await one.put("order-filled", str(n))
    await one.put("volume", "KO")
    await one.put("drawdown", "AAPL", weight="0.10")
    await one.put("drawdown", "AAPL", weight="0.11")
    await one.put("drawdown", "AAPL", weight="0.14")
    await one.later(60)
    phone.broken = ("nothing",)
    assert await one.later(70) == ["27 alerts had to wait: 25 × an order is filled, 2 × a position went over 10% against you."]
    assert (await one.verdicts())[-4:] == ["suppressed: switched off", "merged", "suppressed: told already", "merged"]
    for n in range(400):
        await one.put("volume", f"again-{n}")
    await one.put("order-filled", "a")
    assert await one.later(15) == ["order-filled:a."]


async def test_quiet_hours_hold_and_then_tell_with_the_moment():
    one = await line()
    await one.set(Hearing(quiet=Quiet(10 * 60, 11 * 60)))
    await one.put("order-filled", "a")
    await one.put("halted", "now")
    assert await one.later() == ["halted:now."]
    assert await one.verdicts() == ["held", "loud"]
    one.restart()
    assert await one.later(29 * 60, step=60) == []
    assert await one.later(120, step=60) == ["order-filled:a."]
    await one.set(Hearing(quiet=Quiet(10 * 60, 12 * 60)))
    for n in range(5):
        await one.put("order-filled", f"b{n}")
    assert await one.later(58 * 60, step=60) == []
    assert await one.later(120, step=60) == ["5 alerts came while it was quiet: 5 × an order is filled."]


async def test_late_ones_say_so():
    one, _ = await deaf()
    await one.put("order-filled", "a")
    await one.later(200)
    seen = []

    async def deliver(reply, *, silent):
        seen.append(reply)

    one.courier._deliver = deliver
    await one.later(300)
    assert "Told late: this happened at 10:30 New York, Fri 10 Oct 2025." in seen[0].blocks[-1].text


async def test_a_row_that_does_not_read_back_is_put_aside(caplog):
    one = await line()
    async with one.store.write() as tx:
        row = {
            "account": ACCOUNT,
            "at": START,
            "due": START,
            "tries": 0,
            "delivered": None,
            "body": "{}",
            "kind": "x",
            "key": "x",
            "chat": outbox.HOME,
        }
        await tx.insert("outbox", row)
    await one.put("order-filled", "a")
    assert await one.later() == ["order-filled:a."]
    assert "do not read back" in caplog.text
    async with one.store.read() as tx:
        assert [r["verdict"] for r in await tx.select("outbox", order="id")] == ["failed: does not read back", "loud"]


async def test_a_death_between_showing_and_settling_repeats_that_one_alert():
    one = await line()

    class Fatal(Phone):
        async def __call__(self, reply, *, silent):
            await super().__call__(reply, silent=silent)
            if len(self.shown) == 2:
                raise SystemExit

    one.phone = Fatal(one.clock)
    one.restart()
    for n in range(4):
        await one.put("order-filled", str(n))
    with pytest.raises(SystemExit):
        await one.courier.run_once()
    one.restart()
    await one.later()
    assert one.phone.words == [f"order-filled:{n}." for n in (0, 1, 1, 2, 3)]


async def test_serving_waits_for_events_and_survives_a_failing_round(monkeypatch, caplog):
    import asyncio

    one = await line()
    rounds: list[int] = []
    looked = asyncio.Event()

    async def run_once():
        rounds.append(len(rounds))
        looked.set()
        if len(rounds) == 1:
            raise RuntimeError("the database is away")
        return 0

    monkeypatch.setattr(one.courier, "run_once", run_once)
    task = asyncio.create_task(one.courier.serve())
    for _ in range(3):
        looked.clear()
        await one.courier.heard(Event(START, ACCOUNT))
        assert not looked.is_set(), "whoever told it goes on first"
        await asyncio.wait_for(looked.wait(), 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert rounds == [0, 1, 2]
    assert "a round of the courier failed" in caplog.text


def test_pauses_grow_to_five_minutes_and_differ():
    alert = Alert(START, ACCOUNT, "order-filled", "k", Urgency.INFO, Reply(()))
    pauses = [retry_after(OutboxRow(1, alert, tries, START), critical=False) for tries in range(2 * PATIENCE)]
    for tries, pause in enumerate(pauses):
        longest = min(FIRST_RETRY * 2**tries, LONGEST_RETRY)
        assert longest / 2 <= pause <= longest
    assert len({retry_after(OutboxRow(n, alert, 3, START), critical=False) for n in range(20)}) > 10
    assert all(retry_after(OutboxRow(1, alert, n, START), critical=True) <= FIRST_RETRY for n in range(40))


async def test_what_one_move_of_the_market_does_is_one_message_in_its_place():
    one = await line()
    await one.put("order-filled", "a")
    await one.put("position-closed", "a")
    await one.put("spike", "KO:1", words="KO moved by −8.00% within an hour, to $60.00.", weight="0.08")
    await one.put("drawdown", "PEP:1", words="PEP went 12.00% against you, to $90.00.", weight="0.12")
    await one.put("volume", "PEP:1", words="PEP trades 4 times its usual volume, at $90.00.", weight="4")
    await one.put("order-placed", "b")
    first, fall, last = await one.later()
    assert (first, last) == ("order-filled:a.", "order-placed:b.")
    assert fall == "2 of your positions moved at once, most of all PEP: it went 12.00% against you, to $90.00."
    assert await one.verdicts() == ["loud", "not needed: told elsewhere", "loud", "merged", "merged", "silent"]


async def test_two_facts_of_one_position_are_one_message_in_the_words_of_both():
    one = await line()
    await one.put("drawdown", "KO", words="KO went 12.00% against you, to $60.00.", weight="0.12")
    await one.put("spike", "KO", words="KO moved by −8.00% within an hour, to $60.00.", weight="0.08")
    assert await one.later() == ["KO went 12.00% against you, to $60.00."]
    both = moved([row.alert for row in await one.rows()])
    assert [b.text for b in both.blocks if isinstance(b, Text)][1] == "KO moved by −8.00% within an hour, to $60.00."


async def test_moves_that_are_all_kept_back_let_the_next_one_pass():
    one = await line()
    await one.set(Hearing(levels={"spike": Level.OFF}))
    await one.put("spike", "KO")
    await one.put("spike", "PEP")
    await one.put("order-filled", "a")
    assert await one.later() == ["order-filled:a."]
    assert await one.verdicts() == ["suppressed: switched off", "suppressed: switched off", "loud"]
