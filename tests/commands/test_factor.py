"""The second factor: codes of a real authenticator, each good once, asked for where it counts."""

import re
from datetime import timedelta

import pyotp
import pytest

from commands.access import People
from commands.factor import Factor
from domain.events import AccessMoved
from domain.people import AccessMove
from domain.tickets import CODE, Origin
from storage.vault import Vault
from tests.commands.front import ME, lead, payloads, said

SOMEBODY = Origin("terminal", "other", "somebody")


@pytest.fixture
def known(room):
    """The people of the room, with factors on the room's clock."""
    people = room.desk.people
    people.factor = Factor("demo", Vault(lambda: bytes(32)), room.clock)
    people.factor.connect(room.floor.bus, room.clock)
    return people


async def set_up(room, origin=ME):
    begun = await room.say("/totp on", origin=origin)
    secret = re.search(r"^[A-Z2-7]{32}$", said(begun), re.MULTILINE)[0]
    authenticator = pyotp.TOTP(secret)
    assert lead(await room.say(f"/totp {authenticator.at(room.clock.now())}", origin=origin)).startswith("Your second factor is set up.")
    later(room)
    return authenticator


def later(room, seconds=30):
    room.clock.set(room.clock.now() + timedelta(seconds=seconds))


async def test_it_is_set_up_proved_and_taken_away(room, known):
    assert lead(await room.say("/totp")).startswith("You have no second factor")
    authenticator = await set_up(room)
    assert lead(await room.say("/totp")).startswith("You have a second factor.")
    assert (await room.say("/totp on")).failure.code == "bad_argument"
    assert (await room.say("/totp maybe")).failure.code == "bad_argument"
    assert (await room.say(f"/totp off {authenticator.at(room.clock.now() + timedelta(hours=1))}")).failure.code == "word_needed"
    assert lead(await room.say(f"/totp off {authenticator.at(room.clock.now())}")).startswith("Your second factor is gone")
    assert not known.guarded(ME)
    assert [e.move for e in room.heard(AccessMoved)] == [AccessMove.FACTOR_ON, AccessMove.FACTOR_OFF]


async def test_a_secret_is_stored_sealed(room, known):
    begun = await room.say("/totp on")
    secret = re.search(r"^[A-Z2-7]{32}$", said(begun), re.MULTILINE)[0]
    async with room.floor.store.read() as tx:
        assert secret not in str(await tx.select("states")) + str(await tx.select("journal"))


async def test_the_code_of_a_weighty_card_is_good_once(room, known):
    authenticator = await set_up(room)
    await room.say("#emergency-stop")
    card = await room.say("#resume")
    assert card.ticket.word == CODE
    assert f"confirm {card.ticket.id} 123456" in said(card)
    tap = payloads(card)["Confirm"]
    assert (await room.say("", payload=tap)).failure.code == "word_needed", "a tap alone is not enough"
    code = authenticator.at(room.clock.now())
    assert lead(await room.say(f"confirm {card.ticket.id} {code[:3]} {code[3:]}")).startswith(("Done", "That is not")), (
        "blanks are forgiven"
    )
    await room.say(f"confirm {card.ticket.id} {code}")
    assert not room.floor.killswitch.halted()
    await room.say("#emergency-stop")
    again = await room.say("#resume")
    refused = await room.say(f"confirm {again.ticket.id} {code}")
    assert "was used already" in lead(refused)
    assert room.floor.killswitch.halted()


async def test_an_ordinary_card_needs_no_code_and_a_batch_does(room, known):
    await set_up(room)
    assert (await room.say("#AAPL close 1")).ticket.word is None
    assert (await room.say("#close-all")).ticket.word == CODE


async def test_three_wrong_codes_lock_for_ten_minutes(room, known):
    authenticator = await set_up(room)
    for _ in range(2):
        assert "not the code" in lead(await room.say("/totp 000000"))
    assert "Three wrong codes" in lead(await room.say("/totp 000000"))
    later(room)
    assert "No code is listened to yet" in lead(await room.say(f"/totp {authenticator.at(room.clock.now())}"))
    assert [e.move for e in room.heard(AccessMoved)] == [AccessMove.FACTOR_ON, AccessMove.LOCKED]
    later(room, 600)
    assert lead(await room.say(f"/totp {authenticator.at(room.clock.now())}")) == "That code is right."


async def test_loosening_a_limit_asks_for_a_code_and_tightening_does_not(room, known):
    authenticator = await set_up(room)
    assert "allows no more than before" in lead(await room.say("/risk-limits set sector 35%"))
    for line in ("/risk-limits set sector 60%", "/risk-limits reset sector"):
        refused = await room.say(line)
        assert refused.failure.code == "word_needed"
        assert f"{line} 123456" in said(refused)
    assert "not the code" in lead(await room.say("/risk-limits set sector 60% 000000"))
    assert "allows more than before" in lead(await room.say(f"/risk-limits set sector 60% {authenticator.at(room.clock.now())}"))
    later(room)
    assert "no more than before" in lead(await room.say("/risk-limits reset sector"))


async def test_a_clock_may_be_half_a_minute_off_and_no_more(room, known):
    authenticator = await set_up(room)
    later(room, 300)
    now = room.clock.now()
    assert "not the code" in lead(await room.say(f"/totp {authenticator.at(now - timedelta(seconds=61))}"))
    assert lead(await room.say(f"/totp {authenticator.at(now - timedelta(seconds=30))}")) == "That code is right."
    assert lead(await room.say(f"/totp {authenticator.at(now + timedelta(seconds=30))}")) == "That code is right."
    assert "used already" in lead(await room.say(f"/totp {authenticator.at(now)}")), "no code from before the last one"


async def test_a_code_is_its_persons_own(room, known):
    await set_up(room)
    theirs = await set_up(room, SOMEBODY)
    await room.say("#emergency-stop")
    card = await room.say("#resume")
    refused = await room.say(f"confirm {card.ticket.id} {theirs.at(room.clock.now())}")
    assert "not the code" in lead(refused)


async def test_factors_are_known_again_after_a_restart(room, known):
    await set_up(room)
    again = People("demo", factor=Factor("demo", Vault(lambda: bytes(32)), room.clock))
    assert not again.guarded(ME)
    await again.load(room.floor.store)
    assert again.guarded(ME)


async def test_without_factors_a_word_is_asked_for_and_no_code_can_be_right(room):
    assert lead(await room.say("/totp")) == "There are no second factors on this way in."
    assert (await room.say("/totp on")).failure.code == "not_allowed"
    await room.say("#emergency-stop")
    card = await room.say("#resume")
    assert card.ticket.word == "RESUME", "a typed word stands in"
