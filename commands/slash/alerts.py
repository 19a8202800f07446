"""Alerts as a reader sets them: how loud each kind is in this chat, quiet hours, the day's budget, what is snoozed."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from commands import arguments, reader
from commands.context import Ctx
from commands.hearing import BUDGET, Hearing, Quiet, about, fact
from commands.kinds import KINDS, Level, Theme, is_critical
from commands.registry import Rest, command
from commands.slash import pushes as lists
from commands.slash.sheet import moment
from domain.alerts import Alert, Urgency
from domain.chat import Access, Button, Buttons, Reply, Text, Tone
from domain.errors import BadArgument
from storage import outbox
from trading.bus import Note

CHANGED = "hearing_changed"
KEPT = "alert_answered"
EXAMPLES = (
    "/alerts",
    "/alerts set news off",
    "/alerts quiet 22:00-07:00",
    "/alerts budget 20",
    "/alerts snooze AAPL 1h",
    "/alerts mute volume",
    "/alerts recent 20",
    "/alerts test",
)
MOST_BUDGET = 500
LONGEST_SNOOZE = timedelta(days=30)

_HOURS = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*(?:-|–|to)\s*([01]?\d|2[0-3]):([0-5]\d)")
_SPAN = re.compile(r"(\d{1,4})(m|h|d)")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


@command("System", access=Access.ADMIN, examples=EXAMPLES)
async def alerts(ctx: Ctx, what: Rest | None = None) -> Reply:
    """Which alerts reach this chat, and how: set, quiet, budget, snooze, mute, kinds, recent, held, why, digest, test."""
    word, _, rest = (what or "").strip().partition(" ")
    if not word:
        return await lists.shown(ctx)
    part = _PARTS.get(word.lower())
    if part is None:
        near = arguments.nearest(word.lower()[:40], tuple(_PARTS)) or "set"
        raise BadArgument(f"/alerts does not know “{word[:40]}”: {', '.join(_PARTS)}.", example=_example(near))
    return await part(ctx, rest.strip())


async def _set(ctx: Ctx, rest: str) -> Reply:
    """`set KIND|THEME loud|silent|off|default`."""
    name, _, word = rest.lower().rpartition(" ")
    level = word.strip()
    if not name or level not in (*Level, "default"):
        raise BadArgument("Say a kind or a theme, and how loud: loud, silent, off or default.", example="/alerts set news silent")
    kinds = _kinds(name.strip())
    critical = [kind for kind in kinds if is_critical(kind)]
    if critical and len(kinds) == 1 and level not in (Level.LOUD, "default"):
        raise _always_loud(kinds[0])
    chosen = [kind for kind in kinds if kind not in critical]

    def change(settings: Hearing) -> Hearing:
        levels = {k: v for k, v in settings.levels.items() if k not in chosen}
        own = {} if level == "default" else {kind: Level(level) for kind in chosen if KINDS[kind].level != level}
        return replace(settings, levels=levels | own)

    await _change(ctx, change)
    called = name.strip() if len(kinds) > 1 else f"{kinds[0]} ({KINDS[kinds[0]].says})"
    lead = f"{called[:1].upper()}{called[1:]}: {level if level != 'default' else 'as by default'} from now on."
    note = f"Always loud all the same: {', '.join(critical)}." if critical else ""
    undo = Button("Undo", f"/alerts set {name.strip()} default")
    return _answer(lead, note, undo, Button("Alerts", "/alerts"))


async def _mute(ctx: Ctx, rest: str) -> Reply:
    """`mute KIND`."""
    if not rest:
        raise BadArgument("Mute which kind? `/alerts kinds` lists them.", example="/alerts mute volume")
    return await _set(ctx, f"{rest} off")


async def _quiet(ctx: Ctx, rest: str) -> Reply:
    """`quiet 22:00-07:00|off`."""
    example = "/alerts quiet 22:00-07:00"
    match = _HOURS.fullmatch(rest.lower())
    if match is None and rest.lower() != "off":
        raise BadArgument("Quiet hours are two times of the day, or off.", example=example)
    quiet = Quiet(int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])) if match else None
    if quiet is not None and quiet.start == quiet.end:
        raise BadArgument("Quiet hours that end when they begin are none: use off, or another time.", example=example)
    released = await _change(ctx, lambda settings: replace(settings, quiet=quiet), release=True)
    if quiet is None:
        return _answer("Quiet hours are off.", f"{released} held alerts come now." if released else "", Button("Alerts", "/alerts"))
    note = "What happens meanwhile comes when they end; critical alerts come at once."
    return _answer(f"Quiet hours are {quiet.text()} {lists.zone_of(ctx)}.", note, Button("Off", "/alerts quiet off"))


async def _budget(ctx: Ctx, rest: str) -> Reply:
    """`budget N`."""
    if not (rest.isascii() and rest.isdecimal() and int(rest) <= MOST_BUDGET):
        raise BadArgument(f"The budget is a whole number of alerts a day, 0 to {MOST_BUDGET}.", example=f"/alerts budget {BUDGET}")
    await _change(ctx, lambda settings: replace(settings, budget=int(rest)))
    note = "It limits what the watch and the jobs tell. What answers an act of yours, such as a fill, always comes; so do critical alerts."
    return _answer(f"At most {int(rest)} alerts a day from now on.", note, Button("Alerts", "/alerts"))


async def _snooze(ctx: Ctx, rest: str) -> Reply:
    """`snooze KEY 1h|off`."""
    word, _, span = rest.rpartition(" ")
    if not word:
        raise BadArgument("Snooze what, and for how long?", example="/alerts snooze AAPL 1h")
    key = _snoozable(ctx, word.strip())
    if span.lower() == "off":
        await _change(ctx, lambda s: replace(s, snoozed={k: v for k, v in s.snoozed.items() if k != key}))
        return _answer(f"{key} is told again.", "", Button("Alerts", "/alerts"))
    match = _SPAN.fullmatch(span.lower())
    by = timedelta(**{_UNITS[match[2]]: int(match[1])}) if match else timedelta(0)
    if not timedelta(0) < by <= LONGEST_SNOOZE:
        raise BadArgument("Snooze for how long: minutes, hours or days, at most 30 days.", example=f"/alerts snooze {key} 1h")
    until = ctx.clock.now() + by
    await _change(ctx, lambda s: replace(s, snoozed={**s.snoozed, key: until}))
    note = "What is held back meanwhile is in the nightly digest; critical alerts come all the same."
    return _answer(f"{key} is snoozed until {moment(until, ctx.zone)}.", note, Button("Tell again", f"/alerts snooze {key} off"))


async def _keep(ctx: Ctx, rest: str) -> Reply:
    """`keep KEY`: the reader has seen it and leaves everything as it is."""
    key = rest.strip()
    if not key:
        raise BadArgument("Keep what? The button under an alert says it.", example="/alerts recent 20")
    ctx.must_write("answer alerts")
    async with ctx.floor.bus.unit(who=ctx.origin.who, origin=ctx.origin.chat) as unit:
        unit.note(Note(ctx.clock.now(), ctx.account, KEPT, {"key": key[:80], "answer": "keep"}))
    what = about(key)
    symbol = what if ctx.known(what) else ""
    lead = f"{symbol or 'Everything'} stays as it is; nothing was sent."
    act = Button("Close now", f"#{symbol} close") if symbol else Button("Positions", "/positions")
    return _answer(lead, "Your answer is in the journal.", act)


async def _test(ctx: Ctx, rest: str) -> Reply:
    """`test`: one alert as it will look and sound."""
    ctx.must_write("send alerts")
    now = ctx.clock.now()
    reply = Reply((Text("This is a test alert; nothing happened.", Tone.LEAD), Buttons((Button("Alerts", "/alerts"),))))
    async with ctx.floor.bus.unit(who=ctx.origin.who, origin=ctx.origin.chat) as unit:
        await outbox.add(unit.tx, Alert(now, ctx.account, "test", f"test:{now.isoformat()}", Urgency.INFO, reply), (lists.chat_of(ctx),))
    return _answer("A test alert is on its way to this chat.", "", Button("Recent", "/alerts recent 5"))


Part = Callable[[Ctx, str], Awaitable[Reply]]

_PARTS: Mapping[str, Part] = {
    "set": _set,
    "mute": _mute,
    "quiet": _quiet,
    "budget": _budget,
    "snooze": _snooze,
    "keep": _keep,
    "test": _test,
    "kinds": lists.kinds,
    "recent": lists.recent,
    "held": lists.held,
    "why": lists.why,
    "digest": lists.digest,
}


async def _change(ctx: Ctx, change: Callable[[Hearing], Hearing], *, release: bool = False) -> int:
    """Keep changed settings and journal them in one transaction; returns how many held alerts are due at once because of it."""
    ctx.must_write("change alerts")
    now, chat = ctx.clock.now(), lists.chat_of(ctx)
    async with ctx.floor.bus.unit(who=ctx.origin.who, origin=ctx.origin.chat) as unit:
        settings = change(await reader.settings_of(unit.tx, ctx.account, chat))
        await reader.keep(unit.tx, ctx.account, chat, settings, now)
        unit.note(Note(now, ctx.account, CHANGED, settings))
        return await outbox.release(unit.tx, ctx.account, now, chat=chat) if release else 0


def _kinds(name: str) -> tuple[str, ...]:
    """The kinds a word names: one, or all of a theme; raises BadArgument with the nearest."""
    if name in KINDS:
        return (name,)
    if name in tuple(Theme):
        return tuple(kind for kind, row in KINDS.items() if row.theme == name)
    near = arguments.nearest(name[:40], (*KINDS, *Theme))
    hint = f" Did you mean {near}?" if near else " `/alerts kinds` lists them."
    raise BadArgument(f"There is no kind of alert “{name[:40]}”.{hint}", example=f"/alerts set {near or 'news'} silent")


def _snoozable(ctx: Ctx, key: str) -> str:
    """A key, a beginning of one, a kind or a symbol that can be snoozed; raises BadArgument."""
    if ctx.known(key.upper()):
        return key.upper()
    head = key.partition(":")[0].lower()
    kind = _kinds(head)[0] if head not in tuple(Theme) else ""
    if not kind:
        raise BadArgument(
            "Snooze a kind, a symbol, or the key under an alert; a theme is set with `set`.", example="/alerts snooze news 1h"
        )
    if is_critical(kind):
        raise _always_loud(kind)
    return fact(f"{head}{key[len(head) :]}")


def _always_loud(kind: str) -> BadArgument:
    says = KINDS[kind].says
    return BadArgument(
        f"{kind} stays loud: it says that {says}, and then nobody but you may act. It can be neither silent, off nor snoozed.",
        example="/alerts kinds",
    )


def _example(part: str) -> str:
    return next((line for line in EXAMPLES if line.startswith(f"/alerts {part}")), f"/alerts {part}")


def _answer(lead: str, note: str, *buttons: Button) -> Reply:
    notes = (Text(note, Tone.QUIET),) if note else ()
    return Reply((Text(lead, Tone.LEAD), *notes, Buttons(tuple(buttons))))
