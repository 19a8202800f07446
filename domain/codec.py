"""Domain values to JSON text and back, byte-stable: Decimals as strings, instants as ISO UTC with Z, dataclasses by their fields.

Where a field is a union of dataclasses the value carries its class name under `kind`, so no pickled code is ever loaded. Fields that a
dataclass works out for itself (`init=False`) are not written.
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, cast

T = typing.TypeVar("T")
_JSON = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def instant_text(at: datetime) -> str:
    """ISO 8601 in UTC with Z, microseconds only where there are any; a naive datetime raises ValueError."""
    if at.tzinfo is None:
        raise ValueError("a naive datetime has no place here")
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def encode(value: Any) -> Any:
    """A domain value as JSON-ready data; raises TypeError for what has no place here (floats included)."""
    return _writer(cast(Any, type(value)))(value)


def dumps(value: Any) -> str:
    """A domain value as JSON text: the same value always gives the same bytes."""
    return _JSON.encode(encode(value))


def loads(kind: type[T], text: str) -> T:
    """Read back what `dumps` wrote; raises ValueError for what does not fit the type."""
    return cast(T, decode(kind, json.loads(text)))


def decode(kind: Any, data: Any) -> Any:
    """JSON-ready data as a value of the annotated type; raises ValueError for what does not fit."""
    return _reader(kind)(data)


@cache
def _writer(kind: type) -> Callable[[Any], Any]:
    """How values of one type are written, worked out once: every journal line and every stored row comes through here."""
    if issubclass(kind, Enum):
        return lambda value: value.value
    if kind is type(None) or issubclass(kind, bool | int | str):
        return lambda value: value
    if issubclass(kind, Decimal):
        return lambda value: format(value, "f")
    if issubclass(kind, datetime):
        return instant_text
    if issubclass(kind, date):
        return lambda value: value.isoformat()
    if issubclass(kind, frozenset):
        return lambda value: [encode(v) for v in sorted(value)]
    if issubclass(kind, tuple | list):
        return lambda value: [encode(v) for v in value]
    if issubclass(kind, Mapping):
        return lambda value: {str(k): encode(v) for k, v in value.items()}
    if dataclasses.is_dataclass(kind):
        return _fields_writer(kind)
    raise TypeError(f"{kind.__name__} has no JSON form here")


def _fields_writer(kind: type) -> Callable[[Any], Any]:
    names = tuple(f.name for f in dataclasses.fields(kind) if f.init)
    head = {} if "kind" in names else {"kind": kind.__name__}

    def write(value: Any) -> Any:
        data: dict[str, Any] = dict(head)
        for name in names:
            held = getattr(value, name)
            data[name] = held if held is None or type(held) is str else _writer(cast(Any, type(held)))(held)
        return data

    return write


@cache
def _reader(kind: Any) -> Callable[[Any], Any]:
    """How data is read as one annotated type, worked out once."""
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        return _union_reader(typing.get_args(kind))
    if origin is tuple:
        return _tuple_reader(typing.get_args(kind))
    if origin is not None and issubclass(origin, Mapping):
        inner = typing.get_args(kind)[1]
        return lambda data: {k: decode(inner, v) for k, v in data.items()}
    if kind is Decimal:
        return Decimal
    if kind is datetime:
        return datetime.fromisoformat
    if kind is date:
        return date.fromisoformat
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind
    if dataclasses.is_dataclass(kind):
        return _fields_reader(cast(type, kind))
    if kind in (str, int, bool):
        return lambda data: _checked(cast(type, kind), data)
    return lambda data: data


def _tuple_reader(arguments: tuple[Any, ...]) -> Callable[[Any], Any]:
    if arguments[-1] is Ellipsis:
        inner = arguments[0]
        return lambda data: tuple([decode(inner, v) for v in data])
    return lambda data: tuple(decode(k, v) for k, v in zip(arguments, data, strict=True))


def _fields_reader(kind: type) -> Callable[[Any], Any]:
    hints = typing.get_type_hints(kind)
    fields = tuple((f.name, hints[f.name]) for f in dataclasses.fields(kind) if f.init)
    readers: dict[str, Callable[[Any], Any]] = {}  # filled at the first value, because a type may contain itself

    def read(data: Any) -> Any:
        if not readers:
            readers.update({name: _reader(hint) for name, hint in fields})
        return kind(**{name: reader(data[name]) for name, reader in readers.items() if name in data})

    return read


def _union_reader(kinds: tuple[Any, ...]) -> Callable[[Any], Any]:
    rest = [k for k in kinds if k is not type(None)]
    empty = len(rest) < len(kinds)
    if len(rest) == 1:
        only = rest[0]
        return lambda data: None if empty and data is None else decode(only, data)
    by_name = {getattr(k, "__name__", str(k)): k for k in rest}

    def read(data: Any) -> Any:
        if data is None and empty:
            return None
        kind = by_name.get(data.get("kind", "")) if isinstance(data, dict) else None
        if kind is None:
            raise ValueError(f"{data!r} is none of {', '.join(by_name)}")
        return decode(kind, data)

    return read


def _checked(kind: type, data: Any) -> Any:
    if not isinstance(data, kind):
        raise ValueError(f"{data!r} is not {kind.__name__}")
    return data
