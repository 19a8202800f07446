"""Text from outside as a quotation: nothing that cannot be seen, no links, nothing that could end it, no longer than it should be."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 200
ELLIPSIS = "…"
_LINK = re.compile(r"(?:[a-z][\w+.-]*)?\s?:\s?//\S*|\b(?:tg|data|javascript|file|mailto):\S*|\bwww\.\S+|\bt\.me/\S+", re.I)
_MARKDOWN = re.compile(r"\[([^\]]*)\]\((?:[^()]|\([^()]*\))*\)")
_FENCES = re.compile(r"<{2,}|>{2,}|`{2,}|-{3,}|={3,}|\[/?(?:INST|SYS)\]|<\|[^|>]*\|?>?", re.I)


def quote(text: str, limit: int = LONGEST) -> str:
    """The text on one line, at most `limit` characters, with plain marks for those that close a quotation.

    Control, format and bidirectional characters are gone and compatible forms are plain ones; in the place of a link stands that there was
    one, mentions and the marks by which prompts are built are taken apart. What is left may say anything: it is data.
    """
    seen = "".join(_seen(c) for c in unicodedata.normalize("NFKC", text[: limit * 8]))
    seen = _LINK.sub("[link]", _MARKDOWN.sub(r"\1 [link]", seen))
    seen = _FENCES.sub(" ", seen).translate(_MARKS)
    seen = " ".join(seen.split())
    seen = seen.replace("@", "at ")
    return seen if len(seen) <= limit else seen[: limit - 1].rstrip() + ELLIPSIS


def _seen(char: str) -> str:
    kind = unicodedata.category(char)
    if kind.startswith("C"):
        return " " if char in "\n\r\t" else ""
    return " " if kind.startswith("Z") else char


_MARKS = str.maketrans(dict.fromkeys('“”„«»"`', "'"))
