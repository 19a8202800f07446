"""The answer to free text in the language it was asked in."""

from __future__ import annotations

from copilot.tongues.replied import replied
from copilot.tongues.turned import language_of
from domain.chat import Reply


def answered(line: str, composed: Reply) -> Reply:
    """The composed answer in the language of the line; as it is for one in English or in a language that is not known here."""
    language = language_of(line)
    return composed if language is None else replied(composed, language)
