"""Domain values to JSON text and back, byte-stable: Decimals as strings, instants as ISO UTC with Z, dataclasses by their fields.

Where a field is a union of dataclasses the value carries its class name under `kind`, so no pickled code is ever loaded. Fields that a
dataclass works out for itself (`init=False`) are not written.
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, cast

T = typing.TypeVar("T")


def instant_text(at: datetime) -> str:
    """ISO 8601 in UTC with Z, microseconds only where there are any; a naive datetime raises ValueError."""
    if at.tzinfo is None:
        raise ValueError("a naive datetime has no place here")
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def encode(value: Any) -> Any:
    """A domain value as JSON-ready data; raises TypeError for what has no place here (floats included)."""
    if value is None or (isinstance(value, bool | int) and not isinstance(value, Enum)):
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple | list | frozenset):
        return [encode(v) for v in (sorted(value) if isinstance(value, frozenset) else value)]
    if isinstance(value, Mapping):
        return {str(k): encode(v) for k, v in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        data = {f.name: encode(getattr(value, f.name)) for f in dataclasses.fields(value) if f.init}
        return {"kind": type(value).__name__} | data if "kind" not in data else data
    raise TypeError(f"{type(value).__name__} has no JSON form here")


def dumps(value: Any) -> str:
    """A domain value as JSON text: the same value always gives the same bytes."""
    return json.dumps(encode(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def loads(kind: type[T], text: str) -> T:
    """Read back what `dumps` wrote; raises ValueError for what does not fit the type."""
    return cast(T, decode(kind, json.loads(text)))


def decode(kind: Any, data: Any) -> Any:
    """JSON-ready data as a value of the annotated type; raises ValueError for what does not fit."""
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        return _decode_union(typing.get_args(kind), data)
    if origin is tuple:
        arguments = typing.get_args(kind)
        inner = [arguments[0]] * len(data) if arguments[-1] is Ellipsis else list(arguments)
        return tuple(decode(k, v) for k, v in zip(inner, data, strict=True))
    if origin is not None and issubclass(origin, Mapping):
        value_kind = typing.get_args(kind)[1]
        return {k: decode(value_kind, v) for k, v in data.items()}
    if kind is Decimal:
        return Decimal(data)
    if kind is datetime:
        return datetime.fromisoformat(data)
    if kind is date:
        return date.fromisoformat(data)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(data)
    if dataclasses.is_dataclass(kind):
        hints = _hints(cast(type, kind))
        make = cast(typing.Callable[..., Any], kind)
        return make(**{name: decode(hint, data[name]) for name, hint in hints.items() if name in data})
    if kind in (str, int, bool) and not isinstance(data, kind):
        raise ValueError(f"{data!r} is not {kind.__name__}")
    return data


def _decode_union(kinds: tuple[Any, ...], data: Any) -> Any:
    if data is None and type(None) in kinds:
        return None
    rest = [k for k in kinds if k is not type(None)]
    if len(rest) == 1:
        return decode(rest[0], data)
    for k in rest:
        if isinstance(data, dict) and data.get("kind") == getattr(k, "__name__", ""):
            return decode(k, data)
    raise ValueError(f"{data!r} is none of {', '.join(getattr(k, '__name__', str(k)) for k in rest)}")


@cache
def _hints(kind: type) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    return {f.name: hints[f.name] for f in dataclasses.fields(kind) if f.init}
