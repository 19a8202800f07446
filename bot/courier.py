"""The courier: waiting alerts to the reader, judged, once and in order; what could not be shown waits and is tried again.

Every row of the outbox ends with exactly one verdict. An alert is shown first and settled then, so a program that dies in between shows
that one alert again after its restart and never loses one: at most one repeated alert a crash. A platform that takes a key of its own with
each message can close that gap; a terminal that died with the program showed it to nobody else.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import takewhile
from typing import Protocol

from commands import digest
from commands.hearing import Decision
from commands.reader import Ear
from commands.slash.sheet import moment
from domain.alerts import Alert
from domain.chat import Reply, Text, Tone
from domain.errors import Busy
from domain.events import Event
from domain.ports import Clock
from storage import outbox
from storage.outbox import HOME, TOLD, OutboxRow, Verdict
from storage.store import Store

LATE = timedelta(minutes=2)
FIRST_RETRY = timedelta(seconds=2)
LONGEST_RETRY = timedelta(minutes=5)
PATIENCE = 6  # failures, after which an alert is tried in less words too
NOTICES = 3
MANY = 20  # more than so many are told as one, where the oldest had to wait
SHORT = 1.0
WAITED = timedelta(seconds=10)
MANY_HELD = 3
AT_ONCE = 200
MOST_MERGED = 1000
MOMENT = 0.003  # seconds
GRACE = 2.0  # seconds

NOTICE = Reply((Text("An alert could not be shown here; `/alerts recent` lists it.", Tone.WARNING),))

log = logging.getLogger(__name__)


class Deliver(Protocol):
    """Shows a reply in the chat, with a sound unless `silent`; raises Busy where it is to come back later, else where it failed."""

    async def __call__(self, reply: Reply, *, silent: bool) -> None:
        """Returns once the platform has taken it."""
        ...


@dataclass(slots=True)
class Lane:
    """Waiting alerts of one urgency, in order; none of them is tried before `resume`."""

    resume: datetime
    critical: bool


@dataclass(frozen=True, slots=True)
class Load:
    """What one message tells: the rows behind it, oldest first, and how it sounds; the first row carries the others."""

    rows: tuple[OutboxRow, ...]
    reply: Reply
    verdict: Verdict


class Courier:
    """Brings the alerts of one account to one chat.

    Critical ones go first, past everything that holds others up; within each of the two lanes the order they were queued in is kept. An
    alert that fails again and again is tried in its first words too. Where three times a notice that names nothing of it is taken and the
    alert is not, it is the trouble and is put away as that; so none holds up the next one unless the platform takes nothing at all.
    """

    def __init__(self, store: Store, clock: Clock, account: str, deliver: Deliver, *, chat: str = HOME, zone: tzinfo = UTC) -> None:
        self._store = store
        self._clock = clock
        self._account = account
        self._deliver = deliver
        self._zone = zone
        self._ear = Ear(account, chat, zone)
        self._since = clock.now()
        self._urgent = Lane(self._since, critical=True)
        self._ordinary = Lane(self._since, critical=False)
        self._swept = False
        self._unnoted: dict[int, bool] = {}  # shown (as a whole or not), and the database did not take the note: not shown again
        self._noticed: Counter[int] = Counter()
        self._turn = asyncio.Lock()
        self._woken = asyncio.Event()
        self._closing = False

    async def close(self) -> None:
        """Stop after what is on its way: an alert that was shown and not noted would come again. Waits a moment at most."""
        self._closing = True
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE), self._turn:
                return

    async def heard(self, event: Event) -> None:
        """A listener for the bus: there may be something to bring; in a moment, so that an order that is to follow leaves first."""
        asyncio.get_running_loop().call_later(MOMENT, self.wake)

    def wake(self) -> None:
        """Have `serve` look for what waits; it returns at once, so nobody who trades waits for a chat platform."""
        self._woken.set()

    async def serve(self) -> None:
        """Bring alerts whenever it is woken, until it is cancelled: by every event, and by a clock for those that wait for a time."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            try:
                await self.run_once()
            except Exception:
                log.exception("a round of the courier failed; the next event or second brings another")
            pause = (max(self._urgent.resume, self._ordinary.resume) - self._clock.now()).total_seconds()
            if 0 < pause < SHORT:  # a platform that asks for a moment is not left alone for a whole second
                await self._clock.sleep(pause)
                self.wake()

    async def run_once(self) -> int:
        """Deliver what can be delivered now; returns how many messages were shown. Rounds never overlap."""
        async with self._turn:
            if not self._swept:
                await self._sweep()
            return await self._bring(self._urgent) + await self._bring(self._ordinary)

    async def _sweep(self) -> None:
        """Rows that no longer read back would hold up all others."""
        async with self._store.write() as tx:
            bad = await outbox.settle_unreadable(tx, self._account, self._clock.now(), chat=self._ear.chat)
        if bad:
            log.error("%s alerts do not read back and are not told", bad)
        self._swept = True

    async def _bring(self, lane: Lane) -> int:
        """Bring a lane's alerts until none is left or the lane has to pause."""
        shown = 0
        while self._clock.now() >= lane.resume and not self._closing:
            rows = await self._waiting(lane)
            load = await self._next(rows, lane)
            if load is not None:
                shown += await self._carried(load, lane)
                shown += 0 if lane.critical else await self._bring(self._urgent)
            elif len(rows) < AT_ONCE:  # a whole page that was put away has perhaps more behind it
                break
        return shown

    async def _waiting(self, lane: Lane, most: int = AT_ONCE) -> list[OutboxRow]:
        async with self._store.read() as tx:
            if lane.critical:
                return await outbox.urgent(tx, self._account, most, chat=self._ear.chat)
            return await outbox.ordinary(tx, self._account, self._clock.now(), most, chat=self._ear.chat)

    async def _next(self, rows: Sequence[OutboxRow], lane: Lane) -> Load | None:
        """The next message of these rows; what is not to be told now is settled or held on the way to it."""
        if not rows:
            return None
        if lane.critical:
            return self._alone(rows[0], Verdict.LOUD)
        held = sum(1 for row in rows if row.verdict is Verdict.HELD)
        late = self._clock.now() - rows[0].alert.at > WAITED
        if (late and len(rows) > MANY) or held > MANY_HELD:
            rows = rows if len(rows) < AT_ONCE else await self._waiting(lane, MOST_MERGED)
            return await self._merged(rows, "came while it was quiet" if held > MANY_HELD else "had to wait")
        return await self._single(rows)

    async def _single(self, rows: Sequence[OutboxRow]) -> Load | None:
        """The first that is told, with what belongs to it: telling it is what the next one is judged by."""
        passed = 0
        while passed < len(rows):
            moves = together(rows[passed:])
            if len(moves) > 1:
                load = await self._merged(moves)
                if load is not None:
                    return load
                passed += len(moves)
                continue
            row = rows[passed]
            passed += 1
            async with self._store.read() as tx:
                decision = await self._ear.judge(tx, row.alert, self._clock.now())
            if decision.verdict in TOLD:
                return self._alone(row, decision.verdict)
            await self._put_away([(row, decision)])
        return None

    async def _merged(self, rows: Sequence[OutboxRow], why: str = "") -> Load | None:
        """All that are told, as one message that counts once; without a `why`, as the one move of the market that they are."""
        told: list[OutboxRow] = []
        verdicts: set[Verdict] = set()
        aside: list[tuple[OutboxRow, Decision]] = []
        async with self._store.read() as tx:
            judged = await self._ear.judge_all(tx, [row.alert for row in rows], self._clock.now())
        for row, decision in zip(rows, judged, strict=True):
            if decision.verdict in TOLD:
                told.append(row)
                verdicts.add(decision.verdict)
            else:
                aside.append((row, decision))
        await self._put_away(aside)
        if len(told) < 2:
            return self._alone(told[0], verdicts.pop()) if told else None
        verdict = Verdict.LOUD if Verdict.LOUD in verdicts else Verdict.SILENT
        alerts = [row.alert for row in told]
        return Load(tuple(told), digest.summary(alerts, self._zone, why=why) if why else digest.moved(alerts), verdict)

    async def _put_away(self, judged: Sequence[tuple[OutboxRow, Decision]]) -> None:
        """Settle or hold what is not told now, all in one transaction."""
        if not judged:
            return
        async with self._store.write() as tx:
            for row, decision in judged:
                if decision.until is not None:
                    await outbox.hold(tx, (row.id,), decision.until)
                else:
                    await outbox.settle(tx, (row.id,), self._clock.now(), decision.verdict)

    def _alone(self, row: OutboxRow, verdict: Verdict) -> Load:
        """A row as a message of its own; one that had to wait, for this program or for the platform, says when it happened."""
        held = row.verdict is Verdict.HELD
        waited = self._since - row.alert.at > LATE or (bool(row.tries) and self._clock.now() - row.alert.at > LATE)
        reply = marked(row.alert, self._zone, held=held) if held or waited else row.alert.reply
        return Load((row,), reply, verdict)

    async def _carried(self, load: Load, lane: Lane) -> bool:
        """Show one message and settle its rows; False where it was not shown now: the lane pauses, or only the note was missing."""
        head, *others = load.rows
        fresh = head.id not in self._unnoted
        try:
            whole = await self._shown(load) if fresh else self._unnoted[head.id]
        except Busy as busy:
            pause = self._clock.now() + timedelta(seconds=max(busy.after, 0))
            self._urgent.resume = self._ordinary.resume = max(pause, self._urgent.resume, lane.resume)
            return False
        except Exception as error:
            log.warning("alert %s was not shown (try %s): %s", head.id, head.tries + 1, error, exc_info=not head.tries)
            lane.resume = self._clock.now() + retry_after(head, critical=lane.critical)
            async with self._store.write() as tx:
                await outbox.retry(tx, head.id, lane.resume)
            return False
        now = self._clock.now()
        self._unnoted[head.id] = whole
        async with self._store.write() as tx:
            await outbox.settle(tx, (head.id,), now, load.verdict if whole else Verdict.UNDELIVERED)
            await outbox.settle(tx, tuple(row.id for row in others), now, Verdict.MERGED if whole else Verdict.UNDELIVERED)
        del self._unnoted[head.id]
        if lane.critical:
            self._ordinary.resume = min(self._ordinary.resume, now)  # the line works again
        return fresh

    async def _shown(self, load: Load) -> bool:
        """Show a message in the fullest form the platform takes; False where it took only the notice, the last of three times.

        Raises what the whole message raised where it was not shown.
        """
        silent = load.verdict is Verdict.SILENT
        try:
            await self._deliver(load.reply, silent=silent)
        except Busy:
            raise
        except Exception:
            if load.rows[0].tries < PATIENCE:
                raise
            with suppress(Exception):
                await self._deliver(bare(load.reply), silent=silent)
                return True
            with suppress(Exception):
                await self._deliver(NOTICE, silent=silent)
                self._noticed[load.rows[0].id] += 1
            if self._noticed[load.rows[0].id] < NOTICES:
                raise
        return self._noticed.pop(load.rows[0].id, 0) < NOTICES


def together(rows: Sequence[OutboxRow]) -> list[OutboxRow]:
    """The first rows as long as they tell of moves seen in one moment: a fall of the market is one fact, however many positions it hits."""
    same = takewhile(lambda row: row.alert.kind in digest.MOVES and row.alert.at == rows[0].alert.at and row.verdict is None, rows)
    return list(same)


def marked(alert: Alert, zone: tzinfo, *, held: bool = False) -> Reply:
    """The alert's reply with the moment it happened, because it is told later."""
    why = "Held back over your quiet hours" if held else "Told late"
    note = Text(f"{why}: this happened at {moment(alert.at, zone)}.", Tone.QUIET)
    return replace(alert.reply, blocks=(*alert.reply.blocks, note))


def bare(reply: Reply) -> Reply:
    """What a reply says first and nothing else, for a platform that does not take the whole of it."""
    return Reply((Text(digest.first_words(reply), Tone.LEAD),), thread=reply.thread)


def retry_after(row: OutboxRow, *, critical: bool) -> timedelta:
    """How long to wait after a failure: twice as long each time up to five minutes, two seconds for a critical alert; less up to a half.

    That part is drawn from the row and the try, so that many couriers do not come back at once and a simulated run repeats itself.
    """
    longest = FIRST_RETRY if critical else min(FIRST_RETRY * 2 ** min(row.tries, 10), LONGEST_RETRY)
    drawn = hashlib.sha256(f"{row.id}/{row.tries}".encode()).digest()[0] / 255
    return longest * (1 - drawn / 2)
