"""N: a trade with its way out on one card: bought in parts, protected as it fills, and cleared away when the target is met."""

from decimal import Decimal

from domain.money import cents
from domain.orders import OrderType
from tests.journeys.chat import NOW, chat


async def test_bought_in_parts_protected_as_it_fills_and_cleared_at_the_target(tmp_path):
    lines = "date,symbol,side,quantity,price,fees\n2025-01-06,,deposit,,900000000,0\n"
    path = tmp_path / "rich.csv"
    path.write_text(lines, encoding="utf-8")
    async with chat(tmp_path, book=path, simulated=True, now=NOW) as reader:
        quote = await reader.quote("UNH")
        stop, target = cents(quote.last * Decimal("0.9")), cents(quote.last * Decimal("1.05"))
        said = await reader.say(f"#buy UNH 20000 stop {stop} target {target}")
        assert "as the entry fills" in said
        assert f"${stop:,}" in said
        assert "At the stop" in said
        assert "At the target" in said
        assert "PAPER" in said
        card = (await reader.house.floor.desk.open_tickets())[0]
        assert [i.waits_for for i in card.intents] == [None, 1, 1]
        await reader.say("yes")
        pushed = await reader.pushes()
        assert any("Partly filled" in p for p in pushed)
        part = await reader.held("UNH")
        assert 0 < part < 20000
        assert [o.left for o in (await reader.book()).protection("UNH")] == [part, part], "protected as far as it has filled"
        assert f"{stop:,}" in await reader.say("/stops")
        for _ in range(20):
            if await reader.held("UNH") == 20000:
                break
            await reader.later(minutes=2)
            book = await reader.book()
            assert {o.left for o in book.protection("UNH")} == {book.position("UNH").quantity}
        assert await reader.held("UNH") == 20000
        assert (await reader.ticket(card.id)).status == "WORKING"
        near = cents((await reader.quote("UNH")).last * Decimal("1.001"))
        await reader.say(f"#order-{card.id}-3 modify limit {near}")
        await reader.say("yes")
        pushed.clear()
        for _ in range(200):
            pushed += await reader.later(minutes=2)
            book = await reader.book()
            held = await reader.held("UNH")
            assert all(o.left <= held for o in book.protection("UNH")), "the stop shrinks with what the target sold"
            if not held:
                break
        assert any("Target reached" in p for p in pushed)
        assert book.protection("UNH") == ()
        assert "UNH" not in await reader.say("/stops")
        assert (await reader.ticket(card.id)).status == "EXECUTED"
        assert await reader.whole()


async def test_a_limit_entry_keeps_its_exits_back_until_it_fills(tmp_path):
    async with chat(tmp_path) as reader:
        before, quote = await reader.held("MSFT"), await reader.quote("MSFT")
        limit = cents(quote.last * Decimal("0.97"))
        card = await reader.card(f"#buy MSFT 5 limit {limit} stop 4% target 8% gtc")
        assert [i.type for i in card.intents] == [OrderType.LIMIT, OrderType.STOP, OrderType.LIMIT]
        assert card.intents[1].stop == cents(limit * Decimal("0.96"))
        assert card.intents[2].limit == cents(limit * Decimal("1.08"))
        await reader.say("yes")
        said = await reader.say("/orders")
        assert said.count(f"waits for {card.id}-1") == 2
        assert f"{card.intents[1].stop:,}" not in await reader.say("/stops"), "what is held back protects nothing yet"
        await reader.say("/demo shock MSFT -4%")
        pushed = await reader.later(minutes=2)
        assert any(p.startswith("Filled: bought 5 MSFT") for p in pushed)
        assert await reader.held("MSFT") == before + 5
        legs = {o.client_id: o for o in (await reader.book()).orders}
        assert (legs[f"{card.id}-2"].left, legs[f"{card.id}-3"].left) == (5, 5)
        assert await reader.whole()


async def test_a_held_exit_can_be_taken_back_and_a_cancelled_entry_takes_the_rest_with_it(tmp_path):
    async with chat(tmp_path) as reader:
        limit = cents((await reader.quote("MSFT")).last * Decimal("0.9"))
        card = await reader.card(f"#buy MSFT 5 limit {limit} stop 4% target 8% gtc")
        await reader.say("yes")
        await reader.say(f"#order-{card.id}-3 cancel")
        await reader.say("yes")
        assert f"{card.id}-3" not in await reader.say("/orders")
        await reader.say(f"#order-{card.id}-1 cancel")
        await reader.say("yes")
        await reader.later(seconds=2)
        assert card.id not in await reader.say("/orders")
        assert (await reader.ticket(card.id)).status == "CANCELLED"
        assert await reader.whole()


async def test_exits_on_the_wrong_side_are_refused_with_a_line_that_works(tmp_path):
    async with chat(tmp_path) as reader:
        last = (await reader.quote("MSFT")).last
        for tail in (f"stop {cents(last * 2)}", f"target {cents(last / 2)}"):
            reply = await reader.reply(f"#buy MSFT 5 {tail}")
            assert reply.failure is not None
            assert reply.failure.code == "bad_argument"
        held = await reader.held("MSFT")
        assert held > 1
        reply = await reader.reply("#sell MSFT 1 stop 5%")
        assert reply.failure is not None
        assert "#MSFT stop 5%" in await reader.say("#sell MSFT 1 stop 5%")
