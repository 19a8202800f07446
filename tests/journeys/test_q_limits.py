"""Q: limits. What breaks one is denied with its code; an owner changes it with a typed line; closing goes on whatever is crossed."""

from datetime import UTC, datetime

from bot.plain import render
from domain import codec
from domain.chat import Incoming
from domain.events import LimitChanged
from domain.tickets import Severity, TicketStatus
from storage import journal
from tests.journeys.chat import OWNER, chat, figures

LINE = "#buy MSFT 15%"


async def test_a_sector_limit_denies_until_its_owner_changes_it(tmp_path):
    async with chat(tmp_path) as reader:
        denied = await reader.reply(LINE)
        assert denied.ticket.status is TicketStatus.DENIED
        finding = denied.ticket.findings[0]
        assert (finding.code, finding.severity) == ("sector_exposure", Severity.BLOCKING)
        assert dict(finding.details)["limit"] == "0.4"
        fits = finding.sentence.partition("`")[2].partition("`")[0]
        assert (await reader.card(fits)).status is TicketStatus.PROPOSED, "what is said to fit does"
        await reader.say("no")
        assert "sector: 40% → 50%. This allows more than before." in await reader.say("/risk-limits set sector 50%")
        allowed = await reader.card(LINE)
        assert allowed.status is TicketStatus.PROPOSED
        assert (await reader.turn("yes")).released
        assert "sector 50% (default 40%)" in await reader.say("/risk-limits")
        (changed,) = await changes(reader)
        assert (changed.name, changed.was, changed.becomes, changed.who) == ("sector", "40%", "50%", OWNER.who)
        assert await reader.whole()


async def changes(reader):
    """The changes of limits that the journal has."""
    async with reader.house.store.read() as tx:
        lines = await journal.lines(tx, reader.house.floor.spec.name, limit=1000, kinds=["LimitChanged"])
    return [codec.loads(LimitChanged, line.body) for line in lines]


async def test_a_changed_limit_survives_a_restart(tmp_path):
    async with chat(tmp_path, still=False, account="demo") as reader:
        await reader.say("/risk-limits set sector 35%")
        assert [c.becomes for c in await changes(reader)] == ["35%"]
    async with chat(tmp_path, still=False, account="demo") as reader:
        assert "29 in force, /risk-limits lists them; changed: sector 35%" in await reader.banner()
        assert "sector is 35%." in await reader.say("/risk-limits sector")
        assert "35% → 40%" in await reader.say("/risk-limits reset sector")
        assert "sector is 40%." in await reader.say("/risk-limits sector")


async def test_closing_works_while_the_daily_loss_is_crossed(tmp_path):
    async with chat(tmp_path) as reader:
        for symbol in ("NVDA", "BTC", "MSFT", "AMZN"):
            await reader.say(f"/demo shock {symbol} -25%")
        listed = await reader.reply("/risk-limits")
        assert figures(listed)["daily_loss used"] > 5
        assert "daily_loss is reached" in render(listed, width=1000)
        opening = await reader.reply("#buy XOM 5")
        assert [f.code for f in opening.ticket.findings if f.severity is Severity.BLOCKING] == ["daily_loss"]
        said = await reader.say("#AAPL close")
        assert "daily_loss" not in said
        assert (await reader.turn("yes")).released
        assert await reader.held("AAPL") == 0
        stop = await reader.card("#MSFT stop 5%")
        assert stop.status is TicketStatus.PROPOSED
        await reader.say("no")
        await reader.say("/risk-limits set daily_loss 40%")
        assert (await reader.card("#buy XOM 5")).status is TicketStatus.PROPOSED


async def test_the_same_line_twice_is_asked_about(tmp_path):
    async with chat(tmp_path) as reader:
        await reader.say("#buy XOM 5")
        assert (await reader.turn("yes")).released
        said = await reader.say("#buy XOM 5")
        assert "The same order, buy 5 XOM, was sent 0 s ago" in said
        assert (await reader.turn("yes")).released, "a person may mean it"
        assert "duplicate_order" not in await later(reader, 31, "#buy XOM 5")


async def later(reader, seconds, line):
    await reader.later(seconds=seconds)
    return await reader.say(line)


async def test_bad_news_is_told_on_the_card_and_a_person_decides(tmp_path):
    async with chat(tmp_path) as reader:
        said = await reader.say("#buy DIS 10")
        assert "DIS was in the news 3 h ago, and it speaks against this: “Disney hit by outage that disrupts service”." in said
        assert "[negative_news]" in said
        assert (await reader.turn("yes")).released


async def test_no_words_and_no_button_change_a_limit(tmp_path):
    async with chat(tmp_path) as reader:
        for words in ("set the sector limit to 90%", "risk limits set sector 90%", "please raise my daily loss limit to 50%"):
            await reader.say(words)
        now = reader.house.floor.clock.now()
        for payload in ("/risk-limits set sector 90%", "/risk-limits reset sector"):
            tapped = await reader.house.front.handle(Incoming("k", OWNER, "", now, payload=payload))
            assert tapped.failure.code == "not_allowed"
        assert "type `/risk-limits reset sector` yourself" in render(tapped, width=200)
        shown = await reader.house.front.handle(Incoming("k", OWNER, "", now, payload="/risk-limits"))
        assert shown.failure is None
        assert reader.house.floor.limits.changed == ()


def test_asking_shows_limits_and_changes_none(asked):
    at = datetime(2025, 3, 5, 15, 30, tzinfo=UTC)
    assert asked("/risk-limits", now=at).json["command"] == "risk-limits"
    refused = asked("/risk-limits set sector 90%", now=at)
    assert refused.code == 2
    assert refused.json["error"]["code"] == "read_only"
