"""What was told and what was held back: the lists behind `/alerts`."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from commands import digest as messages
from commands import reader
from commands.context import Ctx
from commands.day import Day
from commands.hearing import Hearing, covers, midnight
from commands.kinds import KINDS, Theme, is_critical, kind_named
from commands.slash.activity import event_text
from commands.slash.reasons import value_text
from commands.slash.sheet import Sheet, moment, plural, short_moment, zone_name
from domain.chat import Block, Button, Buttons, KeyValues, Reply, Text, Tone
from domain.errors import BadArgument
from storage import outbox
from storage.outbox import OutboxRow, Verdict

RECENT, MOST_RECENT = 8, 50
HELD_SINCE = timedelta(days=1)
_LOCAL = "ask"


async def shown(ctx: Ctx) -> Reply:
    """How this chat is told: what is set, what was told and held back today, what waits."""
    now = ctx.clock.now()
    local = now.astimezone(ctx.zone)
    async with ctx.floor.store.read() as tx:
        settings = await reader.settings_of(tx, ctx.account, chat_of(ctx))
        used = await reader.told_today(tx, ctx.account, chat_of(ctx), local)
        back = await outbox.settled(tx, ctx.account, midnight(local), *outbox.HELD_BACK, chat=chat_of(ctx))
        waiting = await outbox.waiting(tx, ctx.account, chat=chat_of(ctx))
    sheet = Sheet(now, "the outbox", ctx.spec.currency)
    told, most = sheet.count("alerts told today", used), sheet.count("alerts a day", settings.budget)
    lead = f"{told} of {most} alerts used today, {sheet.count('held back today', len(back))} held back."
    held = sum(1 for row in waiting if row.verdict is Verdict.HELD)
    rows = (
        ("quiet hours", f"{settings.quiet.text()} {zone_of(ctx)}" if settings.quiet else "off"),
        ("waiting", f"{sheet.count('waiting', len(waiting))}, {sheet.count('held until the quiet hours end', held)} of them held"),
        ("set by you", _own_levels(settings)),
        ("snoozed", _snoozed(ctx, settings)),
        ("always loud", ", ".join(kind for kind in KINDS if is_critical(kind))),
    )
    note = Text("Set a kind: `/alerts set news off`. Quiet hours: `/alerts quiet 22:00-07:00`. All kinds: `/alerts kinds`", Tone.QUIET)
    buttons = (
        Button("Kinds", "/alerts kinds"),
        Button("Held back", "/alerts held"),
        Button("Recent", "/alerts recent"),
        Button("Test", "/alerts test"),
    )
    return Reply((Text(lead, Tone.LEAD), KeyValues(rows), note, Buttons(buttons)), facts=sheet.facts)


async def kinds(ctx: Ctx, rest: str) -> Reply:
    """Every kind with its level in this chat, by theme; what differs from the default is marked."""
    async with ctx.floor.store.read() as tx:
        settings = await reader.settings_of(tx, ctx.account, chat_of(ctx))
    blocks: list[Block] = [Text(f"There are {len(KINDS)} kinds of alerts; an asterisk marks what you changed.", Tone.LEAD)]
    for theme in Theme:
        own = [(kind, row) for kind, row in KINDS.items() if row.theme is theme]
        rows = tuple((kind, f"{settings.level(kind)}{'*' if kind in settings.levels else ''}: {row.says}") for kind, row in own)
        blocks.append(KeyValues(rows, title=theme.value))
    return Reply((*blocks, Text("A whole theme at once: `/alerts set watch silent`", Tone.QUIET), Buttons((Button("Alerts", "/alerts"),))))


async def recent(ctx: Ctx, rest: str) -> Reply:
    """The newest alerts with what became of each."""
    if rest and not (rest.isascii() and rest.isdecimal() and 1 <= int(rest) <= MOST_RECENT):
        raise BadArgument(f"/alerts recent shows 1 to {MOST_RECENT} alerts.", example=f"/alerts recent {RECENT}")
    async with ctx.floor.store.read() as tx:
        rows = await outbox.recent(tx, ctx.account, int(rest or RECENT), chat=chat_of(ctx))
    if not rows:
        return Reply(
            (Text("There was no alert yet.", Tone.LEAD), Text("One to try: `/alerts test`"), Buttons((Button("Test", "/alerts test"),)))
        )
    lead = Text(f"The newest of {plural(len(rows), 'alert')}: {_said(rows[0])}", Tone.LEAD)
    listed = KeyValues(tuple((short_moment(row.alert.at, ctx.zone), f"{_said(row)} [{_fate(row)}]") for row in rows))
    more = (Button("More", f"/alerts recent {MOST_RECENT}"),) if len(rows) == int(rest or RECENT) < MOST_RECENT else ()
    return Reply((lead, listed, Text(f"Times of {zone_name(ctx.zone)}.", Tone.QUIET), Buttons((*more, Button("Alerts", "/alerts")))))


async def held(ctx: Ctx, rest: str) -> Reply:
    """What was held back over a day, and what waits for the quiet hours to end."""
    since = ctx.clock.now() - HELD_SINCE
    async with ctx.floor.store.read() as tx:
        back = await outbox.settled(tx, ctx.account, since, *outbox.HELD_BACK, chat=chat_of(ctx))
        waiting = [row for row in await outbox.waiting(tx, ctx.account, chat=chat_of(ctx)) if row.verdict is Verdict.HELD]
    lead = f"{plural(len(back), 'alert')} held back within a day, {len(waiting)} waiting for the quiet hours to end."
    rows = tuple((short_moment(row.alert.at, ctx.zone), f"{_said(row)} [{_fate(row)}]") for row in [*waiting, *back][-MOST_RECENT:])
    listed = (KeyValues(rows), Text(f"Times of {zone_name(ctx.zone)}.", Tone.QUIET)) if rows else ()
    return Reply((Text(lead, Tone.LEAD), *listed, Buttons((Button("Alerts", "/alerts"), Button("Recent", "/alerts recent")))))


async def why(ctx: Ctx, rest: str) -> Reply:
    """Why an alert came: what it said, the figures behind it, and what decided how it was told."""
    async with ctx.floor.store.read() as tx:
        chat = chat_of(ctx)
        newest = outbox.newest(tx, ctx.account, rest, chat=chat) if rest else None
        row = await newest if newest else next(iter(await outbox.recent(tx, ctx.account, 1, chat=chat)), None)
        settings = await reader.settings_of(tx, ctx.account, chat_of(ctx))
    if row is None:
        raise BadArgument(f"There is no alert “{rest[:40]}” here." if rest else "There was no alert yet.", example="/alerts recent 20")
    kind = kind_named(row.alert.kind)
    rules = [
        ("kind", f"{row.alert.kind}: {kind.says}"),
        ("level", str(settings.level(row.alert.kind))),
        ("when", moment(row.alert.at, ctx.zone)),
    ]
    rules.append(("what became of it", _fate(row)))
    if kind.cooldown:
        rules.append(("again", f"not within {_span(kind.cooldown)} unless it gets a quarter worse"))
    if any(covers(word, row.alert.key) for word in settings.snoozed):
        rules.append(("snoozed", "yes"))
    figures = tuple((f.label, f"{value_text(f.value, f.unit)} ({f.source})") for f in row.alert.reply.facts)
    blocks: list[Block] = [Text(f"It came because {kind.says}: {_said(row)}", Tone.LEAD), KeyValues(tuple(rules))]
    if figures:
        blocks.append(KeyValues(figures, title="Figures"))
    critical = is_critical(row.alert.kind)
    quieter = () if critical else (Button("Mute this", f"/alerts mute {row.alert.kind}"),)
    return Reply((*blocks, Buttons((*quieter, Button("Journal", "/journal 20")))), facts=row.alert.reply.facts)


async def digest(ctx: Ctx, rest: str) -> Reply:
    """The digest of the reader's day so far, as the night will tell it."""
    now = ctx.clock.now()
    since = midnight(now.astimezone(ctx.zone))
    day = Day(ctx.floor.store, ctx.account, partial(event_text, zone=ctx.zone))
    found = await day.digest(since, now)
    if found is None:
        text = f"Nothing happened and nothing was held back since {moment(since, ctx.zone)}."
        return Reply((Text(text, Tone.LEAD), Buttons((Button("Journal", "/journal"),))))
    return messages.digest(found, ctx.zone)


def chat_of(ctx: Ctx) -> str:
    """Whose settings a line means: its chat's; the machine's way in looks at the terminal's."""
    return outbox.HOME if ctx.origin.platform == _LOCAL else f"{ctx.origin.platform}:{ctx.origin.chat}"


def zone_of(ctx: Ctx) -> str:
    """The zone in which hours are meant."""
    return zone_name(ctx.zone)


def _own_levels(settings: Hearing) -> str:
    return ", ".join(f"{kind} {level}" for kind, level in settings.levels.items()) or "nothing, all as by default"


def _snoozed(ctx: Ctx, settings: Hearing) -> str:
    now = ctx.clock.now()
    return ", ".join(f"{word} until {moment(until, ctx.zone)}" for word, until in settings.snoozed.items() if until > now) or "nothing"


def _said(row: OutboxRow) -> str:
    return messages.first_words(row.alert.reply)


def _fate(row: OutboxRow) -> str:
    if row.verdict is None or row.delivered is None:
        return "held" if row.verdict is Verdict.HELD else "waiting"
    return str(row.verdict)


def _span(by: timedelta) -> str:
    minutes = int(by.total_seconds()) // 60
    return plural(minutes // 60, "hour") if minutes % 60 == 0 else plural(minutes, "minute")
