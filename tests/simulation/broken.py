"""What a world ends with when an invariant does not hold, and the accidents nobody declared."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from domain.errors import BrokerError, SourceFailed, StorageFailed, UserError
from tests.simulation.phone import PhoneDown

ROOMS = ("trading", "commands", "bot", "storage", "copilot", "market")
EXPECTED = (StorageFailed, BrokerError, SourceFailed, UserError, PhoneDown)


class Broken(Exception):
    """An invariant does not hold; `name` is which."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(f"{name}: {text}")
        self.name = name
        self.text = text


class Surprises(logging.Handler):
    """Collects what the house logs as an exception and nobody declared; nothing is written anywhere."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and not isinstance(error, EXPECTED) and "truncated JSON" not in str(error):
            self.note(f"{record.getMessage()}: {type(error).__name__}: {error}", error)

    def note(self, text: str, error: BaseException) -> None:
        frames, trace = [], error.__traceback__
        while trace is not None:
            frames.append(f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}")
            trace = trace.tb_next
        self.found.append(f"{text} ({' > '.join(frames[-4:])})")

    @contextmanager
    def listening(self) -> Iterator[None]:
        loggers = [logging.getLogger(name) for name in ROOMS]
        before = [(one.propagate, one.level) for one in loggers]
        for one in loggers:
            one.addHandler(self)
            one.propagate = False
            one.setLevel(logging.ERROR)
        try:
            yield
        finally:
            for one, (propagate, level) in zip(loggers, before, strict=True):
                one.removeHandler(self)
                one.propagate = propagate
                one.setLevel(level)
