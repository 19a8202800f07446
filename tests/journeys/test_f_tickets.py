"""F: the card and its confirmation: once, in time, by the right person, on what was shown; and what everything else is told."""

import asyncio
from decimal import Decimal

import pytest

from domain.chat import Incoming
from domain.clock import ManualClock
from domain.tickets import Origin, TicketStatus
from storage import journal, tickets
from tests.journeys.chat import NOW, OWNER, Chat, chat

STRANGER = Origin("telegram", "42", "4711")
GUEST = Origin("terminal", "other", "guest")


async def tap(reader, payload, origin=OWNER, key="tap"):
    """A button as a platform delivers it."""
    return await reader.house.front.handle(Incoming(key, origin, "", reader.house.floor.clock.now(), payload))


async def test_a_card_shows_what_it_would_do_and_its_figures_are_those_of_the_book(tmp_path):
    async with chat(tmp_path) as reader:
        book, quote = await reader.book(), await reader.quote("NVDA")
        said = await reader.say("#NVDA close")
        quantity, paid = book.position("NVDA").quantity, book.position("NVDA").average_price
        result = quantity * (quote.bid - paid)
        for part in (
            "#NVDA close",
            f"sell {quantity} NVDA at market",
            f"${quote.bid:,.2f} (bid, quote",
            f"${quantity * quote.bid:,.2f}",
            f"+${result:,.2f}",
            f"{book.weight('NVDA') * 100:.2f}%",
            "0.00%",
            f"${book.cash:,.2f}",
            f"${book.cash + quantity * quote.bid:,.2f}",
            "VaR 95",
            "Left without",
            "DEMO",
            "SIMULATED MARKET",
            "Expires in 120 s",
            ".1 Confirm  .2 Cancel",
        ):
            assert part in said, part


async def test_yes_no_numbers_and_ids_confirm_and_cancel(tmp_path):
    async with chat(tmp_path) as reader:
        held = await reader.held("AAPL")
        card = await reader.card("#AAPL close 5")
        assert "Cancelled" in await reader.say("no")
        assert (await reader.ticket(card.id)).status is TicketStatus.CANCELLED
        card = await reader.card("#AAPL close 5")
        assert "Cancelled" in await reader.say(".2")
        card = await reader.card("#AAPL close 5")
        assert "Done" in await reader.say(".1")
        card = await reader.card("#AAPL close 5")
        await reader.say("/positions")
        said = await reader.say("yes")
        assert f"confirm {card.id}" in said, "something else was shown since"
        assert (await reader.ticket(card.id)).open
        assert "Done" in await reader.say(f"CONFIRM {card.id.upper()}.")
        one, two = await reader.card("#AAPL close 5"), await reader.card("#NVDA close 5")
        said = await reader.say("yes")
        assert f"confirm {one.id}" in said
        assert f"confirm {two.id}" in said
        assert "Cancelled" in await reader.say(f"cancel {one.id}")
        assert "Done" in await reader.say(f"confirm {two.id}")
        assert "was confirmed already" in await reader.say(f"confirm {two.id}")
        assert "was cancelled" in await reader.say(f"confirm {one.id}")
        assert "There is no card zzzzzzzz" in await reader.say("confirm zzzzzzzz")
        assert "no button .7" in (await reader.say(".7"))
        assert await reader.held("AAPL") == held - 10
        assert await reader.whole()


async def test_a_card_expires_after_two_minutes_and_says_so(tmp_path):
    async with chat(tmp_path) as reader:
        held = await reader.held("AAPL")
        card = await reader.card("#AAPL close")
        assert await reader.later(seconds=119) == []
        assert (await reader.ticket(card.id)).open
        pushed = await reader.later(seconds=1)
        assert pushed == ["#AAPL close: expired, nothing was sent."]
        assert (await reader.ticket(card.id)).status is TicketStatus.EXPIRED
        for line in ("yes", f"confirm {card.id}"):
            await reader.say(line)
        reply = await tap(reader, f"confirm:{card.id}:{card.digest()}")
        assert reply.failure.code == "ticket_closed"
        assert await reader.held("AAPL") == held


async def test_a_tap_in_the_last_second_holds_and_one_after_it_does_not_even_before_anyone_swept(tmp_path):
    async with chat(tmp_path) as reader:
        card = await reader.card("#buy AAPL 1 limit 240 gtc")
        clock = reader.house.floor.clock
        assert isinstance(clock, ManualClock)
        clock.set(card.expires)
        reply = await tap(reader, f"confirm:{card.id}:{card.digest()}")
        assert reply.failure.code == "ticket_closed"
        assert "expired" in reply.failure.message


async def test_after_a_restart_an_open_card_is_expired_and_its_reader_is_told(tmp_path):
    async with chat(tmp_path, still=False, account="demo") as reader:
        card = await reader.card("#AAPL close")
        held = await reader.held("AAPL")
    async with chat(tmp_path, still=False, account="demo") as reader:
        pushed = await reader.pushes()
        assert "#AAPL close: expired by restart, nothing was sent." in pushed[0]
        reply = await tap(reader, f"confirm:{card.id}:{card.digest()}")
        assert reply.failure.code == "ticket_closed"
        assert await reader.held("AAPL") == held
        assert await reader.whole()


async def test_a_price_that_moved_brings_a_fresh_card_that_says_what_changed(tmp_path):
    async with chat(tmp_path) as reader:
        held, quote = await reader.held("AAPL"), await reader.quote("AAPL")
        old = await reader.card("#AAPL close")
        await reader.say("/demo shock AAPL -2%")
        reply = await tap(reader, f"confirm:{old.id}:{old.digest()}")
        fresh = reply.ticket
        assert fresh.id != old.id
        assert (fresh.replaces, fresh.status, fresh.line) == (old.id, TicketStatus.PROPOSED, old.line)
        now = await reader.quote("AAPL")
        assert f"The price moved: AAPL ${quote.bid:.2f} → ${now.bid:.2f}" in str(reply.blocks)
        assert (await reader.ticket(old.id)).status is TicketStatus.REPLACED
        assert await reader.held("AAPL") == held, "nothing was sent"
        reply = await tap(reader, f"confirm:{old.id}:{old.digest()}")
        assert reply.failure.code == "ticket_closed"
        reply = await tap(reader, f"confirm:{fresh.id}:{fresh.digest()}")
        assert reply.failure is None
        assert await reader.held("AAPL") == 0


async def test_a_price_within_the_tolerance_goes_through(tmp_path):
    async with chat(tmp_path) as reader:
        card = await reader.card("#AAPL close")
        await reader.say("/demo shock AAPL -0.3%")
        assert (await tap(reader, f"confirm:{card.id}:{card.digest()}")).failure is None
        assert await reader.held("AAPL") == 0


async def test_what_risk_forbids_is_denied_with_its_code_and_no_button(tmp_path):
    async with chat(tmp_path) as reader:
        before = await reader.book()
        for line, code, told in (
            ("#buy TSLA 500", "insufficient_cash", f"{before.cash:,.2f} is free"),
            ("#sell NVDA 500", "short_sale", f"You hold {before.position('NVDA').quantity} NVDA"),
            ("#sell INTC 5", "short_sale", "INTC"),
            ("#buy AAPL 10 limit 25.99", "price_band", "typing error"),
            ("#buy AAPL 10 limit 2599", "price_band", "typing error"),
        ):
            reply = await reader.reply(line)
            ticket = reply.ticket
            assert ticket.status is TicketStatus.DENIED, line
            finding = next(f for f in ticket.findings if f.code == code)
            assert finding.severity == "blocking"
            assert told in finding.sentence, finding.sentence
            said = await reader.say(line)
            assert f"[{code}]" in said
            assert "Nothing was sent." in said
            assert "Confirm" not in said
            reply = await tap(reader, f"confirm:{ticket.id}:{ticket.digest()}")
            assert reply.failure.code == "ticket_closed"
        assert (await reader.book()).cash == before.cash


async def test_a_line_that_was_denied_names_one_that_fits_and_that_one_does(tmp_path):
    async with chat(tmp_path) as reader:
        said = await reader.say("#buy TSLA 500")
        line = said.partition("`")[2].partition("`")[0]
        assert line.startswith("#buy TSLA ")
        card = await reader.card(line)
        assert card.open
        await reader.say("yes")
        assert await reader.held("TSLA") > 12


async def test_close_all_wants_its_word_and_then_sells_everything_once(tmp_path):
    async with chat(tmp_path) as reader:
        card = await reader.card("#close-all")
        assert "type confirm" in await reader.say("yes")
        assert "type confirm" in await reader.say(f"confirm {card.id}")
        assert "type confirm" in await reader.say(f"confirm {card.id} CLOSEALL")
        before = await reader.book()
        assert before.positions
        said = await reader.say(f"confirm {card.id} close-all")
        assert "Done" in said or "Sent" in said
        await reader.later(minutes=1)
        after = await reader.book()
        assert after.positions == ()
        assert after.orders == (), "no protective order stays behind"
        sold = [e for e in reader.house.floor.book.entries if e.order and e.order.startswith(card.id)]
        assert sorted(str(e.symbol) for e in sold) == sorted(p.symbol for p in before.positions)
        assert after.cash == before.cash + sum(e.amount for e in sold)
        assert (await reader.ticket(card.id)).status is TicketStatus.EXECUTED
        assert "nothing" in (await reader.say("/positions")).lower() or "no position" in (await reader.say("/positions")).lower()
        assert await reader.whole()


async def test_the_emergency_stop_halts_at_once_and_the_rest_waits_for_its_word(tmp_path):
    async with chat(tmp_path) as reader:
        before = await reader.book()
        said = await reader.say("#emergency-stop")
        assert said.startswith("Trading is halted")
        assert "CLOSE-ALL" in said
        card = (await reader.house.floor.desk.open_tickets())[0]
        assert (await reader.book()).positions == before.positions, "only halted so far"
        assert any("Trading is halted" in p for p in await reader.pushes())
        assert (await reader.reply("#buy AAPL 1")).ticket.findings[0].code == "halted"
        assert "HALTED" in await reader.say("/status")
        closing = await reader.card("#AAPL close 5")
        assert "Done" in await reader.say(f"confirm {closing.id}"), "closing goes on"
        await reader.say(f"confirm {card.id} CLOSE-ALL")
        await reader.later(minutes=1)
        after = await reader.book()
        assert (after.positions, [o for o in after.orders if o.open]) == ((), [])
        await reader.say("#resume")
        resume = (await reader.house.floor.desk.open_tickets())[-1]
        assert "Done" in await reader.say(f"confirm {resume.id} RESUME")
        assert (await reader.card("#buy AAPL 1")).open
        assert await reader.whole()


async def test_a_halt_outlives_the_program(tmp_path):
    async with chat(tmp_path, still=False, account="demo") as reader:
        await reader.say("#emergency-stop")
    async with chat(tmp_path, still=False, account="demo") as reader:
        assert "halted" in (await reader.banner()).lower()
        assert (await reader.reply("#buy AAPL 1")).ticket.status is TicketStatus.DENIED
        await reader.say("#resume")
        resume = (await reader.house.floor.desk.open_tickets())[-1]
        assert "RESUME" in await reader.say(f"confirm {resume.id}"), "a tap is too little"
        await reader.say(f"confirm {resume.id} RESUME")
        assert (await reader.card("#buy AAPL 1")).open


async def test_a_wrong_digest_another_person_and_a_stranger_confirm_nothing(tmp_path):
    async with chat(tmp_path) as reader:
        held = await reader.held("AAPL")
        card = await reader.card("#AAPL close")
        good = card.digest()
        for place in range(16):
            flipped = good[:place] + ("0" if good[place] != "0" else "1") + good[place + 1 :]
            assert (await tap(reader, f"confirm:{card.id}:{flipped}")).failure.code == "ticket_mismatch"
        for payload in (f"confirm:{card.id}:", f"confirm:{card.id}", f"confirm:{card.id}:{good}x", f"confirm::{good}", "confirm", ""):
            assert (await tap(reader, payload)).failure is not None, payload
        for origin in (GUEST, STRANGER):
            reply = await tap(reader, f"confirm:{card.id}:{good}", origin)
            assert reply.failure is not None
            assert "AAPL" not in str(reply.blocks), "nobody else learns what it was"
        assert (await reader.ticket(card.id)).open
        assert await reader.held("AAPL") == held
        told = await Chat(reader.house, STRANGER).say("/positions")
        assert "4711" in told
        assert "$" not in told


@pytest.mark.parametrize("taps", [2, 5])
async def test_taps_at_the_same_time_trade_once_and_the_others_are_told(tmp_path, taps):
    async with chat(tmp_path) as reader:
        held = await reader.held("AAPL")
        card = await reader.card("#AAPL close 5")
        payload = f"confirm:{card.id}:{card.digest()}"
        replies = await asyncio.gather(*(tap(reader, payload, key=f"k{n}") for n in range(taps)))
        assert sorted(r.failure.code if r.failure else "done" for r in replies) == ["done"] + ["ticket_closed"] * (taps - 1)
        await reader.later(minutes=1)
        assert await reader.held("AAPL") == held - 5
        orders = [e for e in reader.house.floor.book.entries if e.order == f"{card.id}-1"]
        assert sum(e.quantity for e in orders) == 5


async def test_every_tap_ever_made_replayed_changes_nothing(tmp_path):
    async with chat(tmp_path) as reader:
        payloads = []
        for line, answer in (("#AAPL close 5", "yes"), ("#NVDA close 5", "no"), ("#MSFT stop 5%", "yes")):
            card = await reader.card(line)
            payloads += [f"confirm:{card.id}:{card.digest()}", f"cancel:{card.id}"]
            await reader.say(answer)
        late = await reader.card("#XOM close")
        payloads += [f"confirm:{late.id}:{late.digest()}"]
        await reader.later(minutes=3)
        before = await reader.book()
        for payload in payloads:
            assert (await tap(reader, payload)).failure.code == "ticket_closed"
        await reader.later(minutes=3)
        after = await reader.book()
        assert (after.positions, after.cash) == (before.positions, before.cash)
        assert await reader.whole()


async def test_the_journal_tells_the_life_of_every_card_and_notices_a_changed_line(tmp_path):
    async with chat(tmp_path) as reader:
        await reader.say("#AAPL close 5")
        await reader.say("yes")
        await reader.pushes()
        said = await reader.say("/journal")
        for part in ("confirmed: #AAPL close 5", "Filled: sold 5 AAPL", "executed: #AAPL close 5"):
            assert part in said
        async with reader.house.store.read() as tx:
            assert await journal.verify(tx) is None
            lines = await journal.lines(tx, "demo", limit=50)
            shown = next(line for line in lines if line.kind == "ticket_shown")
            ticket = (await tickets.recent(tx, "demo", 1))[0]
        assert ticket.digest()
        assert '"#AAPL close 5"' in shown.body, "what was shown is kept as it was shown"
        assert any("owner" in line.who for line in lines if line.kind == "TicketMoved")


async def test_stops_are_set_for_all_that_have_none_and_one_fires_while_nobody_looks(tmp_path):
    async with chat(tmp_path) as reader:
        card = await reader.card("#set-stops 5%")
        assert "Sent" in await reader.say("yes")
        await reader.pushes()
        book = await reader.book()
        assert all(book.stop(p.symbol) is not None for p in book.positions)
        assert "/set-stops" not in await reader.say("/stops")
        assert (await reader.reply("#set-stops")).ticket is None, "every position has one"
        quantity = await reader.held("DIS")
        await reader.say("/demo shock DIS -7%")
        pushed = await reader.later(minutes=2)
        assert any(p.startswith(f"Stop filled: sold {quantity} DIS at $") for p in pushed)
        assert (await reader.ticket(card.id)).status is TicketStatus.WORKING, "the other stops still stand"
        assert await reader.whole()


async def test_the_yes_that_follows_a_pushed_alert_confirms_nothing(tmp_path):
    async with chat(tmp_path) as reader:
        await reader.say("/demo shock UNH -6%")
        card = await reader.card("#AAPL close")
        pushed = await reader.later(seconds=70)
        assert pushed
        said = await reader.say("yes")
        assert f"confirm {card.id}" in said
        assert (await reader.ticket(card.id)).open


async def test_free_text_draws_a_card_and_never_more(tmp_path):
    async with chat(tmp_path) as reader:
        held = await reader.held("AAPL")
        card = await reader.card("sell half of my apple")
        assert (card.line, card.proposer) == ("#AAPL close 50%", "copilot")
        assert card.intents[0].quantity == held // 2
        assert await reader.held("AAPL") == held
        card = await reader.card("emergency stop!")
        assert not (await reader.book()).halted, "from free text it is a card first"
        assert card.open


async def test_the_book_at_the_end_is_the_sum_of_its_lines_to_the_cent(tmp_path):
    async with chat(tmp_path) as reader:
        for line in ("#AAPL close 50%", "#buy TSLA $2000", "#BTC close 50%", "#buy ETH $500", "#NVDA close 33%"):
            await reader.card(line)
            await reader.say("yes")
            await reader.later(minutes=2)
        book, entries = await reader.book(), reader.house.floor.book.entries
        assert book.cash == sum((e.amount for e in entries), Decimal(0))
        state = await reader.house.floor.broker.state()
        assert state.cash == book.cash
        assert dict(state.positions) == {p.symbol: p.quantity for p in book.positions}
        assert book.at > NOW
