"""The random numbers the world is made of."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from market.world import draws


def test_the_same_key_gives_the_same_numbers_in_every_version() -> None:
    assert draws.uniforms("7/a", 2) == draws.uniforms("7/a", 3)[:2]
    assert draws.uniforms("7/a", 2) != draws.uniforms("7/b", 2)
    assert [round(x, 9) for x in draws.uniforms("7/a", 2)] == [0.00102759, 0.264861827]
    assert draws.name("7/a") == draws.name("7/a") != draws.name("7/b")
    assert len(draws.name("7/a")) == 11


def test_uniforms_are_inside() -> None:
    values = draws.uniforms("many", 20_000)
    assert 0 < min(values) < max(values) < 1
    assert np.mean(values) == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("make", [draws.normals, draws.noise])
def test_normals(make: Callable[[str, int], list[float]]) -> None:
    values = np.array(make("many", 40_000))
    assert values.mean() == pytest.approx(0, abs=0.02)
    assert values.std() == pytest.approx(1, abs=0.02)
    assert (np.abs(values) > 1.96).mean() == pytest.approx(0.05, abs=0.006)
    assert (values**4).mean() == pytest.approx(3, abs=0.15)


def test_pairs_have_fat_tails_in_every_direction() -> None:
    pairs = np.array(draws.spread_pairs("many", 60_000, 6.0))
    assert pairs.std(axis=0) == pytest.approx([1, 1], abs=0.03)
    assert np.corrcoef(pairs.T)[0, 1] == pytest.approx(0, abs=0.02)
    for turn in (0.0, 0.4, 0.9):
        turned = pairs[:, 0] * np.cos(turn) + pairs[:, 1] * np.sin(turn)
        assert (np.abs(turned) > 4).mean() == pytest.approx(0.0027, abs=0.001)  # t with 6 degrees, scaled to unit variance


def test_excesses_are_those_of_a_uniform() -> None:
    assert np.mean(draws.excesses("many", 20_000)) == pytest.approx(2, abs=0.06)
