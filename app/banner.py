"""What start-up says, and the status line: account and mode, broker, data, model, alerts, limits."""

from __future__ import annotations

from datetime import datetime

from app.wiring import House
from domain.chat import Block, KeyValues, Reply, Text, Tone
from domain.money import money_text, percent_text
from domain.portfolio import Mode
from storage import preferences
from trading.guards.state import TradingState

DISCLAIMER = "disclaimer"


async def banner(house: House) -> Reply:
    """One banner; a first use adds once that this is software and not investment advice."""
    spec = house.floor.spec
    title = f"Foliopilot · account {spec.name} · {mode(house)}"
    rows = [(part.name, f"{part.state}: {part.detail}" if part.state != "ready" else part.detail) for part in house.parts()]
    blocks: list[Block] = [Text(title, Tone.LEAD), KeyValues(tuple(rows))]
    if await _first_use(house):
        blocks.append(Text("This is software, not investment advice; what you confirm is your decision.", Tone.QUIET))
    blocks.append(Text("Ask in your own words, type / to see commands, # to act. Try: what happened yesterday?", Tone.QUIET))
    return Reply(tuple(blocks))


def mode(house: House) -> str:
    """Whose money and which market, in capitals: `DEMO, SIMULATED MARKET`, `PAPER`."""
    words = [house.floor.spec.mode.value.upper()]
    if house.floor.hub.simulated:
        words.append("SIMULATED MARKET" if house.floor.spec.mode is Mode.DEMO else "SIMULATED PRICES")
    elif house.wanted.replay is not None:
        words.append("REPLAY")
    elif not house.floor.spec.priced:
        words.append("NO PRICES")
    return ", ".join(words)


def moment(at: datetime, house: House) -> str:
    """An instant in the reader's zone, the zone named."""
    return at.astimezone(house.zone).strftime("%a %Y-%m-%d %H:%M:%S %Z")


async def status_line(house: House) -> str:
    """Account, equity, day P/L, mode and time; an account without prices shows its cash."""
    portfolio = await house.floor.book.snapshot()
    at = moment(portfolio.at, house)
    if not portfolio.spec.priced:
        return f"{portfolio.spec.name} · cash {money_text(portfolio.cash)} · {mode(house)} · {at}"
    day = portfolio.day_total
    before = portfolio.equity - day
    share = f" ({percent_text(day / before)})" if before > 0 else ""
    state = house.floor.guards.trading.now()
    halted = "" if state is TradingState.ACTIVE else f" · {state.upper()}"
    return (
        f"{portfolio.spec.name} · {money_text(portfolio.equity)} · day {money_text(day, sign=True)}{share} · {mode(house)}{halted} · {at}"
    )


async def _first_use(house: House) -> bool:
    account = house.floor.spec.name
    async with house.store.read() as tx:
        told = await preferences.get(tx, account, DISCLAIMER)
    if told:
        return False
    async with house.store.write() as tx:
        await preferences.set(tx, account, DISCLAIMER, "told")
    return True
