"""F: the program is killed while it confirms; whatever step that was, the next start tells the truth and nothing traded twice."""

import time
from collections import Counter
from decimal import Decimal

import pytest

from domain import codec
from domain.ledger import EntryKind
from domain.tickets import TicketStatus
from storage import journal, paper, tickets
from tests.journeys.chat import chat
from tests.journeys.program import start
from trading.brokers.simulated.order import VenueOrder

OVER = frozenset({TicketStatus.EXECUTED, TicketStatus.FAILED, TicketStatus.EXPIRED})


def killed_after_yes(home, line, pause):
    """A piped chat that is shown a card, told yes, and killed that much later; what it had said by then."""
    process = start(home, "chat")
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{line}\n".encode())
    process.stdin.flush()
    seen = b""
    while b".1 Confirm" not in seen:
        more = process.stdout.readline()
        assert more, process.communicate()
        seen += more
    process.stdin.write(b"yes\n")
    process.stdin.flush()
    time.sleep(pause)
    process.kill()
    rest, _ = process.communicate()
    return (seen + rest).decode()


@pytest.mark.parametrize("pause", [0, 0.004, 0.012, 0.03, 0.1])
async def test_killed_after_yes(tmp_path, pause):
    home = tmp_path / "home"
    async with chat(home, still=False, account="demo") as reader:
        held, cash = await reader.held("NVDA"), (await reader.book()).cash
        before = len(reader.house.floor.book.entries)
    said = killed_after_yes(home, "#NVDA close 7", pause)
    async with chat(home, still=False, account="demo") as reader:
        pushed = await reader.pushes()
        async with reader.house.store.read() as tx:
            assert await journal.verify(tx) is None
            ticket = (await tickets.recent(tx, "demo", 1))[0]
            bodies = await paper.orders(tx, "demo", open_only=False)
        assert ticket.status in OVER
        fresh = reader.house.floor.book.entries[before:]
        sold = sum((e.quantity for e in fresh), Decimal(0))
        assert sold == (7 if ticket.status is TicketStatus.EXECUTED else 0), "the ticket says what the ledger says"
        assert await reader.held("NVDA") == held - sold
        assert (await reader.book()).cash == cash + sum(e.amount for e in fresh if e.kind is EntryKind.TRADE)
        legs = Counter(codec.loads(VenueOrder, body).order.client_id for body in bodies)
        assert max(legs.values(), default=1) == 1, "one order per leg at the venue"
        assert set(legs) >= ({f"{ticket.id}-1"} if sold else set())
        if "Done: #NVDA close 7" in said:
            assert sold == 7
        if ticket.status is not TicketStatus.EXECUTED:
            assert "nothing was sent" in ticket.reason
            assert any("othing was sent" in p for p in pushed), "its reader is told"
        elif "Filled: sold 7 NVDA" not in said:
            assert any("Filled: sold 7 NVDA" in p for p in pushed), "its reader is told"
        assert await reader.whole()
        assert await reader.pushes() == [], "and told once"
