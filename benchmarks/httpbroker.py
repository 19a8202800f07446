"""A local HTTP broker for the wire benchmark: a server in a process of its own, and the Broker port over one kept-open connection to it.

The server notes the instant at which it has read a whole request, on CLOCK_MONOTONIC, which all processes of a machine share.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from domain.errors import OutcomeUnknown, Rejected
from domain.money import ZERO
from domain.orders import Fill, Order, OrderStatus, OrderType, TimeInForce
from domain.ports import BrokerState, BrokerTraits, OrderReport

PATH = "/v2/orders"
TRAITS = BrokerTraits("http", ids_unique_for_ever=True, order_types=frozenset(OrderType), tifs=frozenset(TimeInForce), can_replace=False)


class Server:
    """Takes orders as a broker's HTTP interface does, and remembers when each request was there."""

    def __init__(self) -> None:
        self._arrived: dict[str, float] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, kept open until the other end closes it."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                body = await reader.readexactly(_length(head))
                arrived = time.monotonic()
                answer = self._answer(json.loads(body), arrived) if head.startswith(b"POST") else self._arrived
                text = json.dumps(answer).encode()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(text) + text)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _answer(self, asked: Mapping[str, Any], arrived: float) -> dict[str, Any]:
        name = str(asked["client_order_id"])
        self._arrived[name] = arrived
        at = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        return {
            "id": str(uuid5(NAMESPACE_URL, name)),
            "client_order_id": name,
            "created_at": at,
            "updated_at": at,
            "submitted_at": at,
            "symbol": asked["symbol"],
            "qty": asked["qty"],
            "filled_qty": "0",
            "order_class": "simple",
            "type": asked["type"],
            "side": asked["side"],
            "time_in_force": asked["time_in_force"],
            "status": "accepted",
            "extended_hours": False,
        }


class HttpBroker:
    """The Broker port over one connection. What was accepted has filled, at the price given, when `updates` is asked next."""

    traits = TRAITS

    def __init__(self, port: int, cash: Decimal, held: Mapping[str, Decimal], price: Decimal) -> None:
        self._port = port
        self._cash = cash
        self._held = dict(held)
        self._price = price
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._waiting: list[tuple[Order, OrderReport]] = []
        self.taken: list[str] = []  # client ids, as they were sent

    async def open(self) -> None:
        """Connect."""
        self._streams = await asyncio.open_connection("127.0.0.1", self._port)

    async def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()
            await self._streams[1].wait_closed()

    async def arrivals(self) -> dict[str, float]:
        """When the server had read each order, by client id, in monotonic seconds."""
        found: dict[str, float] = await self._call("GET", None)
        return found

    async def submit(self, order: Order) -> OrderReport:
        """See `Broker`."""
        self.taken.append(order.client_id)
        asked = {
            "client_order_id": order.client_id,
            "symbol": order.symbol,
            "qty": str(order.quantity),
            "side": order.side.value,
            "type": order.type.value,
            "time_in_force": order.tif.value,
        }
        try:
            found = await self._call("POST", asked)
        except (OSError, EOFError) as error:
            raise OutcomeUnknown(str(error)) from error
        at = datetime.fromisoformat(found["updated_at"])
        report = OrderReport(
            order.client_id, found["id"], order.symbol, OrderStatus.ACCEPTED, Decimal(found["qty"]), Decimal(found["filled_qty"]), None, at
        )
        self._waiting.append((order, report))
        return report

    async def cancel(self, client_id: str) -> OrderReport:
        """See `Broker`."""
        raise Rejected("nothing is taken back here", code="no_cancel")

    async def replace(self, order: Order) -> OrderReport:
        """See `Broker`."""
        raise Rejected("nothing is changed here", code="no_change")

    async def find(self, client_id: str) -> OrderReport | None:
        """See `Broker`."""
        return None

    async def state(self) -> BrokerState:
        """See `Broker`."""
        return BrokerState(datetime.now(UTC), self._cash, dict(self._held), ())

    async def updates(self) -> Sequence[OrderReport]:
        """See `Broker`."""
        filled = [self._filled(order, report) for order, report in self._waiting]
        self._waiting = []
        return filled

    def _filled(self, order: Order, report: OrderReport) -> OrderReport:
        signed = order.side.sign * order.quantity
        self._cash -= signed * self._price
        self._held[order.symbol] = self._held.get(order.symbol, ZERO) + signed
        fill = Fill(
            f"f{order.client_id}", order.client_id, order.account, order.symbol, order.side, order.quantity, self._price, ZERO, report.at
        )
        return replace(report, status=OrderStatus.FILLED, filled=order.quantity, average_price=self._price, fills=(fill,))

    async def _call(self, method: str, body: Mapping[str, Any] | None) -> Any:
        if self._streams is None:
            raise ConnectionError("there is no connection")
        reader, writer = self._streams
        text = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n"
        writer.write(head.encode() + text)
        answer = await reader.readuntil(b"\r\n\r\n")
        return json.loads(await reader.readexactly(_length(answer)))


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


@contextmanager
def served() -> Iterator[int]:
    """The server in a process of its own; its port."""
    child = subprocess.Popen([sys.executable, "-m", "benchmarks.httpbroker"], stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout is not None
        yield int(child.stdout.readline())
    finally:
        child.terminate()
        child.wait()


async def _main() -> None:
    server = await asyncio.start_server(Server().serve, "127.0.0.1", 0, limit=2**24)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main())
