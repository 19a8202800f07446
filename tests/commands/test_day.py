"""The day read back from journal and outbox: what happened, and what was held back."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import partial

from commands.alerts import alert
from commands.day import Day, held_back
from commands.digest import digest, summary
from commands.slash.activity import event_text
from domain import events
from domain.orders import Fill, Side
from storage import outbox
from storage.outbox import Verdict
from storage.snapshot import open_memory
from tests.commands.actions.stage import START
from tests.commands.happenings import EVERY, HELD
from tests.commands.slash.reading import everything, keyed, lead
from tests.commands.test_hearing import ZONE
from trading.bus import Bus

D = Decimal
END = START + timedelta(hours=8)


def moved(becomes, minutes):
    return replace(EVERY[events.StopMoved], at=START + timedelta(minutes=minutes), becomes=D(becomes))


async def told(*happened, verdicts=()):
    store = await open_memory()
    bus = Bus(store, partial(alert, zone=ZONE))
    async with bus.unit(who="test") as unit:
        for event in happened:
            unit.emit(event)
    async with store.write() as tx:
        for number, verdict in enumerate(verdicts, 1):
            await outbox.settle(tx, (number,), START + timedelta(minutes=number), verdict)
    return Day(store, "main", partial(event_text, zone=ZONE)), bus


async def test_a_day_is_summed_up_and_its_moves_of_one_stop_are_one():
    second = Fill("f2", "s1-1", "main", "AAPL", Side.SELL, D(5), D("171"), D(0), START)
    day, _ = await told(
        EVERY[events.OrderFilled],
        replace(EVERY[events.OrderFilled], fill=second, order=replace(HELD, filled=D(5)), realised=D("-40.50")),
        moved("172", 1),
        moved("174", 2),
        moved("176", 3),
        EVERY[events.DemoMoved],
        EVERY[events.PositionClosed],
    )
    found = await day.digest(START, END)
    assert found.happened[0] == "2 fills, realised +$358.50; 4 other things worth a line."
    assert found.happened[1:] == (
        "Stop filled: sold 20 AAPL at $169.98, P/L +$399.00.",
        "Partly filled: sold 5 AAPL at $171.00, 15 left, P/L −$40.50.",
        "AAPL's stop moved from $170.00 to $176.00.",
        "KO is closed: P/L +$58.00 over the whole holding.",
    )
    assert found.held_back == ()
    assert (found.at, found.since) == (END, START)


async def test_the_interval_is_half_open_and_an_empty_one_is_no_digest():
    day, bus = await told(replace(EVERY[events.PositionClosed], at=END))
    assert await day.digest(START, END) is None
    assert await day.tell(bus, START, END) is None
    assert (await day.digest(END, END + timedelta(1))).happened[0] == "No fills; 1 other thing worth a line."
    assert await day.digest(END + timedelta(seconds=1), END + timedelta(days=1)) is None


async def test_what_was_held_back_is_said_and_repetitions_are_counted():
    news, drawdown, volume = EVERY[events.NewsTouched], EVERY[events.PositionMoved], replace(EVERY[events.PositionMoved], what="volume")
    day, bus = await told(
        news,
        drawdown,
        drawdown,
        volume,
        EVERY[events.StopRestored],
        verdicts=(Verdict.OVER_BUDGET, Verdict.REPEATED, Verdict.REPEATED, Verdict.OFF, Verdict.UNDELIVERED),
    )
    found = await day.tell(bus, START, END)
    assert found.held_back == (
        "AAPL is in the news: “Apple cuts its outlook” (over the day's budget).",
        "AAPL has its stop again (could not be shown).",
        "2 × a position went over 10% against you (told already).",
        "1 × unusual volume (switched off).",
    )
    assert held_back([]) == ()
    async with day._store.read() as tx:
        pushed = (await outbox.recent(tx, "main", 1))[0].alert
    assert pushed.kind == "digest"
    assert "Held back:" in everything(pushed.reply)


def test_a_digest_shows_at_most_eight_of_each():
    crowded = events.DayDigested(END, "main", START, tuple(f"{n} happened." for n in range(12)), tuple(f"{n} held." for n in range(10)))
    text = everything(digest(crowded, ZONE))
    assert "Your day: 0 happened." in text
    assert "The first 8 of 11." in text
    assert "The first 8 of 10." in text
    assert "9 happened" not in text
    assert "Held back" not in everything(digest(replace(crowded, held_back=()), ZONE))


def test_a_summary_counts_by_kind_and_keeps_the_last_words():
    many = [alert(replace(EVERY[events.PositionMoved], value=D(n) / 100), ZONE) for n in range(11, 23)]
    reply = summary([a for a in many if a], ZONE, why="had to wait")
    assert lead(reply) == "12 alerts had to wait: 12 × a position went over 10% against you."
    assert len(keyed(reply)) >= 1
    assert "The last 8 of them; the others: `/alerts recent 50`" in everything(reply)
    assert "22.00%" in everything(reply)
    few = summary([a for a in many[:2] if a], ZONE, why="had to wait")
    assert "the others" not in everything(few)
