"""W: who did what can be read, and a log that was touched says so."""

import sqlite3

from tests.journeys.chat import chat
from tests.journeys.program import run


async def test_the_log_names_its_authors_and_a_changed_line_shows(tmp_path):
    home = tmp_path / "home"
    async with chat(home, still=False, account="demo") as reader:
        card = await reader.card("#AAPL close 50%")
        await reader.say(f"cancel {card.id}")
        told = await reader.say("/audit")
        assert told.startswith("The log is whole: ")
        assert f"owner in the terminal: Card {card.id} cancelled: #AAPL close 50%." in told, told
    sound = run(home, "doctor", "--audit")
    assert (sound.code, sound.out.startswith("The journal is whole: ")) == (0, True)
    with sqlite3.connect(home / "foliopilot.db") as database:
        ((line,),) = database.execute("SELECT max(seq) FROM journal WHERE kind = 'TicketMoved'").fetchall()
        for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {trigger}")
        database.execute("UPDATE journal SET who = 'terminal:somebody' WHERE seq = ?", (line,))
    touched = run(home, "doctor", "--audit")
    assert touched.code == 1
    assert touched.out.startswith(f"Line {line} of ")
    async with chat(home, still=False, account="demo") as reader:
        assert f"Line {line} of " in await reader.say("/audit")
