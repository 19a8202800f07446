"""What stands guard: the breaker and its history, and manual-only mode."""

from __future__ import annotations

from typing import Literal

from commands.context import Ctx
from commands.proposal import draw
from commands.registry import command
from commands.slash.sheet import Sheet, moment, short_moment, who_text, zone_name
from domain.chat import Access, Block, Button, Buttons, KeyValues, Reply, Text, Tone
from domain.errors import StorageFailed, UserError
from domain.events import BreakerReset, BreakerTripped
from domain.money import ZERO, percent_text
from domain.orders import BreakerIntent
from trading.guards.breaker import CAUSES

SHOWN = 6


@command("Safety", access=Access.PROPOSE, examples=("/breaker", "/breaker reset"))
async def breaker(ctx: Ctx, what: Literal["reset"] | None = None) -> Reply:
    """The circuit breaker: how near it is, whether it has tripped and until when; `reset` ends it early, by an owner's card."""
    tripped = ctx.floor.guards.breaker.tripped
    if what == "reset":
        if tripped is None:
            raise UserError("The breaker has not tripped; there is nothing to reset.", example="/breaker", code="nothing_to_do")
        note = "What was lost stays lost: from the reset on the losses are measured from there, so the limits hold anew."
        return await draw(ctx, line="/breaker reset", verb="breaker", intents=(BreakerIntent(why="end the cool-down"),), notes=(note,))
    limits = ctx.floor.limits.current
    sheet = Sheet(ctx.clock.now(), "the account's equity", ctx.spec.currency)
    reading = ctx.floor.guards.breaker.reading
    rows: list[tuple[str, str]] = []
    daily = sheet.percent("daily loss limit", limits.daily_loss, "as set", sign=False)
    falling = sheet.percent("drawdown limit", limits.drawdown, "as set", sign=False)
    if reading is not None:
        if reading.daily_loss is not None:
            loss = max(reading.daily_loss, ZERO)
            rows.append(
                ("Lost today", f"{sheet.percent('lost today', loss, 'loss / equity at the previous close', sign=False)} of {daily}")
            )
        now = sheet.percent("drawdown", reading.drawdown, "1 - equity / its peak", sign=False)
        rows.append(("Drawdown", f"{now} of {falling}"))
    else:
        when = "measured within seconds" if ctx.spec.priced else "nothing is measured without prices"
        rows.append(("Limits", f"{daily} a day, {falling} from the peak; {when}"))
    lead = Text("The breaker has not tripped; opening is allowed.", Tone.LEAD)
    buttons = [Button("Exposure", "/exposure"), Button("Status", "/status")]
    if ctx.floor.killswitch.halted():
        lead = Text(
            "Trading is halted by the emergency stop; the breaker itself has not tripped. An owner ends it: `#resume`", Tone.WARNING
        )
        buttons = [Button("Resume", "#resume"), Button("Status", "/status")]
    if tripped is not None:
        value, limit = percent_text(tripped.value, sign=False), percent_text(tripped.limit, sign=False)
        until = moment(tripped.until, ctx.zone)
        said = (
            f"The breaker has tripped: {tripped.cause} {value}, limit {limit}. Until {until} only closing, cancelling and protecting go on."
        )
        lead = Text(said, Tone.WARNING)
        rows.append(("Tripped", moment(tripped.at, ctx.zone)))
        if ctx.floor.killswitch.halted():
            rows.append(("Besides", "trading is halted by the emergency stop: #resume"))
        buttons = [Button("Reset", "/breaker reset"), Button("Cancel all orders", "#cancel-all"), Button("Status", "/status")]
    blocks: list[Block] = [lead, KeyValues(tuple(rows))]
    past = await ctx.floor.guards.breaker.history()
    if past:
        blocks.append(KeyValues(tuple((short_moment(e.at, ctx.zone), _past(e)) for e in past[:SHOWN]), title="Before"))
        blocks.append(Text(f"Times of {zone_name(ctx.zone)}.", Tone.QUIET))
    return Reply((*blocks, Buttons(tuple(buttons))), facts=sheet.facts)


def _past(event: BreakerTripped | BreakerReset) -> str:
    if isinstance(event, BreakerReset):
        return "opening allowed again, the cool-down was over" if event.who == "breaker" else f"reset by {who_text(event.who)}"
    cause = CAUSES.get(event.code, event.code)
    return f"tripped: {cause} {percent_text(event.value, sign=False)}, limit {percent_text(event.limit, sign=False)}"


@command("Safety", access=Access.ADMIN, examples=("/automation", "/automation off", "/automation on"))
async def automation(ctx: Ctx, what: Literal["on", "off"] | None = None) -> Reply:
    """Manual-only mode: whether stops, targets and other automation may act, or only propose."""
    switch = ctx.floor.guards.automation
    if what is not None:
        ctx.must_write("switch automation")
        if what == "on":
            ctx.require(Access.ADMIN)
        try:
            await switch.set(ctx.origin.who, ctx.origin.chat, allowed=what == "on")
        except StorageFailed:
            if what == "on":
                raise
            held = "Manual-only mode holds as long as this program runs; the database refuses to keep it. Type it again later:"
            return Reply((Text(held, Tone.WARNING), Buttons((Button("Off", "/automation off"),))))
    state = switch.state
    last = f" Since {moment(state.at, ctx.zone)}, by {who_text(state.who)}." if state is not None else ""
    if not switch.allowed:
        said = "Manual-only mode: nothing automated acts; stops and targets that the core holds only propose, and wait for you."
        note = f"Stops and targets that rest at the broker go on there.{last} An owner ends it: `/automation on`"
        return Reply((Text(said, Tone.WARNING), Text(note), Buttons((Button("Turn on", "/automation on"), Button("Orders", "/orders")))))
    said = "Automation may act, but only under what you signed: the card of an exit, or a mandate."
    note = f"`/mandates` shows the mandates.{last} To let nothing automated act: `/automation off`"
    return Reply((Text(said, Tone.LEAD), Text(note), Buttons((Button("Turn off", "/automation off"), Button("Mandates", "/mandates")))))
