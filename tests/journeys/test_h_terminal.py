"""H: the terminal, with a person at its prompt and with a script at its pipe."""

import re
import time
from contextlib import contextmanager

import pexpect

from tests.journeys.program import FOLIOPILOT, environment, run, start
from tests.servers.telegram import TOKEN

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[=>]|\x1b\].*?\x07|\r")
WHERE_IS_THE_CURSOR = r"\x1b\[6n"


class Person:
    """Somebody at a terminal of 100 columns that says where its cursor is when it is asked, as every real one does."""

    def __init__(self, home, *arguments):
        self.child = pexpect.spawn(
            str(FOLIOPILOT),
            ["chat", *arguments],
            env=environment(home),
            cwd=str(home.parent),
            dimensions=(50, 100),
            encoding="utf-8",
            timeout=20,
        )

    def types(self, text):
        self.child.send(text)

    def sees(self, pattern):
        """Wait for something on the screen; what was there before it, without colours."""
        text = ""
        while self.child.expect([WHERE_IS_THE_CURSOR, pattern]) == 0:
            text += self.child.before
            self.child.send("\x1b[20;1R")
        text += self.child.before + (self.child.after if isinstance(self.child.after, str) else "")
        return ESCAPES.sub("", text)

    def left(self):
        """How the program ended."""
        self.sees(pexpect.EOF)
        self.child.wait()
        return self.child.exitstatus


@contextmanager
def person(home, *arguments):
    somebody = Person(home, *arguments)
    try:
        yield somebody
    finally:
        somebody.child.close(force=True)


def test_a_person_talks_completes_trades_and_leaves(tmp_path):
    """One long sitting, because a start costs a second: banner, status line, menu, card, fill, Ctrl-C, Ctrl-D, history."""
    home = tmp_path / "home"
    with person(home) as reader:
        banner = reader.sees("›")
        assert "DEMO, SIMULATED MARKET" in banner
        assert "not investment advice" in banner
        reader.sees(r"demo · \$[\d,]+\.\d\d · day [+−]?\$[\d,.]+ \([+−]?[\d.]+%\) · DEMO, SIMULATED MARKET · \w{3} 20\d\d-")
        reader.types("/posi")
        assert "/positions" in reader.sees("Portfolio · [^\x1b]+")
        reader.types("\x15#AAPL cl")
        reader.sees("#AAPL close")
        reader.types("\x15#AAPL close 1\r")
        reader.sees("sell 1 AAPL at market")
        reader.sees(r"\.1 Confirm  \.2 Cancel")
        reader.types("yes\r")
        reader.sees("Done: #AAPL close 1")
        reader.sees(r"Filled: sold 1 AAPL at \$[\d.]+, P/L")
        reader.types("\x03")
        reader.sees("Leave\\?")
        reader.types("n\r")
        reader.sees("›")
        reader.types(f"is {TOKEN} still good?\r")
        reader.sees("That looks like a Telegram bot token")
        reader.types("/demo forward 31d\r")
        reader.sees("On the way to .*Ctrl-C stops this")
        reader.types("\x03")
        reader.sees("Stopped. It is ")
        reader.types("/demo forward 5m\r")
        reader.sees("It is ")
        reader.types("\x03")
        reader.sees("Leave\\?")
        reader.types("y\r")
        assert reader.left() == 0
    history = (home / "history").read_text(encoding="utf-8")
    assert "+#AAPL close 1" in history
    assert TOKEN not in history
    assert not (home / "foliopilot.log").read_text(encoding="utf-8"), "nothing went wrong behind the scenes"
    with person(home) as reader:
        reader.sees("›")
        reader.sees("DEMO, SIMULATED MARKET · ")
        reader.types("\x1b[A")
        reader.sees("/demo forward 5m")
        reader.types("\x15\x04")
        assert reader.left() == 0


def test_an_alert_comes_above_the_prompt_by_itself_and_takes_the_yes_away(tmp_path):
    with person(tmp_path / "home", "--now", "2025-03-05T10:30-05:00") as reader:
        reader.sees("›")
        reader.types("/demo shock UNH -6%\r")
        assert "Its stop at $481.04 is reached" in reader.sees("goes there")
        reader.types("/demo forward 2m\r")
        reader.sees("It is 10:32")
        reader.sees(r"Stop filled: sold 10 UNH at \$")
        reader.types("#AAPL close\r")
        reader.sees(r"\.1 Confirm")
        reader.types("/orders\r")
        reader.sees("orders open")
        reader.types("yes\r")
        reader.sees("A card is open, but it was not the last thing shown")
        reader.types("quit\r")
        assert reader.left() == 0
    assert not (tmp_path / "home").exists()


def test_a_script_gets_one_answer_a_line_and_confirms_and_presses_and_cancels(tmp_path):
    home = tmp_path / "home"
    said = "\n".join(
        (
            "/positions",
            "#AAPL close 2",
            "yes",
            "#MSFT stop 5%",
            ".1",
            "#NVDA close",
            "no",
            "#close-all",
            "yes",
            "#resume",
            ".9",
            "",
            "   ",
            "what can be done?",
            "/nonsense",
        )
    )
    done = run(home, "chat", said=said)  # the last line has no end
    assert done.code == 0, done.err
    out = done.out
    places = [
        out.index(part)
        for part in (
            "13 positions worth $",
            "sell 2 AAPL at market",
            "Done: #AAPL close 2.",
            "Filled: sold 2 AAPL at $",
            "#MSFT stop 5%",
            "Sent: #MSFT stop 5%.",
            "Placed: sell ",
            "#NVDA close\n",
            "Cancelled: #NVDA close.",
            "type confirm",
            "not halted",
            "There is no button .9",
            "things to do",
            "nonsense",
        )
    ]
    assert places == sorted(places)
    assert "\x1b" not in out, "no colours in a pipe"
    assert max(len(line) for line in out.splitlines()) <= 80
    assert "DEMO, SIMULATED MARKET" in done.err
    assert "Traceback" not in done.err
    ident = re.search(r"confirm (\w{8}) CLOSE-ALL", out)
    assert ident is not None
    again = run(home, "chat", said=f"confirm {ident[1]} CLOSE-ALL\n/positions\n")
    assert again.code == 0
    assert "has expired" in again.out, "a restart ended it"
    assert "13 positions worth $" in again.out


def test_a_confirmation_by_id_closes_everything_in_one_sitting(tmp_path):
    """A script that reads what it is told: the id of the card is in the answer."""
    home = tmp_path / "home"
    process = start(home, "chat", "--now", "2025-03-05T10:30-05:00")
    process.stdin.write(b"#close-all\n")
    process.stdin.flush()
    seen_so_far = b""
    while b"Cancel\n" not in seen_so_far:
        seen_so_far += process.stdout.readline()
    ident = re.search(r"confirm (\w{8}) CLOSE-ALL", seen_so_far.decode())[1]
    began = time.monotonic()
    out, err = process.communicate(f"confirm {ident} close-all\n/positions\n".encode(), timeout=60)
    assert time.monotonic() - began < 15
    assert process.returncode == 0
    assert b"Done: #close-all." in out
    assert out.count(b"Filled: sold ") == 13
    assert b"hold" in out.split(b"Filled")[-1]
    assert b"Traceback" not in err


def test_what_no_keyboard_types_is_answered_and_does_not_end_the_session(tmp_path):
    lines = b"\n".join(
        (
            b"x" * 10_000_000,
            b"\xff\xfe\xfa#AAPL close",
            b"#AAPL close \xe2\x80\xae50%",
            b"/positions\x00",
            b"\x1b[2J\x1b[31m",
            "#AAPL close ５０%".encode(),
            b"#" * 5000,
            "é".encode() * 3000,
            b"/positions",
        )
    )
    done = run(tmp_path / "home", "chat", "--now", "2025-03-05T10:30-05:00", said=lines + b"\r\n")
    assert done.code == 0, done.err
    assert "Traceback" not in done.err
    assert "characters; a line here has at most 4,000" in done.out
    assert "U+202E" in done.out
    assert "13 positions worth $" in done.out.split("U+FF15")[-1]
    assert "\x1b" not in done.out
    assert "Confirm" not in done.out, "nothing of that drew a card"
    assert len(done.out) < 6000, "and nobody is shown ten million characters again"
