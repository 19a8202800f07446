"""Whether advice is the same as before, and whether it was followed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from copilot.adoption import resolved
from copilot.advised import advice_of, shown_in
from copilot.past import Past, read_past, record_of, same
from copilot.recommend import recommend
from copilot.recommendation import Recommendation, View
from domain.advice import Adoption, Advice, AdvisedLeg
from domain.chat import Reply, Text
from domain.exits import ExitKind, ExitRule
from domain.orders import ExitIntent, Intent, OrderIntent, OrderType, ReplaceIntent, Side
from domain.portfolio import Portfolio
from domain.tickets import Proposer, Ticket, TicketStatus
from storage import recommendations, tickets
from storage.snapshot import open_memory
from tests.copilot.scene import START
from tests.copilot.test_rules import portfolio
from tests.storage.samples import advice, later, score, ticket

D = Decimal
STOP = AdvisedLeg("AAPL", D(-10), D(-2000), stop=D(190))
BOOK = portfolio(("AAPL", "40", "90", "100"), cash="6000")


def first(book: Portfolio, past: Past | None = None, days: float = 0) -> Recommendation:
    return recommend(View(replace(book, at=START + timedelta(days=days))), past or Past())[0]


def card(line: str, *intents: Intent, after: float = 60, **changes: object) -> Ticket:
    return ticket("t1", line=line, intents=intents, **({"status": TicketStatus.EXECUTED, "created": later(after)} | changes))


def sale(quantity: str, side: Side = Side.SELL, symbol: str = "AAPL") -> OrderIntent:
    return OrderIntent(symbol, side, quantity=D(quantity))


def test_the_same_advice_keeps_its_id_until_it_changes_materially() -> None:
    now = first(BOOK)
    assert now.key == "concentration-aapl"
    past = Past({now.key: advice_of(now, BOOK)})
    assert first(BOOK, past, days=3).id == now.id
    assert first(BOOK, days=3).id != now.id, "nothing stands that it could repeat"
    larger = portfolio(("AAPL", "60", "90", "100"), cash="4000")
    assert first(larger, past).id != now.id, "twice as much to sell"
    dearer = portfolio(("AAPL", "36", "90", "111"), cash="6000")
    assert first(dearer, past).id != now.id, "the price went 11% away"
    followed = Past({now.key: replace(past.standing[now.key], adoption=Adoption.FOLLOWED)})
    assert first(BOOK, followed, days=3).id != now.id, "it was followed, so this is another time"


def test_another_kind_of_line_is_another_advice() -> None:
    now = first(BOOK)
    before = advice_of(now, BOOK)
    assert same(before, now)
    assert not same(before, replace(now, legs=(replace(now.legs[0], price=None, stop=D(90)),)))
    assert not same(before, replace(now, legs=(*now.legs, *now.legs)))
    assert not same(before, replace(now, legs=(replace(now.legs[0], symbol="MSFT"),)))


async def test_what_stands_is_read_with_the_records() -> None:
    store = await open_memory()
    now = first(BOOK)
    shown = advice_of(now, BOOK)
    async with store.write() as tx:
        await recommendations.add(tx, shown)
        await recommendations.add(tx, replace(shown, id="older", at=START - timedelta(days=40)))
        await tickets.add(tx, card(now.line, account="main", created=START + timedelta(hours=1), status=TicketStatus.WORKING))
        for k, gain in enumerate((5, -3, 0)):
            await recommendations.add_score(tx, score(f"s{k}", account="main", gain=D(gain)))
        await recommendations.add_score(tx, score("s9", horizon=20, account="main", gain=D(5)))
    async with store.read() as tx:
        past = await read_past(tx, "main", START + timedelta(hours=2))
        later_on = await read_past(tx, "main", START + timedelta(days=40))
    assert past.standing[now.key].adoption is Adoption.FOLLOWED, "a card under way has followed it"
    assert past.standing[now.key].ticket == "t1"
    assert (past.records["concentration"].scored, past.records["concentration"].decided, past.records["concentration"].right) == (3, 2, 1)
    assert past.records["concentration"].by_chance
    assert later_on.standing == {}
    assert record_of([]).by_chance


def test_following_is_the_same_line_or_the_same_side_of_the_same_symbol() -> None:
    shown = advice()  # sell 5 of AAPL

    def became(*cards: Ticket, until: float | None = None) -> Adoption:
        return resolved(shown, cards, None if until is None else later(until)).adoption

    assert became() is Adoption.OPEN
    assert became(card("#AAPL close 50%", sale("5"))) is Adoption.FOLLOWED
    assert became(card("#sell AAPL 5", sale("5"))) is Adoption.FOLLOWED
    assert became(card("#sell AAPL 2", sale("2"))) is Adoption.PARTLY
    assert became(card("#sell AAPL 2", sale("2")), card("#sell AAPL 3", sale("3"))) is Adoption.FOLLOWED
    assert became(card("#AAPL close 50%", sale("5"), status=TicketStatus.PARTIAL)) is Adoption.PARTLY
    assert became(card("#buy AAPL 5", sale("5", Side.BUY))) is Adoption.OPEN
    assert became(card("#sell NVDA 5", sale("5", symbol="NVDA"))) is Adoption.OPEN
    assert became(card("#AAPL close 50%", sale("5"), after=-60)) is Adoption.OPEN, "before it was shown"
    assert became(card("#AAPL close 50%", sale("5"), after=600), until=300) is Adoption.OPEN, "after its window"
    assert became(card("#AAPL close 50%", sale("5"), proposer=Proposer.MONITOR)) is Adoption.OPEN, "a stop that fired is no following"
    assert became(card("#AAPL close 50%", sale("5"), account="other")) is Adoption.OPEN
    stop = OrderIntent("AAPL", Side.SELL, OrderType.STOP, quantity=D(5), stop=D(200))
    assert became(card("#AAPL stop 200", stop)) is Adoption.OPEN, "a stop is not the sale that was advised"


def test_a_stop_is_followed_by_any_stop() -> None:
    shown = advice(legs=(STOP,), line="#AAPL stop 2atr", rule="stop_missing")
    rule = ExitRule("e1", "demo", "AAPL", ExitKind.TRAILING, "t1", START, later(99999), long=True)
    for intent in (
        OrderIntent("AAPL", Side.SELL, OrderType.STOP, quantity=D(10), stop=D(180)),
        OrderIntent("AAPL", Side.SELL, OrderType.TRAILING, quantity=D(10), trail=D(5)),
        ReplaceIntent("o1", "AAPL", stop=D(185)),
        ExitIntent(rule, "follow"),
    ):
        assert resolved(shown, [card("#AAPL stop 180", intent)]).adoption is Adoption.FOLLOWED, intent
    for intent in (
        ReplaceIntent("o1", "AAPL", quantity=D(3)),
        ExitIntent(rule, "take back", remove=True),
        ExitIntent(replace(rule, kind=ExitKind.TARGET), "target"),
        sale("10"),
    ):
        assert resolved(shown, [card("#AAPL other", intent)]).adoption is Adoption.OPEN, intent
    both = replace(shown, legs=(STOP, replace(STOP, symbol="NVDA")), line="#set-stops")
    one = OrderIntent("NVDA", Side.SELL, OrderType.STOP, quantity=D(10), stop=D(80))
    assert resolved(both, [card("#NVDA stop 80", one)]).adoption is Adoption.PARTLY


@given(quantities=st.lists(st.integers(1, 12), max_size=6))
def test_more_cards_never_make_it_less_followed(quantities: list[int]) -> None:
    order = [Adoption.OPEN, Adoption.PARTLY, Adoption.FOLLOWED]
    cards = [card(f"#sell AAPL {q}", sale(str(q))) for q in quantities]
    became = [order.index(resolved(advice(), cards[:k]).adoption) for k in range(len(cards) + 1)]
    assert became == sorted(became)
    assert (became[-1] == 2) == (sum(quantities) >= 5), "4.5 is nine tenths of 5"


def test_only_what_a_reply_says_counts_as_shown() -> None:
    now = first(BOOK)
    told = Reply((Text(f"One thing. {now.what}: `{now.line}` (rule)."),))
    assert shown_in(told, (now,)) == (now,)
    assert shown_in(Reply((Text(f"`{now.line}`"),)), (now,)) == (), "a line that another sentence gives is not its advice"
    assert shown_in(told, (replace(now, id=""),)) == ()
    written: Advice = advice_of(now, BOOK)
    assert (written.equity, written.market, written.confidence) == (D(10_000), None, D("0.50"))
    assert [n.label for n in written.numbers] == ["AAPL weight", "largest weight wanted"]
