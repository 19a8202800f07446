"""What looks like a key or a token in a line, so that it is neither kept nor answered, and its owner is warned."""

from __future__ import annotations

import math
import re
from collections import Counter

KINDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("a private key", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")),
    ("a Telegram bot token", re.compile(r"(?<![\w:])\d{6,12}:[A-Za-z0-9_-]{30,}")),
    ("a Discord bot token", re.compile(r"(?<![\w.])[A-Za-z0-9_-]{23,28}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,}")),
    ("an API key of a model", re.compile(r"(?<!\w)sk-[A-Za-z0-9_-]{20,}")),
    ("a cloud key", re.compile(r"(?<!\w)AKIA[A-Z0-9]{16}(?!\w)")),
    ("a broker's key", re.compile(r"(?<!\w)(?:PK|AK|CK)[A-Z0-9]{16,24}(?!\w)")),
    ("a GitHub token", re.compile(r"(?<!\w)(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,})")),
)
"""Keys that are known by their form. The first that is found is named."""

ANY = "a key"
_WORD = re.compile(r"(?<![\w/.:@-])[A-Za-z0-9+/_=-]{32,}(?![\w/.:@-])")
SURPRISE = 4.0
"""Bits a character from which a long word of mixed letters and digits is taken for a key: words of a language have under 4."""


def found(text: str) -> str | None:
    """What a line seems to hold, in words, or None. It looks at the form alone and sends nothing anywhere."""
    for name, form in KINDS:
        if form.search(text):
            return name
    return ANY if any(_random(word) for word in _WORD.findall(text)) else None


def _random(word: str) -> bool:
    """True for a long word that nobody would type as one: capitals, small letters and digits, each character hard to guess."""
    mixed = any(c.isdigit() for c in word) and any(c.isupper() for c in word) and any(c.islower() for c in word)
    if not mixed:
        return False
    counts = Counter(word)
    return -sum(n / len(word) * math.log2(n / len(word)) for n in counts.values()) >= SURPRISE
