"""Every other provider that langchain knows, by `provider:model`; its own package and its own variables give it its key."""

from __future__ import annotations

from dataclasses import dataclass

from langchain.chat_models import init_chat_model

from copilot.agent import Agent
from copilot.models.openai import MOST_WRITTEN, PATIENCE, RETRIES
from domain.errors import SetupError
from domain.ports import LanguageModel


@dataclass(frozen=True, slots=True)
class Settings:
    """`anthropic:claude-…`, `google_genai:gemini-…`, `ollama:…`."""

    model: str


def build(settings: Settings) -> LanguageModel:
    """The model; raises SetupError where langchain does not know the provider, or its package or key is missing."""
    try:
        chat = init_chat_model(settings.model, timeout=PATIENCE, max_retries=RETRIES, max_tokens=MOST_WRITTEN)
    except Exception as error:  # each provider has its own for a key that is missing
        said = str(error).strip().partition("\n")[0]
        raise SetupError(f"The model {settings.model} cannot be used: {said}") from error
    return Agent(chat, settings.model)
