"""What the copilot is for: what happened, and why; on the demo and on the real bars of 2025-10-10, with a model and without."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from domain.money import cents
from tests.journeys.chat import SHARED, chat, figures
from tests.journeys.phone import connected
from tests.servers.openai import KEY, Calls, OpenAIServer, Says, each, told
from tests.servers.telegram import TelegramServer

BARS = SHARED / "intraday_5min" / "bars_5min_20sym_2025-05_2025-10.csv.gz"
AT = datetime.fromisoformat("2025-10-10T14:00-04:00")
real = pytest.mark.skipif(not BARS.is_file(), reason="the real bars are not beside the project")
PARTS = ("the market", "sectors", "your stocks' own moves", "trades inside the span", "fees", "dividends")


async def test_yesterday_on_the_demo_news_trades_result_what_links_them_and_what_to_do(tmp_path: Path) -> None:
    async with chat(tmp_path) as reader:
        text = await reader.say("What happened yesterday?")
        assert text.startswith("You were up $1,089.66 (+0.96%) yesterday; BTC is 39% of it.")
        assert "The market (SPY) moved +0.52%." in text
        assert "NVDA +$229.10, price +2.02%: “Chip makers gain as export limits are eased” (Tue 4 Mar 15:29) may explain it" in text
        assert "You sold 32 NVDA at $155.29, bought 12 XOM at $122.18. Realised +$1,402.28." in text
        assert "`#UNH close 50%` (near stop rule: no record yet)" in text
        why = await reader.say("/why")
        assert "equity at the end" in why
        assert (await reader.card("do it")).line == "#UNH close 50%"


@real
async def test_why_am_i_down_on_the_real_day_names_the_largest_parts_and_they_sum(tmp_path: Path) -> None:
    async with chat(tmp_path, replay=BARS, at=AT) as reader:
        reply = await reader.reply("Why am I down?")
        text = await reader.say("Why am I down?")
    assert text.startswith("You are down $2,339.80 (−2.34%) today; most came from COIN, −$686.00.")
    assert "The largest parts: the market −$2,123.16, your stocks' own moves −$159.26, sectors −$57.38." in text
    found = figures(reply)
    assert sum((found[f"P/L from {name}"] for name in PARTS[:3]), Decimal(0)) == found["P/L today"] == cents(Decimal("-2339.80"))
    assert "no news on it; it is mostly the market" in text


WORDED = (
    "You are down $2,339.80 today, 2.34% of your account.\n\n"
    "COIN cost you $686.00 of that. AMD lost $545.16. JPM lost $900.00.\n\n"
    "The market (SPY) fell 1.73%. It will recover tomorrow.\n\n"
    "What can be done: `#set-stops`. Or `#COIN close`."
)


@real
async def test_a_model_words_the_real_day_and_what_it_makes_up_is_not_seen(tmp_path: Path, server: OpenAIServer) -> None:
    server.script = each(Says(WORDED))
    configured = {"model": "scripted", "openai_api_key": KEY, "openai_base_url": server.base}
    async with chat(tmp_path, replay=BARS, at=AT, configured=configured) as reader:
        text = await reader.say("Why am I down?")
        why = await reader.say("/why")
    assert text.startswith("You are down $2,339.80 today, 2.34% of your account.\n\nCOIN cost you $686.00 of that. AMD lost $545.16.")
    assert "The market (SPY) fell 1.73%." in text
    assert "`#set-stops`" in text
    for wrong in ("900", "recover", "#COIN close"):
        assert wrong not in text.replace("Prepare", "")
    assert "Words by scripted" in why
    assert "has $900.00, which follows from nothing" in why
    assert "sum of beta * SPY move * value at the start" in why
    assert "P/L today -$2,339.80 -2.34%" in told(server.requests[0])[-1]


async def test_on_a_phone_the_answer_grows_in_one_message_and_its_button_draws_a_card(
    tmp_path: Path, telegram: TelegramServer, server: OpenAIServer
) -> None:
    server.script = each(Calls((("positions", {}),)), Says("You hold 13 positions. " + "That is what the book says. " * 40, pause=0.02))
    more = {"model": "scripted", "openai_api_key": KEY, "openai_base_url": server.base}
    async with connected(tmp_path, telegram, **more) as desk:
        assert desk.house.front.voice is not None
        await desk.house.front.voice.warm()
        ada = await desk.paired(11)
        before = len(ada.shown)
        ada.says("What should I do today?")
        growing = await telegram.until(lambda: next((m for m in ada.shown[before:] if "Stop" in m.labels), None))
        assert "looked at /positions" in growing.text or growing.text.startswith("You hold 13 positions.")
        await telegram.until(lambda: "Stop" not in growing.labels)
        assert growing.text.startswith("You hold 13 positions.")
        assert "Words by scripted, checked against the facts." in growing.text
        assert len(ada.shown) == before + 1
        assert any(label.startswith("Prepare") for label in growing.labels)
