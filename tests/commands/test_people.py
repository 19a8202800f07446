"""Who may do what: nobody by default, roles by pairing and by an owner's word, and the same rule for every line and button."""

from datetime import timedelta

import pytest

from commands.access import People
from domain.alerts import Alert, Urgency
from domain.chat import Reply
from domain.events import AccessMoved
from domain.people import AccessMove, Role
from domain.tickets import Origin
from storage import people
from tests.commands.front import ME, NOON, lead

ADA, BOB, EVE = (Origin("telegram", number, number) for number in ("11", "22", "666"))
HER_DISCORD = Origin("discord", "d7", "d7")


async def paired(room, who, role="me", by=ME):
    code = (await room.say(f"/pair {role}", origin=by)).blocks[-1].text.split()[-1]
    return await room.say(code, origin=who)


async def test_a_code_lets_one_chat_in_once(room):
    reply = await room.say("/pair")
    code = reply.blocks[-1].text.split()[-1]
    assert len(code) == 8
    assert code in lead(reply)
    assert lead(await room.say(f"/start pair_{code}", origin=ADA, name="Ada")) == "You are in, as an owner of this account."
    assert (await room.say("/people", origin=ADA)).failure is None
    again = await room.say(code, origin=EVE)
    assert lead(again).startswith("That code is not valid")
    assert (await room.say("/people", origin=EVE)).failure.code == "not_allowed"
    member = room.desk.people.member("telegram", "11")
    assert (member.role, member.human, member.name, member.chat, member.by) == (Role.OWNER, "keeper:me", "Ada", "11", "terminal:me")
    async with room.floor.store.read() as tx:
        assert await people.all(tx, "demo") == [member]


async def test_a_code_is_over_after_ten_minutes_and_when_another_takes_its_place(room):
    first = (await room.say("/pair viewer")).blocks[-1].text.split()[-1]
    second = (await room.say("/pair viewer")).blocks[-1].text.split()[-1]
    assert lead(await room.say(first, origin=ADA)).startswith("That code is not valid")
    room.clock.set(room.clock.now() + timedelta(minutes=10))
    assert lead(await room.say(second, origin=ADA)).startswith("That code is not valid")
    assert room.desk.people.role(ADA) is None


async def test_three_wrong_codes_lock_for_ten_minutes_and_the_owner_hears(room):
    code = (await room.say("/pair viewer")).blocks[-1].text.split()[-1]
    for _ in range(2):
        assert lead(await room.say("abcdefgh", origin=EVE)).startswith("That code is not valid")
    assert "Too many wrong codes" in lead(await room.say("ABCDEFGH", origin=EVE))
    assert "Too many wrong codes" in lead(await room.say(code, origin=EVE)), "a right one too"
    assert [e.move for e in room.heard(AccessMoved)] == [AccessMove.LOCKED]
    room.clock.set(room.clock.now() + timedelta(minutes=9, seconds=59))
    assert "Too many" in lead(await room.say(code, origin=EVE))
    assert lead(await room.say(code, origin=BOB)).startswith("You are in, as a viewer"), "nobody else is locked"
    room.clock.set(room.clock.now() + timedelta(seconds=2))
    assert lead(await room.say("abcdefgh", origin=EVE)).startswith("That code is not valid")


async def test_a_stranger_is_told_to_the_owners_once_an_hour(room):
    for text in ("hello", "/positions", "#AAPL close"):
        await room.say(text, origin=EVE, name="Eve\u202e\n")
    (asked,) = room.heard(AccessMoved)
    assert (asked.move, asked.person, asked.name) == (AccessMove.ASKED, "telegram:666", "Eve")
    room.clock.set(room.clock.now() + timedelta(hours=1))
    await room.say("hello", origin=EVE)
    assert len(room.heard(AccessMoved)) == 2


async def test_a_code_in_a_group_is_no_code(room):
    code = (await room.say("/pair")).blocks[-1].text.split()[-1]
    assert lead(await room.say(code, origin=ADA, group=True)).startswith("You are 11 on telegram")
    assert room.desk.people.role(ADA) is None


async def test_each_role_may_do_what_it_may(room):
    await paired(room, ADA, "viewer")
    await paired(room, BOB, "trader")
    assert (await room.say("/profit-loss", origin=ADA)).failure is None
    refused = await room.say("#AAPL close 1", origin=ADA)
    assert lead(refused) == "Only a trader of this account may do that; you are a viewer."
    assert (await room.say("#emergency-stop", origin=ADA)).failure.code == "not_allowed"
    card = await room.say("#AAPL close 1", origin=BOB)
    assert (await room.say("", payload=f"confirm:{card.ticket.id}:{card.ticket.digest()}", origin=ADA)).failure.code == "not_allowed"
    assert lead(await room.say("/demo x", origin=BOB)) == "Only an owner of this account may do that; you are a trader."
    for line in ("/pair", "/people admit telegram:9 viewer", "/people role telegram:22 owner", "/people remove telegram:11"):
        assert (await room.say(line, origin=BOB)).failure.code == "not_allowed"
    assert lead(await room.say("/people", origin=BOB)) == "You are a trader of this account, as telegram:22."
    assert "halted" in lead(await room.say("#emergency-stop", origin=BOB))
    resume = await room.say("#resume", origin=BOB)
    refused = await room.say("RESUME", payload=f"confirm:{resume.ticket.id}:{resume.ticket.digest()}", origin=BOB)
    assert lead(refused) == "Only an owner can allow trading again."


async def test_one_person_answers_a_card_from_any_of_their_chats_and_an_owner_anybodys(room):
    await paired(room, ADA, "trader")
    await room.say("/people role telegram:11 owner")
    code = (await room.say("/pair", origin=ADA)).blocks[-1].text.split()[-1]
    await room.say(code, origin=HER_DISCORD)
    await room.say("/people role telegram:11 trader")
    await paired(room, BOB, "trader")
    card = await room.say("#AAPL close 1", origin=ADA)
    tap = f"confirm:{card.ticket.id}:{card.ticket.digest()}"
    assert "Only the person who asked for this, or an owner" in lead(await room.say("", payload=tap, origin=BOB))
    assert lead(await room.say("", payload=tap, origin=HER_DISCORD)).startswith(("Sent", "Done"))
    card = await room.say("#AAPL close 1", origin=BOB)
    tap = f"confirm:{card.ticket.id}:{card.ticket.digest()}"
    assert lead(await room.say("", payload=tap, origin=ME)).startswith(("Sent", "Done"))


async def test_an_owner_admits_changes_and_takes_out_by_id(room):
    assert lead(await room.say("", payload="/people admit telegram:22 viewer")) == "telegram:22 is in, as viewer."
    assert "type `/people role telegram:22 trader` yourself" in lead(await room.say("", payload="/people role telegram:22 trader"))
    assert lead(await room.say("/people role telegram:22 trader")) == "telegram:22 is trader now; before: viewer."
    assert "already" in lead(await room.say("/people role telegram:22 trader"))
    assert "is in already" in lead(await room.say("/people admit telegram:22 viewer"))
    listed = await room.say("/people")
    assert ("trader", "telegram:22, since 12:00 New York, Wed 8 Oct 2025") in listed.blocks[1].rows
    assert "no role here any more" in lead(await room.say("/people remove telegram:22"))
    assert (await room.say("/profit-loss", origin=BOB)).failure.code == "not_allowed"
    assert [e.move for e in room.heard(AccessMoved)] == [AccessMove.ADMITTED, AccessMove.CHANGED, AccessMove.REMOVED, AccessMove.ASKED]


@pytest.mark.parametrize(
    "line", ["/people admit", "/people admit terminal:me owner", "/people admit telegram:1:2", "/people admit telegram:22 boss"]
)
async def test_what_is_no_person_or_no_role_is_refused_with_a_line_that_works(room, line):
    refused = await room.say(line)
    assert refused.failure.code == "bad_argument"


async def test_nobody_shuts_themselves_out(room):
    await paired(room, ADA)
    for line in ("/people role telegram:11 viewer", "/people remove telegram:11"):
        assert "yourself here" in lead(await room.say(line, origin=ADA))


async def test_people_are_known_again_after_a_restart(room):
    await paired(room, ADA, "trader")
    again = People("demo")
    assert again.role(ADA) is None
    await again.load(room.floor.store)
    assert again.role(ADA) is Role.TRADER
    assert again.chats(told("halted")) == ("terminal:local", "telegram:11")
    assert again.chats(told("access-asked")) == ("terminal:local",)


def told(kind):
    return Alert(NOON, "demo", kind, kind, Urgency.INFO, Reply(()))
