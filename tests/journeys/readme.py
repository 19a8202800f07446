"""The README's transcript, made by the program: `python -m tests.journeys.readme` writes it, a test compares it."""

from __future__ import annotations

import asyncio
import re
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from bot.plain import render
from tests.journeys.chat import chat

README = Path(__file__).resolve().parents[2] / "README.md"
NOW = datetime(2025, 5, 29, 14, 30, tzinfo=UTC)
LINES = ("what happened yesterday?", "sell a third of my nvidia", "yes", "should I sell apple?", "don't sell apple")
BEGIN, END = "<!-- transcript -->", "<!-- end of transcript -->"
WIDTH = 72


async def transcript() -> str:
    """What the terminal shows for the lines, on the demo, the morning after a bad day."""
    parts = []
    with tempfile.TemporaryDirectory() as home:
        async with chat(Path(home), now=NOW) as reader:
            for line in LINES:
                turn = await reader.turn(line)
                parts.append(f"› {line}\n{render(turn.reply, width=WIDTH, number_buttons=True)}")
                if turn.released:
                    await reader.house.pulse()
                    await reader.courier.run_once()
                    parts += [render(reply, width=WIDTH) for reply in reader.pushed]
    return "\n\n".join(parts)


def written(readme: str, text: str) -> str:
    """The README with the transcript between its marks."""
    block = f"{BEGIN}\n\n```text\n{text}\n```\n\n{END}"
    return re.sub(f"{re.escape(BEGIN)}.*{re.escape(END)}", lambda _: block, readme, flags=re.DOTALL)


if __name__ == "__main__":
    README.write_text(written(README.read_text(encoding="utf-8"), asyncio.run(transcript())), encoding="utf-8")
