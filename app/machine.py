"""Replies for machines: the JSON that `ask --json` prints, whose shape is documented in docs/ask-json.md and stays."""

from __future__ import annotations

import json
from typing import Any

from bot.plain import render
from domain import codec
from domain.chat import Reply, ReplyKind
from domain.facts import Fact
from domain.tickets import Ticket, TicketStatus

ANSWERED = 0
FAULT = 1
REFUSED = 2
INTERNAL = "internal"


def document(reply: Reply, *, simulated: bool = False, width: int = 80) -> dict[str, Any]:
    """The reply as JSON-ready data with every key of the documented shape present; `simulated` marks every figure of a generated market."""
    return {
        "kind": reply.kind.value,
        "command": reply.command,
        "text": render(reply, width=width),
        "blocks": [codec.encode(block) for block in reply.blocks],
        "figures": [_figure(fact, simulated) for fact in reply.facts],
        "ticket": _ticket(reply.ticket) if reply.ticket is not None and reply.kind is ReplyKind.TICKET else None,
        "error": {"code": reply.failure.code, "message": reply.failure.message} if reply.failure is not None else None,
    }


def dumps(reply: Reply, *, simulated: bool = False) -> str:
    """One line of JSON."""
    return json.dumps(document(reply, simulated=simulated), ensure_ascii=False)


def exit_code(reply: Reply) -> int:
    """0 answered (tickets and questions back included), 2 refused or denied or not understood, 1 the program's own fault."""
    if reply.failure is not None and reply.failure.code == INTERNAL:
        return FAULT
    if reply.kind is ReplyKind.ERROR:
        return REFUSED
    if reply.kind is ReplyKind.TICKET and reply.ticket is not None and reply.ticket.status is TicketStatus.DENIED:
        return REFUSED
    return ANSWERED


def _figure(fact: Fact, simulated: bool) -> dict[str, Any]:
    told = {"label": fact.label, "value": codec.encode(fact.value), "unit": fact.unit, "at": codec.encode(fact.at)}
    return told | {"simulated": simulated}


def _ticket(ticket: Ticket) -> dict[str, Any]:
    return {
        "id": ticket.id,
        "line": ticket.line,
        "status": ticket.status.value,
        "account": ticket.account,
        "intents": [codec.encode(intent) for intent in ticket.intents],
        "findings": [codec.encode(finding) | {"details": dict(finding.details)} for finding in ticket.findings],
        "consequence": codec.encode(ticket.consequence),
        "expires": codec.encode(ticket.expires),
        "word": ticket.word,
    }
