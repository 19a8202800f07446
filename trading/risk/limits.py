"""The limits a proposal is measured against: every threshold by name, with its unit, its default by kind of account and its range."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from enum import StrEnum

from domain.errors import BadArgument
from domain.money import HUNDRED, MINUS, plain
from domain.portfolio import AccountSpec, Mode

Value = Decimal | int | bool
"""A limit's value: a whole number for a count, True or False for yes or no, else a Decimal in the limit's unit."""

EXAMPLE = "/risk-limits set sector 35%"


class Unit(StrEnum):
    """What a limit counts in."""

    FRACTION = "fraction"  # 0.4 is 40%
    SCORE = "score"
    COUNT = "count"
    SECONDS = "seconds"
    HOURS = "hours"
    DAYS = "days"  # of the exchange
    YES_NO = "yes/no"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is too much, in each limit's unit; `TABLE` says what each is for. A threshold is crossed beyond it, a loss at it."""

    order_size: Decimal = Decimal("0.30")
    ticket_size: Decimal = Decimal("0.50")
    orders_a_ticket: int = 10
    weight_warning: Decimal = Decimal("0.25")
    weight_blocking: Decimal = Decimal("0.50")
    volume_warning: Decimal = Decimal("0.10")
    gross: Decimal = Decimal("1.50")
    net: Decimal = Decimal("1.10")
    sector: Decimal = Decimal("0.40")
    correlation: Decimal = Decimal("0.7")
    shorting: bool = True
    daily_loss: Decimal = Decimal("0.05")
    drawdown: Decimal = Decimal("0.15")
    breaker_cooldown_hours: Decimal = Decimal(24)
    trades_a_day: int = 50
    orders_a_minute: int = 30
    orders_a_day: int = 500
    notional_a_day: Decimal = Decimal(10)
    duplicate_seconds: Decimal = Decimal(30)
    band_warning: Decimal = Decimal("0.05")
    band_blocking: Decimal = Decimal("0.20")
    patient_warning: Decimal = Decimal("0.25")
    patient_blocking: Decimal = Decimal("0.60")
    earnings_days: Decimal = Decimal(2)
    news_hours: Decimal = Decimal(4)
    news_tone: Decimal = Decimal("-0.3")
    entry_sentiment: Decimal = Decimal("0.3")
    sentiment_hours: Decimal = Decimal(24)
    sentiment_required: bool = False

    def value(self, name: str) -> Value:
        """A limit's value by its name; raises AttributeError for a name that is none."""
        found: Value = getattr(self, name)
        return found

    def with_value(self, name: str, value: Value) -> Limits:
        """The same limits with one changed; raises BadArgument out of range, or where a warning would come after its block."""
        limit = named(name)
        if not limit.low <= value <= limit.high:
            raise limit.out_of_range(limit.text(value))
        changed = replace(self, **{limit.name: value})  # type: ignore[arg-type]
        for warning, blocking in PAIRS:
            if name in (warning, blocking) and changed.value(warning) > changed.value(blocking):
                low, high = (named(n).text(changed.value(n)) for n in (warning, blocking))
                raise BadArgument(f"{warning} ({low}) would be above {blocking} ({high}): nothing would warn any more.", example=EXAMPLE)
        return changed


InForce = Callable[[], Limits]
"""The limits in force: asked at every look, so that a changed one holds from the next look on."""

LIVE = {
    "band_warning": Decimal("0.03"),
    "band_blocking": Decimal("0.10"),
    "order_size": Decimal("0.20"),
    "ticket_size": Decimal("0.40"),
    "trades_a_day": 20,
}
"""What differs on a live account: a typing error there costs real money."""

PAIRS = (("weight_warning", "weight_blocking"), ("band_warning", "band_blocking"), ("patient_warning", "patient_blocking"))


def defaults(spec: AccountSpec) -> Limits:
    """The limits of an account nobody changed, by its mode and by whether it was set up with short sales."""
    limits = replace(Limits(), shorting=spec.shorting)
    return replace(limits, **LIVE) if spec.mode is Mode.LIVE else limits  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Limit:
    """What a limit is. `looser` is 1 where more allows more, -1 where less allows more, 0 where neither is true."""

    name: str
    group: str
    unit: Unit
    low: Decimal
    high: Decimal
    looser: int
    help: str

    def text(self, value: Value) -> str:
        """A value as it is typed: `35%`, `0.7`, `30`, `30s`, `4h`, `2d`, `yes`."""
        if self.unit is Unit.YES_NO:
            return "yes" if value else "no"
        number = Decimal(value)
        if self.unit is Unit.FRACTION:
            return f"{plain(number * HUNDRED)}%"
        return f"{plain(number)}{_ENDINGS.get(self.unit, '')}"

    def parse(self, typed: str) -> Value:
        """A typed value: `35%` or `0.35`, `10`, `90s`, `4h`, `2d`, `yes`; raises BadArgument that says what fits."""
        word = typed.strip().lower().replace(MINUS, "-")
        if self.unit is Unit.YES_NO:
            if word not in _WORDS:
                raise self._unreadable(typed, "yes or no")
            return _WORDS[word]
        match = _NUMBER.fullmatch(word)
        if match is None:
            raise self._unreadable(typed, f"a value from {self.text(self.low)} to {self.text(self.high)}")
        number, ending = Decimal(match[1]), match[2]
        value = self._in_unit(number, ending, typed)
        if self.low <= value <= self.high:
            return int(value) if self.unit is Unit.COUNT else value
        if self.unit is Unit.FRACTION and not ending and self.low <= number / HUNDRED <= self.high:
            line = f"/risk-limits set {self.name} {plain(number)}%"
            raise BadArgument(f"{plain(number)} is {plain(number * HUNDRED)}%: did you mean `{line}`?", example=line)
        raise self.out_of_range(self.text(value))

    def loosens(self, was: Value, becomes: Value) -> bool:
        """True when the change allows something that was not allowed."""
        return (Decimal(becomes) - Decimal(was)) * self.looser > 0

    def out_of_range(self, shown: str) -> BadArgument:
        """The refusal of a value that is no sane one."""
        low, high = self.text(self._exact(self.low)), self.text(self._exact(self.high))
        return BadArgument(f"{self.name} lies between {low} and {high}, and {shown} does not.", example=f"/risk-limits {self.name}")

    def _exact(self, value: Decimal) -> Value:
        return bool(value) if self.unit is Unit.YES_NO else value

    def _in_unit(self, number: Decimal, ending: str, typed: str) -> Decimal:
        if ending == "%" and self.unit in (Unit.FRACTION, Unit.SCORE):
            return number / HUNDRED
        if ending == "x" and self.unit is Unit.FRACTION:
            return number
        if self.unit is Unit.COUNT and (ending or number != number.to_integral_value()):
            raise self._unreadable(typed, "a whole number")
        if self.unit in _SECONDS and ending in _SPANS:
            return number * _SPANS[ending] / _SECONDS[self.unit]
        if ending:
            raise self._unreadable(typed, f"a value from {self.text(self.low)} to {self.text(self.high)}")
        return number

    def _unreadable(self, typed: str, wanted: str) -> BadArgument:
        return BadArgument(f"“{typed.strip()[:40]}” is not {wanted}, which {self.name} needs.", example=f"/risk-limits {self.name}")


_ENDINGS = {Unit.SECONDS: "s", Unit.HOURS: "h", Unit.DAYS: "d"}
_SECONDS = {Unit.SECONDS: Decimal(1), Unit.HOURS: Decimal(3600), Unit.DAYS: Decimal(86_400)}
_SPANS = {"s": Decimal(1), "m": Decimal(60), "min": Decimal(60), "h": Decimal(3600), "d": Decimal(86_400)}
_WORDS = {"yes": True, "on": True, "true": True, "no": False, "off": False, "false": False}
_NUMBER = re.compile(r"([+-]?\d{1,9}(?:\.\d{1,6})?)\s?(%|x|s|m|min|h|d|)", re.ASCII)


def _row(name: str, group: str, unit: Unit, low: str, high: str, looser: int, about: str) -> Limit:
    return Limit(name, group, unit, Decimal(low), Decimal(high), looser, about)


TABLE = {
    limit.name: limit
    for limit in (
        _row("order_size", "Size", Unit.FRACTION, "0.01", "2", 1, "One order that opens, over equity."),
        _row("ticket_size", "Size", Unit.FRACTION, "0.01", "5", 1, "All that one ticket opens, over equity."),
        _row("orders_a_ticket", "Size", Unit.COUNT, "1", "200", 1, "Orders of one ticket that open."),
        _row("weight_warning", "Size", Unit.FRACTION, "0.01", "10", 1, "One position over equity from which a card warns."),
        _row("weight_blocking", "Size", Unit.FRACTION, "0.01", "10", 1, "The most that one position may be of equity."),
        _row("volume_warning", "Size", Unit.FRACTION, "0.001", "1", 1, "An order over the average daily volume from which a card warns."),
        _row("gross", "Exposure", Unit.FRACTION, "0.1", "10", 1, "Long and short positions together over equity."),
        _row("net", "Exposure", Unit.FRACTION, "0.1", "10", 1, "Long less short positions over equity, either way."),
        _row("sector", "Exposure", Unit.FRACTION, "0.01", "10", 1, "One sector over equity; broad index funds are no sector."),
        _row("correlation", "Exposure", Unit.SCORE, "0", "1", 1, "Daily correlation of what is opened with the rest of the book."),
        _row("shorting", "Exposure", Unit.YES_NO, "0", "1", 1, "Whether short sales go out, on an account that has them."),
        _row("daily_loss", "Loss", Unit.FRACTION, "0.001", "1", 1, "Today's loss over the last close's equity that stops opening."),
        _row("drawdown", "Loss", Unit.FRACTION, "0.01", "1", 1, "The fall from the highest equity that stops opening."),
        _row("breaker_cooldown_hours", "Loss", Unit.HOURS, "0", "720", -1, "How long the breaker keeps opening stopped."),
        _row("trades_a_day", "Pace", Unit.COUNT, "1", "5000", 1, "Orders that traded today after which none opens."),
        _row("orders_a_minute", "Pace", Unit.COUNT, "1", "1000", 1, "Orders that automation sends in a minute."),
        _row("orders_a_day", "Pace", Unit.COUNT, "1", "50000", 1, "Orders that automation sends in a day."),
        _row("notional_a_day", "Pace", Unit.FRACTION, "0.01", "1000", 1, "What automation opens in a day, over equity."),
        _row("duplicate_seconds", "Pace", Unit.SECONDS, "0", "3600", -1, "How long an order like one just sent is a duplicate."),
        _row("band_warning", "Price", Unit.FRACTION, "0.001", "1", 1, "Distance of a price from the last one that warns."),
        _row("band_blocking", "Price", Unit.FRACTION, "0.001", "1", 1, "Distance of a price from the last one that blocks opening."),
        _row("patient_warning", "Price", Unit.FRACTION, "0.001", "5", 1, "The same for a price that waits; it warns."),
        _row("patient_blocking", "Price", Unit.FRACTION, "0.001", "5", 1, "The same for a price that waits; it blocks opening."),
        _row("earnings_days", "News", Unit.DAYS, "0", "30", -1, "Exchange days before and after a company's report."),
        _row("news_hours", "News", Unit.HOURS, "0", "168", -1, "How far back bad news is looked for."),
        _row("news_tone", "News", Unit.SCORE, "-1", "0", -1, "The tone, -1 to 1, from which a headline is bad news."),
        _row("entry_sentiment", "News", Unit.SCORE, "-1", "1", -1, "The least average tone of the news on what is opened."),
        _row("sentiment_hours", "News", Unit.HOURS, "1", "168", 0, "How far back that average looks."),
        _row("sentiment_required", "News", Unit.YES_NO, "0", "1", -1, "Whether automation opens only what there is news on."),
    )
}
"""Every limit, in the order it is listed."""

if TABLE.keys() != {f.name for f in fields(Limits)}:  # pragma: no cover - a slip of the pen, found at import
    raise LookupError("the table of limits and their fields differ")


def named(name: str) -> Limit:
    """The limit of that name, hyphens and blanks as good as underscores; raises BadArgument with the nearest one."""
    wanted = re.sub(r"[\s\-]+", "_", name.strip().lower())[:40]
    if wanted in TABLE:
        return TABLE[wanted]
    starts = [n for n in TABLE if wanted and (n.startswith(wanted) or wanted.startswith(n))]
    near = starts or difflib.get_close_matches(wanted, TABLE, n=1, cutoff=0.5)
    meant = f" Did you mean `/risk-limits {near[0]}`?" if near else " `/risk-limits` lists them."
    shown = name.strip()[:40] or "that"
    raise BadArgument(
        f"There is no limit “{shown}”.{meant}", example=f"/risk-limits {near[0]}" if near else "/risk-limits", code="unknown_limit"
    )
