"""The service manager's protocol (sd_notify): ready, alive after every round, stopping. Without a manager every word is a no-op."""

from __future__ import annotations

import logging
import socket
from collections.abc import Mapping

VARIABLE = "NOTIFY_SOCKET"

log = logging.getLogger(__name__)


class Watchdog:
    """Datagrams to the socket the manager named; one that cannot be sent is logged once and hurts nothing.

    `alive` is called by the rounds of the core and by nothing else, so that a core that hangs is noticed, and restarted.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        name = environment.get(VARIABLE, "")
        self._address = f"\0{name[1:]}" if name.startswith("@") else name  # "@" stands for an abstract socket
        self._socket: socket.socket | None = None
        self._status = ""
        self._failed = False
        if name.startswith(("/", "@")) and hasattr(socket, "AF_UNIX"):
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._socket.settimeout(0)  # a manager that does not read holds nothing up

    def ready(self, status: str) -> None:
        """Started: the account is loaded, what was under way is found out, and the rounds begin."""
        self._status = status
        self._send("READY=1", f"STATUS={status}")

    def alive(self, status: str = "") -> None:
        """A round has come to its end; the status goes along when it has changed."""
        if status and status != self._status:
            self._status = status
            self._send("WATCHDOG=1", f"STATUS={status}")
        else:
            self._send("WATCHDOG=1")

    def stopping(self) -> None:
        """Asked to end; what follows is the clean way out."""
        self._send("STOPPING=1", "STATUS=stopping")

    def close(self) -> None:
        """Let go of the socket."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _send(self, *lines: str) -> None:
        if self._socket is None:
            return
        try:
            self._socket.sendto("\n".join(line.replace("\n", " ") for line in lines).encode(), self._address)
        except OSError:
            if not self._failed:
                log.warning("the service manager does not hear: %s", VARIABLE, exc_info=True)
            self._failed = True
        else:
            self._failed = False
