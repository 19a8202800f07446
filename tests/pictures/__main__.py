"""Draws docs/pictures: real replies of the demo account, as Discord and Telegram show them.

Needs what no test does: `pip install 'simcord[screenshot]'` and a Chromium, whose path CHROMIUM names (default /usr/bin/chromium).
Discord's page is simcord's, from the messages that the adapter sent; Telegram's is a plain phone of our own around the HTML that is sent.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import simcord
from playwright.async_api import async_playwright

from app import wiring
from app.settings import Settings
from app.worlds import Wanted
from bot.adapters.discord import adapter
from bot.adapters.telegram.render import pages
from bot.intake import letter_for
from commands.glance import Glance
from domain.chat import Incoming, Manner, Reply
from domain.clock import SystemClock
from domain.tickets import Origin

PLACE = Path(__file__).parents[2] / "docs" / "pictures"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
LINES = ("/positions", "#buy AAPL 10 stop 2% target 3%", "what happened today?")
PHONE = """<meta charset=utf-8><style>
body{margin:0;background:#cfdbe6;font:15px/1.35 'DejaVu Sans',sans-serif;width:412px;padding:12px;box-sizing:border-box}
.in,.out{border-radius:12px;padding:8px 11px;margin:6px 0;max-width:372px;box-sizing:border-box;white-space:pre-wrap;overflow-wrap:anywhere}
.in{background:#fff}.out{background:#e3fdd0;margin-left:auto;width:fit-content}
pre{background:#f2f4f7;border-radius:6px;padding:6px;margin:4px 0;font:12.5px/1.3 'DejaVu Sans Mono',monospace;overflow-x:auto}
code{background:#f2f4f7;border-radius:4px;padding:0 3px;font:13px 'DejaVu Sans Mono',monospace;color:#2a5db0}
.row{display:flex;gap:4px;max-width:372px;margin:3px 0}
.row span{flex:1;background:#8fa9bf;color:#fff;border-radius:7px;padding:7px;text-align:center}
</style>"""


class Told:
    """Answers a command with what the house said to that line."""

    def __init__(self, made: adapter.Discord, replies: Sequence[Reply]) -> None:
        self._made, self._replies = made, iter(replies)
        self._tasks: list[asyncio.Task[str]] = []

    async def keep(self, lines: Sequence[Incoming]) -> None:
        for line in lines:
            sent = self._made.send(line.origin.person, next(self._replies), Manner(waits=line.waits))
            self._tasks.append(asyncio.create_task(sent))

    def chats(self) -> Sequence[str]:
        return ()

    def known(self, origin: Origin) -> bool:
        return True

    def shown(self, line: Incoming) -> bool:
        return not line.group

    def groups(self) -> Sequence[str]:
        return ()

    async def glance(self, origin: Origin, text: str) -> Sequence[Glance]:
        return ()

    async def moved(self, old: str, new: str) -> None:
        """No chat moves here."""

    def complete(self, origin: Origin, text: str, limit: int) -> Sequence[Any]:
        return ()


async def asked() -> list[Reply]:
    """What the demo account says to the lines, with the buttons that a phone gets."""
    house = await wiring.build(Settings(home=Path(tempfile.mkdtemp())), Wanted(still=True), command="pictures")
    found = []
    for number, text in enumerate(LINES):
        line = Incoming(str(number), Origin("terminal", "home", "owner"), text, house.floor.clock.now())
        letter = letter_for(line, await house.front.handle(line), line.at)
        found.append(letter.reply)
    specs = house.front.registry.commands()
    await house.close()
    await on_discord(found, specs)
    return found


async def on_discord(replies: Sequence[Reply], specs: Any) -> None:
    made = adapter.build(adapter.Settings("token"), SystemClock())
    made.inlet = Told(made, replies)
    async with simcord.run(made._client, shard_count=1) as env:
        await made.publish(specs)
        guild = env.create_guild()
        room, ada = guild.create_text_channel("desk"), guild.add_member(env.create_user("ada"))
        await ada.slash(room, "positions")
        await ada.slash(room, "do", line=LINES[1])
        await ada.slash(room, "ask", question=LINES[2])
        async with env.preview(room, viewers=[ada], layout="channel", display="fixed", width=760, height=2300) as preview:
            await _shot(preview.url, PLACE / "discord.png", 760, 2300, wait=3000, clip={"x": 8, "y": 150, "width": 640, "height": 2020})


async def on_telegram(replies: Sequence[Reply]) -> None:
    made = [PHONE]
    for line, reply in zip(LINES, replies, strict=True):
        made.append(f'<div class="out">{escape(line)}</div>')
        for page in pages(reply):
            made.append(f'<div class="in">{page.html}</div>')
            made += ['<div class="row">' + "".join(f"<span>{escape(b.label)}</span>" for b in row) + "</div>" for row in page.keyboard]
    with tempfile.NamedTemporaryFile("w", suffix=".html", delete=False) as drawn:
        drawn.write("".join(made))
    await _shot(f"file://{drawn.name}", PLACE / "telegram.png", 412, 800)


async def _shot(url: str, to: Path, width: int, height: int, *, wait: float = 300, clip: Any = None) -> None:
    async with async_playwright() as drawing:
        browser = await drawing.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": width, "height": height}, device_scale_factor=1)
        await page.goto(url)
        await page.wait_for_timeout(wait)
        await page.screenshot(path=to, full_page=clip is None, clip=clip)
        await browser.close()


if __name__ == "__main__":
    PLACE.mkdir(exist_ok=True)
    asyncio.run(on_telegram(asyncio.run(asked())))
