"""Free text → what is meant, without a model: pure, fast, and careful where money hangs on it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from copilot.exit_lines import exit_line
from copilot.followup import follow_up
from copilot.instruction import instruction, strip_lead
from copilot.intents import command_of, span_of
from copilot.meaning import AskBack, Before, Call, Chat, Known, Meaning, Propose, Question, QuestionKind, Several, Topic
from copilot.mood import Mood, mood, request, trigger
from copilot.questions import declined, kind_of, sector_of, small_talk
from copilot.safety import safety_of
from copilot.slots import items
from copilot.symbols import Mention, SymbolIndex
from copilot.tongues.turned import Turned, turned
from copilot.words import Kind, Token, clean, tokens
from domain.chat import Action, Amount, Unit, Verb

MOST_QUESTIONS = 4
LONGEST = 600  # characters; more is no line a person types
_QUOTED = re.compile(r"\"[^\"]*\"?|«[^»]*»?|`[^`]*`?|(?<!\w)'[^']*'(?!\w)|^\s*>.*$|^\s*(?:fwd?|re|forwarded(?: from)?)\s*:.*$", re.M | re.I)
_SENTENCES = re.compile(r"(?<=[.!?])\s+(?=\S)|[\n;]+|&&|\|\|")
_SECOND = re.compile(
    r"\b(and|then|,|but|also|plus)( then| also| please)? (sell|buy|close|dump|exit|cancel|put|set|take profit|"
    r"trim|purchase|liquidate|use)\b"
)
_JOINT = re.compile(r"\s*(?:,\s*and then\b|,\s*then\b|\band then\b|,\s*and\b|\band\b)\s*", re.I)
_ASKED_FOR = re.compile(r"\bnot (ask|tell|want|order)\b")
_REPORTED = re.compile(r"\b(?:says?|said|saying|wrote|writes|writing|typed|typing|told|tells|posted|headline|news)\b")
_AHEAD = re.compile(r"\bgo( ahead)? and\b")
_REFUSALS = re.compile(r"(no|nope|no thanks|do not|no,? do not|never mind|nevermind|forget it|leave it|stop it|not now)")
_ALARM = re.compile(  # the sale that is shouted with it is part of what it does
    r"(?:please )?(?:emergency stop|emergency|panic)(?: stop| button)?(?: now| please)*"
    r"(?: ?[,-]? ?(?:and )?(?:please )?(?:sell|close|dump|liquidate|get me out of|get out of) (?:it all|all of it|everything|all)"
    r"(?: (?:right )?now| immediately| at once| please)*)?"
)
_SYMBOL_COMMANDS = frozenset({"news", "quote", "chart", "stops", "positions", "profit-loss", "orders", "journal", "explain", "performance"})
_FORECAST = re.compile(
    r"\bwhat (will|is going to) happen\b(?!.*\bif\b)|\b(predict|forecast|prediction)\b|"
    r"\b(will|is|are) (the )?(SYM|markets?|prices?|stocks?|it)\b.*"
    r"\b(go up|go down|rise|fall|crash|rally|recover|drop|moon|double|bounce)\b"
)
_NAMED_AND_WHEN = re.compile(
    r"(?:and |what about |how about |how (?:is|was|did|has) )?(?:my )?SYM(?: is| do| doing| been| position| stock| shares)*"
    r"(?: for| over| in| on)*"
    r"(?: this| last| past| the| so far| to date| today| yesterday| year| ytd| month| week| monthly| weekly| overall)+"
)
_HOW_TO = re.compile(r"\bhow (?:do|would|can|could|to) .*?\b(?P<verb>sell|buy|close|trailing|stop|target|cancel|modify)\b")
_SINCE_BOUGHT = re.compile(r"\b(realised|realized|fees?|commissions?|performers?|performing|so far|biggest|ever|total)\b")
_SPAN_COMMANDS = frozenset({"what-happened", "profit-loss", "performance"})
_INSTEAD: dict[str, str] = {"quote": "positions", "stops": "orders", "chart": "performance", "explain": "help", "demo": "status"}
_TERMS = re.compile(
    r"\b(trailing stop|trailing|stop loss|stop|limit order|limit|market order|beta|sharpe|value at risk|var|"
    r"drawdown|volatility|atr|sigma|spread|short|gtc|target|"
    r"buying power|attribution|slippage|cost basis|kill switch|ticket|card|buy to cover|mandate|breaker|ladder|break[ -]?even|"
    r"expected shortfall|drill|exit)s?\b"
)
_LOST = Chat(
    "I did not understand that. Ask “what happened yesterday?” or “what can be done?”, type a line like `#AAPL close 50%`, or `/help`.",
    Topic.LOST,
)


def understand(text: str, known: Known) -> Meaning:
    """What the line means; never raises, never calls anything, and proposes only what the reader asked for in words all understood."""
    if len(text) > LONGEST:
        return Chat("That is too long for me: one question or one instruction at a time, please.", Topic.LOST)
    if (foreign := turned(text)) is not None:
        return _foreign(foreign, text, known)
    return _english(text, known)


def _foreign(foreign: Turned, text: str, known: Known) -> Meaning:
    """A line of another language, read by the same rules; it draws up a card only where each of its words was known."""
    meaning = _english(foreign.text, known)
    match meaning:
        case Propose(action=action) if not foreign.whole:
            return AskBack(f"`{action.line()}`?", (action.line(),))
        case Question():
            return replace(meaning, text=foreign.text)
        case Chat(topic=Topic.LOST):
            return _LOST if _english(text, known) == meaning else _english(text, known)
        case _:
            return meaning


def _english(text: str, known: Known) -> Meaning:
    cleaned = clean(text)
    bare = _QUOTED.sub(" ", cleaned)
    quoted = bare != cleaned
    index = known.symbols()
    spoken = [_Sentence(part, index) for part in _SENTENCES.split(bare) if part.strip()]
    spoken = [s for s in spoken if s.words]
    if quoted and any(_REPORTED.search(s.bare) for s in spoken) and not any(s.question for s in spoken):
        return Chat(_NOTED[Mood.HEARSAY], Topic.NOTED)
    if not spoken:
        if quoted:
            return Chat("Those are somebody else's words, so I leave them. Tell me yourself what you want done.", Topic.NOTED)
        return _LOST
    telling = [s for s in spoken if small_talk(s.words) is None] or spoken[:1]
    if len(telling) == 1:
        return _one(telling[0], known, index, text, doubtful=quoted or "\ufffd" in cleaned)
    return _several(telling, known, index, text)


class _Sentence:
    """One sentence: tokens, instruments named, and its words with instruments written `SYM`."""

    def __init__(self, text: str, index: SymbolIndex) -> None:
        self.text = text
        self.question = text.rstrip(" !.\"'").endswith("?")
        found: list[Token] = tokens(text, is_name=index.is_name)
        if found and found[-1].low == "?":
            while found and found[-1].low in "?!.":
                found.pop()
        self.found = found
        self.mentions = index.mentions(found)
        self.items = items(found, self.mentions)
        self.words = " ".join("SYM" if isinstance(item, Mention) else item.low for item in self.items).replace(" ,", ",")
        self.bare = re.sub(r" ?[,.!:?]+(?= |$)", "", self.words).strip()

    def symbol(self, known: Known) -> str | None:
        """The instrument a question is about: the first one named, a held one of several, or the last one spoken of."""
        for mention in self.mentions:
            if mention.symbols:
                held = [s for s in mention.symbols if s in known.held]
                return (held or list(mention.symbols))[0]
        if re.search(r"\b(it|that|this one|that one)\b", self.words):
            return known.last_symbol
        return None


def _several(told: Sequence[_Sentence], known: Known, index: SymbolIndex, text: str) -> Meaning:
    """More than one sentence: an instruction among them is asked back alone; otherwise the first question that is understood."""
    meanings = [_one(s, known, index, text, doubtful=False) for s in told]
    asked = [m for m in meanings if isinstance(m, Propose | AskBack)]
    proposed = tuple(m.action.line() for m in asked if isinstance(m, Propose))
    if len(asked) == 1 and isinstance(asked[0], AskBack):
        return asked[0]
    if asked:
        return AskBack("One thing at a time, please: each instruction on its own line. Which first?", proposed)
    return _answerable(meanings) or meanings[0]


def _answerable(meanings: Sequence[Meaning]) -> Call | Question | Several | None:
    """The questions among meanings, each once, in their order; None where there is none."""
    found: list[Call | Question] = []
    for meaning in meanings:
        for one in meaning.meanings if isinstance(meaning, Several) else (meaning,):
            if isinstance(one, Call | Question) and one not in found:
                found.append(one)
    if len(found) > 1:
        return Several(tuple(found[:MOST_QUESTIONS]))
    return found[0] if found else None


def _joined(sentence: _Sentence, known: Known, index: SymbolIndex, text: str) -> Several | None:
    """Questions joined by `and`: each part must be one by itself, leaning on the part before it; else the sentence is read whole."""
    parts = [p for p in _JOINT.split(sentence.text) if p.strip()]
    if not 2 <= len(parts) <= MOST_QUESTIONS:
        return None
    meanings: list[Meaning] = []
    for part in parts:
        one = _Sentence(part, index)
        if not one.words:
            return None
        meaning = _one(one, known, index, text, doubtful=False, whole=True)
        if not isinstance(meaning, Call | Question):
            return None
        meanings.append(meaning)
        known = replace(known, before=Before(meaning), last_symbol=one.symbol(known) or known.last_symbol)
    found = _answerable(meanings)
    return found if isinstance(found, Several) else None


def _one(sentence: _Sentence, known: Known, index: SymbolIndex, text: str, *, doubtful: bool, whole: bool = False) -> Meaning:
    words = sentence.bare
    if (talk := small_talk(words)) is not None:
        return talk
    if _ALARM.fullmatch(words) and not doubtful:
        return _alarm(sentence, text)
    if _REFUSALS.fullmatch(words):
        return Chat("All right: nothing is drawn up.", Topic.NOTED)
    if not doubtful and (leaning := follow_up(sentence.items, words, known)) is not None:
        return leaning
    how = mood(words, question=sentence.question)
    if how is None:
        if _SECOND.search(_AHEAD.sub("", sentence.words)) and not _only_symbol_first(sentence):
            return AskBack("One at a time, please: each line draws up one card. Which first?", ())
        if (refusal := declined(words)) is not None and not _cancelling(words):
            return refusal
        drawn = instruction(sentence.items, known, index, text)
        if isinstance(drawn, Propose) and drawn.action.verb is Verb.EMERGENCY_STOP:
            return _alarm(sentence, text)
        if isinstance(drawn, Propose) and doubtful:
            return AskBack("Part of that was quoted or unreadable. Shall I draw this up?", (drawn.action.line(),))
        if drawn is not None:
            return drawn
    if how is Mood.CONDITIONAL and (asked := _exit(sentence, known, index, text, doubtful=doubtful) or _conditional(sentence, known)):
        return asked
    if how in (None, Mood.ASKED) and not whole and not doubtful and (several := _joined(sentence, known, index, text)) is not None:
        return several
    return _reading(sentence, known, how)


def _alarm(sentence: _Sentence, text: str) -> Propose | AskBack:
    """The card of an emergency stop, for the words alone; what merely resembles them is asked back."""
    action = Action(Verb.EMERGENCY_STOP)
    words = [k for k, token in enumerate(sentence.found) if token.kind is Kind.WORD]
    parted = any(token.raw in "!?" for token in sentence.found[: words[-1]])
    if parted or any(token.mended for token in sentence.found):
        return AskBack("Do you mean the emergency stop? It halts trading and draws up one card to cancel and close.", (action.line(),))
    return Propose(action, text)


def _only_symbol_first(sentence: _Sentence) -> bool:
    """`AMZN company stock and buy 25`: one instruction after all."""
    return (
        bool(re.match(r"^SYM( company)?( stock| shares)?(,| and|, and) (buy|sell|close)\b", sentence.words))
        and len(_SECOND.findall(sentence.words)) == 1
    )


def _cancelling(words: str) -> bool:
    return words.startswith(("cancel", "kill"))


def _exit(sentence: _Sentence, known: Known, index: SymbolIndex, text: str, *, doubtful: bool) -> Meaning | None:
    """The one kind of condition that something here waits for: an exit."""
    if sentence.question or doubtful:
        return None
    asked = exit_line(strip_lead(sentence.items)[0], known, index)
    return Propose(asked, text) if isinstance(asked, Action) else asked


def _conditional(sentence: _Sentence, known: Known) -> Meaning | None:
    """`sell AAPL if it drops to 170` is answered by the stop it describes; any other condition is asked back, for nothing here waits."""
    words = sentence.bare
    met = trigger(words)
    named = [m for m in sentence.mentions if m.sure and len(m.symbols) == 1]
    if met is not None and named and len(named) == len(sentence.mentions) and not sentence.question:
        symbol = named[0].symbols[0]
        amount = Amount(Decimal(met.level), Unit.PERCENT if met.percent else Unit.PRICE)
        action = Action(Verb.STOP, symbol, amount)
        return AskBack(f"That would be a stop: `{action.line()}`?", (action.line(),))
    if (refusal := declined(words)) is not None:
        return refusal
    if (
        not sentence.question
        and re.search(r"\b(sell|buy|close|dump|exit|cancel|trim|take profits?|liquidate)\b", words)
        and not kind_of(words)
    ):
        return AskBack(
            "I cannot wait for a condition. An order or an exit can: `#AAPL stop 170`, `#AAPL target 190`, `#AAPL exit 10d`, "
            "`#buy AAPL 5 limit 170`.",
            _instead(sentence, words, known),
        )
    return None


def _instead(sentence: _Sentence, words: str, known: Known) -> tuple[str, ...]:
    """The lines that come nearest to a condition: a stop and a target for a sale, a limit order for a purchase."""
    symbols = {m.symbols for m in sentence.mentions if m.sure}
    levels = [
        t.value
        for t in sentence.found
        if t.kind in (Kind.NUMBER, Kind.MONEY)
        and t.value
        and re.search(rf"\b(to|below|under|at|hits|reaches|above) {re.escape(t.low)}", words)
    ]
    if len(symbols) != 1 or len(levels) != 1 or len(next(iter(symbols))) != 1:
        return ()
    symbol, level = next(iter(symbols))[0], levels[0]
    if re.search(r"\b(buy|purchase)\b", words):
        quantity = next((t.value for t in sentence.found if t.kind is Kind.NUMBER and t.value != level), None)
        return (Action(Verb.BUY, symbol, Amount(quantity, Unit.SHARES), limit=level).line(),) if quantity else ()
    if symbol not in known.held:
        return ()
    return tuple(Action(verb, symbol, Amount(level, Unit.PRICE)).line() for verb in (Verb.STOP, Verb.TARGET))


def _reading(sentence: _Sentence, known: Known, how: Mood | None) -> Meaning:
    """Questions about the book, `/` commands, and what is left to say."""
    words = sentence.bare
    symbol = sentence.symbol(known)
    span = span_of(words)
    if how in (Mood.HEARSAY, Mood.NEGATED, Mood.REPORT) and not sentence.question:
        if (kind := kind_of(words)) is not None and how is not Mood.HEARSAY:
            return _question(kind, sentence, symbol, span, known)
        if how is Mood.NEGATED and not _ASKED_FOR.search(words) and (command := command_of(words)) is not None:
            return _call(command, words, symbol, span, known)
        return Chat(_NOTED[how], Topic.NOTED)
    if (guard := safety_of(words, symbol)) is not None and (not known.commands or guard.command in known.commands):
        return guard
    if (refusal := declined(words)) is not None:
        return refusal
    if (kind := kind_of(words)) is not None:
        return _question(kind, sentence, symbol, span, known)
    if re.search(r"\bhow (much|big|large)\b", words) and symbol not in known.held and sector_of(sentence.text) is not None:
        return _question(QuestionKind.SHARE, sentence, symbol, span, known)
    if _FORECAST.search(words):
        return Chat("I do not guess where prices go. What is due and what your rules ask for: `/what-to-do`.", Topic.DECLINED)
    if sentence.question and symbol and not request(words) and re.match(r"(sell|buy|close|dump|exit|trim|hold|keep)\b", words):
        return Question(QuestionKind.SHOULD_I, symbol, sentence.text.strip(), None, span or "today")
    if how is Mood.ASKED and re.match(r"(can|may|could|am) i\b.*\b(sell|buy|close|cancel|able)\b", words):
        return _possible(symbol)
    command = command_of(words)
    if command == "exposure" and (symbol in known.held or sector_of(sentence.text) is not None):
        return _question(QuestionKind.SHARE, sentence, symbol, span, known)
    if command is None and symbol is not None and span is not None and _NAMED_AND_WHEN.fullmatch(words):
        command = "profit-loss" if symbol in known.held else "chart"
    if command == "quote" and symbol is not None and span in ("week", "month", "ytd", "all"):
        command = "profit-loss" if symbol in known.held else "chart"
    if command is not None and not (how is Mood.WISH and command == "quote" and not sentence.question):
        return _call(command, words, symbol, span, known)
    if how is Mood.WISH:
        return Chat(
            "Nothing is drawn up for later. When you want it, say it as an instruction, for example `#AAPL close 50%`.", Topic.NOTED
        )
    return _LOST


_NOTED: dict[Mood, str] = {
    Mood.HEARSAY: "That is somebody else's opinion, so I draw nothing up. What would you like to do?",
    Mood.NEGATED: "Understood: nothing is drawn up, and nothing changes.",
    Mood.REPORT: "Noted, and I draw nothing up. I book what the broker reports; other trades come in with `foliopilot import FILE.csv`.",
}


def _question(kind: QuestionKind, sentence: _Sentence, symbol: str | None, span: str | None, known: Known) -> Question:
    """A question about the book; `semis` in one about weights is the sector, not a fund that is not held."""
    sector = sector_of(sentence.text)
    if kind in (QuestionKind.TOO_HEAVY, QuestionKind.SHARE) and sector is not None and symbol not in known.held:
        symbol = None
    if kind is QuestionKind.RANK:
        span = span if span in ("today", "yesterday", "week", "month", "ytd") else ""
        return Question(kind, None, sentence.text.strip(), sector, span)
    return Question(kind, symbol, sentence.text.strip(), sector, span or "today")


def _possible(symbol: str | None) -> Meaning:
    """`can I sell …?`: yes, with the line that shows what it would do."""
    line = f"#{symbol} close 50%" if symbol else "#AAPL close 50%"
    return Chat(
        f"You can ask for a card at any time: `{line}` shows price, cost and what changes before anything is sent. Nothing is drawn up.",
        Topic.NOTED,
    )


def _call(command: str, words: str, symbol: str | None, span: str | None, known: Known) -> Call | AskBack:
    """The command with its arguments; one that is not installed gives way to its nearest relative, and what names none is asked back."""
    if known.commands and command not in known.commands:
        command = _INSTEAD.get(command, "help")
    arguments: dict[str, str] = {}
    if command in ("quote", "chart") and symbol is None:
        if re.search(
            r"\b(price|quote|chart) (of|for) (?!(the |all )?(my|positions?|holdings?|stocks|everything|all|portfolio|book)\b)", words
        ):
            return AskBack("Of which one? Say its symbol or its name; I know only what trades here.", ("/quote SPY",))
        return Call("positions") if not known.commands or "positions" in known.commands else Call("help")
    if command == "help" and (verb := _HOW_TO.search(words)) is not None:
        arguments["word"] = verb["verb"]
    if command == "explain":
        if (term := _TERMS.search(words)) is not None:
            arguments["topic"] = term[0]
        elif symbol is not None:
            arguments["topic"] = symbol
    elif command in _SYMBOL_COMMANDS and symbol is not None:
        arguments["symbol"] = symbol
    if command == "what-happened" and span in ("month", "ytd", "all"):
        command = "profit-loss"  # a story is told of days; longer ones are sums
    if command == "profit-loss" and span in (None, "today") and "today" not in words and _SINCE_BOUGHT.search(words):
        span = "all"
    if command in _SPAN_COMMANDS and span is not None:
        arguments["span"] = span
    return Call(command, arguments)
