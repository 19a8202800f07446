"""The generated pages: `.env.example` from the settings, `docs/commands.md` from the registry, `docs/risk-codes.md` from the checks.

A test fails when one is out of date.
"""

from __future__ import annotations

import sys
from itertools import groupby
from pathlib import Path

from app import riskcodes, settings
from commands.registry import Registry
from domain.chat import CommandSpec

ROOT = Path(__file__).resolve().parents[1]


def pages() -> dict[Path, str]:
    """Every generated page by its path in the repository."""
    return {
        Path(".env.example"): settings.example(),
        Path("docs/commands.md"): commands_page(Registry.discover()),
        Path("docs/risk-codes.md"): riskcodes.page(),
    }


def commands_page(registry: Registry) -> str:
    """All commands and actions by group, with arguments and examples."""
    lines = ["# Commands and actions", "", "Generated from the registry by `make docs`. Hyphen and underscore are one in every name.", ""]
    specs = sorted(registry.all(), key=lambda spec: (spec.sigil == "#", spec.group, spec.name))
    for (sigil, group), found in groupby(specs, key=lambda spec: (spec.sigil, spec.group)):
        lines += [f"## {'Ask' if sigil == '/' else 'Act'}: {group}", ""]
        for spec in found:
            lines += [f"### `{usage(spec)}`", "", spec.help, ""]
            lines += [f"    {example}" for example in spec.examples] + [""]
    return "\n".join(lines).rstrip() + "\n"


def usage(spec: CommandSpec) -> str:
    """The line with its arguments: `<required>`, `[optional]`, choices apart by `|`."""
    words = []
    for parameter in spec.parameters:
        name = "|".join(parameter.choices) if parameter.choices else parameter.name
        words.append(f"<{name}>" if parameter.required else f"[{name}]")
    return " ".join([f"{spec.sigil}{spec.name}", *words])


def main() -> int:
    """Write the pages that changed."""
    for path, text in pages().items():
        target = ROOT / path
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
            sys.stdout.write(f"wrote {path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
