"""The language model that is set up: how it is made, what its answers may take, and whether it answers to its key."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, cast

from app.settings import Settings
from commands.context import Part, PartState
from commands.voice import Ration, Voice
from domain.chat import CommandSpec
from domain.errors import ModelFailed, SetupError
from domain.ports import Clock, LanguageModel
from domain.speech import Asked
from storage.store import Store

OFF = "composed answers; no model is asked. To have one word them set FOLIOPILOT_MODEL and its key (docs/models.md)"
NO_KEY = "a model at OpenAI needs OPENAI_API_KEY, one of your own OPENAI_BASE_URL (docs/models.md)"

GREETING = Asked("Answer with the word yes.", "", (), "Are you there?")


class NoTools:
    """Nothing to call."""

    def offered(self) -> Sequence[CommandSpec]:
        """None."""
        return ()

    def schema(self, spec: CommandSpec) -> Mapping[str, Any]:
        """That of nothing."""
        return {"type": "object", "properties": {}}

    async def call(self, name: str, given: Mapping[str, Any]) -> str:
        """There is nothing to call."""
        return "There are no tools."


def voice(settings: Settings, store: Store, clock: Clock, account: str) -> Voice | None:
    """The voice of a house; None where no model is set or its key is missing, and then every answer is composed."""
    if settings.model is None or lacking(settings):
        return None
    ration = Ration(settings.model_tokens or None, settings.model_dollars, settings.model_price_read, settings.model_price_written)
    return Voice(settings.model, partial(made, settings), store, clock, account, settings.zone_info, ration)


def made(settings: Settings) -> LanguageModel:
    """The model; raises SetupError where its library is not installed or its provider is not known. It imports what takes seconds."""
    name = settings.model or ""
    provider, colon, _ = name.partition(":")
    try:
        if colon and provider.isidentifier() and settings.openai_base_url is None:
            other = importlib.import_module("copilot.models.any")
            return cast(LanguageModel, other.build(other.Settings(name)))
        own = importlib.import_module("copilot.models.openai")
    except ModuleNotFoundError as error:
        raise SetupError("A model needs: pip install 'foliopilot[llm]'") from error
    return cast(LanguageModel, own.build(own.Settings(name, settings.openai_api_key, settings.openai_base_url)))


def lacking(settings: Settings) -> str:
    """What a model that is set cannot do without, as the next thing to do; empty where nothing is."""
    elsewhere = ":" in (settings.model or "") or settings.openai_base_url is not None
    return "" if settings.model is None or elsewhere or settings.openai_api_key else NO_KEY


def part(settings: Settings) -> Part:
    """The row of the banner, `/status` and `doctor`, without asking anybody."""
    if settings.model is None:
        return Part("model", PartState.OFF, OFF)
    missing = lacking(settings)
    if missing:
        return Part("model", PartState.NEEDS, missing)
    where = settings.openai_base_url or "its provider"
    return Part("model", PartState.READY, f"{settings.model} at {where} words answers; figures are checked, what it says wrong is replaced")


async def asked(settings: Settings) -> Part | None:
    """Whether the model answers, in one short question; None where none is set. It is for `doctor`, whose reader waits for it."""
    if settings.model is None or lacking(settings):
        return None
    try:
        model = made(settings)
        try:
            spent = await model.speak(GREETING, NoTools(), lambda piece: None)
        finally:
            await model.close()
    except SetupError as error:
        return Part("model server", PartState.NEEDS, error.message)
    except ModelFailed as error:
        return Part("model server", PartState.OFF, f"{settings.model}: {error}")
    return Part("model server", PartState.READY, f"{settings.model} answers; that took {spent.read + spent.written} tokens")
