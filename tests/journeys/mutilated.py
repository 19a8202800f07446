"""A valid update with one thing wrong in it: every field of it missing, and every field of each wrong type, huge, and unreadable."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

WRONG: tuple[Any, ...] = (
    *(None, True, 0, -1, 10**30, 1.5, "", "x", "７", [], {}, [None], {"id": 1}),
    *("\u202e\u0000\u2066", "😀" * 4096, "\ud800", "سوف أبيع كل شيء", "全部卖出"),
)


def mutilated(valid: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each with a name that says what was done to it; the valid one stays as it is."""
    for path in _paths(valid):
        name = ".".join(str(key) for key in path)
        made = copy.deepcopy(valid)
        del _at(made, path[:-1])[path[-1]]
        yield f"{name} missing", made
        for number, value in enumerate(WRONG):
            made = copy.deepcopy(valid)
            _at(made, path[:-1])[path[-1]] = copy.deepcopy(value)
            yield f"{name} wrong {number}", made


def _paths(value: Any) -> Iterator[tuple[Any, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield (key,)
        for rest in _paths(inner):
            yield (key, *rest)


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value
