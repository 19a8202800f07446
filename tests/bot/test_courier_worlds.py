"""F15: thousands of alerts through a line that is down for minutes, rate limited and failing, with restarts: none lost, order kept.

`FOLIOPILOT_TEST_ALERTS=10000 pytest tests/bot/test_courier_worlds.py` runs the full number.
"""

import os
from collections import Counter
from datetime import timedelta

import pytest

from bot.courier import FIRST_RETRY
from domain.clock import ManualClock
from storage.outbox import TOLD, Verdict
from tests.bot.phone import START, BadLine, draw, line

ALERTS = int(os.environ.get("FOLIOPILOT_TEST_ALERTS", "600"))
EVERY = 20  # one in so many is critical
SECONDS = 2.0  # between two alerts, on average


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(3))
async def test_no_alert_is_lost_repeated_or_out_of_order(seed):
    clock = ManualClock(START)
    ends = START + timedelta(seconds=ALERTS * SECONDS)
    outages = []
    at = START + timedelta(seconds=120)
    while at < ends:
        long = timedelta(seconds=20 + 580 * draw(seed, "outage", at))
        outages.append((at, at + long))
        at += long + timedelta(seconds=600 * draw(seed, "between", at))
    phone = BadLine(clock, seed, outages)
    one = await line(phone, clock=clock)
    critical = 0
    for number in range(ALERTS):
        clock.set(clock.now() + timedelta(seconds=2 * SECONDS * draw(seed, "gap", number)))
        kind = "stop-failed" if draw(seed, "kind", number) < 1 / EVERY else "order-filled"
        critical += kind == "stop-failed"
        await one.put(kind, f"{number:06}", words=f"{number:06}")
        if draw(seed, "restart", number) < 0.02:
            one.restart()
        await one.courier.run_once()
    await one.later(3600, step=5)
    rows = await one.rows()
    assert len(rows) == ALERTS
    assert all(row.verdict in TOLD and row.delivered for row in rows), "every row ended told"
    shown = Counter(phone.words)
    alarms = [row for row in rows if row.alert.kind == "stop-failed"]
    assert len(alarms) == critical > 5
    assert all(shown[row.alert.key.partition(":")[2]] == 1 for row in alarms), "each critical one exactly once"
    singly = [row for row in rows if row.verdict is not Verdict.MERGED and shown[row.alert.key.partition(":")[2]]]
    assert all(shown[row.alert.key.partition(":")[2]] == 1 for row in singly)
    merged = sum(int(words.split()[0]) for words in phone.words if "had to wait" in words)
    assert len(singly) + merged == ALERTS, "and every other one once, by itself or in one summary"
    for lane in (alarms, [row for row in rows if row.alert.kind != "stop-failed"]):
        told = [row.delivered for row in lane if row.delivered]
        assert told == sorted(told), "in the order they were queued"
    assert merged > 0


async def test_a_critical_alert_gets_through_within_two_seconds_after_the_platform_takes_anything_again():
    clock = ManualClock(START)
    outages = [(START + timedelta(minutes=20 * n), START + timedelta(minutes=20 * n, seconds=600 * draw(7, n))) for n in range(12)]
    phone = BadLine(clock, 7, outages, failing=0)
    one = await line(phone, clock=clock)
    waits = []
    for start, end in outages:
        clock.set(start)
        for n in range(30):
            await one.put("order-filled", f"{start}/{n}")
        await one.put("stop-failed", f"{start}")
        while phone.down(clock.now()):
            await one.later(0.5, step=0.5)
        await one.later(5, step=0.25)
        told = next(at for at, words, _ in phone.shown if words == f"stop-failed:{start}.")
        waits.append((told - end).total_seconds())
    assert max(waits) <= FIRST_RETRY.total_seconds()
