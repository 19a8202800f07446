"""The `#` grammar: everything UX lists, everything it forgives and everything it refuses."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands import grammar
from commands.words import LONGEST
from domain.chat import Action, Amount, Unit, Verb
from domain.errors import GrammarError, UnknownSymbol, UserError
from domain.orders import TimeInForce

KNOWN = frozenset({"AAPL", "TSLA", "NVDA", "BTC", "BRK.B", "BTC-USD", "ALL", "BUY", "STOP", "CLOSE", "NOW", "ON", "IT", "RESUME"})


TEN = Amount(Decimal(10), Unit.SHARES)


def parse(line: str) -> Action:
    return grammar.parse(line, KNOWN.__contains__, lambda s: ("AAPL",) if s == "APPLE" else ())


def outcome(line: str) -> Action | UserError:
    try:
        return parse(line)
    except (GrammarError, UnknownSymbol) as refusal:
        return refusal


def test_parses_every_line_of_the_grammar():
    of = {
        "#AAPL close": Action(Verb.CLOSE, "AAPL"),
        "#AAPL close 50%": Action(Verb.CLOSE, "AAPL", Amount(Decimal(50), Unit.PERCENT)),
        "#AAPL close 10": Action(Verb.CLOSE, "AAPL", Amount(Decimal(10), Unit.SHARES)),
        "#AAPL stop 175": Action(Verb.STOP, "AAPL", Amount(Decimal(175), Unit.PRICE)),
        "#AAPL stop 5%": Action(Verb.STOP, "AAPL", Amount(Decimal(5), Unit.PERCENT)),
        "#AAPL stop 2atr": Action(Verb.STOP, "AAPL", Amount(Decimal(2), Unit.ATR)),
        "#AAPL target 185": Action(Verb.TARGET, "AAPL", Amount(Decimal(185), Unit.PRICE)),
        "#AAPL target 10%": Action(Verb.TARGET, "AAPL", Amount(Decimal(10), Unit.PERCENT)),
        "#AAPL trailing 2%": Action(Verb.TRAILING, "AAPL", Amount(Decimal(2), Unit.PERCENT)),
        "#AAPL trailing 2atr": Action(Verb.TRAILING, "AAPL", Amount(Decimal(2), Unit.ATR)),
        "#buy TSLA 50": Action(Verb.BUY, "TSLA", Amount(Decimal(50), Unit.SHARES)),
        "#buy TSLA $2000": Action(Verb.BUY, "TSLA", Amount(Decimal(2000), Unit.MONEY)),
        "#buy TSLA 5%": Action(Verb.BUY, "TSLA", Amount(Decimal(5), Unit.PERCENT)),
        "#buy TSLA 50 limit 240": Action(Verb.BUY, "TSLA", Amount(Decimal(50), Unit.SHARES), limit=Decimal(240)),
        "#sell TSLA 50 limit 240.5 gtc": Action(
            Verb.SELL, "TSLA", Amount(Decimal(50), Unit.SHARES), limit=Decimal("240.5"), tif=TimeInForce.GTC
        ),
        "#buy AAPL 10 stop 170 target 190": Action(
            Verb.BUY, "AAPL", TEN, stop_at=Amount(Decimal(170), Unit.PRICE), target_at=Amount(Decimal(190), Unit.PRICE)
        ),
        "#buy AAPL 10 limit 180 stop 2atr target 8% gtc": Action(
            Verb.BUY,
            "AAPL",
            TEN,
            limit=Decimal(180),
            tif=TimeInForce.GTC,
            stop_at=Amount(Decimal(2), Unit.ATR),
            target_at=Amount(Decimal(8), Unit.PERCENT),
        ),
        "#sell AAPL 10 stop 5%": Action(Verb.SELL, "AAPL", TEN, stop_at=Amount(Decimal(5), Unit.PERCENT)),
        "#order-ab12cd34-1 cancel": Action(Verb.CANCEL, "ab12cd34-1"),
        "#order-ab12cd34-1 modify limit 239.5": Action(Verb.MODIFY, "ab12cd34-1", limit=Decimal("239.5")),
        "#order-t1-2 modify 5 limit 239.5 stop 230": Action(
            Verb.MODIFY, "t1-2", Amount(Decimal(5), Unit.SHARES), limit=Decimal("239.5"), stop=Decimal(230)
        ),
        "#close-all": Action(Verb.CLOSE_ALL),
        "#cancel-all": Action(Verb.CANCEL_ALL),
        "#set-stops": Action(Verb.SET_STOPS),
        "#set-stops 5%": Action(Verb.SET_STOPS, amount=Amount(Decimal(5), Unit.PERCENT)),
        "#set-stops 3atr": Action(Verb.SET_STOPS, amount=Amount(Decimal(3), Unit.ATR)),
        "#take-profits": Action(Verb.TAKE_PROFITS),
        "#take-profits 15%": Action(Verb.TAKE_PROFITS, amount=Amount(Decimal(15), Unit.PERCENT)),
        "#emergency-stop": Action(Verb.EMERGENCY_STOP),
        "#resume": Action(Verb.RESUME),
        "#BRK.B close": Action(Verb.CLOSE, "BRK.B"),
        "#buy BTC-USD 0.0125": Action(Verb.BUY, "BTC-USD", Amount(Decimal("0.0125"), Unit.SHARES)),
    }
    for line, action in of.items():
        assert parse(line) == action, line
        assert action.line() == line


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("  #aapl CLOSE 50%.  ", "#AAPL close 50%"),
        ("#$AAPL: close", "#AAPL close"),
        ("# AAPL close", "#AAPL close"),
        ("#Buy tsla 50 Limit 240 Day", "#buy TSLA 50 limit 240"),
        ("#buy $tsla: $2000.00 GTC limit $240", "#buy TSLA $2000 limit 240 gtc"),
        ("#buy aapl 10 Target $190 GTC Stop 170.", "#buy AAPL 10 stop 170 target 190 gtc"),
        ("#AAPL stop $175", "#AAPL stop 175"),
        ("#AAPL close 100%", "#AAPL close"),
        ("#AAPL close 007.50", "#AAPL close 7.5"),
        ("#AAPL trailing 2ATR", "#AAPL trailing 2atr"),
        ("#set_stops 2atr", "#set-stops"),
        ("#Take_Profits 10%", "#take-profits"),
        ("#close_all.", "#close-all"),
        ("#ORDER_T1-1 Cancel", "#order-t1-1 cancel"),
        ("#\tAAPL\tclose", "#AAPL close"),
        ("#AAPL close .5", "#AAPL close 0.5"),
    ],
)
def test_forgives_what_phones_do(typed, line):
    assert parse(typed).line() == line


@pytest.mark.parametrize(
    ("line", "token", "example"),
    [
        ("", "", "#AAPL close 50%"),
        ("AAPL close", "AAPL close", "#AAPL close 50%"),
        ("#", "#", "#AAPL close 50%"),
        ("# .", "#", "#AAPL close 50%"),
        ("#AAPL", "AAPL", "#AAPL close"),
        ("#AAPL clsoe", "clsoe", "#AAPL close"),
        ("#AAPL targets 5", "targets", "#AAPL target 10%"),
        ("#AAPL tralling 5%", "tralling", "#AAPL trailing 2%"),
        ("#AAPL close 0", "0", "#AAPL close 50%"),
        ("#AAPL close 0.0%", "0.0%", "#AAPL close 50%"),
        ("#AAPL close -5", "-5", "#AAPL close 50%"),
        ("#AAPL close 101%", "101%", "#AAPL close 50%"),
        ("#AAPL close NaN", "NaN", "#AAPL close 50%"),
        ("#AAPL close inf", "inf", "#AAPL close 50%"),
        ("#AAPL close 1e309", "1e309", "#AAPL close 50%"),
        ("#AAPL close 12345678901234567890", "12345678901234567890", "#AAPL close 50%"),
        ("#AAPL close 0.123456789", "0.123456789", "#AAPL close 50%"),
        ("#AAPL close $500", "$500", "#AAPL close 50%"),
        ("#AAPL close 2atr", "2atr", "#AAPL close 50%"),
        ("#AAPL close $5%", "$5%", "#AAPL close 50%"),
        ("#AAPL close ５０", "５０", "#AAPL close 50%"),
        ("#AAPL close 50% now", "now", "#AAPL close 50%"),
        ("#AAPL close 50 %", "%", "#AAPL close 50%"),
        ("#AAPL close all", "all", "#AAPL close"),
        ("#AAPL close half", "half", "#AAPL close 50%"),
        ("#AAPL close abc", "abc", "#AAPL close 50%"),
        ("#AAPL stop", "stop", "#AAPL stop 5%"),
        ("#AAPL stop 100%", "100%", "#AAPL stop 5%"),
        ("#AAPL target", "target", "#AAPL target 10%"),
        ("#AAPL target 2atr", "2atr", "#AAPL target 10%"),
        ("#AAPL trailing 175", "175", "#AAPL trailing 2%"),
        ("#AAPL trailing 100%", "100%", "#AAPL trailing 2%"),
        ("#AAPL buy 5", "buy", "#buy AAPL 10"),
        ("#buy", "buy", "#buy AAPL 10"),
        ("#buy TSLA", "TSLA", "#buy TSLA 10"),
        ("#sell TSLA", "TSLA", "#TSLA close"),
        ("#buy 50 TSLA", "50", "#buy TSLA 10"),
        ("#buy 50", "50", "#buy AAPL 10"),
        ("#buy TSLA 2,000", "2,000", "#buy TSLA 10"),
        ("#buy TSLA limit 240", "limit", "#buy TSLA 10"),
        ("#buy TSLA 50 limit", "limit", "#buy TSLA 50 limit 240"),
        ("#buy TSLA 50 limit x", "x", "#buy TSLA 50 limit 240"),
        ("#buy TSLA 50 limit 0", "0", "#buy TSLA 50 limit 240"),
        ("#buy TSLA 50 limit 5%", "5%", "#buy TSLA 50 limit 240"),
        ("#buy TSLA 50 limit 5 limit 6", "limit", "#buy TSLA 50 limit 5"),
        ("#buy TSLA 50 gtc day", "day", "#buy TSLA 50 gtc"),
        ("#buy TSLA 50 stop", "stop", "#buy TSLA 50 stop 5%"),
        ("#buy TSLA 50 stop 100%", "100%", "#buy TSLA 50 stop 5%"),
        ("#buy TSLA 50 stop soon", "soon", "#buy TSLA 50 stop 5%"),
        ("#buy TSLA 50 target 2atr", "2atr", "#buy TSLA 50 target 8%"),
        ("#buy TSLA 50 stop 5% stop 6%", "stop", "#buy TSLA 50 stop 5%"),
        ("#buy TS/LA/X 50", "TS/LA/X", "#AAPL close 50%"),
        ("#close AAPL", "close", "#AAPL close"),
        ("#stop AAPL 5%", "stop", "#AAPL stop 5%"),
        ("#target ZZZZ 5", "target", "#AAPL target 10%"),
        ("#close all", "close", "#close-all"),
        ("#cancel ab12", "cancel", "#order-ab12cd34-1 cancel"),
        ("#modify ab12", "modify", "#order-ab12cd34-1 modify limit 239.50"),
        ("#emergency stop", "emergency", "#emergency-stop"),
        ("#take profits", "take", "#take-profits"),
        ("#resum", "resum", "#resume"),
        ("#frobnicate", "frobnicate", "#AAPL close 50%"),
        ("#clsoe AAPL", "clsoe", "#AAPL close 50%"),
        ("#close-all now", "now", "#close-all"),
        ("#set-stops 100%", "100%", "#set-stops 5%"),
        ("#set-stops 5", "5", "#set-stops 5%"),
        ("#take-profits 5", "5", "#take-profits 10%"),
        ("#order-../../etc/passwd cancel", "order-../../etc/passwd", "#order-ab12cd34-1 cancel"),
        ("#order- cancel", "order-", "#order-ab12cd34-1 cancel"),
        ("#order-t1-1", "order-t1-1", "#order-t1-1 cancel"),
        ("#order-t1-1 close", "close", "#order-t1-1 cancel"),
        ("#order-t1-1 cancel now", "now", "#order-t1-1 cancel"),
        ("#order-t1-1 modify", "modify", "#order-t1-1 modify limit 239.50"),
        ("#order-t1-1 modify gtc", "gtc", "#order-t1-1 modify limit 239.50"),
        ("#order-t1-1 modify limit 5 limit 6", "limit", "#order-t1-1 modify limit 5"),
        ("#order-t1-1 modify limit", "limit", "#order-t1-1 modify limit 239.50"),
        ("#order-t1-1 modify 5%", "5%", "#order-t1-1 modify limit 239.50"),
        ("#AAPL close; #TSLA close", "close;", "#AAPL close 50%"),
        ("#AAPL close && rm", "&&", "#AAPL close 50%"),
        ("#AAPL close || x", "||", "#AAPL close 50%"),
        ("#AAPL \u202eclose", "U+202Eclose", "#AAPL close 50%"),
        ("#AAPL\x00 close", "AAPLU+0000", "#AAPL close 50%"),
        ("#AAPL close\n#TSLA close", "closeU+000A#TSLA", "#AAPL close 50%"),
        ("#ААPL close", "#ААPL", "#AAPL close 50%"),
    ],
)
def test_refuses_and_names_the_token(line, token, example):
    with pytest.raises(GrammarError) as refusal:
        parse(line)
    assert refusal.value.token.lstrip("#") == token.lstrip("#") or refusal.value.token == token
    assert refusal.value.example == example
    if example.startswith("#") and "ab12" not in example:
        parse(example)
    assert refusal.value.message.endswith((".", "`."))


@pytest.mark.parametrize("line", ["#APPLE close", "#buy APPLE 5", "#zzzz close 5", "#ZZZZ frobnicate"])
def test_an_unknown_symbol_names_the_nearest(line):
    with pytest.raises(UnknownSymbol) as refusal:
        parse(line)
    if "APPLE" in line:
        assert "AAPL" in refusal.value.message
        assert refusal.value.example == line.replace("APPLE", "AAPL")
    example = refusal.value.example or ""
    assert parse(example) if example.startswith("#") else example == "/positions"


def test_a_long_line_is_refused_without_being_repeated():
    with pytest.raises(GrammarError) as refusal:
        parse("#AAPL close " + "9" * 10_000_000)
    assert len(refusal.value.message) < 200
    assert len(refusal.value.token) < 60


def test_symbols_that_are_verbs_are_read_by_what_fits_and_else_by_their_capitals():
    assert parse("#BUY close").target == "BUY"
    assert parse("#buy now 5") == Action(Verb.BUY, "NOW", Amount(Decimal(5), Unit.SHARES))
    assert parse("#all close") == Action(Verb.CLOSE, "ALL")
    assert parse("#resume") == Action(Verb.RESUME)
    assert parse("#resume close") == Action(Verb.CLOSE, "RESUME")
    assert parse("#BUY stop 5") == Action(Verb.STOP, "BUY", Amount(Decimal(5), Unit.PRICE))
    assert parse("#buy STOP 5") == Action(Verb.BUY, "STOP", Amount(Decimal(5), Unit.SHARES))
    with pytest.raises(GrammarError) as refusal:
        parse("#buy stop 5")
    assert "#BUY stop 5" in refusal.value.message
    assert "#buy STOP 5" in refusal.value.message


numbers = st.decimals(min_value="0.00000001", max_value=999_999_999_999, places=8).map(lambda d: d.normalize())
prices = st.builds(Amount, numbers, st.just(Unit.PRICE))
shares = st.builds(Amount, numbers, st.just(Unit.SHARES))
money = st.builds(Amount, numbers, st.just(Unit.MONEY))
percents = st.builds(Amount, st.decimals(min_value="0.01", max_value="99.99", places=2), st.just(Unit.PERCENT))
atrs = st.builds(Amount, st.decimals(min_value="0.1", max_value=99, places=1), st.just(Unit.ATR))
symbols = st.sampled_from(sorted(KNOWN))
ids = st.from_regex(r"\A[a-z0-9]{1,12}-[0-9]{1,2}\Z")
maybe_price = st.none() | numbers
actions = st.one_of(
    st.builds(Action, st.just(Verb.CLOSE), symbols, st.none() | percents | shares),
    st.builds(Action, st.just(Verb.STOP), symbols, prices | percents | atrs),
    st.builds(Action, st.just(Verb.TARGET), symbols, prices | percents),
    st.builds(Action, st.just(Verb.TRAILING), symbols, percents | atrs),
    st.builds(
        Action,
        st.sampled_from([Verb.BUY, Verb.SELL]),
        symbols,
        shares | money | percents,
        limit=maybe_price,
        tif=st.sampled_from(TimeInForce),
        stop_at=st.none() | prices | percents | atrs,
        target_at=st.none() | prices | percents,
    ),
    st.builds(Action, st.just(Verb.CANCEL), ids),
    st.builds(Action, st.just(Verb.MODIFY), ids, shares, limit=maybe_price, stop=maybe_price),
    st.builds(Action, st.just(Verb.MODIFY), ids, limit=numbers, stop=maybe_price),
    st.builds(
        Action, st.sampled_from([Verb.CLOSE_ALL, Verb.CANCEL_ALL, Verb.EMERGENCY_STOP, Verb.RESUME, Verb.SET_STOPS, Verb.TAKE_PROFITS])
    ),
    st.builds(Action, st.just(Verb.SET_STOPS), amount=(percents | atrs).filter(lambda a: a != grammar.DEFAULT_STOPS)),
    st.builds(Action, st.just(Verb.TAKE_PROFITS), amount=percents.filter(lambda a: a != grammar.DEFAULT_PROFITS)),
)


@given(actions)
def test_what_is_printed_parses_to_the_same_action(action):
    assert parse(action.line()) == action


@given(actions, st.booleans())
def test_case_never_changes_what_is_meant_it_only_decides_between_two_readings(action, upper):
    read = outcome(action.line().upper() if upper else action.line().lower())
    if isinstance(read, UserError):
        assert "can mean" in read.message
        assert action.line() in read.message
    else:
        assert read == action


@given(st.text(max_size=LONGEST + 20))
def test_any_text_is_an_action_or_a_refusal(text):
    for line in (text, f"#{text}", f"#AAPL {text}", f"#buy AAPL {text}", f"#order-{text}"):
        read = outcome(line)
        assert isinstance(read, Action) or (read.message and read.example)


fragments = st.sampled_from(
    ["#", "AAPL", "buy", "close", "stop", "50%", "$2000", "2atr", "limit", "gtc", "order-t1", "modify", "-1", "1e9", "all", ".", ":", " "]
)


@given(st.lists(fragments, max_size=8).map(" ".join))
def test_any_mixture_of_words_is_an_action_or_a_refusal(text):
    read = outcome(f"#{text}")
    if isinstance(read, Action):
        assert parse(read.line()) == read
    else:
        assert read.example


def test_a_line_is_parsed_in_well_under_a_millisecond():
    start = time.perf_counter()
    for _ in range(200):
        parse("#buy TSLA $2000 limit 240 gtc")
    assert (time.perf_counter() - start) / 200 < 0.001
