"""What `/reconcile` shows: what was found and done, what is still open, and that nothing could be compared."""

from dataclasses import replace
from decimal import Decimal

from domain.chat import KeyValues, Tone
from domain.errors import BrokerDown
from domain.events import ReconciliationFound
from tests.commands.actions.stage import stage
from tests.commands.slash.reading import everything, lead
from trading.reconciling.differences import CASH, Difference, Outcome

D = Decimal


def showing(one, outcome=None, error=None):
    """Let the next comparison end like that."""

    async def now():
        if error is not None:
            raise error
        return outcome

    one.floor.reconciler.now = now
    return one


async def outcome_of(one, number: int, left: tuple[Difference, ...] = ()) -> Outcome:
    at = one.floor.clock.now()
    found = ReconciliationFound(at, "mine", "foreign", "AAPL", "1", "2", "adopted as bought 1 at $100.00, its last price")
    return Outcome(at, tuple(replace(found, about=f"S{n}") for n in range(number)), left)


async def test_one_difference_and_many_are_counted_and_the_page_stays_short():
    one = await stage()
    reply = await showing(one, await outcome_of(one, 1)).call("reconcile")
    assert lead(reply) == "Book and broker agree now; 1 difference settled."
    assert [row[0] for block in reply.blocks if isinstance(block, KeyValues) for row in block.rows] == ["Traded elsewhere: S0"]
    reply = await showing(one, await outcome_of(one, 11)).call("reconcile")
    assert lead(reply) == "Book and broker agree now; 11 differences settled."
    assert len(next(b for b in reply.blocks if isinstance(b, KeyValues)).rows) == 8
    assert "And 3 more" in everything(reply)


async def test_what_is_not_certain_yet_is_said_first():
    one = await stage()
    left = (Difference(CASH, D(10), D(12)), Difference("AAPL", D(1), D(3)))
    reply = await showing(one, await outcome_of(one, 0, left)).call("reconcile")
    assert reply.blocks[0].tone is Tone.WARNING
    assert lead(reply) == "Book and broker differ in cash, AAPL; looked at again in a moment."
    assert "$10.00 here, $12.00 there; not adopted yet" in everything(reply)


async def test_a_broker_that_does_not_answer_is_named_with_what_was_known():
    one = await stage()
    one.floor.reconciler.last = None
    reply = await showing(one, error=BrokerDown("connection refused")).call("reconcile")
    assert lead(reply) == "The broker does not answer, so book and broker cannot be compared."
    assert "They were not compared yet." in everything(reply)
    one.floor.reconciler.last = await outcome_of(one, 0)
    assert "book and broker agree" in everything(await one.call("reconcile"))
