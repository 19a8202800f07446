"""One registry of `/` commands and `#` actions: a feature is one function, and names, arguments, help and checks come from it.

A module of `commands.slash` or `commands.actions` decorates its functions; nothing has to be listed anywhere. The types of a
command's arguments (`Literal`, `Symbol`, `Rest`, `Decimal`, `int`, `str`) are imported at run time by the module that uses them.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import types
import typing
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from commands import arguments
from commands.arguments import Rest, Symbol
from domain.chat import Access, Action, CommandSpec, Output, Parameter, Reply, Verb
from domain.errors import UnknownCommand

if TYPE_CHECKING:
    from commands.context import Ctx, Plan

__all__ = ["Registry", "Rest", "Symbol", "action", "command", "hyphens"]

PACKAGES = ("commands.slash", "commands.actions")
_MARK = "__spec__"
_KINDS: dict[Any, str] = {Symbol: "symbol", Rest: "rest", Decimal: "number", int: "integer", str: "text"}

Handler = TypeVar("Handler", bound=Callable[..., Awaitable[Any]])


def hyphens(name: str) -> str:
    """The registry spelling of a name: `/Market_Summary` is `market-summary`."""
    return name.strip().lstrip("/#").lower().replace("_", "-")


def command(
    group: str, *, access: Access = Access.READ, output: Output = Output.OWN, examples: Sequence[str] = ()
) -> Callable[[Handler], Handler]:
    """Make `async def name(ctx, …) -> Reply` a slash command; raises TypeError at import for an argument type that has no spelling."""

    def mark(handler: Handler) -> Handler:
        name = hyphens(handler.__name__)
        spec = CommandSpec(
            name=name,
            group=group,
            help=_help(handler),
            sigil="/",
            access=access,
            output=output,
            parameters=_parameters(handler),
            examples=tuple(examples) or (f"/{name}",),
            handler=handler,
        )
        setattr(handler, _MARK, spec)
        return handler

    return mark


def action(
    verb: Verb, *, group: str = "Actions", examples: Sequence[str] = ()
) -> Callable[[Callable[[Ctx, Action], Awaitable[Plan]]], Callable[[Ctx, Action], Awaitable[Plan]]]:
    """Make `async def close(ctx, action) -> Plan` the planner of a `#` verb; a planner draws intents up and sends nothing."""

    def mark(handler: Callable[[Ctx, Action], Awaitable[Plan]]) -> Callable[[Ctx, Action], Awaitable[Plan]]:
        spec = CommandSpec(
            name=verb.value,
            group=group,
            help=_help(handler),
            sigil="#",
            access=Access.PROPOSE,
            output=Output.OWN,
            parameters=(),
            examples=tuple(examples),
            handler=handler,
        )
        setattr(handler, _MARK, spec)
        return handler

    return mark


class Registry:
    """Every command and action by name; two of one name raise ValueError when it is built, not when they are used."""

    def __init__(self, specs: Iterable[CommandSpec]) -> None:
        self._commands: dict[str, CommandSpec] = {}
        self._actions: dict[str, CommandSpec] = {}
        for spec in specs:
            shelf = self._commands if spec.sigil == "/" else self._actions
            if spec.name in shelf:
                raise ValueError(f"two functions are called {spec.sigil}{spec.name}")
            shelf[spec.name] = spec

    @classmethod
    def discover(cls, packages: Sequence[str] = PACKAGES) -> Registry:
        """Import every module of the packages and collect what is decorated there."""
        found: list[CommandSpec] = []
        for package in packages:
            home = importlib.import_module(package)
            for info in sorted(pkgutil.iter_modules(home.__path__), key=lambda i: i.name):
                module = importlib.import_module(f"{package}.{info.name}")
                found += _specs_of(module)
        return cls(found)

    def command(self, name: str) -> CommandSpec:
        """The `/` command of a name in either spelling; UnknownCommand names the nearest one."""
        wanted = hyphens(name)
        spec = self._commands.get(wanted)
        if spec is None and wanted in self._actions:
            example = next(iter(self._actions[wanted].examples), f"#{wanted}")
            raise UnknownCommand(f"{wanted} is an action, and actions start with #: `{example}`.", example=example)
        if spec is None:
            raise _unknown(wanted, self._commands)
        return spec

    def has(self, name: str) -> bool:
        """True for the name of a `/` command, in either spelling."""
        return hyphens(name) in self._commands

    def action(self, verb: Verb | str) -> CommandSpec:
        """The planner of a `#` verb; UnknownCommand when this house cannot plan it."""
        spec = self._actions.get(hyphens(verb))
        if spec is None:
            raise UnknownCommand(f"There is no action #{hyphens(verb)} here. Type # to see what can be done.", example="/help")
        return spec

    def all(self) -> tuple[CommandSpec, ...]:
        """Commands, then actions, in the order they were found."""
        return (*self._commands.values(), *self._actions.values())

    def commands(self) -> tuple[CommandSpec, ...]:
        """The `/` commands."""
        return tuple(self._commands.values())

    def actions(self) -> tuple[CommandSpec, ...]:
        """The `#` actions."""
        return tuple(self._actions.values())

    async def call(self, ctx: Ctx, name: str, words: Sequence[str] = (), given: Mapping[str, Any] | None = None) -> Reply:
        """Run a command on typed words, or on named values as a model or an HTTP client gives them; BadArgument says what fits.

        The reply carries the command's name, also when the handler set none.
        """
        spec = self.command(name)
        raw: Mapping[str, Any] = given if given is not None else arguments.bind(spec, words)
        values = arguments.validate(spec, raw, ctx.resolve) if raw or any(p.required for p in spec.parameters) else {}
        ctx.session.symbol = next((values[p.name] for p in spec.parameters if p.kind == "symbol" and p.name in values), ctx.session.symbol)
        reply: Reply = await spec.handler(ctx, **values)
        return reply if reply.command else replace(reply, command=spec.name)


def _specs_of(module: types.ModuleType) -> list[CommandSpec]:
    """What a module itself decorates, in the order written; imported names do not count twice."""
    own = [v for v in vars(module).values() if getattr(v, "__module__", None) == module.__name__]
    return [spec for v in own if isinstance(spec := getattr(v, _MARK, None), CommandSpec)]


def _help(handler: Callable[..., Any]) -> str:
    return (handler.__doc__ or "").strip().split("\n", 1)[0]


def _parameters(handler: Callable[..., Any]) -> tuple[Parameter, ...]:
    """Every argument after the context, as data; the context and the result need no importable type."""
    stand_ins = {"Ctx": object, "Reply": object}
    hints = typing.get_type_hints(handler, {**handler.__globals__, **stand_ins})
    names = list(inspect.signature(handler).parameters.values())[1:]
    return tuple(_parameter(handler.__name__, p, hints[p.name]) for p in names)


def _parameter(owner: str, declared: inspect.Parameter, hint: Any) -> Parameter:
    required = declared.default is inspect.Parameter.empty
    default = None if required or declared.default is None else str(declared.default)
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        inner = [h for h in typing.get_args(hint) if h is not type(None)]
        hint = inner[0] if len(inner) == 1 else hint
    if typing.get_origin(hint) is typing.Literal:
        return Parameter(declared.name, "choice", required, tuple(str(c) for c in typing.get_args(hint)), default)
    kind = _KINDS.get(hint)
    if kind is None:
        raise TypeError(f"/{hyphens(owner)}: {declared.name} has no spelling; use Literal, Symbol, Rest, Decimal, int or str")
    return Parameter(declared.name, kind, required, (), default)


def _unknown(wanted: str, shelf: Mapping[str, CommandSpec]) -> UnknownCommand:
    near = arguments.nearest(wanted, tuple(shelf))
    if near:
        return UnknownCommand(f"There is no command /{_short(wanted)}. Did you mean `/{near}`?", example=f"/{near}")
    return UnknownCommand(f"There is no command /{_short(wanted)}. `/help` lists what there is.", example="/help")


def _short(token: str) -> str:
    return token if len(token) <= 40 else f"{token[:40]}…"
