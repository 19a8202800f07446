"""An answer from the brief in the words of a language model: asked beside the composed answer, checked sentence by sentence, in time."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib import resources

from commands.advising import brief
from commands.context import Ctx
from commands.retold import offered, retold
from commands.telling import telling
from commands.tools import Bench
from commands.voice import Voice
from copilot.brief import Brief
from copilot.briefing import Briefing, briefing
from copilot.guard import Ground, ground_of
from copilot.memory import recalled
from domain.chat import Block, Buttons, Reply, ReplyKind, Text, Tone
from domain.errors import ModelFailed
from domain.speech import Asked, Exchange, Looked, Piece, Spent, Words

log = logging.getLogger(__name__)

LONGEST_QUESTION = 1000
MOST_DRAFTS = 40
"""Sentences after which what is shown of an answer grows no more: each is checked with all before it."""


@lru_cache(maxsize=1)
def rules() -> str:
    """What a model is told before anything else; the same bytes for every question, so that its server can keep them."""
    return resources.files("copilot").joinpath("prompts", "answer.txt").read_text(encoding="utf-8")


async def phrased(ctx: Ctx, line: str, composed: Reply) -> Reply:
    """The composed answer to free text, in the words of the model where it has good ones in time; else the composed one, saying why.

    Nothing of the model's is seen before it is checked, and its first words come within `voice.patience`, or the composed answer does.
    """
    voice = ctx.voice
    if voice is None or not _spoken(ctx, composed):
        return composed
    human = ctx.people.human(ctx.origin) or ctx.origin.who
    used_up = await voice.used_up(human)
    if used_up:
        return _aside(composed, f"Composed here without {voice.name}: {used_up}.")
    told = ctx.told or await brief(ctx, "today")
    said = Said(ctx, voice, line[:LONGEST_QUESTION], composed, told, briefing(told), Bench(ctx))
    asked = Asked(rules(), said.facts(), recalled(await voice.before(human)), line[:LONGEST_QUESTION])
    reply, spent = await said.speak(asked)
    if not ctx.read_only:
        await voice.note(human, Exchange(line[:LONGEST_QUESTION], telling(reply)), spent)
    return reply


def _spoken(ctx: Ctx, composed: Reply) -> bool:
    """True for an answer from the brief, and for a line that is not understood: a quote, a list or a card needs nobody's words."""
    if composed.kind is ReplyKind.ANSWER:
        return ctx.told is not None
    return composed.failure is not None and composed.failure.code == "not_understood"


def _aside(reply: Reply, text: str) -> Reply:
    """The reply with one quiet line more, before its buttons."""
    at = next((k for k, block in enumerate(reply.blocks) if k and not isinstance(block, Text)), len(reply.blocks))
    return replace(reply, blocks=(*reply.blocks[:at], Text(text, Tone.QUIET), *reply.blocks[at:]))


@dataclass(slots=True)
class Said:
    """One answer of a model in the making."""

    ctx: Ctx
    voice: Voice
    line: str
    composed: Reply
    told: Brief
    read: Briefing
    bench: Bench
    words: str = ""
    looked: list[str] = field(default_factory=list)
    late: bool = False
    _shown: int = 0
    _drafts: int = 0
    _stands: tuple[int, Ground] | None = None
    _began: asyncio.Event = field(default_factory=asyncio.Event)

    def facts(self) -> str:
        """What it is told of the book: the brief, and the answer that would be given without it."""
        return f"FACTS\n{self.read.text}\n\nCOMPOSED ANSWER, which would be given without you\n{telling(self.composed)}"

    async def speak(self, asked: Asked) -> tuple[Reply, Spent | None]:
        """The reply and what it took; None where nobody counted, because it failed or was cut off before its end."""
        speaking = asyncio.create_task(self._speak(asked))
        stopping = asyncio.create_task(self.ctx.draft.stopping())
        try:
            why = await self._waited(speaking, stopping)
        finally:
            for task in (speaking, stopping):
                task.cancel()
            with suppress(asyncio.CancelledError, ModelFailed):
                await speaking
        spent = speaking.result() if speaking.done() and not speaking.cancelled() and speaking.exception() is None else None
        if why and not (self.words and self._complete()):
            return _aside(self.composed, f"Composed here: {why}."), spent
        return self._reply(self._complete() if why else self.words, why), spent

    async def _speak(self, asked: Asked) -> Spent:
        model = await self.voice.model()
        return await model.speak(asked, self.bench, self._hear)

    async def _waited(self, speaking: asyncio.Task[Spent], stopping: asyncio.Task[None]) -> str:
        """Wait for the answer within its times; returns why it is not whole, empty where it is."""
        name = self.voice.name
        beginning = asyncio.create_task(self._began.wait())
        done, _ = await asyncio.wait({speaking, stopping, beginning}, timeout=self.voice.patience, return_when=asyncio.FIRST_COMPLETED)
        beginning.cancel()
        if not done:
            if not self.ctx.draft.followed:
                return f"{name} had no words within {self.voice.patience:g} seconds"
            self.late = True
            self._show()
        if stopping not in done and speaking not in done:
            left = self.voice.longest - (self.voice.patience if self.late else 0.0)
            done, _ = await asyncio.wait({speaking, stopping}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        if speaking in done:
            failed = speaking.exception()
            if isinstance(failed, ModelFailed):
                return f"{name} gave no answer, {failed}"
            if failed is not None:
                log.error("the model's answer broke off", exc_info=failed)
                return f"{name} gave no answer"
            return "" if self.words.strip() else f"{name} said nothing"
        return "stopped" if stopping in done else f"{name} was not done within {self.voice.longest:g} seconds"

    def _hear(self, piece: Piece) -> None:
        match piece:
            case Words(text=text):
                self.words += text
                self._began.set()
                if len(self._complete()) > self._shown and self._drafts < MOST_DRAFTS:
                    self._drafts += 1
                    self._show()
            case Looked(tool=tool):
                self.looked.append(f"looked at /{tool}")
                self._show()

    def _complete(self) -> str:
        """What is said in whole sentences so far."""
        return self.words[: max(self.words.rfind(end) + 1 for end in (". ", "! ", "? ", ".\n", "!\n", "?\n", "\n", "。"))]

    def _show(self) -> None:
        """What there is, for whoever watches: the composed answer while the model is late, then its checked sentences."""
        if not self.ctx.draft.followed:
            return
        whole = self._complete()
        self._shown = len(whole)
        blocks: list[Block] = [Text("\n".join(f"· {one}" for one in self.looked), Tone.QUIET)] if self.looked else []
        if whole:
            blocks = [*retold(whole, self._ground()).blocks, *blocks]
        elif self.late:
            waiting = Text(f"Composed here; {self.voice.name} is still at it.", Tone.QUIET)
            blocks = [*self.composed.blocks, *blocks, waiting]
        if blocks:
            self.ctx.draft.say(*blocks)

    def _ground(self) -> Ground:
        """What the words must stand on; made anew only when a tool added to it."""
        size = len(self.bench.texts) + len(self.bench.offers)
        if self._stands is None or self._stands[0] != size:
            made = ground_of(
                self.told,
                self.composed,
                self.read.facts,
                looked=self.bench.facts,
                lines=[offer.line for offer in self.bench.offers],
                texts=(self.read.text, self.line, *self.bench.texts),
            )
            self._stands = (size, made)
        return self._stands[1]

    def _reply(self, text: str, why: str) -> Reply:
        """The words that held, what was offered, and from the composed answer what is not words: its source, its buttons."""
        ground = self._ground()
        told = retold(text, ground)
        if not told.kept:
            return _aside(self.composed, f"Composed here: what {self.voice.name} said does not follow from the facts.")
        by = f"Words by {self.voice.name}, checked against the facts{f'; {why}' if why else ''}."
        self.ctx.session.offers = {
            offer.line: f"Suggested by {self.voice.name}, a language model, not by a rule." for offer in self.bench.offers
        }
        rest = [b for b in self.composed.blocks if isinstance(b, Buttons) or (isinstance(b, Text) and b.tone is Tone.QUIET)]
        blocks = (*told.blocks, *offered(self.bench.offers, self.voice.name, ground), Text(by, Tone.QUIET), *rest)
        facts = {fact.label: fact for fact in reversed((*self.composed.facts, *self.read.facts, *self.bench.facts))}
        command = self.composed.command
        return Reply(blocks, command=command, facts=tuple(reversed(facts.values())), told=(("words", by), *told.record))
