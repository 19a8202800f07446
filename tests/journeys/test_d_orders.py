"""D: what becomes of an order at the paper venue, told by the reader's own lines and reckoned again here."""

from decimal import Decimal

from domain.money import cents
from domain.orders import OrderStatus
from tests.journeys.chat import NOW, chat

CENT = Decimal("0.01")


async def test_a_market_sale_fills_at_the_bid_and_the_books_add_up(tmp_path):
    async with chat(tmp_path) as reader:
        before, quote = await reader.book(), await reader.quote("AAPL")
        card = await reader.card("#AAPL close 50%")
        position = before.position("AAPL")
        half = position.quantity // 2
        leg = card.consequence.legs[0]
        assert (leg.quantity, leg.price, leg.value) == (half, quote.bid, half * quote.bid)
        assert leg.realised == cents(half * (quote.bid - position.average_price) - leg.fee)
        assert (await reader.turn("yes")).released
        fill = reader.house.floor.book.entries[-1]
        assert (fill.symbol, fill.quantity) == ("AAPL", half)
        assert quote.bid * Decimal("0.999") < fill.price <= quote.bid, "the bid, less a little for the size"
        pushed = await reader.pushes()
        result = cents((fill.price - position.average_price) * half - fill.fee)
        assert pushed[0].startswith(f"Filled: sold {half} AAPL at ${fill.price}, P/L {'+' if result > 0 else '−'}${abs(result)}.")
        after = await reader.book()
        assert after.cash == before.cash + half * fill.price - fill.fee
        assert after.position("AAPL").quantity == position.quantity - half
        assert abs(after.position("AAPL").average_price - position.average_price) < CENT
        await reader.later(minutes=1)
        assert (await reader.book()).stop("AAPL").quantity == position.quantity - half, "the stop follows the position"
        assert (await reader.ticket(card.id)).status == "EXECUTED"
        assert f" sell {half} AAPL at market; {half} of {half} filled at ${fill.price}" in await reader.say("/orders all")
        assert await reader.whole()


async def test_closing_a_position_takes_its_stop_with_it(tmp_path):
    async with chat(tmp_path) as reader:
        said = await reader.say("#UNH close")
        assert "Left without" in said
        await reader.say("yes")
        pushed = await reader.pushes()
        assert [p.split(" at ")[0] for p in pushed] == ["Filled: sold 10 UNH"], "its stop went with it, which is no news of its own"
        assert "UNH" not in await reader.say("/orders")
        assert await reader.held("UNH") == 0
        await reader.say("/demo shock UNH -20%")
        await reader.later(minutes=5)
        assert await reader.held("UNH") == 0, "nothing is left that could sell it again"
        assert await reader.whole()


async def test_a_limit_order_rests_and_fills_only_when_the_price_came(tmp_path):
    async with chat(tmp_path) as reader:
        before, quote = await reader.book(), await reader.quote("MSFT")
        limit = cents(quote.last * Decimal("0.97"))
        card = await reader.card(f"#buy MSFT 5 limit {limit} gtc")
        change = next(c for c in card.consequence.changes if c.label == "Cash")
        assert (change.before, change.after) == (cents(before.cash), cents(before.cash - 5 * limit))
        assert "working" in await reader.say("yes")
        assert any(p.startswith("Placed: buy 5 MSFT limit") for p in await reader.later(minutes=2))
        assert (await reader.book()).buying_power == before.buying_power - 5 * limit
        assert await reader.held("MSFT") == before.position("MSFT").quantity
        await reader.say("/demo shock MSFT -5%")
        pushed = await reader.later(minutes=2)
        assert any(p.startswith("Filled: bought 5 MSFT at $") for p in pushed)
        assert reader.house.floor.book.entries[-1].price <= limit
        assert await reader.held("MSFT") == before.position("MSFT").quantity + 5
        assert await reader.whole()


async def test_a_day_order_ends_with_its_session_and_a_gtc_one_does_not(tmp_path):
    async with chat(tmp_path) as reader:
        price = cents((await reader.quote("MSFT")).last * Decimal("0.85"))
        ids = []
        for line in (f"#buy MSFT 1 limit {price}", f"#buy MSFT 2 limit {price} gtc"):
            ids.append((await reader.card(line)).id)
            await reader.say("yes")
        pushed = [await reader.say("/demo forward 6h"), *(await reader.pushes())]
        assert any(p.startswith("Expired: buy 1 MSFT limit") for p in pushed)
        orders = {o.ticket: o for o in (await reader.book()).orders}
        assert ids[0] not in orders
        assert orders[ids[1]].status is OrderStatus.ACCEPTED
        assert (await reader.ticket(ids[0])).status == "CANCELLED"
        assert (await reader.ticket(ids[1])).status == "WORKING"


async def test_an_order_can_be_changed_and_taken_back_by_its_id(tmp_path):
    async with chat(tmp_path) as reader:
        quote = await reader.quote("MSFT")
        low, high = (cents(quote.last * Decimal(f)) for f in ("0.90", "0.95"))
        card = await reader.card(f"#buy MSFT 3 limit {low} gtc")
        await reader.say("yes")
        name = f"{card.id}-1"
        said = await reader.say(f"#order-{name} modify limit {high}")
        assert f"limit ${low} gtc becomes buy 3 MSFT limit ${high} gtc" in said
        await reader.say("yes")
        assert any(p.startswith(f"Changed: buy 3 MSFT limit ${high}") for p in await reader.pushes())
        order = next(o for o in (await reader.book()).orders if o.client_id == name)
        assert (order.limit, order.quantity) == (high, 3)
        await reader.say(f"#ORDER-{name.upper()} modify 2")
        await reader.say("yes")
        order = next(o for o in (await reader.book()).orders if o.client_id == name)
        assert order.quantity == 2
        await reader.say(f"#order-{name} cancel.")
        await reader.say("yes")
        assert f"Cancelled: buy 2 MSFT limit ${high} gtc." in await reader.pushes()
        assert name not in await reader.say("/orders")
        again = await reader.reply(f"#order-{name} cancel")
        assert again.failure is not None
        assert again.failure.code == "no_such_order"
        assert await reader.whole()


async def test_a_trailing_stop_follows_up_and_sells_on_the_way_down(tmp_path):
    async with chat(tmp_path) as reader:
        quantity = await reader.held("MSFT")
        await reader.say("#MSFT trailing 3%")
        await reader.say("yes")
        await reader.say("/demo shock MSFT 10%")
        await reader.later(minutes=3)
        high = (await reader.quote("MSFT")).last
        assert await reader.held("MSFT") == quantity
        await reader.say("/demo shock MSFT -5%")
        pushed = await reader.later(minutes=3)
        fill = reader.house.floor.book.entries[-1]
        assert any(p.startswith(f"Trailing stop filled: sold {quantity} MSFT at ${fill.price}") for p in pushed)
        assert fill.price < high * Decimal("0.975")
        assert fill.price > high * Decimal("0.90")
        assert await reader.held("MSFT") == 0
        assert await reader.whole()


async def test_a_target_is_reached_and_its_stop_goes_with_it(tmp_path):
    async with chat(tmp_path) as reader:
        quote, quantity = await reader.quote("AAPL"), await reader.held("AAPL")
        target = cents(quote.last * Decimal("1.02"))
        await reader.say(f"#AAPL target {target}")
        await reader.say("yes")
        await reader.say("/demo shock AAPL 4%")
        pushed = await reader.later(minutes=3)
        fill = reader.house.floor.book.entries[-1]
        assert fill.price >= target
        assert any(p.startswith(f"Target reached: sold {quantity} AAPL at ${fill.price}") for p in pushed)
        book = await reader.book()
        assert book.position("AAPL") is None
        assert book.protection("AAPL") == ()
        assert await reader.whole()


async def test_shares_wait_for_the_session_and_coins_do_not(tmp_path):
    async with chat(tmp_path) as reader:
        await reader.say("/demo forward 8h")
        await reader.pushes()
        coins = await reader.held("BTC")
        said = await reader.say("#BTC close 50%")
        assert "closed" not in said.lower()
        await reader.say("yes")
        assert any(p.startswith("Filled: sold") for p in await reader.later(minutes=2))
        sold = coins - await reader.held("BTC")
        assert sold == (coins / 2).quantize(Decimal("0.000001"), rounding="ROUND_DOWN")
        assert reader.house.floor.book.entries[-1].fee > 0, "a coin exchange charges"
        shares = await reader.held("NVDA")
        card = await reader.reply("#NVDA close 50%")
        assert any(f.code == "session_closed" or "clos" in f.sentence for f in card.ticket.findings)
        await reader.say("yes")
        assert not [p for p in await reader.later(hours=2) if not p.startswith("Your day")]
        assert await reader.held("NVDA") == shares
        pushed = [await reader.say("/demo forward 14h"), *(await reader.pushes())]
        assert any(p.startswith("Filled: sold") for p in pushed)
        fill = reader.house.floor.book.entries[-1]
        assert fill.at.hour * 60 + fill.at.minute in range(14 * 60 + 30, 14 * 60 + 32), "the next open in New York"
        assert await reader.whole()


async def test_a_very_large_order_fills_in_parts_and_moves_the_price(tmp_path):
    lines = "date,symbol,side,quantity,price,fees\n2025-01-06,,deposit,,900000000,0\n"
    path = tmp_path / "rich.csv"
    path.write_text(lines, encoding="utf-8")
    async with chat(tmp_path, book=path, simulated=True, now=NOW) as reader:
        quote = await reader.quote("UNH")
        card = await reader.card("#buy UNH 500000")
        assert any(f.code == "order_volume" for f in card.findings)
        await reader.say("yes")
        pushed = await reader.later(minutes=5)
        assert any("Partly filled" in p for p in pushed)
        fills = [e for e in reader.house.floor.book.entries if e.symbol == "UNH"]
        assert len(fills) > 1
        assert max(e.price for e in fills) > quote.ask
        assert sum(e.quantity for e in fills) < 500000
        assert await reader.held("UNH") == sum(e.quantity for e in fills)
        assert (await reader.ticket(card.id)).status == "WORKING"
