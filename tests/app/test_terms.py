"""Every setting does what its line in `.env.example` says."""

from datetime import timedelta
from decimal import Decimal

from domain.tickets import TicketStatus
from tests.journeys.chat import chat


async def test_a_card_waits_as_long_as_is_set(tmp_path):
    async with chat(tmp_path, configured={"card_minutes": Decimal(5)}) as reader:
        card = await reader.card("#AAPL close 5")
        assert card.expires - card.created == timedelta(minutes=5)
        assert await reader.later(minutes=4) == []
        assert "expired, nothing was sent" in (await reader.later(minutes=1))[0]


async def test_a_price_may_move_as_far_as_is_set(tmp_path):
    async with chat(tmp_path, configured={"price_tolerance": Decimal("0.05")}) as reader:
        await reader.say("#AAPL close 5")
        await reader.say("/demo shock AAPL -3%")
        card = (await reader.house.floor.desk.open_tickets())[0]
        await reader.say(f"confirm {card.id}")
        assert (await reader.ticket(card.id)).status is TicketStatus.EXECUTED
        await reader.say("#AAPL close 5")
        await reader.say("/demo shock AAPL -8%")
        card = (await reader.house.floor.desk.open_tickets())[0]
        await reader.say(f"confirm {card.id}")
        assert (await reader.ticket(card.id)).status is TicketStatus.REPLACED


async def test_the_demo_sells_short_only_where_that_is_set(tmp_path):
    for shorting in (False, True):
        async with chat(tmp_path, configured={"shorting": shorting}) as reader:
            card = await reader.card("#sell INTC 50")
            assert card.open is shorting
            await reader.say("yes")
            await reader.later(minutes=1)
            assert await reader.held("INTC") == (-50 if shorting else 0)
            assert await reader.whole()


async def test_moments_are_shown_in_the_zone_that_is_set(tmp_path):
    async with chat(tmp_path, configured={"zone": "Europe/Berlin"}) as reader:
        assert "16:30" in await reader.banner()
        said = await reader.say("/positions")
        assert "16:30" in said
        assert "10:30" not in said
