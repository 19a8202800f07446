"""OpenAI's models, and every server that speaks its protocol: OPENAI_BASE_URL says where, for example on this machine."""

from __future__ import annotations

from dataclasses import dataclass

from langchain_openai import ChatOpenAI
from openai import DefaultAsyncHttpxClient
from pydantic import SecretStr

from copilot.agent import Agent
from domain.ports import LanguageModel

PATIENCE = 30.0
"""Seconds without a byte after which a call is given up; the library's own is ten minutes."""

RETRIES = 1
MOST_WRITTEN = 900
"""Tokens an answer may have."""

NO_KEY = "none"
"""What servers on one's own machine are sent, which ask for none."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The model's name at its server, the key, and where the server is; None is OpenAI's own."""

    model: str
    key: str | None = None
    base: str | None = None


def build(settings: Settings) -> LanguageModel:
    """The model behind the chat-completions protocol; nothing connects before the first question."""
    connections = DefaultAsyncHttpxClient()
    chat = ChatOpenAI(
        model=settings.model,
        api_key=SecretStr(settings.key or NO_KEY),
        base_url=settings.base,
        use_responses_api=False,  # every compatible server has the older one
        stream_usage=True,
        timeout=PATIENCE,
        max_retries=RETRIES,
        max_completion_tokens=MOST_WRITTEN,
        http_async_client=connections,
    )
    return Agent(chat, settings.model, connections.aclose)
