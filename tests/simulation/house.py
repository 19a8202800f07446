"""One process of a world: the house as it is wired, on ports that may fail and on which it may die."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import cache

from bot.courier import Courier
from commands import alerts
from commands.access import People
from commands.desk import FrontDesk
from commands.registry import Registry
from domain.chat import Incoming, Reply
from domain.ids import SequentialIds
from domain.ports import Broker
from market.hub import Hub
from tests.simulation.calm import NOTHING
from tests.simulation.disk import DiskView
from tests.simulation.doom import Doom
from tests.simulation.door import Door
from tests.simulation.phone import Phone
from tests.simulation.setting import Setting
from tests.simulation.wire import WireView
from trading.brokers import paper
from trading.commission import Commission
from trading.floor import Floor, open_floor
from trading.risk.limits import Limits
from trading.tickets import Terms

LIFE = timedelta(minutes=2)
LIMITS = Limits()


class House:
    """Everything that is gone with the process: the floor, the front desk, the courier and the door."""

    def __init__(self, setting: Setting, phone: Phone, doom: Doom, number: int, heard: Callable[[Incoming], None]) -> None:
        self.doom = doom
        self.number = number
        self.up = False
        self._heard = heard
        self._phone = phone
        store = DiskView(setting.disk, doom)
        if setting.shared:
            setting.wire.venue = paper.build(setting.spec, Hub(setting.truth, setting.clock), store, setting.clock)
        broker: Broker = WireView(setting.wire, doom)
        ids = SequentialIds(f"r{number}x")
        people = People(setting.spec.name)
        self.floor: Floor = open_floor(
            setting.spec,
            Hub(setting.feed, setting.clock),
            store,
            setting.clock,
            ids,
            broker,
            news=NOTHING,
            calendar=NOTHING,
            alerts=alerts.alert,
            limits=LIMITS,
            commission=Commission(),
            authority=people,
            failpoint=doom.passing,
            terms=Terms(LIFE),
        )
        self.front = FrontDesk(self.floor, NOTHING, NOTHING, registry(), ids, people=people)
        self.courier = Courier(store, setting.clock, setting.spec.name, self._deliver)
        self.door = Door(phone, store, setting.clock, doom, self._handle)

    async def start(self) -> None:
        """What the program does before it answers."""
        await self.floor.start()
        self.up = True

    async def _deliver(self, reply: Reply, *, silent: bool) -> None:
        self._phone.show(reply, self.doom)
        self.doom.passing("after a push")

    async def _handle(self, incoming: Incoming) -> Reply:
        self._heard(incoming)
        return await self.front.handle(incoming)


@cache
def registry() -> Registry:
    return Registry.discover()
