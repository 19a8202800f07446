"""What happens while nobody looks reaches the reader: once, in order, and marked late when it is."""

from bot.courier import FIRST_RETRY, Courier
from bot.plain import render
from domain.clock import ManualClock
from tests.journeys.chat import chat


async def test_an_outage_delays_alerts_and_loses_none(tmp_path):
    async with chat(tmp_path) as reader:
        shown, broken = [], True

        async def deliver(reply, *, silent):
            if broken:
                raise ConnectionError("no line")
            shown.append(render(reply, width=1000))

        courier = Courier(reader.house.store, reader.house.floor.clock, reader.house.floor.spec.name, deliver)
        for line in ("#MSFT stop 5%", "#AAPL close 5"):
            await reader.say(line)
            await reader.say("yes")
        await reader.house.pulse()
        assert await courier.run_once() == 0
        broken = False
        assert await courier.run_once() == 0, "it waits before it tries again"
        clock = reader.house.floor.clock
        assert isinstance(clock, ManualClock)
        await clock.advance(FIRST_RETRY)
        assert await courier.run_once() == 2
        assert shown[0].startswith("Placed: sell 20 MSFT stop")
        assert shown[1].startswith("Filled: sold 5 AAPL")
        assert await courier.run_once() == 0, "told once"


async def test_one_account_is_not_told_of_another(tmp_path):
    async with chat(tmp_path) as reader:
        shown = []

        async def deliver(reply, *, silent):
            shown.append(reply)

        other = Courier(reader.house.store, reader.house.floor.clock, "savings", deliver)
        await reader.say("#AAPL close 5")
        await reader.say("yes")
        await reader.house.pulse()
        assert await other.run_once() == 0
        assert shown == []
        assert len(await reader.pushes()) == 1


async def test_what_was_not_told_before_the_end_is_told_late_at_the_next_start(tmp_path):
    async with chat(tmp_path, still=False, account="demo") as reader:
        await reader.say("#AAPL close 5")
        await reader.say("yes")
        await reader.house.pulse()
        await reader.say("/demo forward 5m")
    async with chat(tmp_path, still=False, account="demo") as reader:
        pushed = await reader.pushes()
        late = next(p for p in pushed if p.startswith("Filled: sold 5 AAPL"))
        assert "Told late: this happened at" in late
        assert await reader.pushes() == []


async def test_the_same_fact_is_one_alert(tmp_path):
    async with chat(tmp_path) as reader:
        await reader.say("#AAPL close 5")
        await reader.say("yes")
        pushed = []
        for _ in range(5):
            pushed += await reader.later(minutes=1)
        assert len([p for p in pushed if p.startswith("Filled: sold 5 AAPL")]) == 1
