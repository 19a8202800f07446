"""`foliopilot ask`: one line in, one answer out, on a copy that is thrown away; nothing is stored, nothing is executed."""

from __future__ import annotations

import asyncio
import logging
import sys
from typing import Any

from app import machine, settings, wiring
from app.cli import explained
from app.worlds import Wanted
from bot.plain import render
from domain.chat import Failure, Incoming, Reply, ReplyKind, Text, Tone
from domain.errors import FoliopilotError, UserError
from domain.ids import SequentialIds
from domain.tickets import Origin

ORIGIN = Origin("terminal", "ask", "owner")
WIDTH = 80

log = logging.getLogger(__name__)


def main(text: str, as_json: bool, **options: Any) -> int:
    """Print the answer to standard output; 0 answered, 2 refused or not understood, 1 the program's own fault, which is an answer too."""
    simulated = False
    try:
        reply, simulated = asyncio.run(answer(text, Wanted(still=True, **options)))
    except UserError as error:
        reply = _failed(error.code, explained(error))
    except Exception as error:  # what is asked by a machine is answered in its format, whatever happened
        log.error("no answer", exc_info=error)
        reply = _failed(
            machine.INTERNAL, str(error) if isinstance(error, FoliopilotError) else "Something here went wrong; nothing was changed."
        )
    code = machine.exit_code(reply)
    if as_json:
        sys.stdout.write(machine.dumps(reply, simulated=simulated) + "\n")
    else:
        (sys.stdout if code == machine.ANSWERED or reply.ticket else sys.stderr).write(render(reply, width=WIDTH) + "\n")
    sys.stdout.flush()
    return code


async def answer(text: str, wanted: Wanted) -> tuple[Reply, bool]:
    """The front desk's reply to one line, in a house whose clock stands still, and whether its market is a generated one."""
    house = await wiring.build(settings.load(), wanted, ids=SequentialIds("t"), read_only=True)
    try:
        reply = await house.front.handle(Incoming("ask", ORIGIN, text, house.floor.clock.now()))
        return reply, house.floor.hub.simulated
    finally:
        await house.close()


def _failed(code: str, message: str) -> Reply:
    return Reply((Text(message, Tone.WARNING),), ReplyKind.ERROR, failure=Failure(code, message))
