"""The understanding sets: how a line is judged, and the score tables by split, level and category."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from time import perf_counter

from commands import grammar
from copilot.meaning import AskBack, Before, Call, Chat, Known, Meaning, Propose, Question, Several, spoken_of
from copilot.symbols import SymbolIndex
from copilot.understand import understand
from domain.instruments import AssetClass, Instrument
from market.world import listing

FILE = Path(__file__).with_name("understanding.jsonl")
BLIND = Path(__file__).with_name("blind.jsonl")
HARDER = Path(__file__).with_name("harder.jsonl")
SPLITS = ("dev", "held-out")
COMMANDS = frozenset(
    [
        "help",
        "tutorial",
        "examples",
        "what-happened",
        "positions",
        "portfolio-summary",
        "profit-loss",
        "performance",
        "orders",
        "journal",
        "news",
        "what-to-do",
        "exposure",
        "explain",
        "why",
        "status",
        "demo",
        "quote",
        "stops",
        "chart",
    ]
)
HELD = frozenset({"AAPL", "NVDA", "TSLA", "MSFT", "GOOGL", "AMZN", "XOM", "JPM", "BTC", "NOW", "V", "D", "DIS"})
DEMO_HELD = frozenset({"NVDA", "BTC", "AAPL", "MSFT", "SPY", "XOM", "AMZN", "TSLA", "JPM", "COST", "UNH", "DIS", "CEG"})
NAMES = {
    "AAPL": "Apple Inc.", "ADBE": "Adobe Inc.", "AMD": "Advanced Micro Devices, Inc.", "AMZN": "Amazon.com, Inc.", "AVGO": "Broadcom Inc.",
    "BAC": "Bank of America Corporation", "CEG": "Constellation Energy Corporation", "CRM": "Salesforce, Inc.",
    "CSCO": "Cisco Systems, Inc.",
    "D": "Dominion Energy, Inc.", "DIS": "The Walt Disney Company", "GOOGL": "Alphabet Inc. Class A", "GOOG": "Alphabet Inc. Class C",
    "GS": "The Goldman Sachs Group, Inc.", "INTC": "Intel Corporation", "JPM": "JPMorgan Chase & Co.", "MA": "Mastercard Incorporated",
    "META": "Meta Platforms, Inc.", "MSFT": "Microsoft Corporation", "MU": "Micron Technology, Inc.", "NFLX": "Netflix, Inc.",
    "NOW": "ServiceNow, Inc.", "NVDA": "NVIDIA Corporation", "ORCL": "Oracle Corporation", "PLTR": "Palantir Technologies Inc.",
    "QCOM": "Qualcomm Incorporated", "TSLA": "Tesla, Inc.", "UBER": "Uber Technologies, Inc.", "UNH": "UnitedHealth Group Incorporated",
    "V": "Visa Inc.", "COIN": "Coinbase Global, Inc.", "COST": "Costco Wholesale Corporation", "WMT": "Walmart Inc.",
    "XOM": "Exxon Mobil Corporation", "SPY": "SPDR S&P 500 ETF Trust", "QQQ": "Invesco QQQ Trust", "ALL": "The Allstate Corporation",
    "ON": "ON Semiconductor Corporation", "IT": "Gartner, Inc.", "A": "Agilent Technologies, Inc.", "F": "Ford Motor Company",
    "T": "AT&T Inc.", "SO": "The Southern Company", "ARE": "Alexandria Real Estate Equities, Inc.",
}  # fmt: skip
COINS = {"BTC": "Bitcoin", "ETH": "Ether", "SOL": "Solana"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the set: the text, where it belongs, what counts as right, and the symbol spoken of before."""

    id: str
    text: str
    level: str
    split: str
    expect: tuple[str, ...]
    last: str | None
    category: str = ""
    before: str | None = None

    @property
    def wants_ticket(self) -> bool:
        """True when a card may be drawn up."""
        return any(e.startswith("#") for e in self.expect)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a line was understood."""

    line: Line
    got: str
    right: bool
    false_ticket: bool
    seconds: float


def instruments() -> dict[str, Instrument]:
    """The market the set speaks of, word-like tickers included."""
    stocks = {s: _instrument(s, n, AssetClass.EQUITY, "NASDAQ", "0.01", "1") for s, n in NAMES.items()}
    return stocks | {s: _instrument(s, n, AssetClass.CRYPTO, "CRYPTO", "0.01", "0.000001") for s, n in COINS.items()}


def _instrument(symbol: str, name: str, kind: AssetClass, venue: str, tick: str, lot: str) -> Instrument:
    return Instrument(symbol, name, kind, venue, "USD", Decimal(tick), Decimal(lot), "Information Technology")


def lines(file: Path = FILE) -> list[Line]:
    """A whole set."""
    found = [json.loads(text) for text in file.read_text(encoding="utf-8").splitlines()]
    return [
        Line(d["id"], d["text"], d["level"], d["split"], tuple(d["expect"]), d.get("last"), d.get("category", ""), d.get("before"))
        for d in found
    ]


def spelled(meaning: Meaning) -> str:
    """A meaning in the notation of the set: `/command key=value`, `#line`, `?`, `~`."""
    match meaning:
        case Propose(action=action):
            return action.line()
        case Call(command=command, arguments=arguments):
            return " ".join([f"/{command}", *(f"{k}={v}" for k, v in arguments.items())])
        case Question(symbol=symbol, span=span):
            return " ".join([f"/{meaning.command}", *([f"symbol={symbol}"] if symbol else []), f"span={span}"])
        case Several(meanings=meanings):
            return " + ".join(spelled(m) for m in meanings)
        case AskBack():
            return "?"
        case Chat():
            return "~"


def judge(line: Line, known: Known) -> Verdict:
    """Understand one line and compare."""
    started = perf_counter()
    before = _before(line.before, known) if line.before else None
    last = line.last or (spoken_of(before.meaning) if before is not None else None)
    meaning = understand(line.text, Known(known.instruments, known.held, known.commands, last, known.index, before))
    seconds = perf_counter() - started
    got = spelled(meaning)
    ticket = isinstance(meaning, Propose)
    return Verdict(line, got, any(_fits(e, got) for e in line.expect), ticket and not line.wants_ticket, seconds)


OFFERED = ("#UNH close 50%", "#set-stops", "#BTC close 33%")
"""What the answer to "what should I do?" offers in the demo book."""


def _before(text: str, known: Known) -> Before:
    """What a line leans on: the one before it as it is understood, with what its answer offers."""
    if text.startswith("#"):
        return Before(Propose(grammar.parse(text, lambda s: s in known.instruments, lambda s: ()), text))
    meaning = understand(text, known)
    offers = isinstance(meaning, Call) and meaning.command in ("what-to-do", "what-happened")
    parsed = tuple(grammar.parse(line, lambda s: s in known.instruments, lambda s: ()) for line in OFFERED)
    return Before(meaning, parsed if offers else ())


def _fits(expected: str, got: str) -> bool:
    if expected == "none":
        return not got.startswith("#")
    parts = got.split(" + ")
    if " + " in expected:
        wanted = expected.split(" + ")
        return len(wanted) == len(parts) and all(_fits(w, g) for w, g in zip(wanted, parts, strict=True))
    if len(parts) > 1:
        return any(_fits(expected, part) for part in parts)
    if expected.startswith("/"):
        return set(expected.split()) <= set(got.split())
    return expected == got


def world() -> Known:
    """What the copilot knows in the first set: a market with word-like tickers."""
    listed = instruments()
    return Known(listed, HELD, COMMANDS, None, SymbolIndex(listed))


def demo() -> Known:
    """What the copilot knows in the blind set: the demo world and its book."""
    listed = listing.instruments()
    return Known(listed, DEMO_HELD, COMMANDS, None, SymbolIndex(listed))


def verdicts(wanted: Iterable[Line] | None = None, known: Known | None = None) -> list[Verdict]:
    """Every line judged; of the first set in its own market where nothing else is given."""
    meant = known if known is not None else world()
    return [judge(line, meant) for line in (wanted if wanted is not None else lines())]


def blind() -> list[Verdict]:
    """Every line of the blind set judged."""
    return verdicts(lines(BLIND), demo())


def harder() -> list[Verdict]:
    """Every line of the harder set judged."""
    return verdicts(lines(HARDER), demo())


def score(judged: Sequence[Verdict], level: str, split: str) -> tuple[int, int]:
    """How many are right, of how many."""
    chosen = [v for v in judged if v.line.level == level and v.line.split == split]
    return sum(v.right for v in chosen), len(chosen)


def table(judged: Sequence[Verdict]) -> str:
    """The score table by split and level."""
    rows = [f"{'split':<10}{'level':<8}{'right':>6}{'of':>6}{'share':>9}"]
    for split in SPLITS:
        for level in ("plain", "hard"):
            right, of = score(judged, level, split)
            rows.append(f"{split:<10}{level:<8}{right:>6}{of:>6}{right / of:>9.1%}")
    times = sorted(v.seconds for v in judged)
    rows.append(f"tickets drawn up where none was asked for: {sum(v.false_ticket for v in judged)} of {len(judged)} lines")
    rows.append(f"time a line: median {times[len(times) // 2] * 1000:.2f} ms, longest {times[-1] * 1000:.2f} ms")
    return "\n".join(rows)


def by_category(judged: Sequence[Verdict]) -> str:
    """The score table by category: right of all in each split, and tickets that nobody asked for."""
    rows = [f"{'category':<18}{'dev':>9}{'held-out':>10}{'false tickets':>15}"]
    for category in dict.fromkeys(v.line.category for v in judged):
        rows.append(_row(category, [v for v in judged if v.line.category == category]))
    return "\n".join([*rows, _row("all", judged)])


def _row(name: str, judged: Sequence[Verdict]) -> str:
    cells = []
    for split in SPLITS:
        chosen = [v for v in judged if v.line.split == split]
        cells.append(f"{sum(v.right for v in chosen)}/{len(chosen)}")
    return f"{name:<18}{cells[0]:>9}{cells[1]:>10}{sum(v.false_ticket for v in judged):>15}"
