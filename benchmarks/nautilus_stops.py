"""The peer of the stop book: nautilus_trader's order emulator on the same tape, run by an interpreter that has it.

python nautilus_stops.py TAPE.npz    prints one line of JSON: seconds, ticks, and which stops were released
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from typing import Any


def _emulator() -> tuple[Any, Any, Any, list[str]]:
    """An emulator on a bus whose other ends only count; what it releases is in the list."""
    component = importlib.import_module("nautilus_trader.common.component")
    identifiers = importlib.import_module("nautilus_trader.model.identifiers")
    emulator = importlib.import_module("nautilus_trader.execution.emulator")
    cache = importlib.import_module("nautilus_trader.cache.cache").Cache()
    portfolio = importlib.import_module("nautilus_trader.portfolio.portfolio").Portfolio
    clock = component.TestClock()
    bus = component.MessageBus(trader_id=identifiers.TraderId("T-1"), clock=clock)
    released: list[str] = []

    def sent(command: Any) -> None:
        released.append(str(command.order.client_order_id))

    for endpoint in ("DataEngine.execute", "RiskEngine.process", "ExecEngine.process", "RiskEngine.execute"):
        bus.register(endpoint=endpoint, handler=lambda _: None)
    bus.register(endpoint="ExecEngine.execute", handler=sent)
    found = emulator.OrderEmulator(portfolio=portfolio(msgbus=bus, cache=cache, clock=clock), msgbus=bus, cache=cache, clock=clock)
    return found, cache, clock, released


def main(path: str) -> None:
    """Load the tape, hand every stop to the emulator, and time its trade ticks."""
    np: Any = importlib.import_module("numpy")
    tape = np.load(path)
    identifiers = importlib.import_module("nautilus_trader.model.identifiers")
    model = importlib.import_module("nautilus_trader.model.objects")
    enums = importlib.import_module("nautilus_trader.model.enums")
    data = importlib.import_module("nautilus_trader.model.data")
    uuid = importlib.import_module("nautilus_trader.core.uuid").UUID4
    orders = importlib.import_module("nautilus_trader.model.orders")
    messages = importlib.import_module("nautilus_trader.execution.messages")
    provider = importlib.import_module("nautilus_trader.test_kit.providers").TestInstrumentProvider
    emulator, cache, _, released = _emulator()
    instruments = [provider.equity(symbol=f"S{n}", venue="X") for n in range(int(tape["symbols"].max()) + 1)]
    for instrument in instruments:
        cache.add_instrument(instrument)
    emulator.start()
    trader, strategy = identifiers.TraderId("T-1"), identifiers.StrategyId("S-1")
    for number, (symbol, level) in enumerate(zip(tape["stop_symbols"].tolist(), tape["levels"].tolist(), strict=True)):
        order = orders.StopMarketOrder(
            trader_id=trader,
            strategy_id=strategy,
            instrument_id=instruments[symbol].id,
            client_order_id=identifiers.ClientOrderId(f"p{number}"),
            order_side=enums.OrderSide.SELL,
            quantity=model.Quantity.from_int(1),
            trigger_price=model.Price(level, 2),
            trigger_type=enums.TriggerType.LAST_PRICE,
            init_id=uuid(),
            ts_init=0,
            emulation_trigger=enums.TriggerType.LAST_PRICE,
        )
        cache.add_order(order, None)
        emulator.execute(
            messages.SubmitOrder(trader_id=trader, strategy_id=strategy, order=order, command_id=uuid(), ts_init=0, position_id=None)
        )
    buyer, size = enums.AggressorSide.BUYER, model.Quantity.from_int(1)
    ticks = [
        data.TradeTick(instruments[s].id, model.Price(p, 2), size, buyer, identifiers.TradeId(str(n)), n, n)
        for n, (s, p) in enumerate(zip(tape["symbols"].tolist(), tape["prices"].tolist(), strict=True))
    ]
    started = time.perf_counter()
    for tick in ticks:
        emulator.on_trade_tick(tick)
    spent = time.perf_counter() - started
    sys.stdout.write(json.dumps({"seconds": spent, "ticks": len(ticks), "fired": sorted(released)}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
