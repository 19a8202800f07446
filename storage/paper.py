"""The paper venue's own books: its cash, positions, orders and how far it has simulated, apart from ours as a real venue's are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from domain.money import ZERO
from storage import states
from storage.store import Tx


@dataclass(frozen=True, slots=True)
class Averages:
    """Average prices by symbol."""

    prices: Mapping[str, Decimal]


async def put(tx: Tx, account: str, client_id: str, body: str, open: bool) -> None:
    """Keep an order of the venue, new or changed."""
    row = {"body": body, "open": open}
    if not await tx.insert("paper_orders", row | {"account": account, "client_id": client_id}):
        await tx.update("paper_orders", row, account=account, client_id=client_id)


async def get(tx: Tx, account: str, client_id: str) -> str | None:
    """The body of one order, or None when the venue never had it."""
    rows = await tx.select("paper_orders", account=account, client_id=client_id)
    return str(rows[0]["body"]) if rows else None


async def orders(tx: Tx, account: str, *, open_only: bool = False) -> list[str]:
    """The bodies of the venue's orders, oldest first."""
    narrowed: dict[str, Any] = {"open": True} if open_only else {}
    return [row["body"] for row in await tx.select("paper_orders", account=account, order="seq", **narrowed)]


async def cash(tx: Tx, account: str) -> Decimal:
    """Cash at the venue; zero when it was never set."""
    rows = await tx.select("paper_accounts", account=account)
    return rows[0]["cash"] if rows else ZERO


async def set_cash(tx: Tx, account: str, amount: Decimal) -> None:
    """Set the cash at the venue."""
    if not await tx.insert("paper_accounts", {"account": account, "cash": amount, "cursor": None}):
        await tx.update("paper_accounts", {"cash": amount}, account=account)


async def cursor(tx: Tx, account: str) -> datetime | None:
    """The instant up to which the venue has simulated, or None."""
    rows = await tx.select("paper_accounts", account=account)
    return rows[0]["cursor"] if rows else None


async def set_cursor(tx: Tx, account: str, at: datetime) -> None:
    """Note how far the venue has simulated."""
    if not await tx.insert("paper_accounts", {"account": account, "cash": ZERO, "cursor": at}):
        await tx.update("paper_accounts", {"cursor": at}, account=account)


async def positions(tx: Tx, account: str) -> dict[str, Decimal]:
    """Net quantity by symbol, flat ones left out, in the order of their names."""
    return {row["symbol"]: row["quantity"] for row in await tx.select("paper_positions", account=account, order="symbol")}


async def averages(tx: Tx, account: str) -> dict[str, Decimal]:
    """What a unit of each position cost on average, for those that were wholly bought at the venue."""
    kept = await states.get(tx, account, "paper", Averages)
    return dict(kept.prices) if kept else {}


async def set_averages(tx: Tx, account: str, prices: Mapping[str, Decimal]) -> None:
    """Set the average prices, all of them."""
    await states.put(tx, account, "paper", Averages(dict(sorted(prices.items()))))


async def set_position(tx: Tx, account: str, symbol: str, quantity: Decimal) -> None:
    """Set a net quantity; zero removes the row."""
    if quantity == ZERO:
        await tx.delete("paper_positions", account=account, symbol=symbol)
    elif not await tx.insert("paper_positions", {"account": account, "symbol": symbol, "quantity": quantity}):
        await tx.update("paper_positions", {"quantity": quantity}, account=account, symbol=symbol)
