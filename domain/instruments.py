"""What can be held and traded."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class AssetClass(StrEnum):
    """The kinds of instrument the house knows."""

    EQUITY = "equity"
    ETF = "etf"
    CRYPTO = "crypto"
    FX = "fx"
    OPTION = "option"


@dataclass(frozen=True, slots=True)
class Instrument:
    """One tradable thing; `tick` is its price step, `lot` its quantity step, `aliases` how people call it (lower case)."""

    symbol: str
    name: str
    asset_class: AssetClass
    venue: str
    currency: str
    tick: Decimal
    lot: Decimal
    sector: str
    multiplier: Decimal = Decimal(1)
    aliases: tuple[str, ...] = ()

    @property
    def round_the_clock(self) -> bool:
        """True when it trades outside exchange sessions."""
        return self.asset_class is AssetClass.CRYPTO

    @property
    def unit(self) -> str:
        """What a quantity of it is counted in: `shares`, or the coin's symbol."""
        return self.symbol if self.asset_class is AssetClass.CRYPTO else "shares"
