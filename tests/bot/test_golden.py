"""Golden renderings: what each platform is sent for the lines of a first day, byte for byte.

`python -m tests.bot.test_golden` writes them anew; look at the difference before you commit it.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app import wiring
from app.settings import Settings
from app.worlds import Wanted
from bot.adapters.discord import render as on_discord
from bot.adapters.telegram import render as on_telegram
from bot.intake import letter_for
from domain.chat import Incoming, Reply
from domain.ids import SequentialIds
from domain.tickets import Origin
from tests.servers import discord_rules, telegram_rules

NOW = datetime(2025, 10, 10, 14, 30, tzinfo=UTC)
PLACE = Path(__file__).with_name("golden")
LINES = (
    *(
        "/help",
        "/positions",
        "/profit-loss",
        "/status",
        "/risk-analysis",
        "/news",
        "/quote AAPL",
        "/chart AAPL month",
        "/people",
        "/why cash",
    ),
    *("#AAPL close 50%", "#buy AAPL 10 stop 2% target 3%", "#close-all", "#nonsense", "/nonsense", "what happened today?", "/group"),
)


async def replies() -> list[tuple[str, Reply]]:
    """What the demo account says to the lines, as a phone is sent it."""
    with tempfile.TemporaryDirectory() as home, contextlib.chdir(home):
        house = await wiring.build(Settings(home=Path()), Wanted(still=True, now=NOW), command="golden", ids=SequentialIds("g"))
        found = []
        for number, text in enumerate(LINES):
            line = Incoming(str(number), Origin("terminal", "home", "owner"), text, house.floor.clock.now())
            found.append((text, letter_for(line, await house.front.handle(line), line.at).reply))
        await house.close()
        return found


def telegram(said: Sequence[tuple[str, Reply]]) -> str:
    """Everything Telegram is sent."""
    made = []
    for line, reply in said:
        for page in on_telegram.pages(reply):
            telegram_rules.checked_text(page.html, "HTML")
            rows = [" ".join(f"[{b.label}]({b.payload})" for b in row) for row in page.keyboard]
            made.append("\n".join([f"=== {line}", page.html, *rows]))
    return "\n\n".join(made) + "\n"


def discord(said: Sequence[tuple[str, Reply]]) -> str:
    """Everything Discord is sent."""
    made = []
    for line, reply in said:
        for page in on_discord.pages(reply):
            fields = [{"name": f.name, "value": f.value} for f in page.fields]
            discord_rules.checked_message({"content": page.text, "embeds": [{"description": page.description, "fields": fields}]})
            shown = [f"{f.name} | {f.value}{' | inline' if f.inline else ''}" for f in page.fields]
            rows = [" ".join(f"[{b.label}]({b.payload})" for b in row) for row in page.buttons]
            made.append("\n".join([f"=== {line}  #{page.colour:06x}", page.text, page.description, *shown, *rows]))
    return "\n\n".join(made) + "\n"


@pytest.mark.parametrize("platform", [telegram, discord], ids=lambda f: f.__name__)
async def test_what_is_sent_is_what_was_looked_at(platform) -> None:
    sent = platform(await replies())
    assert sent.splitlines() == (PLACE / f"{platform.__name__}.txt").read_text().splitlines()


if __name__ == "__main__":
    told = asyncio.run(replies())
    PLACE.mkdir(exist_ok=True)
    for show in (telegram, discord):
        (PLACE / f"{show.__name__}.txt").write_text(show(told))
