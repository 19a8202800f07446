"""The sentences of simulated headlines. `{name}` is the company; a pair is (headline, body)."""

from __future__ import annotations

Pairs = tuple[tuple[str, str], ...]

GOOD: Pairs = (
    (
        "{name} upgraded to buy as analysts see demand improving",
        "The broker raised its target and said orders at {name} are stronger than feared.",
    ),
    ("{name} wins large multi-year contract", "{name} beat two rivals to the contract, which adds to revenue from next year."),
    ("{name} raises its full-year outlook", "{name} now sees growth above its earlier range and better margins."),
    ("{name} announces larger share buyback", "The board of {name} approved a bigger buyback than investors had hoped for."),
    ("Regulator clears key product of {name}", "The approval came earlier than expected and opens a new market for {name}."),
    ("{name} settles long-running lawsuit on favourable terms", "The settlement removes an uncertainty that had weighed on {name}."),
    ("Activist investor takes stake in {name}", "The fund sees large gains ahead for {name} and wants costs cut."),
    ("Orders at {name} surge, suppliers say", "Two suppliers reported record demand from {name} for the coming quarters."),
)
BAD: Pairs = (
    ("{name} downgraded to sell on slowing demand", "The broker cut its target and warned that estimates for {name} are too high."),
    ("Regulator opens probe into {name}", "The investigation concerns sales practices; {name} said it would cooperate."),
    ("{name} recalls product after safety complaints", "The recall is larger than earlier ones and {name} warned of the cost."),
    ("{name} cuts its full-year outlook", "{name} blamed weak orders and higher costs for the lower range."),
    ("{name} loses major customer to a rival", "The customer stood for a meaningful part of revenue at {name}."),
    ("Finance chief of {name} resigns unexpectedly", "{name} named an interim successor and gave no reason."),
    ("{name} hit by outage that disrupts service", "Customers reported failures for hours; {name} is still investigating the cause."),
    ("{name} faces large fine in competition case", "The fine would be among the largest of its kind; {name} said it would appeal."),
)
PLAIN: Pairs = (
    ("{name} to present at investor conference next week", "The talk will be webcast; no new figures are expected from {name}."),
    ("What to watch at {name} this quarter", "Analysts list the usual themes for {name}: growth, costs and capital returns."),
    ("{name} opens new office as hiring goes on", "The site will house several teams of {name}; it was announced last year."),
    ("{name} shares: where analysts stand", "The average rating of {name} is unchanged from last month."),
    (
        "{name} names new head of regional business",
        "The appointment takes effect next quarter and follows an earlier announcement by {name}.",
    ),
    ("{name} publishes its sustainability report", "The report repeats targets that {name} had set before."),
    ("Analyst repeats buy rating on {name}", "The note on {name} keeps target and estimates as they were."),
    ("Analyst repeats hold rating on {name}", "The note on {name} sees risks and chances in balance."),
    ("{name} extends partnership announced earlier", "The terms are those that {name} had described at signing."),
    ("Options traders eye {name}", "Volume in contracts on {name} was a little above its average."),
    ("Is {name} a good long-term holding? Two views", "Columnists disagree about the strengths and weaknesses of {name}."),
    ("{name} holds its annual meeting", "Shareholders of {name} approved what had been proposed."),
    ("{name} confirms date of its next report", "The date is the one {name} had given before."),
    ("{name} dividend: dates and amounts", "Nothing changes for holders of {name}."),
    ("{name} updates its product line", "The changes at {name} had been shown at a trade fair."),
    ("A day at {name}: inside the company", "The portrait of {name} holds nothing new for investors."),
    ("Insider at {name} sells shares under a standing plan", "The sale of {name} shares had been scheduled months ago."),
    ("{name} moves teams to a new building", "The lease was signed by {name} last year."),
    ("{name} joins industry group", "Membership costs {name} little and had been expected."),
    ("{name} responds to report about weak sales", "{name} pointed to figures it had already published."),
)

STRONG_REPORT = (
    "{name} beats estimates and raises outlook",
    "{name} earned {actual} a share against {expected} expected and lifted its guidance.",
)
GOOD_REPORT = ("{name} beats profit estimates", "{name} earned {actual} a share against {expected} expected.")
BAD_REPORT = ("{name} misses profit estimates", "{name} earned {actual} a share against {expected} expected.")
WEAK_REPORT = (
    "{name} misses estimates and cuts outlook",
    "{name} earned {actual} a share against {expected} expected and lowered its guidance.",
)

# stream: (good, bad, plain)
SECTORS: dict[str, tuple[tuple[str, str], tuple[str, str], tuple[str, str]]] = {
    "tech": (
        ("Technology spending forecast raised sharply", "A survey of large buyers sees stronger growth in technology budgets."),
        ("Technology companies face tougher rules, draft law shows", "The draft would raise costs for large technology companies."),
        ("Technology trade fair opens its doors", "Exhibitors show products most of which had been announced before."),
    ),
    "semis": (
        ("Chip makers gain as export limits are eased", "More semiconductor products may be shipped than the market had expected."),
        ("New export limits hit chip makers", "The limits cover more semiconductor products than had been feared."),
        ("Chip industry group publishes monthly statistics", "Semiconductor sales were in line with earlier estimates."),
    ),
    "software": (
        ("Companies plan to buy more software, survey finds", "Budgets for business software are rising faster than last year."),
        ("Software buyers cut seats, survey finds", "Business software budgets are falling as buyers review their subscriptions."),
        ("Software makers meet at annual conference", "Talks centred on products that are already on sale."),
    ),
    "media": (
        ("Advertising market rebounds strongly", "Online media and streaming services sold more advertising than forecast."),
        ("Advertisers cut budgets", "Online media and streaming services face weaker advertising, agencies warn."),
        ("Viewing figures for streaming published", "The ranking of online media changed little."),
    ),
    "finance": (
        ("Banks get relief as capital rules are eased", "Regulators will let banks return more money to shareholders."),
        ("Banks face higher capital rules", "Regulators want banks to hold more capital, which would hurt returns."),
        ("Bank lending grows as expected", "The monthly figures for banks show no surprise."),
    ),
    "payments": (
        ("Card spending surges, data show", "Payment networks processed more than forecast."),
        ("Lawmakers target card fees", "A bill would cap what payment networks may charge."),
        ("Card networks publish spending habits", "Payment data show familiar patterns."),
    ),
    "growth": (
        ("Investors return to growth and small companies", "Large funds say they are buying riskier shares again."),
        ("Investors flee growth and small companies", "Large funds say they are selling riskier shares."),
        ("Small companies: a mixed picture", "Surveys of growth and small companies show little change."),
    ),
    "power": (
        ("Power producers gain on rising demand", "Grid operators raised their forecasts, good news for utilities."),
        ("Regulator caps power prices", "The cap is lower than utilities had expected."),
        ("Power grid passes seasonal check", "Utilities report normal reserves."),
    ),
    "energy": (
        ("Oil producers agree on deeper output cuts", "Energy companies would gain from higher prices."),
        ("Oil producers raise output", "Energy companies face lower prices after the surprise decision."),
        ("Oil inventories little changed", "The weekly figures for energy were as expected."),
    ),
    "health": (
        ("Health insurers and drug makers win on payment rates", "Final payment rates for health care came in above the draft."),
        ("Health care stocks face price controls", "A plan to control prices goes further than feared."),
        ("Health care congress begins", "Most studies had been published before."),
    ),
    "staples": (
        ("Shoppers spend more on groceries, data show", "Large retailers of staples gain from higher volumes."),
        ("Shoppers cut back on groceries", "Large retailers of staples warn of weaker volumes."),
        ("Retailers prepare for the season", "Makers of staples expect sales like last year's."),
    ),
    "digital": (
        ("Digital asset rules win support", "Lawmakers agreed on rules that crypto exchanges had hoped for."),
        ("Regulator sues over digital asset trading", "The case could hurt crypto exchanges."),
        ("Digital asset conference draws crowds", "Crypto exchanges repeated earlier plans."),
    ),
    "coins": (
        ("Large fund adds crypto to its portfolios", "The decision surprised the market and supports coins across the board."),
        ("Crypto hit by large theft from exchange", "Coins fell out of favour after the theft became known."),
        ("Crypto miners report monthly output", "The figures were in line with the schedule of the coins."),
    ),
}

# release: (good for the market, as expected, bad for the market)
RELEASES: dict[str, tuple[str, str, str]] = {
    "cpi": (
        "Consumer prices cooler than expected at {actual}",
        "Consumer prices in line at {actual}",
        "Consumer prices hotter than expected at {actual}",
    ),
    "jobs": (
        "Jobs report beats forecasts with {actual} new jobs",
        "Jobs report in line with {actual} new jobs",
        "Jobs report misses forecasts with {actual} new jobs",
    ),
    "gdp": (
        "Economy grows faster than expected at {actual}",
        "Economy grows as expected at {actual}",
        "Economy grows slower than expected at {actual}",
    ),
    "fomc": (
        "Federal Reserve friendlier than expected: {actual}",
        "Federal Reserve as expected: {actual}",
        "Federal Reserve tougher than expected: {actual}",
    ),
}
RELEASE_BODY = "{title}: {actual}; expected was {expected}."

COMMENTS: Pairs = (
    ("Stocks: what to know before the open", "Futures point to a quiet start; the calendar lists familiar items."),
    ("Traders weigh the week ahead", "Strategists see arguments for bulls and bears."),
    ("Market wrap: investors look for direction", "Volume was near its average."),
    ("Strategist sees stocks higher in a year", "The forecast repeats an earlier one."),
    ("Strategist warns of expensive stocks", "The warning repeats an earlier one."),
    ("Bond yields little changed", "Dealers report normal trading."),
    ("Dollar steady against major currencies", "Dealers report normal trading."),
    ("Fund flows: a quiet week", "Money moved little between stocks and bonds."),
    ("Small investors stay calm, survey finds", "Most plan no change to their portfolios."),
    ("Retirement savers ask: stocks or bonds?", "Advisers give the usual answers."),
    ("Five charts that explain the market", "They show what has been known for some time."),
    ("Volatility near its average", "Options traders see no unusual demand for protection."),
    ("Gold and oil: where analysts stand", "Most forecasts are unchanged."),
    ("European shares end mixed", "No single theme led the session."),
    ("Asian shares end mixed", "No single theme led the session."),
    ("Analysts debate the next move in interest rates", "Opinions are divided as before."),
    ("Share buybacks in line with last year", "Companies went on with their programmes."),
    ("Dividend season: what investors can expect", "The list holds no surprise."),
    ("Exchange publishes holiday trading hours", "They are those of earlier years."),
    ("Regulator consults on market rules", "The paper had been announced long ago."),
    ("Why diversification still matters", "The arguments are the classic ones."),
    ("Fund managers keep cash levels unchanged", "The monthly survey shows little movement."),
)
COIN_GOOD: Pairs = (
    ("{name} network upgrade goes live without trouble", "Fees on {name} fall and developers report strong demand."),
    ("Large payment firm adds {name}", "Customers can pay with {name} from today."),
)
COIN_BAD: Pairs = (
    ("{name} network halted by a fault", "Transactions on {name} stopped for an hour."),
    ("Large holder moves {name} to exchanges", "Traders fear that the {name} will be sold."),
)
COIN_PLAIN: Pairs = (
    ("{name}: the week in charts", "Trading in {name} followed its usual patterns."),
    ("Developers of {name} hold monthly call", "No decision on {name} was taken."),
    ("Survey: who owns {name}?", "The picture of {name} holders is unchanged."),
)
