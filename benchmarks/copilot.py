"""Answers about a book of 100 positions with 500 headlines: the brief, its parts, the composed answer, and what a model's way adds."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import perf_counter

from app.run import settle
from app.settings import Settings
from app.wiring import House, build
from app.worlds import Wanted
from benchmarks.hundred import files
from benchmarks.timing import Row, awaits, calls, milliseconds, quantile
from commands.advising import brief
from copilot.attribution import Leg, Loading, attribute
from copilot.correlate import impacts, link
from copilot.loadings import loadings
from domain.chat import Incoming
from domain.ids import SequentialIds
from domain.ledger import Entry, EntryKind
from domain.market import NewsItem
from domain.orders import Side
from domain.speech import Asked
from domain.tickets import Origin
from tests.copilot.test_agent import OneTool
from tests.servers.openai import KEY, OpenAIServer, Says, each

AT = datetime(2025, 3, 5, 20, 30, tzinfo=UTC)
ORIGIN = Origin("terminal", "bench", "owner")
HEADLINES, MANY = 500, 1000
SAID = (
    "jumps on a large order|falls after a warning on sales|names new head of sales|recalls a product|wins a contract|is downgraded|"
    "holds its annual meeting"
)
ANSWER = "You hold a hundred positions. Nothing else is known today. " * 8


class Wire:
    """So many headlines of the day, each about one of the symbols."""

    def __init__(self, symbols: Sequence[str], count: int) -> None:
        r, said = Random(3), SAID.split("|")
        self.items = [
            NewsItem(f"n{k}", AT - timedelta(minutes=r.randrange(1, 350)), f"{r.choice(symbols)} {r.choice(said)} {k}", "", (), "bench")
            for k in range(count)
        ]

    async def news(self, start: datetime, end: datetime) -> Sequence[NewsItem]:
        """What was published in [start, end)."""
        return [i for i in self.items if start <= i.at < end]


def rows() -> list[Row]:
    """Every figure of this file."""
    return [_attribution(), *asyncio.run(_answers()), *asyncio.run(_model())]


def _attribution() -> Row:
    r = Random(5)
    symbols = [f"S{k}" for k in range(100)]
    legs = [Leg(s, Decimal(r.randrange(1, 90)), Decimal(r.randrange(1, 90)), Decimal("50.25"), Decimal("51.75")) for s in symbols]
    entries = [
        Entry(f"e{k}", "demo", AT, EntryKind.TRADE, Decimal("-101.00"), r.choice(symbols), Side.BUY, Decimal(2), Decimal(50), Decimal(1))
        for k in range(500)
    ]
    known = {s: Loading(Decimal("1.1"), Decimal("0.4"), Decimal("0.02"), "XLK") for s in symbols}
    moves = {"SPY": Decimal("-0.012"), "XLK": Decimal("-0.02")}
    median, worst = calls(lambda _: attribute(legs, entries, known, moves), rounds=200)
    value = f"p50 {milliseconds(median)}, p99 {milliseconds(worst)}"
    return Row("attribution of 100 positions with 500 trades", value, "under 20 ms", met=worst < 20e-3)


async def _answers() -> list[Row]:
    with files(100) as made:
        wanted = Wanted(replay=made.bars, at=AT, book=made.book, still=True)
        house = await build(Settings(), wanted, ids=SequentialIds(), read_only=True)
    try:
        symbols = [p.symbol for p in (await house.floor.book.snapshot()).positions]
        house.front.news = Wire(symbols, HEADLINES)

        async def gathered(number: int) -> None:
            _later(house, number)
            await brief(house.front.context(_asking(number)), "today")

        async def answered(number: int) -> None:
            _later(house, number + 500)
            await house.front.handle(_asking(number))

        briefs, answers = await awaits(gathered, rounds=120), await awaits(answered, rounds=120)
        many = await _correlated(house, symbols)
    finally:
        await house.close()
    return [
        Row("brief of 100 positions and 500 headlines", _both(briefs), "p99 under 50 ms", met=briefs[1] < 50e-3),
        Row("correlation of 1,000 headlines with 100 positions", _both(many), "under 100 ms", met=many[1] < 100e-3),
        Row("composed answer from that brief, at the desk", _both(answers), "p99 under 100 ms", met=answers[1] < 100e-3),
    ]


async def _correlated(house: House, symbols: Sequence[str]) -> tuple[float, float]:
    items, listed = Wire(symbols, MANY).items, house.floor.hub.instruments()
    known = await loadings(house.floor.hub, await house.floor.book.snapshot(), symbols)
    held = dict.fromkeys(symbols, Decimal(10))

    async def tied(number: int) -> None:
        await impacts(house.floor.hub, link(items, listed, symbols), held, known, AT)

    await tied(0)  # the lexicon is read at its first use
    settle()  # as the program does when it has started
    return await awaits(tied, rounds=60)


def _later(house: House, number: int) -> None:
    house.floor.clock.set(AT + timedelta(seconds=number + 1))  # type: ignore[attr-defined]


def _asking(number: int) -> Incoming:
    return Incoming(str(number), ORIGIN, "Why am I down today?", AT)


def _both(found: tuple[float, float]) -> str:
    return f"p50 {milliseconds(found[0])}, p99 {milliseconds(found[1])}"


async def _model() -> list[Row]:
    """An answer in a model's words beside the same model called bare, in turn, over the same socket."""
    server = OpenAIServer(each(Says(ANSWER)))
    await server.start()
    with TemporaryDirectory() as home, files(100) as made:
        settings = Settings(home=Path(home), model="scripted", openai_api_key=KEY, openai_base_url=server.base, model_tokens=0)
        house = await build(settings, Wanted(replay=made.bars, at=AT, book=made.book, still=True), ids=SequentialIds(), read_only=True)
    assert house.front.voice is not None
    try:
        model = await house.front.voice.model()
        spent: list[tuple[float, float, float]] = []
        for number in range(40):
            asked = Asked("", "", (), "Why am I down today?")
            bare = await _timed(model.speak(asked, OneTool(), lambda piece: None))
            worded = await _timed(house.front.handle(_asking(number)))
            voice, house.front.voice = house.front.voice, None
            composed = await _timed(house.front.handle(_asking(number)))
            house.front.voice = voice
            spent.append((worded, bare, composed))
    finally:
        await house.close()
        await server.stop()
    over = [w - b - c for w, b, c in spent[5:]]
    middle = sorted(over)[len(over) // 2]
    value = f"p50 {milliseconds(max(middle, 0.0))}, p99 {milliseconds(max(quantile(over), 0.0))}"
    peer = f"the same model asked bare: p50 {milliseconds(sorted(b for _, b, _ in spent[5:])[len(over) // 2])}"
    return [
        Row("agent, memory and guard, over the model's own time and the composed answer's", value, "under 50 ms", peer, met=middle < 50e-3)
    ]


async def _timed(work: object) -> float:
    started = perf_counter()
    await work  # type: ignore[misc]
    return perf_counter() - started
