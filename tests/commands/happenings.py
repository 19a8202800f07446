"""One of every event, as the core would emit it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from domain import events
from domain.exits import ExitKind
from domain.orders import Fill, OrderStatus, OrderType, Side
from domain.people import AccessMove, Role
from domain.tickets import TicketStatus
from tests.commands.actions.stage import START, order

D = Decimal
EARLIER = START - timedelta(hours=1)
LATER = START + timedelta(hours=1)
HELD = order("s1-1", "AAPL", OrderType.STOP, quantity="20", stop=D(170))
FILL = Fill("f1", "s1-1", "main", "AAPL", Side.SELL, D(20), D("169.98"), D(1), START)
MISSED = events.Missed("AAPL", "stop", D(170), D("168.50"), EARLIER, "nothing was sent")

EVERY: dict[type[events.Event], Any] = {
    type(event): event
    for event in (
        events.TicketMoved(START, "main", "t1", "#AAPL close", TicketStatus.EXPIRED, "desk", "expired, nothing was sent"),
        events.OrderAccepted(START, "main", HELD),
        events.OrderFilled(START, "main", replace(HELD, filled=D(20)), FILL, D(399)),
        events.OrderRejected(START, "main", HELD),
        events.OrderCancelled(START, "main", replace(HELD, status=OrderStatus.CANCELLED)),
        events.OrderReplaced(START, "main", HELD),
        events.OrderOutcomeUnknown(START, "main", HELD),
        events.PositionOpened(START, "main", "KO", D(10), D(70)),
        events.PositionClosed(START, "main", "KO", D(58)),
        events.KillSwitchPulled(START, "main", "me"),
        events.KillSwitchReleased(START, "main", "me"),
        events.DemoMoved(START, "main", "shock NVDA −8.00%"),
        events.JobFailed(START, "main", "poll", "abc"),
        events.JobSkipped(START, "main", "close", EARLIER, "7 h late, too late to be of use"),
        events.MarketNoted(START, "main", "open", ("The market opened.",)),
        events.StopMoved(START, "main", "AAPL", "x1", D(170), D("172.50"), "Trails the high by 4%"),
        events.ExitTriggered(START, "main", "AAPL", ExitKind.STOP, "x1", D(170), D("168.20"), D("1.80"), "t9", released=True),
        events.StopFailed(START, "main", "AAPL", D(20), EARLIER, "The broker refused the stop."),
        events.StopRestored(START, "main", "AAPL"),
        events.QuoteDoubted(START, "main", "AAPL", D(90), D(170), "bid above ask"),
        events.QuotesWentStale(START, "main", ("AAPL", "NVDA"), EARLIER),
        events.QuotesCameBack(START, "main", ("AAPL", "NVDA"), EARLIER),
        events.PositionMoved(START, "main", "AAPL", "drawdown", D("-0.104"), D("163.20"), "since its best close on 22 Sep"),
        events.NewsTouched(START, "main", "AAPL", "n1", "Apple cuts its outlook", D("-0.6")),
        events.EarningsNeared(START, "main", "AAPL", START + timedelta(days=1), "after"),
        events.LimitNeared(START, "main", "sector_exposure", "sector Energy", D("0.38"), D("0.40"), crossed=False),
        events.BreakerTripped(START, "main", "daily_loss", D("-0.031"), D("0.03"), LATER),
        events.BreakerReset(START, "main", "breaker"),
        events.AutomationChanged(START, "main", allowed=False, who="terminal:me"),
        events.LimitChanged(START, "main", "sector_weight", "40%", "35%", "terminal:me"),
        events.MandateSigned(START, "main", "m1", "stops close what they protect", LATER, "terminal:me"),
        events.AccessMoved(START, "main", AccessMove.ADMITTED, "telegram:4711", "Ada", Role.VIEWER, "terminal:owner"),
        events.MandateEnded(START, "main", "m1", "stops close what they protect", "it expired"),
        events.ActionProposed(START, "main", "t9", "00112233aabbccdd", "#AAPL close", "its stop at $170.00 fired", LATER, urgent=True),
        events.ReconciliationFound(START, "main", "foreign", "5 KO", "0", "5", "it was taken over"),
        events.BrokerDown(START, "main", EARLIER, "no answer within 5 s", 3),
        events.BrokerUp(START, "main", EARLIER),
        events.WasAway(START, "main", EARLIER, (MISSED,)),
        events.DayDigested(START, "main", EARLIER, ("1 fill, realised +$399.00.", "Stop filled."), ("2 × a headline on a position.",)),
    )
}
