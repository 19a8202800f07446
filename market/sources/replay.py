"""A file of bars as the market: each bar is seen from its end on, never before, and the last visible close is the quote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from pathlib import Path

from domain.errors import BadArgument
from domain.instruments import AssetClass, Instrument
from domain.market import Bar, Freshness, Quote, Timeframe
from domain.money import to_tick
from domain.ports import Clock
from market import barfile, calendar
from market.bars import DAY, Columns, Series, spacing

HALF_SPREAD = Decimal("0.0002")
"""A quote is the last visible close less and plus 2 basis points, at least one tick on each side: bars know no bid and ask."""
QUIET = 2  # bars without a new one before a quote is no longer of now

_ONLY_BAR = 60  # the size taken for a file that has one bar per symbol and so no spacing
_CENT, _FINE = Decimal("0.01"), Decimal("0.0001")
_WEEKEND = 5


class Replay:
    """MarketData over a file's bars, on the clock's time. After the last bar its quotes go stale.

    A bar ends one bar size (the commonest spacing of its symbol) after its start, at the latest at the session's close; a daily bar spans
    its session. Sizes coarser than the file's are made of its bars, sessions respected; a size finer than the file's gives the file's own
    bars. Instruments unknown to `known` are taken for US shares, or for coins when they trade on Saturdays.
    """

    simulated = False

    def __init__(self, name: str, columns: Mapping[str, Columns], clock: Clock, *, zone: tzinfo, known: Mapping[str, Instrument]) -> None:
        self.name = f"replay of {name}"
        self._clock = clock
        self._instruments = {s: known.get(s) or _stranger(s, c) for s, c in columns.items()}
        common = spacing_of_all(columns)
        self._series = {
            symbol: Series(
                symbol,
                c,
                size=spacing(c.starts) or common or (DAY if c.dates else _ONLY_BAR),
                zone=zone,
                around_the_clock=self._instruments[symbol].round_the_clock,
            )
            for symbol, c in columns.items()
        }

    @property
    def span(self) -> tuple[datetime, datetime]:
        """When the first bar becomes visible, and when the last one has."""
        return (
            datetime.fromtimestamp(min(s.ends[0] for s in self._series.values()), UTC),
            datetime.fromtimestamp(max(s.ends[-1] for s in self._series.values()), UTC),
        )

    def instruments(self) -> Mapping[str, Instrument]:
        """The file's instruments, in the order in which it names them."""
        return self._instruments

    async def quotes(self, symbols: Sequence[str]) -> Mapping[str, Quote]:
        """The last visible close of each symbol with the stated spread, at its bar's end."""
        now = self._clock.now()
        found: dict[str, Quote] = {}
        for symbol in symbols:
            series = self._series.get(symbol)
            last = series.last(now) if series else None
            if series is None or last is None:
                continue
            price, at = last
            tick = self._instruments[symbol].tick
            half = max(price * HALF_SPREAD, tick)
            bid, ask = max(to_tick(price - half, tick), min(tick, price)), to_tick(price + half, tick)
            freshness = self._freshness(series, symbol, at, now)
            found[symbol] = Quote(symbol, bid, ask, price, at, self.name, freshness, pace=series.size * QUIET)
        return found

    async def bars(self, symbol: str, timeframe: Timeframe, start: datetime, until: datetime) -> Sequence[Bar]:
        """Bars that started at or after `start` and ended by `until` and by now; of a finer size than the file's, the file's own."""
        series = self._series.get(symbol)
        return series.between(timeframe, start, min(until, self._clock.now())) if series else ()

    def _freshness(self, series: Series, symbol: str, at: datetime, now: datetime) -> Freshness:
        """LIVE within two bars, CLOSED after hours when the session's last bar is there, DELAYED while today has no bar yet, else STALE."""
        age, size = now - at, timedelta(seconds=series.size)
        if self._instruments[symbol].round_the_clock:
            return Freshness.LIVE if age <= size * QUIET else Freshness.STALE
        slack = timedelta() if series.daily else size
        session = calendar.session_at(now)
        if session is None:
            return Freshness.CLOSED if at >= calendar.last_close(now) - slack else Freshness.STALE
        if age <= size * QUIET and not series.daily:
            return Freshness.LIVE
        opening = series.daily or now - session.open < size * QUIET
        return Freshness.DELAYED if opening and at >= calendar.previous(session.day).close - slack else Freshness.STALE


def build(path: Path, clock: Clock, *, zone: tzinfo = calendar.NEW_YORK, known: Mapping[str, Instrument] | None = None) -> Replay:
    """The market of a bar file; raises ImportRefused for a bad file, and BadArgument when the clock stands before its first bar."""
    source = Replay(path.name, barfile.read(path, zone), clock, zone=zone, known=known or {})
    first, last = source.span
    if clock.now() < first:
        raise BadArgument(
            f"{path.name} has bars from {_moment(first)} to {_moment(last)} New York: begin within them.",
            example=f"--at {last.astimezone(calendar.NEW_YORK).isoformat(timespec='minutes')}",
        )
    return source


def spacing_of_all(columns: Mapping[str, Columns]) -> int | None:
    """The smallest of the symbols' commonest spacings, or None when no symbol has two bars."""
    return min((gap for c in columns.values() if (gap := spacing(c.starts))), default=None)


def _moment(at: datetime) -> str:
    return at.astimezone(calendar.NEW_YORK).strftime("%Y-%m-%d %H:%M")


def _stranger(symbol: str, columns: Columns) -> Instrument:
    """An instrument only the file knows: a coin when it trades on Saturdays, else a US share; its sector is Unknown."""
    coin = any(datetime.fromtimestamp(start, UTC).weekday() == _WEEKEND for start in columns.starts[:2000])
    tick = _CENT if columns.closes[-1] >= 1 and not coin else _FINE
    lot = Decimal("0.000001") if coin else Decimal(1)
    kind = AssetClass.CRYPTO if coin else AssetClass.EQUITY
    return Instrument(symbol, symbol, kind, "replay", "USD", tick, lot, "Crypto" if coin else "Unknown")
