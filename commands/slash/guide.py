"""Finding one's way: help, a tutorial, lines to try, and what a word means."""

from __future__ import annotations

from collections.abc import Iterable

from commands import arguments
from commands.context import Ctx
from commands.registry import Rest, command, hyphens
from commands.slash import terms
from commands.slash.rows import rows
from commands.slash.sheet import Sheet, as_of, plural
from domain.chat import Block, Button, Buttons, Code, CommandSpec, KeyValues, Reply, Text, Tone
from domain.errors import BadArgument, UnknownCommand
from domain.money import plain
from domain.portfolio import Portfolio

GROUPS = ("Copilot", "Portfolio", "Results", "Market", "Orders", "Safety", "Actions", "Help", "System")  # the order they are shown in
FOUND = 8
EXAMPLES = 2


@command("Help", examples=("/help", "/help positions", "/help stop"))
async def help(ctx: Ctx, word: Rest | None = None) -> Reply:
    """What there is, by group; with a name, how that command or action is used."""
    specs = ctx.registry.all()
    asked = (word or "").strip(" ?.`")
    if not asked:
        return _overview(specs)
    wanted = hyphens(asked)
    exact = [s for s in specs if s.name == wanted and (asked[0] == s.sigil or asked[0] not in "/#")]
    if exact:
        return _one(exact[0])
    group = [s for s in specs if s.group.lower() == wanted]
    if group:
        return _list(f"{group[0].group}: {plural(len(group), 'entry', 'entries')}.", group)
    found = [s for s in specs if wanted in s.name or all(w in s.help.lower() for w in wanted.split("-"))]
    if found:
        return _list(f"About “{asked[:40]}”:", found[:FOUND])
    near = arguments.nearest(wanted[:40], tuple(s.name for s in specs))
    hint = f" Did you mean `/help {near}`?" if near else " `/help` lists everything."
    raise UnknownCommand(f"There is no command or action “{asked[:40]}”.{hint}", example=f"/help {near}" if near else "/help")


@command("Help", examples=("/tutorial",))
async def tutorial(ctx: Ctx) -> Reply:
    """Five minutes with your own numbers: what to type, step by step."""
    portfolio = await ctx.portfolio()
    symbol = _example_symbol(portfolio)
    steps = [
        ("Ask in your own words. Every answer begins with its figure.", "what happened yesterday?"),
        ("Look at what is held, then at how a figure came about.", "/positions"),
        ("", "/why"),
        (f"Draw up an order. The card shows what it would do to {symbol} and to the account; nothing is sent yet.", f"#{symbol} stop 5%"),
        ("Say yes to send it, or no to drop it. A card waits two minutes.", "yes"),
        ("See the order at the broker, and what was done so far.", "/orders"),
        ("Rehearse a bad day on a copy of your book: what would fire, and what would be left.", "/drill gap -7%"),
        ("See what guards you meanwhile: your limits, and which alerts reach you.", "/risk-limits"),
        ("", "/alerts"),
    ]
    if ctx.demo is not None:
        steps.append(("This is a demo, so time is yours: go ahead two hours, or frighten the market.", "/demo forward 2h"))
        steps.append(("", f"/demo shock {symbol} -8%"))
    blocks: list[Block] = [Text(f"{len([s for s, _ in steps if s])} steps; type each line as it stands.", Tone.LEAD)]
    number = 0
    for text, line in steps:
        if text:
            number += 1
            blocks.append(Text(f"{number}. {text}"))
        blocks.append(Code(line))
    blocks.append(Text("More lines to try: `/examples`. Every command: `/help`.", Tone.QUIET))
    return Reply((*blocks, Buttons((Button("Begin", "/positions"), Button("Examples", "/examples")))))


@command("Help", examples=("/examples",))
async def examples(ctx: Ctx) -> Reply:
    """Lines to try, with your own symbols in them."""
    portfolio = await ctx.portfolio()
    symbol = _example_symbol(portfolio)
    quote = portfolio.quotes.get(symbol)
    limit = f" limit {plain(quote.bid)}" if quote else ""
    ask = (
        "what happened yesterday?",
        "why am I down?",
        "am I too heavy in tech?",
        "what can be done?",
        f"news about {symbol}",
        "what would a 10% crash do to me?",
        "is everything protected?",
        "what are my risk limits?",
    )
    look = ("/positions", "/profit-loss week", "/exposure", "/stops", "/watch", "/risk-analysis", "/risk-limits", f"/chart {symbol}")
    act = (
        f"#{symbol} close 50%",
        f"#{symbol} stop 5%",
        f"#{symbol} trailing 2% after 3%",
        f"#{symbol} ladder 5% 50% 10% 50%",
        f"#buy {symbol} $2000{limit}",
        f"#buy {symbol} 5 stop 5% target 10%",
        "#set-stops",
        "#cancel-all",
    )
    blocks: list[Block] = [Text("Ask in words, look with /, act with #; an action only draws a card.", Tone.LEAD)]
    for title, lines in (("Ask", ask), ("Look", look), ("Act", act)):
        blocks.append(KeyValues(tuple((str(n), line) for n, line in enumerate(lines, start=1)), title=title))
    buttons = (Button("Positions", "/positions"), Button("What happened", "/what-happened"), Button("Prepare a stop", f"#{symbol} stop 5%"))
    return Reply((*blocks, Buttons(buttons)))


@command("Help", examples=("/explain beta", "/explain drawdown"))
async def explain(ctx: Ctx, term: Rest | None = None) -> Reply:
    """What a word means, its formula, and your own number."""
    if term is None or not term.strip():
        names = [t.name for t in terms.glossary()]
        lead = Text(f"{plural(len(names), 'word')} are explained here: `/explain beta`", Tone.LEAD)
        return Reply((lead, Text(", ".join(names)), Buttons((Button("Help", "/help"),))))
    entry = terms.find(term)
    if entry is None:
        return _instrument(ctx, term)
    portfolio = await ctx.portfolio()
    sheet = Sheet.of(portfolio)
    own = await terms.yours(ctx, portfolio, sheet, entry)
    blocks: list[Block] = [Text(f"{entry.name}: {entry.says}", Tone.LEAD), Code(entry.formula)]
    if own:
        blocks += [Text(own), as_of(portfolio, ctx.zone)]
    attempt = entry.attempt.replace("SYM", _example_symbol(portfolio))
    if attempt:
        blocks.append(Text(f"See it: `{attempt}`"))
        blocks.append(Buttons((Button("Show" if attempt.startswith("/") else "Prepare", attempt),)))
    return Reply(tuple(blocks), facts=sheet.facts)


def _overview(specs: Iterable[CommandSpec]) -> Reply:
    """Every name by group, in one screen."""
    groups: dict[str, list[str]] = {name: [] for name in GROUPS}
    for spec in specs:
        groups.setdefault(spec.group, []).append(f"{spec.sigil}{spec.name}")
    rows_ = tuple((group, "  ".join(names)) for group, names in groups.items() if names)
    lead = Text("Ask in your own words, type / to look and # to act. One name in detail: `/help positions`", Tone.LEAD)
    note = Text("An action draws a card first; nothing is sent before you confirm it.", Tone.QUIET)
    return Reply((lead, KeyValues(rows_), note, Buttons((Button("Tutorial", "/tutorial"), Button("Examples", "/examples")))))


def _one(spec: CommandSpec) -> Reply:
    """One command or action: what it does, how it is spelled, two examples."""
    blocks: list[Block] = [Text(f"{spec.sigil}{spec.name}: {spec.help}", Tone.LEAD)]
    if spec.sigil == "/":
        blocks.append(Text(f"Usage: `{arguments.usage(spec)}`"))
    lines = (*spec.examples, *((f"/{spec.name}",) if spec.sigil == "/" and len(spec.examples) < EXAMPLES else ()))
    blocks += [Code(line) for line in tuple(dict.fromkeys(lines))[: max(EXAMPLES, len(spec.examples))]]
    if spec.sigil == "#":
        blocks.append(Text("It draws a card; nothing is sent before you confirm.", Tone.QUIET))
    elif not any(p.required for p in spec.parameters):
        blocks.append(Buttons((Button("Show", f"/{spec.name}"),)))
    return Reply(tuple(blocks))


def _list(lead: str, specs: Iterable[CommandSpec]) -> Reply:
    found = tuple((f"{s.sigil}{s.name}", s.help) for s in specs)
    return Reply((Text(lead, Tone.LEAD), KeyValues(found)))


def _instrument(ctx: Ctx, term: str) -> Reply:
    """What an instrument is, for a word that names one; raises BadArgument naming the nearest words."""
    word = term.strip()[:40]
    if ctx.known(word.lstrip("$").upper()) and (found := ctx.hub.instrument(word)) is not None:
        step = f"{plain(found.lot)} {found.unit}" if found.lot != 1 else f"whole {found.unit}"
        values = (("Kind", str(found.asset_class)), ("Sector", found.sector), ("Venue", found.venue), ("Trades in", step))
        lead = Text(f"{found.symbol} is {found.name}.", Tone.LEAD)
        return Reply((lead, KeyValues(values), Buttons((Button("Quote", f"/quote {found.symbol}"),))))
    near = terms.near(word)
    hint = f" Did you mean {' or '.join(f'`/explain {n}`' for n in near)}?" if near else " `/explain` lists the words."
    raise BadArgument(f"“{word}” is not in the glossary.{hint}", example=f"/explain {near[0]}" if near else "/explain")


def _example_symbol(portfolio: Portfolio) -> str:
    """The largest position that has no stop yet, else the largest, else SPY."""
    priced = [r for r in rows(portfolio) if r.quote is not None]
    bare = next((r.symbol for r in priced if r.stop is None), None)
    return bare or (priced[0].symbol if priced else "SPY")
