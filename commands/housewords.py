"""What is said about the house itself: limits and the breaker, mandates and proposals, the broker, the books, and when it was away."""

from __future__ import annotations

from datetime import tzinfo
from decimal import Decimal

from commands.followups import reason_sentence
from commands.slash.sheet import moment, plural, who_text
from domain import events
from domain.chat import Block, Button, Buttons, Code, Reply, Text, Tone
from domain.facts import Fact
from domain.money import HUNDRED, ONE, money_text, percent_text, plain

MOST_MISSED = 8
MOST_BUTTONS = 3

_FOUND = {
    "fill": "the broker filled an order of yours that this book did not have: {about}",
    "orphan": "an order at the broker that this book does not know: {about}",
    "foreign": "a position at the broker that was not traded here: {about}",
    "missing": "a position of this book that the broker does not have: {about}",
    "split": "a split: {about}",
    "cash": "cash: {about}",
    "order": "an order: {about}",
}


_LOSSES = {"daily_loss": "today's loss", "drawdown": "the account's fall from its peak"}
_LEVELS = _LOSSES | {"gross_exposure": "gross exposure", "net_exposure": "net exposure"}


def limit_neared(event: events.LimitNeared) -> Reply:
    """A limit of the account is near, or crossed."""
    value, limit = _measure(event.value, event.unit), _measure(event.limit, event.unit)
    state = f"over its limit of {limit}" if event.crossed else f"near its limit of {limit}"
    what = _LEVELS.get(event.code, "{about}").format(about=event.about)
    unit, scale = ("%", HUNDRED) if event.unit == events.FRACTION else (event.unit, ONE)
    facts = (
        _fact(event, event.about, event.value * scale, unit, event.code),
        _fact(event, f"{event.about} limit", event.limit * scale, unit, event.code),
    )
    then = "Opening more of it is refused; closing always works." if event.crossed else "Nothing is refused yet."
    if event.code in _LOSSES:
        then = "At the limit the breaker stops opening; closing and stops work on."
    buttons = Buttons((Button("Exposure", "/exposure"), Button("Limits", "/risk-limits"), Button("Positions", "/positions")))
    lead = f"{_capital(what)} is at {value}, {state}."
    return _reply(lead, facts, Text(f"{then} Rule {event.code}.", Tone.QUIET), buttons, tone=Tone.WARNING)


def breaker_tripped(event: events.BreakerTripped, zone: tzinfo) -> Reply:
    """The loss breaker stopped opening."""
    value, limit = percent_text(abs(event.value), sign=False), percent_text(abs(event.limit), sign=False)
    lead = f"The breaker tripped: {event.code.replace('_', ' ')} is at {value}, the limit is {limit}."
    then = f"Only closing and reducing go on until {moment(event.until, zone)}, or until an owner resets it. Stops work on."
    facts = (
        _fact(event, "loss", abs(event.value) * HUNDRED, "%", event.code),
        _fact(event, "loss limit", abs(event.limit) * HUNDRED, "%", event.code),
    )
    buttons = Buttons((Button("Breaker", "/breaker"), Button("Positions", "/positions"), Button("Cancel all", "#cancel-all")))
    return _reply(lead, facts, Text(then), buttons, tone=Tone.BAD)


def breaker_reset(event: events.BreakerReset) -> Reply:
    """Opening is allowed again."""
    why = "the cool-down is over" if event.who == "breaker" else f"reset by {who_text(event.who)}"
    return _reply(f"Opening is allowed again: {why}.", (), Buttons((Button("Breaker", "/breaker"),)))


def automation_changed(event: events.AutomationChanged) -> Reply:
    """Manual-only mode was switched."""
    lead = f"Automation may act again (switched on by {who_text(event.who)})."
    then = "It acts within the mandates you signed."
    if not event.allowed:
        lead = f"Automation is switched off (by {who_text(event.who)}): nothing acts by itself, it only proposes."
        then = "Stops that rest at the broker work on."
    return _reply(lead, (), Text(then), Buttons((Button("Automation", "/automation"), Button("Mandates", "/mandates"))), tone=Tone.WARNING)


def limit_changed(event: events.LimitChanged) -> Reply:
    """An owner changed a risk limit."""
    lead = f"The limit {event.name} is {event.becomes} now; it was {event.was or 'not set'}."
    return _reply(lead, (), Text(f"Changed by {who_text(event.who)}.", Tone.QUIET), Buttons((Button("Limits", "/risk-limits"),)))


def mandate_signed(event: events.MandateSigned, zone: tzinfo) -> Reply:
    """A person signed limits within which automation acts."""
    lead = f"Mandate {event.mandate} is signed by {who_text(event.who)} until {moment(event.expires, zone)}."
    then = f"It allows: {event.what.rstrip('.')}. Everything it does is told."
    return _reply(lead, (), Text(then), Buttons((Button("Mandates", "/mandates"),)))


def mandate_ended(event: events.MandateEnded) -> Reply:
    """A mandate was revoked or has expired."""
    by = f" by {who_text(event.who)}" if event.who else ""
    lead = f"Mandate {event.mandate} is over: {event.reason.rstrip('.') or 'it ended'}{by}."
    then = f"It allowed: {event.what.rstrip('.')}. From now on that is only proposed."
    return _reply(lead, (), Text(then), Buttons((Button("Mandates", "/mandates"),)), tone=Tone.WARNING)


def proposed(event: events.ActionProposed, zone: tzinfo) -> Reply:
    """A card that automation drew up and a person has to answer."""
    lead = f"A card waits for you until {moment(event.expires, zone)}: {event.line}."
    buttons = Buttons((Button("Confirm", f"confirm:{event.ticket}:{event.digest}"), Button("Cancel", f"cancel:{event.ticket}")))
    why = Text(f"Why: {event.why.rstrip('.')}. No mandate covers it, so nothing is sent before you confirm.")
    return _reply(lead, (), why, Code(event.line), buttons, tone=Tone.WARNING, thread=event.ticket)


def reconciled(event: events.ReconciliationFound) -> Reply:
    """Book and broker differed."""
    what = _FOUND.get(event.what, "{about}").format(about=event.about)
    done = reason_sentence(event.done or "nothing was changed")
    detail = Text(f"Here: {event.book or 'nothing'}. At the broker: {event.broker or 'nothing'}. {done}")
    buttons = Buttons((Button("Positions", "/positions"), Button("Orders", "/orders"), Button("Journal", "/journal")))
    return _reply(f"Book and broker differed, {what}.", (), detail, buttons, tone=Tone.WARNING)


def broker_down(event: events.BrokerDown, zone: tzinfo) -> Reply:
    """The broker does not answer."""
    if event.positions:
        lead = f"The broker does not answer since {moment(event.since, zone)}, with {plural(event.positions, 'position')} open."
        then = "Stops that rest there should work on; what is watched here cannot act until it answers. It is tried all the time."
    else:
        lead = f"The broker does not answer since {moment(event.since, zone)}; no position is open."
        then = "Nothing can be sent until it answers. It is tried all the time."
    reason = Text(f"What it said: {event.reason.rstrip('.')}.", Tone.QUIET) if event.reason else None
    buttons = Buttons((Button("Status", "/status"), Button("Stops", "/stops")))
    return _reply(lead, (), Text(then), reason, buttons, tone=Tone.BAD if event.positions else Tone.WARNING)


def broker_up(event: events.BrokerUp, zone: tzinfo) -> Reply:
    """The broker answers again."""
    lead = f"The broker answers again; it was silent since {moment(event.since, zone)}."
    buttons = Buttons((Button("Positions", "/positions"), Button("Orders", "/orders")))
    return _reply(lead, (), Text("The books were compared."), buttons)


def was_away(event: events.WasAway, zone: tzinfo) -> Reply:
    """The program saw nothing for a while: from when to when, what fell into it, and what was done."""
    span = f"from {moment(event.since, zone)} to {moment(event.at, zone)}"
    if not event.missed:
        then = Text("Nothing that is watched here would have acted meanwhile.")
        return _reply(f"I was away {span} and missed nothing.", (), then, Buttons((Button("Status", "/status"),)))
    lead = f"I was away {span}; {plural(len(event.missed), 'thing')} would have happened."
    told = [Text(_missed(m, zone)) for m in event.missed[:MOST_MISSED]]
    if len(event.missed) > MOST_MISSED:
        told.append(Text(f"And {len(event.missed) - MOST_MISSED} more: `/journal 50`", Tone.QUIET))
    facts = tuple(
        _fact(event, f"{m.symbol} {m.what} {name}", value, "USD", "bars of the blind interval")
        for m in event.missed
        for name, value in (("level", m.level), ("price", m.price))
    )
    symbols = tuple(dict.fromkeys(m.symbol for m in event.missed))[:MOST_BUTTONS]
    closing = tuple(Button("Close now" if len(symbols) == 1 else f"Close {s}", f"#{s} close") for s in symbols)
    keep = Button("Keep", f"/alerts keep was-away:{symbols[0] if len(symbols) == 1 else 'all'}")
    return _reply(lead, tuple({f.label: f for f in facts}.values()), *told, Buttons((*closing, keep)), tone=Tone.BAD)


def _measure(value: Decimal, unit: str) -> str:
    """A limit's figure in its unit: a percentage, a number, or money."""
    if unit == events.FRACTION:
        return percent_text(value, sign=False)
    return plain(value) if unit == events.COUNT else money_text(value, unit)


def _missed(missed: events.Missed, zone: tzinfo) -> str:
    what = f"{missed.symbol}: {missed.what} at {money_text(missed.level)} would have fired at {money_text(missed.price)}"
    return f"{what}, {moment(missed.when, zone)}. {reason_sentence(missed.done or 'nothing was done')}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _fact(event: events.Event, label: str, value: Decimal, unit: str, source: str) -> Fact:
    return Fact(label.lower().replace(" ", "."), label, value, unit, event.at, source=source)


def _reply(lead: str, facts: tuple[Fact, ...], *blocks: Block | None, tone: Tone = Tone.LEAD, thread: str | None = None) -> Reply:
    return Reply((Text(lead, tone), *(b for b in blocks if b is not None)), facts=facts, thread=thread)
