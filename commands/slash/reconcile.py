"""Book and broker: compare them now, and what becomes of orders that somebody placed elsewhere."""

from __future__ import annotations

from typing import Literal

from commands.context import Ctx
from commands.registry import command
from commands.slash.sheet import Sheet, moment, plural
from domain.chat import Access, Block, Button, Buttons, KeyValues, Reply, Text, Tone
from domain.errors import BrokerError
from domain.events import LimitChanged, ReconciliationFound
from storage import preferences
from trading.reconciling.differences import Outcome
from trading.reconciling.orphans import POLICY, Policy

MOST = 8
_WHAT = {
    "fill": "Fill not heard of",
    "orphan": "Order placed elsewhere",
    "order": "Order",
    "foreign": "Traded elsewhere",
    "missing": "Gone at the broker",
    "split": "Split",
    "cash": "Cash",
}
_POLICIES = {
    Policy.ADOPT: "An order that somebody placed elsewhere is shown as external and left alone.",
    Policy.CANCEL: "An order nobody here knows is taken back when its id looks like one of ours; any other is shown as external.",
}


@command("System", examples=("/reconcile",))
async def reconcile(ctx: Ctx) -> Reply:
    """Compare book and broker now, adopt what the broker holds, and show what was found and done."""
    reconciler = ctx.floor.reconciler
    try:
        outcome = reconciler.last if ctx.read_only and reconciler.last is not None else await reconciler.now()
    except BrokerError as error:
        return _unreachable(ctx, error)
    sheet = Sheet(outcome.at, "ledger and broker", ctx.spec.currency)
    count = sheet.count("differences found", len(outcome.found), "by this comparison")
    sheet.count("differences left", len(outcome.left), "not certain yet, so not adopted")
    lead, tone = "Book and broker agree; nothing differed.", Tone.LEAD
    if outcome.left:
        lead, tone = f"Book and broker differ in {', '.join(d.what for d in outcome.left[:3])}; looked at again in a moment.", Tone.WARNING
    elif outcome.found:
        lead = f"Book and broker agree now; {count} {plural(len(outcome.found), 'difference').split(' ', 1)[1]} settled."
    blocks: list[Block] = [Text(lead, tone)]
    rows = (*(_row(f) for f in outcome.found), *_open(outcome))
    if rows:
        blocks.append(KeyValues(rows[:MOST]))
    if len(rows) > MOST:
        blocks.append(Text(f"And {len(rows) - MOST} more: `/journal 50`", Tone.QUIET))
    blocks.append(Text(f"Compared at {moment(outcome.at, ctx.zone)}; next at {moment(reconciler.next, ctx.zone)}.", Tone.QUIET))
    return Reply((*blocks, Buttons((Button("Positions", "/positions"), Button("Orders", "/orders")))), facts=sheet.facts)


@command("System", access=Access.ADMIN, examples=("/orphans", "/orphans cancel", "/orphans adopt"))
async def orphans(ctx: Ctx, policy: Literal["show", "adopt", "cancel"] = "show") -> Reply:
    """What becomes of open orders at the broker that nobody here placed: show it, or set it."""
    if policy != "show":
        ctx.must_write("change what becomes of orders placed elsewhere")
        was, who = await ctx.floor.reconciler.policy(), ctx.origin.who
        async with ctx.floor.bus.unit(who=who, origin=ctx.origin.chat) as unit:
            await preferences.set(unit.tx, ctx.account, POLICY, policy)
            unit.emit(LimitChanged(ctx.clock.now(), ctx.account, POLICY, was, policy, who))
    now = await ctx.floor.reconciler.policy()
    other = Policy.CANCEL if now is Policy.ADOPT else Policy.ADOPT
    lead = Text(_POLICIES[now], Tone.LEAD)
    hint = Text(f"To change that: `/orphans {other}`")
    return Reply((lead, hint, Buttons((Button("Orders", "/orders"), Button("Compare now", "/reconcile")))))


def _row(found: ReconciliationFound) -> tuple[str, str]:
    name = _WHAT[found.what] if found.what == "cash" else f"{_WHAT[found.what]}: {found.about}"
    return name, f"{found.book} here, {found.broker} there; {found.done}"


def _open(outcome: Outcome) -> tuple[tuple[str, str], ...]:
    texts = ((d.what, d.texts()) for d in outcome.left)
    return tuple((what, f"{book} here, {broker} there; not adopted yet") for what, (book, broker) in texts)


def _unreachable(ctx: Ctx, error: BrokerError) -> Reply:
    outages, last = ctx.floor.outages, ctx.floor.reconciler.last
    since = f" since {moment(outages.since, ctx.zone)}" if outages.since else ""
    known = f"They were last compared at {moment(last.at, ctx.zone)}: {last.sentence()}." if last else "They were not compared yet."
    return Reply(
        (
            Text(f"The broker does not answer{since}, so book and broker cannot be compared.", Tone.WARNING),
            Text(known),
            Text(f"It said: {error}", Tone.QUIET),
            Buttons((Button("Status", "/status"),)),
        )
    )
