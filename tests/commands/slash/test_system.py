"""Status and the demo's levers."""

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.context import Part, PartState
from commands.slash.system import LONGEST_FORWARD, duration
from domain.chat import Access, Text, Tone
from domain.clock import ManualClock
from domain.errors import BadArgument, NotAllowed, ReadOnly, UnknownSymbol
from domain.portfolio import AccountSpec, Mode
from tests.commands.actions.stage import REGISTRY, START, Stage, stage
from tests.commands.slash.reading import buttons, everything, keyed, lead, unsupported, value

D = Decimal


@dataclass
class Levers:
    """A demo world on the scripted market; remembers what was moved."""

    clock: ManualClock = field(default_factory=lambda: ManualClock(START))
    one: Stage | None = None
    moved: list[str] = field(default_factory=list)

    def now(self):
        return self.clock.now()

    def describe(self) -> str:
        return "Simulated market, seed 7."

    async def forward(self, by: timedelta, onward=lambda at: True):
        self.moved.append(f"forward {by}")
        self.clock.set(self.clock.now() + by)
        self.one.market.quote("AAPL", "189.99", "190.01", "190.00")
        self.one.floor.hub.clear()
        return self.clock.now()

    async def shock(self, symbol: str, move: Decimal) -> None:
        self.moved.append(f"shock {symbol} {move}")
        last = self.one.market._quotes[symbol].last * (1 + move)
        self.one.market.quote(symbol, str(last), str(last), str(last))
        self.one.floor.hub.clear()


async def demo_stage(**parts) -> tuple[Stage, Levers]:
    levers = Levers()
    one = await stage(demo=levers, spec=AccountSpec("demo", Mode.DEMO), **parts)
    levers.one, levers.clock = one, one.clock
    return one, levers


async def test_status_names_every_part_and_what_it_stands_at():
    one = await stage(parts=(Part("broker", PartState.READY, "paper"), Part("news", PartState.OFF, "no source")))
    reply = await one.call("status")
    assert lead(reply) == "Account main (PAPER) works; trading is allowed."
    said = keyed(reply)
    assert said["broker"] == "paper"
    assert said["news"] == "OFF: no source"
    assert said["data"] == "fake, simulated"
    assert said["data age"] == "newest quote 0 seconds old"
    assert said["market"] == "open until 16:00 New York, Fri 10 Oct 2025"
    assert (said["model"], said["kill switch"], said["open orders"]) == ("composed answers", "not pulled", "3")
    assert said["clock"] == "10:30:00 New York, Fri 10 Oct 2025"
    assert not unsupported(reply)


async def test_status_leads_with_what_is_wrong():
    one = await stage(parts=(Part("chat", PartState.NEEDS, "TELEGRAM_TOKEN=…"), Part("time", PartState.READY, "10:30")))
    reply = await one.call("status")
    assert lead(reply) == "chat needs one thing: TELEGRAM_TOKEN=…"
    assert "clock" not in keyed(reply)
    await one.floor.killswitch.pull("me", "main")
    halted = await one.call("status")
    assert "HALTED" in lead(halted)
    assert isinstance(halted.blocks[0], Text)
    assert halted.blocks[0].tone is Tone.WARNING
    assert buttons(halted)[0].payload == "#resume"
    assert keyed(halted)["kill switch"].startswith("pulled")


@pytest.mark.parametrize(
    ("hours", "says"),
    [
        (-3, "closed, opens 09:30 New York, Fri 10 Oct 2025"),
        (8, "closed, opens 09:30 New York, Mon 13 Oct 2025"),
        (24, "closed, opens 09:30 New York, Mon 13 Oct 2025"),
    ],
)
async def test_status_says_when_the_exchange_opens(hours, says):
    assert keyed(await (await stage(at=START + timedelta(hours=hours))).call("status"))["market"] == says


async def test_status_of_a_book_without_prices():
    one = await stage(spec=AccountSpec("mine", Mode.PAPER, priced=False))
    assert keyed(await one.call("status"))["data age"] == "no quotes: quantities and cost only"
    bare = await stage(entries=[], waiting=[])
    assert keyed(await bare.call("status"))["data age"] == "no quotes yet"


async def test_the_demo_goes_forwards_and_says_what_it_did():
    one, levers = await demo_stage()
    reply = await one.call("demo", "forward", "2h")
    assert levers.moved == ["forward 2:00:00"]
    assert lead(reply) == "It is 12:30 New York, Fri 10 Oct 2025 now; your account is up $200.00, at $37,113.50."
    assert value(reply, "equity change") == 200
    assert not unsupported(reply)


async def test_the_tutorial_of_the_demo_shows_its_levers():
    one, _ = await demo_stage()
    assert "/demo shock NVDA -8%" in everything(await one.call("tutorial"))


async def test_a_shock_moves_one_price_from_now_on():
    one, levers = await demo_stage()
    reply = await one.call("demo", "shock", "nvda", "−8%")
    assert levers.moved == ["shock NVDA -0.08"]
    assert lead(reply) == ("NVDA was moved by −8.00% from $200.00 to $184.00; your account is down $800.00, at $36,113.50.")
    assert not unsupported(reply)


async def test_the_demo_alone_can_be_moved_and_never_by_ask():
    with pytest.raises(NotAllowed, match="is not the demo"):
        await (await stage()).call("demo", "forward", "2h")
    one, levers = await demo_stage(read_only=True)
    for words in (("forward", "2h"), ("shock", "NVDA", "-8%")):
        with pytest.raises(ReadOnly):
            await one.call("demo", *words)
    assert levers.moved == []
    described = await one.call("demo")
    assert lead(described) == "The demo stands at 10:30 New York, Fri 10 Oct 2025; its prices are simulated."
    assert "seed 7" in everything(described)
    assert REGISTRY.command("demo").access is Access.ADMIN


@pytest.mark.parametrize(
    "words",
    [
        "backward 2h",
        "forward",
        "forward -2h",
        "forward 0h",
        "forward 99 weeks",
        "forward 2 fortnights",
        "forward 2",
        "forward ٢h",
        "forward 1e3h",
        "shock",
        "shock NVDA",
        "shock NVDA lots",
        "shock NVDA -95%",
        "shock NVDA 0%",
        "shock NVDA 999%",
        "shock NVDA NaN",
        "shock NVDA -8% now",
        "; rm",
    ],
)
async def test_what_the_demo_does_not_understand_changes_nothing(words):
    one, levers = await demo_stage()
    with pytest.raises(BadArgument) as refusal:
        await one.call("demo", *words.split())
    assert refusal.value.example.startswith("/demo")
    assert levers.moved == []


async def test_an_unknown_symbol_is_no_shock():
    one, levers = await demo_stage()
    with pytest.raises(UnknownSymbol):
        await one.call("demo", "shock", "ZZZZ", "-8%")
    assert levers.moved == []


@pytest.mark.parametrize(
    ("text", "by"),
    [
        ("2h", timedelta(hours=2)),
        ("90 minutes", timedelta(minutes=90)),
        ("1d 4h", timedelta(days=1, hours=4)),
        ("1 week", timedelta(weeks=1)),
        ("5min", timedelta(minutes=5)),
        ("2 days", timedelta(days=2)),
        ("3 hours", timedelta(hours=3)),
    ],
)
def test_durations_as_people_write_them(text, by):
    assert duration(text) == by


@given(st.text(max_size=20))
def test_any_text_is_a_duration_within_a_month_or_refused(text):
    try:
        found = duration(text)
    except BadArgument:
        return
    assert timedelta(0) < found <= LONGEST_FORWARD
