"""The JSON of `ask`: every key there, decimals as strings, the exit code that follows."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from app import machine
from domain.chat import Failure, Reply, ReplyKind, Text
from domain.facts import Fact
from domain.orders import OrderIntent, Side
from domain.tickets import Consequence, Finding, Origin, Proposer, Severity, Ticket, TicketStatus

AT = datetime(2025, 3, 5, 15, 30, tzinfo=UTC)
TICKET = Ticket(
    "t1",
    "#AAPL close 50%",
    "close",
    "demo",
    Origin("terminal", "ask", "owner"),
    Proposer.PERSON,
    (OrderIntent("AAPL", Side.SELL, quantity=Decimal(5), reduce_only=True),),
    (),
    Consequence(()),
    (Finding("size", Severity.WARNING, "It is large.", (("weight", "0.3"),)),),
    AT,
    AT + timedelta(minutes=2),
)
KEYS = {"kind", "command", "text", "blocks", "figures", "ticket", "error"}


def test_an_answer_has_every_key_and_its_figures_as_strings():
    fact = Fact("equity", "equity", Decimal("100250.10"), "USD", AT)
    found = json.loads(machine.dumps(Reply((Text("You have $100,250.10."),), command="positions", facts=(fact,))))
    assert set(found) == KEYS
    assert found["figures"] == [{"label": "equity", "value": "100250.10", "unit": "USD", "at": "2025-03-05T15:30:00Z", "simulated": False}]
    assert found["text"] == "You have $100,250.10."
    assert (found["kind"], found["command"], found["ticket"], found["error"]) == ("answer", "positions", None, None)


def test_a_ticket_shows_line_status_intents_findings_and_expiry():
    reply = Reply((Text("card"),), ReplyKind.TICKET, "close", ticket=TICKET)
    found = machine.document(reply)["ticket"]
    assert (found["line"], found["status"], found["expires"]) == ("#AAPL close 50%", "PROPOSED", "2025-03-05T15:32:00Z")
    assert found["intents"][0]["quantity"] == "5"
    assert found["findings"][0]["details"] == {"weight": "0.3"}
    assert machine.exit_code(reply) == machine.ANSWERED


def test_exit_codes():
    def error(code: str) -> Reply:
        return Reply((Text("no"),), ReplyKind.ERROR, failure=Failure(code, "no"))

    denied = replace(TICKET, status=TicketStatus.DENIED)
    assert machine.exit_code(Reply((Text("which?"),), ReplyKind.QUESTION)) == 0
    assert machine.exit_code(error("grammar")) == 2
    assert machine.exit_code(error("internal")) == 1
    assert machine.exit_code(Reply((Text("card"),), ReplyKind.TICKET, ticket=denied)) == 2
    assert machine.document(error("grammar"))["error"] == {"code": "grammar", "message": "no"}
