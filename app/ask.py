"""`foliopilot ask`: one line in, one answer out, on a copy that is thrown away; nothing is stored, nothing is executed."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from app import machine, settings, wiring
from app.cli import explained
from app.worlds import Wanted
from bot.plain import render
from domain.chat import Failure, Incoming, Reply, ReplyKind, Text, Tone
from domain.errors import UserError
from domain.ids import SequentialIds
from domain.tickets import Origin

ORIGIN = Origin("terminal", "ask", "owner")
WIDTH = 80


def main(text: str, as_json: bool, **options: Any) -> int:
    """Print the answer to standard output; 0 answered, 2 refused or not understood, 1 the program's own fault."""
    try:
        reply = asyncio.run(answer(text, Wanted(still=True, **options)))
    except UserError as error:
        message = explained(error)
        reply = Reply((Text(message, Tone.WARNING),), ReplyKind.ERROR, failure=Failure(error.code, message))
    code = machine.exit_code(reply)
    if as_json:
        sys.stdout.write(machine.dumps(reply) + "\n")
    else:
        (sys.stdout if code == machine.ANSWERED or reply.ticket else sys.stderr).write(render(reply, width=WIDTH) + "\n")
    sys.stdout.flush()
    return code


async def answer(text: str, wanted: Wanted) -> Reply:
    """The front desk's reply to one line, in a house whose clock stands still."""
    house = await wiring.build(settings.load(), wanted, ids=SequentialIds("t"), read_only=True)
    try:
        return await house.front.handle(Incoming("ask", ORIGIN, text, house.floor.clock.now()))
    finally:
        await house.close()
