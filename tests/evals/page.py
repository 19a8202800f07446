"""The page of the evaluations, on which each table stands between marks of its own."""

from __future__ import annotations

from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "evaluations.md"


def put(name: str, text: str, page: str) -> str:
    """The page with a table in the place of the one it has under that name."""
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    head, rest = page.split(begin, 1)
    return f"{head}{begin}\n```\n{text}\n```\n{end}{rest.split(end, 1)[1]}"


def written(name: str, text: str) -> None:
    """Put a table on its page."""
    PAGE.write_text(put(name, text, PAGE.read_text(encoding="utf-8")), encoding="utf-8")
