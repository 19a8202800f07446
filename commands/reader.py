"""What one chat of an account has set about alerts, kept across restarts, and the ear that judges an alert by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, tzinfo

from commands.hearing import Decision, Hearing, History, decide, midnight
from commands.kinds import kind_named
from domain.alerts import Alert, Urgency
from storage import outbox, states
from storage.outbox import HOME, Verdict
from storage.store import Tx

PART = "hearing"


async def settings_of(tx: Tx, account: str, chat: str) -> Hearing:
    """What the chat has set; the defaults before it set anything."""
    return await states.get(tx, account, f"{PART}:{chat}", Hearing) or Hearing()


async def keep(tx: Tx, account: str, chat: str, settings: Hearing, now: datetime) -> None:
    """Keep what the chat has set; snoozes that are over are forgotten."""
    lasting = {word: until for word, until in settings.snoozed.items() if until > now}
    await states.put(tx, account, f"{PART}:{chat}", replace(settings, snoozed=lasting))


async def told_today(tx: Tx, account: str, chat: str, now: datetime) -> int:
    """How many counted alerts were told in a chat on the reader's day; `now` in the reader's zone."""
    return sum(1 for kind in await outbox.told_kinds(tx, account, midnight(now), chat=chat) if kind_named(kind).counted)


class Ear:
    """Judges the alerts of one account for one chat, by what is set and what was told, both read anew each time."""

    def __init__(self, account: str, chat: str = HOME, zone: tzinfo = UTC) -> None:
        self.account = account
        self.chat = chat
        self.zone = zone

    async def judge(self, tx: Tx, alert: Alert, now: datetime) -> Decision:
        """What becomes of one alert now."""
        return (await self.judge_all(tx, [alert], now))[0]

    async def judge_all(self, tx: Tx, alerts: Sequence[Alert], now: datetime) -> list[Decision]:
        """What becomes of alerts that are told as one message, oldest first: together they count once, and a fact is told once in it."""
        settings = await settings_of(tx, self.account, self.chat)
        local = now.astimezone(self.zone)
        spent: int | None = None
        told: dict[str, Alert] = {}
        found = []
        for alert in alerts:
            kind = kind_named(alert.kind)
            if kind.counted and spent is None:
                spent = await told_today(tx, self.account, self.chat, local)
            history = await self._history(tx, alert, now, told, spent or 0)
            found.append(Decision(Verdict.ELSEWHERE) if self._answered(alert) else decide(alert, settings, history, local))
            if found[-1].verdict in outbox.TOLD:
                told[alert.key] = alert
        return found

    def _answered(self, alert: Alert) -> bool:
        """True for what the reader did in this chat: the answer to that line said it. A critical one is told all the same.

        A private chat has its person's number; whoever types at the terminal types in its one chat.
        """
        here = alert.by == self.chat or (self.chat == HOME and alert.by.partition(":")[0] == HOME.partition(":")[0])
        return here and alert.urgency is not Urgency.CRITICAL

    async def _history(self, tx: Tx, alert: Alert, now: datetime, told: Mapping[str, Alert], spent: int) -> History:
        cooldown = kind_named(alert.kind).cooldown
        if alert.key in told:
            return History(now, told[alert.key].weight, spent)
        last = await outbox.told(tx, self.account, alert.key, now - cooldown, chat=self.chat) if cooldown else None
        return History(last.delivered, last.alert.weight, spent) if last is not None else History(told_today=spent)
