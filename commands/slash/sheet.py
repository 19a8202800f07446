"""The facts of one answer, collected as its figures are written: what is said as a figure is also a fact that `/why` can show."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from decimal import ROUND_HALF_EVEN, Decimal

from copilot.figures import Figures, Inputs, slug
from domain.chat import Block, Text, Tone
from domain.facts import Fact
from domain.instruments import Instrument
from domain.market import Freshness, Quote
from domain.money import HUNDRED, ONE, money_text, percent_text, quantity_text
from domain.portfolio import Portfolio

PERCENT_PLACES = Decimal("0.0001")
MOST_NAMED = 4
_SAID = {Freshness.DELAYED: "delayed", Freshness.STALE: "stale"}


class Sheet(Figures):
    """Figures as the commands write them: percentages signed and kept to four places, quantities without their unit, prices in full."""

    @classmethod
    def of(cls, portfolio: Portfolio) -> Sheet:
        """The sheet of an answer about one snapshot; its source says so when prices are simulated."""
        source = "ledger and simulated quotes" if portfolio.simulated else "ledger and quotes" if portfolio.quotes else "ledger"
        return cls(portfolio.at, source, portfolio.spec.currency)

    def keep(self, label: str, value: Decimal, unit: str, *, source: str, formula: str = "", at: datetime | None = None) -> None:
        """Keep a figure that has a source of its own."""
        if label not in self._facts:
            self._facts[label] = Fact(slug(label), label, value, unit, at or self.at, formula, (), source or self.source)

    def price(self, label: str, value: Decimal, *, source: str = "", at: datetime | None = None, formula: str = "") -> str:
        """Keep a price in full and write it in full, at least two decimals, without its mark."""
        self.keep(label, value, self.currency, source=source, formula=formula, at=at)
        return price_text(value)

    def percent(
        self,
        label: str,
        fraction: Decimal,
        formula: str = "",
        inputs: Inputs = (),
        *,
        sign: bool = True,
        places: int = 2,
        at: datetime | None = None,
    ) -> str:
        """Keep a fraction as percent (20 for 20%) and write it."""
        self.add(label, (fraction * HUNDRED).quantize(PERCENT_PLACES, rounding=ROUND_HALF_EVEN), "%", formula, inputs, at=at)
        return percent_text(fraction, sign=sign, places=places)

    def quantity(self, label: str, value: Decimal, instrument: Instrument | None) -> str:
        """Keep a quantity in the instrument's unit and write it without the unit."""
        self.keep(label, value, instrument.unit if instrument else "shares", source="ledger", formula="sum of trades and splits")
        return quantity_text(value)


def price_text(price: Decimal) -> str:
    """A price without currency mark, in its own decimals but at least two and at most eight: `1,234.50`, `0.00012345`."""
    exponent = price.normalize().as_tuple().exponent
    places = min(max(-exponent if isinstance(exponent, int) else 2, 2), 8)
    return f"{price:,.{places}f}"


def bare(amount: Decimal, *, sign: bool = False) -> str:
    """Money without its mark, for a column whose heading carries it."""
    return money_text(amount, "USD", sign=sign).replace("$", "")


def bare_percent(fraction: Decimal, *, sign: bool = True, places: int = 2) -> str:
    """Percent without its mark, for a column whose heading carries it."""
    return percent_text(fraction, sign=sign, places=places).removesuffix("%")


def ratio(part: Decimal, whole: Decimal) -> Decimal:
    """A fraction of a whole; zero when the whole is not positive."""
    return part / whole if whole > 0 else Decimal(0)


def plural(number: int, one: str, many: str = "") -> str:
    """`1 position`, `12 positions`."""
    return f"{number:,} {one if number == ONE else many or one + 's'}"


def moment(at: datetime, zone: tzinfo, *, seconds: bool = False) -> str:
    """An instant for the reader, its zone named: `10:30 New York, Fri 10 Oct 2025`."""
    local = at.astimezone(zone)
    clock = f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"
    return f"{clock} {zone_name(zone)}, {day_text(at, zone)} {local.year}"


def short_moment(at: datetime, zone: tzinfo) -> str:
    """An instant for a column of moments: `Fri 10 Oct 10:30`; the zone is said once beside it."""
    return f"{day_text(at, zone)} {at.astimezone(zone):%H:%M}"


def day_text(at: datetime, zone: tzinfo) -> str:
    """The reader's day of an instant: `Fri 10 Oct`."""
    local = at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b}"


def zone_name(zone: tzinfo) -> str:
    """How a zone is called: the city of its key, else its own name."""
    return str(zone).rsplit("/", 1)[-1].replace("_", " ")


def who_text(who: str) -> str:
    """Who did it, in words: of `terminal:owner` it is `owner in the terminal`; a part of the program keeps its name."""
    platform, _, person = who.partition(":")
    where = "the terminal" if platform == "terminal" else platform.capitalize()
    return f"{person} in {where}" if person else who


def as_of(portfolio: Portfolio, zone: tzinfo) -> Text:
    """The quiet last line of an answer: the instant, and what its prices are worth (simulated, delayed, stale, missing)."""
    parts = [f"As of {moment(portfolio.at, zone)}"]
    if portfolio.simulated:
        parts.append("simulated prices")
    for freshness, word in _SAID.items():
        names = [s for s, q in portfolio.quotes.items() if q.freshness is freshness]
        if names:
            parts.append(f"{word}: {named(names)}")
    if portfolio.quotes and all(q.freshness is Freshness.CLOSED for q in portfolio.quotes.values()):
        parts.append("the exchange is closed, these are last prices")
    return Text("; ".join(parts) + ".", Tone.QUIET)


def unpriced_note(portfolio: Portfolio) -> tuple[Block, ...]:
    """The warning for positions without a price; none when every one has it, or none could."""
    missing = portfolio.unpriced
    if not missing or not portfolio.spec.priced:
        return ()
    verb = "has" if len(missing) == 1 else "have"
    pronoun = "is" if len(missing) == 1 else "are"
    return (Text(f"{named(missing)} {verb} no price and {pronoun} in no total.", Tone.WARNING),)


def named(names: Sequence[str], most: int = MOST_NAMED) -> str:
    """`AAPL, NVDA and 3 more`."""
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"


def quote_inputs(quote: Quote) -> tuple[tuple[str, str], ...]:
    """The quote behind a figure, as inputs."""
    mark = ", simulated" if quote.simulated else ""
    return (("last", f"{price_text(quote.last)} ({quote.source}{mark}, {quote.freshness})"),)


def moved_text(amount: str, value: Decimal) -> str:
    """`up $412.30`, `down $412.30`, `unchanged` from a signless amount."""
    return "unchanged" if not value else f"{'up' if value > 0 else 'down'} {amount}"
