"""Headlines in words that the simulated world does not use, in two halves: the correlator was mended on the first and never on the second.

`{n}` is the name people use for the company. A row is (headline, body). Those that cause something and those that cause nothing are told
apart by what they say, not by how they say it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Rows = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Bank:
    """The wordings of one half."""

    good: Rows
    bad: Rows
    plain: Rows
    coin_good: Rows
    coin_bad: Rows
    coin_plain: Rows
    beat: Rows
    miss: Rows
    sectors: Mapping[str, tuple[tuple[str, str], tuple[str, str], tuple[str, str]]]
    releases: Mapping[str, tuple[str, str]]
    comments: Rows


FIRST = Bank(
    good=(
        ("{n} jumps on blockbuster order from overseas", "Shares of {n} rose after the company booked the biggest order in its history."),
        ("{n} lifts guidance, sees record year", "Management at {n} pointed to demand that outpaces supply."),
        ("Takeover interest in {n} emerges", "Two bidders are said to be preparing offers for {n}."),
        ("{n} wins key patent fight", "A court threw out claims against {n} that had worried holders."),
        ("Big bank turns bullish on {n}", "Its analysts doubled their price target for {n}."),
    ),
    bad=(
        ("{n} plunges after warning on sales", "{n} told investors that the quarter is coming in far below plan."),
        ("{n} chief executive ousted in surprise move", "The board of {n} gave no details."),
        ("Data breach at {n} exposes millions of customers", "{n} said that it had alerted the authorities."),
        ("Short seller targets {n}", "The report accuses {n} of overstating revenue."),
        ("{n} halts deliveries as defects found", "{n} could not say when shipments will resume."),
    ),
    plain=(
        ("{n} to webcast fireside chat", "Executives of {n} will speak on Tuesday."),
        ("Five things to know about {n}", "A look at the history and the products of {n}."),
        ("{n} celebrates anniversary with employees", "{n} was founded decades ago."),
        ("{n} sponsors local marathon", "The event carries the name of {n} for the third year."),
        ("How {n} compares with peers", "The valuation of {n} is close to its average."),
        ("{n} appoints new head of communications", "The post at {n} had been vacant since spring."),
        ("{n} posts slides from last month's presentation", "They contain what {n} had shown before."),
        ("Readers ask: should I own {n}?", "Our columnist repeats last year's answer on {n}."),
    ),
    coin_good=(("{n} rallies as pension fund buys in", "The fund disclosed a first position in {n}."),),
    coin_bad=(("{n} tumbles after bridge is drained", "Attackers took coins worth millions; {n} fell at once."),),
    coin_plain=(("{n} explained: a primer", "What {n} is and how it works."), ("{n} miners keep their pace", "Nothing changed for {n}.")),
    beat=(("{n} tops Wall Street forecasts", "Earnings at {n} came in well above what analysts had pencilled in."),),
    miss=(("{n} falls short of Wall Street forecasts", "Earnings at {n} came in well below what analysts had pencilled in."),),
    sectors={
        "tech": (
            ("Tech budgets set to swell, buyers say", "Corporate spending on technology is picking up fast."),
            ("Tech giants hit by new levy", "The tax goes further than technology lobbyists had feared."),
            ("Tech fair publishes programme", "Speakers of earlier years return."),
        ),
        "semis": (
            ("Chipmakers soar on easing of curbs", "Semiconductor exports may resume."),
            ("Chipmakers sink on fresh curbs", "Semiconductor exports face new licences."),
            ("Chipmakers gather for yearly forum", "No announcements were made."),
        ),
        "software": (
            ("Software demand roars back", "Cloud contracts are growing at the fastest pace in years."),
            ("Software renewals collapse, channel checks show", "Cloud customers are leaving."),
            ("Software vendors publish joint standard", "It had been agreed last year."),
        ),
        "media": (
            ("Streaming and advertising boom lifts media", "Advertising budgets came in far above plan."),
            ("Media hit by advertising freeze", "Large brands stop spending."),
            ("Media awards: the winners", "The ceremony took place on Sunday."),
        ),
        "finance": (
            ("Banks cheer softer capital demands", "Lenders may pay out billions more."),
            ("Banks slump on tougher capital demands", "Lenders must hold back billions."),
            ("Banks update opening hours", "Branches keep the schedule of last year."),
        ),
        "payments": (
            ("Payments volumes smash records", "Card networks saw spending explode."),
            ("Payments fees to be capped", "Card networks would lose a chunk of revenue."),
            ("Payments habits: the yearly survey", "Cards lead as before."),
        ),
        "growth": (
            ("Risk appetite returns to small caps and growth names", "Funds pile into speculative shares."),
            ("Small caps and growth names dumped", "Funds flee speculative shares."),
            ("Small caps: an explainer", "What the index contains."),
        ),
        "power": (
            ("Utilities surge on data centre demand", "Grid operators lift forecasts sharply."),
            ("Utilities slide as price cap is imposed", "Regulators act against power bills."),
            ("Utilities test emergency plans", "The drill is a yearly one."),
        ),
        "energy": (
            ("Oil spikes after surprise output cut", "Producers agreed to pump far less crude."),
            ("Oil slumps as producers open the taps", "Producers will pump far more crude."),
            ("Oil museum reopens", "Visitors may see old drilling rigs."),
        ),
        "health": (
            ("Health insurers and drugmakers surge on payment ruling", "Rates rise by more than expected."),
            ("Drugmakers and health insurers sink on price plan", "The cuts go deeper than feared."),
            ("Health congress publishes agenda", "Most talks are repeats."),
        ),
        "staples": (
            ("Grocers report shopping boom", "Consumer staples volumes jumped."),
            ("Grocers warn as shoppers stay away", "Consumer staples volumes dropped."),
            ("Grocers plan for the holidays", "Plans are those of last year."),
        ),
        "digital": (
            ("Crypto exchanges win licence fight", "Digital asset firms may operate freely."),
            ("Crypto exchanges raided", "Digital asset firms face charges."),
            ("Crypto conference returns", "The programme is unchanged."),
        ),
        "coins": (
            ("Crypto surges as giant fund opens to coins", "Billions may flow in."),
            ("Crypto routed as exchange collapses", "Withdrawals were halted."),
            ("Crypto glossary: the basics", "Terms explained."),
        ),
    },
    releases={
        "cpi": ("Inflation cools more than forecast at {a}", "Inflation runs hotter than forecast at {a}"),
        "jobs": ("Payrolls smash forecasts with {a}", "Payrolls disappoint with {a}"),
        "gdp": ("GDP beats forecasts at {a}", "GDP misses forecasts at {a}"),
        "fomc": ("Fed surprises with softer line: {a}", "Fed shocks with harder line: {a}"),
    },
    comments=(
        ("Wall Street week ahead: a calendar", "The usual dates."),
        ("Stocks drift in thin trading", "Little happened."),
        ("Strategists publish yearly outlooks", "They differ as always."),
        ("What history says about autumn", "Averages are no guide."),
        ("Markets glossary: yield curve", "An explainer."),
    ),
)

SECOND = Bank(
    good=(
        ("Shares in {n} surge as profit upgrade stuns analysts", "{n} said trading had been exceptionally strong."),
        ("{n} secures exclusive supply deal", "The agreement hands {n} a decade of orders."),
        ("{n} to be added to major index", "Trackers will have to buy shares in {n}."),
        ("{n} drug trial succeeds beyond hopes", "Doctors called the data from {n} remarkable."),
        ("Billionaire builds stake in {n}", "The investor called {n} deeply undervalued."),
        ("{n} hikes payout by half", "The board of {n} cited overflowing coffers."),
    ),
    bad=(
        ("{n} slashes forecasts, blames weak consumer", "{n} said that conditions had worsened sharply."),
        ("Prosecutors raid offices of {n}", "Investigators carried documents out of {n}."),
        ("{n} loses landmark patent ruling", "Royalties could cost {n} dearly."),
        ("Accounting questions engulf {n}", "{n} delayed its filing and its auditor quit."),
        ("Fire stops main plant of {n}", "{n} expects weeks without output."),
        ("{n} scraps merger at last minute", "{n} must pay a break fee."),
    ),
    plain=(
        ("{n} staff volunteer at food bank", "Dozens of people from {n} took part."),
        ("Museum shows early products of {n}", "The exhibition on {n} runs until spring."),
        ("{n} updates privacy notice", "The wording of {n} follows a standard."),
        ("Profile: the engineers of {n}", "A visit to {n}."),
        ("{n} retains auditors for another year", "Holders of {n} had voted so."),
        ("Chart of the day: {n} since listing", "The long view on {n}."),
        ("{n} keeps dividend unchanged", "{n} pays what it paid before."),
        ("{n} opens visitor centre", "{n} had announced it two years ago."),
        ("Podcast: a talk about {n}", "Two fund managers chat about {n}."),
    ),
    coin_good=(
        ("Central bank puts {n} into its reserves", "It is the first to hold {n}."),
        ("{n} soars on approval of new fund", "Trackers of {n} may be sold from Monday."),
    ),
    coin_bad=(
        ("{n} nosedives as network splits", "Holders of {n} face confusion."),
        ("Regulator bans {n} trading", "Platforms must delist {n}."),
    ),
    coin_plain=(("{n} in numbers", "Holders, wallets and blocks of {n}."), ("Film about {n} premieres", "It tells the story of {n}.")),
    beat=(
        ("Quarterly profit at {n} blows past consensus", "{n} earned much more than the street had expected."),
        ("{n} delivers surprise profit leap", "The quarter at {n} trounced estimates."),
    ),
    miss=(
        ("Quarterly profit at {n} undershoots consensus", "{n} earned much less than the street had expected."),
        ("{n} shocks with profit slump", "The quarter at {n} missed estimates by a mile."),
    ),
    sectors={
        "tech": (
            ("Technology stocks roar as orders flood in", "Demand for hardware is off the charts."),
            ("Technology stocks battered by export ban", "Sales abroad are at risk."),
            ("Technology: a timeline", "From punch cards to phones."),
        ),
        "semis": (
            ("Semiconductor shares rocket on shortage", "Prices of chips double."),
            ("Semiconductor shares crater on glut", "Prices of chips halve."),
            ("Semiconductor basics for beginners", "How a chip is made."),
        ),
        "software": (
            ("Software shares leap as spending thaws", "Cloud bookings accelerate."),
            ("Software shares dive as spending freezes", "Cloud bookings stall."),
            ("Software museum piece", "The first spreadsheet."),
        ),
        "media": (
            ("Media shares climb on ad bonanza", "Streaming groups sold out of slots."),
            ("Media shares drop on ad drought", "Streaming groups cut prices."),
            ("Media literacy week begins", "Schools take part."),
        ),
        "finance": (
            ("Banking shares soar on looser rules", "Watchdogs retreat."),
            ("Banking shares tumble on tighter rules", "Watchdogs strike."),
            ("Banking hall turned into museum", "It opens in May."),
        ),
        "payments": (
            ("Payments groups jump on spending spree", "Cards were swiped as never before."),
            ("Payments groups sag on fee ban", "Lawmakers voted overnight."),
            ("Payments history: the first card", "It was made of paper."),
        ),
        "growth": (
            ("Small caps and speculative growth names catch fire", "Money rushes in."),
            ("Small caps and speculative growth names crushed", "Money rushes out."),
            ("Small caps: how the list is made", "A look at the method."),
        ),
        "power": (
            ("Utilities leap on power shortage", "Prices for electricity soar."),
            ("Utilities hammered by windfall tax", "Lawmakers surprise the industry."),
            ("Utilities hold open day", "Families visit dams."),
        ),
        "energy": (
            ("Energy shares jump as crude leaps", "A pipeline outage squeezes supply."),
            ("Energy shares sink as crude craters", "Storage is overflowing."),
            ("Energy saving tips", "Turn the lights off."),
        ),
        "health": (
            ("Healthcare shares surge on reimbursement boost", "Rates beat every forecast."),
            ("Healthcare shares slammed by reimbursement cut", "Rates missed every forecast."),
            ("Healthcare walk draws thousands", "The sun shone."),
        ),
        "staples": (
            ("Food and beverage makers jump on volume boom", "Staples fly off the shelves."),
            ("Food and beverage makers sink on boycott", "Staples stay on the shelves."),
            ("Food fair opens gates", "Cheese and bread."),
        ),
        "digital": (
            ("Crypto platforms leap on landmark law", "Digital assets gain legal certainty."),
            ("Crypto platforms plunge on trading ban", "Digital assets face a freeze."),
            ("Crypto course at university", "Students enrol."),
        ),
        "coins": (
            ("Cryptocurrencies surge after ruling", "Coins rally worldwide."),
            ("Cryptocurrencies crash after hack", "Coins sell off worldwide."),
            ("Cryptocurrencies: reader questions", "Answers to the basics."),
        ),
    },
    releases={
        "cpi": ("CPI undershoots at {a}, relief for consumers", "CPI overshoots at {a}, consumers feel the pinch"),
        "jobs": ("Jobs boom: employers add {a}", "Hiring dries up: employers add only {a}"),
        "gdp": ("GDP growth sprints ahead at {a}", "GDP growth sputters at {a}"),
        "fomc": ("FOMC turns dovish: {a}", "FOMC turns hawkish: {a}"),
    },
    comments=(
        ("Trading floor diary: a slow Tuesday", "Coffee and charts."),
        ("Investor quiz: test yourself", "Ten questions."),
        ("Books of the year for investors", "Our list."),
        ("What the pros are reading", "Long reads."),
        ("Stocks barely move before holiday", "Desks were half empty."),
        ("A century of stock charts", "An archive goes online."),
    ),
)
