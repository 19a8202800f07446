"""Planted faults between the person and the release: cards, taps, the switch, the inbox, the outbox, the journal."""

from __future__ import annotations

from tests.simulation.mutating import Mutant, mutant

DESK = "trading.tickets"
COURIER = "bot.courier"
STATE = "trading.guards.state"
STRICTER = "return TradingState.HALTED if halted else"

PEOPLE: tuple[Mutant, ...] = (
    mutant(
        "confirm without the digest",
        (DESK, "if digest is None or not hmac.compare_digest(digest.encode(), ticket.digest().encode()):", "if digest is None:"),
    ),
    mutant("a digest that any card fits", ("domain.tickets", "codec.dumps(shown).encode()", "codec.dumps(shown.account).encode()")),
    mutant(
        "confirm by another person",
        (DESK, "if not self._authority.answers(origin, ticket.origin):", "if origin.platform != ticket.origin.platform:"),
    ),
    mutant(
        "the word is not asked for", (DESK, "if ticket.word not in (None, CODE) and (word or", "if ticket.word == origin.who and (word or")
    ),
    mutant("two taps both win", ("storage.tickets", "changes, id=id, status=frm) == 1", "changes, id=id) == 1")),
    mutant(
        "expiry ignored",
        (DESK, "if ticket.expires <= self._clock.now():", "if False:"),
        (DESK, "[t for t in await self.open_tickets() if t.expires <= now]", "[t for t in () if now]"),
    ),
    mutant("price tolerance ignored", (DESK, "        if moved:\n", "        if moved and not found.quotes:\n")),
    mutant("cards outlive a restart", (DESK, "return await self._expire(await self.open_tickets(), BY_RESTART)", "return []")),
    mutant("resume by a stranger", (DESK, "if reserved is not None and not self._authority.owns(origin):", "if False:")),
    mutant(
        "a stranger is let in",
        ("commands.access", "if origin.platform in LOCAL:", "if origin.platform:"),
    ),
    mutant(
        "halted opening passes",
        (STATE, STRICTER, STRICTER.replace("if halted", "if not halted and halted")),
    ),
    mutant(
        "the switch is forgotten at a restart",
        (STATE, "halted = self._killswitch.halted() or await self._killswitch.halted_in(tx)", "halted = self._killswitch.halted()"),
        ("trading.book", "self._halted = await switches.halted(tx, self.spec.name)", "self._halted = False"),
    ),
    mutant(
        "a halt does not stop what has not left",
        (STATE, "return _stricter(halted=self._killswitch.halted(), tripped", "return _stricter(halted=False, tripped"),
    ),
    mutant(
        "the pull is not written down",
        ("trading.guards.killswitch", "await switches.set_halted(unit.tx, account, halted=True, who=who, at=at)", "pass"),
    ),
    mutant("the release is not journalled", ("trading.guards.killswitch", "unit.emit(KillSwitchReleased(at, account, who))", "pass")),
    mutant(
        "acknowledge before the inbox",
        (
            "tests.simulation.door",
            "            try:\n                async with self._store.write() as tx:\n                    await inbox.add(tx, incoming)\n",
            "            try:\n                self._phone.acknowledge(incoming)\n                async with self._store.write() as tx:\n"
            "                    await inbox.add(tx, incoming)\n                continue\n",
        ),
    ),
    mutant("an edited line is a new one", ("storage.inbox", '{"key": incoming.key, ', '{"key": incoming.key + incoming.text[:2], ')),
    mutant("handled lines are not noted", ("storage.inbox", 'await tx.update("inbox", {"done": at}, key=key, done=None)', "return")),
    mutant(
        "deferred BEGIN",
        (
            "storage.filestore",
            '            connection.execute("PRAGMA busy_timeout = 0")\n            connection.execute("BEGIN IMMEDIATE")',
            '            connection.execute("PRAGMA busy_timeout = 0")\n            connection.execute("BEGIN")',
        ),
    ),
    mutant(
        "journal head not updated", ("storage.journal", 'await tx.update("journal_head", {"seq": seq, "hash": digest}, one=_HEAD)', "pass")
    ),
    mutant(
        "journal lines are not chained",
        ("storage.journal", "seq, previous = seq + 1, digest", "seq, previous = seq + 1, _GENESIS"),
    ),
    mutant(
        "events journalled behind the commit",
        (
            "trading.bus",
            "            yield unit\n            await self._record(unit, who, origin)\n",
            "            yield unit\n        async with self._store.write() as unit.tx:\n"
            "            await self._record(unit, who, origin)\n",
        ),
    ),
    mutant(
        "alert dropped on failure",
        (COURIER, "await outbox.retry(tx, head.id, lane.resume)", "await outbox.delivered(tx, head.id, lane.resume)"),
    ),
    mutant(
        "marked delivered before it is sent",
        (
            COURIER,
            "        try:\n            whole = await self._shown(load) if fresh",
            "        async with self._store.write() as tx:\n"
            "            await outbox.delivered(tx, head.id, self._clock.now())\n"
            "        try:\n            whole = await self._shown(load) if fresh",
        ),
    ),
    mutant(
        "shown again when the note fails",
        (COURIER, "self._unnoted[head.id] = whole", "self._unnoted.clear()"),
        (COURIER, "        del self._unnoted[head.id]\n", ""),
    ),
    mutant(
        "an alert is overtaken while it waits to be tried again",
        (
            "storage.outbox",
            'delivered=None, verdict=None, order="id", limit=limit)',
            'delivered=None, verdict=None, until=("due", now), order="id")',
        ),
        (COURIER, "            lane.resume = self._clock.now() + retry_after(head, critical=lane.critical)\n", ""),
        (COURIER, "await outbox.retry(tx, head.id, lane.resume)", "await outbox.retry(tx, head.id, self._clock.now() + FIRST_RETRY)"),
    ),
    mutant(
        "no alert in the transaction",
        ("trading.bus", "if alert is not None:", "if alert is not None and alert.urgency.value != 'critical':"),
    ),
)
