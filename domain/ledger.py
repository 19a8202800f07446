"""The ledger: every change of cash and quantity of an account, append-only; positions are its fold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from domain.money import ZERO
from domain.orders import Fill, Side


class EntryKind(StrEnum):
    """What an entry does."""

    TRADE = "trade"
    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    DIVIDEND = "dividend"
    FEE = "fee"
    SPLIT = "split"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger.

    `id` is unique per account (a fill's execution id), so booking twice changes nothing. `amount` is the signed effect on cash in
    the account's currency, fees included; for a trade -(side * quantity * price) - fee. A split has its ratio (new per old) as `quantity`.
    """

    id: str
    account: str
    at: datetime
    kind: EntryKind
    amount: Decimal
    symbol: str | None = None
    side: Side | None = None
    quantity: Decimal = ZERO
    price: Decimal = ZERO
    fee: Decimal = ZERO
    order: str | None = None
    source: str = ""


def trade(fill: Fill, *, source: str, multiplier: Decimal = Decimal(1)) -> Entry:
    """The ledger entry of a fill."""
    cash = -fill.side.sign * fill.quantity * fill.price * multiplier - fill.fee
    return Entry(
        id=fill.id,
        account=fill.account,
        at=fill.at,
        kind=EntryKind.TRADE,
        amount=cash,
        symbol=fill.symbol,
        side=fill.side,
        quantity=fill.quantity,
        price=fill.price,
        fee=fill.fee,
        order=fill.client_id,
        source=source,
    )
