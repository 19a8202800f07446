"""Free text: what the copilot takes it to mean, handed on as a command to run, an action to propose, or a reply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from commands import grammar
from commands.advising import brief, noted
from commands.context import Ctx, Heard, Invocation, One
from copilot.compose import answer
from copilot.meaning import AskBack, Before, Call, Chat, Known, Meaning, Propose, Question, QuestionKind, Several, Topic, spoken_of
from copilot.symbols import SymbolIndex
from copilot.understand import understand
from domain.chat import Block, Button, Buttons, Code, Failure, Reply, ReplyKind, Text, Tone
from domain.errors import UserError
from domain.instruments import Instrument

PAYLOAD_BYTES = 64
TOLD_BY = "what-happened"


_NOT_ANSWERED: dict[Topic, str] = {Topic.LOST: "not_understood", Topic.DECLINED: "declined"}


class Conversation:
    """The composed copilot's ear: no model, nothing sent, the index of names kept between lines."""

    def __init__(self) -> None:
        self._instruments: Mapping[str, Instrument] | None = None
        self._index: SymbolIndex | None = None

    async def __call__(self, ctx: Ctx, text: str) -> Heard:
        """What a line asks for; a question about the book is answered at once, from its brief."""
        known = await self._known(ctx)
        meaning = understand(text, replace(known, before=_before(ctx)))
        ctx.session.symbol = spoken_of(meaning) or ctx.session.symbol
        ctx.session.meaning = meaning
        if isinstance(meaning, Several):
            return tuple([await self._heard(ctx, one) for one in meaning.meanings])
        return await self._heard(ctx, meaning)

    async def _heard(self, ctx: Ctx, meaning: Meaning) -> One:
        match meaning:
            case Call(command=command, arguments=given):
                return _invocation(ctx, command, given)
            case Propose(action=action):
                return action
            case AskBack(question=question, options=options):
                return _question(question, options)
            case Question(kind=kind, span=span):
                told = await brief(ctx, span, risk=kind is QuestionKind.RISK)
                return await noted(ctx, told, answer(meaning, told))
            case Chat(text=said, topic=topic):
                return _chat(said, topic)
            case Several():
                raise TypeError("questions are answered one at a time")

    async def _known(self, ctx: Ctx) -> Known:
        instruments = ctx.hub.instruments()
        if self._index is None or instruments is not self._instruments:
            self._instruments, self._index = instruments, SymbolIndex(instruments)
        held = frozenset(p.symbol for p in (await ctx.portfolio()).positions)
        commands = frozenset(s.name for s in ctx.registry.commands())
        return Known(instruments, held, commands, ctx.session.symbol, self._index)


def _before(ctx: Ctx) -> Before:
    """The line before: what it meant, and the lines that its answer offered."""
    session = ctx.session
    offered = []
    for line in session.lines:
        try:
            offered.append(grammar.parse(line, ctx.known, ctx.near))
        except UserError:
            continue
    if isinstance(session.meaning, Call | Question | Several | Propose | AskBack | Chat):
        return Before(session.meaning, tuple(offered))
    if session.asked.startswith("#"):
        try:
            return Before(Propose(grammar.parse(session.asked, ctx.known, ctx.near), session.asked), tuple(offered))
        except UserError:
            return Before(None, tuple(offered))
    return Before(Call(session.asked) if session.asked else None, tuple(offered))


def _invocation(ctx: Ctx, command: str, given: Mapping[str, str]) -> Invocation:
    """The command with those of the arguments that it takes; UnknownCommand where it is not installed.

    A span it does not reckon (`yesterday`) is answered by `/what-happened`, never by another span.
    """
    spec = ctx.registry.command(command)
    takes = {p.name: p for p in spec.parameters}
    loose = next((p.name for p in spec.parameters if p.kind in ("rest", "text")), None)
    arguments: dict[str, str] = {}
    for name, value in given.items():
        parameter = takes.get(name)
        if parameter is not None and parameter.choices and value not in parameter.choices and command != TOLD_BY:
            return _invocation(ctx, TOLD_BY, given)
        if parameter is not None:
            arguments[name] = value
        elif name == "topic" and loose is not None:
            arguments[loose] = value
    return Invocation(command, arguments)


def _question(question: str, options: tuple[str, ...]) -> Reply:
    blocks: list[Block] = [Text(question, Tone.LEAD), *(Code(option) for option in options)]
    buttons = tuple(Button(option, option) for option in options if len(option.encode()) <= PAYLOAD_BYTES)
    if buttons:
        blocks.append(Buttons(buttons))
    return Reply(tuple(blocks), kind=ReplyKind.QUESTION)


def _chat(said: str, topic: Topic) -> Reply:
    code = _NOT_ANSWERED.get(topic)
    if code is None:
        return Reply((Text(said, Tone.LEAD),))
    return Reply((Text(said, Tone.LEAD),), kind=ReplyKind.ERROR, failure=Failure(code, said))
