"""What a text must stand on: the figures of the brief by subject and kind, names, moments, headlines, lines, and who is largest."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from copilot.brief import Brief
from copilot.correlate import Names, names_of
from copilot.guarding.dates import When, clock, whens
from copilot.guarding.reading import clean, plainly, sentences
from copilot.symbols import NICKNAMES
from domain.chat import Block, Buttons, Chart, Code, Keys, KeyValues, Reply, Table, Text, Tone
from domain.facts import Fact
from domain.instruments import Instrument
from domain.money import HUNDRED, ZERO

MARKET = "SPY"
OF_EQUITY = " share of equity"
NO_SECTOR = frozenset({"Unknown", "Broad market"})
_SYMBOL = re.compile(r"\b[A-Z][A-Z.]{0,5}\b")
_SPAN = re.compile(r"\b(yesterday|today|this week|this month|this year|last week)\b", re.I)
_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern, re.I))
    for kind, pattern in (
        ("sigma", r"abnormal|sigma"),
        ("share", r"share of p/l"),
        ("weight", r"weight|share of equity"),
        ("exposure", r"exposure"),
        ("gap", r"distance to stop"),
        ("unrealised", r"unrealised|gain on cost|since bought"),
        ("realised", r"realised"),
        ("fee", r"\bfees?\b|commission"),
        ("result", r"p/l|result|gain|loss"),
        ("move", r"\bmove\b|return"),
        ("average", r"average price|\bcost\b"),
        ("stop", r"\bstop\b"),
        ("risk", r"var 9|shortfall|drawdown|volatility|beta"),
        ("cash", r"\bcash\b|buying power"),
        ("equity", r"\bequity\b"),
        ("quantity", r"quantity"),
        ("value", r"\bvalue\b|worth"),
        ("price", r"\blast\b|price|target"),
    )
)
SPANNED = frozenset({"result", "move", "share", "sigma"})
"""Kinds that are of the span that was asked about, whether their label says so or not."""

SIGNED = frozenset({"sigma", "unrealised", "realised", "result", "move"})


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that may be said: its unit (`%`, a currency, `sigma`, `shares`, `count` …), whose it is, of which kind and which span."""

    value: Decimal
    unit: str
    subjects: frozenset[str]
    kind: str
    span: str
    fact: str


@dataclass(frozen=True, slots=True)
class Headline:
    """A headline that may be quoted, whom it concerns, whose move it may explain, and when it came."""

    words: str
    symbols: frozenset[str]
    explains: frozenset[str]
    at: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Ground:
    """Everything a model was told, in a form in which claims can be looked up; made by `ground_of`."""

    brief: Brief
    figures: tuple[Figure, ...]
    names: Names
    symbols: frozenset[str]
    words: frozenset[str]
    days: Mapping[str, frozenset[tuple[int, int]]]
    weekdays: frozenset[int]
    times: frozenset[str]
    sectors: frozenset[str]
    years: frozenset[int]
    headlines: tuple[Headline, ...]
    lines: frozenset[str]
    composed: tuple[tuple[str, frozenset[str]], ...]
    said: frozenset[str]
    results: Mapping[str, Decimal]
    values: Mapping[str, Decimal]
    moves: Mapping[str, Decimal]

    def mentioned(self, text: str) -> frozenset[str]:
        """The symbols a text names, by ticker or by name, and the sectors."""
        low = text.lower()
        sectors = {s for s in self.sectors if s.lower() in low}
        for sector in sectors:  # funds are called after them
            text = re.sub(re.escape(sector), " ", text, flags=re.I)
        return self.names.found(text) | {w for w in _SYMBOL.findall(text) if w in self.symbols} | sectors


def ground_of(
    brief: Brief,
    composed: Reply,
    facts: Sequence[Fact],
    *,
    looked: Sequence[Fact] = (),
    lines: Sequence[str] = (),
    texts: Sequence[str] = (),
) -> Ground:
    """The ground of one answer: the brief with its facts, the composed answer, and of a model's own: the facts that it looked up, the lines
    that it put forward, every text that it was told.
    """
    known = _instruments(brief)
    names = _names(tuple(sorted(known.items(), key=lambda kv: kv[0])))
    told = [clean(t) for t in (*texts, *_words(composed))]
    own = tuple(_figure(f, known, brief.span.suffix) for f in (*composed.facts, *facts))
    figures = (*own, *(_figure(f, known, "") for f in looked))
    made = brief.attribution
    results = {p.symbol: p.total for p in made.parts} if made is not None else {}
    values = {p.symbol: brief.portfolio.value(p.symbol) for p in brief.portfolio.positions if p.symbol in brief.portfolio.quotes}
    moves = {p.symbol: p.move for p in made.parts if p.move is not None} if made is not None else {}
    days, times, weekdays, years = _moments(brief, told)
    sentences_ = _sentences(composed, names, frozenset(known))
    heard = " ".join(told)
    return Ground(
        brief=brief,
        figures=(*figures, *_derived(brief, results, values)),
        names=names,
        symbols=frozenset(known),
        words=frozenset(re.findall(r"[\w&/.-]+", heard)).union(*(f.subjects for f in figures)),
        days=days,
        weekdays=weekdays,
        times=times,
        sectors=frozenset(s for s in brief.portfolio.sectors() if s not in NO_SECTOR),
        years=years,
        headlines=_headlines(brief, told),
        lines=frozenset(clean(x).lower() for x in (*lines, *(r.line for r in brief.recommendations))),
        composed=sentences_,
        said=frozenset(plainly(s) for s, _ in sentences_),
        results=results,
        values=values,
        moves=moves,
    )


@lru_cache(maxsize=8)
def _names(known: tuple[tuple[str, Instrument], ...]) -> Names:
    return names_of(dict(known))


def _instruments(brief: Brief) -> dict[str, Instrument]:
    return dict(brief.portfolio.instruments) | dict(brief.then.instruments)


def _figure(fact: Fact, known: Mapping[str, Instrument], span: str) -> Figure:
    label = fact.label
    subjects = frozenset(w for w in _SYMBOL.findall(label) if w in known)
    if not subjects and label.endswith(OF_EQUITY):
        subjects = frozenset({label.removesuffix(OF_EQUITY)})
    bare = _SYMBOL.sub(lambda m: "" if m.group() in known else m.group(), label)
    kind = next((kind for kind, pattern in _KINDS if pattern.search(bare)), "other")
    if ":" in label:
        kind = "line"
    found = _SPAN.search(label)
    of = found[1].lower() if found else span if kind in SPANNED else ""
    return Figure(fact.value, fact.unit, subjects, kind, of, label)


def _derived(brief: Brief, results: Mapping[str, Decimal], values: Mapping[str, Decimal]) -> list[Figure]:
    """Shares of the result, and how many of what there are: figures that anybody can count."""
    now, total = brief.portfolio, sum(results.values(), ZERO)
    found = [
        Figure(value / total * HUNDRED, "%", frozenset({symbol}), "share", "", f"{symbol} share of P/L")
        for symbol, value in results.items()
        if total
    ]
    span = brief.span.suffix
    for symbol, value in values.items():
        if now.equity > 0:
            found.append(Figure(value / now.equity * HUNDRED, "%", frozenset({symbol}), "weight", "", f"{symbol} weight"))
        found.append(Figure(value, now.spec.currency, frozenset({symbol}), "value", "", f"{symbol} value"))
    stops = {s.symbol for s in brief.stops}
    held = [p.symbol for p in now.positions]
    counts = {
        "positions": len(held),
        "positions without a stop": sum(1 for s in held if s not in stops),
        "positions with a stop": sum(1 for s in held if s in stops),
        "positions up": sum(1 for s in held if results.get(s, ZERO) > 0),
        "positions down": sum(1 for s in held if results.get(s, ZERO) < 0),
        "trades": len(brief.trades),
        "suggestions": len(brief.recommendations),
        "headlines": len(brief.links),
        "reports ahead": len(brief.earnings),
    }
    found += [Figure(Decimal(n), "count", frozenset(), "count", "", name) for name, n in counts.items()]
    for name, value in brief.portfolio.sectors().items():
        if now.equity > 0:
            found.append(Figure(value / now.equity * HUNDRED, "%", frozenset({name}), "weight", "", f"{name}{OF_EQUITY}"))
    if brief.market_move is not None:
        found.append(Figure(brief.market_move * HUNDRED, "%", frozenset({MARKET}), "move", span, f"{MARKET} move"))
    return found


def _moments(
    brief: Brief, told: Sequence[str]
) -> tuple[dict[str, frozenset[tuple[int, int]]], frozenset[str], frozenset[int], frozenset[int]]:
    """Days by whom they concern (empty: everybody), and the times, weekdays and years that may be said."""
    by: dict[str, set[tuple[int, int]]] = {"": set()}
    times: set[str] = set()
    weekdays: set[int] = set()
    years: set[int] = set()

    def add(at: datetime, *whose: str) -> None:
        local = at.astimezone(brief.zone)
        for one in whose or ("",):
            by.setdefault(one, set()).add((local.month, local.day))
        times.add(clock(local))
        weekdays.add(local.weekday())
        years.add(local.year)

    for at in (brief.at, brief.span.start, brief.span.end):
        add(at)
    for trade in (*brief.trades, *brief.recent):
        add(trade.at, trade.symbol)
    for link in brief.links:
        add(link.item.at, *link.symbols)
    for impact in brief.impacts:
        add(impact.item.at, impact.symbol)
    for report in brief.earnings:
        add(report.at, report.symbol)
    for event in brief.economic:
        add(event.at, event.name.lower())
    for text in told:
        for when in whens(text):
            if when.day is not None:
                by.setdefault("told", set()).add(when.day)
            if when.time is not None:
                times.add(when.time)
            if when.weekday is not None:
                weekdays.add(when.weekday)
            if when.year is not None:
                years.add(when.year)
    return {k: frozenset(v) for k, v in by.items()}, frozenset(times), frozenset(weekdays), frozenset(years)


def _headlines(brief: Brief, told: Sequence[str]) -> tuple[Headline, ...]:
    explains: dict[str, set[str]] = {}
    concerns: dict[str, set[str]] = {}
    for link in brief.links:
        concerns.setdefault(link.item.headline, set()).update(link.symbols)
    for impact in brief.impacts:
        concerns.setdefault(impact.item.headline, set()).add(impact.symbol)
        if impact.likely:
            explains.setdefault(impact.item.headline, set()).add(impact.symbol)
    quoted = {q for text in told for q in re.findall(r"[“\"]([^”\"\n]{8,})[”\"]", text)}
    at: dict[str, set[str]] = {}
    for item in (*(x.item for x in brief.links), *(x.item for x in brief.impacts)):
        at.setdefault(item.headline, set()).add(clock(item.at.astimezone(brief.zone)))
    own = [Headline(plainly(clean(h)), frozenset(s), frozenset(explains.get(h, ())), frozenset(at[h])) for h, s in concerns.items()]
    have = {h.words for h in own}
    rest = [plainly(q).rstrip("….") for q in quoted]
    return (*own, *(Headline(q, frozenset(), frozenset()) for q in rest if not any(h.startswith(q) for h in have)))


def _words(reply: Reply) -> list[str]:
    return [text for block in reply.blocks for text in _texts(block)]


def _texts(block: Block) -> list[str]:
    match block:
        case Text(text) | Code(text):
            return [text]
        case KeyValues(rows, title):
            return [title, *(f"{a}: {b}" for a, b in rows)]
        case Table(headings, rows, _, title):
            return [title, *(" ".join(r) for r in (headings, *rows))]
        case Chart(title, _, _, _, alternative):
            return [title, alternative]
        case Buttons() | Keys():
            return []


def _sentences(reply: Reply, names: Names, known: frozenset[str]) -> tuple[tuple[str, frozenset[str]], ...]:
    """The composed sentences with whom each is about."""
    found = []
    for block in reply.blocks:
        if isinstance(block, Text) and block.tone is not Tone.QUIET:
            for line in sentences(clean(block.text)):
                for sentence in line:
                    found.append((sentence.text, names.found(sentence.text) | {w for w in _SYMBOL.findall(sentence.text) if w in known}))
    return tuple(found)


def nicknames() -> frozenset[str]:
    """Names of companies that people know, whether they are listed here or not."""
    return frozenset(name for names in NICKNAMES.values() for name in names if len(name) > 3)


def moment_fits(ground: Ground, when: When, subjects: frozenset[str], text: str) -> bool:
    """True for a moment that was told, of those it is said of: a report's day belongs to its company."""
    if when.year is not None and when.year not in ground.years:
        return False
    if when.time is not None:
        quoted = [h for h in ground.headlines if h.at and h.words in plainly(text)]
        return when.time in (frozenset().union(*(h.at for h in quoted)) if quoted else ground.times)
    if when.weekday is not None:
        return when.weekday in ground.weekdays
    if when.month is not None:
        return any(when.month == day[0] for days in ground.days.values() for day in days)
    if when.day is None:
        return True
    own = {day for s in subjects for day in ground.days.get(s, ())}
    named = {day for name, days in ground.days.items() if name and name != "told" and name in text.lower() for day in days}
    if subjects and re.search(r"\b(reports?|reported|earnings|results)\b", text, re.I):
        return when.day in own
    if named and not subjects:
        return when.day in named
    return when.day in ground.days[""] | own | named | (ground.days.get("told", frozenset()) if not subjects else frozenset())
