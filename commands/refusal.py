"""What is said when a line is not done: what to type instead, or the reference under which the fault is in the log."""

from __future__ import annotations

import logging
from datetime import datetime

from domain.chat import Block, Button, Buttons, Code, Failure, Reply, ReplyKind, Text, Tone
from domain.errors import BrokerDown, SourceFailed, StorageFailed, UserError

log = logging.getLogger(__name__)

INTERNAL = "internal"
PAYLOAD_BYTES = 64

_FAULTS: tuple[tuple[type[Exception], str], ...] = (
    (SourceFailed, "A market data or news source could not answer, so nothing was worked out and nothing was changed"),
    (StorageFailed, "The database refused, so nothing of this was written"),
    (BrokerDown, "The broker cannot be reached, and nothing was sent"),
)


def refused(error: UserError) -> Reply:
    """A refusal the reader can act on: the sentence, and a correct line where the error has one."""
    blocks: list[Block] = [Text(error.message, Tone.LEAD)]
    if error.example:
        blocks += [Text("Type instead:", Tone.QUIET), Code(error.example)]
        if error.example.startswith("/") and len(error.example.encode()) <= PAYLOAD_BYTES:
            blocks.append(Buttons((Button(error.example, error.example),)))
    return Reply(tuple(blocks), kind=ReplyKind.ERROR, failure=Failure(error.code, error.message))


def plain(code: str, message: str) -> Reply:
    """A refusal without a line to type instead."""
    return Reply((Text(message, Tone.LEAD),), kind=ReplyKind.ERROR, failure=Failure(code, message))


def broken(error: Exception, reference: str, at: datetime) -> Reply:
    """The program's own fault: the whole of it goes to the log under `reference`, and the reader gets that."""
    log.error("fault %s at %s", reference, at.isoformat(), exc_info=error)
    what = next((sentence for kind, sentence in _FAULTS if isinstance(error, kind)), "Something here went wrong")
    message = f"{what}. Reference {reference} finds it in the log; `/status` shows what works."
    return Reply((Text(message, Tone.LEAD), Code("/status")), kind=ReplyKind.ERROR, failure=Failure(INTERNAL, message))
