"""A: the commands, and a core that needs none of the heavy packages."""

from tests.journeys.program import python, run

COMMANDS = ("ask", "backup", "chat", "doctor", "import", "restore", "run")
HEAVY = ("telegram", "discord", "langchain", "openai", "ccxt", "alpaca", "matplotlib", "pandas", "numpy", "apscheduler")

WATCHED = f"""
import sys
HEAVY = {HEAVY!r}
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in HEAVY:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Absent())
sys.argv[0] = "foliopilot"
from app.cli import main
try:
    main()
except SystemExit as stop:
    code = stop.code or 0
else:
    code = 0
loaded = sorted({{name.partition(".")[0] for name in sys.modules}} & set(HEAVY))
print(f"exit {{code}}; heavy {{loaded}}", file=sys.stderr)
sys.exit(code)
"""
"""Runs the command where none of the heavy packages can be imported, and says at its end which of them are there all the same."""


def test_help_lists_the_commands_and_imports_nothing_heavy(tmp_path):
    done = python(tmp_path / "home", WATCHED, "--help")
    listed = done.out.partition("Commands:\n")[2].split("\n")
    assert tuple(line.split()[0] for line in listed if line.strip()) == COMMANDS
    assert all(len(line.split()) > 3 for line in listed if line.strip())
    assert done.err.endswith("exit 0; heavy []\n")
    assert not (tmp_path / "home").exists()


def test_the_core_alone_answers_a_question(tmp_path):
    done = python(tmp_path / "home", WATCHED, "ask", "--now", "2025-03-05T10:30-05:00", "what happened yesterday?")
    assert "yesterday" in done.out.splitlines()[0]
    assert "$" in done.out.splitlines()[0]
    assert done.err.endswith("exit 0; heavy []\n")


def test_the_core_alone_talks_and_trades(tmp_path):
    done = python(tmp_path / "home", WATCHED, "chat", said="/positions\n#NVDA close 50%\nyes\n")
    assert "positions worth $" in done.out
    assert "Filled: sold " in done.out
    assert done.err.endswith("exit 0; heavy []\n")


def test_what_is_typed_wrongly_on_the_command_line_is_a_sentence_and_exit_2(tmp_path):
    home = tmp_path / "home"
    for arguments, said in (
        (("chatt",), "No such command 'chatt'"),
        (("ask",), "Missing argument"),
        (("ask", "--now", "yesterday", "/positions"), "write it like 2025-10-10T14:00-04:00"),
        (("ask", "--now", "2025-03-05T10:30", "/positions"), "has no zone"),
    ):
        done = run(home, *arguments)
        assert (done.code, done.out) == (2, ""), arguments
        assert said in done.err
        assert "Traceback" not in done.err
    assert not home.exists()
