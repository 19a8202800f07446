"""Who hears an alert: the pure decision, and the ear that reads what was set and told."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands import reader
from commands.hearing import BUDGET, Decision, Hearing, History, Quiet, about, covers, decide, fact, midnight
from commands.kinds import KINDS, Level, is_critical
from commands.reader import Ear
from domain import codec
from domain.alerts import Alert, Urgency
from domain.chat import Reply, Text
from storage import outbox
from storage.outbox import HOME, Verdict
from storage.snapshot import open_memory

D = Decimal
ZONE = ZoneInfo("America/New_York")
NOW = datetime(2025, 10, 10, 10, 30, tzinfo=ZONE)
DEFAULTS, NOTHING = Hearing(), History()
NIGHT = Hearing(quiet=Quiet(22 * 60, 7 * 60))


def alert(kind="news", key="", *, weight=None, at=NOW):
    return Alert(at, "main", kind, key or f"{kind}:AAPL", KINDS[kind].urgency, Reply((Text("x."),)), D(weight) if weight else None)


def verdict(one, settings=DEFAULTS, history=NOTHING, now=NOW):
    return decide(one, settings, history, now).verdict


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_by_default_every_kind_has_the_level_of_the_table(kind):
    wanted = {Level.LOUD: Verdict.LOUD, Level.SILENT: Verdict.SILENT, Level.OFF: Verdict.ELSEWHERE}[KINDS[kind].level]
    assert verdict(alert(kind)) is wanted


@given(
    kind=st.sampled_from([k for k in KINDS if is_critical(k)]),
    level=st.sampled_from(Level),
    told=st.integers(0, 1000),
    minute=st.integers(0, 24 * 60 - 1),
    snoozed=st.booleans(),
)
def test_nothing_keeps_a_critical_one_back(kind, level, told, minute, snoozed):
    now = NOW.replace(hour=minute // 60, minute=minute % 60)
    words = {kind: now + timedelta(days=1), "AAPL": now + timedelta(days=1)} if snoozed else {}
    settings = Hearing({kind: level}, Quiet(0, 23 * 60 + 59), 0, words)
    assert decide(alert(kind), settings, History(now, None, told), now) == Decision(Verdict.LOUD)
    assert settings.level(kind) is Level.LOUD


def test_levels_are_loud_silent_and_off():
    for level, wanted in ((Level.LOUD, Verdict.LOUD), (Level.SILENT, Verdict.SILENT), (Level.OFF, Verdict.OFF)):
        assert verdict(alert(), Hearing({"news": level})) is wanted


def test_quiet_hours_hold_until_they_end_in_the_readers_zone():
    evening = NOW.replace(hour=22, minute=0)
    found = decide(alert("order-filled"), NIGHT, History(), evening)
    assert found == Decision(Verdict.HELD, datetime(2025, 10, 11, 11, 0, tzinfo=UTC))
    small_hours = NOW.replace(hour=6, minute=59)
    assert decide(alert("order-filled"), NIGHT, History(), small_hours).until == datetime(2025, 10, 10, 11, 0, tzinfo=UTC)
    assert verdict(alert("order-filled"), NIGHT, now=NOW.replace(hour=7, minute=0)) is Verdict.LOUD
    noon = Quiet(12 * 60, 13 * 60)
    assert [noon.covers(NOW.replace(hour=h)) for h in (11, 12, 13)] == [False, True, False]
    assert (noon.text(), NIGHT.quiet.text()) == ("12:00-13:00", "22:00-07:00")


@given(st.datetimes(datetime(2025, 1, 1), datetime(2026, 12, 31)), st.integers(0, 1439), st.integers(0, 1439))
def test_quiet_hours_end_after_they_began_and_do_not_cover_their_end(at, start, end):
    quiet = Quiet(start, end)
    now = at.replace(tzinfo=UTC).astimezone(ZONE)
    if start != end and quiet.covers(now):
        until = quiet.over(now)
        assert timedelta(0) < until - now.astimezone(UTC) <= timedelta(hours=25)
        assert not quiet.covers(until.astimezone(ZONE))


def test_a_snooze_takes_a_kind_a_beginning_or_what_it_is_about():
    later, over = NOW + timedelta(hours=1), NOW - timedelta(seconds=1)
    for word in ("news", "news:AAPL", "AAPL", "news:AAPL:n1"):
        assert verdict(alert(key="news:AAPL:n1"), Hearing(snoozed={word: later})) is Verdict.SNOOZED
        assert verdict(alert(key="news:AAPL:n1"), Hearing(snoozed={word: over})) is Verdict.SILENT
    assert not covers("news:AA", "news:AAPL:n1")
    assert not covers("NVDA", "news:AAPL:n1")
    assert (about("news:AAPL:n1"), about("halted"), fact("news:AAPL:n1")) == ("AAPL", "", "news:AAPL")


@pytest.mark.parametrize(
    ("weight", "hours", "wanted"),
    [
        ("0.10", 1, Verdict.REPEATED),
        ("0.1249", 1, Verdict.REPEATED),
        ("0.125", 1, Verdict.LOUD),  # a quarter worse
        ("0.05", 1, Verdict.REPEATED),
        ("0.10", 24, Verdict.LOUD),  # the cooldown is over
        (None, 1, Verdict.REPEATED),
    ],
)
def test_the_same_fact_is_told_again_only_when_it_got_materially_worse(weight, hours, wanted):
    history = History(NOW - timedelta(hours=hours), D("0.10"))
    assert verdict(alert("drawdown", weight=weight), history=history) is wanted


def test_the_budget_is_for_what_nobody_asked_for():
    used = History(told_today=BUDGET)
    assert verdict(alert("news"), history=used) is Verdict.OVER_BUDGET
    assert verdict(alert("news"), history=History(told_today=BUDGET - 1)) is Verdict.SILENT
    assert verdict(alert("order-filled"), history=used) is Verdict.LOUD
    assert verdict(alert("news"), Hearing(budget=0)) is Verdict.OVER_BUDGET


def test_the_first_reason_is_given():
    settings = Hearing({"news": Level.OFF}, Quiet(0, 1439), 0, {"AAPL": NOW + timedelta(1)})
    assert verdict(alert(), settings) is Verdict.OFF
    assert verdict(alert("gap"), settings) is Verdict.SNOOZED


def test_the_readers_day_begins_at_the_readers_midnight():
    assert midnight(NOW) == datetime(2025, 10, 10, 4, 0, tzinfo=UTC)


def test_settings_are_kept_as_they_are_set():
    settings = Hearing({"news": Level.OFF}, Quiet(1320, 420), 5, {"AAPL": NOW.astimezone(UTC)})
    assert codec.loads(Hearing, codec.dumps(settings)) == settings


async def test_the_ear_reads_what_was_set_and_what_was_told():
    store = await open_memory()
    ear = Ear("main", zone=ZONE)
    async with store.write() as tx:
        await reader.keep(tx, "main", HOME, Hearing(budget=2, snoozed={"KO": NOW, "XOM": NOW + timedelta(hours=1)}), NOW)
        for n, one in enumerate((alert("drawdown", weight="0.10"), alert("gap"), alert("order-filled"))):
            await outbox.add(tx, one)
            await outbox.settle(tx, (n + 1,), NOW, Verdict.LOUD)
    async with store.read() as tx:
        assert (await reader.settings_of(tx, "main", HOME)).snoozed.keys() == {"XOM"}
        assert await reader.settings_of(tx, "main", "telegram:7") == Hearing()
        assert await reader.told_today(tx, "main", HOME, NOW) == 2
        assert await reader.told_today(tx, "main", HOME, NOW + timedelta(days=1)) == 0
        soon = NOW + timedelta(hours=1)
        found = [alert("drawdown", weight="0.11"), alert("drawdown", weight="0.13"), alert("drawdown", weight="0.14"), alert("spike")]
        judged = await ear.judge_all(tx, found, soon)
        assert [d.verdict for d in judged] == [Verdict.REPEATED, Verdict.OVER_BUDGET, Verdict.OVER_BUDGET, Verdict.OVER_BUDGET]
        tomorrow = [d.verdict for d in await ear.judge_all(tx, found, NOW + timedelta(days=1))]
        assert tomorrow == [Verdict.LOUD, Verdict.REPEATED, Verdict.LOUD, Verdict.LOUD], "compared with what this message tells already"
        assert (await ear.judge(tx, alert("spike"), NOW + timedelta(days=1))).verdict is Verdict.LOUD


def test_urgency_decides_also_for_a_kind_that_is_not_known():
    strange = Alert(NOW, "main", "switch", "k", Urgency.CRITICAL, Reply(()))
    assert verdict(strange, Hearing(budget=0)) is Verdict.LOUD
