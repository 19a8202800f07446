"""`foliopilot doctor`: each part is ready, off, or needs one thing, and that thing is the exact next line to type."""

from __future__ import annotations

import asyncio
import json
import sys

from app import settings, wiring
from app.worlds import Wanted
from commands.context import Part, PartState
from domain.errors import FoliopilotError, SetupError, UserError
from domain.ids import SequentialIds
from storage import journal


def main(as_json: bool) -> int:
    """Print every part; 0 when nothing needs anything, 2 otherwise."""
    parts = asyncio.run(examine())
    if as_json:
        rows = [{"part": part.name, "state": part.state.value, "detail": part.detail} for part in parts]
        sys.stdout.write(json.dumps({"parts": rows}, ensure_ascii=False) + "\n")
    else:
        width = max(len(part.name) for part in parts)
        for part in parts:
            sys.stdout.write(f"{part.name:<{width}}  {part.state.value:<5}  {part.detail}\n")
    return 2 if any(part.state is PartState.NEEDS for part in parts) else 0


async def examine() -> list[Part]:
    """The parts as a copy of the database shows them; works beside a running chat and changes nothing."""
    try:
        house = await wiring.build(settings.load(), Wanted(still=True), ids=SequentialIds("d"), read_only=True)
    except SetupError as error:
        return [Part("storage", PartState.NEEDS, f"{error.message}{f' Type: {error.example}' if error.example else ''}")]
    except (UserError, FoliopilotError) as error:
        return [Part("storage", PartState.NEEDS, str(error))]
    try:
        return [*house.parts(), await _journal(house)]
    finally:
        await house.close()


async def _journal(house: wiring.House) -> Part:
    async with house.store.read() as tx:
        broken = await journal.verify(tx)
    if broken is None:
        return Part("journal", PartState.READY, "the chain of hashes is whole")
    return Part("journal", PartState.NEEDS, f"line {broken} is not as it was written: restore a back-up from before it")
