"""E: every `#` line a reader may type, the card it draws up, the forgiven spellings, and the palette that offers them."""

import re
from decimal import Decimal

import pytest

from domain.money import cents, to_lot
from domain.orders import CancelIntent, OrderIntent, OrderType, ReplaceIntent, Side
from tests.journeys.chat import chat

D = Decimal


async def test_each_way_to_close_sells_what_it_says(tmp_path):
    async with chat(tmp_path) as reader:
        held = await reader.held("AAPL")
        for line, canonical, quantity in (
            ("#AAPL close", "#AAPL close", held),
            ("#AAPL close 100%", "#AAPL close", held),
            ("#AAPL close 50%", "#AAPL close 50%", to_lot(held / 2, D(1))),
            ("#aapl Close 33%.", "#AAPL close 33%", to_lot(held * D("0.33"), D(1))),
            ("#$AAPL close 10", "#AAPL close 10", D(10)),
            ("#AAPL: close 10", "#AAPL close 10", D(10)),
            ("#Sell AAPL 10", "#sell AAPL 10", D(10)),
        ):
            card = await reader.card(line)
            intent = card.intents[0]
            assert isinstance(intent, OrderIntent)
            assert (card.line, card.status, len(card.intents)) == (canonical, "PROPOSED", 1), line
            assert (intent.symbol, intent.side, intent.type, intent.quantity) == ("AAPL", Side.SELL, OrderType.MARKET, quantity), line
            assert (await reader.card(card.line)).line == card.line


async def test_each_way_to_protect_says_its_price(tmp_path):
    async with chat(tmp_path) as reader:
        last = (await reader.quote("MSFT")).last
        held = await reader.held("MSFT")
        for line, kind in (
            ("#MSFT stop 400", D(400)),
            ("#MSFT stop 5%", cents(last * D("0.95"))),
            ("#MSFT target 500", D(500)),
            ("#MSFT target 10%", cents(last * D("1.10"))),
        ):
            intent = (await reader.card(line)).intents[0]
            assert isinstance(intent, OrderIntent)
            assert (intent.side, intent.quantity, intent.reduce_only, intent.tif) == (Side.SELL, held, True, "gtc")
            assert abs((intent.stop or intent.limit or D(0)) - kind) <= D("0.01"), line
        intent = (await reader.card("#MSFT trailing 2%")).intents[0]
        assert (intent.type, intent.trail_percent, intent.quantity) == (OrderType.TRAILING, D("0.02"), held)
        two, three = [(await reader.card(f"#MSFT trailing {n}atr")).intents[0].trail for n in (2, 3)]
        assert abs(two / 2 - three / 3) < D("0.02")
        assert D("0.005") < two / last < D("0.15")
        stop = (await reader.card("#MSFT stop 2atr")).intents[0].stop
        assert abs((last - stop) - two) <= D("0.02")


async def test_each_way_to_buy_and_sell_sizes_as_it_says(tmp_path):
    async with chat(tmp_path) as reader:
        book, quote = await reader.book(), (await reader.book()).quotes["TSLA"]
        for line, canonical, quantity in (
            ("#buy TSLA 3", "#buy TSLA 3", D(3)),
            ("#BUY tsla $2000", "#buy TSLA $2000", to_lot(2000 / quote.ask, D(1))),
            ("#buy TSLA 5%", "#buy TSLA 5%", to_lot(book.equity * D("0.05") / quote.ask, D(1))),
            ("#buy TSLA 3 gtc", "#buy TSLA 3 gtc", D(3)),
            ("#buy TSLA 3 day", "#buy TSLA 3", D(3)),
            ("#sell TSLA $1000", "#sell TSLA $1000", to_lot(1000 / quote.bid, D(1))),
        ):
            card = await reader.card(line)
            assert (card.line, card.intents[0].quantity, card.intents[0].type) == (canonical, quantity, OrderType.MARKET), line
        price = cents(quote.last * D("0.98"))
        card = await reader.card(f"#buy TSLA 3 limit {price} gtc")
        intent = card.intents[0]
        assert (intent.type, intent.limit, intent.tif, intent.quantity) == (OrderType.LIMIT, price, "gtc", 3)
        card = await reader.card("#buy BTC $500")
        ask = (await reader.quote("BTC")).ask
        assert card.intents[0].quantity == to_lot(500 / ask, D("0.000001")) or card.intents[0].quantity == to_lot(500 / ask, D("0.0001"))


async def test_batches_touch_what_they_name_and_nothing_else(tmp_path):
    async with chat(tmp_path) as reader:
        book = await reader.book()
        bare = {p.symbol for p in book.positions if book.stop(p.symbol) is None}
        card = await reader.card("#set-stops 5%")
        assert {i.symbol for i in card.intents} == bare
        for intent in card.intents:
            assert abs(intent.stop / book.quotes[intent.symbol].last - D("0.95")) < D("0.0001")
        assert card.word is None
        card = await reader.card("#set-stops")
        assert {i.symbol for i in card.intents} == bare
        assert card.line == "#set-stops"
        assert (await reader.card("#set-stops 2atr")).line == "#set-stops"
        up = {p.symbol for p in book.positions if book.quotes[p.symbol].last / p.average_price >= D("1.10")}
        card = await reader.card("#take-profits")
        assert {i.symbol for i in card.intents} == up
        assert (await reader.card("#take-profits 10%")).line == "#take-profits"
        card = await reader.card("#take-profits 40%")
        assert {i.symbol for i in card.intents} < up
        card = await reader.card("#cancel-all")
        assert {i.client_id for i in card.intents} == {o.client_id for o in book.orders if o.open}
        assert all(isinstance(i, CancelIntent) for i in card.intents)
        card = await reader.card("#close-all")
        sold = {i.symbol: i.quantity for i in card.intents if isinstance(i, OrderIntent)}
        assert sold == {p.symbol: p.quantity for p in book.positions}
        assert card.word == "CLOSE-ALL"
        name = next(o.client_id for o in book.orders if o.symbol == "TSLA")
        card = await reader.card(f"#order-{name} modify stop 400")
        assert isinstance(card.intents[0], ReplaceIntent)
        assert (card.intents[0].client_id, card.intents[0].stop) == (name, 400)
        assert (await reader.book()).positions == book.positions, "a card changes nothing"


REFUSED = (
    ("#", "grammar", "#"),
    ("# ", "grammar", "#"),
    ("##", "", ""),
    ("#AAPL", "grammar", "AAPL"),
    ("#AAPL closs", "grammar", "closs"),
    ("#AAPL close 0", "grammar", "0"),
    ("#AAPL close -5", "grammar", "-5"),
    ("#AAPL close 101%", "grammar", "101%"),
    ("#AAPL close NaN", "grammar", "NaN"),
    ("#AAPL close 1e3", "grammar", "1e3"),
    ("#buy AAPL 1e309", "grammar", "1e309"),
    ("#buy AAPL inf", "grammar", "inf"),
    ("#buy AAPL 99999999999999999999", "", ""),
    ("#buy AAPL \uff15\uff10", "grammar", "\uff15\uff10"),
    ("#buy AA\u202ePL 5", "", "U+202E"),
    ("#buy AAPL 5\x07", "", "U+0007"),
    ("#AAPL close 50% now please", "grammar", "now"),
    ("#AAPL close; #NVDA close", "grammar", ";"),
    ("#AAPL close && #NVDA close", "grammar", "&&"),
    ("#ZZZZ close", "unknown_symbol", "ZZZZ"),
    ("#APPL close", "unknown_symbol", "AAPL"),
    ("#INTC close", "no_position", "INTC"),
    ("#order-../../etc/passwd cancel", "grammar", "passwd"),
    ("#order-nope cancel", "no_such_order", "nope"),
    ("#order- cancel", "grammar", "order-"),
    ("#buy", "grammar", "buy"),
    ("#buy AAPL", "grammar", "AAPL"),
    ("#buy 5 AAPL", "grammar", "5"),
    ("#buy AAPL 5 limit", "grammar", "limit"),
    ("#buy AAPL 5 limit -1", "grammar", "-1"),
    ("#AAPL stop", "grammar", "stop"),
    ("#AAPL stop 99999", "", ""),
    ("#AAPL target 1", "", ""),
    ("#AAPL stop 100%", "grammar", "100%"),
    ("#buy AAPL 0.5", "bad_argument", "0.5"),
    ("#sell AAPL", "grammar", "AAPL"),
    ("#close-everything", "grammar", "close-everything"),
    ("#" + "A" * 5000, "", ""),
    ("#AAPL close 50 %", "grammar", "%"),
)


async def test_what_is_wrong_is_named_with_a_line_that_works_and_nothing_changes(tmp_path):
    async with chat(tmp_path) as reader:
        before = await reader.book()
        for line, code, token in REFUSED:
            reply = await reader.reply(line)
            assert reply.failure is not None, line
            assert reply.ticket is None, line
            if code:
                assert reply.failure.code == code, (line, reply.failure)
            said = await reader.say(line)
            assert token in said, (line, said)
            assert "Traceback" not in said
            assert any(mark in said for mark in ("#", "/")), f"{line!r} is not told what to type"
            assert not any(c in said for c in "\u202e\x07")
        after = await reader.book()
        assert (after.positions, after.orders, after.cash) == (before.positions, before.orders, before.cash)
        assert await reader.house.floor.desk.open_tickets() == []


async def test_every_example_a_refusal_gives_is_a_line_that_is_understood(tmp_path):
    """What is printed as "type instead" is typed; it may not be possible here, but it is never a second grammar error."""
    async with chat(tmp_path) as reader:
        for line, _, _ in REFUSED:
            reply = await reader.reply(line)
            for block in reply.blocks:
                if type(block).__name__ == "Code":
                    again = await reader.reply(block.text)
                    assert again.failure is None or again.failure.code not in ("grammar", "unknown_command", "internal"), (line, block.text)


async def test_every_example_of_every_command_is_understood(tmp_path):
    async with chat(tmp_path) as reader:
        for spec in reader.house.front.registry.all():
            assert spec.examples, spec.name
            for example in spec.examples:
                if example.startswith(("/demo ", "#emergency", "#order-")) or re.search(r"(stop|target) \d+$", example):
                    continue  # what moves the world, halts it, or depends on today's price
                await reader.say("/portfolio-summary")  # what `/why` explains
                reply = await reader.reply(example)
                assert reply.failure is None or reply.failure.code in ("no_position", "no_such_order", "nothing_to_do", "word_needed"), (
                    example,
                    reply.failure,
                )


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("/pos", "/positions"),
        ("/psoitions", "/positions"),
        ("/profit", "/profit-loss"),
        ("/loss-profit", "/profit-loss"),
        ("#clos", "close"),
        ("#NVDA", "#NVDA close"),
        ("#nvd", "#NVDA"),
        ("#emerg", "#emergency-stop"),
        ("#tak", "#take-profits"),
    ],
)
async def test_the_palette_offers_what_was_begun(tmp_path, typed, first):
    async with chat(tmp_path) as reader:
        found = reader.house.search(typed)
        assert 1 <= len(found) <= 8
        assert any(s.line.startswith(first) or first in s.line for s in found), [s.line for s in found]
        assert all(s.help and s.group for s in found)


async def test_the_palette_offers_only_what_is_possible_now(tmp_path):
    async with chat(tmp_path) as reader:
        held = {s.line for letter in "abcdefghijklmnopqrstuvwxyz" for s in reader.house.search(f"#{letter}")}
        assert any(line.startswith("#NVDA") for line in held)
        assert not any(line.startswith("#INTC close") for line in held)
        assert "#resume" not in {s.line for s in reader.house.search("#res")}
        await reader.say("#emergency-stop")
        assert "#resume" in {s.line for s in reader.house.search("#res")}


async def test_a_misspelt_command_is_told_what_was_meant(tmp_path):
    async with chat(tmp_path) as reader:
        for line, meant in (("/positons", "/positions"), ("/pnl2", "/"), ("/profit_loss", ""), ("/Positions@bot", "")):
            said = await reader.say(line)
            assert meant in said
            assert "Traceback" not in said
        assert (await reader.reply("/profit_loss")).command == "profit-loss"
        assert (await reader.reply('/do "#AAPL close"')).ticket is not None
