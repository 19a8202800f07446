"""The answers to several questions of one line as one reply, in the order they were asked."""

from __future__ import annotations

from collections.abc import Sequence

from domain.chat import Block, Button, Buttons, Reply, ReplyKind

MOST_BUTTONS = 6


def merged(replies: Sequence[Reply]) -> Reply:
    """One reply with the blocks of all, their facts once each by label, and their buttons below, each once."""
    if len(replies) == 1:
        return replies[0]
    blocks: list[Block] = []
    buttons: dict[str, Button] = {}
    for reply in replies:
        for block in reply.blocks:
            if isinstance(block, Buttons):
                buttons |= {b.payload: b for b in block.buttons if b.payload not in buttons}
            elif block not in blocks:
                blocks.append(block)
    facts = {fact.label: fact for reply in reversed(replies) for fact in reply.facts}
    answered = any(reply.kind is ReplyKind.ANSWER for reply in replies)
    shown = (Buttons(tuple(list(buttons.values())[:MOST_BUTTONS])),) if buttons else ()
    return Reply(
        (*blocks, *shown),
        kind=ReplyKind.ANSWER if answered else replies[0].kind,
        command=next((r.command for r in replies if r.command), None),
        facts=tuple(facts.values()),
        failure=None if answered else replies[0].failure,
    )
