"""The monitor on a scripted market: exits fire once whatever stops the program, levels count when committed, what is over ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.errors import StorageFailed
from domain.events import Event, ExitTriggered, MandateEnded, OrderFilled, QuoteDoubted, StopFailed, StopMoved
from domain.exits import ExitKind, ExitRule, ExitStatus
from domain.ledger import Entry, EntryKind
from domain.market import Freshness, Quote
from domain.orders import ExitIntent, OrderStatus, OrderType
from domain.tickets import Finding, Severity, TicketStatus
from storage import exits, ledger
from tests.fakes.faulty_broker import Crash
from tests.fakes.market import coin
from tests.trading.stage import ACCOUNT, START, Stage, close, stage, stop
from trading import assessment
from trading.brokers import paper
from trading.exits import monitor as monitors
from trading.exits.stops import Hit

D = Decimal


def heard(made: Stage, kind: type[Event]) -> list[Any]:
    return made.heard(kind)


def rule(kind: ExitKind = ExitKind.STOP, *, id: str = "x1", symbol: str = "AAPL", **fields: object) -> ExitRule:
    given: dict[str, object] = {"long": True, "why": "test", "created": START} | ({"level": D(175)} if kind is ExitKind.STOP else {})
    return ExitRule(id, ACCOUNT, symbol, kind, "", expires=START + timedelta(days=90), **(given | fields))  # type: ignore[arg-type]


async def hold(made: Stage, *rules: ExitRule) -> None:
    """Set exits the way a person does."""
    ticket = await made.do(*(ExitIntent(r, "an exit") for r in rules))
    assert ticket.status is TicketStatus.EXECUTED


async def falls(made: Stage, price: str, symbol: str = "AAPL", seconds: float = 1) -> None:
    last = D(price)
    made.market.quote(symbol, str(last - D("0.01")), str(last + D("0.01")), price)
    await made.pass_time(seconds)


async def stored(made: Stage, id: str = "x1") -> ExitRule:
    async with made.store.read() as tx:
        found = await exits.get(tx, id)
    assert found is not None
    return found


async def test_a_stop_fires_at_the_market_once_and_ends():
    made = await stage()
    await hold(made, rule())
    await falls(made, "176")
    assert heard(made, ExitTriggered) == []
    await falls(made, "173.50")
    (fired,) = heard(made, ExitTriggered)
    assert (fired.level, fired.price, fired.gap, fired.released) == (D(175), D("173.50"), D("1.50"), True)
    assert made.floor.book.holdings.position("AAPL") is None
    assert [(f.why, f.order.protective) for f in heard(made, OrderFilled)] == [("stop at $175.00", False)], "no person's close"
    await falls(made, "170")
    assert len(heard(made, ExitTriggered)) == 1
    ended = await stored(made)
    assert (ended.status, ended.fired) == (ExitStatus.ENDED, fired.ticket)
    assert (await made.ticket(fired.ticket)).mandate == ended.ticket
    assert await made.agrees()
    assert "exit_set" in await made.journal()


async def test_shares_are_of_what_is_left_and_targets_fire_upwards():
    made = await stage()
    await hold(made, rule(ExitKind.TARGET, level=D(190), share=D("0.5")), rule(ExitKind.TARGET, id="x2", level=D(195), share=D(1)))
    await falls(made, "190.00")
    assert made.floor.book.holdings.quantity("AAPL") == 5
    assert (await stored(made, "x2")).status is ExitStatus.ACTIVE
    await falls(made, "195.00", seconds=2)
    assert made.floor.book.holdings.quantity("AAPL") == 0
    assert [t.line for t in await made.tickets() if t.mandate] == ["#AAPL close", "#AAPL close 5"]


async def test_two_exits_at_one_price_sell_the_position_once():
    made = await stage()
    await hold(made, rule(), rule(id="x2", level=D(174)))
    await falls(made, "170")
    await falls(made, "169")
    assert made.floor.book.holdings.quantity("AAPL") == 0
    assert sum(made.broker.delivered.values()) == 1
    assert (await stored(made, "x2")).status is ExitStatus.ENDED


async def test_less_than_a_lot_ends_and_what_is_being_closed_waits():
    made = await stage()
    await hold(made, rule(ExitKind.TARGET, level=D(183), share=D("0.01")))
    await falls(made, "184")
    assert (await stored(made)).reason == "what it would close is less than one lot"
    await hold(made, rule(id="x2"))
    made.broker.faults["submit"].append("lost_request")
    made.broker.faults["find"].extend(["ok"] * 50)
    await made.do(close("AAPL", "10"))
    await made.floor.monitor.round()
    made.market.quote("AAPL", "170", "170.02", "170.01")
    await made.floor.monitor.round()
    assert heard(made, ExitTriggered) == []
    assert made.floor.monitor.exits.resting("x2")


POINTS = ("order.3", "order.4", "order.5", "order.6", "order.7", "order.8", "order.9", "order.12", "order.16")


@pytest.mark.parametrize("point", POINTS)
async def test_a_crash_at_every_step_neither_loses_the_exit_nor_fires_it_twice(point):
    made = await stage()
    await hold(made, rule())

    def breaks(name: str) -> None:
        if name.startswith(point + " "):
            raise Crash(name)

    await made.restart(breaks)
    with pytest.raises(Crash):
        await falls(made, "170")
    await made.restart()
    for _ in range(20):
        await made.pass_time(10)
    assert made.floor.book.holdings.quantity("AAPL") == 0
    assert (await stored(made)).status is ExitStatus.ENDED
    assert await made.agrees()
    sold = [e for e in made.floor.book.entries if e.symbol == "AAPL" and e.at > START]
    assert sum(e.quantity for e in sold) == 10


async def test_a_crash_before_the_commit_leaves_the_exit_waiting(monkeypatch):
    made = await stage()
    await hold(made, rule())
    real = exits.save

    async def gone(tx: object, rule: ExitRule) -> None:
        raise Crash("in the transaction")

    monkeypatch.setattr(exits, "save", gone)
    with pytest.raises(Crash):
        await falls(made, "170")
    monkeypatch.setattr(exits, "save", real)
    assert (await stored(made)).status is ExitStatus.ACTIVE
    assert sum(made.broker.delivered.values()) == 0
    await made.restart()
    await made.pass_time(1)
    assert made.floor.book.holdings.quantity("AAPL") == 0
    assert (await stored(made)).status is not ExitStatus.ACTIVE


async def test_trailing_levels_move_in_one_transaction_and_never_back():
    made = await stage()
    await hold(made, rule(ExitKind.TRAILING, trail_percent=D("0.02"), arm=D(185)))
    await falls(made, "184")
    assert (await stored(made)).level is None
    await falls(made, "186")
    assert ((await stored(made)).level, (await stored(made)).arm) == (D("182.28"), None)
    await falls(made, "184")
    await falls(made, "186.10")
    await falls(made, "190")
    assert [(e.was, e.becomes) for e in heard(made, StopMoved)] == [(None, D("182.28")), (D("182.28"), D("186.20"))]
    await made.restart()
    await falls(made, "186.30")
    assert (await stored(made)).level == D("186.20")
    await falls(made, "186.20")
    assert heard(made, ExitTriggered)[0].gap == 0


async def test_a_level_that_could_not_be_written_has_not_moved(monkeypatch):
    made = await stage()
    await hold(made, rule(ExitKind.TRAILING, trail=D(4), level=D(178)))
    real, calls = exits.save, []

    async def full(tx: object, rule: ExitRule) -> None:
        calls.append(rule)
        raise StorageFailed("disk full")

    monkeypatch.setattr(exits, "save", full)
    await falls(made, "190")
    assert calls
    assert heard(made, StopMoved) == []
    monkeypatch.setattr(exits, "save", real)
    await falls(made, "184")
    assert (await stored(made)).level == D("180.00"), "it follows from where it was committed"
    await falls(made, "181")
    assert heard(made, ExitTriggered) == []


async def test_an_exit_that_was_taken_back_meanwhile_does_not_fire_or_move(monkeypatch):
    made = await stage()
    await hold(made, rule(), rule(ExitKind.TRAILING, id="x2", trail=D(4), level=D(170)))
    async with made.store.write() as tx:
        for id in ("x1", "x2"):
            await exits.save(tx, (await exits.get(tx, id)).moved(ExitStatus.REMOVED, "elsewhere"))
    await falls(made, "184")
    await falls(made, "168")
    assert heard(made, StopMoved) == heard(made, ExitTriggered) == []
    assert made.floor.book.holdings.quantity("AAPL") == 10


async def test_a_card_nobody_answers_lets_the_exit_wait_and_ask_again_later():
    made = await stage()
    await hold(made, rule())
    unsigned = replace(await stored(made), expires=START)
    made.floor.monitor.exits.put(unsigned)
    await made.floor.monitor.take([Quote("AAPL", D(170), D(170), D(170), made.clock.now(), "fake")])
    (first,) = heard(made, ExitTriggered)
    assert not first.released
    assert (await stored(made)).status is ExitStatus.FIRED
    await made.pass_time(130, step=10)
    assert await made.status(first.ticket) is TicketStatus.EXPIRED
    assert (await stored(made)).status is ExitStatus.ACTIVE
    await falls(made, "169")
    assert len(heard(made, ExitTriggered)) == 1, "not at once"
    await made.pass_time(620, step=20)
    assert len(heard(made, ExitTriggered)) == 2
    assert heard(made, ExitTriggered)[1].released, "its signature holds after all"


async def test_a_fresh_card_in_its_place_is_followed():
    made = await stage()
    await hold(made, rule())
    made.floor.monitor.exits.put(replace(await stored(made), expires=START))
    made.market.quote("AAPL", "170", "170", "170")
    await made.floor.monitor.take([Quote("AAPL", D(170), D(170), D(170), made.clock.now(), "fake")])
    old = await made.ticket(heard(made, ExitTriggered)[0].ticket)
    made.market.quote("AAPL", "160", "160", "160")
    fresh = await made.confirm(old)
    assert fresh.replaces == old.id
    await made.pass_time(1)
    assert (await stored(made)).status is ExitStatus.FIRED
    await made.confirm(fresh)
    await made.pass_time(1)
    assert (await stored(made)).status is ExitStatus.ENDED


async def test_a_denied_exit_says_that_the_stop_failed_and_tries_again(monkeypatch):
    made = await stage()
    await hold(made, rule())
    monkeypatch.setattr(assessment, "assess", lambda *_: (Finding("no", Severity.BLOCKING, "Not now."),))
    await falls(made, "170")
    assert [t.status for t in await made.tickets()][:1] == [TicketStatus.DENIED]
    (failed,) = heard(made, StopFailed)
    assert (failed.quantity, failed.reason) == (10, "its exit was denied: Not now.")
    assert heard(made, ExitTriggered) == []
    assert (await stored(made)).status is ExitStatus.ACTIVE
    await made.pass_time(45, step=1)
    assert len(heard(made, StopFailed)) == 1, "told once"
    assert 2 <= sum(t.status is TicketStatus.DENIED for t in await made.tickets()) <= 4, "tried again, and not every second"
    assert "AAPL" in made.floor.monitor.failed_stops.failed
    monkeypatch.undo()
    await made.pass_time(60, step=5)
    assert made.floor.book.holdings.quantity("AAPL") == 0
    assert made.floor.monitor.failed_stops.failed == {}


async def test_time_exits_wait_for_an_open_market():
    made = await stage()
    evening = START + timedelta(hours=8)
    await hold(made, rule(ExitKind.TIME, due=evening, level=None))
    await made.pass_time(10 * 3600)
    assert heard(made, ExitTriggered) == []
    await made.pass_time(3600 * 62)  # Monday, after the open
    assert made.clock.now().weekday() == 0
    assert len(heard(made, ExitTriggered)) == 1
    assert made.floor.book.holdings.quantity("AAPL") == 0


async def test_what_is_closed_or_no_longer_signed_ends():
    made = await stage()
    await hold(made, rule(), rule(id="x2", symbol="NVDA", level=D(90)), rule(id="x3", symbol="NVDA", level=D(80), long=False))
    await made.do(close("AAPL", "10"))
    await made.pass_time(1)
    assert (await stored(made)).reason == "the position is closed"
    assert (await stored(made, "x3")).status is ExitStatus.ENDED, "there is no short position"
    await made.pass_time(91 * 86400)
    assert (await stored(made, "x2")).status is ExitStatus.EXPIRED
    (ended,) = heard(made, MandateEnded)
    assert (ended.mandate, ended.reason) == ((await stored(made, "x2")).ticket, "expired")


async def test_break_even_places_a_stop_moves_one_or_becomes_one(monkeypatch):
    made = await stage()
    await hold(made, rule(ExitKind.BREAK_EVEN, arm=D(185), level=None))
    await falls(made, "186")
    await made.pass_time(1)
    placed = next(o for o in made.floor.book.orders if o.symbol == "AAPL")
    assert (placed.type, placed.stop, placed.quantity, placed.status) == (OrderType.STOP, D("170.00"), 10, OrderStatus.ACCEPTED)
    assert (await stored(made)).status is ExitStatus.ENDED
    await hold(made, rule(ExitKind.BREAK_EVEN, id="x2", arm=D(185), level=None))
    await falls(made, "187")
    assert "or better stands already" in (await stored(made, "x2")).reason
    monkeypatch.setattr(paper, "TRAITS", replace(paper.TRAITS, order_types=frozenset({OrderType.MARKET, OrderType.LIMIT})))
    await hold(made, rule(ExitKind.BREAK_EVEN, id="x3", symbol="NVDA", arm=D(121), level=None))
    await falls(made, "121", "NVDA")
    becomes = await stored(made, "x3")
    assert (becomes.kind, becomes.level, becomes.status) == (ExitKind.STOP, D("100.00"), ExitStatus.ACTIVE)
    await falls(made, "99.90", "NVDA")
    assert made.floor.book.holdings.quantity("NVDA") == 0


async def test_many_quotes_at_once_go_through_the_batch(monkeypatch):
    made = await stage()
    many = [coin(f"C{n}") for n in range(monitors.BATCH)]
    monkeypatch.setattr(made.hub, "_instruments", {**made.hub.instruments(), **{i.symbol: i for i in many}})
    await hold(made, rule())
    used: list[int] = []
    real = made.floor.monitor._stops.batch

    def batch(symbols: Any, prices: Any) -> list[Hit]:
        used.append(len(prices))
        return real(symbols, prices)

    monkeypatch.setattr(made.floor.monitor._stops, "batch", batch)
    at = made.clock.now()
    quotes = [Quote(i.symbol, D(10), D(10), D(10), at, "fake") for i in many]
    made.market.quote("AAPL", "170", "170", "170")
    await made.floor.monitor.take([*quotes, Quote("AAPL", D(170), D(170), D(170), at, "fake"), Quote("?", D(1), D(1), D(1), at, "fake")])
    assert used
    assert len(heard(made, ExitTriggered)) == 1


async def test_a_doubt_is_told_once_an_episode_and_a_closed_market_says_nothing():
    made = await stage()
    await hold(made, rule())
    for _ in range(3):
        await made.floor.monitor.take([Quote("AAPL", D("181.99"), D("182.01"), D(150), made.clock.now(), "fake")])
    assert len(heard(made, QuoteDoubted)) == 1
    await falls(made, "182")
    await made.floor.monitor.take([Quote("AAPL", D(151), D(150), D(150), made.clock.now(), "fake")])
    assert [e.reason for e in heard(made, QuoteDoubted)] == ["its last trade lies far outside bid and ask", "bid and ask are crossed"]
    await made.pass_time(8 * 3600)
    await falls(made, "150")
    assert heard(made, ExitTriggered) == []
    assert len(heard(made, QuoteDoubted)) == 2


async def test_a_source_that_fails_is_a_failure_of_the_round_and_the_rest_goes_on():
    made = await stage()
    await hold(made, rule(ExitKind.TIME, due=START, level=None), rule(id="x2", symbol="NVDA", level=D(90)))
    made.market.failing = True
    with pytest.raises(Exception, match="scripted market is down"):
        await made.floor.monitor.round()
    made.market.failing = False
    await made.pass_time(30, step=5)
    assert made.floor.book.holdings.quantity("AAPL") == 0
    assert await made.floor.monitor.watch("XOM") is None
    assert [w.symbol for w in await made.floor.monitor.watch_all()] == ["BTC", "NVDA"]


async def test_stops_at_the_broker_count_in_the_watch():
    made = await stage()
    await made.do(stop("AAPL", "10", "181"))
    await made.pass_time(1)
    seen = await made.floor.monitor.watch("AAPL")
    assert seen is not None
    assert (seen.health, seen.stop, seen.profit) == ("near stop", D(181), D("120.00"))
    assert (await made.floor.monitor.watch("NVDA")).health == "unprotected"
    made.market.quote("AAPL", "190", "190.02", "190.01", freshness=Freshness.CLOSED)
    await made.pass_time(2)
    assert (await made.floor.monitor.watch("AAPL")).health == "halted"
    made.market.no_quote("AAPL")
    await made.pass_time(2)
    assert (await made.floor.monitor.watch("AAPL")).health == "stale"


async def test_a_split_rebases_exits_once_and_fires_none_of_them():
    made = await stage()
    await hold(
        made, rule(), rule(ExitKind.TRAILING, id="x2", trail=D(8), level=D(170)), rule(ExitKind.BREAK_EVEN, id="x3", arm=D(200), level=None)
    )
    await made.pass_time(5)
    split = Entry("s1", ACCOUNT, made.clock.now(), EntryKind.SPLIT, D(0), "AAPL", quantity=D(4))
    async with made.store.write() as tx:
        await ledger.add(tx, split)
    made.floor.book.accept(split)
    await falls(made, "45.50")
    assert [(r.level, r.arm, r.trail) for r in made.floor.monitor.exits.all("AAPL")] == [
        (D("43.75"), None, None),
        (D("43.50"), None, D("2.00")),
        (None, D("50.00"), None),
    ]
    await made.restart()
    await falls(made, "45.40", seconds=5)
    assert (await stored(made)).level == D("43.75"), "once"
    assert heard(made, ExitTriggered) == []
    assert "exit_rebased" in await made.journal()
    later = await made.propose(ExitIntent(rule(id="x4", level=D(44), created=made.clock.now()), "an exit"))
    await made.confirm(later)
    await made.pass_time(1)
    assert (await stored(made, "x4")).level == D(44)
