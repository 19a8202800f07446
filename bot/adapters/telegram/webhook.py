"""The platform calls us: one address behind a proxy of one's own, updates with a secret that only the platform was told."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from tornado.httpserver import HTTPServer
from tornado.web import Application, RequestHandler

from domain.errors import SetupError, StorageFailed

HEADER = "X-Telegram-Bot-Api-Secret-Token"
LARGEST = 1_000_000  # bytes of an update

Take = Callable[[Sequence[Mapping[str, Any]]], Awaitable[None]]

log = logging.getLogger(__name__)


def secret(token: str) -> str:
    """What the platform is told to send with each update: the same for a bot, and nothing that gives its token away."""
    return hmac.new(token.encode(), b"webhook", hashlib.sha256).hexdigest()


@asynccontextmanager
async def listening(address: str, port: int, expected: str, take: Take) -> AsyncIterator[None]:
    """Take updates on this machine's port, under the path of the address; raises SetupError where the port is not free."""
    told = {"expected": expected, "take": take, "turn": asyncio.Lock()}
    server = HTTPServer(Application([(urlsplit(address).path or "/", Hook, told)]), max_buffer_size=LARGEST)
    try:
        door = socket.create_server(("127.0.0.1", port))
    except OSError as error:
        raise SetupError(f"Nothing can listen on port {port} for Telegram: {error.strerror}.") from error
    door.settimeout(0.0)
    server.add_socket(door)
    try:
        yield
    finally:
        server.stop()
        await server.close_all_connections()


class Hook(RequestHandler):
    """Answers 200 once an update is written down, 503 where that failed, so that it comes again, and 403 to whoever has no secret."""

    def initialize(self, expected: str, take: Take, turn: asyncio.Lock) -> None:
        """The library gives every request what the address was set up with."""
        self._expected, self._take, self._turn = expected, take, turn

    async def post(self) -> None:
        """One update."""
        if not hmac.compare_digest(self.request.headers.get(HEADER, "").encode(), self._expected.encode()):
            self.set_status(403)
            return
        try:
            update = json.loads(self.request.body)
        except ValueError:
            update = None
        if not isinstance(update, dict):
            self.set_status(400)
            return
        try:
            async with self._turn:  # the platform sends several at once; they are kept in the order they came
                await self._take([update])
        except StorageFailed as error:
            log.warning("an update cannot be kept and comes again: %s", error)
            self.set_status(503)

    def log_exception(self, *given: Any) -> None:
        """Whatever one update brings, it is said once."""
        log.error("an update could not be taken", exc_info=given)
