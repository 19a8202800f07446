"""Decimal money, prices and quantities: rounding to what trades, and how figures are written."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

ZERO = Decimal(0)
ONE = Decimal(1)
HUNDRED = Decimal(100)
CENT = Decimal("0.01")
MINUS = "−"
_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£"}


def cents(amount: Decimal) -> Decimal:
    """Round money to two decimals, half to even."""
    return amount.quantize(CENT, rounding=ROUND_HALF_EVEN)


def to_tick(price: Decimal, tick: Decimal) -> Decimal:
    """Round a price to the nearest multiple of the instrument's tick, half up; the result carries the tick's exponent."""
    return ((price / tick).quantize(ONE, rounding=ROUND_HALF_UP) * tick).quantize(tick)


def to_lot(quantity: Decimal, lot: Decimal) -> Decimal:
    """Round a quantity down to a multiple of the instrument's lot, so that nothing trades that was not asked for."""
    return ((quantity / lot).quantize(ONE, rounding=ROUND_DOWN) * lot).quantize(lot)


def plain(value: Decimal) -> str:
    """Write a Decimal without exponent and without trailing zeros: `1E+2` is `100`, `1.50` is `1.5`, `-0` is `0`."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def money_text(amount: Decimal, currency: str = "USD", *, sign: bool = False) -> str:
    """Write money for a reader: `$1,234.50`, `−$412.30`, with `sign` `+$12.00`; other currencies as `12.00 CHF`."""
    rounded = cents(amount)
    body = f"{abs(rounded):,.2f}"
    mark = _SYMBOLS.get(currency)
    body = f"{mark}{body}" if mark else f"{body} {currency}"
    return _signed(rounded, body, sign)


def percent_text(fraction: Decimal, *, sign: bool = True, places: int = 2) -> str:
    """Write a fraction as percent: `Decimal("-0.0083")` is `−0.83%`; `sign` puts a plus before gains."""
    value = (fraction * HUNDRED).quantize(ONE.scaleb(-places), rounding=ROUND_HALF_EVEN)
    return _signed(value, f"{abs(value):,.{places}f}%", sign)


def quantity_text(quantity: Decimal) -> str:
    """Write a quantity for a reader with thousands separators and no trailing zeros."""
    text = plain(abs(quantity))
    whole, _, part = text.partition(".")
    body = f"{int(whole):,}" + (f".{part}" if part else "")
    return f"{MINUS}{body}" if quantity < 0 else body


def _signed(value: Decimal, body: str, sign: bool) -> str:
    if value < 0:
        return f"{MINUS}{body}"
    return f"+{body}" if sign and value > 0 else body
