"""P: exits the core holds, from the line that sets one to the push that says it fired; and quotes that fire nothing."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from domain.events import ExitTriggered, QuoteDoubted, StopMoved
from domain.exits import ExitStatus
from domain.orders import OrderType
from market import calendar
from storage import exits
from tests.journeys.chat import chat
from trading.brokers import paper


def listen(reader, *kinds):
    """Every event of these kinds from now on."""
    heard = []

    async def hear(event):
        if isinstance(event, kinds):
            heard.append(event)

    reader.house.floor.bus.subscribe(hear)
    return heard


async def rule_of(reader, ident):
    async with reader.house.store.read() as tx:
        return await exits.get(tx, ident)


async def test_a_trailing_exit_waits_for_its_gain_follows_and_fires_with_the_gap_told(tmp_path):
    async with chat(tmp_path) as reader:
        heard = listen(reader, StopMoved, ExitTriggered)
        quote = await reader.quote("MSFT")
        said = await reader.say("#MSFT trailing 2% after 3%")
        assert "This program holds it: it works only while it runs." in said
        assert "it may act without asking again, until" in said
        assert "from $" in said
        assert (await reader.turn("yes")).released
        held = reader.house.floor.monitor.exits.all("MSFT")[0]
        assert held.arm is not None
        assert abs(held.arm - quote.last * Decimal("1.03")) < Decimal("0.02")
        assert held.level is None
        listed = await reader.say("/exits")
        assert "not armed yet" in listed
        assert "signed by owner in the terminal until" in listed
        assert heard == []

        await reader.say("/demo shock MSFT 5%")
        await reader.pushes()
        moved = heard.pop(0)
        assert isinstance(moved, StopMoved)
        assert moved.was is None
        last = (await reader.quote("MSFT")).last
        assert abs(moved.becomes - last * Decimal("0.98")) <= Decimal("0.02")
        stored = await rule_of(reader, held.id)
        assert (stored.level, stored.arm) == (moved.becomes, None)
        assert "armed" in await reader.say("/exits")

        quantity = await reader.held("MSFT")
        await reader.say("/demo shock MSFT -8%")
        fired = [e for e in heard if isinstance(e, ExitTriggered)]
        assert len(fired) == 1
        assert fired[0].released
        assert fired[0].gap == fired[0].level - fired[0].price > 0
        pushed = await reader.later(minutes=2)
        assert any(p.startswith("Trailing stop at $") and f": sold {quantity} MSFT at $" in p for p in pushed)
        assert await reader.held("MSFT") == 0
        await reader.later(seconds=1)
        ended = await rule_of(reader, held.id)
        assert ended.status is ExitStatus.ENDED
        assert len([e for e in heard if isinstance(e, ExitTriggered)]) == 1, "once"
        assert (await reader.ticket(fired[0].ticket)).mandate == held.ticket
        assert await reader.whole()


@pytest.mark.parametrize("bad", ["crossed", "stale", "print", "zero"])
async def test_a_quote_that_is_not_to_be_believed_fires_nothing(tmp_path, bad):
    async with chat(tmp_path) as reader:
        heard = listen(reader, ExitTriggered, QuoteDoubted)
        await reader.say("#MSFT trailing 2% after 3%")
        await reader.say("yes")
        await reader.say("/demo shock MSFT 5%")
        monitor, clock = reader.house.floor.monitor, reader.house.floor.clock
        good = await reader.quote("MSFT")
        low = good.last * Decimal("0.9")
        quote = {
            "crossed": replace(good, last=low, bid=low + 1, ask=low - 1),
            "stale": replace(good, last=low, bid=low, ask=low, at=good.at.replace(minute=good.at.minute - 1)),
            "print": replace(good, last=low),
            "zero": replace(good, last=Decimal(0), bid=Decimal(0), ask=Decimal(0)),
        }[bad]
        for _ in range(3):
            await monitor.take([quote])
        doubts = [e for e in heard if isinstance(e, QuoteDoubted)]
        assert len(doubts) == 1, "told once"
        assert doubts[0].price == quote.last
        assert not [e for e in heard if isinstance(e, ExitTriggered)]
        await monitor.take([replace(good, at=clock.now())])
        assert await reader.held("MSFT") > 0
        await monitor.take([replace(good, at=clock.now(), bid=low, ask=low, last=low)])
        assert [e for e in heard if isinstance(e, ExitTriggered)], "the next clean quote is believed"


async def test_a_restart_keeps_the_level(tmp_path):
    async with chat(tmp_path, still=False, account="demo") as reader:
        await reader.say("/demo forward 1m")
        if not (await reader.quote("BTC")):
            pytest.fail("the demo holds bitcoin")
        await reader.say("#BTC trailing 2% after 3%")
        await reader.say("yes")
        await reader.say("/demo shock BTC 6%")
        level = reader.house.floor.monitor.exits.all("BTC")[0].level
        assert level is not None
    async with chat(tmp_path, still=False, account="demo") as reader:
        heard = listen(reader, ExitTriggered)
        kept = reader.house.floor.monitor.exits.all("BTC")[0]
        assert kept.level is not None
        assert kept.level >= level
        await reader.say("/demo shock BTC -6%")
        assert len(heard) == 1


async def test_without_a_signature_that_holds_it_only_proposes(tmp_path):
    async with chat(tmp_path) as reader:
        heard = listen(reader, ExitTriggered)
        await reader.say("#BTC trailing 2% after 3%")
        await reader.say("yes")
        await reader.say("/demo shock BTC 6%")
        monitor = reader.house.floor.monitor
        rule = monitor.exits.all("BTC")[0]
        async with reader.house.store.write() as tx:
            await exits.save(tx, replace(rule, expires=rule.created))
        monitor.exits.put(replace(rule, expires=rule.created))
        quote = await reader.quote("BTC")
        low = {name: getattr(quote, name) * Decimal("0.9") for name in ("bid", "ask", "last")}
        await monitor.take([replace(quote, **low)])  # its signature is over, and in the same second the price falls through it
        assert heard
        assert not heard[0].released
        waiting = await reader.house.floor.desk.open_tickets()
        assert [t.line for t in waiting] == ["#BTC close"]
        assert await reader.held("BTC") > 0


async def test_a_ladder_stands_at_the_broker_and_each_step_sells_its_part(tmp_path):
    async with chat(tmp_path) as reader:
        quote, quantity = await reader.quote("MSFT"), await reader.held("MSFT")
        card = await reader.card("#MSFT ladder 5% 50% +10% 25%")
        assert card.line == "#MSFT ladder 5% 50% 10% 25%"
        assert [i.quantity for i in card.intents] == [quantity // 2, quantity // 4]
        assert all(
            abs(i.limit / quote.last - (1 + g)) < Decimal("0.001")
            for i, g in zip(card.intents, (Decimal("0.05"), Decimal("0.1")), strict=True)
        )
        await reader.say("yes")
        await reader.say("/demo shock MSFT 6%")
        await reader.later(minutes=2)
        assert await reader.held("MSFT") == quantity - quantity // 2
        await reader.say("/demo shock MSFT 6%")
        await reader.later(minutes=2)
        assert await reader.held("MSFT") == quantity - quantity // 2 - quantity // 4
        assert await reader.whole()


async def test_break_even_moves_the_brokers_stop_once_and_never_back(tmp_path):
    async with chat(tmp_path) as reader:
        position = (await reader.book()).position("UNH")
        before = (await reader.book()).stop("UNH")
        gain = (await reader.quote("UNH")).last / position.average_price - 1
        level = max(int(gain * 100) + 3, 3)
        await reader.say(f"#UNH breakeven {level}%")
        await reader.say("yes")
        await reader.later(seconds=80)
        assert (await reader.book()).stop("UNH").stop == before.stop
        await reader.say("/demo shock UNH 6%" if gain > 0 else f"/demo shock UNH {int(-gain * 100) + 8}%")
        await reader.later(minutes=1)
        after = (await reader.book()).stop("UNH")
        assert after.client_id == before.client_id, "the same order, moved"
        assert after.stop >= position.average_price > before.stop
        assert "No exit is held here for UNH" in await reader.say("/exits UNH")


async def test_time_exits_say_when_and_close_then(tmp_path):
    async with chat(tmp_path) as reader:
        said = await reader.say("#MSFT exit close")
        assert "sell all 20 shares 10 minutes before the close, on Wed 5 Mar 15:50 New York" in said
        await reader.say("yes")
        assert "due " in await reader.say("/exits")
        await reader.say("/demo forward 5h")
        assert await reader.held("MSFT") > 0
        await reader.say("/demo forward 25m")
        assert await reader.held("MSFT") == 0
        card = await reader.card("#AAPL exit 2 days")
        assert card.line == "#AAPL exit 2d"
        assert "sell all 39 shares after 3 days, on Mon 10 Mar 09:30 New York" in await reader.say("#AAPL exit 3d"), "the next open"
        refused = await reader.reply("#BTC exit earnings")
        assert refused.failure.code == "no_earnings_date"
        assert "No earnings date of BTC is known" in refused.failure.message
        assert (await reader.reply("#BTC exit close")).failure.code == "bad_argument"


async def test_exits_are_taken_back_by_symbol_or_by_id(tmp_path):
    async with chat(tmp_path) as reader:
        for line in ("#AAPL trailing after 1atr", "#AAPL exit 10d", "#MSFT exit 6h"):
            await reader.say(line)
            await reader.say("yes")
        held = reader.house.floor.monitor.exits
        assert [r.symbol for r in held.all()] == ["AAPL", "AAPL", "MSFT"]
        assert "this program holds" in await reader.say("/stops")
        await reader.say(f"#exit-{held.all('MSFT')[0].id} remove")
        await reader.say("yes")
        assert held.all("MSFT") == ()
        await reader.say("#AAPL exits off")
        await reader.say("yes")
        assert held.all() == ()
        assert (await reader.reply("#AAPL exits off")).failure.code == "no_such_order"
        await reader.say("#AAPL exit 10d")
        await reader.say("yes")
        await reader.say("#AAPL exit 5d")
        await reader.say("yes")
        assert [r.why for r in held.all()] == ["after 5 days"], "one takes the place of the other"


async def test_the_watch_names_the_worst_first(tmp_path):
    async with chat(tmp_path) as reader:
        said = await reader.say("/watch")
        assert "positions need a look; the worst is" in said
        losses = [float(row.split()[1].replace("−", "-")) for row in said.splitlines() if "unprotected" in row]
        assert losses == sorted(losses)
        assert "unprotected" in said
        assert "it has no stop" in await reader.say("/watch MSFT")
        await reader.say("#MSFT stop 5%")
        await reader.say("yes")
        assert "MSFT is fine" in await reader.say("/watch MSFT")
        await reader.say("/demo shock MSFT -4.7%")
        assert "MSFT is near stop" in await reader.say("/watch MSFT")


async def test_a_trailing_stop_at_the_broker_tells_that_it_moved(tmp_path):
    async with chat(tmp_path) as reader:
        heard = listen(reader, StopMoved)
        await reader.say("#MSFT trailing 3%")
        await reader.say("yes")
        first = (await reader.book()).stop("MSFT").stop
        await reader.say("/demo shock MSFT 2%")
        await reader.later(minutes=3)
        assert heard
        assert heard[-1].becomes > heard[0].was == first
        assert (await reader.book()).stop("MSFT").stop == heard[-1].becomes
        levels = [e.becomes for e in heard]
        assert levels == sorted(levels), "it never loosens"


async def test_where_the_broker_has_no_such_order_the_core_holds_it(tmp_path, monkeypatch):
    monkeypatch.setattr(paper, "TRAITS", replace(paper.TRAITS, order_types=frozenset({OrderType.MARKET}), keeps_within_position=False))
    async with chat(tmp_path) as reader:
        held, quantity = reader.house.floor.monitor.exits, await reader.held("MSFT")
        for line in ("#MSFT stop 5%", "#MSFT target 10%", "#MSFT trailing 4%", "#MSFT trailing 2atr"):
            assert "This program holds it" in await reader.say(line)
            await reader.say("yes")
        assert [r.kind for r in held.all("MSFT")] == ["stop", "target", "trailing"], "one trailing stop takes the place of the other"
        said = await reader.say("#MSFT ladder 6% 50% 12% 50%")
        assert "sell 50% of what is left at $" in said
        await reader.say("yes")
        targets = [r for r in held.all("MSFT") if r.kind == "target"]
        assert [r.share for r in targets] == [Decimal("0.5"), 1]
        assert "MSFT is fine" in await reader.say("/watch MSFT")
        await reader.say("/demo shock MSFT 7%")
        told = await reader.later(seconds=30)
        assert any("MSFT's ladder rung at $" in t and "50% of it is closed at the market" in t for t in told)
        assert any(t.startswith("Target at $") and "sold" in t for t in told), "no person asked for it"
        assert await reader.held("MSFT") == quantity - quantity // 2
        await reader.say("/demo shock MSFT -14%")
        await reader.later(seconds=30)
        assert await reader.held("MSFT") == 0
        assert held.all("MSFT") == ()
        assert await reader.whole()


async def test_what_cannot_be_is_refused_with_a_line_that_can(tmp_path):
    async with chat(tmp_path) as reader:
        last = (await reader.quote("MSFT")).last
        await reader.say("#MSFT exit 5d")
        await reader.say("yes")
        for line, code in (
            ("#MSFT ladder 1 50%", "bad_argument"),
            (f"#MSFT ladder {last + 10} 50% {last + 10} 50%", "bad_argument"),
            ("#MSFT ladder 5% 1%", "bad_argument"),
            ("#MSFT breakeven 0.01%", "nothing_to_do"),
            ("#MSFT trailing 2% after 99atr", None),
            ("#META exit close", "no_position"),
            ("#exit-nope remove", "no_such_order"),
            ("/watch META", "no_position"),
        ):
            reply = await reader.reply(line)
            if code is None:
                assert reply.ticket is not None
            else:
                assert reply.failure is not None, line
                assert reply.failure.code == code, line
        refused = await reader.reply("#exit-nope remove")
        assert "(MSFT)" in refused.failure.message


async def test_an_owner_says_what_a_failed_stop_leads_to(tmp_path):
    async with chat(tmp_path) as reader:
        assert "nothing is drawn up before" in await reader.say("/emergency-exit")
        assert "waits for your yes" in await reader.say("/emergency-exit propose")
        assert "closed at once where a mandate" in await reader.say("/emergency-exit act")
        assert "nothing is drawn up before" in await reader.say("/emergency-exit off")
        assert "nothing is drawn up before" in await reader.say("/emergency-exit")


async def test_a_time_exit_before_earnings_knows_the_date_or_refuses(tmp_path):
    async with chat(tmp_path) as reader:
        now = reader.house.floor.clock.now()
        dates = await reader.house.floor.calendar.earnings(now, now + timedelta(days=200))
        held = {p.symbol for p in (await reader.book()).positions}
        release = next(d for d in dates if d.symbol in held and d.at > now + timedelta(days=3))
        card = await reader.card(f"#{release.symbol} exit earnings")
        due = card.intents[0].rule.due
        assert due is not None
        assert now < due < release.at
        assert calendar.session_at(due) is not None
        assert calendar.previous(release.at.date() + timedelta(days=1)).close >= due
