"""What is said about watched positions: stops and exits, quotes, moves, news, earnings. The answer first, then what can be done."""

from __future__ import annotations

from datetime import tzinfo
from decimal import Decimal

from commands.slash.sheet import day_text, moment, named
from copilot.quoting import quote
from domain import events
from domain.chat import Block, Button, Buttons, Reply, Text, Tone
from domain.exits import ExitKind
from domain.facts import Fact
from domain.money import ONE, money_text, percent_text, plain, quantity_text

LONGEST_HEADLINE = 160
STOP = "5%"

_FIRED = {
    ExitKind.STOP: "stop",
    ExitKind.TRAILING: "trailing stop",
    ExitKind.TARGET: "target",
    ExitKind.TIME: "time exit",
    ExitKind.BREAK_EVEN: "break-even move",
}
_REPORTS = {0: "today", 1: "tomorrow"}
_SESSIONS = {"before": ", before the open", "after": ", after the close"}


def stop_moved(event: events.StopMoved) -> Reply:
    """A stop tightened, or was armed."""
    symbol, to = event.symbol, money_text(event.becomes)
    lead = f"{symbol}'s stop is armed at {to}." if event.was is None else f"{symbol}'s stop moved from {money_text(event.was)} to {to}."
    facts = (_fact(event, f"{symbol} stop", event.becomes, "USD", f"exit {event.stop}"),)
    return _reply(lead, facts, _why(event.why), Buttons((Button("Stops", "/stops"),)))


def exit_triggered(event: events.ExitTriggered) -> Reply:
    """An exit the core holds has fired; a gap through its level is told with its size."""
    symbol, what = event.symbol, "ladder rung" if is_rung(event) else _FIRED[event.kind]
    level = f" at {money_text(event.level)}" if event.level is not None else ""
    if event.price is None:
        lead = f"{symbol}'s {what}{level} fired."
    elif event.gap:
        lead = f"{symbol}'s {what}{level} fired on a gap: the market was at {money_text(event.price)}, {money_text(event.gap)} beyond it."
    else:
        lead = f"{symbol}'s {what}{level} fired: the market was at {money_text(event.price)}."
    if event.kind is ExitKind.BREAK_EVEN:
        done = "The stop of the position moves to the price paid"
    else:
        done = (
            f"{percent_text(event.share, sign=False, places=0)} of it is closed at the market"
            if event.share != ONE
            else "It is closed at the market"
        )
    then = (
        f"{done} (card {event.ticket})."
        if event.released
        else f"No mandate covers it, so nothing was sent: card {event.ticket} waits for you."
    )
    facts = [
        _fact(event, f"{symbol} {name}", value, "USD", f"exit {event.exit}")
        for name, value in (("level", event.level), ("price", event.price))
        if value is not None
    ]
    if event.gap:
        facts.append(_fact(event, f"{symbol} gap", event.gap, "USD", f"exit {event.exit}"))
    return _reply(
        lead, tuple(facts), Text(then), Buttons((Button("Orders", "/orders"), Button("Mandates", "/mandates"))), thread=event.ticket
    )


def is_rung(event: events.ExitTriggered) -> bool:
    """True for a target that closes only a part of its position."""
    return event.kind is ExitKind.TARGET and event.share < ONE


def stop_failed(event: events.StopFailed, zone: tzinfo) -> Reply:
    """A position is without the stop it should have."""
    symbol, quantity = event.symbol, quantity_text(abs(event.quantity))
    lead = f"{symbol} is without its stop since {moment(event.since, zone)}: {quantity} unprotected."
    what = f"Put a stop back: `#{symbol} stop {STOP}`. Or get out: `#{symbol} close`."
    facts = (_fact(event, f"{symbol} unprotected", abs(event.quantity), "shares", "the core's watch on stops"),)
    return _reply(lead, facts, _why(event.reason), Text(what), _choices(symbol, stop=True, keep=f"stop-failed:{symbol}"), tone=Tone.BAD)


def stop_restored(event: events.StopRestored) -> Reply:
    """A position is protected again."""
    return _reply(f"{event.symbol} has its stop again.", (), Buttons((Button("Stops", "/stops"),)))


def quote_doubted(event: events.QuoteDoubted) -> Reply:
    """A quote that would have fired a stop was not believed."""
    symbol, price, level = event.symbol, money_text(event.price), money_text(event.level)
    lead = f"A quote of {symbol} at {price} was not believed: its stop at {level} did not fire."
    what = f"It fires with the next quote that can be believed. To get out now: `#{symbol} close`."
    facts = tuple(
        _fact(event, f"{symbol} {n}", v, "USD", "the quote judge") for n, v in (("doubted price", event.price), ("stop", event.level))
    )
    return _reply(lead, facts, _why(event.reason), Text(what), _choices(symbol, keep=f"quote-doubted:{symbol}"), tone=Tone.WARNING)


def quotes_stale(event: events.QuotesWentStale, zone: tzinfo) -> Reply:
    """No usable quotes while the market is open."""
    lead = f"No usable quote of {named(event.symbols)} since {moment(event.since, zone)}."
    what = "Stops at the broker work on; those that are watched here wait for a quote."
    return _reply(lead, (), Text(what), Buttons((Button("Stops", "/stops"), Button("Status", "/status"))), tone=Tone.WARNING)


def quotes_back(event: events.QuotesCameBack, zone: tzinfo) -> Reply:
    """Quotes are usable again."""
    lead = f"Quotes of {named(event.symbols)} are back; they were missing since {moment(event.since, zone)}."
    return _reply(lead, (), Buttons((Button("Positions", "/positions"),)))


def position_moved(event: events.PositionMoved) -> Reply:
    """A held instrument did something worth a look."""
    symbol, price, over = event.symbol, money_text(event.price), event.over
    size = percent_text(abs(event.value), sign=False)
    match event.what:
        case "drawdown":
            lead = f"{symbol} went {size} against you {over}, to {price}."
        case "spike":
            lead = f"{symbol} moved by {percent_text(event.value)} {over}, to {price}."
        case "gap":
            lead = f"{symbol} gapped by {percent_text(event.value)} {over}, it is at {price}."
        case "volume":
            lead = f"{symbol} trades {plain(event.value.quantize(Decimal('0.1')))} times its usual volume ({over}), at {price}."
        case other:
            lead = f"{symbol}: {other} of {plain(event.value)} ({over}), at {price}."
    unit, value = ("count", event.value) if event.what == "volume" else ("%", event.value * 100)
    facts = (
        _fact(event, f"{symbol} {event.what}", value, unit, "quotes and bars"),
        _fact(event, f"{symbol} price", event.price, "USD", "quotes"),
    )
    what = Text(f"Protect it: `#{symbol} stop {STOP}`. Take half off: `#{symbol} close 50%`.")
    tone = Tone.LEAD if event.what == "volume" else Tone.WARNING
    return _reply(lead, facts, what, _choices(symbol, stop=True, keep=f"{event.what}:{symbol}", news=True), tone=tone)


def news_touched(event: events.NewsTouched) -> Reply:
    """A headline concerns a position; its words are somebody else's and are shown as a quotation without links."""
    neutral = abs(event.tone) <= Decimal("0.2")
    tone = "is neutral in tone" if neutral else "sounds good" if event.tone > 0 else "sounds bad"
    symbol = event.symbol
    facts = (_fact(event, f"{symbol} tone", event.tone, "score", f"news {event.news}"),)
    said = Text(
        f"The headline {tone} ({quantity_text(event.tone.quantize(Decimal('0.01')))} of −1 to 1); it is somebody else's word.", Tone.QUIET
    )
    act = () if neutral else (Button("Stop 5%", f"#{symbol} stop {STOP}"), Button("Close now", f"#{symbol} close"))
    buttons = Buttons((Button("News", f"/news {symbol}"), *act))
    return _reply(f"{symbol} is in the news: “{quoted(event.headline)}”.", facts, said, buttons)


def quoted(headline: str) -> str:
    """Text from outside as it may be shown: one line, without links, mentions or hidden characters, at most 160 characters."""
    return quote(headline, LONGEST_HEADLINE).rstrip(".")


def earnings_neared(event: events.EarningsNeared, zone: tzinfo) -> Reply:
    """A held company reports soon."""
    days = (event.when.astimezone(zone).date() - event.at.astimezone(zone).date()).days
    when = _REPORTS.get(days, f"in {days} days")
    lead = f"{event.symbol} reports {when}, {day_text(event.when, zone)}{_SESSIONS.get(event.session, '')}."
    what = Text(f"A stop does not help against the gap that may follow. To hold less of it: `#{event.symbol} close 50%`.")
    buttons = Buttons((Button("Half off", f"#{event.symbol} close 50%"), Button("Close now", f"#{event.symbol} close")))
    return _reply(lead, (), what, buttons)


def _choices(symbol: str, *, keep: str, stop: bool = False, news: bool = False) -> Buttons:
    """Close it, protect it, or keep it as it is."""
    found = [Button("Close now", f"#{symbol} close")]
    if stop:
        found.append(Button("Stop 5%", f"#{symbol} stop {STOP}"))
    if news:
        found.append(Button("News", f"/news {symbol}"))
    return Buttons((*found, Button("Keep", f"/alerts keep {keep}")))


def _why(text: str) -> Block | None:
    cut = text.strip()
    return Text(f"Why: {cut[:1].lower() + cut[1:] if cut[1:2].islower() else cut}".rstrip(".") + ".", Tone.QUIET) if cut else None


def _fact(event: events.Event, label: str, value: Decimal, unit: str, source: str) -> Fact:
    return Fact(label.lower().replace(" ", "."), label, value, unit, event.at, source=source)


def _reply(lead: str, facts: tuple[Fact, ...], *blocks: Block | None, tone: Tone = Tone.LEAD, thread: str | None = None) -> Reply:
    return Reply((Text(lead, tone), *(b for b in blocks if b is not None)), facts=facts, thread=thread)
