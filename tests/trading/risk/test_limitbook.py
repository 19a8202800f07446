"""The limit book: a change is validated, journalled with its row, in force at once, and there after a restart."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.errors import BadArgument, StorageFailed, Unreadable
from domain.events import LimitChanged
from domain.tickets import TicketStatus
from storage import limits as rows
from storage.snapshot import open_memory
from tests.fakes.market import utc
from tests.trading.stage import ACCOUNT, LIMITS, Stage, buy, stage
from trading.risk.limitbook import Changed, LimitBook

D = Decimal
ME = "terminal:me"


async def stored(world: Stage) -> dict[str, str]:
    async with world.store.read() as tx:
        return await rows.all(tx, ACCOUNT)


async def test_a_change_is_in_force_at_once_and_journalled() -> None:
    world = await stage()
    book = world.floor.limits
    assert (await world.propose(buy("AAPL", "200"))).status is TicketStatus.PROPOSED
    changed = await book.set("order_size", D("0.2"), ME, "tty")
    assert changed == Changed("order_size", "1000%", "20%", loosens=False)
    denied = await world.propose(buy("AAPL", "200"))
    assert denied.status is TicketStatus.DENIED
    assert [f.code for f in denied.findings] == ["order_size"]
    assert world.events[-2] == LimitChanged(world.clock.now(), ACCOUNT, "order_size", "1000%", "20%", ME)
    assert "LimitChanged" in await world.journal()
    assert book.changed == ("order_size",)


async def test_a_card_that_was_shown_is_judged_by_the_limit_at_the_tap() -> None:
    world = await stage()
    ticket = await world.propose(buy("AAPL", "200"))
    await world.floor.limits.set("order_size", D("0.2"), ME)
    assert (await world.confirm(ticket)).status is TicketStatus.DENIED
    assert not world.broker.delivered


async def test_a_restart_keeps_it_and_a_reset_ends_it() -> None:
    world = await stage()
    await world.floor.limits.set("sector", D("0.35"), ME)
    await world.floor.limits.set("news_hours", D(6), ME)
    floor = await world.restart()
    assert (floor.limits.current.sector, floor.limits.current.news_hours) == (D("0.35"), D(6))
    assert await stored(world) == {"sector": "35%", "news_hours": "6h"}
    changed = await floor.limits.reset("sector", ME)
    assert changed == Changed("sector", "35%", "1000%", loosens=True)
    assert await stored(world) == {"news_hours": "6h"}
    assert (await world.restart()).limits.current.sector == LIMITS.sector


async def test_the_same_value_again_writes_nothing() -> None:
    world = await stage()
    await world.floor.limits.set("sector", D("0.35"), ME)
    lines = await world.journal()
    assert (await world.floor.limits.set("sector", D("0.35"), ME)).same
    assert (await world.floor.limits.reset("news_hours", ME)).same
    assert await world.journal() == lines


@pytest.mark.parametrize(("name", "value"), [("sector", D(11)), ("sector", D(0)), ("nothing", D(1)), ("weight_warning", D("10.01"))])
async def test_what_is_no_limit_changes_nothing(name: str, value: Decimal) -> None:
    world = await stage()
    with pytest.raises(BadArgument):
        await world.floor.limits.set(name, value, ME)
    assert world.floor.limits.current == LIMITS
    assert await stored(world) == {}
    assert "LimitChanged" not in await world.journal()


async def test_no_limit_allows_short_sales_on_an_account_without_them() -> None:
    world = await stage()
    with pytest.raises(BadArgument, match="set up without short sales"):
        await world.floor.limits.set("shorting", True, ME)
    assert (await world.floor.limits.set("shorting", False, ME)).becomes == "no"


async def test_a_change_the_database_refuses_is_not_in_force() -> None:
    store = await open_memory()
    world = await stage()
    book = LimitBook(world.spec, store, world.floor.bus, world.clock, LIMITS)
    await world.store.close()
    with pytest.raises(StorageFailed):
        await book.set("sector", D("0.35"), ME)
    assert book.current == LIMITS
    await store.close()


@pytest.mark.parametrize(("name", "value"), [("sector", "lots"), ("sector", "9000%"), ("orders_a_day", "")])
async def test_a_row_that_is_no_value_stops_the_start(name: str, value: str) -> None:
    world = await stage()
    async with world.store.write() as tx:
        await rows.put(tx, ACCOUNT, name, value)
    with pytest.raises(Unreadable, match=f"{ACCOUNT}/{name} of table limits"):
        await world.restart()


async def test_a_name_of_another_version_is_left_alone() -> None:
    world = await stage()
    async with world.store.write() as tx:
        await rows.put(tx, ACCOUNT, "moonlight", "5%")
        await rows.put(tx, ACCOUNT, "band_blocking", "4%")
        await rows.put(tx, ACCOUNT, "band_warning", "2%")
        await rows.put(tx, "elsewhere", "sector", "5%")
    floor = await world.restart()
    assert floor.limits.changed == ("band_warning", "band_blocking")
    assert floor.limits.current.sector == LIMITS.sector
    await floor.limits.set("sector", D("0.5"), ME)
    assert (await stored(world))["moonlight"] == "5%"
    assert world.clock.now() >= utc("2025-10-10 14:30")
