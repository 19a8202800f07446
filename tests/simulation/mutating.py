"""Planting a fault: the modified source of a module is compiled, and the code of its functions put in the place of the real ones.

The functions stay the same objects, so everybody who imported them runs the fault, and taking it out again leaves no trace.
"""

from __future__ import annotations

import importlib
import types
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class Stale(Exception):
    """A planted fault no longer fits the source it was written for."""


@dataclass(frozen=True)
class Edit:
    """Of a module, the exact text that is replaced; it stands there once."""

    module: str
    old: str
    new: str


@dataclass(frozen=True)
class Mutant:
    """A fault that somebody could have made; several edits where more than one guard stands in its way."""

    name: str
    edits: tuple[Edit, ...]


def mutant(name: str, *edits: tuple[str, str, str]) -> Mutant:
    return Mutant(name, tuple(Edit(*one) for one in edits))


@contextmanager
def planted(fault: Mutant) -> Iterator[None]:
    """Run with the fault in place. Raises Stale when a text is not found, or changes no function."""
    kept: list[tuple[types.FunctionType, types.CodeType, Any]] = []
    sources: dict[str, str] = {}
    for edit in fault.edits:
        text = sources.get(edit.module) or Path(str(importlib.import_module(edit.module).__file__)).read_text(encoding="utf-8")
        if text.count(edit.old) != 1:
            raise Stale(f"{fault.name}: the text stands {text.count(edit.old)} times in {edit.module}:\n{edit.old}")
        sources[edit.module] = text.replace(edit.old, edit.new)
    try:
        for name, text in sources.items():
            real = importlib.import_module(name)
            changed = list(_differing(real, _compiled(real, text)))
            if not changed:
                raise Stale(f"{fault.name}: the edit changes no function of {name}")
            for function, fresh in changed:
                kept.append((function, function.__code__, function.__defaults__))
                function.__code__, function.__defaults__ = fresh.__code__, fresh.__defaults__
        yield
    finally:
        for function, code, defaults in reversed(kept):
            function.__code__, function.__defaults__ = code, defaults


def _compiled(real: types.ModuleType, text: str) -> types.ModuleType:
    made = types.ModuleType(real.__name__)
    made.__file__, made.__package__ = real.__file__, real.__package__
    exec(compile(text, str(real.__file__), "exec"), made.__dict__)
    return made


def _differing(real: types.ModuleType, made: types.ModuleType) -> Iterator[tuple[types.FunctionType, types.FunctionType]]:
    fresh = dict(_functions(made.__dict__, made.__name__, ""))
    for name, function in _functions(real.__dict__, real.__name__, ""):
        other = fresh.get(name)
        if other is not None and _meaning(other.__code__) != _meaning(function.__code__):
            yield function, other


def _functions(names: Any, module: str, prefix: str) -> Iterator[tuple[str, types.FunctionType]]:
    for name, value in list(dict(names).items()):
        for one in _inner(value):
            if isinstance(one, types.FunctionType) and one.__module__ == module:
                yield f"{prefix}{name}", one
        if isinstance(value, type) and value.__module__ == module and not prefix:
            yield from _functions(vars(value), module, f"{name}.")


def _inner(value: Any) -> list[Any]:
    """The functions behind a property, a class method or a decorator."""
    if isinstance(value, property):
        return [value.fget]
    value = getattr(value, "__func__", value)
    return [getattr(value, "__wrapped__", value)]


def _meaning(code: types.CodeType) -> Any:
    """What code does, without where it stands."""
    consts = tuple(_meaning(c) if isinstance(c, types.CodeType) else (type(c), c) for c in code.co_consts)
    return code.co_code, code.co_names, code.co_varnames, consts
