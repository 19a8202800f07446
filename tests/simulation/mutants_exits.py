"""Planted faults in what stands under a position: brackets, stops that are watched, exits that are held here, who may act."""

from __future__ import annotations

from tests.simulation.mutating import Mutant, mutant

COVER = "trading.exits.cover"
FIRING = "trading.exits.firing"
MONITOR = "trading.exits.monitor"

EXITS: tuple[Mutant, ...] = (
    mutant(
        "a stop that is gone is not told",
        ("trading.exits.protection", "if position * lost.sign <= 0 or naked <= 0 or self._holds(lost.symbol):", "if naked or self._holds:"),
    ),
    mutant(
        "the exits of a bracket stay held, and nobody is told",
        (COVER, "    if want:\n        return Step(Do.RELEASE, leg,", "    if not leg:\n        return Step(Do.RELEASE, leg,"),
        ("trading.exits.protection", "            if now - since > NAKED_FOR:\n", "            if since > now:\n"),
    ),
    mutant("a twin is not shrunk", (COVER, "        if last.left > net:\n", "        if last.left > net and split:\n")),
    mutant(
        "an exit of a bracket does not grow with a later fill",
        (COVER, "grows = entry.filled > last.covers and want > last.left", "grows = split and want > last.left"),
        (COVER, "lacks = entry.filled > last.covers or (", "lacks = split or ("),
    ),
    mutant("exits are forgotten at a restart", (MONITOR, "        self.exits.load(rules)\n", "        self.exits.load(rules[:0])\n")),
    mutant(
        "an exit waits again while its order works",
        (FIRING, "elif status in NOTHING or status is TicketStatus.PARTIAL:", "elif status is not TicketStatus.PROPOSED:"),
        (
            FIRING,
            "quantity = to_lot((size - leaving) * rule.share, instrument.lot)",
            "quantity = to_lot(size * rule.share, instrument.lot)",
        ),
    ),
    mutant(
        "an exit fires on a stale quote",
        ("trading.exits.judge", "if quote.freshness is not Freshness.LIVE or quote.overdue(now, STALE_AFTER):", "if quote.bid is None:"),
    ),
    mutant(
        "an exit fires on a crossed quote",
        ("trading.exits.judge", "return Doubt.CROSSED if quote.bid > quote.ask else None", "return None"),
    ),
    mutant(
        "manual-only mode is ignored",
        ("trading.guards.mandates", "        if not await self._automation.allowed_in(tx):\n            return None\n", ""),
    ),
    mutant(
        "a hindered exit sleeps for hours",
        (FIRING, "wait = max(least, min(AGAIN * 2 ** min(tries - 1, 12), most))", "wait = max(least, AGAIN * 400)"),
    ),
    mutant(
        "a rung sells the whole position",
        (FIRING, "quantity = to_lot((size - leaving) * rule.share, instrument.lot)", "quantity = to_lot(size - leaving, instrument.lot)"),
    ),
    mutant(
        "a time exit does not come",
        (
            MONITOR,
            "ripe = rule.kind is ExitKind.TIME and rule.due is not None and rule.due <= now",
            "ripe = rule.kind is ExitKind.TIME and rule.due is None",
        ),
    ),
    mutant(
        "of two reports of one instant nobody asks",
        (
            "trading.record",
            "if change is None and report.at == latest and other_terms(before, report):",
            "if change is None and latest is None and not report.at:",
        ),
    ),
    mutant(
        "what was bought elsewhere is not told",
        ("trading.reconciling.reconciler", "            for event in made.found:\n                unit.emit(event)\n", ""),
    ),
    mutant(
        "a split is taken for a trade",
        (
            "trading.reconciling.reconciler",
            "        if ratios:\n            found += await self._write(adoption.split(",
            "        if not ratios:\n            found += await self._write(adoption.split(",
        ),
    ),
    mutant(
        "prices are not remembered when the books agree",
        ("trading.reconciling.reconciler", "        if not quotes:\n            return\n", "        if at:\n            return\n"),
    ),
    mutant(
        "a late order that was given up is left alone",
        ("trading.execution", "        for name in sorted(self._strays):\n", "        for name in sorted(self._strays)[:0]:\n"),
    ),
    mutant(
        "an order cut to what has filled is not told",
        ("trading.happened", "    if (replaced and after.open) or cut:\n", "    if replaced and after.open:\n"),
    ),
)
