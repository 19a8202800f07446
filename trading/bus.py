"""The bus: what happened is journalled with the change that caused it, and only then told to anybody."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain import codec
from domain.alerts import Alert
from domain.events import Event
from storage import journal, outbox
from storage.store import Store, Tx

log = logging.getLogger(__name__)

Listener = Callable[[Event], Awaitable[None]]
Alerts = Callable[[Event], Alert | None]

ALERT_FAILURE = "alert_failure"


def no_alerts(event: Event) -> Alert | None:
    """The policy of a house that pushes nothing."""
    return None


def _at_home(alert: Alert) -> Sequence[str]:
    return (outbox.HOME,)


async def _nowhere(tx: Tx, alert: Alert) -> Sequence[str]:
    return ()


@dataclass(frozen=True, slots=True)
class Note:
    """A journal line that is not an event: `value` is anything the codec writes, `body` its text where that is at hand."""

    at: datetime
    account: str
    kind: str
    value: Any
    body: str | None = None


class Unit:
    """One piece of work: the transaction it writes in, the events it causes, and what follows its commit."""

    def __init__(self, tx: Tx) -> None:
        self.tx = tx
        self.events: list[Event] = []
        self.notes: list[Note] = []
        self.after: list[Callable[[], None]] = []

    def emit(self, event: Event) -> None:
        """Say what happened; it is journalled in this transaction and told after the commit, or never when the work fails."""
        self.events.append(event)

    def note(self, note: Note) -> None:
        """Add a journal line that nobody is told of, such as what a card showed; written in this transaction."""
        self.notes.append(note)

    def then(self, follow: Callable[[], None]) -> None:
        """Do this as soon as the commit is done, before any subscriber hears of it; it must not raise."""
        self.after.append(follow)


class Bus:
    """The way of every event. It is journalled, with its alert in the outbox, in the transaction of its cause; subscribers follow.

    `chats` says which chats an alert goes to, `follows` which groups beside them, as the database has it at that moment.

    A subscriber that raises is logged and hurts nobody. An alert policy that raises leaves a journal line `alert_failure`, no lost event.
    """

    def __init__(self, store: Store, alerts: Alerts = no_alerts) -> None:
        self._store = store
        self._alerts = alerts
        self.chats: Callable[[Alert], Sequence[str]] = _at_home
        self.follows: Callable[[Tx, Alert], Awaitable[Sequence[str]]] = _nowhere
        self._listeners: list[Listener] = []

    def subscribe(self, listener: Listener) -> None:
        """Tell a listener every event from now on, after its commit and in order."""
        self._listeners.append(listener)

    @asynccontextmanager
    async def unit(self, *, who: str, origin: str = "") -> AsyncIterator[Unit]:
        """One unit of work by `who`, from the chat `origin`: all of it is committed when the block ends, none when the block raises."""
        async with self._store.write() as tx:
            unit = Unit(tx)
            yield unit
            await self._record(unit, who, origin)
        for follow in unit.after:
            follow()
        for event in unit.events:
            await self._tell(event)

    async def _record(self, unit: Unit, who: str, origin: str) -> None:
        lines = [_line(note) for note in unit.notes]
        for event in unit.events:
            kind = type(event).__name__
            lines.append(_line(Note(event.at, event.account, kind, event)))
            try:
                alert = self._alerts(event)
            except Exception as error:
                log.exception("the alert policy failed on %s", kind)
                failure = {"event": kind, "error": f"{type(error).__name__}: {error}"}
                lines.append(_line(Note(event.at, event.account, ALERT_FAILURE, failure)))
            else:
                if alert is not None:
                    await outbox.add(unit.tx, alert, (*self.chats(alert), *await self.follows(unit.tx, alert)))
        await journal.extend(unit.tx, lines, who, origin)

    async def _tell(self, event: Event) -> None:
        for listener in list(self._listeners):
            try:
                await listener(event)
            except Exception:
                log.exception("a subscriber failed on %s", type(event).__name__)


def _line(note: Note) -> journal.Entry:
    return journal.Entry(note.at, note.account, note.kind, codec.dumps(note.value) if note.body is None else note.body)
