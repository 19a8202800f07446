"""The consequence card: what a ticket would do, before anyone confirms it, as blocks for people and facts for machines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from decimal import Decimal

from commands import bracket
from domain.chat import Block, Button, Buttons, Code, KeyValues, Reply, ReplyKind, Table, Text, Tone, Verb
from domain.facts import Fact
from domain.instruments import Instrument
from domain.money import HUNDRED, money_text, percent_text, quantity_text
from domain.orders import OrderIntent, OrderType
from domain.portfolio import AccountSpec
from domain.tickets import CODE, Change, Finding, LegEstimate, Severity, Ticket

ROWS = 8
WIDTH = 34  # characters in a phone's monospaced block
GAP = 2
LEAST = 6
WEIGHT = " weight"
PARTS = (WEIGHT, " exposure")
CENTS_BELOW = Decimal(100_000)

_WORST_FIRST = {Severity.BLOCKING: 0, Severity.WARNING: 1, Severity.INFO: 2}
_TONES = {Severity.BLOCKING: Tone.BAD, Severity.WARNING: Tone.WARNING, Severity.INFO: Tone.QUIET}
_MARKS = {Severity.BLOCKING: "Not possible: ", Severity.WARNING: "Careful: ", Severity.INFO: ""}


@dataclass(frozen=True, slots=True)
class Frame:
    """What a card needs besides its ticket: the account, the reader's zone, when it is shown, and whether it can be confirmed."""

    spec: AccountSpec
    now: datetime
    zone: tzinfo = UTC
    instruments: Mapping[str, Instrument] = field(default_factory=dict)
    confirmable: bool = True
    simulated: bool = False

    def unit(self, symbol: str) -> str:
        """What a quantity of a symbol is counted in."""
        instrument = self.instruments.get(symbol)
        return instrument.unit if instrument else "shares"

    def moment(self, at: datetime) -> str:
        """A time of day in the reader's zone, with the zone's name."""
        return f"{at.astimezone(self.zone):%H:%M:%S %Z}"


def card(ticket: Ticket, frame: Frame, *, notes: Sequence[str] = (), moved: str = "") -> Reply:
    """The card of a proposed or denied ticket: line, estimate, before → after, findings, venue and mode, then the buttons.

    `moved` says what changed against the card this one replaces; `notes` are the planner's. A denied ticket, and one shown where nothing
    can be confirmed, carries no button. Every figure shown is in `facts`.
    """
    blocks: list[Block] = [_title(ticket)]
    if moved:
        blocks.append(Text(moved, Tone.WARNING))
    if not ticket.open:
        blocks += _findings(ticket.findings)
    blocks += _estimate(ticket, frame)
    if ticket.consequence.changes:
        blocks += _changes(ticket.consequence.changes, frame)
    if ticket.consequence.orphans:
        blocks.append(Text("\n".join(["Left without a position:", *ticket.consequence.orphans]), Tone.WARNING))
    if ticket.open:
        blocks += _findings(ticket.findings)
    blocks += [Text(note, Tone.QUIET) for note in notes]
    blocks.append(Text(venue(ticket, frame)))
    blocks += _ending(ticket, frame)
    return Reply(tuple(blocks), kind=ReplyKind.TICKET, command=ticket.verb, facts=facts(ticket, frame), ticket=ticket)


def venue(ticket: Ticket, frame: Frame) -> str:
    """Where it would trade and whose money it is, the mode in capitals; simulated prices are said to be."""
    simulated = " · SIMULATED MARKET" if frame.simulated or any(q.simulated for q in ticket.quotes) else ""
    return f"{frame.spec.mode.value.upper()} · account {frame.spec.name} · {frame.spec.broker} broker{simulated}"


def facts(ticket: Ticket, frame: Frame) -> tuple[Fact, ...]:
    """Every figure of the card: per leg quantity, price, value, fees and realised P/L; then each change, before and after."""
    found: list[Fact] = []
    currency = frame.spec.currency
    for leg in ticket.consequence.legs:
        at = leg.quote_at or ticket.created
        rows = (
            ("quantity", "Quantity", leg.quantity, frame.unit(leg.symbol), ""),
            ("price", "Estimated price", leg.price, currency, f"the {leg.basis}" if leg.basis else ""),
            ("value", "Estimated value", leg.value, currency, "quantity × price"),
            ("fee", "Estimated fees", leg.fee, currency, "the account's commission model"),
            ("realised", _result(ticket), leg.realised, currency, "quantity × (price − average price) − fees"),
        )
        found += [
            Fact(f"leg{leg.leg}.{key}", f"{label} {leg.symbol}", value, unit, at, formula=formula, source=_source(ticket, leg.symbol))
            for key, label, value, unit, formula in rows
            if value is not None
        ]
    for number, change in enumerate(ticket.consequence.changes, start=1):
        for when, value in (("before", change.before), ("after", change.after)):
            found.append(
                Fact(
                    f"change{number}.{when}",
                    f"{change.label} {when}",
                    value,
                    change.unit,
                    ticket.created,
                    source="the portfolio's snapshot",
                )
            )
    return (*found, *bracket.facts(ticket, currency))


def figure(value: Decimal, unit: str, currency: str = "USD") -> str:
    """A figure as the card writes it: money with two decimals (whole from 100,000), percent with two, other units spelled out."""
    if unit == "%":
        return percent_text(value / HUNDRED, sign=False)
    if unit == currency or unit in ("USD", "EUR", "GBP"):
        if abs(value) < CENTS_BELOW:
            return money_text(value, unit)
        return money_text(value.quantize(Decimal(1)), unit).replace(".00", "")
    return f"{quantity_text(value)} {unit}".strip()


def _title(ticket: Ticket) -> Text:
    return Text(ticket.line, Tone.LEAD) if ticket.open else Text(f"Denied: {ticket.line}", Tone.LEAD)


def _source(ticket: Ticket, symbol: str) -> str:
    quote = next((q for q in ticket.quotes if q.symbol == symbol), None)
    return f"{quote.source} quote" if quote else ""


def _estimate(ticket: Ticket, frame: Frame) -> list[Block]:
    legs = ticket.consequence.legs
    result = _result(ticket)
    exits = bracket.rows(ticket, frame.spec.currency)
    if len(legs) == 1 or exits:
        return [KeyValues((*_leg_rows(legs[0], frame, result), *exits)), *bracket.note(ticket)]
    traded = [leg for leg in legs if leg.side is not None]
    plain = [leg for leg in legs if leg.side is None]
    blocks: list[Block] = []
    if traded:
        blocks.append(_orders(traded[:ROWS], frame))
    if len(traded) > ROWS:
        blocks.append(Text(f"… and {len(traded) - ROWS} more.", Tone.QUIET))
    if plain:
        more = [f"… and {len(plain) - ROWS} more."] if len(plain) > ROWS else []
        blocks.append(Text("\n".join([leg.sentence for leg in plain[:ROWS]] + more)))
    totals = _totals(legs, frame, result)
    return [*blocks, KeyValues(totals)] if totals else blocks


def _result(ticket: Ticket) -> str:
    """What the P/L of the legs is called: realised now, or only if orders that wait for a price fill."""
    waits = any(isinstance(i, OrderIntent) and i.type is not OrderType.MARKET for i in ticket.intents)
    return "P/L if filled" if waits else "P/L realised"


def _orders(legs: Sequence[LegEstimate], frame: Frame) -> Table:
    """Orders as rows that fit a phone: where all have one side it is the heading, and money is without its sign."""
    sides = {leg.side for leg in legs}
    one = next(iter(sides)) if len(sides) == 1 else None
    rows = tuple(
        (
            leg.symbol if one else f"{leg.side} {leg.symbol}",
            quantity_text(leg.quantity) if leg.quantity is not None else "",
            _bare(leg.price) if leg.price is not None else "",
            _bare(leg.realised, sign=True) if leg.realised is not None else "",
        )
        for leg in legs
    )
    mark = "$" if frame.spec.currency == "USD" else frame.spec.currency
    return Table((one.value.capitalize() if one else "Order", "Qty", f"Price {mark}", f"P/L {mark}"), rows, numeric=(1, 2, 3))


def _bare(amount: Decimal, *, sign: bool = False) -> str:
    whole = abs(amount) >= CENTS_BELOW
    text = money_text(amount.quantize(Decimal(1)) if whole else amount, "", sign=sign).strip()
    return text.removesuffix(".00") if whole else text


def _leg_rows(leg: LegEstimate, frame: Frame, result: str) -> tuple[tuple[str, str], ...]:
    currency = frame.spec.currency
    rows: list[tuple[str, str]] = [("What", leg.sentence)]
    if leg.side is not None:
        rows.append(("Side", leg.side.value))
    if leg.quantity is not None:
        rows.append(("Quantity", _counted(leg.quantity, frame.unit(leg.symbol))))
    if leg.price is not None:
        rows.append(("Est. price", f"{money_text(leg.price, currency)}{_basis(leg, frame)}"))
    if leg.value is not None:
        rows.append(("Est. value", money_text(leg.value, currency)))
    if leg.fee is not None:
        rows.append(("Est. fees", money_text(leg.fee, currency)))
    if leg.realised is not None:
        rows.append((result, money_text(leg.realised, currency, sign=True)))
    return tuple(rows)


def _basis(leg: LegEstimate, frame: Frame) -> str:
    """Which price was taken and how old its quote is."""
    parts = [leg.basis] if leg.basis else []
    if leg.quote_at is not None:
        parts.append(f"quote {age(leg.quote_at, frame.now)}")
    return f" ({', '.join(parts)})" if parts else ""


def _counted(quantity: Decimal, unit: str) -> str:
    return f"{quantity_text(quantity)} {'share' if unit == 'shares' and quantity == 1 else unit}"


def age(at: datetime, now: datetime) -> str:
    """How old a quote is, in the largest whole unit: `2 s old`, `3 min old`, `16 h old`, `4 days old`."""
    seconds = max(int((now - at).total_seconds()), 0)
    if seconds < 120:
        return f"{seconds} s old"
    if seconds < 7200:
        return f"{seconds // 60} min old"
    if seconds < 172_800:
        return f"{seconds // 3600} h old"
    return f"{seconds // 86_400} days old"


def _totals(legs: Sequence[LegEstimate], frame: Frame, result: str) -> tuple[tuple[str, str], ...]:
    currency = frame.spec.currency
    rows = (
        ("Total value", [leg.value for leg in legs if leg.value is not None], False),
        ("Total fees", [leg.fee for leg in legs if leg.fee is not None], False),
        (f"Total {result}", [leg.realised for leg in legs if leg.realised is not None], True),
    )
    return tuple((label, money_text(sum(values, Decimal(0)), currency, sign=sign)) for label, values, sign in rows if values)


def _changes(changes: Sequence[Change], frame: Frame) -> list[Block]:
    """The table before → after, at most eight rows: the account's own figures always, of weights and sectors the first ones."""
    currency = frame.spec.currency
    parts = [c for c in changes if c.label.endswith(PARTS) and c.unit == "%"]
    kept = set(map(id, [*[c for c in changes if c not in parts], *parts][:ROWS]))
    shown = [c for c in changes if id(c) in kept]
    one = sum(c.label.endswith(WEIGHT) for c in changes) == 1
    figures = [(figure(c.before, c.unit, currency), figure(c.after, c.unit, currency)) for c in shown]
    room = WIDTH - 2 * GAP - max(len(f[0]) for f in figures) - max(len(f[1]) for f in figures)
    labels = ["Weight" if one and c.label.endswith(WEIGHT) else _short(c.label, max(room, LEAST)) for c in shown]
    rows = tuple((label, *pair) for label, pair in zip(labels, figures, strict=True))
    blocks: list[Block] = [Table(("", "Before", "After"), rows, numeric=(1, 2), title="Before → after")]
    if len(shown) < len(changes):
        blocks.append(Text(f"… and {len(changes) - len(shown)} more weights and sectors.", Tone.QUIET))
    return blocks


def _short(label: str, room: int) -> str:
    """A change's label as short as it must be: `AAPL weight` is `AAPL`, `Consumer Staples exposure` may become `Cons. Stap`."""
    short = label.removesuffix(WEIGHT).removesuffix(" exposure").removeprefix("1-day ")
    if len(short) <= room:
        return short
    first, _, rest = short.partition(" ")
    first = first if len(first) <= 5 or not rest else f"{first[:4]}."
    return f"{first} {rest}"[:room].rstrip()


def _findings(findings: Sequence[Finding]) -> list[Block]:
    ordered = sorted(findings, key=lambda f: _WORST_FIRST[f.severity])
    return [Text(f"{_MARKS[f.severity]}{f.sentence} [{f.code}]", _TONES[f.severity]) for f in ordered]


def _ending(ticket: Ticket, frame: Frame) -> list[Block]:
    if not ticket.open:
        return [Text("Nothing was sent.", Tone.QUIET)]
    if not frame.confirmable:
        return [
            Text(
                "This only shows what would happen; nothing can be confirmed here. To act, type the line in `foliopilot chat`.", Tone.QUIET
            )
        ]
    blocks: list[Block] = []
    if ticket.word == CODE:
        blocks += [Text("Besides the tap this asks for the six digits your authenticator shows:", Tone.WARNING)]
        blocks += [Code(f"confirm {ticket.id} 123456")]
    elif ticket.word:
        why = "this allows trading again" if ticket.verb == Verb.RESUME else "it is this much at once"
        blocks += [Text(f"Because {why}, type the word {ticket.word} with it:", Tone.WARNING)]
        blocks += [Code(f"confirm {ticket.id} {ticket.word}")]
    seconds = int((ticket.expires - frame.now).total_seconds())
    blocks.append(Text(f"Card {ticket.id}. Expires in {max(seconds, 0)} s, at {frame.moment(ticket.expires)}.", Tone.QUIET))
    confirm = Button("Confirm", f"confirm:{ticket.id}:{ticket.digest()}")
    return [*blocks, Buttons((confirm, Button("Cancel", f"cancel:{ticket.id}")))]
