"""Which `/` command a question asks for: ordered patterns over the words as understood, instruments written `SYM`."""

from __future__ import annotations

import re

# The first pattern that is found wins; the order is from the particular to the general.
_TABLE: tuple[tuple[str, str], ...] = (
    (
        "what-to-do",
        r"^help( me)?\b(?! ?$).*\b(losing|lost|down|bleeding|tanking|crashing|red)\b|\b(get|be|become|make me|am i) (\w+ )?more "
        r"(diversified|balanced)\b|\bwhere (should|could|can|do|would) (i|we|you) (put|invest)\b",
    ),
    ("what-to-do", r"\bcut (my )?losses\b|\bstop the bleeding\b|\bdamage control\b"),
    (
        "exposure",
        r"\bif (the )?(whole )?(market|markets|benchmark|stocks|everything|economy|nasdaq|SYM) (\w+ )?(drops?|falls?|crash|crashes|"
        r"tanks?|correct|corrects|decline|declines|sinks?|plunges?|goes down|loses?)\b",
    ),
    (
        "exposure",
        r"\b(percent|percentage|share|fraction|proportion|part|how much|slice) of (my |the )?(money|portfolio|equity|book|capital|account|"
        r"wealth|holdings|assets)\b|\bleverag\w+\b|\b(net|gross) (long|short|exposure)\b|\blong short\b|\bhow much risk\b",
    ),
    ("profit-loss", r"\b(best|worst|top|strongest|weakest) (\w+ )?(performers?|performing|earners?|trades?)\b|\b(fees?|commissions?)\b"),
    (
        "profit-loss",
        r"\brekt\b|\bbag ?hold\w*|\b(are|am|is|we) (we |i )?(green|red|up|down)( or (red|green|up|down))?( today| so far| overall)?$",
    ),
    (
        "positions",
        r"\b(biggest|largest|smallest|top) (position|holding|stake|bet)s?\b|\bhow much (of )?SYM (do|have|am) (i|we)\b|"
        r"\beverything (i am in|i own|i hold|i have)\b",
    ),
    (
        "portfolio-summary",
        r"\bnet (liq|liquidation|asset|liquidity)\b|\b(nlv|nav)\b|\b(can|could) i (still )?(spend|afford|buy|"
        r"trade|invest)( for)?$|\b(can|could) i (still )?(spend|afford)\b|\bbig picture\b",
    ),
    (
        "positions",
        r"\b(average|avg|entry|purchase) (cost|price)\b|\bcost basis (of|for|on|in)\b|\b(did|have) i (pay|"
        r"paid) for\b|\bbreak ?even\b",
    ),
    (
        "stops",
        r"\b(near|close to|far from|above|under|below|at|hit|reach(ed)?|touch(ed)?|trigger(ed)?) (its|the|my|their) stops?( loss)?\b|"
        r"\b(did|was|were|has|have|is|are) (my|the) (SYM )?stops?( losses| loss)?( (on|of|for) SYM)? (been )?(hit|trigger(ed)?|"
        r"fill(ed)?|reached|touched)\b",
    ),
    (
        "exposure",
        r"^(do|am|are|did) (i|we) (own|have|hold|in|invested in|exposed to)( any| some| much| enough| too many)? "
        r"(?!SYM)(\w+ )?(stocks?|shares|names|crypto|coins|bonds|funds|companies|exposure)[ ?.!]*$|"
        r"\b(could|can|might|would) hurt (me|us) (the )?(most|worst)\b",
    ),
    (
        "what-to-do",
        r"\b(anything|something|what) (that )?(is )?(worrying|to worry( about)?|i need to know|needing attention|wrong|critical|urgent)\b|"
        r"\bshould i (be )?(worry|worried|concerned|nervous)\b(?!.*\b(news|headline))",
    ),
    (
        "what-happened",
        r"\bwhat (has |have )?(drove|driven|moved|hit|hurt|helped|lifted|sank|killed|dragged)\b.*\b(portfolio|book|account|me|us|"
        r"it)\b|\bhighlights?\b|"
        r"\b(quick|short|brief) (overview|summary|update|look)\b|^how is everything[ ?.!]*$",
    ),
    (
        "performance",
        r"\b(beat|beating|better than|ahead of|behind|worse than|trailing|lagging) (the )?(market|index|benchmark|s&p|spy|SYM|"
        r"nasdaq|dow)\b(?!.*\bstop\b)",
    ),
    ("quote", r"\bspread (on|of|for|in) SYM\b|\bbid (and|or) ask\b|\bSYM (bid|ask|spread)\b|\bhow wide is\b"),
    (
        "help",
        r"\bwhat does\b.*\bdo$|\bhow (do|would|can|could) (i|you|we) (sell|buy|close|place|set|cancel|put|trade|"
        r"use|confirm|enter|make an order|get out)\b",
    ),
    ("explain", r"\b(difference between|what does .{1,30} mean|meaning of|define|definition)\b|\b(meaning|definition)$"),
    (
        "explain",
        r"\bwhat (is|are) (a|an|the )?\s?(trailing stop|trailing|stop( loss)?( order)?|limit( order)?|market order|"
        r"beta|sharpe( ratio)?|var|value at risk|drawdown|"
        r"max drawdown|volatility|atr|sigma|spread|short(ing)?|gtc|target|buying power|attribution|slippage|"
        r"cost basis|unrealised pnl|realised pnl|kill switch|mandate|ticket|card|breaker|ladder|break[ -]?even|expected shortfall|"
        r"drill|exit)s?( order)?[ ?.]*$",
    ),
    (
        "explain",
        r"^(please )?explain (?!(my|the|this|why|today|yesterday)\b)|^(please )?explain (to me )?(what )?(a|an|"
        r"the)? ?(beta|sharpe|var|drawdown|stop|limit|spread|atr)\b",
    ),
    (
        "why",
        r"\bwhy do you (say|think)\b|\bhow (did|do) you (calculate|compute|get|know|work|come up|arrive|figure)\b|"
        r"\bwhere (does|did|do) (that|this|it|these|those|the)\b.*\b(come|get|number|figure)|"
        r"^(says who|prove it|source|why)[ ?.!]*$|\bshow (me )?(your|the) (work|working|math|calculation|formula|"
        r"numbers behind)|\bhow (is|was) (that|this|it) (calculated|computed)",
    ),
    (
        "tutorial",
        r"\btutorial\b|\b(get|getting) started\b|\bteach me\b|\bwalk me through\b|\bhow does this work\b|"
        r"\bshow me around\b|\bnew here\b|\bbeginner",
    ),
    ("examples", r"\bexamples?\b|\bwhat (can|could|should) i (type|ask|say|write)\b|\bwhat to (type|ask)\b"),
    (
        "help",
        r"^(please )?help( me)?( please)?[ !.?]*$|\bwhat (can|could) you do\b|\bwhat do you do\b|\bcommands?\b|"
        r"\bi am (lost|confused|stuck)\b|\bhow do i use\b|\bwhat are you able\b|\bmenu\b",
    ),
    (
        "status",
        r"\bmarkets? (is )?(open|closed|hours?|close|opens|closes)\b|\btrading (hours|day|session|calendar)\b|"
        r"\b(is|are|will|does|do|when|what time)\b.*\b(market|exchange|nyse|nasdaq|session|trading)\b.*\b(open|"
        r"close|closed|holiday|start|end|hours|times?|opens|closes)\b|"
        r"\b(opening|closing) times?\b|\bmarket calendar\b|\bholiday",
    ),
    (
        "status",
        r"\bstatus\b|\b(is|are) (it|everything|all|you|the bot|the broker|things?|we) (all )?(running|working|"
        r"connected|online|ok|up|alive|live|healthy|fine)\b|\bare you (there|alive|connected|up|online)\b|"
        r"\bconnected to\b|\bhealth( check)?\b|"
        r"\bis (the )?(broker|data|feed|system)\b",
    ),
    (
        "what-happened",
        r"\bwhat (the \w+ |in the world |exactly |all )?(happened|is happening|is going on|went on|happens)\b|"
        r"\bwhat is new\b|\bdid i miss\b|\brecap\b|\bbriefing\b|\bcatch me up\b|\bfill me in\b|^(anything|"
        r"something) happen|^(please )?(tell me about|talk me through|"
        r"walk me through|describe|explain) (yesterday|today|this week|the (day|week)|"
        r"my (day|week))\b",
    ),
    ("status", r"\bis (this|it|that) (all )?(real|fake|simulated|live|play|paper)\b|\breal money\b"),
    ("demo", r"\bdemo\b|\bsimulated (world|market|time)\b"),
    ("chart", r"\bprice history\b|\b(chart|graph|plot|draw|candles?|candlestick)\b"),
    (
        "orders",
        r"\b(open|pending|working|limit|stop|last|recent|filled|active|outstanding|my|any|what|which|show|list|all|"
        r"unfilled) (\w+ )?orders?\b|^orders?[ ?!.]*$|\border (history|status|list|book)\b|"
        r"\b(did|has|have|was|were|is) (my|the|i|it|that|we)\b.*\b(fill|filled|executed|go through|gone through|"
        r"order|orders)\b|\borders? (are|is|do|did|i|have|for|on|from)\b|\bunfilled\b|\bdid (i|we|you) (sell|buy|"
        r"close)\b",
    ),
    (
        "journal",
        r"\bjournal\b|\baudit\b|\b(activity|action|transaction|trading|trade|event)s? (log|history|record|list|"
        r"trail)\b|\bwhat (have|did) (i|you|we) (traded?|done?|do|sell|sold|buy|bought|changed?)\b|"
        r"\bwhat did you do\b|\b(log|logbook)\b|"
        r"\bwho (changed|cancelled|canceled|closed|sold|bought|moved|placed|did|confirmed)\b|\bmy (past |last |"
        r"recent )?(trades|transactions)\b|\btrades\b|\bwhen did i (last )?(sell|buy|close)\b|\bwhy did you (sell|"
        r"buy|close|cancel)\b|\bprice i (sold|bought|paid)\b|\bi (sold|bought) SYM (for|at)\b",
    ),
    (
        "stops",
        r"\bstops\b|\bstop(ped)? out\b|\bstopped\b|\b(my|the|a|no|any|closest|nearest) stop( loss)?\b|"
        r"\bprotected\b|\bprotection\b|\bunprotected\b|\bstop (level|distance|price)\b|\bhow far\b.*\bstop\b|"
        r"\bstop losses\b",
    ),
    (
        "news",
        r"\b(news|headlines?|stories|story|articles?|press|announcements?|rumou?rs)\b|\bwhat (are|is) (they|people|"
        r"everyone|everybody|the press|the media|analysts) (saying|writing)\b|\blatest (on|about|with)\b|"
        r"\b(anything|something|what is) (new |up |interesting |going on |happening )?(on|about|with|regarding|from|at) (my )?SYM\b|"
        r"\b(word|scoop|buzz|chatter|talk|gossip|dirt|story) (on|about|around|with)\b|\bearnings\b|\bheard anything\b|"
        r"\bcalendar\b|\bupcoming\b|\beconomic\b|\bfed\b|\bcpi\b",
    ),
    (
        "exposure",
        r"\b(exposure|exposed|overweight|underweight|diversif\w+|concentrat\w+|weights?|weightings?|allocation|"
        r"allocated|correlated|correlation)\b|\btoo (heavy|much|many|big|exposed|invested|dependent|"
        r"concentrated)\b|\bheavy in\b|\b(risk|risks|risky|riskiest)\b|"
        r"\bvalue at risk\b|\bvar\b|\beggs in\b|\bhow bad (could|can|might) it\b|\bwhat (could|can|"
        r"might) go wrong\b|\b(share|part|fraction|percent|percentage|proportion|how much) of (my )?(money|"
        r"portfolio|equity|book|capital|account) (is )?in\b|\bsectors?\b|\bwhy do i (hold|own|have) so (much|"
        r"many)\b|"
        r"\bworst case\b|\bmost i (can|could|might) lose\b|\baffect (me|my)\b|\bhow much (could|can) i lose\b|"
        r"\bbalanced\b|\bhedged\b|\bbeta\b|\bsafe\b|\bown too\b",
    ),
    (
        "performance",
        r"\bperform\w*\b|\bbenchmark\b|\bvs\b|\bversus\b|\b(beat|beating|outperform\w*|underperform\w*|compare|"
        r"compared|against)\b.*\b(market|SYM|spy|index|nasdaq|dow)\b|\b(total|annual|yearly|monthly|my|overall|"
        r"the)? ?returns?\b|\bytd\b|\byear to date\b|\bsharpe\b|\bdrawdown\b|\bequity curve\b|\bvolatility\b|"
        r"\bwin rate\b|\btrack record\b|"
        r"\bhow (have|has) (i|my portfolio|my account|it|my stocks|my money) (been )?(done|doing|grown|developed)\b",
    ),
    (
        "portfolio-summary",
        r"\b(buying power|cash|account|balance|net worth|dry powder|total value|equity|funds|margin|liquidity)\b|"
        r"\bportfolio (summary|value|overview|worth|total)\b|\b(portfolio|account|book|everything|it all|"
        r"all) (is )?worth\b|\bworth\b.*\b(portfolio|account|holdings|am i)\b|\bam i worth\b|"
        r"\bhow much (money )?(do|have) i (have|got|own)( in total| left to (spend|invest)| altogether|"
        r" overall)?[ ?.!]*$|"
        r"\b(summary|overview|snapshot) (of )?(my )?(portfolio|account|holdings|book)?\b(?!.*(yesterday|today|week|"
        r"day))|\bmoney do i have\b|\bleft to (spend|invest)\b",
    ),
    (
        "profit-loss",
        r"\b(pnl|gainers?|decliners?|profits?|losses|loss|losing|lost|lose|gains?|gained|winning|winners?|losers?|"
        r"earned|earning|profitable|unrealised|unrealized|realised|realized)\b|\b(make|made|making|earn|lose) (me|"
        r"us|i)?\b.*\b(today|yesterday|week|month|on|with|money|from|so far)\b|"
        r"\bhow much (did|have|has|am|are|was|is) (i|we|it|SYM|my \w+)\b.*\b(make|made|up|down|lose|lost|earn|"
        r"earned|gain|return|cost)\b|\bam i (up|down|green|red|in the red|in the green|ahead|behind|winning|"
        r"making)\b|\bin the (red|green|black)\b|\bmake any money\b|\bmaking money\b|\bdid SYM make\b|\bmoney (did|"
        r"have) i (make|made|lost|lose)\b",
    ),
    (
        "what-to-do",
        r"\bwhat (can|could|should|shall|do|would|must) (i|we|you|be)\b.*\b(do|done|sell|buy|trim|recommend|"
        r"suggest|advise|change|next|about)\b|\b(advice|advise|recommend\w*|suggest\w*|ideas?)\b|\bwhat now\b|"
        r"\bwhat next\b|\bwhat are my options\b|\bhow (can|do|could|should) (i|we) (fix|improve|stop|save|reduce|"
        r"protect|hedge|rebalance|recover)\b|"
        r"\bneeds? (my |some )?(attention|doing|action)\b|\banything (i|we|to|that) (can|could|should|do|needs?)\b|"
        r"\bwhat (would|do) you (do|think i should|recommend|suggest)\b|\bwhat to do\b|\bwhat is the (plan|move|"
        r"play)\b|\bnext steps?\b|\bopportunit|\brebalanc|\baction items?\b|\bwhat else can\b|\bwhat are we doing\b",
    ),
    (
        "positions",
        r"\b(positions?|holdings?|bags)\b|\bwhat (do|am|are) (i|we) (own|hold|holding|have|got|in|invested)\b|"
        r"\bwhat stocks?\b|\bwhich stocks?\b(?!.*\b(moved|move)\b)|\bhow many\b|\bdo i (own|have|"
        r"hold) (any )?SYM\b|\bwhat have i got\b|\bwhich (ones|one|of)\b(?!.*\b(moved|move)\b)|"
        r"\beverything (that is |that are )?(up|down)\b|\bunderwater\b|\bmy (stocks|shares|portfolio|book|coins|"
        r"investments)[ ?.!]*$|\bshow (me )?(my )?(stocks|portfolio)\b",
    ),
    (
        "quote",
        r"\b(price|quote|quotes|trading at|cost of|closing price|bid|ask)\b.*|\bhow much (is|are|does|for)( a|"
        r" one)? (share of )?SYM\b|\bwhere (is|are) SYM\b|\bSYM (price|quote|trading|at)\b|\b(SYM|it) (close|"
        r"closed|open|opened|trade|trading)\b|\bwhat (is|did|was|are) SYM (at|close|closed|trading|trade|doing|"
        r"open|worth)\b|"
        r"\bhow (is|are|did|has) (my |our |the )?SYM\b|\bSYM (closing|opening|close|open|high|low)\b|\b(high|low|highest|"
        r"lowest) (price )?(of|for) SYM\b|\bclose (of|for) SYM\b|\bworth of SYM\b|\bhow much is it\b|^SYM[ ?.!]*$",
    ),
    (
        "what-happened",
        r"\b(happen|happened|happens|happening|going on|miss|missed|recap|rundown|briefing|brief|catch me up|"
        r"update me|updates?|sum up|summarise|summarize|summary|review|blow up|blew up|bring me up|fill me in|"
        r"what is new|what is up|overnight|went on|moved|move|moves|movers)\b|"
        r"\bhow (did|was|were|is|has|bad|good)\b.*\b(yesterday|today|week|day|month|things|it)\b|\b(anything|"
        r"something) (new|important|big|exciting|interesting)\b|\bwhat is good\b|\bhow bad was\b|"
        r"\b(good|bad|great|rough|decent) (day|week|morning|session) ?(today|so far|for (me|us))?$|\bhow (did|was|"
        r"is) (yesterday|today|the day|the week|the market|my day|this week)\b",
    ),
    (
        "portfolio-summary",
        r"\bhow (am|are) (i|we) doing\b|\bhow (is|are) (my|the) (portfolio|account|stocks|money|book|"
        r"investments)\b|\b(portfolio|account|money)[ ?.!]*$",
    ),
    (
        "quote",
        r"\bwhat (did|is|has) SYM (do|doing|done|did)\b|\b(tell me about|details|info|information|facts|look up|"
        r"lookup|search)\b.*\bSYM\b|\bSYM\b.{0,20}\b(now|"
        r"today|yesterday)\b|\bprice\b",
    ),
)
RULES: tuple[tuple[str, re.Pattern[str]], ...] = tuple((name, re.compile(pattern)) for name, pattern in _TABLE)

_SPANS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("yesterday", re.compile(r"\b(yesterday|last (session|night|trading day))\b|\byesterday\b")),
    ("week", re.compile(r"\b(week|weekly|last 7 days|past 7 days|5 days|five days|last few days)\b")),
    ("month", re.compile(r"\b(month|monthly|30 days|four weeks)\b")),
    ("ytd", re.compile(r"\b(ytd|year to date|this year)\b")),
    (
        "all",
        re.compile(
            r"\b(all time|all-time|since (the start|inception|i started|the beginning)|overall|in total|ever|"
            r"so far in all)\b"
        ),
    ),
    (
        "today",
        re.compile(r"\b(today|tonight|this (morning|afternoon)|right now|overnight|intraday|so far|(good|bad|great|rough|decent) day)\b"),
    ),
)


def span_of(words: str) -> str | None:
    """`yesterday`, `week`, `month`, `ytd`, `all` or `today` where the words say so."""
    return next((name for name, pattern in _SPANS if pattern.search(words)), None)


def command_of(words: str) -> str | None:
    """The command asked for, or None."""
    return next((name for name, pattern in RULES if pattern.search(words)), None)
