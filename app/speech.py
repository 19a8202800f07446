"""Standard output on terminals whose encoding lacks our signs: a minus stays a minus, whatever the locale."""

from __future__ import annotations

import codecs
import io
import sys

HANDLER = "foliopilot-plain"
PLAIN = {
    "−": "-",
    "–": "-",
    "—": "-",
    "…": "...",
    "•": "*",
    "→": "->",
    "·": "-",
    "×": "x",
    "σ": "sigma",
    "“": '"',
    "”": '"',
    "’": "'",
    "›": ">",
    "█": "#",
    "≤": "<=",
    "≥": ">=",
    "Σ": "sum",
}


def plainly() -> None:
    """Let standard output and error write what their encoding cannot show in plain characters instead of failing; UTF-8 is untouched."""
    codecs.register_error(HANDLER, _plain)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=HANDLER)


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(PLAIN.get(character, "?") for character in error.object[error.start : error.end]), error.end
