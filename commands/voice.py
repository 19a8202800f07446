"""The language model of a house: made at its first use, rationed by person and day, and what it took written down."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, tzinfo
from decimal import Decimal

from domain.errors import FoliopilotError, ModelFailed, SetupError
from domain.money import ZERO, money_text
from domain.ports import Clock, LanguageModel
from domain.speech import Exchange, Spent
from storage import model_use, talks
from storage.store import Store

log = logging.getLogger(__name__)

MILLION = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Ration:
    """What one person's answers may take on a day, and what a million tokens cost, in dollars; None is no limit."""

    tokens: int | None = 200_000
    dollars: Decimal | None = None
    read: Decimal = ZERO
    written: Decimal = ZERO

    @property
    def priced(self) -> bool:
        """True where a price is set."""
        return bool(self.read or self.written)

    def cost(self, spent: Spent) -> Decimal:
        """What that costs, in dollars."""
        return (self.read * spent.read + self.written * spent.written) / MILLION

    def used_up(self, spent: Spent) -> str:
        """What of the ration is used up, in words; empty where something is left."""
        if self.tokens is not None and spent.read + spent.written >= self.tokens:
            return f"today's {self.tokens:,} tokens are used"
        if self.dollars is not None and self.cost(spent) >= self.dollars:
            return f"today's {money_text(self.dollars)} are used"
        return ""


@dataclass(slots=True)
class Voice:
    """A model and how it is used: `patience` is how long its first words may take and `longest` its whole answer, in seconds; a person's
    day is that of `zone`."""

    name: str
    make: Callable[[], LanguageModel]
    store: Store
    clock: Clock
    account: str
    zone: tzinfo
    ration: Ration = Ration()
    patience: float = 10.0
    longest: float = 45.0
    _model: LanguageModel | None = None
    _making: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def model(self) -> LanguageModel:
        """The model; its libraries are imported at the first call, beside the loop. Raises ModelFailed where it cannot be had."""
        async with self._making:
            if self._model is None:
                try:
                    self._model = await asyncio.to_thread(self.make)
                except SetupError as error:
                    raise ModelFailed(error.message) from error
            return self._model

    async def close(self) -> None:
        """Let go of the model's connections."""
        if self._model is not None:
            await self._model.close()

    async def warm(self) -> None:
        """Have the libraries imported before the first question; what is missing is told with the first answer."""
        try:
            await self.model()
        except ModelFailed as error:
            log.warning("the model %s cannot be used: %s", self.name, error)

    async def used_up(self, human: str) -> str:
        """What of a person's ration of today is used up, in words; empty where something is left, or where nobody can say."""
        try:
            async with self.store.read() as tx:
                return self.ration.used_up(await model_use.of_day(tx, self.account, human, self._today()))
        except FoliopilotError:
            log.warning("what the model took cannot be read", exc_info=True)
            return ""

    async def before(self, human: str) -> list[Exchange]:
        """What was said with a person, oldest first; nothing where it cannot be read."""
        try:
            async with self.store.read() as tx:
                return await talks.of(tx, self.account, human)
        except FoliopilotError:
            log.warning("what was said cannot be read", exc_info=True)
            return []

    async def note(self, human: str, exchange: Exchange, spent: Spent | None) -> None:
        """Remember what was said, and count what it took; a database that refuses stops no answer."""
        try:
            async with self.store.write(relaxed=True) as tx:
                await talks.add(tx, self.account, human, exchange, self.clock.now())
                if spent is not None:
                    await model_use.add(tx, self.account, human, self._today(), self.name, spent)
        except FoliopilotError:
            log.warning("what was said is not remembered", exc_info=True)

    def _today(self) -> date:
        return self.clock.now().astimezone(self.zone).date()
