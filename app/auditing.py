"""`foliopilot doctor --audit`: every line of the journal against the hash it was written with."""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime

from app import settings, wiring
from storage import journal

SOUND = "The journal is whole: {count:,} lines, each bound to the one before it{span}."
BROKEN = "Line {line:,} of {count:,} is not as it was written. What stands before it is whole; from there on nothing is proved."


def main() -> int:
    """Verify and say so; 0 when the chain is whole, 1 when it is not."""
    text, code = asyncio.run(verified())
    sys.stdout.write(f"{text}\n")
    return code


async def verified() -> tuple[str, int]:
    """What there is to say of the chain, on a copy of the database beside a running program, and the exit code."""
    async with wiring.looked_at(settings.load()) as store, store.read() as tx:
        broken = await journal.verify(tx)
        count = await journal.length(tx)
        ends = await tx.select("journal", order="seq", limit=1) + await tx.select("journal", order="seq", descending=True, limit=1)
    if broken is not None:
        return BROKEN.format(line=broken, count=count), 1
    return SOUND.format(count=count, span=_span([row["at"] for row in ends])), 0


def _span(instants: list[datetime]) -> str:
    return f", from {instants[0]:%Y-%m-%d %H:%M} to {instants[-1]:%Y-%m-%d %H:%M} UTC" if instants else ""
