"""A bad day rehearsed: the real chain on a copy, and not a byte of the reader's own book changed."""

from datetime import timedelta

from domain.clock import ManualClock
from storage.schema import TABLES
from tests.journeys.chat import chat, figures


async def everything_stored(reader):
    """Every row of every table, as text."""
    async with reader.house.store.read() as tx:
        return {name: [str(row) for row in await tx.select(name)] for name in TABLES}


async def test_a_gap_through_the_stops_of_a_copy(tmp_path):
    async with chat(tmp_path) as reader:
        await reader.say("#set-stops 5%")
        await reader.say("yes")
        await reader.pushes()
        stored, book = await everything_stored(reader), await reader.book()
        reply = await reader.reply("/drill gap -7%")
        said = await reader.say("/drill gap -7%")
        assert said.startswith("Everything you hold opens −7%: your account down $")
        assert "Stop filled: sold" in said
        assert "nothing was sent and nothing is kept" in said
        assert figures(reply)["equity change in the drill"] < 0
        assert 1 <= figures(reply)["messages in the drill"] <= 15, "a stop each, the breaker, and the fall of the rest as one"
        assert await everything_stored(reader) == stored, "the live journal and book are the same to the byte"
        after = await reader.book()
        assert (after.positions, after.orders, after.cash) == (book.positions, book.orders, book.cash)
        assert await reader.pushes() == []
        assert await reader.whole()


async def test_the_loss_of_a_gap_is_the_gap_where_nothing_is_protected(tmp_path):
    async with chat(tmp_path) as reader:
        await reader.say("#cancel-all")
        await reader.say("yes")
        await reader.pushes()
        before = (await reader.book()).gross_exposure
        found = figures(await reader.reply("/drill gap -10%"))
        assert abs(found["equity change in the drill"] + before / 10) < 2, "ticks apart"
        assert found["positions without a stop after the drill"] == len((await reader.book()).positions)


async def test_one_symbol_crashes_and_mostly_comes_back(tmp_path):
    async with chat(tmp_path) as reader:
        said = await reader.say("/drill flash-crash NVDA -30%")
        assert said.startswith("NVDA crashes −30% in three minutes and mostly comes back")
        assert f"Stop filled: sold {await reader.held('NVDA')} NVDA" in said, (
            "sold near the bottom: that is what a stop does in a flash crash"
        )
        assert "sold 40 AAPL" not in said


async def test_while_the_broker_is_away_its_own_stops_hold_and_are_told_of_late(tmp_path):
    async with chat(tmp_path) as reader:
        said = await reader.say("/drill broker-down 15m -8%")
        assert said.startswith("The broker is away for 15 min while prices go −8%")
        filled = [line for line in said.splitlines() if "Stop filled" in line]
        assert filled
        assert all(line.startswith("+15:") for line in filled), "nobody hears before the line is back"


async def test_at_night_the_blow_falls_at_the_next_open(tmp_path):
    async with chat(tmp_path) as reader:
        clock = reader.house.floor.clock
        assert isinstance(clock, ManualClock)
        await clock.advance(timedelta(hours=12))
        assert "09:29 New York, Thu 6 Mar 2025" in await reader.say("/drill gap -7%")


async def test_what_cannot_be_rehearsed_is_said(tmp_path):
    async with chat(tmp_path) as reader:
        for line, said in {
            "/drill earthquake": "gap, flash-crash or broker-down",
            "/drill gap -700%": "moves prices by",
            "/drill gap 0%": "not by nothing",
            "/drill flash-crash": "needs a symbol",
            "/drill flash-crash GOOGL": "You hold no GOOGL",
            "/drill broker-down 5h": "at most two hours",
            "/drill gap -x%": "not a percentage",
        }.items():
            assert said in await reader.say(line), line
