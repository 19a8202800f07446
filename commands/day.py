"""What a span of time held, read from the journal and the outbox: the content of the digest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal

from commands.digest import first_words
from commands.kinds import kind_named
from domain import codec, events
from domain.money import ZERO, money_text
from storage import journal, outbox
from storage.outbox import OutboxRow, Verdict
from storage.store import Store
from trading.bus import Bus

WHO = "digest"
Say = Callable[[events.Event], str]

LEAST = 60  # journal lines a digest says something of, the newest of the span
TOLD = (
    events.OrderFilled,
    events.OrderRejected,
    events.PositionClosed,
    events.ExitTriggered,
    events.StopFailed,
    events.StopRestored,
    events.StopMoved,
    events.PositionMoved,
    events.EarningsNeared,
    events.LimitNeared,
    events.BreakerTripped,
    events.BreakerReset,
    events.KillSwitchPulled,
    events.KillSwitchReleased,
    events.AutomationChanged,
    events.LimitChanged,
    events.MandateSigned,
    events.MandateEnded,
    events.ReconciliationFound,
    events.BrokerDown,
    events.BrokerUp,
    events.AccessMoved,
    events.WasAway,
    events.JobFailed,
)
_BY_NAME = {kind.__name__: kind for kind in TOLD}
_COUNTED = {Verdict.OFF: "switched off", Verdict.REPEATED: "told already"}


class Day:
    """Reads spans of one account; `say` puts an event into one sentence, in the words of its alert."""

    def __init__(self, store: Store, account: str, say: Say) -> None:
        self._store = store
        self._account = account
        self._say = say

    async def digest(self, since: datetime, until: datetime) -> events.DayDigested | None:
        """What happened in [since, until) and which alerts were held back; None where there is neither.

        The first sentence of what happened sums the span up. Sentences that repeat are told once, a stop's moves by their last one.
        """
        async with self._store.read() as tx:
            lines = await journal.between(tx, self._account, since, until, kinds=tuple(_BY_NAME))
            rows = await outbox.settled(tx, self._account, since, *outbox.HELD_BACK)
        found = [codec.loads(_BY_NAME[line.kind], line.body) for line in lines]
        held = held_back([row for row in rows if row.delivered is not None and row.delivered < until])
        if not found and not held:
            return None
        return events.DayDigested(until, self._account, since, self._happened(found), held)

    async def tell(self, bus: Bus, since: datetime, until: datetime) -> events.DayDigested | None:
        """Digest a span and emit it, which is what puts it into the outbox; an empty one is not told."""
        found = await self.digest(since, until)
        if found is not None:
            async with bus.unit(who=WHO) as unit:
                unit.emit(found)
        return found

    def _happened(self, found: Sequence[events.Event]) -> tuple[str, ...]:
        if not found:
            return ()
        said = dict.fromkeys(self._say(event) for event in _last_moves(found)[-LEAST:])
        return (summed(found), *(sentence for sentence in said if sentence))


def summed(found: Sequence[events.Event]) -> str:
    """A span in one sentence: its fills, what they realised, and whatever else was not as usual."""
    fills = [e for e in found if isinstance(e, events.OrderFilled)]
    realised: Decimal = sum((e.realised for e in fills), ZERO)
    traded = f"{_count(len(fills), 'fill')}, realised {money_text(realised, sign=True)}" if fills else "No fills"
    others = len(found) - len(fills)
    return f"{traded}" + (f"; {_count(others, 'other thing')} worth a line." if others else ".")


def held_back(rows: Sequence[OutboxRow]) -> tuple[str, ...]:
    """What was not told, each in its own words; kinds that are switched off and repetitions only counted, worst first."""
    own = [row for row in rows if row.verdict not in _COUNTED]
    said = [f"{first_words(row.alert.reply).rstrip('.')} ({str(row.verdict).partition(': ')[2]})." for row in own]
    counted = Counter((row.verdict, row.alert.kind) for row in rows if row.verdict in _COUNTED)
    counts = [f"{n} × {kind_named(kind).says} ({_COUNTED[verdict]})." for (verdict, kind), n in counted.most_common() if verdict]
    return (*said, *counts)


def _last_moves(found: Sequence[events.Event]) -> list[events.Event]:
    """Of the moves of one stop only the last."""
    last = {e.stop: e for e in found if isinstance(e, events.StopMoved)}
    return [e for e in found if not isinstance(e, events.StopMoved) or last[e.stop] is e]


def _count(number: int, word: str) -> str:
    return f"{number} {word}" + ("" if number == 1 else "s")
