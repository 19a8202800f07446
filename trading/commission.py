"""What trading costs at a venue: the commission model that the paper broker charges and the card announces."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from domain.instruments import AssetClass, Instrument
from domain.money import CENT, ZERO


@dataclass(frozen=True, slots=True)
class Commission:
    """Fees as fractions of the value: `equity` for shares and funds, `other` for the rest (crypto, currencies), and a `minimum` per fill.

    The defaults are a zero-commission share broker and 10 basis points at a coin exchange. The same figures make the estimate on a card
    and the fee of a fill.
    """

    equity: Decimal = ZERO
    other: Decimal = Decimal("0.0010")
    minimum: Decimal = ZERO

    def rate(self, instrument: Instrument) -> Decimal:
        """The fraction of the value that is charged."""
        return self.equity if instrument.asset_class in (AssetClass.EQUITY, AssetClass.ETF) else self.other

    def fee(self, instrument: Instrument, quantity: Decimal, price: Decimal) -> Decimal:
        """The fee of one fill in the instrument's currency, to the cent, half up; zero where nothing is charged."""
        rate = self.rate(instrument)
        if rate == 0 and self.minimum == 0:
            return ZERO
        charged = max(quantity * price * instrument.multiplier * rate, self.minimum)
        return charged.quantize(CENT, rounding=ROUND_HALF_UP)
