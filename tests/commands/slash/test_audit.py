"""Who did what, and whether the log is whole."""

from datetime import timedelta

from domain import events
from domain.people import AccessMove, Role
from domain.tickets import TicketStatus
from tests.commands.actions.stage import START, stage
from tests.commands.slash.reading import everything, lead, rows, value


async def moved(one):
    async with one.floor.bus.unit(who="telegram:11", origin="11") as unit:
        unit.emit(events.TicketMoved(START, "main", "t1", "#AAPL close", TicketStatus.CONFIRMED, "telegram:11"))
    async with one.floor.bus.unit(who="terminal:owner", origin="local") as unit:
        at = START + timedelta(seconds=1)
        unit.emit(events.AccessMoved(at, "main", AccessMove.REMOVED, "telegram:22", "Bob", Role.VIEWER, "terminal:owner"))


async def test_it_tells_who_did_what_and_from_where():
    one = await stage()
    await moved(one)
    reply = await one.call("audit")
    assert lead(reply).startswith("The log is whole: ")
    first, second = rows(reply)[:2]
    assert first.startswith("owner in the terminal: Bob (telegram:22) has no role here any more")
    assert second == "11 in Telegram: Card t1 confirmed: #AAPL close."
    assert value(reply, "journal lines") >= 2


async def test_one_person_alone():
    one = await stage()
    await moved(one)
    assert rows(await one.call("audit", "telegram:11")) == ["11 in Telegram: Card t1 confirmed: #AAPL close."]
    assert "Nothing of telegram:99 is among the last 400 moves." in everything(await one.call("audit", "telegram:99"))
