"""The machine itself: how every part stands, and the demo world's levers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from commands.context import Ctx, DemoControl, Part, PartState
from commands.registry import Rest, command
from commands.slash.sheet import Sheet, as_of, moment, moved_text, plural, price_text
from domain.chat import Access, Block, Button, Buttons, KeyValues, Reply, Text, Tone
from domain.errors import BadArgument, NotAllowed
from domain.market import Freshness
from domain.money import HUNDRED, MINUS, money_text, percent_text
from domain.portfolio import Portfolio
from market import calendar
from trading.guards.state import TradingState

LONGEST_FORWARD = timedelta(days=31)
SHOCKS = (Decimal("-0.9"), Decimal(2))
DEMO_EXAMPLES = ("/demo", "/demo forward 2h", "/demo shock NVDA -8%")
_UNITS = {
    "m": "minutes",
    "min": "minutes",
    "minute": "minutes",
    "h": "hours",
    "hour": "hours",
    "d": "days",
    "day": "days",
    "w": "weeks",
    "week": "weeks",
}
_SPAN = re.compile(r"(\d{1,5})\s*([a-z]+)", re.ASCII)
_MOVE = re.compile(r"([+-]?)(\d{1,4}(?:\.\d{1,4})?)%?", re.ASCII)


@command("System", examples=("/status",))
async def status(ctx: Ctx) -> Reply:
    """How every part stands: broker, data and its age, news, model, storage, trading state, clock."""
    portfolio = await ctx.portfolio()
    sheet = Sheet.of(portfolio)
    parts = ctx.parts()
    needing = [p for p in parts if p.state is PartState.NEEDS]
    spec = portfolio.spec
    lead = f"Account {spec.name} ({spec.mode.upper()}) works; trading is allowed."
    state, trip = ctx.floor.guards.trading.now(), ctx.floor.guards.breaker.tripped
    if state is TradingState.HALTED:
        lead = f"Trading on {spec.name} is HALTED; closing and cancelling go on. To allow it again: `#resume`"
    elif state is TradingState.REDUCING and trip is not None:
        until = moment(trip.until, ctx.zone)
        lead = f"{spec.name} is REDUCING: the breaker has tripped on the {trip.cause}; nothing is opened until {until}. Details: `/breaker`"
    elif needing:
        lead = f"{needing[0].name} needs one thing: {needing[0].detail}"
    told = tuple((p.name, p.detail if p.state is PartState.READY else f"{p.state.upper()}: {p.detail}") for p in parts)
    own = _own(ctx, sheet, portfolio, parts)
    buttons = {TradingState.HALTED: Button("Resume", "#resume"), TradingState.REDUCING: Button("Breaker", "/breaker")}
    button = buttons.get(state, Button("Summary", "/portfolio-summary"))
    warned = state is not TradingState.ACTIVE or needing
    blocks = (Text(lead, Tone.WARNING if warned else Tone.LEAD), KeyValues((*told, *own)), Buttons((button,)))
    return Reply(blocks, facts=sheet.facts)


@command("System", access=Access.ADMIN, examples=DEMO_EXAMPLES)
async def demo(ctx: Ctx, what: Rest | None = None) -> Reply:
    """The demo world: how it stands; move it forwards or shock a price. It moves that world only."""
    if ctx.demo is None:
        raise NotAllowed(f"Account {ctx.account} is not the demo; its market cannot be moved.", example="/status")
    words = (what or "").lower().replace(MINUS, "-").split()
    if not words:
        return await _described(ctx, ctx.demo)
    if words[0] == "forward":
        by = duration(" ".join(words[1:]))
        ctx.must_write("move the demo world")
        return await _forwarded(ctx, ctx.demo, by)
    if words[0] == "shock":
        symbol, move = _shock(ctx, words[1:])
        ctx.must_write("move the demo world")
        return await _shocked(ctx, ctx.demo, symbol, move)
    raise BadArgument(f"/demo does not know “{words[0][:40]}”: forward or shock.", example=DEMO_EXAMPLES[1])


def duration(text: str) -> timedelta:
    """`2h`, `90 minutes`, `1d 4h`: a span of time of at most a month; raises BadArgument."""
    total, rest = timedelta(0), text.strip()
    while rest:
        match = _SPAN.match(rest)
        unit = _UNITS.get(match[2]) or _UNITS.get(match[2].removesuffix("s")) if match else None
        if match is None or unit is None:
            raise BadArgument(f"“{rest[:40]}” is not a span of time.", example=DEMO_EXAMPLES[1])
        total += timedelta(**{unit: int(match[1])})
        rest = rest[match.end() :].strip()
    if not timedelta(0) < total <= LONGEST_FORWARD:
        raise BadArgument(f"The demo goes forwards by a minute up to {LONGEST_FORWARD.days} days at once.", example=DEMO_EXAMPLES[1])
    return total


def percentage(word: str, example: str) -> Decimal:
    """`-8%` or `-8` as a fraction; raises BadArgument."""
    match = _MOVE.fullmatch(word)
    if match is None:
        raise BadArgument(f"“{word[:40]}” is not a percentage.", example=example)
    return Decimal(match[1] + match[2]) / HUNDRED


def _shock(ctx: Ctx, words: Sequence[str]) -> tuple[str, Decimal]:
    """The symbol and the fraction of a shock; raises BadArgument, or UnknownSymbol."""
    if len(words) != 2:
        raise BadArgument("A shock needs a symbol and a percentage.", example=DEMO_EXAMPLES[2])
    move = percentage(words[1], DEMO_EXAMPLES[2])
    low, high = SHOCKS
    if not low <= move <= high or not move:
        raise BadArgument(
            f"A shock lies between {percent_text(low, places=0)} and {percent_text(high, places=0)}.", example=DEMO_EXAMPLES[2]
        )
    return ctx.resolve(words[0]), move


async def _described(ctx: Ctx, control: DemoControl) -> Reply:
    portfolio = await ctx.portfolio()
    lead = Text(f"The demo stands at {moment(control.now(), ctx.zone)}; its prices are simulated.", Tone.LEAD)
    hint = Text("Forwards: `/demo forward 2h`. A shock: `/demo shock NVDA -8%`. It never goes back.")
    buttons = Buttons((Button("2 hours on", "/demo forward 2h"), Button("1 day on", "/demo forward 1d")))
    return Reply((lead, Text(control.describe()), hint, as_of(portfolio, ctx.zone), buttons))


async def _forwarded(ctx: Ctx, control: DemoControl, by: timedelta) -> Reply:
    before = await ctx.portfolio()
    until = moment(control.now() + by, ctx.zone)

    def onward(at: datetime) -> bool:
        ctx.draft.say(Text(f"On the way to {until}: it is {moment(at, ctx.zone)}."))
        return not ctx.draft.stopped

    at = await control.forward(by, onward)
    after = await ctx.portfolio(fresh=True)
    sheet = Sheet.of(after)
    stopped = "Stopped. " if ctx.draft.stopped else ""
    lead = f"{stopped}It is {moment(at, ctx.zone)} now; " + _difference(sheet, before, after)
    traded = sheet.count("trades on the way", len(_booked_since(ctx, before.at)))
    blocks: tuple[Block, ...] = (Text(lead, Tone.LEAD), Text(f"Trades on the way: {traded}."), as_of(after, ctx.zone))
    return Reply((*blocks, Buttons((Button("What happened", "/what-happened today"), Button("Journal", "/journal")))), facts=sheet.facts)


async def _shocked(ctx: Ctx, control: DemoControl, symbol: str, move: Decimal) -> Reply:
    before = await ctx.portfolio(extra=(symbol,))
    old = before.quotes.get(symbol)
    await control.shock(symbol, move)
    after = await ctx.portfolio(fresh=True, extra=(symbol,))
    new = after.quotes.get(symbol)
    sheet = Sheet.of(after)
    prices = ""
    if old is not None and new is not None:
        sheet.price(f"{symbol} last before", old.last, at=old.at)
        prices = f" from ${price_text(old.last)} to ${sheet.price(f'{symbol} last', new.last, at=new.at)}"
    moved = sheet.percent(f"{symbol} shock", move, "as typed")
    lead = f"{symbol} was moved by {moved}{prices}; " + _difference(sheet, before, after)
    buttons = Buttons((Button("What to do", "/what-to-do"), Button("Positions", "/positions")))
    return Reply((Text(lead, Tone.LEAD), *_reached(sheet, after, symbol), as_of(after, ctx.zone), buttons), facts=sheet.facts)


def _reached(sheet: Sheet, after: Portfolio, symbol: str) -> tuple[Text, ...]:
    """What the shock set off: the venue trades on whole minutes, so a stop that is reached has not sold yet."""
    order, quote = after.stop(symbol), after.quotes.get(symbol)
    if order is None or order.stop is None or quote is None or (order.stop - quote.last) * order.side.other.sign < 0:
        return ()
    at = sheet.price(f"{symbol} stop", order.stop)
    return (Text(f"Its stop at ${at} is reached and trades with the next full minute: `/demo forward 2m` goes there."),)


def _difference(sheet: Sheet, before: Portfolio, after: Portfolio) -> str:
    """What a move of the world did to the account."""
    change = after.equity - before.equity
    inputs = (("equity before", money_text(before.equity)), ("equity now", money_text(after.equity)))
    sheet.money("equity change", change, "equity now - equity before", inputs)
    equity = sheet.money("equity", after.equity, "cash + value of the positions")
    return f"your account is {moved_text(money_text(abs(change)), change)}, at {equity}."


def _booked_since(ctx: Ctx, at: datetime) -> Sequence[object]:
    return [e for e in ctx.floor.book.entries if e.at > at]


def _own(ctx: Ctx, sheet: Sheet, portfolio: Portfolio, parts: Sequence[Part]) -> tuple[tuple[str, str], ...]:
    """The rows every installation has, where the wiring gave none of that name."""
    given = {p.name.lower() for p in parts}
    given |= {"clock"} if "time" in given else set()
    own = (
        ("account", f"{portfolio.spec.name}, {portfolio.spec.mode.upper()}, broker {portfolio.spec.broker}"),
        ("data", f"{ctx.hub.source.name}{', simulated' if ctx.hub.simulated else ''}"),
        ("data age", _age(sheet, portfolio)),
        ("market", _session(ctx, portfolio.at)),
        ("model", "composed answers"),
        ("trading state", ctx.floor.guards.trading.now().upper()),
        ("kill switch", "pulled: trading is halted" if portfolio.halted else "not pulled"),
        ("clock", moment(portfolio.at, ctx.zone, seconds=True)),
        ("open orders", sheet.count("open orders", sum(1 for o in portfolio.orders if o.open))),
    )
    return tuple(row for row in own if row[0] not in given)


def _age(sheet: Sheet, portfolio: Portfolio) -> str:
    """How old the newest quote is, and which are stale."""
    if not portfolio.quotes:
        return "no quotes: quantities and cost only" if not portfolio.spec.priced else "no quotes yet"
    seconds = max(int((portfolio.at - max(q.at for q in portfolio.quotes.values())).total_seconds()), 0)
    sheet.add("age of the newest quote", Decimal(seconds), "seconds", "now - instant of the newest quote")
    stale = [s for s, q in portfolio.quotes.items() if q.freshness is Freshness.STALE]
    return f"newest quote {plural(seconds, 'second')} old" + (f"; stale: {', '.join(stale)}" if stale else "")


def _session(ctx: Ctx, at: datetime) -> str:
    session = calendar.session_at(at)
    if session is not None:
        return f"open until {moment(session.close, ctx.zone)}"
    day = calendar.session(at.astimezone(calendar.NEW_YORK).date())
    coming = day if day is not None and at < day.open else calendar.following(at.astimezone(calendar.NEW_YORK).date())
    return f"closed, opens {moment(coming.open, ctx.zone)}"
