"""From typed words to a command's arguments: bound by what they look like, validated by pydantic, refused by name."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal, NewType

from domain.chat import CommandSpec, Parameter
from domain.errors import BadArgument, UnknownSymbol

Symbol = NewType("Symbol", str)
"""Marks an argument that names an instrument: `AAPL`, `$aapl` and `apple` arrive as `AAPL`; unknown ones raise UnknownSymbol."""

Rest = NewType("Rest", str)
"""Marks the last argument that takes the rest of the line as it was typed."""

_SYMBOL = re.compile(r"\$?[A-Za-z][A-Za-z0-9.\-]{0,11}:?$", re.ASCII)
_NUMBER = re.compile(r"\$?[+-]?(\d[\d,]*(\.\d+)?|\.\d+)%?$", re.ASCII)
_INTEGER = re.compile(r"[+-]?\d+$", re.ASCII)
_EXPECTED = {"symbol": "a symbol such as AAPL", "number": "a number", "integer": "a whole number", "text": "a word", "rest": "some text"}

Resolve = Callable[[str], str]


def bind(spec: CommandSpec, words: Sequence[str]) -> dict[str, str]:
    """Give each word to the first free argument it fits (`name=value` names one); raises BadArgument with the token and the usage.

    A word that is one of an argument's choices goes there before it is taken for a symbol; `$NOW` is always a symbol.
    """
    free = list(spec.parameters)
    bound: dict[str, str] = {}
    for index, word in enumerate(words):
        name, equals, value = word.partition("=")
        named = next((p for p in free if equals and p.name == name.lower().replace("-", "_")), None)
        parameter = named or _taker(free, word)
        if parameter is None:
            raise _unfit(spec, free, word)
        free.remove(parameter)
        if parameter.kind == "rest":
            bound[parameter.name] = " ".join(words[index:])
            break
        bound[parameter.name] = value if named else word
    missing = next((p for p in free if p.required), None)
    if missing is not None:
        raise BadArgument(f"/{spec.name} needs {expected(missing)} ({missing.name}).{_usage(spec)}", example=_example(spec))
    return bound


def validate(spec: CommandSpec, given: Mapping[str, Any], resolve: Resolve) -> dict[str, Any]:
    """Check and convert named values; symbols go through `resolve`. Raises BadArgument, or UnknownSymbol from `resolve`."""
    pydantic = importlib.import_module("pydantic")  # costs more than a bare command's whole answer
    cleaned = {name: _clean(spec, name, value) for name, value in given.items()}
    try:
        model = _model(spec.name, spec.parameters).model_validate(cleaned)
    except pydantic.ValidationError as error:
        raise _refused(spec, error.errors()[0]) from None
    values = {name: value for name in cleaned if (value := getattr(model, name)) is not None}
    for parameter in spec.parameters:
        if parameter.kind == "symbol" and values.get(parameter.name) is not None:
            values[parameter.name] = _resolved(spec, values[parameter.name], resolve)
    return values


def schema(spec: CommandSpec) -> dict[str, Any]:
    """The JSON schema of a command's arguments, for models, HTTP and MCP."""
    found: dict[str, Any] = _model(spec.name, spec.parameters).model_json_schema()
    return found


def usage(spec: CommandSpec) -> str:
    """`/news [symbol] [today|yesterday]`: how a command is spelled."""
    parts = [f"/{spec.name}"] if spec.sigil == "/" else [f"#{spec.name}"]
    for p in spec.parameters:
        text = "|".join(p.choices) if p.choices else p.name
        parts.append(text if p.required else f"[{text}]")
    return " ".join(parts)


def nearest(wanted: str, names: Sequence[str], cutoff: float = 62.0) -> str | None:
    """The name a typing error most likely meant: one that begins so, has a word that begins so, or is spelled nearly so; else None."""
    starts = [n for n in names if wanted and n.startswith(wanted)] or [n for n in names if len(wanted) > 2 and f"-{wanted}" in n]
    if starts:
        return min(starts, key=len)
    fuzz = importlib.import_module("rapidfuzz")  # loaded at the first miss
    for scorer in (fuzz.fuzz.ratio, fuzz.fuzz.token_sort_ratio):
        found = fuzz.process.extractOne(wanted.replace("-", " "), [n.replace("-", " ") for n in names], scorer=scorer, score_cutoff=cutoff)
        if found:
            return names[int(found[2])]
    return None


def _resolved(spec: CommandSpec, word: str, resolve: Callable[[str], str]) -> str:
    """The symbol a word names; one that names none may have been meant as a choice, so those are told too."""
    try:
        return resolve(word)
    except UnknownSymbol as error:
        choices = [choice for p in spec.parameters for choice in p.choices]
        if not choices:
            raise
        raise UnknownSymbol(f"{error.message} Nor is it one of {', '.join(choices)}.", example=_example(spec)) from None


def _taker(free: Sequence[Parameter], word: str) -> Parameter | None:
    choice = next((p for p in free if p.kind == "choice" and _is_choice(p, word)), None)
    return choice or next((p for p in free if _fits(p, word)), None)


def _is_choice(parameter: Parameter, word: str) -> bool:
    return not word.startswith("$") and word.lower() in (c.lower() for c in parameter.choices)


def _fits(parameter: Parameter, word: str) -> bool:
    match parameter.kind:
        case "symbol":
            return bool(_SYMBOL.match(word))
        case "number":
            return bool(_NUMBER.match(word))
        case "integer":
            return bool(_INTEGER.match(word))
        case "text" | "rest":
            return True
        case _:
            return False


def _clean(spec: CommandSpec, name: str, value: Any) -> Any:
    """A word as its argument spells it; values that are not text stay as they are."""
    parameter = next((p for p in spec.parameters if p.name == name), None)
    if parameter is None or not isinstance(value, str):
        return value
    match parameter.kind:
        case "choice":
            return next((c for c in parameter.choices if c.lower() == value.lower()), value)
        case "symbol":
            return value.strip().lstrip("$").rstrip(":.,")
        case "number" | "integer":
            return value.strip().lstrip("$").rstrip("%").replace(",", "")
        case _:
            return value


@lru_cache(maxsize=512)
def _model(name: str, parameters: tuple[Parameter, ...]) -> Any:
    """The pydantic model of a command's arguments, built once; unknown names are refused."""
    pydantic = importlib.import_module("pydantic")
    fields: dict[str, Any] = {}
    for p in parameters:
        kind: Any = Literal[p.choices] if p.choices else {"number": Decimal, "integer": int}.get(p.kind, str)
        fields[p.name] = (kind, ...) if p.required else (kind | None, None)
    config = pydantic.ConfigDict(extra="forbid", str_max_length=2000)
    return pydantic.create_model(f"{name}-arguments", __config__=config, **fields)


def _refused(spec: CommandSpec, error: Mapping[str, Any]) -> BadArgument:
    name = str(error["loc"][0]) if error["loc"] else ""
    parameter = next((p for p in spec.parameters if p.name == name), None)
    if parameter is None:
        return BadArgument(f"/{spec.name} has no argument {name[:40]}.{_usage(spec)}", example=_example(spec))
    given = str(error.get("input", ""))[:40]
    if error["type"] == "missing":
        return BadArgument(f"/{spec.name} needs {expected(parameter)} ({name}).{_usage(spec)}", example=_example(spec))
    return BadArgument(f"“{given}” is not {expected(parameter)} ({name}).{_usage(spec)}", example=_example(spec))


def _unfit(spec: CommandSpec, free: Sequence[Parameter], word: str) -> BadArgument:
    shown = word if len(word) <= 40 else f"{word[:40]}…"
    if not free:
        return BadArgument(f"/{spec.name} does not take “{shown}”.{_usage(spec)}", example=_example(spec))
    wanted = " or ".join(dict.fromkeys(expected(p) for p in free))
    return BadArgument(f"“{shown}” does not fit /{spec.name}: it takes {wanted}.{_usage(spec)}", example=_example(spec))


def expected(parameter: Parameter) -> str:
    """What an argument wants, in words: its choices, or `a symbol such as AAPL`."""
    return " or ".join(parameter.choices) if parameter.choices else _EXPECTED[parameter.kind]


def _usage(spec: CommandSpec) -> str:
    return f" Usage: `{usage(spec)}`."


def _example(spec: CommandSpec) -> str:
    return spec.examples[0] if spec.examples else f"/{spec.name}"
