"""Planted faults between the release and the books: sending, asking, folding reports, booking, and the paper venue itself."""

from __future__ import annotations

from tests.simulation.mutating import Mutant, mutant

EXECUTION = "trading.execution"
RECORD = "trading.record"
REPORTS = "trading.reports"
LEGS = "trading.legs"
UNKNOWN = '            await self._record.unknown(order, str(error) or "the broker did not answer")\n'

MONEY: tuple[Mutant, ...] = (
    mutant(
        "resend under a new id",
        (
            EXECUTION,
            UNKNOWN,
            UNKNOWN + '            again = __import__("dataclasses").replace(order, client_id=order.client_id + "r")\n'
            "            await self._broker.submit(again)\n",
        ),
    ),
    mutant("a timeout is a rejection", (EXECUTION, UNKNOWN, '            await self._record.refuse(order, "no answer")\n')),
    mutant(
        "resend where ids are forgotten", (EXECUTION, "(certain or self._broker.traits.ids_unique_for_ever)", "(certain or order.open)")
    ),
    mutant(
        "sent before it is written",
        (
            EXECUTION,
            "            self._record.watch(ticket)\n            if prepared is None:\n",
            "            self._record.watch(ticket)\n            from trading.legs import order_for\n\n"
            "            for n, i in enumerate(ticket.intents, 1):\n"
            "                if isinstance(i, OrderIntent):\n"
            "                    await self._broker.submit(order_for(ticket, n, i, self._clock.now()))\n"
            "            if prepared is None:\n",
        ),
    ),
    mutant(
        "what was tried stays unsent",
        (EXECUTION, "        self._unsent.discard(order.client_id)\n        self._fail(", "        self._fail("),
    ),
    mutant(
        "a halt refuses what is under way",
        (
            EXECUTION,
            "        elif certain:\n            await self._record.refuse(",
            "        elif certain or barred:\n            await self._record.refuse(",
        ),
    ),
    mutant(
        "taken back and sent all the same",
        (EXECUTION, "not in self._record.driving and order in self._book.orders:", "not in self._record.driving:"),
    ),
    mutant("never give up", (EXECUTION, "elif now - order.updated > LONGEST_DELAY:", "elif now < order.created:")),
    mutant(
        "left tickets are not finished",
        (
            EXECUTION,
            "            if ticket.id not in self._record.driving:\n                await self._tried(self._resume(ticket)",
            "            if ticket.id in self._record.driving:\n                await self._tried(self._resume(ticket)",
        ),
    ),
    mutant(
        "orders in flight are not asked for",
        (
            EXECUTION,
            "if order.status in IN_FLIGHT and order.ticket not in self._record.driving and order in self._book.orders:",
            "if order.ticket in self._record.driving:",
        ),
    ),
    mutant(
        "a report is lost when the database refuses",
        (
            EXECUTION,
            "                raise  # the report is kept, and applied when the database works again\n",
            "                self._reports.popleft()\n                raise\n",
        ),
    ),
    mutant(
        "a report without executions is believed",
        (EXECUTION, "        if lacks(after, report):\n", "        if lacks(after, report) and not report:\n"),
        (REPORTS, "    if filled >= quantity:\n", "    if filled >= quantity or told is OrderStatus.FILLED:\n"),
    ),
    mutant(
        "an execution is booked twice", ("storage.ledger", 'return await tx.insert("ledger",', 'return True or await tx.insert("ledger",')
    ),
    mutant("fills are summed by report", (REPORTS, "        filled=done.quantity,\n", "        filled=report.filled,\n")),
    mutant("only the new fills count", (RECORD, "return executed([*counted, *fresh])", "return executed(fresh)")),
    mutant("the book runs ahead of the commit", (RECORD, "unit.then(partial(self._book.accept, entry))", "self._book.accept(entry)")),
    mutant("an ended order works again", (REPORTS, "    if current in ENDED:\n        return current\n", "")),
    mutant(
        "an old report changes an order",
        (RECORD, "newest = change is not None or latest is None or report.at >= latest", "newest = report is not None"),
    ),
    mutant("fees are left out of the cash", ("domain.ledger", "* fill.price * multiplier - fill.fee", "* fill.price * multiplier")),
    mutant("the reduce-only flag is lost", (LEGS, "        reduce_only=intent.reduce_only,\n", "        reduce_only=False,\n")),
    mutant(
        "a failed leg counts as done", (LEGS, "if all(s is LegState.DONE for s in states):", "if any(s is LegState.DONE for s in states):")
    ),
    mutant(
        "a cancel that was not confirmed counts as done",
        (RECORD, "if status is TicketStatus.EXECUTED and legs.had_failed(ticket):", "if False:"),
    ),
    mutant(
        "a refused order is not told apart from none",
        (
            LEGS,
            "Leg(LegState.FAILED if last.status is OrderStatus.REJECTED else LegState.NOTHING, last.reason)",
            "Leg(LegState.DONE, last.reason)",
        ),
    ),
    mutant(
        "a partial fill executes its ticket",
        (LEGS, "        return Leg(LegState.PART, last.reason)\n", "        return Leg(LegState.DONE)\n"),
    ),
    mutant(
        "cash is not counted at the venue",
        (
            "trading.brokers.simulated.venue",
            "self.cash -= order.side.sign * quantity * paid * instrument.multiplier + fee",
            "self.cash -= order.side.sign * quantity * paid * instrument.multiplier",
        ),
    ),
    mutant(
        "a stop is not shrunk with its position",
        ("trading.brokers.simulated.venue", "        self.shrink(order.symbol, at)\n", "        pass\n"),
    ),
    mutant(
        "a trailing stop loosens",
        (
            "trading.brokers.simulated.order",
            "if self.watermark is not None and (best - self.watermark) * self.order.side.sign >= 0:",
            "if best == self.watermark:",
        ),
        (
            "trading.brokers.simulated.fills",
            "if mark is None or (bar.high > mark if selling else bar.low < mark):",
            "if mark is None or bar.high:",
        ),
    ),
    mutant(
        "an id trades twice at the venue",
        (
            "trading.brokers.paper",
            "            if known is not None:\n                return venue.report(known)\n            return await self._take(",
            "            return await self._take(",
        ),
    ),
)
