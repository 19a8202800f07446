"""The palette: what can be typed next, for `/` and `#`, by prefix, word, typing error or help text, with the actions possible now."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from commands.index import NameIndex, words_of
from domain.chat import CommandSpec, Parameter, Verb
from domain.instruments import Instrument

if TYPE_CHECKING:
    from trading.book import Book

LIMIT = 8
ENOUGH = 3  # under this many hits the fuzzy search is asked as well
KEPT = 2  # places kept for misspelt names behind many prefix hits
FUZZY = 60.0
LONGEST = 120


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A line that can be typed (a trailing blank means: it goes on), what it does, and its category."""

    line: str
    help: str
    group: str


class Shelf:
    """Suggestions with the index that finds them; `extra` words (help, examples, company names) find them too, after their names."""

    def __init__(self, suggestions: Sequence[Suggestion], extra: Sequence[str] = ()) -> None:
        self.suggestions = tuple(suggestions)
        self._index = NameIndex([s.line for s in self.suggestions])
        self._texts = NameIndex([f"{s.help} {more}" for s, more in zip(self.suggestions, extra or [""] * len(suggestions), strict=True)])

    def search(self, text: str, limit: int = LIMIT) -> list[Suggestion]:
        """The best suggestions for what was typed after the sigil; nothing typed gives the first ones."""
        query = words_of(text[:LONGEST])
        if not query:
            return list(self.suggestions[:limit])
        joined = " ".join(query)
        index = self._index
        found = dict.fromkeys(index.prefixed(joined))
        found |= dict.fromkeys(index.worded(query))
        near = [n for n in index.misspelt(joined) if n not in found]
        ordered = list(found)[: max(limit - KEPT, limit - len(near))] + near if near else list(found)
        if len(ordered) < limit:
            ordered += [n for n in index.misspelt_words(query) if n not in ordered]
        if len(ordered) < limit and all(len(w) > 2 for w in query):
            ordered += [n for n in self._texts.worded(query) if n not in ordered]
        if len(ordered) < ENOUGH:
            ordered += [n for n in self._fuzzy(joined, limit) if n not in ordered]
        return [self.suggestions[n] for n in dict.fromkeys(ordered)][:limit]

    def _fuzzy(self, joined: str, limit: int) -> list[int]:
        rapidfuzz = importlib.import_module("rapidfuzz")  # only when little else was found
        hits = rapidfuzz.process.extract(joined, self._index.names, scorer=rapidfuzz.fuzz.ratio, score_cutoff=FUZZY, limit=limit)
        return [int(hit[2]) for hit in hits]


class Palette:
    """Completions for a chat: commands are indexed once, actions again whenever what is held, ordered or halted has changed."""

    def __init__(self, specs: Iterable[CommandSpec], instruments: Mapping[str, Instrument] | None = None) -> None:
        every = tuple(specs)
        self._commands = {s.name: s for s in every if s.sigil == "/"}
        self._verbs = {s.name: s for s in every if s.sigil == "#"}
        self._instruments = instruments or {}
        commands = sorted(self._commands.values(), key=lambda s: (s.group, s.name))
        self._slash = Shelf([Suggestion(f"/{s.name}", s.help, s.group) for s in commands], [" ".join(s.examples) for s in commands])
        self._actions: tuple[object, Shelf] | None = None

    def search(self, text: str, book: Book | None = None, limit: int = LIMIT) -> list[Suggestion]:
        """What the text can become, best first: at most `limit` suggestions, each a whole line."""
        line = text.lstrip()[:LONGEST]
        if line.startswith("/"):
            name, blank, rest = line[1:].partition(" ")
            spec = self._commands.get(name.lower().replace("_", "-"))
            return self._arguments(spec, rest, book, limit) if spec is not None and blank else self._slash.search(line[1:], limit)
        if line.startswith("#"):
            return self._shelf(book).search(line[1:].replace("$", ""), limit)
        if not line:
            return []
        both = (*self._slash.search(line, limit), *self._shelf(book).search(line, limit))
        return list(both)[:limit]

    def _arguments(self, spec: CommandSpec, rest: str, book: Book | None, limit: int) -> list[Suggestion]:
        """The command with each value its next argument can have."""
        done, _, begun = rest.rpartition(" ")
        used = done.lower().split()
        base = f"/{spec.name}" + "".join(f" {w}" for w in done.split())
        free = [p for p in spec.parameters if not any(w in p.choices for w in used)]
        values = list(dict.fromkeys(v for p in free for v in self._values(p, book)))
        fitting = [v for v in values if v.lower().startswith(begun.lower()) and v.lower() not in used]
        return [Suggestion(f"{base} {v}", spec.help, spec.group) for v in fitting][:limit]

    def _values(self, parameter: Parameter, book: Book | None) -> Sequence[str]:
        if parameter.kind != "symbol":
            return parameter.choices
        held = [p.symbol for p in book.holdings.positions] if book else []
        return (*held, *(s for s in self._instruments if s not in held))

    def _shelf(self, book: Book | None) -> Shelf:
        """The actions possible now, indexed again only when what they hang on has changed."""
        key: object = None
        if book is not None:
            held = tuple((p.symbol, p.quantity > 0) for p in book.holdings.positions)
            orders = tuple(o.client_id for o in book.orders if o.open)
            key = (held, orders, book.halted)
        if self._actions is None or self._actions[0] != key:
            self._actions = (key, self._possible(book))
        return self._actions[1]

    def _possible(self, book: Book | None) -> Shelf:
        entries = [*self._positions(book), *self._orders(book), *self._batches(book), *self._buys(book)]
        return Shelf([s for s, _ in entries], [extra for _, extra in entries])

    def _positions(self, book: Book | None) -> list[tuple[Suggestion, str]]:
        tails = (
            (Verb.CLOSE, ""),
            (Verb.CLOSE, " 50%"),
            (Verb.STOP, " 5%"),
            (Verb.TRAILING, " 2%"),
            (Verb.TARGET, " 10%"),
            (Verb.TRAILING, " 2% after 3%"),
            (Verb.LADDER, " 5% 50% 10% 50%"),
            (Verb.BREAKEVEN, " 5%"),
            (Verb.EXIT, " close"),
        )
        return [
            self._entry(verb, f"#{p.symbol} {verb}{tail}", p.symbol)
            for p in (book.holdings.positions if book else ())
            for verb, tail in tails
            if verb in self._verbs
        ]

    def _orders(self, book: Book | None) -> list[tuple[Suggestion, str]]:
        waiting = [o for o in book.orders if o.open] if book else []
        entries: list[tuple[Suggestion, str]] = []
        for order in waiting:
            price = "limit" if order.limit is not None else "stop" if order.stop is not None else ""
            cancel, _ = self._entry(Verb.CANCEL, f"#order-{order.client_id} cancel", order.symbol)
            entries.append((cancel, f"{order.symbol} {order.side} {order.type}"))
            if price:
                modify, _ = self._entry(Verb.MODIFY, f"#order-{order.client_id} modify {price} ", order.symbol)
                entries.append((modify, f"{order.symbol} {order.side} {order.type}"))
        return entries

    def _batches(self, book: Book | None) -> list[tuple[Suggestion, str]]:
        verbs: list[Verb] = [Verb.EMERGENCY_STOP]
        if book is None or book.holdings.positions:
            verbs += [Verb.SET_STOPS, Verb.TAKE_PROFITS, Verb.CLOSE_ALL]
        if book is None or any(o.open for o in book.orders):
            verbs.append(Verb.CANCEL_ALL)
        if book is None or book.halted:
            verbs.append(Verb.RESUME)
        return [self._entry(v, f"#{v}", "") for v in verbs if v in self._verbs]

    def _buys(self, book: Book | None) -> list[tuple[Suggestion, str]]:
        if book is not None and book.halted:
            return []
        held = {p.symbol for p in book.holdings.positions} if book else set()
        entries = [self._entry(Verb.SELL, f"#sell {s} ", s) for s in sorted(held) if Verb.SELL in self._verbs]
        return entries + [self._entry(Verb.BUY, f"#buy {s} ", s) for s in self._instruments if Verb.BUY in self._verbs]

    def _entry(self, verb: Verb, line: str, symbol: str) -> tuple[Suggestion, str]:
        spec = self._verbs.get(verb.value)
        instrument = self._instruments.get(symbol)
        called = f"{instrument.name} {' '.join(instrument.aliases)}" if instrument else ""
        return Suggestion(line, spec.help if spec else "", spec.group if spec else "Actions"), called
