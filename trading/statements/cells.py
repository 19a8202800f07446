"""What a cell of a statement says: its number, its date, its kind of transaction. Each reader raises ValueError with the reason."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from decimal import Decimal

from domain.ledger import EntryKind
from domain.orders import Side

CLOSE = time(16)  # when a transaction without a time of day is taken to have happened

_DRESS = re.compile(r"[$€£\s\u00a0]|USD|EUR|GBP", re.IGNORECASE)
_PLAIN = re.compile(r"(?:[0-9]{1,15}|[0-9]{1,3}(?:,[0-9]{3}){1,4})?(?:\.[0-9]{1,12})?")
_COMMA = re.compile(r"[^0-9]*(?:[0-9]+|[0-9]{1,3}(?:\.[0-9]{3})+),(?:[0-9]{1,2}|[0-9]{4,})[^0-9,.]*")
_SYMBOL = re.compile(r"[A-Z0-9][A-Z0-9.\-/]{0,14}")
_NUMERIC_DAY = re.compile(r"([0-9]{1,2})([/.\-])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})(?:[ ,T]+(.*))?")
_NAMED_DAY = ("%d-%b-%Y", "%d %b %Y", "%b %d, %Y", "%b %d %Y", "%B %d, %Y", "%d %B %Y", "%d-%b-%y")
_CLOCKS = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p", "%H:%M:%S.%f", "%I:%M%p", "%I:%M:%S%p")

_KINDS: Mapping[str, tuple[EntryKind, Side | None]] = {
    word.strip(): meaning
    for meaning, words in {
        (EntryKind.TRADE, Side.BUY): "buy, bought, b, purchase, purchased, you bought, market buy, limit buy, buy to cover, cover, bot",
        (EntryKind.TRADE, Side.SELL): "sell, sold, s, sale, you sold, market sell, limit sell, sell short, short, sld",
        (EntryKind.DEPOSIT, None): "deposit, cash in, contribution, ach deposit, wire in, cash deposit, funds received, opening balance",
        (EntryKind.WITHDRAWAL, None): "withdrawal, withdraw, cash out, ach withdrawal, wire out, cash withdrawal, funds paid",
        (EntryKind.DIVIDEND, None): "dividend, dividends, div, cash dividend, qualified dividend, interest, credit interest, bank interest",
        (
            EntryKind.FEE,
            None,
        ): "fee, fees, commission, adr fee, adr mgmt fee, account fee, tax, withholding tax, margin interest, debit interest",
        (EntryKind.SPLIT, None): "split, stock split, reverse split",
    }.items()
    for word in words.split(",")
}


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one file writes: whether days come before months, and whether decimals follow a comma."""

    day_first: bool = False
    comma: bool = False


def bare(text: str) -> str:
    """A cell without the quoting that spreadsheets leave: `="AAPL"` is `AAPL`."""
    text = text.strip().strip("\u200b\ufeff")
    if text.startswith('="') and text.endswith('"') and len(text) > 2:
        text = text[2:-1]
    return text.lstrip("'").strip()


def number(text: str, dialect: Dialect) -> Decimal:
    """A decimal: `1,234.50`, `$5`, `(3.20)` and `3.20-` as negatives; with decimal commas `1.234,50`. No exponents, no NaN."""
    body = _DRESS.sub("", bare(text)).replace("−", "-")
    negative = body.startswith("(") and body.endswith(")")
    body = body[1:-1] if negative else body
    for sign in ("-", "+"):
        if body.startswith(sign) or (sign == "-" and body.endswith(sign)):
            negative ^= sign == "-"
            body = body.removeprefix(sign) if body.startswith(sign) else body.removesuffix(sign)
            break
    if dialect.comma:
        body = body.replace(".", "\0").replace(",", ".").replace("\0", ",")
    if not body or body == "." or not _PLAIN.fullmatch(body):
        raise ValueError(f"{_shown(text)} is not a number")
    value = Decimal(body.replace(",", ""))
    return -value if negative else value


def symbol(text: str) -> str:
    """A symbol in capitals; `$AAPL` is `AAPL`."""
    name = bare(text).lstrip("$").upper()
    if not _SYMBOL.fullmatch(name):
        raise ValueError(f"{_shown(text)} is not a symbol" if name else "the symbol is missing")
    return name


def kind(text: str) -> tuple[EntryKind, Side | None]:
    """What a transaction is, and which side a trade is on."""
    words = " ".join(re.sub(r"[^a-z ]", " ", bare(text)[:60].lower()).split())
    if words in _KINDS:
        return _KINDS[words]
    if words.endswith(("to open", "to close")):
        raise ValueError(f"{_shown(text)} is an option's transaction, which is not read")
    raise ValueError(
        f"{_shown(text)} is no kind of transaction (buy, sell, deposit, withdrawal, dividend, fee)" if words else "the side is missing"
    )


def instant(text: str, clock: str, zone: tzinfo, dialect: Dialect) -> datetime:
    """When a transaction happened, aware UTC: a time with its offset as it is, one without in `zone`, a day alone at 16:00 of `zone`."""
    day, time_of_day, offset = _parts(bare(text), dialect)
    if clock.strip():
        time_of_day = _clock(bare(clock))
    if not 1970 <= day.year <= 2100:
        raise ValueError(f"{_shown(text)} is not in a year from 1970 to 2100")
    return datetime.combine(day, CLOSE if time_of_day is None else time_of_day, offset or zone).astimezone(UTC)


def day_order(texts: Iterable[tuple[int, str]]) -> tuple[bool | None, int]:
    """Whether days come before months in a file's dates like 13/5/2025, and the line that shows it; None while no line does."""
    for line, text in texts:
        found = _NUMERIC_DAY.fullmatch(bare(text))
        if found and int(found[1]) > 12 >= int(found[3]):
            return True, line
        if found and int(found[3]) > 12 >= int(found[1]):
            return False, line
    return None, 0


def numeric_day(text: str) -> str | None:
    """The mark between day and month of a date like 5/6/2025, or None for dates written otherwise."""
    found = _NUMERIC_DAY.fullmatch(bare(text))
    return found[2] if found else None


def comma_decimal(text: str) -> bool:
    """True for a number that only makes sense with a decimal comma, like `12,5` or `1.234,50`."""
    return bool(_COMMA.fullmatch(bare(text)[:40]))


def _parts(text: str, dialect: Dialect) -> tuple[date, time | None, tzinfo | None]:
    numeric = _NUMERIC_DAY.fullmatch(text)
    if numeric:
        first, second, year = int(numeric[1]), int(numeric[3]), int(numeric[4])
        day, month = (first, second) if dialect.day_first else (second, first)
        try:
            written = date(year + 2000 if year < 100 else year, month, day)
        except ValueError as error:
            raise ValueError(f"{_shown(text)} is not a {'day/month/year' if dialect.day_first else 'month/day/year'} date") from error
        return written, _clock(numeric[5]) if numeric[5] else None, None
    iso = re.sub(r" (?=[+\-][0-9]{2}:?[0-9]{2}$)", "", re.sub(r"^([0-9]{4})[/.]([0-9]{2})[/.]([0-9]{2})", r"\1-\2-\3", text))
    try:
        at = datetime.fromisoformat(iso)
    except ValueError:
        return _named(text), None, None
    return at.date(), None if len(iso) <= len("2025-10-10") else at.timetz().replace(tzinfo=None), at.tzinfo


def _named(text: str) -> date:
    for form in _NAMED_DAY:
        try:
            return datetime.strptime(text[:40], form).replace(tzinfo=UTC).date()
        except ValueError:
            continue
    raise ValueError(f"{_shown(text)} is not a date like 2025-10-10" if text else "the date is missing")


def _clock(text: str) -> time:
    for form in _CLOCKS:
        try:
            return datetime.strptime(text.strip().upper()[:20], form).replace(tzinfo=UTC).time()
        except ValueError:
            continue
    raise ValueError(f"{_shown(text)} is not a time like 15:30")


def _shown(text: str) -> str:
    return repr(text.strip()[:30])
