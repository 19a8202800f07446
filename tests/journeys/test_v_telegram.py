"""Telegram: pair, ask, tap, be told; through the real library and a strict server."""

from __future__ import annotations

from pathlib import Path

from tests.journeys.phone import connected
from tests.servers.telegram import TelegramServer
from tests.servers.telegram_people import Person

STRANGER = "You are 666 on telegram. An owner of this installation must approve that id before anything is shown here."


async def said(person: Person, text: str) -> str:
    """What is answered to a line, by one message."""
    before = len(person.shown)
    person.says(text)
    return (await person.hears(before + 1)).text


async def test_a_first_day_on_the_phone(tmp_path: Path, telegram: TelegramServer) -> None:
    ada = telegram.person(11, "Ada")
    async with connected(tmp_path, telegram) as desk:
        assert (await said(ada, "/start")).startswith("You are 11 on telegram. An owner of this installation must approve")
        await telegram.until(lambda: desk.house.front.people.links)
        shown = await desk.terminal.say("/pair")
        assert "█" in shown, "a camera can read it"
        link = next(word for word in shown.split() if word.startswith("https://t.me/folio_test_bot?start="))
        welcome = await said(ada, f"/start {link.partition('=')[2]}")
        assert welcome.startswith("You are in, as an owner of this account.")
        ada.taps(ada.shown[-1], "Positions")
        positions = await ada.hears(3)
        assert "positions worth" in positions.text
        await telegram.until(lambda: sum(telegram.acknowledged.values()) == 1)
        ada.says("#AAPL close 50%")
        card = await ada.hears(4)
        assert (card.labels, card.silent) == (["Confirm", "Cancel"], False)
        ada.taps(card, "Confirm", times=2)
        await telegram.until(lambda: card.text.startswith(("Done: #AAPL close 50%", "Sent: #AAPL close 50%")))
        assert card.labels == []
        menu = await telegram.until(lambda: telegram.menus.get("11"))
        assert {"positions", "profit_loss", "pair"} <= {command["command"] for command in menu}
        assert telegram.meter.refused == 0
        assert await desk.terminal.whole()


async def test_a_card_confirmed_at_the_terminal_is_edited_on_the_phone_and_its_fill_stands_under_it(
    tmp_path: Path, telegram: TelegramServer
) -> None:
    async with connected(tmp_path, telegram) as desk:
        ada = await desk.paired(11)
        ada.says("#BTC close 0.01")
        card = await ada.hears(2)
        ident = card.payload("Confirm").split(":")[1]
        assert "Done: #BTC close 0.01" in await desk.terminal.say(f"confirm {ident}")
        await telegram.until(lambda: card.text.startswith("Done: #BTC close 0.01"))
        assert card.labels == []
        filled = await telegram.until(lambda: next((m for m in ada.shown if m.text.startswith("Filled: sold 0.01 BTC")), None))
        assert filled.under == card.id
        assert "Positions" in filled.labels


async def test_a_card_that_a_restart_ended_says_so(tmp_path: Path, telegram: TelegramServer) -> None:
    async with connected(tmp_path, telegram) as desk:
        ada = await desk.paired(11)
        ada.says("#AAPL close 50%")
        card = await ada.hears(2)
    async with connected(tmp_path, telegram):
        await telegram.until(lambda: card.text.startswith("Expired: #AAPL close 50%. Nothing was sent."))
        assert card.labels == []


async def test_an_alert_has_its_buttons_and_its_answer(tmp_path: Path, telegram: TelegramServer) -> None:
    async with connected(tmp_path, telegram) as desk:
        ada = await desk.paired(11)
        await desk.terminal.say("#emergency-stop")
        halted = await telegram.until(lambda: next((m for m in ada.shown if m.text.startswith("Trading is halted")), None))
        assert "Resume" in halted.labels
        ada.taps(halted, "Resume")
        card = await telegram.until(lambda: next((m for m in ada.shown if m.text.startswith("#resume")), None))
        ada.taps(card, "Confirm")
        await telegram.until(lambda: any(m.text.startswith("This needs its word besides the tap") for m in ada.shown))
        ada.says(f"confirm {card.payload('Confirm').split(':')[1]} RESUME")
        await telegram.until(lambda: card.text.startswith("Done: #resume"))
        assert not desk.house.floor.killswitch.halted()


async def test_an_owner_lets_somebody_in_with_a_tap(tmp_path: Path, telegram: TelegramServer) -> None:
    async with connected(tmp_path, telegram) as desk:
        ada, bob = await desk.paired(11), telegram.person(22, "Bob")
        await said(bob, "hello")
        asked = await telegram.until(lambda: next((m for m in ada.shown if m.text.startswith("⚠️ Bob (telegram:22) wrote")), None))
        ada.taps(asked, "Let in as viewer")
        await telegram.until(lambda: desk.house.front.people.member("telegram", "22"))
        assert "worth" in await said(bob, "/positions")
        assert "Only a trader of this account may do that" in await said(bob, "#AAPL close")
        menu = await telegram.until(lambda: telegram.menus.get("22"))
        assert "pair" not in {command["command"] for command in menu}


async def test_a_stranger_walks_through_every_door(tmp_path: Path, telegram: TelegramServer) -> None:
    """Every command, every action, every button that was ever shown to the owner: nothing but their own id."""
    async with connected(tmp_path, telegram) as desk:
        ada, eve = await desk.paired(11), telegram.person(666, "Eve")
        ada.says("#AAPL close 50%")
        card = await ada.hears(2)
        front, eve.started = desk.house.front, True
        lines = [f"/{s.name}" for s in front.registry.commands()] + [e for s in front.registry.actions() for e in s.examples]
        payloads = [b["callback_data"] for m in ada.shown for row in m.rows for b in row]
        payloads += ["refresh:/positions", "stop:telegram:1", "/why", "#AAPL close", "confirm:", "cancel:zz"]
        told = set()
        for text, payload in [*((line, None) for line in lines), *(("", p) for p in payloads)]:
            raw = eve.message(text)
            incoming = desk.incoming(raw, payload)
            told.add(desk.lead(await front.handle(incoming)))
        assert told == {STRANGER}
        for payload in payloads:
            eve.presses(card, payload)  # a forged press, on somebody else's message
        await telegram.until(lambda: sum(telegram.acknowledged.values()) >= len(payloads))
        assert card.labels == ["Confirm", "Cancel"]
        assert await desk.terminal.whole()


async def test_in_a_group_members_are_answered_in_private_and_strangers_get_no_word(tmp_path: Path, telegram: TelegramServer) -> None:
    room = telegram.group(-1001)
    async with connected(tmp_path, telegram) as desk:
        ada, eve = await desk.paired(11), telegram.person(666, "Eve")
        eve.says("/positions", chat=room)
        ada.says("/positions@folio_test_bot", chat=room)
        assert "positions worth" in (await ada.hears(2)).text
        ada.says('/do "#AAPL close 50%"', chat=room)
        card = await ada.hears(3)
        ada.taps(card, "Confirm")
        await telegram.until(lambda: card.text.startswith(("Done: #AAPL close 50%", "Sent: #AAPL close 50%")))
        assert telegram.of(room) == []
        assert [(chat, emoji) for chat, _, emoji in telegram.reactions] == [(room, "👌")] * 2


async def test_a_group_sees_what_an_owner_allowed_there_also_after_it_moved(tmp_path: Path, telegram: TelegramServer) -> None:
    room = telegram.group(-1001)
    async with connected(tmp_path, telegram) as desk:
        ada, bob = await desk.paired(11), await desk.paired(22, "trader", "Bob")
        bob.says("/group figures", chat=room)
        await telegram.until(lambda: any("Only an owner" in m.text for m in bob.shown))
        ada.says("/group words", chat=room)
        await telegram.until(
            lambda: any("The group telegram:-1001 is shown answers without their figures now" in m.text for m in ada.shown)
        )
        bob.says("/positions", chat=room)
        (words,) = await telegram.shows(room, 1)
        assert "positions worth •••" in words.text
        assert not any(c.isdigit() for c in words.text.partition("As of")[0])
        ada.says("/group figures", chat=room)
        await telegram.until(lambda: any("is shown figures now" in m.text for m in ada.shown))
        ada.says("/do #BTC close 0.01", chat=room)
        card = (await telegram.shows(room, 2))[-1]
        bob.taps(card, "Confirm")
        refused = (await telegram.shows(room, 3))[-1]
        assert "asked" in refused.text or "only" in refused.text.lower()
        ada.taps(card, "Confirm")
        await telegram.until(lambda: card.text.startswith("Done: #BTC close 0.01"))
        telegram.upgrade(room, -1002)
        bob.says("/positions", chat=-1002)
        moved = (await telegram.shows(-1002, 1))[-1]
        assert "positions worth $" in moved.text
    async with connected(tmp_path, telegram) as desk:
        assert "telegram:-1002" in await desk.terminal.say("/group")
        await desk.terminal.say("/group nothing telegram:-1002")
        bob.says("/quote AAPL", chat=-1002)
        await telegram.until(lambda: any(m.text.startswith("Apple (AAPL)") for m in bob.shown))
        assert telegram.of(-1002) == [moved]


async def test_a_topic_of_a_forum_is_answered_in_that_topic(tmp_path: Path, telegram: TelegramServer) -> None:
    room = telegram.group(-1001)
    async with connected(tmp_path, telegram) as desk:
        ada = await desk.paired(11)
        await desk.terminal.say("/group figures telegram:-1001")
        ada.says("/quote AAPL", chat=room, message_thread_id=77, is_topic_message=True)
        (shown,) = await telegram.shows(room, 1)
        assert (shown.topic, shown.text.startswith("Apple (AAPL)")) == (77, True)
        telegram.upgrade(room, -1003, told=False)
        ada.says("/quote NVDA", chat=room)
        (late,) = await telegram.shows(-1003, 1)
        assert "(NVDA)" in late.text


async def test_what_is_late_forwarded_edited_or_of_a_bot_never_acts(tmp_path: Path, telegram: TelegramServer) -> None:
    async with connected(tmp_path, telegram) as desk:
        ada = await desk.paired(11)
        ada.says("#emergency-stop", age=301)
        late = await ada.hears(2)
        assert late.text.startswith("This came more than five minutes late, so nothing was done: #emergency-stop.")
        origin = {"type": "hidden_user", "sender_user_name": "x", "date": 1}
        ada.says("#emergency-stop", forward_origin=origin)
        telegram.put({"edited_message": ada.message("#emergency-stop")})
        telegram.put({"channel_post": ada.message("#emergency-stop")})
        telegram.put({"message": ada.message("#emergency-stop") | {"from": {"id": 11, "is_bot": True, "first_name": "b"}}})
        assert "worth" in await said(ada, "/positions")
        assert len(ada.shown) == 3
        assert not desk.house.floor.killswitch.halted()


async def test_an_update_that_comes_twice_is_answered_once(tmp_path: Path, telegram: TelegramServer) -> None:
    async with connected(tmp_path, telegram) as desk:
        ada = await desk.paired(11)
        ada.says("#AAPL close 50%")
        telegram.again()
        await ada.hears(2)
        telegram.again()
        await said(ada, "/positions")
        assert len([m for m in ada.shown if m.text.startswith("#AAPL close 50%")]) == 1
        assert len(await desk.house.floor.desk.open_tickets()) == 1


async def test_a_key_in_a_message_is_taken_away_and_kept_nowhere(tmp_path: Path, telegram: TelegramServer) -> None:
    token = "110201599:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1"
    async with connected(tmp_path, telegram) as desk:
        ada = await desk.paired(11)
        answer = await said(ada, f"here is my token {token}")
        assert answer.startswith("That looks like a Telegram bot token. It was not kept here")
        assert [chat for chat, _ in telegram.deleted] == [11]
        typed = await desk.terminal.say(f"/explain {token}")
        assert typed.startswith("That looks like a Telegram bot token")
    kept = b"".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())
    assert token.encode() not in kept


async def test_figures_are_asked_for_again_in_their_place(tmp_path: Path, telegram: TelegramServer) -> None:
    async with connected(tmp_path, telegram) as desk:
        ada = await desk.paired(11)
        ada.says("/positions")
        shown = await ada.hears(2)
        assert shown.labels[-1] == "Refresh"
        ada.taps(shown, "Refresh")
        await telegram.until(lambda: "Updated " in shown.text)
        assert len(ada.shown) == 2
        assert shown.labels[-1] == "Refresh"
        ada.says("/help")
        assert "Refresh" not in (await ada.hears(3)).labels


async def test_a_chart_is_a_picture_with_its_words_beneath_and_is_asked_for_again_in_its_place(
    tmp_path: Path, telegram: TelegramServer
) -> None:
    async with connected(tmp_path, telegram) as desk:
        ada = await desk.paired(11)
        ada.says("/chart AAPL month")
        shown = await ada.hears(2)
        assert shown.picture.startswith(b"\x89PNG")
        assert "low " in shown.text, "whoever does not see it reads what it shows"
        assert shown.labels[-1] == "Refresh"
        ada.taps(shown, "Refresh")
        await telegram.until(lambda: "Updated " in shown.text)
        assert (telegram.calls["editmessagemedia"], len(ada.shown)) == (1, 2)


async def test_quick_quotes_in_any_chat_are_of_the_market_alone_and_not_for_strangers(tmp_path: Path, telegram: TelegramServer) -> None:
    async with connected(tmp_path, telegram) as desk:
        ada, eve = await desk.paired(11), telegram.person(666, "Eve")
        found = await ada.glances("aap")
        ((title, text),) = found.items()
        assert title.startswith("AAPL $")
        assert text.startswith("Apple (AAPL) is at $")
        assert text.endswith("UTC; simulated, no real market.")
        assert "32" not in text, "how much of it is held is nobody's business there"
        assert next(iter(await ada.glances("bitcoin"))).startswith("BTC $")
        assert len(await ada.glances("")) == 8
        assert next(iter(await ada.glances("nvidai"))).startswith("NVDA $"), "a typing error finds it too"
        eve.server.put({"inline_query": {"id": "eve", "from": eve.json, "query": "aapl", "offset": ""}})
        await telegram.until(lambda: "eve" in telegram.offered)
        assert telegram.offered["eve"] == {}
        assert len(ada.shown) == 1


async def test_lines_to_tap_stay_below_the_input_until_they_are_switched_off(tmp_path: Path, telegram: TelegramServer) -> None:
    async with connected(tmp_path, telegram) as desk:
        ada = await desk.paired(11)
        assert "Tap a line below" in await said(ada, "/keyboard on")
        assert "positions worth" in await said(ada, telegram.keys[11][0][0])
        await said(ada, "/keyboard off")
        assert telegram.keys[11] == []
        assert "Telegram has one" in await desk.terminal.say("/keyboard")
