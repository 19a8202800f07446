"""Away: what would have fired while nobody looked is told once, with the price then and the price now; a moved demo is no absence."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from domain.clock import SystemClock
from domain.events import DemoMoved, JobFailed, WasAway
from domain.exits import ExitKind, ExitRule, ExitStatus
from domain.market import Quote, Timeframe
from storage import exits, states
from storage.store import Tx
from tests.fakes.market import bar, utc
from tests.trading.stage import ACCOUNT, START, Stage, bought, deposit, stage
from trading.away import BACK, FIRES, PART, WAITS, Away, Heartbeat, Watched, reached, watch

D = Decimal
SHARES = (deposit("100000"), bought("AAPL", "10", "170"), bought("NVDA", "20", "100"))


def rule(kind: ExitKind = ExitKind.STOP, level: str | None = "175", **more: object) -> ExitRule:
    given = {"id": "e1", "symbol": "AAPL", "long": True} | more
    return ExitRule(
        account=ACCOUNT,
        kind=kind,
        ticket="t1",
        created=START - timedelta(days=1),
        expires=START + timedelta(days=90),
        level=D(level) if level else None,
        **given,  # type: ignore[arg-type]
    )


async def holding(*rules: ExitRule, entries: tuple[object, ...] = SHARES) -> Stage:
    world = await stage(*entries)  # type: ignore[arg-type]
    async with world.store.write() as tx:
        for one in rules:
            await exits.add(tx, one)
    await world.floor.pulse()
    return world


async def back_after(world: Stage, **by: float) -> list[WasAway]:
    """The program ends, time passes, it starts again; what it tells."""
    world.clock.set(world.clock.now() + timedelta(**by))
    world.events.clear()
    world.open()
    await world.floor.start()
    return [e for e in world.events if isinstance(e, WasAway)]


async def test_a_stop_that_was_reached_and_still_is_fires_now() -> None:
    world = await holding(rule())
    world.market.add(bar("AAPL", utc("2025-10-10 14:40"), "182", "182", "174", "176"), bar("AAPL", utc("2025-10-10 14:41"), "170"))
    world.market.quote("AAPL", "171.99", "172.01", "172")
    (told,) = await back_after(world, minutes=20)
    assert (told.since, told.at) == (START, START + timedelta(minutes=20))
    (missed,) = told.missed
    assert (missed.symbol, missed.what, missed.level, missed.price, missed.done, missed.now) == (
        "AAPL",
        "stop",
        D(175),
        D(175),
        FIRES,
        D(172),
    )
    assert missed.when == utc("2025-10-10 14:40")
    assert await back_after(world, seconds=1) == [], "told once"


async def test_one_that_came_back_is_for_a_person() -> None:
    world = await holding(rule())
    world.market.add(bar("AAPL", utc("2025-10-10 14:40"), "171", "176", "170", "176"))
    (told,) = await back_after(world, minutes=20)
    (missed,) = told.missed
    assert (missed.price, missed.done, missed.now) == (D(171), BACK, D(182)), "it opened through the level"


async def test_without_a_quote_it_waits_for_one() -> None:
    world = await holding(rule())
    world.market.add(bar("AAPL", utc("2025-10-10 14:40"), "170"))
    world.market.quotes = _nothing  # type: ignore[method-assign]
    (told,) = await back_after(world, minutes=20)
    assert (told.missed[0].done, told.missed[0].now) == (WAITS, None)


async def _nothing(symbols: object) -> dict[str, Quote]:
    return {}


@pytest.mark.parametrize(
    ("minutes", "told"),
    [(0.9, 0), (4, 0), (6, 1)],
)
async def test_a_short_absence_without_anything_missed_is_not_told(minutes: float, told: int) -> None:
    world = await holding(rule())
    found = await back_after(world, minutes=minutes)
    assert len(found) == told
    assert all(e.missed == () for e in found)


async def test_the_night_is_not_open_market_but_for_a_book_with_a_coin() -> None:
    world = await holding()
    world.clock.set(utc("2025-10-10 20:01"))
    await world.floor.pulse()
    assert await back_after(world, hours=10) == []
    coin = await holding(entries=(*SHARES, bought("BTC", "0.5", "60000")))
    coin.clock.set(utc("2025-10-10 20:01"))
    await coin.floor.pulse()
    assert len(await back_after(coin, hours=10)) == 1


async def test_a_rule_of_a_position_that_is_gone_is_not_missed() -> None:
    world = await holding(rule(symbol="XOM"), replace(rule(id="e2"), status=ExitStatus.REMOVED))
    world.market.add(bar("AAPL", utc("2025-10-10 14:40"), "170"), bar("XOM", utc("2025-10-10 14:40"), "100"))
    (told,) = await back_after(world, minutes=20)
    assert told.missed == ()


async def test_what_others_watch_is_looked_at_too() -> None:
    world = await holding()
    world.market.add(bar("NVDA", utc("2025-10-10 14:50"), "131"))
    world.clock.set(START + timedelta(minutes=30))
    world.open()

    async def price_alerts() -> list[Watched]:
        return [Watched("NVDA", "alert", D(130), below=False, since=START)]

    assert world.floor.away is not None
    world.floor.away.watchers.append(price_alerts)
    world.events.clear()
    await world.floor.start()
    (told,) = [e for e in world.events if isinstance(e, WasAway)]
    assert [(m.symbol, m.what, m.price, m.done) for m in told.missed] == [("NVDA", "alert", D(131), BACK)]


async def test_prices_that_do_not_answer_put_it_off_and_lose_nothing() -> None:
    world = await holding(rule())
    world.market.add(bar("AAPL", utc("2025-10-10 14:40"), "170"))
    world.market.failing = True
    assert await back_after(world, minutes=20) == []
    assert [e.job for e in world.heard(JobFailed)] == ["away"]  # type: ignore[attr-defined]
    await world.pass_time(30, step=10)
    async with world.store.read() as tx:
        beat = await states.get(tx, ACCOUNT, PART, Heartbeat)
    assert beat is not None
    assert beat.at == START, "a restart now would still know"
    world.market.failing = False
    await world.pass_time(1)
    (told,) = world.heard(WasAway)
    assert told.since == START  # type: ignore[attr-defined]
    assert len(told.missed) == 1  # type: ignore[attr-defined]


async def test_rounds_that_stopped_are_an_absence_while_they_are_attended() -> None:
    world = await holding(rule())
    await world.pass_time(600)
    assert world.heard(WasAway) == [], "nobody runs the rounds of a test"
    assert world.floor.away is not None
    world.floor.away.attended = True
    await world.pass_time(59)
    world.market.add(bar("AAPL", utc("2025-10-10 14:45"), "170"))
    await world.pass_time(400)
    (told,) = world.heard(WasAway)
    assert told.since == START + timedelta(seconds=659)  # type: ignore[attr-defined]
    assert [m.price for m in told.missed] == [D(170)]  # type: ignore[attr-defined]
    await world.pass_time(30, step=1)
    assert len(world.heard(WasAway)) == 1


async def test_a_demo_moved_by_hand_is_no_absence() -> None:
    world = await holding(rule())
    assert world.floor.away is not None
    world.floor.away.attended = True
    world.clock.set(START + timedelta(hours=2))
    async with world.floor.bus.unit(who="reader") as unit:
        unit.emit(DemoMoved(world.clock.now(), ACCOUNT, "forward 2h"))
    await world.floor.pulse()
    assert world.heard(WasAway) == []


async def test_the_heart_beats_every_ten_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    world = await holding()
    put, beats = states.put, []

    async def counted(tx: Tx, account: str, part: str, value: object) -> None:
        beats.append(value)
        await put(tx, account, part, value)

    monkeypatch.setattr(states, "put", counted)
    await world.pass_time(60, step=1)
    assert len(beats) == 6


async def test_a_first_start_has_nothing_to_tell() -> None:
    world = await stage(*SHARES)
    assert world.heard(WasAway) == []


async def test_an_account_without_prices_tells_the_time_alone() -> None:
    world = await holding(rule())
    world.spec = replace(world.spec, priced=False)
    (told,) = await back_after(world, minutes=20)
    assert told.missed == ()


async def test_a_long_absence_is_looked_at_by_the_hour() -> None:
    world = await holding(rule())
    world.market.add(bar("AAPL", utc("2025-10-14 15:00"), "182", "182", "170", "182", size=Timeframe.HOUR), size=Timeframe.HOUR)
    (told,) = await back_after(world, days=10)
    assert [m.when for m in told.missed] == [utc("2025-10-14 15:00")]
    asked = zip(world.market.asked, world.market.starts, strict=True)
    old = world.clock.now() - timedelta(days=1)
    assert not [at for what, at in asked if what == ("AAPL", Timeframe.MINUTE) and START < at < old], "minutes of ten days are not read"


MINUTES = [utc("2025-10-10 14:30") + timedelta(minutes=n) for n in range(4)]


def seen(one: Watched, *prices: tuple[str, ...]) -> tuple[Decimal, Decimal, datetime] | None:
    bars = [bar("AAPL", at, *p) for at, p in zip(MINUTES, prices, strict=False)]
    hit = reached(one, bars, START, START + timedelta(hours=1))
    return (hit.level, hit.price, hit.when) if hit else None


def test_a_trailing_level_follows_the_best_price_and_never_loosens() -> None:
    one = watch(rule(ExitKind.TRAILING, "175", trail_percent=D("0.05")))
    assert seen(one, ("182", "200", "182", "199"), ("195",), ("191", "191", "190", "190")) == (D(190), D(190), MINUTES[2])
    assert seen(one, ("182", "200", "182", "199"), ("195",), ("193",)) is None
    absolute = watch(rule(ExitKind.TRAILING, "175", trail=D(10)))
    assert seen(absolute, ("182",), ("180",), ("174",)) == (D(175), D(174), MINUTES[2])
    bare = watch(rule(ExitKind.TRAILING, None, trail=D(10)))
    assert seen(bare, ("182",), ("171",)) == (D(172), D(171), MINUTES[1])


def test_a_trailing_level_waits_to_be_armed() -> None:
    one = watch(rule(ExitKind.TRAILING, "175", trail=D(10), arm=D(190)))
    assert seen(one, ("170",), ("170",)) is None
    assert seen(one, ("182", "191", "182", "185"), ("181", "181", "180", "180")) == (D(181), D(181), MINUTES[1])


def test_the_bad_comes_first_within_a_bar() -> None:
    one = watch(rule(ExitKind.TRAILING, "175", trail=D(10)))
    assert seen(one, ("180", "200", "174", "199")) == (D(175), D(175), MINUTES[0])


def test_shorts_and_targets_look_the_other_way() -> None:
    assert seen(watch(rule(long=False)), ("170", "176", "170", "170")) == (D(175), D(175), MINUTES[0])
    assert seen(watch(rule(ExitKind.TARGET, "190")), ("182",), ("191",)) == (D(190), D(191), MINUTES[1])
    assert seen(watch(rule(ExitKind.TARGET, "150", long=False)), ("182",), ("149",)) == (D(150), D(149), MINUTES[1])
    short = watch(rule(ExitKind.TRAILING, "175", long=False, trail=D(5)))
    assert seen(short, ("170", "170", "160", "160"), ("164",), ("165",)) == (D(165), D(165), MINUTES[2])


def test_a_time_exit_that_fell_due_fires_at_the_price_then() -> None:
    one = watch(rule(ExitKind.TIME, None, due=START + timedelta(seconds=90)))
    assert seen(one, ("182",), ("181",), ("180",)) == (D(181), D(181), START + timedelta(seconds=90))
    assert seen(watch(rule(ExitKind.TIME, None, due=START + timedelta(hours=2))), ("182",)) is None


def test_what_was_not_there_yet_was_not_missed() -> None:
    fresh = replace(watch(rule()), since=MINUTES[1] + timedelta(seconds=20))
    assert seen(fresh, ("170",), ("170",), ("182",)) is None
    assert seen(fresh, ("182",), ("182",), ("170",)) == (D(175), D(170), MINUTES[2])


class Sleepy(SystemClock):
    """A machine that slept: its wall clock went on, its monotonic one did not."""

    at = START

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return 7.0


async def test_a_machine_that_slept_shows_on_its_wall_clock() -> None:
    world = await holding(rule())
    clock = Sleepy()
    away = Away(world.floor.book, world.hub, world.store, world.floor.bus, clock)
    away.attended = True
    await away.look()
    world.clock.set(START + timedelta(hours=2))
    clock.at = START + timedelta(hours=2)
    await away.look()
    assert [(e.since, e.at) for e in world.events if isinstance(e, WasAway)] == [(START, clock.at)]
