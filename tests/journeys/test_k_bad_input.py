"""Bad input through the doors a user has: a clear sentence, a line that works, no traceback, nothing changed."""

import asyncio
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import wiring
from domain.clock import ManualClock
from domain.errors import SetupError
from market import calendar
from tests.journeys.chat import NOW, chat

TYPED = (
    "# / #AAPL #buy #sell close stop TSLA AAPL 50% $2000 5 limit 240 gtc all confirm cancel yes #order-opening-1 modify /positions /demo "
    "forward 2h sell half my apple don't ; && 1e309 NaN -5 99999999999999999999 \uff15 \u202e \x00 \U0001f680 ../../etc/passwd ' ` {} %s \\"
)
WORDS = st.sampled_from(TYPED.split(" "))
LINES = st.one_of(st.text(max_size=80), st.lists(WORDS, max_size=7).map(" ".join), st.lists(WORDS, max_size=7).map("".join))


def test_whatever_is_typed_is_answered_and_changes_nothing(tmp_path):
    """Hundreds of lines in one sitting; `yes` and `confirm` among them, so no card may ever be open without its own line."""

    async def sit() -> None:
        async with chat(tmp_path / "home", read_only=True) as reader:
            before = await reader.book()
            seen: list[str] = []
            loop = asyncio.get_running_loop()

            def answered(line: str) -> None:
                turn = asyncio.run_coroutine_threadsafe(reader.turn(line), loop).result(10)
                reply = turn.reply
                assert not turn.released, line
                assert reply.blocks, line
                assert reply.failure is None or reply.failure.code != "internal", (line, reply.failure)
                text = str(reply.blocks)
                assert "Traceback" not in text
                assert "\u202e" not in text.encode("utf-8", "replace").decode(), line
                seen.append(line)

            check = settings(max_examples=250, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))(
                given(LINES)(answered)
            )
            await asyncio.to_thread(check)
            after = await reader.book()
            assert (after.positions, after.orders, after.cash, after.halted) == (before.positions, before.orders, before.cash, False)
            assert len(seen) >= 100

    asyncio.run(sit())


LINES_AND_WHAT_THEY_ARE_TOLD = (
    ("", "Nothing was typed"),
    ("   \t ", "Nothing was typed"),
    ("#", "lone #"),
    ("# #", ""),
    ("/", None),  # the list of commands
    ("//", None),
    ("/../../etc/passwd", "/help"),
    ("#AAPL closse", "closse"),
    ("#AAPL clsoe 50%", "clsoe"),
    ("#AAPPL close", "AAPL"),
    ("#close AAPL", "#AAPL close"),
    ("#buy AAPL", "amount"),
    ("#buy AAPL -5", "-5"),
    ("#buy AAPL 0", "0"),
    ("#buy AAPL 0.0000001", "0.0000001"),
    ("#AAPL close 150%", "150%"),
    ("#AAPL close NaN", "NaN"),
    ("#AAPL close 1e309", "1e309"),
    ("#buy AAPL 12345678901234567890", "12345678901234567890"),
    ("#buy AAPL ５", "５"),
    ("#buy AAPL ٥", "٥"),
    ("#AAPL close 50%; #NVDA close", ";"),
    ("#AAPL close\n#NVDA close", ""),
    ("#order-../../x cancel", "order-"),
    ("#order-opening-1' OR '1'='1 cancel", ""),
    ("#AAPL\u200b close", "U+200B"),
    ("\u202e#AAPL close", "U+202E"),
    ("#AAPL close \x1b[31m", "U+001B"),
    ("/positions \x00", "U+0000"),
    ("x" * 4001, "4,001 characters"),
    ("#" + "9" * 300, ""),
    ("/journal 99999999999999999999", "/journal"),
    ("/journal -1", "/journal"),
    ("/journal ½", "/journal"),
    ("/positions sideways", "SIDEWAYS"),
    ("/chart", "/chart"),
    ("/chart ZZZZ", "ZZZZ"),
    ("/news AAPL please now", "/news"),
    ("/demo forward NaNh", "/demo forward 2h"),
    ("/explain " + "a" * 200, "/explain"),
    ("confirm", "card"),
    ("confirm ../../x", ""),
    (".1", "no button"),
)


async def test_every_line_of_the_list_is_answered_by_name(tmp_path):
    async with chat(tmp_path) as reader:
        before = await reader.book()
        for line, told in LINES_AND_WHAT_THEY_ARE_TOLD:
            reply = await reader.reply(line)
            text = "\n".join(str(b) for b in reply.blocks)
            if told is None:
                assert reply.failure is None
                continue
            assert reply.failure is not None, line
            assert reply.failure.code != "internal", line
            assert reply.ticket is None, line
            assert told in text, (line, reply.failure)
            assert len(reply.failure.message) < 700, line
        after = await reader.book()
        assert (after.positions, after.orders, after.cash) == (before.positions, before.orders, before.cash)
        assert await reader.house.floor.desk.open_tickets() == []


@pytest.mark.parametrize("year", [1970, 2100])
async def test_a_machine_whose_clock_cannot_be_right_says_so_and_goes_on_where_it_was(tmp_path, monkeypatch, year):
    monkeypatch.setattr(wiring, "SystemClock", lambda: ManualClock(datetime(year, 1, 3, 12, tzinfo=UTC)))
    with pytest.raises(SetupError, match=str(year)):
        async with chat(tmp_path, still=False, account="demo"):
            pass
    monkeypatch.setattr(wiring, "SystemClock", lambda: ManualClock(NOW))
    async with chat(tmp_path, still=False, account="demo") as reader:
        left = reader.house.demo.now()
    monkeypatch.setattr(wiring, "SystemClock", lambda: ManualClock(datetime(year, 1, 3, 12, tzinfo=UTC)))
    async with chat(tmp_path, still=False, account="demo") as reader:
        assert reader.house.demo.now() >= left
        assert "positions worth" in await reader.say("/positions")


BEYOND = ("1970-01-01T00:00+00:00", "0001-01-01T00:00+14:00", "9999-12-31T23:59-12:00", "2036-06-01T12:00+00:00")
ODD_DAYS = (
    "2025-07-04T15:30+00:00",
    "2025-03-09T07:30+00:00",
    "2025-11-28T18:30+00:00",
    "2024-02-29T15:30+00:00",
    "2025-03-08T05:00+00:00",
)


@pytest.mark.parametrize("instant", BEYOND)
def test_an_instant_beyond_the_calendar_is_refused(asked, instant):
    done = asked("/positions", now=datetime.fromisoformat(instant))
    assert done.code == 2
    assert done.json["error"]["code"] == "bad_argument"
    assert "--now" in done.json["error"]["message"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("FOLIOPILOT_ZONE", "Mars/Olympus"), ("FOLIOPILOT_SEED", "many"), ("FOLIOPILOT_COMMISSION", "-1"), ("FOLIOPILOT_HOMER", "/tmp")],
)
def test_a_setting_that_cannot_be_is_named(asked, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    done = asked("/positions", now=NOW)
    assert done.code == 2
    assert done.json["error"]["code"] == "setup"
    assert name in done.json["error"]["message"]


@pytest.mark.parametrize("instant", ODD_DAYS)
async def test_holidays_weekends_half_days_and_the_change_of_clocks_are_days_like_others(tmp_path, instant):
    async with chat(tmp_path, now=datetime.fromisoformat(instant)) as reader:
        book = await reader.book()
        for line in ("what happened yesterday?", "what happened today?", "/positions", "/profit-loss", "what can be done?", "/performance"):
            reply = await reader.reply(line)
            assert reply.failure is None, (line, reply.failure)
        card = await reader.reply("#AAPL close 5")
        assert card.ticket.open
        closed = "clos" in str(card.blocks).lower().replace("#aapl close 5", "").replace("sell", "")
        await reader.say("yes")
        await reader.later(minutes=3)
        sold = book.position("AAPL").quantity - await reader.held("AAPL")
        assert (sold == 5) == calendar.is_open(book.at)
        assert closed or calendar.is_open(book.at), "a closed market is said on the card"
        assert await reader.whole()
