"""Free text: what the copilot takes it to mean, handed on as a command to run, an action to propose, or a reply."""

from __future__ import annotations

from collections.abc import Mapping

from commands.advising import brief, noted
from commands.context import Ctx, Heard, Invocation
from copilot.compose import answer
from copilot.meaning import AskBack, Call, Chat, Known, Meaning, Propose, Question, QuestionKind, Topic
from copilot.symbols import SymbolIndex
from copilot.understand import understand
from domain.chat import Block, Button, Buttons, Code, Failure, Reply, ReplyKind, Text, Tone
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
        meaning = understand(text, await self._known(ctx))
        ctx.session.symbol = _spoken_of(ctx, meaning) or ctx.session.symbol
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

    async def _known(self, ctx: Ctx) -> Known:
        instruments = ctx.hub.instruments()
        if self._index is None or instruments is not self._instruments:
            self._instruments, self._index = instruments, SymbolIndex(instruments)
        held = frozenset(p.symbol for p in (await ctx.portfolio()).positions)
        commands = frozenset(s.name for s in ctx.registry.commands())
        return Known(instruments, held, commands, ctx.session.symbol, self._index)


def _spoken_of(ctx: Ctx, meaning: Meaning) -> str | None:
    """The one instrument a line is about, so that `it` in the next one means it."""
    match meaning:
        case Question(symbol=symbol):
            return symbol
        case Call(arguments=given):
            named = given.get("symbol") or given.get("topic", "")
            return named if ctx.known(named) else None
        case _:
            return None


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
