"""Which instrument a word means: by `$` symbol, ticker, company name or nickname; never guessed where money hangs on it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from copilot.phrases import listed
from copilot.vocabulary import COMMON, MENDABLE, close_to, shortened
from copilot.words import Kind, Token
from domain.instruments import AssetClass, Instrument

# How people call what the market lists; used only for instruments that are there.
NICKNAMES: Mapping[str, tuple[str, ...]] = {
    "AAPL": ("apple",),
    "AMD": ("amd", "advanced micro devices"),
    "AMZN": ("amazon",),
    "BAC": ("bank of america", "bofa"),
    "BTC": ("bitcoin", "btc", "bitcoins"),
    "COST": ("costco",),
    "DIS": ("disney",),
    "ETH": ("ether", "ethereum", "eth"),
    "GOOGL": ("google", "alphabet"),
    "GOOG": ("google", "alphabet"),
    "GS": ("goldman", "goldman sachs"),
    "INTC": ("intel",),
    "JPM": ("jpmorgan", "jp morgan", "chase", "jpm"),
    "MA": ("mastercard",),
    "META": ("facebook", "meta"),
    "MSFT": ("microsoft", "msft"),
    "NFLX": ("netflix",),
    "NOW": ("servicenow",),
    "NVDA": ("nvidia",),
    "ORCL": ("oracle",),
    "PLTR": ("palantir",),
    "QCOM": ("qualcomm",),
    "SOL": ("solana",),
    "TSLA": ("tesla",),
    "UNH": ("unitedhealth",),
    "V": ("visa",),
    "WMT": ("walmart",),
    "XOM": ("exxon", "exxon mobil", "exxonmobil"),
}
_LEGAL = listed(
    """
    inc corp corporation co company plc ltd limited holdings holding group class a b c the com sa nv ag trust etf fund shares
    series common stock incorporated international platforms technologies
    """
)
# First words of company names that say too little on their own.
_GENERIC = listed(
    """
    advanced american applied bank best capital constellation digital dominion electric energy financial first general global home
    intuitive invesco ishares national new northern proshares direxion vaneck select service southern spdr standard state
    technology texas trade union united universal western micro us nasdaq russell sector emerging semiconductor ultra ultrapro
    daily bull
    """
)
# Words of orders: a company called like one needs its ticker.
_GRAMMAR = listed("target stop limit market trail buy sell close all order gap match block square open key on it now so are")

_LONG_NAME = 5


@dataclass(frozen=True, slots=True)
class Mention:
    """A stretch of tokens that names an instrument: the `symbols` it may mean; `sure` is False for a guessed spelling.

    A guess is `likely` when it is one slip away from one company's name that is too long to be met by chance, and not written as a ticker.
    """

    start: int
    end: int
    symbols: tuple[str, ...]
    sure: bool = True
    pronoun: bool = False
    likely: bool = False


class SymbolIndex:
    """Names of a market's instruments, looked up by word."""

    def __init__(self, instruments: Mapping[str, Instrument]) -> None:
        self.instruments = instruments
        self._names: dict[tuple[str, ...], list[str]] = {}
        self._longest = 1
        self._near: dict[str, set[str]] | None = None
        for symbol, instrument in instruments.items():
            for phrase in phrases_of(instrument):
                self._names.setdefault(phrase, [])
                if symbol not in self._names[phrase]:
                    self._names[phrase].append(symbol)
                self._longest = max(self._longest, len(phrase))

    def name(self, symbol: str) -> str:
        """The instrument's name, or the symbol."""
        instrument = self.instruments.get(symbol)
        return instrument.name if instrument else symbol

    def is_name(self, raw: str) -> bool:
        """True for a word that is a symbol in capitals, or a company's name: typing errors are not looked for in it."""
        return (
            (raw.isupper() and self._symbol(raw) is not None)
            or (raw.lower(),) in self._names
            or (len(raw) > 2 and raw.lower() not in COMMON and self._symbol(raw.upper()) is not None)
        )

    def mentions(self, found: Sequence[Token], *, guess: bool = True) -> list[Mention]:
        """Every instrument named in the tokens, in order; with `guess` also unknown words one typing error away from a name."""
        shouted = _shouted(found)
        out: list[Mention] = []
        i = 0
        while i < len(found):
            mention = self._at(found, i, shouted=shouted) or (self._guess(found[i], i) if guess else None)
            if mention is None:
                i += 1
            else:
                out.append(mention)
                i = mention.end
        return out

    def _symbol(self, text: str) -> str | None:
        """The listed symbol for `BRK.B`, `BTC/USD`, `BTC-USD` and the like."""
        if text in self.instruments:
            return text
        base = text.replace("/", "-").partition("-")[0]
        instrument = self.instruments.get(base)
        return base if instrument is not None and base != text and instrument.asset_class is AssetClass.CRYPTO else None

    def _at(self, found: Sequence[Token], i: int, *, shouted: bool) -> Mention | None:
        token = found[i]
        if token.kind is Kind.DOLLAR_SYMBOL:
            symbol = self._symbol(token.raw.upper())
            return Mention(i, i + 1, (symbol,) if symbol else ())
        if token.kind is not Kind.WORD:
            return None
        for size in range(min(self._longest, len(found) - i), 0, -1):
            phrase = tuple(t.low for t in found[i : i + size])
            if phrase in self._names and not (size == 1 and found[i].mended):
                return Mention(i, i + size, tuple(sorted(self._names[phrase])))
        symbol = self._symbol(token.raw.upper())
        if symbol is None or token.mended:
            return None
        wordlike = len(symbol) == 1 or token.raw.lower() in COMMON or token.raw.lower() in MENDABLE
        if wordlike or (len(symbol) == 2 and not token.capitals):
            placed = token.capitals and not shouted and ticker_place(found, i)
            return Mention(i, i + 1, (symbol,)) if placed else None
        return Mention(i, i + 1, (symbol,))

    def _guess(self, token: Token, i: int) -> Mention | None:
        low = token.low
        if token.kind is not Kind.WORD or token.mended or len(low) < 4 or low in COMMON or low in MENDABLE:
            return None
        if self._near is None:
            self._near = {}
            for phrase in [p[0] for p in self._names if len(p) == 1] + [s.lower() for s in self.instruments]:
                if len(phrase) > 3:
                    for form in shortened(phrase):
                        self._near.setdefault(form, set()).add(phrase)
        names = {n for form in shortened(low) for n in self._near.get(form, ()) if close_to(low, n)}
        symbols = {s for n in names for s in self._names.get((n,), [n.upper()])}
        likely = len(symbols) == 1 and not token.capitals and any(len(n) >= _LONG_NAME and n.upper() not in self.instruments for n in names)
        return Mention(i, i + 1, tuple(sorted(symbols)), sure=False, likely=likely) if symbols else None


def ticker_place(found: Sequence[Token], i: int) -> bool:
    """True where a ticker stands: after a number, an action verb or a preposition, or first before an action verb or its end."""
    before = found[i - 1] if i else None
    after = found[i + 1] if i + 1 < len(found) else None
    if before is None:
        return after is not None and (after.low in _ACTION_WORDS or after.low == ":")
    if before.kind in (Kind.NUMBER, Kind.MONEY, Kind.PERCENT, Kind.FRACTION):
        return True
    return before.low in _BEFORE_TICKER


_ACTION_WORDS = listed("sell buy close stop trail trailing target price news quote chart exit trim dump position shares stock")
_BEFORE_TICKER = _ACTION_WORDS | listed(
    "of in on for my shares about did does is has into under out from quote than own owning hold holding more at long short"
)


def _shouted(found: Sequence[Token]) -> bool:
    words = [t.raw for t in found if t.kind is Kind.WORD]
    return len(words) > 2 and all(w.isupper() for w in words)


def phrases_of(instrument: Instrument) -> set[tuple[str, ...]]:
    """Every way an instrument is named, as lower-case words; none that is also a word of orders or of plain English."""
    phrases: set[tuple[str, ...]] = set()
    names = [instrument.name.lower(), *(a.lower() for a in instrument.aliases), *NICKNAMES.get(instrument.symbol, ())]
    for k, name in enumerate(names):
        words = [w.strip(".,()'") for w in name.replace(".com", "").replace("-", " ").split()]
        words = [w for w in words if w]
        while k == 0 and len(words) > 1 and words[-1] in _LEGAL:  # `tech etf` is a fund, `tech` a sector
            words.pop()
        if len(words) > 1 and words[0] == "the":
            words = words[1:]
        phrases.add(tuple(words))
        if k == 0 and len(words) > 1 and len(words[0]) > 3 and words[0] not in _GENERIC:
            phrases.add((words[0],))
    return {p for p in phrases if p and not (len(p) == 1 and (len(p[0]) < 3 or p[0] in _GRAMMAR or p[0] in COMMON or p[0] in MENDABLE))}


def held_among(symbols: Collection[str], held: Collection[str]) -> tuple[str, ...]:
    """Those of the symbols that are held, in order."""
    return tuple(s for s in sorted(symbols) if s in held)
