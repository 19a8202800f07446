"""The job after the close: what became of advice that was shown, and what it was worth, once for each horizon that has come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from copilot.adoption import WINDOW, resolved
from copilot.outcome import Path, due_at, score_of
from copilot.past import RELEASED
from domain.advice import HORIZONS, Adoption, Advice, AdvisedLeg, Score
from domain.instruments import Instrument
from domain.market import Bar, Timeframe
from domain.ports import Clock
from domain.tickets import Ticket
from market import calendar
from market.hub import Hub
from storage import recommendations, tickets
from storage.store import Store, Tx
from trading.commission import Commission
from trading.jobs import Turn
from trading.risk.metrics import MARKET

PATIENCE = timedelta(days=366)
"""How old advice may be and still be scored: a program that was away for months catches up, from the same bars."""

_DAY, _SESSION = timedelta(days=1), timedelta(hours=12)


class Scoring:
    """Scores one account's advice. Doing it again changes nothing, and no bar after the session a horizon ends with is read."""

    def __init__(self, hub: Hub, store: Store, clock: Clock, account: str, commission: Commission | None = None) -> None:
        self._hub = hub
        self._store = store
        self._clock = clock
        self._account = account
        self._commission = commission or Commission()

    async def run(self, turn: Turn) -> str:
        """Settle and score whatever is due, whenever it was; the same run twice, or one long missed, writes the same rows."""
        settled, scored = await self.settle(), await self.score()
        return f"{scored} scores written, {settled} settled"

    async def settle(self) -> int:
        """Write of each open piece of advice that it was followed, or ignored once its window has passed; returns how many."""
        now = self._clock.now()
        async with self._store.write(relaxed=True) as tx:
            waiting = await recommendations.in_adoption(tx, self._account, Adoption.OPEN)
            if not waiting:
                return 0
            cards = await tickets.since(tx, self._account, min(a.at for a in waiting), *RELEASED)
            done = [advice for a in waiting if (advice := _settled(a, cards, now)).adoption is not Adoption.OPEN]
            for advice in done:
                await recommendations.settle(tx, advice)
        return len(done)

    async def score(self) -> int:
        """Write every score that has come due; what has no price yet is asked again next time. Returns how many."""
        now = self._clock.now()
        async with self._store.read() as tx:
            waiting = await self._waiting(tx, now)
        found = [score for advice, horizon, due in waiting if (score := await self.score_one(advice, horizon, due)) is not None]
        if not found:
            return 0
        async with self._store.write(relaxed=True) as tx:
            return sum([await recommendations.add_score(tx, score) for score in found])

    async def score_one(self, advice: Advice, horizon: int, due: datetime) -> Score | None:
        """One score from the bars up to `due`; None where a symbol has no bar of that session (yet)."""
        paths: dict[str, Path] = {}
        for leg in advice.legs:
            instrument = self._hub.instrument(leg.symbol)
            path = None if instrument is None else await self._path(instrument, leg, advice.at, due)
            if path is None:
                return None
            paths[leg.symbol] = path
        market = await self._close(MARKET, due)
        return score_of(advice, horizon, due, self._clock.now(), paths, market, self._commission)

    async def _waiting(self, tx: Tx, now: datetime) -> list[tuple[Advice, int, datetime]]:
        """Every horizon that has come and was not scored, oldest advice first."""
        shown = await recommendations.shown(tx, self._account, since=now - PATIENCE)
        done = {(s.advice, s.horizon) for s in await recommendations.scores(tx, self._account, since=now - PATIENCE)}
        pairs = [(a, h, due_at(a.at, h)) for a in reversed(shown) for h in HORIZONS if (a.id, h) not in done]
        return [(advice, horizon, due) for advice, horizon, due in pairs if due is not None and due <= now]

    async def _path(self, instrument: Instrument, leg: AdvisedLeg, shown: datetime, due: datetime) -> Path | None:
        last = await self._close(instrument.symbol, due)
        if last is None:
            return None
        watched = leg.stop is not None or leg.standing is not None
        return Path(instrument, await self._bars(instrument, shown, due) if watched else (), last)

    async def _close(self, symbol: str, due: datetime) -> Decimal | None:
        """The close of the session that ends at `due`; of what trades at all hours its last price then."""
        instrument = self._hub.instrument(symbol)
        if instrument is not None and instrument.round_the_clock:
            return (await self._hub.prices_at((symbol,), due)).get(symbol)
        bars = await self._hub.closes(symbol, 1, due)
        if not bars or bars[-1].start < due - _SESSION:  # what the hub has read may be older than a bar that came late
            bars = await self._hub.bars(symbol, Timeframe.DAY, due - _SESSION, due)
        return bars[-1].close if bars else None

    async def _bars(self, instrument: Instrument, shown: datetime, due: datetime) -> tuple[Bar, ...]:
        """What happened between: minutes of the day it was shown on, days after that, and for coins the minutes of the last day."""
        symbol, session = instrument.symbol, calendar.session_at(shown)
        if instrument.round_the_clock:
            first = (shown.astimezone(UTC) + _DAY).replace(hour=0, minute=0, second=0, microsecond=0)
            final = due.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        else:
            first, final = session.close if session is not None else shown, due
        found = list(await self._hub.bars(symbol, Timeframe.MINUTE, shown, min(first, due))) if first > shown else []
        found += await self._hub.bars(symbol, Timeframe.DAY, first, final) if final > first else []
        if final < due and final >= first:
            found += await self._hub.bars(symbol, Timeframe.MINUTE, final, due)
        return tuple(found)


def _settled(advice: Advice, cards: Sequence[Ticket], now: datetime) -> Advice:
    """Followed or partly, where a card drawn up within the window says so; ignored once the window has passed without."""
    until = due_at(advice.at, WINDOW)
    found = resolved(advice, cards, until)
    if found.adoption is Adoption.FOLLOWED or until is None:
        return found
    if now <= until:
        return advice  # the rest of it may follow
    return replace(found, adoption=Adoption.IGNORED, settled=until) if found.adoption is Adoption.OPEN else found
