"""What holds for any orders on any prices: one jump is many steps, restarts change nothing, cash and quantity are conserved."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.errors import Rejected
from domain.market import Bar
from domain.orders import ENDED, Fill, OrderStatus, OrderType, Side, TimeInForce
from domain.portfolio import AccountSpec, Mode
from domain.ports import OrderReport
from tests.fakes.market import INSTRUMENTS, path, utc
from tests.trading.brokers.desk import Desk, open_desk
from trading.brokers.simulated.fills import FillModel

START = utc("2025-10-10 18:30")  # an hour and a half before Friday's close
END = utc("2025-10-13 14:30")  # an hour into Monday
WINDOWS = ((START - timedelta(minutes=20), utc("2025-10-10 20:00")), (utc("2025-10-13 13:00"), END))
PRICES = {"AAPL": Decimal(100), "BTC": Decimal(50_000)}
LOTS = {i.symbol: i.lot for i in INSTRUMENTS}


@cache
def bars(seed: int) -> tuple[Bar, ...]:
    """Both symbols over the end of Friday and the beginning of Monday; each half starts anew, so there is a gap between."""
    made = []
    for half, (start, until) in enumerate(WINDOWS):
        for symbol, price in PRICES.items():
            made += path(symbol, start, until, price * (100 + half * (seed % 7 - 3)) / 100, seed=seed * 2 + half, volume=Decimal(300))
    return tuple(made)


@dataclass(frozen=True)
class Step:
    """Something done at an instant."""

    at: datetime
    name: str
    what: str
    symbol: str
    side: Side
    kind: OrderType
    size: int
    away: Decimal
    day: bool
    reduce_only: bool


steps = st.builds(
    Step,
    at=st.one_of(
        st.integers(0, 90 * 60).map(lambda s: START + timedelta(seconds=s)),
        st.integers(0, 60 * 60).map(lambda s: utc("2025-10-13 13:30") + timedelta(seconds=s)),
        st.integers(0, 60).map(lambda h: utc("2025-10-10 21:00") + timedelta(hours=h)),
    ),
    name=st.sampled_from("abcdef"),
    what=st.sampled_from(("submit", "submit", "submit", "submit", "cancel", "replace")),
    symbol=st.sampled_from(tuple(PRICES)),
    side=st.sampled_from(Side),
    kind=st.sampled_from(OrderType),
    size=st.integers(1, 120),
    away=st.integers(1, 40).map(lambda n: Decimal(n) / 2000),
    day=st.booleans(),
    reduce_only=st.booleans(),
)
scripts = st.lists(steps, min_size=1, max_size=10).map(lambda s: sorted(s, key=lambda one: one.at))


async def do(desk: Desk, step: Step) -> str:
    """Do one step; the answer, or the code of the refusal."""
    price = PRICES[step.symbol]
    ahead = price * (1 - step.side.sign * step.away)
    behind = price * (1 + step.side.sign * step.away)
    size = Decimal(step.size) * (LOTS[step.symbol] if step.symbol == "BTC" else 1)
    terms: dict[str, object] = {"symbol": step.symbol, "reduce_only": step.reduce_only}
    terms["tif"] = TimeInForce.DAY if step.day else TimeInForce.GTC
    match step.kind:
        case OrderType.LIMIT:
            terms["limit"] = ahead
        case OrderType.STOP:
            terms["stop"] = behind
        case OrderType.STOP_LIMIT:
            terms |= {"stop": behind, "limit": behind * (1 + step.side.sign * Decimal("0.001"))}
        case OrderType.TRAILING:
            terms["trail_percent"] = step.away
        case OrderType.MARKET:
            pass
    made = desk.order(step.name, step.side, str(size), step.kind, **terms)
    try:
        if step.what == "submit":
            report = await desk.broker.submit(made)
        elif step.what == "cancel":
            report = await desk.broker.cancel(step.name)
        else:
            report = await desk.broker.replace(made)
    except Rejected as refusal:
        return refusal.code
    return report.status.value


async def live(
    seed: int,
    script: Sequence[Step],
    *,
    pace: int | None = None,
    restarts: bool = False,
    spec: AccountSpec | None = None,
    name: str = "fake",
) -> tuple[Desk, list[str]]:
    """Run a script with updates every `pace` minutes (or only when something is done), perhaps restarting before each step."""
    model = FillModel()
    desk = await open_desk(
        START, cash="20000", spec=spec or AccountSpec("main", Mode.PAPER), model=model, name=name, AAPL="60", BTC="0.005"
    )
    desk.market.no_quote("AAPL")
    desk.market.no_quote("BTC")
    desk.market.add(*bars(seed))
    answers = []
    for step in script:
        await walk(desk, step.at, pace)
        if restarts:
            desk.restart()
        answers.append(await do(desk, step))
    if restarts:
        desk.restart()
    await walk(desk, END, pace)
    await desk.till(END)
    return desk, answers


async def walk(desk: Desk, until: datetime, pace: int | None) -> None:
    """Go there in steps with updates at each (the dead weekend is skipped), or in one jump without any."""
    while pace is not None and (at := desk.clock.now() + timedelta(minutes=pace)) < until:
        if pace < 60 and WINDOWS[0][1] < at < WINDOWS[1][0]:
            desk.clock.set(at)
        else:
            await desk.till(at)
    desk.clock.set(until)


async def outcome(desk: Desk) -> tuple[object, ...]:
    """Everything that must be equal."""
    state = await desk.broker.state()
    reports = [r for n in "abcdef" if (r := await desk.broker.find(n)) is not None]
    return state.cash, dict(state.positions), state.orders, reports


QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@QUICK
@given(seed=st.integers(0, 5), script=scripts, pace=st.sampled_from((1, 7, 45, 600)), name=st.sampled_from(("fake", "replay x")))
async def test_a_jump_gives_the_fills_of_many_steps(seed: int, script: list[Step], pace: int, name: str) -> None:
    jumped, first = await live(seed, script, name=name)
    walked, second = await live(seed, script, pace=pace, name=name)
    assert first == second
    assert await outcome(jumped) == await outcome(walked)


@QUICK
@given(seed=st.integers(0, 5), script=scripts, name=st.sampled_from(("fake", "replay x")))
async def test_restarts_change_nothing(seed: int, script: list[Step], name: str) -> None:
    straight, first = await live(seed, script, name=name)
    reborn, second = await live(seed, script, restarts=True, name=name)
    assert first == second
    assert await outcome(straight) == await outcome(reborn)


@QUICK
@given(seed=st.integers(0, 5), script=scripts, shorting=st.booleans())
async def test_fills_fold_to_cash_and_positions(seed: int, script: list[Step], shorting: bool) -> None:
    spec = AccountSpec("main", Mode.PAPER, shorting=shorting)
    desk, _ = await live(seed, script, spec=spec)
    state = await desk.broker.state()
    reports = [r for n in "abcdef" if (r := await desk.broker.find(n)) is not None]
    fills = [f for r in reports for f in r.fills]
    assert len({f.id for f in fills}) == len(fills)
    assert state.cash == Decimal(20000) - sum((f.side.sign * f.quantity * f.price + f.fee for f in fills), Decimal(0))
    for symbol, held in (("AAPL", Decimal(60)), ("BTC", Decimal("0.005"))):
        moved = sum((f.side.sign * f.quantity for f in fills if f.symbol == symbol), Decimal(0))
        assert state.positions.get(symbol, Decimal(0)) == held + moved
    if not shorting:
        assert state.cash >= 0
        assert all(q > 0 for q in state.positions.values())
    for report in reports:
        consistent(report)


def consistent(report: OrderReport) -> None:
    """What is true of any report."""
    filled = sum((f.quantity for f in report.fills), Decimal(0))
    assert report.filled == filled <= report.quantity
    assert (report.status is OrderStatus.FILLED) == (filled == report.quantity)
    if filled:
        assert report.average_price is not None
        worth = sum((f.quantity * f.price for f in report.fills), Decimal(0))
        assert abs(report.average_price * filled - worth) < Decimal("1e-15")
    for fill in report.fills:
        assert fill.quantity % LOTS[fill.symbol] == 0
        assert fill.price > 0
        if report.limit is not None:
            assert (report.limit - fill.price) * fill.side.sign >= 0


@QUICK
@given(seed=st.integers(0, 5), script=scripts)
async def test_reduce_only_orders_never_open_or_flip(seed: int, script: list[Step]) -> None:
    spec = AccountSpec("main", Mode.PAPER, shorting=True)
    desk, _ = await live(seed, script, spec=spec)
    reduce_only = {s.name: s.reduce_only for s in reversed(script) if s.what == "submit"}
    position = {"AAPL": Decimal(60), "BTC": Decimal("0.005")}
    reports = [r for n in "abcdef" if (r := await desk.broker.find(n)) is not None]
    in_order = {f.id: f for r in desk.told for f in r.fills}  # as they happened; a fill at a bar's open is known when the bar has ended
    for fill in in_order.values():
        before = position[fill.symbol]
        position[fill.symbol] += fill.side.sign * fill.quantity
        if reduce_only.get(fill.client_id):
            assert abs(position[fill.symbol]) < abs(before)
            assert position[fill.symbol] * before >= 0
    assert set(in_order) == {f.id for r in reports for f in r.fills}
    for report in (await desk.broker.state()).orders:
        if reduce_only.get(report.client_id):
            assert report.quantity - report.filled <= abs(position[report.symbol])


def folded(reports: Sequence[OrderReport]) -> tuple[dict[str, Fill], dict[str, OrderStatus]]:
    """A reader's fold: fills by their id, an order's state by the most that was filled, ended states last."""
    fills = {f.id: f for r in reports for f in r.fills}
    best: dict[str, OrderReport] = {}
    for report in reports:
        known = best.get(report.client_id)
        if known is None or rank(report) > rank(known):
            best[report.client_id] = report
    return fills, {name: r.status for name, r in best.items()}


def rank(report: OrderReport) -> tuple[Decimal, bool, int]:
    return report.filled, report.status in ENDED, len(report.fills)


@pytest.mark.parametrize("seed", range(3))
async def test_reports_fold_the_same_in_any_order_and_number(seed: int) -> None:
    desk = await open_desk(START, AAPL="60", model=FillModel(participation=Decimal("0.05")))
    desk.market.add(*bars(seed))
    desk.market.no_quote("AAPL")
    await desk.broker.updates()
    await desk.send("buy", Side.BUY, "70")
    await desk.send("stop", Side.SELL, "30", OrderType.TRAILING, trail_percent="0.002", reduce_only=True)
    told: list[OrderReport] = []
    for minute in range(1, 60):
        desk.clock.set(START + timedelta(minutes=minute))
        told += await desk.broker.updates()
    some = told[:5] + told[-1:]
    wanted = folded(some)
    for shuffled in itertools.permutations(some):
        assert folded((*shuffled, *shuffled[:2])) == wanted
    assert wanted[1]["buy"] in (OrderStatus.FILLED, OrderStatus.PARTIAL)
