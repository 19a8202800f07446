"""The daily moves of every stream (factor or own part), in blocks of a quarter, and the slow levels that tie the blocks together."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache

from market.world import draws
from market.world.causes import Causes
from market.world.model import Model, load
from market.world.quarters import ANCHOR, quarter

WIDEST = 12.0  # no single draw is beyond so many sigmas
MEMORY = 12  # quarters a level remembers: prices wander, and come back
WANDER = 0.7  # how far they wander, where 1 is as far as their daily moves alone would
_BATCH = 8
SWING = 0.45  # standard deviation of the log of the market's volatility
_SLOW, _QUICK = 63, 11  # days between its knots
_SLOW_SHARE = 0.75


@dataclass(frozen=True, slots=True)
class Block:
    """A quarter of one stream, by exchange day (or by day, where it never rests).

    `gap` is the move outside the session, causes included; `move` the drawn part of the session's; `jumps` the causes within the session
    as (minute, size) by day; `swing` the size of the session's noise.
    """

    days: tuple[date, ...]
    gap: list[float]
    move: list[float]
    jumps: dict[date, tuple[tuple[int, float], ...]]
    swing: list[float]


class Streams:
    """All streams of one seed; everything is a pure function of seed, stream and quarter, kept once computed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.causes = Causes(seed)
        self.block: Callable[[str, int], Block] = lru_cache(maxsize=2048)(self._block)
        self.swings: Callable[[int, float], list[float]] = lru_cache(maxsize=256)(self._swings)
        self._volatility: Callable[[int], list[float]] = lru_cache(maxsize=64)(self._log_volatility)
        self._wander: Callable[[str, int], float] = lru_cache(maxsize=1024)(self._wandered)
        self._quarterly: Callable[[str, int], list[float]] = lru_cache(maxsize=1024)(self._quarterly_draws)

    @cached_property
    def model(self) -> Model:
        """The parameters."""
        return load()

    def level(self, stream: str, n: int) -> float:
        """How far a stream has come at the end of a quarter since the anchor, in sigmas of the root of a quarter's days.

        A sum of quarterly draws with weights that fade over three years: it wanders for a while and stays bounded over decades.
        """
        return self._wander(stream, n) - self._wander(stream, ANCHOR)

    def _wandered(self, stream: str, n: int) -> float:
        steps = ((1 - j / MEMORY, *divmod(n - j, _BATCH)) for j in range(MEMORY))
        return WANDER * sum(weight * self._quarterly(stream, batch)[i] for weight, batch, i in steps)

    def _quarterly_draws(self, stream: str, batch: int) -> list[float]:
        return draws.normals(f"{self.seed}/level/{stream}/{batch}", _BATCH)

    def _swings(self, n: int, power: float) -> list[float]:
        """By day of the quarter, the market's volatility to that power, scaled so that its mean square is 1."""
        return [math.exp(power * SWING * x - (power * SWING) ** 2) for x in self._volatility(n)]

    def _block(self, stream: str, n: int) -> Block:
        parameters, block = self.model.streams[stream], quarter(n)
        days = block.days if parameters.daily else block.sessions
        swing = self.swings(n, parameters.swing)
        if not parameters.daily:
            start = block.start.toordinal()
            swing = [swing[d.toordinal() - start] for d in days]
        gaps, jumps = self.causes.impulses(stream, n)
        inside = math.sqrt(1 - parameters.overnight) * parameters.base
        outside = math.sqrt(parameters.overnight) * parameters.base
        pairs = draws.spread_pairs(f"{self.seed}/days/{stream}/{block.label()}", len(days), parameters.df)
        swing_in = [inside * s for s in swing]
        move = [s * _clip(a) for s, (a, _) in zip(swing_in, pairs, strict=True)]
        gap = [outside * s * _clip(b) for s, (_, b) in zip(swing, pairs, strict=True)]
        if gaps:
            gap = [g + gaps.get(day, 0.0) for g, day in zip(gap, days, strict=True)]
        return Block(days, gap, move, jumps, swing_in)

    def _log_volatility(self, n: int) -> list[float]:
        days = quarter(n).days
        slow, quick = self._knots(days, _SLOW, "slow"), self._knots(days, _QUICK, "quick")
        a, b = math.sqrt(_SLOW_SHARE), math.sqrt(1 - _SLOW_SHARE)
        return [a * x + b * y for x, y in zip(slow, quick, strict=True)]

    def _knots(self, days: tuple[date, ...], step: int, name: str) -> list[float]:
        """Standard normal values that change smoothly over about `step` days."""
        first, last = days[0].toordinal() // step, days[-1].toordinal() // step + 1
        z = {k: draws.normals(f"{self.seed}/volatility/{name}/{k}", 1)[0] for k in range(first, last + 1)}
        found = []
        for day in days:
            k, part = divmod(day.toordinal(), step)
            angle = math.pi / 2 * part / step
            found.append(math.cos(angle) * z[k] + math.sin(angle) * z[k + 1])
        return found


def _clip(x: float) -> float:
    return max(-WIDEST, min(WIDEST, x))
