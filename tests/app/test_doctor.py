"""`doctor`: what stands, what is off, and the one thing that is needed, as the next line to type."""

import asyncio
import json
import sqlite3
from contextlib import closing

from app import doctor
from tests.journeys.chat import chat


async def _opened(home):
    async with chat(home, still=False, account="demo") as reader:
        await reader.say("#AAPL close 5")
        await reader.say("yes")


def test_every_part_is_ready_or_off_on_a_first_start_and_nothing_is_made(home, capsys):
    assert doctor.main(as_json=False) == 0
    said = capsys.readouterr().out
    for part in ("account", "broker", "data", "news", "model", "chat", "storage", "journal"):
        assert any(line.startswith(part) for line in said.splitlines()), part
    assert "the chain of hashes is whole" in said
    assert str(home) in said
    assert not home.exists()


def test_a_changed_journal_is_found_and_named(home, capsys):
    asyncio.run(_opened(home))
    with closing(sqlite3.connect(home / "foliopilot.db", isolation_level=None)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("UPDATE journal SET body = replace(body, 'AAPL', 'NVDA') WHERE seq = 2")
    assert doctor.main(as_json=True) == 2
    parts = {p["part"]: p for p in json.loads(capsys.readouterr().out)["parts"]}
    assert parts["journal"]["state"] == "needs"
    assert parts["journal"]["detail"].startswith("line 2 ")


def test_a_directory_that_cannot_be_used_is_the_one_thing_needed(home, capsys):
    home.write_text("no directory")
    assert doctor.main(as_json=False) == 2
    said = capsys.readouterr().out
    assert str(home) in said
    assert "export FOLIOPILOT_HOME=" in said
