"""Mandates: the limits a person signs once, within which stops, targets and schedules act without asking again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from commands.context import Ctx
from commands.proposal import draw
from commands.registry import Rest, command
from commands.slash.sheet import moment, named, plural, short_moment, who_text, zone_name
from domain.chat import Access, Block, Button, Buttons, Code, KeyValues, Reply, Text, Tone
from domain.errors import BadArgument
from domain.mandates import Mandate, Scope
from domain.money import money_text, plain
from domain.orders import MandateIntent
from trading.guards.mandates import scopes_text

EXAMPLE = "/mandate stops,targets 30d"
EXAMPLES = (EXAMPLE, "/mandate stops 7d AAPL,MSFT max 5000 day 20000 orders 10", "/mandate revoke k3x9")
LONGEST = timedelta(days=365)
SHORTEST = timedelta(hours=1)
MOST_ORDERS = 1000
_SPAN = re.compile(r"([1-9]\d{0,3})(h|d|w)", re.ASCII)
_HOURS = {"h": 1, "d": 24, "w": 168}
_MONEY = re.compile(r"\$?(\d{1,9}(?:\.\d{1,2})?)", re.ASCII)
_COUNT = re.compile(r"[1-9]\d{0,3}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a `/mandate` line asks for; `line` is its canonical spelling."""

    scopes: tuple[Scope, ...]
    span: str
    symbols: tuple[str, ...] = ()
    per_order: Decimal | None = None
    per_day: Decimal | None = None
    orders: int | None = None
    opens: bool = False

    @property
    def life(self) -> timedelta:
        """How long it is in force."""
        return timedelta(hours=int(self.span[:-1]) * _HOURS[self.span[-1]])

    @property
    def line(self) -> str:
        """The line that asks for this again."""
        parts = [
            ",".join(s.value for s in self.scopes),
            self.span,
            ",".join(self.symbols),
            f"max {plain(self.per_order)}" if self.per_order is not None else "",
            f"day {plain(self.per_day)}" if self.per_day is not None else "",
            f"orders {self.orders}" if self.orders is not None else "",
            "open" if self.opens else "",
        ]
        return f"/mandate {' '.join(p for p in parts if p)}"


@command("Safety", examples=("/mandates",))
async def mandates(ctx: Ctx) -> Reply:
    """What you signed for automation: each mandate, its limits, how much of them is used today and until when it holds."""
    desk = ctx.floor.guards.mandates
    found = await desk.active()
    signed = plural(len(held), "exit") if (held := ctx.floor.monitor.exits.all()) else ""
    beyond = f"beyond {signed} you confirmed, automation" if signed else "automation"
    lead = Text(f"{plural(len(found), 'mandate')} in force." if found else f"No mandate is in force: {beyond} only proposes.", Tone.LEAD)
    blocks: list[Block] = [lead]
    if not ctx.floor.guards.automation.allowed:
        blocks.append(Text("Manual-only mode: nothing automated acts at all until `/automation on`.", Tone.WARNING))
    for mandate in found:
        orders, money = await desk.used(mandate)
        rows = [
            ("May", f"{_reach(mandate)}, {_where(mandate)}"),
            *(("Each order", money_text(v, ctx.spec.currency)) for v in [mandate.per_order] if v is not None),
            *(("A day", f"{money} of {money_text(v, ctx.spec.currency)}") for v in [mandate.per_day] if v is not None),
            ("Orders today", f"{orders} of {mandate.orders_a_day}"),
            ("Until", short_moment(mandate.expires, ctx.zone)),
            ("Signed by", who_text(mandate.signed_by)),
        ]
        blocks += [KeyValues(tuple(rows), title=f"{mandate.id}: {scopes_text(mandate)}"), Code(f"/mandate revoke {mandate.id}")]
    note = "An exit you confirmed is signed on its own card and listed by `/exits`."
    blocks.append(Text(f"{note} Times of {zone_name(ctx.zone)}." if found else f"{note} To sign one: `{EXAMPLE}`", Tone.QUIET))
    revoke = tuple(Button(f"Revoke {m.id}", f"/mandate revoke {m.id}") for m in found[:2])
    return Reply((*blocks, Buttons((*revoke, Button("Automation", "/automation")))))


@command("Safety", access=Access.ADMIN, examples=EXAMPLES)
async def mandate(ctx: Ctx, what: Rest | None = None) -> Reply:
    """Sign limits within which automation may act without asking: a card for an owner; `revoke ID` ends one at once."""
    words = (what or "").split()
    if not words:
        return await mandates(ctx)
    if words[0].lower() == "revoke":
        return await _revoke(ctx, words[1:])
    wanted = read(ctx, words)
    until = ctx.clock.now() + wanted.life
    made = Mandate(
        id=ctx.floor.ids.new(),
        account=ctx.account,
        scopes=wanted.scopes,
        ticket="",
        signed_by=ctx.origin.who,
        signed=ctx.clock.now(),
        expires=until,
        reduce_only=not wanted.opens,
        symbols=wanted.symbols,
        per_order=wanted.per_order,
        per_day=wanted.per_day,
        orders_a_day=wanted.orders or 20,
    )
    sentence = _sentence(ctx, made, until)
    notes = ["Risk limits, the breaker and the emergency stop go before it; `/automation off` suspends it.", "End it with `/mandates`."]
    if wanted.opens:
        notes.insert(0, "`open` lets it buy and sell short where the account may, not only reduce what you hold.")
    return await draw(ctx, line=wanted.line, verb="mandate", intents=(MandateIntent(made, sentence),), notes=tuple(notes))


def read(ctx: Ctx, words: Sequence[str]) -> Wanted:
    """The wish a line spells: scopes, a span, then symbols and limits in any order; raises BadArgument naming the token."""
    scopes = _scopes(words[0])
    span = words[1].lower() if len(words) > 1 else ""
    if not _SPAN.fullmatch(span):
        said = f"“{span[:20]}” is not a time" if span else "A mandate needs an end"
        raise BadArgument(f"{said}: hours, days or weeks, as 12h, 30d or 4w.", example=EXAMPLE)
    symbols: tuple[str, ...] = ()
    limits: dict[str, str] = {}
    opens = False
    rest = list(words[2:])
    while rest:
        word = rest.pop(0)
        name = word.lower()
        if name in ("max", "day", "orders"):
            if name in limits or not rest:
                raise BadArgument(f"“{name}” needs one number.", example=f"{EXAMPLE} {name} {'10' if name == 'orders' else '5000'}")
            limits[name] = rest.pop(0)
        elif name == "open" and not opens:
            opens = True
        elif not symbols:
            symbols = tuple(dict.fromkeys(ctx.resolve(s) for s in word.split(",") if s))
        else:
            raise BadArgument(f"“{word[:20]}” does not belong there: symbols, max, day, orders or open.", example=EXAMPLES[1])
    orders = _count(limits["orders"]) if "orders" in limits else None
    wanted = Wanted(scopes, span, symbols, _money(limits, "max"), _money(limits, "day"), orders, opens)
    if not SHORTEST <= wanted.life <= LONGEST:
        raise BadArgument(f"A mandate holds for an hour up to {LONGEST.days} days.", example=EXAMPLE)
    return wanted


def _scopes(word: str) -> tuple[Scope, ...]:
    names = [n for n in word.lower().split(",") if n]
    wrong = next((n for n in names if n not in set(Scope)), None)
    if wrong is not None or not names:
        every = ", ".join(s.value for s in Scope)
        raise BadArgument(f"“{(wrong or word)[:20]}” is nothing that could act: {every}.", example=EXAMPLE)
    return tuple(s for s in Scope if s.value in names)


def _money(limits: dict[str, str], name: str) -> Decimal | None:
    if name not in limits:
        return None
    match = _MONEY.fullmatch(limits[name].replace(",", ""))
    if match is None or not Decimal(match[1]):
        raise BadArgument(f"“{limits[name][:20]}” is not an amount of money.", example=f"{EXAMPLE} {name} 5000")
    return Decimal(match[1])


def _count(word: str) -> int:
    if not _COUNT.fullmatch(word) or int(word) > MOST_ORDERS:
        raise BadArgument(f"“{word[:20]}” is not a number of orders from 1 to {MOST_ORDERS}.", example=f"{EXAMPLE} orders 10")
    return int(word)


async def _revoke(ctx: Ctx, words: Sequence[str]) -> Reply:
    if len(words) != 1:
        raise BadArgument("Say which mandate: its id is in `/mandates`.", example="/mandates")
    ctx.must_write("revoke mandates")
    ended = await ctx.floor.guards.mandates.revoke(words[0].lower(), ctx.origin.who, ctx.origin.chat)
    said = f"Mandate {ended.id} is revoked: {scopes_text(ended)} only propose from now on, unless another mandate covers them."
    return Reply((Text(said, Tone.LEAD), Buttons((Button("Mandates", "/mandates"),))))


def _sentence(ctx: Ctx, mandate: Mandate, until: datetime) -> str:
    """What is signed, as what an owner does by confirming."""
    money = [
        f"at most {money_text(v, ctx.spec.currency)} {of}" for v, of in ((mandate.per_order, "an order"), (mandate.per_day, "a day")) if v
    ]
    limits = ", ".join([*money, f"at most {plural(mandate.orders_a_day, 'order')} a day"])
    reach = f"{_reach(mandate)}, {_where(mandate)}, {limits}"
    return f"let {scopes_text(mandate)} act without asking until {moment(until, ctx.zone)}: {reach}"


def _reach(mandate: Mandate) -> str:
    return "only closing and protecting" if mandate.reduce_only else "opening as well as closing"


def _where(mandate: Mandate) -> str:
    return f"{named(mandate.symbols, len(mandate.symbols))} only" if mandate.symbols else "any symbol"
