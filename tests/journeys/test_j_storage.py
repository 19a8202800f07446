"""J: one writer at a time and any number of lookers; the same on a PostgreSQL; and a directory that cannot be used is said to be so."""

import os
import re
import signal
import sqlite3
import time
from pathlib import Path

import pytest

from storage.filestore import FileStore
from tests.journeys.chat import chat
from tests.journeys.program import run, start
from tests.storage.server import server
from tests.storage.test_faults import sabotage


def until(process, mark):
    """Read a running chat's answers up to a mark."""
    seen = b""
    while mark not in seen:
        line = process.stdout.readline()
        assert line, process.communicate()
        seen += line
    return seen.decode()


def talking(home, **more):
    """A chat under way that has answered once."""
    process = start(home, "chat", **more)
    process.stdin.write(b"/status\n")
    process.stdin.flush()
    until(process, b".1 Summary")
    return process


def test_a_second_one_says_who_works_here_and_leaves(tmp_path):
    home, book = tmp_path / "home", tmp_path / "mine.csv"
    book.write_text("date,symbol,side,quantity,price,fees\n2025-01-06,AAPL,buy,10,250,1\n")
    first = talking(home)
    others = [
        start(home, "chat"),
        start(home, "run"),
        start(home, "import", str(book)),
        start(home, "ask", "/positions"),
        start(home, "doctor"),
    ]
    ended = [(p, *p.communicate(timeout=60)) for p in others]
    for process, out, err in ended[:3]:
        assert process.returncode == 2
        assert out == b""
        assert f"process {first.pid} (foliopilot chat) since 20" in err.decode().replace("\n", " ")
        assert b"Traceback" not in err
    assert ended[3][0].returncode == 0, "looking takes no lease"
    assert ended[4][0].returncode == 0
    assert b"the chain of hashes is whole" in ended[4][1]
    throwaway = run(home, "chat", "--now", "2025-03-05T10:30-05:00", said="/positions\n")
    assert throwaway.code == 0, "nor does a run that keeps nothing"
    out, _ = first.communicate(b"#AAPL close 1\nyes\n", timeout=60)
    assert first.returncode == 0
    assert b"Filled: sold 1 AAPL" in out, "the first one never noticed"
    after = run(home, "import", str(book))
    assert after.code == 0, after.err


def test_a_killed_one_holds_nothing_and_a_stopped_one_keeps_it(tmp_path):
    home = tmp_path / "home"
    first = talking(home)
    os.kill(first.pid, signal.SIGSTOP)
    second = run(home, "chat", said="/positions\n")
    assert second.code == 2
    assert str(first.pid) in second.err
    first.kill()
    first.communicate()
    third = run(home, "chat", said="/positions\n")
    assert third.code == 0, "the system let go of the lock at once"


def test_run_works_without_a_terminal_until_it_is_told_to_stop(tmp_path):
    home = tmp_path / "home"
    process = start(home, "run")
    banner = until(process, b"Ask in your own words")
    assert "DEMO, SIMULATED MARKET" in banner
    time.sleep(0.2)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert b"Traceback" not in err


def test_the_same_house_stands_on_a_postgresql(tmp_path):
    home = tmp_path / "home"
    with server() as url:
        first = talking(home, DATABASE_URL=url)
        second = run(home, "chat", said="/positions\n", DATABASE_URL=url)
        assert second.code == 2
        assert str(first.pid) in second.err
        out, err = first.communicate(b"/positions\n#AAPL close 1\nyes\n#NVDA close 50%\n", timeout=60)
        assert first.returncode == 0, err
        assert b"Filled: sold 1 AAPL at $" in out
        ident = re.search(rb"Card (\w{8})\. Expires.*\Z", out, re.S)
        assert ident is not None
        asked = run(home, "ask", "--json", "/journal", DATABASE_URL=url)
        assert asked.code == 0, asked.err
        assert "Filled: sold 1 AAPL at $" in asked.json["text"]
        again = run(home, "chat", said="/status\n/journal\n", DATABASE_URL=url)
        assert again.code == 0
        assert "Expired by restart" in again.out
        assert "PostgreSQL" in again.out
        assert "password" not in again.out + again.err
    assert not (home / "foliopilot.db").exists()


def test_a_server_that_is_not_there_is_a_sentence(tmp_path):
    url = "postgresql://someone:s3cret@127.0.0.1:9/foliopilot"
    for arguments in (("chat",), ("ask", "--json", "/positions")):
        done = run(tmp_path / "home", *arguments, DATABASE_URL=url)
        assert done.code in (1, 2)
        assert "database server" in done.out + done.err
        assert "Traceback" not in done.err
        assert "s3cret" not in done.out + done.err
    for url, said in (("mysql://x/y", "SQLite and PostgreSQL"), ("nonsense", "cannot be read")):
        done = run(tmp_path / "home", "ask", "/positions", DATABASE_URL=url)
        assert done.code == 2
        assert said in done.err


def _plain_file(home):
    home.write_text("I am no directory.")


def _database_of_words(home):
    home.mkdir()
    (home / "foliopilot.db").write_text("I am no database." * 100)


def _directory_for_database(home):
    (home / "foliopilot.db").mkdir(parents=True)


def _newer(home):
    home.mkdir()
    with sqlite3.connect(home / "foliopilot.db") as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32))")
        connection.execute("INSERT INTO alembic_version VALUES ('9999')")
    connection.close()


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (_plain_file, "home_unusable"),
        (_database_of_words, "home_unusable"),
        (_directory_for_database, "home_unusable"),
        (_newer, "newer_database"),
    ],
)
def test_a_directory_that_cannot_be_used_is_named_and_left_as_it_is(home, asked, spoil, code):
    spoil(home)
    before = home.read_bytes() if home.is_file() else {p.name: p.is_file() and p.read_bytes() for p in home.iterdir()}
    done = asked("/positions")
    assert done.code == 2, done.out
    assert done.json["error"]["code"] == code
    assert str(home) in done.json["error"]["message"] or "newer version" in done.json["error"]["message"]
    talked = run(home, "chat", said="/positions\n")
    assert (talked.code, talked.out) == (2, "")
    assert str(home) in talked.err or "newer version" in talked.err
    assert "Traceback" not in talked.err
    after = home.read_bytes() if home.is_file() else {p.name: p.is_file() and p.read_bytes() for p in home.iterdir() if p.suffix == ".db"}
    assert after == before


def test_a_directory_nobody_may_write_is_said_to_be_so(tmp_path):
    if os.geteuid() == 0:
        home = Path("/proc/foliopilot")  # a place where not even the superuser can make one
    else:
        (tmp_path / "locked").mkdir(mode=0o500)
        home = tmp_path / "locked" / "home"
    for arguments, said in ((("chat",), "/positions\n"), (("ask", "/positions"), "")):
        done = run(tmp_path / "elsewhere", *arguments, said=said, FOLIOPILOT_HOME=str(home))
        if arguments[0] == "ask":
            assert done.code == 0, "looking needs no directory"
        else:
            assert done.code == 2
            assert "export FOLIOPILOT_HOME=" in done.err
        assert "Traceback" not in done.err


async def test_a_full_disk_is_told_nothing_is_sent_and_it_goes_on_when_there_is_room(tmp_path):
    async with chat(tmp_path, still=False, account="demo") as reader:
        held, store = await reader.held("AAPL"), reader.house.store
        assert isinstance(store, FileStore)
        pages = (tmp_path / "foliopilot.db").stat().st_size // 4096
        await sabotage(store, lambda connection: connection.execute(f"PRAGMA max_page_count = {pages}"))
        said: list[str] = []
        while not any("the database refused" in answer.lower() for answer in said):
            assert len(said) < 60, said[-2:]
            said += [await reader.say("#AAPL close 1"), await reader.say("yes")]
        assert "Traceback" not in "".join(said)
        assert "positions worth" in await reader.say("/positions"), "reading goes on"
        await reader.pushes()
        await sabotage(store, lambda connection: connection.execute("PRAGMA max_page_count = 1073741823"))
        await reader.pushes()
        sold = held - await reader.held("AAPL")
        released = sum("Done: #AAPL close 1" in answer or "Confirmed: #AAPL close 1" in answer for answer in said)
        assert sold == released, "what was released while there was room for its row was sent, once, as soon as it could be"
        card = await reader.card("#AAPL close 1")
        assert "Done" in await reader.say(f"confirm {card.id}")
        assert held - await reader.held("AAPL") == sold + 1
        assert await reader.whole()
