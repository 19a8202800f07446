"""The parts of the installation and how they stand, for the banner, `/status` and `doctor`."""

from __future__ import annotations

from collections.abc import Sequence

from app import models
from app.settings import Settings
from app.worlds import Wanted, World
from commands.access import People
from commands.context import Part, PartState
from commands.slash.sheet import plural
from domain.portfolio import Mode
from market import calendar
from trading.floor import Floor
from trading.guards.state import TradingState, exchange_moment
from trading.risk.limits import TABLE

READY, OFF, NEEDS = PartState.READY, PartState.OFF, PartState.NEEDS
HALTED = "halted: closing and cancelling only; an owner releases it with #resume"
REDUCING = "reducing: the breaker has tripped, closing and protecting only until {until}; an owner ends it with /breaker reset"
ALLOWED = "allowed, each order after its confirmation"
AUTOMATED = "acts only under what you signed: /mandates"
MANUAL = "manual-only mode, it only proposes; an owner ends it with /automation on"


def parts(settings: Settings, wanted: Wanted, world: World, floor: Floor, people: People) -> Sequence[Part]:
    """Each part with its state and, in one line, what it is."""
    at = world.clock.now().astimezone(settings.zone_info)
    return (
        Part("account", READY, f"{floor.spec.name}, {_money(floor)}"),
        Part("time", READY, f"{at:%a %Y-%m-%d %H:%M %Z}{_pace(floor, wanted)}"),
        _broker(settings, floor),
        _data(floor),
        _news(floor, wanted),
        models.part(settings),
        _chat(settings, people),
        Part("alerts", READY, f"shown in this terminal{_elsewhere(people)}"),
        Part("storage", READY, _storage(settings, wanted)),
        Part("trading", READY, _trading(floor)),
        Part("automation", READY if floor.guards.automation.allowed else OFF, AUTOMATED if floor.guards.automation.allowed else MANUAL),
        Part("limits", READY, _limits(floor)),
    )


def _chat(settings: Settings, people: People) -> Part:
    """Where lines may come from, and the next line to type where nobody is let in yet."""
    chosen = [name for name, token in (("Telegram", settings.telegram_token), ("Discord", settings.discord_token)) if token]
    if not chosen:
        how = "for a phone set FOLIOPILOT_TELEGRAM_TOKEN (docs/telegram.md) or FOLIOPILOT_DISCORD_TOKEN (docs/discord.md)"
        return Part("chat", READY, f"terminal; {how}")
    inside = {name: sum(1 for member in people.members if member.platform == name.lower()) for name in chosen}
    empty = next((name for name in chosen if not inside[name]), None)
    if empty:
        return Part("chat", NEEDS, f"nobody is let in on {empty}; in `foliopilot chat` type /pair and send the bot the code")
    return Part("chat", READY, ", ".join(["terminal", *(f"{name} ({inside[name]} let in)" for name in chosen)]))


def _elsewhere(people: People) -> str:
    return f" and in {plural(len(people.members), 'chat')} besides" if people.members else ""


def _limits(floor: Floor) -> str:
    book = floor.limits
    changed = ", ".join(f"{name} {TABLE[name].text(book.current.value(name))}" for name in book.changed)
    return f"{len(TABLE)} in force, /risk-limits lists them" + (f"; changed: {changed}" if changed else "")


def _trading(floor: Floor) -> str:
    state, trip = floor.guards.trading.now(), floor.guards.breaker.tripped
    if state is TradingState.REDUCING and trip is not None:
        return REDUCING.format(until=exchange_moment(trip.until))
    return HALTED if state is TradingState.HALTED else ALLOWED


def _money(floor: Floor) -> str:
    return {Mode.DEMO: "DEMO money", Mode.PAPER: "PAPER money", Mode.LIVE: "LIVE money"}[floor.spec.mode]


def _broker(settings: Settings, floor: Floor) -> Part:
    """Whether it answers, and how the last comparison of the books ended."""
    last, since = floor.reconciler.last, floor.outages.since
    zone = settings.zone_info
    books = f"books compared {last.at.astimezone(zone):%H:%M}: {last.sentence()}" if last else "books not compared yet"
    if since is not None:
        return Part(
            "broker", OFF, f"{floor.spec.broker} has not answered since {since.astimezone(zone):%H:%M} ({floor.outages.reason}); {books}"
        )
    return Part("broker", READY, f"{floor.spec.broker}, embedded; no order leaves this machine; {books}")


def _pace(floor: Floor, wanted: Wanted) -> str:
    return ", replayed" if wanted.replay else ", simulated" if floor.spec.mode is Mode.DEMO else ""


def _data(floor: Floor) -> Part:
    source = floor.hub.source
    if not floor.spec.priced:
        return Part("data", OFF, "no price source: quantities and cost only; --simulated shows simulated prices")
    if source.simulated:
        session = "open" if calendar.is_open(floor.clock.now()) else "closed"
        return Part("data", READY, f"SIMULATED prices, generated on this machine; the New York session is {session}")
    return Part("data", READY, source.name)


def _news(floor: Floor, wanted: Wanted) -> Part:
    if floor.hub.simulated:
        return Part("news", READY, "SIMULATED headlines")
    return Part("news", OFF, "no news source" + (" for a replay" if wanted.replay else ""))


def _storage(settings: Settings, wanted: Wanted) -> str:
    if wanted.now is not None or wanted.replay is not None or wanted.book is not None:
        return "in memory, thrown away at the end"
    place = "PostgreSQL" if settings.database_url else str(settings.database)
    if wanted.simulated and not wanted.still:
        return f"a copy of {place}, thrown away at the end"
    return f"{place}, looked at in a copy" if wanted.still else place
