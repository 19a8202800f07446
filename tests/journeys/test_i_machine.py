"""I: the machine's way in: one line of JSON of a shape that stays, an exit code, and nothing anywhere changed."""

import asyncio
import hashlib
import json
import re
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from app import ask, machine, wiring
from commands.registry import Registry
from domain.chat import Incoming
from domain.errors import StorageFailed
from tests.journeys.chat import NOW, chat
from tests.journeys.program import run, start

KEYS = {"kind", "command", "text", "blocks", "figures", "ticket", "error"}
TICKET = {"id", "line", "status", "account", "intents", "findings", "consequence", "expires", "word"}
BLOCKS = {"Text", "KeyValues", "Table", "Chart", "Code", "Buttons"}
UNITS = {"USD", "%", "shares", "count", "days", "score", "sigma", "number", "atr", "seconds", "minutes", "beta", "BTC", "ETH", "SOL"}
INSTANT = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def well_formed(found):
    """The document keeps its promises whatever it says."""
    assert set(found) == KEYS
    assert found["kind"] in ("answer", "ticket", "question", "error")
    assert found["text"]
    assert found["blocks"]
    assert {b["kind"] for b in found["blocks"]} <= BLOCKS
    assert found["command"] is None or re.fullmatch(r"[a-z][a-z-]*", found["command"])
    for figure in found["figures"]:
        assert set(figure) == {"label", "value", "unit", "at", "simulated"}
        assert Decimal(figure["value"]).is_finite()
        assert "E" not in figure["value"].upper()
        assert len(figure["value"]) <= 20, figure
        assert INSTANT.fullmatch(figure["at"])
        assert figure["unit"], figure
    assert (found["kind"] == "error") == (found["error"] is not None)
    assert (found["kind"] == "ticket") == (found["ticket"] is not None)
    if found["ticket"]:
        assert set(found["ticket"]) == TICKET
        assert INSTANT.fullmatch(found["ticket"]["expires"])
        assert set(found["ticket"]["consequence"]) >= {"legs", "changes", "orphans"}
        for finding in found["ticket"]["findings"]:
            assert set(finding) >= {"code", "severity", "sentence", "details"}
    if found["error"]:
        assert set(found["error"]) == {"code", "message"}
        assert re.fullmatch(r"[a-z][a-z_]*", found["error"]["code"])


CONTRACT = (
    # text, exit code, kind, command, error code
    ("/positions", 0, "answer", "positions", None),
    ("/Profit_Loss", 0, "answer", "profit-loss", None),
    ("what happened yesterday?", 0, "answer", "what-happened", None),
    ("what can be done?", 0, "answer", "what-to-do", None),
    ("why am I down?", 0, "answer", "profit-loss", None),
    ("am I too heavy in tech?", 0, "answer", "exposure", None),
    ("hello", 0, "answer", None, None),
    ("don't sell apple", 0, "answer", None, None),
    ("#AAPL close 50%", 0, "ticket", "close", None),
    ("sell half of my apple", 0, "ticket", "close", None),
    ("#set-stops", 0, "ticket", "set-stops", None),
    ("#close-all", 0, "ticket", "close-all", None),
    ("#emergency-stop", 0, "ticket", "emergency-stop", None),
    ("sell some apple", 0, "question", None, None),
    ("buy tesla", 0, "question", None, None),
    ("#buy TSLA 5000", 2, "ticket", "buy", None),
    ("#sell NVDA 5000", 2, "ticket", "sell", None),
    ("#AAPL closs", 2, "error", None, "grammar"),
    ("#ZZZZ close", 2, "error", None, "unknown_symbol"),
    ("#INTC close", 2, "error", None, "no_position"),
    ("#order-nope cancel", 2, "error", None, "no_such_order"),
    ("/nonsense", 2, "error", None, "unknown_command"),
    ("/journal many", 2, "error", None, "bad_argument"),
    ("", 2, "error", None, "empty"),
    ("/demo forward 2h", 2, "error", None, "read_only"),
    ("/demo shock NVDA -8%", 2, "error", None, "read_only"),
    ("confirm t1", 2, "error", None, "read_only"),
    ("blargh fnord", 2, "error", None, "not_understood"),
)


async def test_every_branch_of_the_contract(tmp_path):
    async with chat(tmp_path / "home", read_only=True) as reader:
        for text, code, kind, command, error in CONTRACT:
            reply = await reader.house.front.handle(Incoming("ask", ask.ORIGIN, text, NOW))
            found = json.loads(machine.dumps(reply, simulated=True))
            well_formed(found)
            assert (machine.exit_code(reply), found["kind"], found["command"]) == (code, kind, command), (text, found["text"])
            assert (found["error"] or {}).get("code") == error, text
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("row", CONTRACT[2::7], ids=lambda row: row[0])
def test_the_command_itself_keeps_the_contract(asked, home, row):
    text, code, kind, command, error = row
    done = asked(text, now=NOW)
    well_formed(done.json)
    assert (done.code, done.json["kind"], done.json["command"], done.err) == (code, kind, command, "")
    assert (done.json["error"] or {}).get("code") == error
    assert not home.exists()


def test_a_ticket_says_everything_and_can_do_nothing(asked):
    ticket = asked("sell HALF of my apple please", now=NOW).json["ticket"]
    assert (ticket["line"], ticket["status"], ticket["word"]) == ("#AAPL close 50%", "PROPOSED", None)
    intent = ticket["intents"][0]
    assert (intent["symbol"], intent["side"], intent["quantity"], intent["reduce_only"]) == ("AAPL", "sell", "19", True)
    changes = {c["label"]: (Decimal(c["before"]), Decimal(c["after"]), c["unit"]) for c in ticket["consequence"]["changes"]}
    leg = ticket["consequence"]["legs"][0]
    assert changes["Cash"][1] - changes["Cash"][0] == Decimal(leg["value"]) - Decimal(leg["fee"])
    assert Decimal(leg["value"]) == 19 * Decimal(leg["price"])
    again = asked(ticket["line"], now=NOW).json["ticket"]
    assert again["line"] == ticket["line"]
    assert again["intents"] == ticket["intents"]
    denied = asked("#buy TSLA 5000", now=NOW).json
    assert denied["ticket"]["status"] == "DENIED"
    assert {"insufficient_cash"} <= {f["code"] for f in denied["ticket"]["findings"]}
    assert "foliopilot chat" in asked("#AAPL close", now=NOW).json["text"]


async def test_every_command_keeps_the_shape(tmp_path):
    async with chat(tmp_path / "home", read_only=True) as reader:
        for spec in Registry.discover().commands():
            if any(p.required for p in spec.parameters) or spec.name == "pair":  # which, bare, changes who is let in
                continue
            reply = await reader.reply(f"/{spec.name}")
            found = json.loads(machine.dumps(reply, simulated=True))
            well_formed(found)
            assert (machine.exit_code(reply), found["command"]) == (0, spec.name), found["text"]


def test_figures_are_the_decimals_behind_the_words(asked):
    found = asked("/positions", now=NOW).json
    value = {f["label"]: (Decimal(f["value"]), f["unit"]) for f in found["figures"]}
    assert all(f["simulated"] for f in found["figures"])
    quantity, last = value["NVDA quantity"][0], value["NVDA last"][0]
    assert value["NVDA quantity"][1] == "shares"
    assert value["NVDA value"] == (quantity * last, "USD")
    weight = next(v for label, v in value.items() if label.startswith("NVDA") and v[1] == "%" and "weight" in label)
    assert Decimal(1) < weight[0] < Decimal(30), "20 means 20%"


def test_the_same_instant_gives_the_same_bytes(tmp_path, asked):
    first, second = (asked("what happened yesterday?", now=NOW).out for _ in range(2))
    assert first == second
    process = run(tmp_path / "home", "ask", "--json", "--now", NOW.isoformat(), "what happened yesterday?")
    assert process.out == first, "another process, too"
    other = asked("what happened yesterday?", now=datetime.fromisoformat("2025-03-06T15:30Z")).out
    assert other != first


def test_a_fault_of_the_program_is_exit_1_and_still_json(asked, monkeypatch):
    said = "The disk is full; nothing was written. Make room and try again."

    async def broken(*_args, **_kwargs):
        raise StorageFailed(said)

    monkeypatch.setattr(wiring, "build", broken)
    done = asked("/positions", now=NOW)
    assert done.code == 1
    assert done.json["error"] == {"code": "internal", "message": said}


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"account": "nobody"}, "unknown_account"),
        ({"at": NOW}, "bad_argument"),
        ({"replay": "bars.csv"}, "bad_argument"),
        ({"book": "missing.csv"}, "import_refused"),
        ({"zone": "Mars/Olympus"}, "bad_argument"),
    ],
)
def test_options_that_cannot_be_are_refused_in_the_same_shape(asked, options, code, tmp_path):
    given = {k: Path(v) if k in ("replay", "book") else v for k, v in options.items()}
    done = asked("/positions", **given)
    well_formed(done.json)
    assert (done.code, done.json["error"]["code"]) == (2, code)


async def _traded(home):
    async with chat(home, still=False, account="demo") as reader:
        await reader.say("#AAPL close 5")
        await reader.say("yes")
        await reader.say("/demo forward 2h")
        return await reader.held("AAPL")


def digest(home):
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(home.iterdir())}


def test_ask_stores_nothing_not_even_on_a_first_start(home, asked):
    done = asked("/positions")
    assert done.code == 0
    assert not home.exists(), "the demo answers before it was ever opened"
    held = asyncio.run(_traded(home))
    before = digest(home)
    for text in (
        "/positions",
        "#AAPL close",
        "#emergency-stop",
        "#set-stops",
        "/demo forward 2h",
        "confirm t1",
        "yes",
        "what can be done?",
    ):
        asked(text)
    assert digest(home) == before
    found = asked("/positions AAPL").json
    assert any(f["label"] == "AAPL quantity" and Decimal(f["value"]) == held for f in found["figures"]), "it looks at what is stored"


def test_any_number_of_asks_run_beside_a_chat(tmp_path):
    home = tmp_path / "home"
    talking = start(home, "chat")
    talking.stdin.write(b"#NVDA close 5\nyes\n/status\n")
    talking.stdin.flush()
    seen = b""
    while b"kill switch" not in seen:
        seen += talking.stdout.readline()
    asking = [start(home, "ask", "--json", text) for text in ("/positions", "what happened today?", "#AAPL close", "/journal")]
    for process in asking:
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        well_formed(json.loads(out))
    assert b"Filled: sold 5 NVDA" in out or b"NVDA close 5" in out, "the journal of the running chat is seen"
    out, err = talking.communicate(b"/positions\n", timeout=60)
    assert talking.returncode == 0, err
    assert b"positions worth $" in out
