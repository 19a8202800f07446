"""Questions the brief answers (why am I down, should I, too heavy, what if), small talk, and what is kindly declined."""

from __future__ import annotations

import re

from copilot.meaning import Chat, QuestionKind, Topic
from market import sectors

_ACT = (
    r"(sell|buy|close|dump|hold|keep|exit|trim|add|get out|get rid|take profits?|reduce|cut|set|put|selling|"
    r"buying|closing|holding|dumping|trimming|liquidate|protect|ditch|unload|short|purchase)"
)
_WHAT_IF = re.compile(
    r"\bwhat (if|would happen if|happens if|will happen if|would happen to)\b|\b(what|"
    r"how) .*\baffect\b.*\bif\b|\b(what|how) (would|will|could|does) (a|an|another|the)\b.*\b(crash|drop|fall|correction|gap|sell-?off|"
    r"bear market)\b.*\b(do|mean|cost|hurt|affect|change|hit)\b|^(suppose|imagine|say i|assume|assuming|hypothetically)\b|"
    r"\bhow would .* (change|look) if\b|\bif i (had )?(sold|bought|closed|dumped|sell|buy|close)\b.*\b(would|"
    r"what|where)\b"
)
_SHOULD = re.compile(
    rf"\b(should|shall|would|ought|must) (i|we|you)\b.*\b({_ACT}|worry|be worried|do (about|with) SYM)\b|\b(do|"
    rf"would|did) you (think|say|recommend|suggest|advise|rather)\b.*\b({_ACT}|SYM)\b|"
    rf"\bis (it|this|now|that|SYM|today)\b.*\b(time|smart|wise|worth|idea|moment|too late|sense|safe|stupid|"
    rf"good|bad|dumb|crazy|right)\b.*\b({_ACT}|SYM)\b|\b(good|bad|smart|dumb|wise|right) (idea|time|moment|"
    rf"move) to\b|"
    rf"\b(is|are) (my )?SYM (still )?(a|an) ((good|strong|screaming|great) )?(buy|sell|hold)\b|"
    rf"\bdoes it make sense to\b|\bworth (buying|selling|holding|keeping|closing|adding|trimming)\b|\b(hold|buy|"
    rf"keep) or (sell|not|hold|dump|buy)\b|\ba (buy|sell|hold)\b.*\b(or|\?)|\bthoughts? (on|about|regarding)\b|"
    rf"\b(opinion|view|take) (on|of|about)\b|"
    rf"\bwhat (do|would) you think (of|about)\b|\bhow do you (feel|see) (about )?SYM\b|\bwhat (about|to do with|"
    rf"should i do (with|about)) (my )?SYM\b|\bthinking (of|about) {_ACT}\b.*\b(thoughts|opinion|idea|think)|"
    rf"\bwhen should (i|we)\b|\bwhat stop should\b|\bgood (stop|target|price|entry|exit|level)\b|"
    rf"\bis that wise\b|\bwhy (should|would|not|do not) ?(i|we|you)?\b.*\b{_ACT}\b"
)
_WHY = re.compile(
    r"\b(why|how come|what (is|are|was|made|makes|is the reason|is causing|caused|has been|happened to make)|"
    r"explain|who|reason|what)\b.*\b(down|up|losing|lose|lost|loss|losses|red|green|dragging|drag|dragged|"
    r"killing|killed|eating|eat|hurting|hurt|"
    r"blame|tanking|tanked|tank|drop|dropped|dropping|fall|fell|falling|crash|crashed|crashing|rally|rallied|"
    r"rallying|jump|jumped|jumping|gain|gains|gaining|rising|rise|rose|sinking|plunge|plunged|plunging|surge|"
    r"surged|mooning|moon|responsible|behind|sliding|slid|dump(ing|ed)|bleeding|underperforming|so (bad|low|"
    r"high|weak|strong)|worse|better|move|moved|moving|spike|spiked|soar(ed|ing)?|slump(ed|ing)?)\b"
)
_NOT_WHY = re.compile(
    r"\bmost i\b|\b(news|what is (up|new|my (biggest|best|worst)|down (more|over|at least)))\b|\bup with\b|"
    r"\bhow much\b|\bwhich\b|\bcatch me up\b|\bsum up\b|\bblow up\b|\bset up\b|\bsign up\b|\bwhat (did|do|"
    r"have) i (lose|lost|gain|make|made)\b|\bwhat (are|is|were|was) my\b|\bwhat (moved|move|can|could|should|"
    r"shall|do i|happened|went)\b|"
    r"\bwho (changed|are)\b|\bmoved today\b|\beverything\b.*\bdown\b|\bexplain (a|an|what)\b|\bbetter (idea|than)\b"
)
_HEAVY = re.compile(
    r"\btoo (heavy|much|many|big|exposed|concentrated|dependent|invested)\b|\b(heavy|overweight) (in|on|SYM|"
    r"tech|semis|energy|financials)\b|\bam i (too )?(overweight|exposed|concentrated|heavy)\b|"
    r"(?<!more )(?<!better )(?<!me )\b(diversified|well balanced)\b|"
    r"\beggs in\b|\bown too\b|\bwhy do i (hold|own|have) so (much|many)\b"
)
_RANK = re.compile(
    r"\b(best|worst|top|strongest|weakest|biggest|largest) (\w+ )?(performers?|performing|earners?|winners?|losers?|gainers?|laggards?|"
    r"loss|losses|gain|gains)\b|"
    r"\b(which|what|who)\b.*\b(doing|did|performed|performs|done) (the )?(best|worst)\b|\bbag ?hold\w*|"
    r"\b(which|what|who) (\w+ )?(is|are|was|were|has been) (my )?(the )?(best|worst|biggest (winner|loser)s?)\b"
)
_HOURS = re.compile(
    r"\b(is|are|when|what time|does|will|do)\b.*\b(market|markets|exchange|nyse|nasdaq|"
    r"wall street)\b.*\b(open|opens|close|closes|closed|hours)\b|"
    r"\b(market|trading) hours\b|\b(opening|closing) times?\b"
)
_AHEAD = re.compile(
    r"\bwhen\b.*\b(earnings|reports?|reporting)\b|\b(earnings|reports?|releases?|events?)\b.*\b(this week|next week|coming|ahead|due|soon|"
    r"upcoming|calendar|dates?|tomorrow|scheduled)\b|\b(upcoming|next|coming) (earnings|reports?|"
    r"releases?|events?)\b|\bearnings (date|calendar)s?\b|"
    r"\b(economic|earnings) calendar\b|\bwhat is (coming up|due|scheduled|on the calendar)\b|\bwho reports\b"
)
_RISK = re.compile(
    r"\bhow (risky|dangerous|safe) (is|are)\b|\b(my|the|portfolio|book) (daily )?(risk|risks|var|value at risk)( level)?$|"
    r"\bhow much (risk|could i lose|can i lose|might i lose)\b|\bam i (taking )?(too much )?(risk|safe|"
    r"at risk)\b|\bhow bad (could|can|might)\b|"
    r"\b(worst case|most i (can|could|might) lose)\b|\bwhat (could|can|might) (i lose|go wrong)\b|"
    r"\bwhat (is|are) my (biggest |main |largest )?risks?$|"
    r"\b(lose|losing|lost) (it all|everything|all (of )?(it|my money|my savings))\b|\b(wiped out|wipe me out|go (broke|to zero)|blow up)\b"
)
_HAPPENED_TO = re.compile(r"\bwhat (happened|is happening|is going on|is up|the \w+ happened) (to|with) (my )?SYM\b")
_WORRY = re.compile(r"\bworr(y|ied)\b.*\b(news|headlines?|stories)\b")

KINDS: tuple[tuple[QuestionKind, re.Pattern[str]], ...] = (
    (QuestionKind.WHAT_IF, _WHAT_IF),
    (QuestionKind.SHOULD_I, _SHOULD),
    (QuestionKind.TOO_HEAVY, _HEAVY),
)

LATER: tuple[tuple[QuestionKind, re.Pattern[str]], ...] = (
    (QuestionKind.HOURS, _HOURS),
    (QuestionKind.AHEAD, _AHEAD),
    (QuestionKind.RISK, _RISK),
)

_SMALL_TALK: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(
            r"(hi|hello|hey|yo|hiya|howdy|good (morning|evening|afternoon|day)|gm|greetings|hallo|morning|sup)( there|"
            r" copilot| foliopilot| bot| you| all)?"
        ),
        "Hello. Ask “what happened yesterday?”, or type `/` to see what I can do.",
    ),
    (
        re.compile(
            r"(ok |great |cool |nice )?(thanks|thank you|thx|cheers|much appreciated|great job|good job|well done|"
            r"nice one|you rock|perfect|awesome|great|cool|nice)( (a lot|so much|very much|you|mate|bot|copilot|again|"
            r"man))*"
        ),
        "You are welcome.",
    ),
    (
        re.compile(r"(bye|goodbye|good night|see you|see you later|cya|later|good bye|ciao)( bot| copilot)?"),
        "Goodbye. I keep watching; alerts still reach you.",
    ),
    (
        re.compile(
            r".*\b(who are you|what are you|what is your name|are you (a )?(robot|bot|human|real|person|ai|an ai|"
            r"machine|chatgpt)|who (made|built|wrote) you)\b.*"
        ),
        "I am Foliopilot, a copilot for your portfolio. I answer from your own book and draw up orders; only you release them.",
    ),
    (
        re.compile(r"(lol|haha+|hehe|lmao|rofl|wow|hm+|ok|okay|k|fine|alright|sure|i see|got it|interesting|good|oh|ah)"),
        "All right. Ask me about your book whenever you like.",
    ),
    (
        re.compile(r"(how are you|how is it going|you there|are you there|anyone there|are we good|you ok)( today| doing)?"),
        "All well here. Ask me about your book, or type `/help`.",
    ),
)
_LIMITS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(
            r"\b(call|put) options?\b|\boptions? (chain|contracts?|on|for|expir\w*|trading|snapshot|spread)\b|"
            r"\b(strike|straddle|iron condor|covered call|bull call|greeks|expiring|expiry)\b|\b[0-9]+ (calls|puts)\b|"
            r"\bcontracts\b"
        ),
        "I do not trade or quote options yet. Stocks, ETFs and coins I do: try `/positions`.",
    ),
    (
        re.compile(
            r"\b(alert|notify|remind|ping|tell|warn|text|message) me (when|if|once|at|tomorrow|later|before)\b|"
            r"\bset (an? )?(price )?(alert|reminder|alarm)\b|\bmonitor\b.*\b(if|when)\b"
        ),
        "I set no alerts of your own yet; fills, stops, big moves and news on what you hold reach you by themselves: `/alerts`. "
        "A stop can act at a price: `#AAPL stop 170`.",
    ),
    (
        re.compile(
            r"\b(insider|13f|fundamentals|p/e|pe ratio|market cap|balance sheet|dividend (yield|history|date)s?|"
            r"stock splits?|corporate actions?|short interest|ipos?)\b"
        ),
        "I have no company filings or fundamentals. `/news SYMBOL` and `/quote SYMBOL` is what I know.",
    ),
    (re.compile(r"\bwatch ?lists?\b"), "I keep no watchlists yet. `/positions` and `/news` cover what you hold."),
    (
        re.compile(r"\btax(es|able)?\b"),
        "I do not work out taxes. `/profit-loss` shows what was realised, which is where a tax adviser starts.",
    ),
    (
        re.compile(
            r"\b(transfer|withdraw|wire|deposit|send|move|pay|pull|cash out)\b.*\b(my |the |a )?(bank|"
            r"checking|savings|wallet|ledger|venmo|"
            r"paypal|iban|credit card)\b|\b(transfer|withdraw|wire|deposit|send)\b.*\b(money|bank|account|dollars|funds|cash|\$?[0-9]+)\b"
        ),
        "I cannot move money in or out. `/portfolio-summary` shows what is there.",
    ),
    (
        re.compile(r"\bladder(s|ed)?\b|\bdca\b|\bdollar cost\b|\brecurring\b|\bevery (day|week|month)\b"),
        "I make no plans that buy again and again: for example `#buy NVDA 5 limit 175`. "
        "To take profit in steps, type the ladder: `#AAPL ladder 5% 50% 10% 50%`.",
    ),
    (
        re.compile(
            r"\b(joke|poem|haiku|limerick|rap|song|story about|weather|pizza|recipe|flight|hotel|movie|football|coffee|meaning of life|"
            r"president|translate|homework|essay|girlfriend|boyfriend|lottery|horoscope|capital of|restaurant|dinner|"
            r"lunch)\b"
        ),
        "That is outside what I do: I know your portfolio. Ask “what happened yesterday?” or type `/help`.",
    ),
    (re.compile(r"\b(password|api key|secret key|token|seed phrase|credentials)\b"), "I show no keys or passwords to anyone."),
)


def kind_of(words: str) -> QuestionKind | None:
    """Which of the questions about the book it is, or None."""
    if _WORRY.search(words):
        return None
    for kind, pattern in KINDS:
        if pattern.search(words):
            return kind
    for kind, pattern in LATER:
        if pattern.search(words) and " if " not in words:
            return kind
    if _RANK.search(words):
        return QuestionKind.RANK
    if _HAPPENED_TO.search(words):
        return QuestionKind.WHY_DOWN
    if _WHY.search(words) and not _NOT_WHY.search(words):
        return QuestionKind.WHY_DOWN
    return None


def sector_of(words: str) -> str | None:
    """The sector named, as the market calls it."""
    return next(iter(sectors.mentioned(words)), None)


def small_talk(words: str) -> Chat | None:
    """A greeting, thanks or the like, when the whole line is one."""
    plain = words.strip(" .,!?-")
    for pattern, answer in _SMALL_TALK:
        if pattern.fullmatch(plain):
            return Chat(answer)
    return None


def declined(words: str) -> Chat | None:
    """What this program does not do, in one friendly line."""
    return next((Chat(answer, Topic.DECLINED) for pattern, answer in _LIMITS if pattern.search(words)), None)
