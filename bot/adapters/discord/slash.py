"""Slash commands from the registry: typed options, choices, and completions from the palette; nothing has to be listed anywhere."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal

import discord
from discord import app_commands

from bot.cutting import cut, units
from bot.limits import DISCORD
from commands.arguments import expected
from commands.palette import Suggestion
from domain.chat import CommandSpec, Parameter
from domain.money import plain

DO, ASK, START = "do", "ask", "start"
FREE = {
    START: ("code", "The eight characters from the terminal or from an owner", "Be let in with a code"),
    DO: ("line", "An action, such as #AAPL close 50%", "Act: draws a card that you confirm or cancel"),
    ASK: ("question", "A question in your own words", "Ask about your portfolio"),
}
"""Lines that are no commands: the option that takes them, what it says, and the help."""

_SAID = {DO: "#", START: "/start pair_"}
_KINDS: Mapping[str, Any] = {"number": float, "integer": int}
_NAMED = inspect.Parameter.KEYWORD_ONLY
_COMPLETED = ("symbol", "text", "rest")

Act = Callable[[discord.Interaction, str], Awaitable[None]]
Command = app_commands.Command[Any, Any, Any]
Suggest = Callable[[discord.Interaction, str], Sequence[Suggestion]]


def tree(client: discord.Client, specs: Sequence[CommandSpec], act: Act, suggest: Suggest) -> app_commands.CommandTree[Any]:
    """The commands of a client: each says a line through `act`. They are offered on servers and in direct messages with us."""
    made = app_commands.CommandTree(
        client,
        allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=False),
        allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
    )
    for name, (option, what, help) in FREE.items():
        made.add_command(_free(name, option, what, help, act, suggest))
    for spec in [s for s in specs if s.sigil == "/" and s.name not in FREE][: DISCORD.commands - len(FREE)]:
        made.add_command(_command(spec, act, suggest))
    return made


def line(spec: CommandSpec, given: Mapping[str, Any]) -> str:
    """The line that options mean: each by its name, the one that takes the rest of a line at the end."""
    words = [f"/{spec.name}"]
    for p in sorted(spec.parameters, key=lambda p: p.kind == "rest"):
        value = given.get(p.name)
        if value is not None and (text := _text(value)):
            words.append(text if p.kind == "rest" else f"{p.name}={text}")
    return " ".join(words)


def _text(value: Any) -> str:
    return plain(Decimal(str(value))) if isinstance(value, float) else str(value).strip()


def _command(spec: CommandSpec, act: Act, suggest: Suggest) -> Command:
    ordered = sorted(spec.parameters, key=lambda p: not p.required)  # the platform wants the required ones first
    about = {p.name: p.help or f"Give {expected(p)}" for p in ordered}
    made = _made(spec.name, spec.help, [_option(p) for p in ordered], about, lambda given: line(spec, given), act)
    for p in ordered:
        if p.kind in _COMPLETED or len(p.choices) > DISCORD.choices:
            made.autocomplete(p.name)(_completed(f"/{spec.name} ", suggest))
    return made


def _free(name: str, option: str, what: str, help: str, act: Act, suggest: Suggest) -> Command:
    def said(given: Mapping[str, Any]) -> str:
        text = str(given[option]).strip()
        return f"{_SAID.get(name, '')}{text.lstrip('#') if name == DO else text}"

    made = _made(name, help, [inspect.Parameter(option, _NAMED, annotation=str)], {option: what}, said, act)
    if name == DO:
        made.autocomplete(option)(_completed("#", suggest))
    return made


def _made(
    name: str, help: str, options: Sequence[inspect.Parameter], about: Mapping[str, str], said: Callable[[Mapping[str, Any]], str], act: Act
) -> Command:
    """A command with these options, as the library reads them from a function's signature."""

    async def callback(interaction: discord.Interaction, /, **given: Any) -> None:
        await act(interaction, said(given))

    first = inspect.Parameter("interaction", inspect.Parameter.POSITIONAL_ONLY, annotation=discord.Interaction)
    callback.__signature__ = inspect.Signature([first, *options])  # type: ignore[attr-defined]
    app_commands.describe(**{option: _fitting(text) for option, text in about.items()})(callback)
    return app_commands.Command(name=name, description=_fitting(help), callback=callback)


def _option(p: Parameter) -> inspect.Parameter:
    kind: Any = Literal[p.choices] if 0 < len(p.choices) <= DISCORD.choices else _KINDS.get(p.kind, str)
    default = inspect.Parameter.empty if p.required else None
    return inspect.Parameter(p.name, _NAMED, annotation=kind if p.required else kind | None, default=default)


def _completed(begins: str, suggest: Suggest) -> Callable[[discord.Interaction, str], Coroutine[Any, Any, list[app_commands.Choice[str]]]]:
    """Completions of an option: what follows in the line that begins so."""

    async def complete(interaction: discord.Interaction, current: str) -> list[app_commands.Choice[str]]:
        found = suggest(interaction, f"{begins}{current.lstrip('#') if begins == '#' else current}")
        values = dict.fromkeys(s.line if begins == "#" else s.line.removeprefix(begins).strip() for s in found)
        return [app_commands.Choice(name=v, value=v) for v in values if v and units(v) <= DISCORD.choice][: DISCORD.choices]

    return complete


def _fitting(text: str) -> str:
    short = text.strip().rstrip(".")
    return short if units(short) <= DISCORD.help else next(iter(cut(short, DISCORD.help - 1))) + "…"
