"""Free text: what the copilot takes it to mean, handed on as a command to run, an action to propose, or a reply."""

from __future__ import annotations

from collections.abc import Mapping

from commands.context import Ctx, Heard, Invocation
from copilot.meaning import AskBack, Call, Chat, Known, Propose, Question, Topic
from copilot.symbols import SymbolIndex
from copilot.understand import understand
from domain.chat import Block, Button, Buttons, Code, Failure, Reply, ReplyKind, Text, Tone
from domain.instruments import Instrument

PAYLOAD_BYTES = 64


_NOT_ANSWERED: dict[Topic, str] = {Topic.LOST: "not_understood", Topic.DECLINED: "declined"}


class Conversation:
    """The composed copilot's ear: no model, nothing sent, the index of names kept between lines."""

    def __init__(self) -> None:
        self._instruments: Mapping[str, Instrument] | None = None
        self._index: SymbolIndex | None = None

    async def __call__(self, ctx: Ctx, text: str) -> Heard:
        """What a line asks for; a question about the book becomes the command whose facts answer it."""
        meaning = understand(text, await self._known(ctx))
        match meaning:
            case Call(command=command, arguments=given):
                return _invocation(ctx, command, given)
            case Propose(action=action):
                return action
            case AskBack(question=question, options=options):
                return _question(question, options)
            case Question(symbol=symbol, span=span):
                return _invocation(ctx, meaning.command, {"symbol": symbol, "span": span})
            case Chat(text=said, topic=topic):
                return _chat(said, topic)

    async def _known(self, ctx: Ctx) -> Known:
        instruments = ctx.hub.instruments()
        if self._index is None or instruments is not self._instruments:
            self._instruments, self._index = instruments, SymbolIndex(instruments)
        held = frozenset(p.symbol for p in (await ctx.portfolio()).positions)
        commands = frozenset(s.name for s in ctx.registry.commands())
        return Known(instruments, held, commands, ctx.session.symbol, self._index)


def _invocation(ctx: Ctx, command: str, given: Mapping[str, str | None]) -> Invocation:
    """The command with those of the arguments it takes; UnknownCommand where it is not installed."""
    takes = {p.name for p in ctx.registry.command(command).parameters}
    return Invocation(command, {name: value for name, value in given.items() if value is not None and name in takes})


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
