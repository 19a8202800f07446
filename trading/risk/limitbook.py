"""The limit book: one account's limits as they are now, changed by an owner, in force at once and after a restart."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

from domain.errors import BadArgument, Unreadable
from domain.events import LimitChanged
from domain.portfolio import AccountSpec
from domain.ports import Clock
from storage import limits as rows
from storage.store import Store
from trading.bus import Bus
from trading.risk.limits import TABLE, Limits, Value, named

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Changed:
    """What a change of a limit did, values as they are typed; `loosens` says that more is allowed now."""

    name: str
    was: str
    becomes: str
    loosens: bool

    @property
    def same(self) -> bool:
        """True when it had that value already: nothing was written."""
        return self.was == self.becomes


class LimitBook:
    """The limits of one account. Until `load` they are the defaults; whoever judges reads `current` each time, and keeps no copy."""

    def __init__(self, spec: AccountSpec, store: Store, bus: Bus, clock: Clock, defaults: Limits) -> None:
        self._spec = spec
        self._store = store
        self._bus = bus
        self._clock = clock
        self.defaults = defaults
        self.current = defaults

    async def load(self) -> None:
        """Read what was changed. Raises Unreadable for a value that is none of its limit's, so that nothing trades on a guess.

        A name this version does not know is logged and left alone.
        """
        async with self._store.read() as tx:
            stored = await rows.all(tx, self._spec.name)
        self.current = self._read(stored)

    @property
    def changed(self) -> tuple[str, ...]:
        """The names of the limits that differ from their default, in the order they are listed."""
        return tuple(name for name in TABLE if self.current.value(name) != self.defaults.value(name))

    async def set(self, name: str, value: Value, who: str, origin: str = "") -> Changed:
        """Change a limit: written and journalled in one transaction, in force when this returns. Raises BadArgument for what is no limit.

        A value that is there already writes nothing.
        """
        limit = named(name)
        if limit.name == "shorting" and value and not self._spec.shorting:
            raise BadArgument(
                f"Account {self._spec.name} was set up without short sales; no limit can allow them.", example="/risk-limits shorting"
            )
        async with self._bus.unit(who=who, origin=origin) as unit:
            before = self._read(await rows.all(unit.tx, self._spec.name))
            after = before.with_value(limit.name, value)
            was, becomes = before.value(limit.name), after.value(limit.name)
            changed = Changed(limit.name, limit.text(was), limit.text(becomes), limit.loosens(was, becomes))
            if not changed.same:
                if becomes == self.defaults.value(limit.name):
                    await rows.drop(unit.tx, self._spec.name, limit.name)
                else:
                    await rows.put(unit.tx, self._spec.name, limit.name, changed.becomes)
                unit.emit(LimitChanged(self._clock.now(), self._spec.name, limit.name, changed.was, changed.becomes, who))
                unit.then(lambda: self._apply(after))
        return changed

    async def reset(self, name: str, who: str, origin: str = "") -> Changed:
        """Back to the default of this kind of account."""
        limit = named(name)
        return await self.set(limit.name, self.defaults.value(limit.name), who, origin)

    def _apply(self, limits: Limits) -> None:
        self.current = limits

    def _read(self, stored: dict[str, str]) -> Limits:
        limits = self.defaults
        for name, typed in stored.items():
            limit = TABLE.get(name)
            if limit is None:
                log.warning("limit %s is not known to this version and is left alone", name)
                continue
            try:
                limits = replace(limits, **{name: limit.parse(typed)})  # type: ignore[arg-type]
            except BadArgument as error:
                raise Unreadable(f"The row {self._spec.name}/{name} of table limits does not read back: {error}") from error
        return limits
