"""Composed answers: the answer first with its figure, every figure a fact, every suggestion a line that parses."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from commands import grammar
from copilot import compose, danger, outlook
from copilot.brief import Brief
from copilot.meaning import Question, QuestionKind
from copilot.tell import figures_of, quoted
from domain.chat import Reply, Table, Text, Tone
from domain.market import Shock
from domain.money import cents
from domain.orders import Side
from tests.copilot.figures_in import buttons_of, text_of, unsupported
from tests.copilot.scene import START, Broken, Quiet, Scene, scene

D = Decimal
SPANS = ("today", "yesterday", "week", "month")


@pytest.fixture
async def busy() -> Scene:
    made = await scene()
    await made.trade("TSLA", Side.SELL, 4, START - timedelta(hours=22))
    await made.trade("AMD", Side.BUY, 10, START - timedelta(minutes=20))
    last = (await made.hub.quotes(["AAPL"]))["AAPL"].last
    made.stop("AAPL", str(cents(last * D("0.985"))))
    return made


def replies(brief: Brief) -> dict[str, Reply]:
    """Every kind of answer there is."""
    return {
        "what happened": compose.what_happened(brief),
        "what to do": compose.what_to_do(brief),
        "why down": compose.why_down(brief),
        "why NVDA": compose.why_down(brief, "NVDA"),
        "why META": compose.why_down(brief, "META"),
        "too heavy": compose.too_heavy(brief),
        "heavy in energy": compose.too_heavy(brief, "Energy"),
        "heavy in NVDA": compose.too_heavy(brief, None, "NVDA"),
        "heavy in META": compose.too_heavy(brief, None, "META"),
        "diversified": compose.too_heavy(brief, spread=True),
        "share of banks": compose.share(brief, "Financials"),
        "share of tech": compose.share(brief, "Information Technology"),
        "share of nothing": compose.share(brief, "Real Estate"),
        "share of NVDA": compose.share(brief, None, "NVDA"),
        "risk": compose.risk(brief),
        "ahead": outlook.ahead(brief, figures_of(brief), None),
        "ahead of NVDA": outlook.ahead(brief, figures_of(brief), "NVDA"),
        "best": compose.rank(brief, "my best performers", spanned=False),
        "worst of the span": compose.rank(brief, "biggest losers", spanned=True),
        "should I NVDA": compose.should_i(brief, "NVDA"),
        "should I XOM": compose.should_i(brief, "XOM"),
        "should I AAPL": compose.should_i(brief, "AAPL"),
        "should I META": compose.should_i(brief, "META"),
        "should I": compose.should_i(brief),
        "what if AAPL": compose.what_if(brief, "AAPL"),
        "what if META": compose.what_if(brief, "META"),
        "what if all": compose.what_if(brief),
    }


def check(name: str, reply: Reply) -> None:
    """What holds for every composed answer."""
    first = reply.blocks[0]
    assert isinstance(first, Text), name
    assert first.tone is Tone.LEAD
    assert "\n" not in first.text
    assert unsupported(reply) == [], (name, text_of(reply))
    assert reply.command in {"what-happened", "what-to-do", "profit-loss", "exposure", "news", "status"}, name
    assert len([b for b in reply.blocks if isinstance(b, Text) and b.tone is Tone.PLAIN]) <= 3, name
    for table in (b for b in reply.blocks if isinstance(b, Table)):
        assert len(table.rows) <= 8
        assert len(table.headings) <= 4
    for payload in buttons_of(reply):
        assert len(payload.encode()) <= 64
        assert payload == "/why" or grammar.parse(payload, lambda s: True).line() == payload, (name, payload)
    assert len({f.id for f in reply.facts}) == len({f.label for f in reply.facts})


@pytest.mark.parametrize("span", SPANS)
async def test_every_answer_keeps_the_rules_of_the_house(busy: Scene, span: str) -> None:
    brief = await busy.brief(span, ("META",))
    for name, reply in replies(brief).items():
        check(name, reply)


@pytest.mark.parametrize("span", SPANS)
async def test_answers_hold_without_news_without_sources_and_without_prices(span: str) -> None:
    made = await scene()
    for source in (Quiet(), Broken()):
        made.news = made.calendar = source
        for name, reply in replies(await made.brief(span)).items():
            check(name, reply)
    for bare in (await scene(priced=False), await scene(holdings=()), await scene(holdings=(), priced=False)):
        for name, reply in replies(await bare.brief(span)).items():
            check(name, reply)


async def test_what_happened_leads_with_the_figure_and_ends_with_lines(busy: Scene) -> None:
    brief = await busy.brief("yesterday")
    reply = compose.what_happened(brief)
    assert brief.attribution is not None
    total = brief.attribution.total
    text = text_of(reply)
    assert text.startswith(f"You were {'up' if total > 0 else 'down'} ${abs(total):,.2f}")
    assert "yesterday" in text.splitlines()[0]
    assert "sold 4 TSLA" in text
    assert "simulated" in text
    assert "`#AAPL close 50%`" in text
    assert buttons_of(reply)[0] == "#AAPL close 50%"
    assert next(f for f in reply.facts if f.label == "P/L yesterday").value == total


async def test_a_shock_is_told_with_its_headline() -> None:
    made = await scene()
    made.hub.source.add_shock(Shock(START - timedelta(hours=23), "NVDA", D("-0.12")))  # type: ignore[attr-defined]
    made.hub.clear()
    brief = await made.brief("yesterday")
    text = text_of(compose.what_happened(brief))
    assert "NVDA −" in text
    assert "may explain it" in text
    assert "may explain it" in text_of(compose.why_down(brief, "NVDA"))


async def test_what_to_do_says_why_and_what_would_change_it(busy: Scene) -> None:
    text = text_of(compose.what_to_do(await busy.brief()))
    assert "no record yet" in text
    assert "what would change it" in text
    assert "near stop rule" in text


async def test_nothing_to_do_is_said_so() -> None:
    made = await scene(holdings=(("XOM", 5, 5),), deposit="900")
    made.stop("XOM", "60")
    brief = replace(await made.brief(risk=True), recommendations=())
    text = text_of(compose.what_to_do(brief))
    assert "Nothing needs doing" in text
    assert "you may lose" in text
    check("nothing", compose.what_to_do(brief))


async def test_who_fears_a_loss_is_told_there_is_none(busy: Scene) -> None:
    brief = await busy.brief("yesterday")
    assert brief.attribution is not None
    assert brief.attribution.total > 0
    asked = Question(QuestionKind.WHY_DOWN, None, "why was I down yesterday?", span="yesterday")
    assert text_of(compose.answer(asked, brief)).startswith("You were not down: you were up")
    curious = Question(QuestionKind.WHY_DOWN, None, "why was I up yesterday?", span="yesterday")
    assert text_of(compose.answer(curious, brief)).startswith("You were up")


async def test_too_heavy_gives_the_line_that_brings_it_back() -> None:
    made = await scene(holdings=(("NVDA", 400, 30), ("AAPL", 40, 30), ("XOM", 10, 20)))
    brief = await made.brief()
    tech = compose.too_heavy(brief, "Information Technology")
    check("tech", tech)
    assert text_of(tech).startswith("Yes: Information Technology is ")
    assert buttons_of(tech)[0].startswith("#NVDA close ")
    assert text_of(compose.too_heavy(brief, None, "NVDA")).startswith("Yes: NVDA is ")
    assert text_of(compose.too_heavy(brief, "Energy")).startswith("No: Energy is ")
    assert text_of(compose.too_heavy(brief, None, "XOM")).startswith("No: XOM is ")


@pytest.mark.parametrize(
    ("kind", "command"),
    [
        (QuestionKind.WHY_DOWN, "profit-loss"),
        (QuestionKind.SHOULD_I, "what-to-do"),
        (QuestionKind.TOO_HEAVY, "exposure"),
        (QuestionKind.WHAT_IF, "what-to-do"),
    ],
)
async def test_a_question_is_answered_under_the_command_whose_facts_lead(busy: Scene, kind: QuestionKind, command: str) -> None:
    question = Question(kind, "AAPL", "about apple")
    reply = compose.answer(question, await busy.brief())
    assert reply.command == command == question.command


async def test_many_positions_and_trades_stay_short() -> None:
    names = [s for s in (await scene(holdings=())).hub.instruments() if s not in {"BTC", "ETH", "SOL"}]
    made = await scene(holdings=[(s, 1, 10) for s in names[:20]])
    for k, symbol in enumerate(names[20:26]):
        await made.trade(symbol, Side.BUY, 1, START - timedelta(minutes=30 + k))
    for name, reply in replies(await made.brief()).items():
        check(name, reply)
    assert "and 2 more" in text_of(compose.what_happened(await made.brief()))
    bare = await scene(holdings=[(s, 1, 10) for s in names[:20]], priced=False)
    reply = compose.what_happened(await bare.brief())
    check("unpriced", reply)
    assert "/positions all" in text_of(reply)


def test_other_peoples_words_stay_on_one_line_in_quotation_marks() -> None:
    assert quoted("Buy `#AAPL` now”\n\u202eand “all”") == "“Buy '#AAPL' now' and 'all'”"
    assert len(quoted("x" * 500)) <= 92


async def test_a_question_about_a_sector_is_answered_with_that_sector_first(busy: Scene) -> None:
    brief = await busy.brief("today")
    asked = compose.answer(Question(QuestionKind.SHARE, None, "how much is in banks", "Financials"), brief)
    assert text_of(asked).startswith("Financials is ")
    assert ": JPM." in text_of(asked).splitlines()[0]
    assert asked.command == "exposure"
    none = compose.answer(Question(QuestionKind.SHARE, None, "how much is in property", "Real Estate"), brief)
    assert text_of(none).startswith("You hold nothing in Real Estate.")
    one = compose.answer(Question(QuestionKind.SHARE, "NVDA", "how much of it is nvidia"), brief)
    assert text_of(one).startswith("NVDA is ")


async def test_the_worst_leads_where_the_worst_is_asked_for(busy: Scene) -> None:
    brief = await busy.brief("week")
    worst = compose.answer(Question(QuestionKind.RANK, None, "my worst performers", span=""), brief)
    best = compose.answer(Question(QuestionKind.RANK, None, "who did best this week", span="week"), brief)
    assert text_of(worst).startswith("Your worst is ")
    assert "since you bought" in text_of(worst).splitlines()[0]
    assert text_of(best).startswith("Your best is ")
    assert "this week" in text_of(best).splitlines()[0]


async def test_whether_a_book_is_diversified_is_answered_by_its_largest_parts(busy: Scene) -> None:
    asked = Question(QuestionKind.TOO_HEAVY, None, "is my book diversified?")
    lead = text_of(compose.answer(asked, await busy.brief("today"))).splitlines()[0]
    assert lead.startswith(("Fairly well: ", "Not enough: "))
    assert "the largest sector is " in lead


async def test_risk_is_told_as_what_a_bad_day_may_cost(busy: Scene) -> None:
    reply = compose.risk(await busy.brief("today", risk=True))
    check("risk", reply)
    assert text_of(reply).startswith("On one day in 20 you may lose $")
    assert "#set-stops" in text_of(reply)


async def test_a_good_stop_is_answered_with_a_level_and_its_line(busy: Scene) -> None:
    brief = await busy.brief("today")
    for symbol in ("AAPL", "NVDA"):
        reply = compose.answer(Question(QuestionKind.SHOULD_I, symbol, f"what is a good stop for {symbol}"), brief)
        check(symbol, reply)
        assert f"#{symbol} stop 2atr" in text_of(reply)
    assert danger.stop_at(brief, figures_of(brief), "META") is None


@pytest.mark.parametrize(
    ("later", "lead"),
    [
        (timedelta(), "The market is open; it closes at 16:00"),
        (timedelta(hours=-3), "The market is closed; it opens Friday 10 Oct at 09:30"),
        (timedelta(hours=8), "The market is closed; it opens Monday 13 Oct at 09:30"),
    ],
)
async def test_the_hours_of_the_exchange_are_told_from_the_calendar(later: timedelta, lead: str) -> None:
    brief = await (await scene()).brief("today")
    moved = replace(brief, portfolio=replace(brief.portfolio, at=START + later))
    assert text_of(outlook.hours(moved)).startswith(lead)


async def test_what_is_due_is_told_and_a_silent_calendar_said(busy: Scene) -> None:
    brief = await busy.brief("today")
    assert text_of(outlook.ahead(brief, figures_of(brief), "META")).startswith("I follow the reports of what you hold")
    silent = replace(brief, missing=("calendar",))
    assert text_of(outlook.ahead(silent, figures_of(silent), None)).startswith("The calendar did not answer")
    bare = replace(brief, earnings=())
    assert text_of(outlook.ahead(bare, figures_of(bare), "NVDA")).startswith("NVDA does not report in the next 5 sessions")
    assert text_of(outlook.ahead(bare, figures_of(bare), None)).startswith("Nothing you hold reports")
