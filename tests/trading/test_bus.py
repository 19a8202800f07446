"""The bus: journalled with its cause, alerts in the same transaction, told only after the commit, nobody hurt by another."""

from __future__ import annotations

import pytest

from domain.alerts import Alert, Urgency
from domain.chat import Reply, Text
from domain.events import Event, KillSwitchPulled
from storage import journal, outbox, switches
from storage.snapshot import open_memory
from storage.store import Store
from tests.trading.stage import ACCOUNT, START
from trading.bus import Bus, Note

EVENT = KillSwitchPulled(START, ACCOUNT, "me")


def alert(event: Event) -> Alert:
    return Alert(event.at, event.account, "switch", "k", Urgency.CRITICAL, Reply((Text("halted"),)))


async def lines(store: Store) -> list[journal.JournalLine]:
    async with store.read() as tx:
        assert await journal.verify(tx) is None
        return list(reversed(await journal.lines(tx, ACCOUNT, limit=100)))


async def waiting(store: Store) -> int:
    async with store.read() as tx:
        return len(await outbox.due(tx, START))


async def test_an_event_is_journalled_with_its_alert_and_then_told() -> None:
    store = await open_memory()
    bus, heard, order = Bus(store, alert), [], []

    async def listen(event: Event) -> None:
        heard.append(event)
        order.append("told")
        assert await waiting(store) == 1  # the commit is done

    bus.subscribe(listen)
    async with bus.unit(who="me", origin="terminal:tty") as unit:
        unit.emit(EVENT)
        unit.note(Note(START, ACCOUNT, "shown", {"what": "card"}))
        unit.then(lambda: order.append("after"))
        assert heard == []
    assert heard == [EVENT]
    assert order == ["after", "told"]
    written = await lines(store)
    assert [(w.kind, w.who, w.origin) for w in written] == [("shown", "me", "terminal:tty"), ("KillSwitchPulled", "me", "terminal:tty")]
    assert '"who":"me"' in written[1].body


async def test_work_that_fails_leaves_nothing_and_tells_nobody() -> None:
    store = await open_memory()
    bus, heard = Bus(store, alert), []

    async def listen(event: Event) -> None:
        heard.append(event)

    bus.subscribe(listen)

    async def work() -> None:
        async with bus.unit(who="me") as unit:
            unit.emit(EVENT)
            unit.then(lambda: heard.append(EVENT))
            await switches.set_halted(unit.tx, ACCOUNT, halted=True, who="me", at=START)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await work()
    assert heard == []
    assert await lines(store) == []
    assert await waiting(store) == 0
    async with store.read() as tx:
        assert not await switches.halted(tx, ACCOUNT)


async def test_an_alert_policy_that_raises_costs_no_event(caplog: pytest.LogCaptureFixture) -> None:
    store = await open_memory()

    def broken(event: Event) -> Alert:
        raise KeyError("no such kind")

    bus = Bus(store, broken)
    async with bus.unit(who="me") as unit:
        unit.emit(EVENT)
    written = await lines(store)
    assert [w.kind for w in written] == ["KillSwitchPulled", "alert_failure"]
    assert "no such kind" in written[1].body
    assert "alert policy failed" in caplog.text


async def test_a_subscriber_that_raises_keeps_nothing_from_the_others(caplog: pytest.LogCaptureFixture) -> None:
    bus, heard = Bus(await open_memory()), []

    async def broken(event: Event) -> None:
        raise ValueError("deaf")

    async def listen(event: Event) -> None:
        heard.append(event)

    bus.subscribe(broken)
    bus.subscribe(listen)
    async with bus.unit(who="me") as unit:
        unit.emit(EVENT)
        unit.emit(EVENT)
    assert heard == [EVENT, EVENT]
    assert "a subscriber failed" in caplog.text
