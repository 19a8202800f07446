"""`foliopilot doctor`: each part is ready, off, or needs one thing, and that thing is the exact next line to type."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from typing import Any

from app import health, models, phones, settings, wiring
from app.worlds import Wanted
from commands.context import Part, PartState
from domain.errors import FoliopilotError, SetupError, UserError
from domain.ids import SequentialIds


def main(as_json: bool) -> int:
    """Print every part; 0 when nothing needs anything, 2 otherwise."""
    parts, found = asyncio.run(examine())
    if as_json:
        rows = [{"part": part.name, "state": part.state.value, "detail": part.detail} for part in parts]
        sys.stdout.write(json.dumps({"parts": rows, "health": found}, ensure_ascii=False) + "\n")
    else:
        width = max(len(part.name) for part in parts)
        for part in parts:
            sys.stdout.write(f"{part.name:<{width}}  {part.state.value:<5}  {part.detail}\n")
    return 2 if any(part.state is PartState.NEEDS for part in parts) else 0


async def examine() -> tuple[Sequence[Part], dict[str, Any] | None]:
    """The parts and the detailed health as a copy of the database shows them; works beside a running program and changes nothing.

    Without a database that can be read there is one part, and no health.
    """
    try:
        house = await wiring.build(settings.load(), Wanted(still=True), ids=SequentialIds("d"), read_only=True)
    except SetupError as error:
        return [Part("storage", PartState.NEEDS, f"{error.message}{f' Type: {error.example}' if error.example else ''}")], None
    except (UserError, FoliopilotError) as error:
        return [Part("storage", PartState.NEEDS, str(error))], None
    try:
        seen = await health.see(house)
        asked = [await phones.asked(adapter) for adapter in phones.adapters(house.settings, house.floor.clock)]
        worded = await models.asked(house.settings)
        return [*house.parts(), *asked, *((worded,) if worded else ()), *health.parts(seen, house.settings)], health.document(seen, house)
    finally:
        await house.close()
