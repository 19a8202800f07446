"""Random numbers that are a pure function of a text: the same key gives the same numbers in every process, in any order of asking."""

from __future__ import annotations

import hashlib
import math
import struct
from functools import cache
from operator import add

_STEP = 2.0**-32
_TAU = 2 * math.pi


def uniforms(key: str, count: int) -> list[float]:
    """Numbers strictly between 0 and 1."""
    raw = hashlib.shake_128(key.encode()).digest(4 * count)
    return [(n + 0.5) * _STEP for n in struct.unpack(f"<{count}I", raw)]


def normals(key: str, count: int) -> list[float]:
    """Standard normal numbers (Box and Muller's transform)."""
    u = iter(uniforms(key, 2 * count))
    return [math.sqrt(-2 * math.log(a)) * math.cos(_TAU * b) for a, b in zip(u, u, strict=True)]


def spread_pairs(key: str, count: int, df: float) -> list[tuple[float, float]]:
    """Pairs of uncorrelated Student-t numbers of unit variance that share their size (Bailey's polar method).

    Any rotation of a pair is Student-t again, so a day's return can be cut into two parts of given variance shares and keep its tails.
    """
    u = iter(uniforms(key, 2 * count))
    scale, power = df - 2, -2 / df
    pairs = []
    for a, b in zip(u, u, strict=True):
        radius, angle = math.sqrt(scale * (a**power - 1)), _TAU * b
        pairs.append((radius * math.cos(angle), radius * math.sin(angle)))
    return pairs


@cache
def _grid() -> list[float]:
    upper = [_quantile((i + 0.5) / 256) for i in range(128, 256)]
    values = [*(-v for v in reversed(upper)), *upper]
    size = math.sqrt(2 * sum(v * v for v in values) / 256)
    return [v / size for v in values]


def _quantile(p: float) -> float:
    """The normal quantile of a probability from one half up, by Newton's method."""
    x = 0.0
    for _ in range(60):
        miss = 0.5 * math.erfc(-x / math.sqrt(2)) - p
        if abs(miss) < 1e-14:
            break
        x -= miss * math.sqrt(_TAU) * math.exp(x * x / 2) / (1 + 0.5 * abs(x))
    return x


@cache
def _excess() -> list[float]:
    return [-2 * math.log((i + 0.5) / 256) for i in range(256)]


def noise(key: str, count: int) -> list[float]:
    """Many nearly normal numbers of unit variance, quickly: sums of two quantiles from a table of 256, so none is beyond 4.1."""
    raw = hashlib.shake_128(key.encode()).digest(2 * count)
    look = _grid().__getitem__
    return list(map(add, map(look, raw[:count]), map(look, raw[count:])))


def excesses(key: str, count: int) -> list[float]:
    """Many numbers of -2 ln(uniform), from a table of 256: how far a bridge strays between its ends."""
    return list(map(_excess().__getitem__, hashlib.shake_128(key.encode()).digest(count)))


def name(key: str) -> str:
    """A short stable name for a key, telling nothing about it."""
    return "n" + hashlib.blake2b(key.encode(), digest_size=5).hexdigest()
