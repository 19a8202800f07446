"""The service manager's protocol, over a real local socket."""

from __future__ import annotations

import socket
import sys

import pytest

from app.watchdog import Watchdog

pytestmark = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no local sockets here")


@pytest.fixture
def manager(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(5)
        yield listening


def heard(manager) -> list[str]:
    return bytes(manager.recv(4096)).decode().split("\n")


def test_ready_alive_stopping(manager, tmp_path):
    watchdog = Watchdog({"NOTIFY_SOCKET": str(tmp_path / "notify")})
    watchdog.ready("demo: 13 positions")
    assert heard(manager) == ["READY=1", "STATUS=demo: 13 positions"]
    watchdog.alive("demo: 13 positions")
    assert heard(manager) == ["WATCHDOG=1"]
    watchdog.alive("demo: 12 positions\nREADY=0")
    assert heard(manager) == ["WATCHDOG=1", "STATUS=demo: 12 positions READY=0"], "one line a word"
    watchdog.alive()
    assert heard(manager) == ["WATCHDOG=1"]
    watchdog.stopping()
    assert heard(manager) == ["STOPPING=1", "STATUS=stopping"]
    watchdog.close()
    watchdog.alive()
    manager.setblocking(False)
    with pytest.raises(BlockingIOError):
        manager.recv(1)


@pytest.mark.skipif(sys.platform != "linux", reason="abstract sockets are Linux's")
def test_an_abstract_socket(tmp_path):
    name = f"foliopilot-{tmp_path.name}-{id(tmp_path)}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(f"\0{name}")
        listening.settimeout(5)
        watchdog = Watchdog({"NOTIFY_SOCKET": f"@{name}"})
        watchdog.alive()
        watchdog.close()
        assert heard(listening) == ["WATCHDOG=1"]


@pytest.mark.parametrize("environment", [{}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "vsock:2:1"}])
def test_without_a_manager_nothing_is_said(environment):
    watchdog = Watchdog(environment)
    watchdog.ready("x")
    watchdog.alive()
    watchdog.close()
    assert watchdog._socket is None


def test_a_manager_that_is_gone_is_logged_once(tmp_path, caplog):
    watchdog = Watchdog({"NOTIFY_SOCKET": str(tmp_path / "gone")})
    for _ in range(3):
        watchdog.alive()
    assert caplog.text.count("does not hear") == 1
    watchdog.close()
