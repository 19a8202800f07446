"""Sentences as a model words them, each true of a brief, with ways in which it would be wrong, written apart from the house's own.

Every template returns the true sentence and, by the kind of fault, wrong ones. What would be true by chance is not among the wrong ones:
figures are compared as they would be read.
The guard was mended on these from the start; `phrasings_second` and `phrasings_third` were run once before.
"""

from __future__ import annotations

from decimal import Decimal
from random import Random

from copilot.brief import Brief
from domain.money import ZERO
from tests.evals.worded import Template, Worded, another, digit, dollars, parts, percent, total, verb


def result(r: Random, b: Brief) -> Worded | None:
    if abs(total(b)) < 5:
        return None
    was, not_was = verb(total(b), "up", "down")
    money = dollars(total(b))
    say = f"You are {{}} {{}} {b.span.suffix}."
    return Worded(
        say.format(was, money),
        {
            "sign": say.format(not_was, money),
            "digit": say.format(was, digit(r, money)),
            "unit": say.format(was, money.replace("$", "") + "%"),
        },
    )


def mover(r: Random, b: Brief) -> Worded | None:
    if not (found := parts(b)):
        return None
    p = r.choice(found)
    assert p.move is not None
    did, not_did = verb(p.move)
    figure = percent(p.move)
    other = another(r, b, p.symbol)
    wrong = {
        "sign": f"{p.symbol} {not_did} {figure}.",
        "digit": f"{p.symbol} {did} {digit(r, figure)}.",
        "unit": f"{p.symbol} {did} ${figure[:-1]}.",
    }
    if other and other not in {q.symbol for q in found if q.move and percent(q.move) == figure}:
        wrong["symbol"] = f"{other} {did} {figure}."
    weight = percent(b.portfolio.weight(p.symbol), 1)
    if p.symbol in b.portfolio.quotes and weight not in ("0.0%", percent(p.move, 1)):
        wrong["kind"] = f"{p.symbol} {did} {weight}."
    return Worded(f"{p.symbol} {did} {figure}.", wrong)


def two_movers(r: Random, b: Brief) -> Worded | None:
    found = parts(b)
    if len(found) < 2:
        return None
    one, two = r.sample(found, 2)
    say = "{0.symbol} made {1}{2}, while {3.symbol} made {4}{5}."
    marks = ["−" if p.total < 0 else "+" for p in (one, two)]
    a, c = dollars(one.total), dollars(two.total)
    if a == c:
        return None
    return Worded(
        say.format(one, marks[0], a, two, marks[1], c),
        {
            "swap": say.format(one, marks[1], c, two, marks[0], a),
            "sign": say.format(one, "+" if marks[0] == "−" else "−", a, two, marks[1], c),
        },
    )


def about(r: Random, b: Brief) -> Worded | None:
    if abs(total(b)) < 300:
        return None
    lost, gained = verb(total(b), "gained", "lost")
    k = f"${abs(total(b)) / 1000:.1f}k"
    far = f"${abs(total(b)) / 1000 * Decimal('1.4'):.1f}k"
    return Worded(
        f"All in all you {lost} roughly {k} {b.span.suffix}.",
        {"digit": f"All in all you {lost} roughly {far} {b.span.suffix}.", "sign": f"All in all you {gained} roughly {k} {b.span.suffix}."},
    )


def weight(r: Random, b: Brief) -> Worded | None:
    held = [p.symbol for p in b.portfolio.positions if p.symbol in b.portfolio.quotes]
    if len(held) < 2:
        return None
    one = r.choice(held)
    share = percent(b.portfolio.weight(one), 1)
    other = another(r, b, one)
    wrong = {"digit": f"{one} is {digit(r, share)} of your portfolio."}
    if other and percent(b.portfolio.weight(other), 1) != share:
        wrong["symbol"] = f"{other} is {share} of your portfolio."
    part = next((p for p in parts(b) if p.symbol == one), None)
    if part and part.move is not None and percent(part.move) != percent(b.portfolio.weight(one)):
        wrong["kind"] = f"{one} is {percent(part.move)} of your portfolio."
    return Worded(f"{one} is {share} of your portfolio.", wrong)


def largest_position(r: Random, b: Brief) -> Worded | None:
    held = sorted((abs(b.portfolio.value(p.symbol)), p.symbol) for p in b.portfolio.positions if p.symbol in b.portfolio.quotes)
    if len(held) < 2:
        return None
    return Worded(f"Your largest position is {held[-1][1]}.", {"superlative": f"Your largest position is {r.choice(held[:-1])[1]}."})


def market(r: Random, b: Brief) -> Worded | None:
    if b.market_move is None or abs(b.market_move) < Decimal("0.0005"):
        return None
    did, not_did = verb(b.market_move, "gained", "lost")
    figure = percent(b.market_move)
    say = "The market (SPY) {} {} over the same time."
    return Worded(say.format(did, figure), {"sign": say.format(not_did, figure), "digit": say.format(did, digit(r, figure))})


def counted(r: Random, b: Brief) -> Worded | None:
    words = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    n = len(b.portfolio.positions)
    if not 2 <= n <= 9:
        return None
    return Worded(
        f"You hold {words[n]} positions.", {"spelled": f"You hold {words[n + 1]} positions.", "digit": f"You hold {n + 11} positions."}
    )


def stop_at(r: Random, b: Brief) -> Worded | None:
    found = [s for s in b.stops if s.stop is not None]
    if not found:
        return None
    one = r.choice(found)
    assert one.stop is not None
    other = another(r, b, one.symbol)
    figure = dollars(one.stop)
    wrong = {"digit": f"The stop of {one.symbol} stands at {digit(r, figure)}."}
    if other and not any(s.symbol == other and s.stop == one.stop for s in b.stops):
        wrong["symbol"] = f"The stop of {other} stands at {figure}."
    return Worded(f"The stop of {one.symbol} stands at {figure}.", wrong)


def suggestion(r: Random, b: Brief) -> Worded | None:
    if not b.recommendations:
        return None
    one = r.choice(b.recommendations)
    if one.symbol is None:
        return None
    other = another(r, b, one.symbol)
    wrong = {"line": f"What can be done: `#{one.symbol} close 97%`."}
    if not any(x.line.startswith("#buy") for x in b.recommendations):
        wrong["invented"] = f"You should buy more {one.symbol} now."
    if other and all(x.line != one.line.replace(one.symbol or "", other) for x in b.recommendations):
        wrong["symbol"] = f"What can be done: `{one.line.replace(one.symbol, other)}`."
    return Worded(f"What can be done: `{one.line}`.", wrong)


def news(r: Random, b: Brief) -> Worded | None:
    likely = [i for i in b.impacts if i.likely]
    if not likely:
        return None
    one = r.choice(likely)
    other = another(r, b, one.symbol)
    wrong = {"headline": f"“{one.symbol} wins a record order from abroad” may explain the move of {one.symbol}."}
    if other and not any(i.symbol == other and i.item.headline == one.item.headline for i in b.impacts):
        wrong["attribution"] = f"“{one.item.headline}” may explain the move of {other}."
    return Worded(f"“{one.item.headline}” may explain the move of {one.symbol}.", wrong)


def report(r: Random, b: Brief) -> Worded | None:
    if not b.earnings:
        return None
    one = r.choice(b.earnings)
    day = one.at.astimezone(b.zone)
    text = f"{day.day} {day:%B}"
    moved = f"{(day.day % 27) + 1} {day:%B}"
    wrong = {"date": f"{one.symbol} reports on {moved}."}
    other = another(r, b, one.symbol)
    if other and not any(e.symbol == other for e in b.earnings):
        wrong["symbol"] = f"{other} reports on {text}."
    return Worded(f"{one.symbol} reports on {text}.", wrong)


def done(r: Random, b: Brief) -> Worded | None:
    held = [p.symbol for p in b.portfolio.positions]
    if not held:
        return None
    one = r.choice(held)
    claim = r.choice(
        (f"I sold half of your {one}.", f"Your order to close {one} has been placed.", f"I have moved the stop of {one} to break even.")
    )
    return Worded("No order of yours was touched by this answer.", {"deed": claim})


def account_result(r: Random, b: Brief) -> Worded | None:
    if abs(total(b)) < 5:
        return None
    noun, not_noun = verb(total(b), "a gain", "a loss")
    base = b.then.equity + max(b.flows, ZERO)
    share = percent(total(b) / base)
    if share == "0.00%":
        return None
    say = "It was {} of {} ({}) for your account."
    money = dollars(total(b))
    return Worded(
        say.format(noun, money, share),
        {
            "sign": say.format(not_noun, money, share),
            "digit": say.format(noun, digit(r, money), share),
            "unit": say.format(noun, money.replace("$", "") + "%", share),
        },
    )


def priced_mover(r: Random, b: Brief) -> Worded | None:
    if not (found := parts(b)):
        return None
    p = r.choice(found)
    assert p.move is not None
    name = b.portfolio.instruments[p.symbol].name
    short = name.split()[0].rstrip(",")
    if short.lower() not in ("apple", "nvidia", "tesla", "microsoft"):
        short = p.symbol
    did, not_did = verb(p.move, "climbed", "slipped")
    figure = percent(p.move, 1)
    if figure == "0.0%":
        return None
    money = dollars(p.total)
    gained, not_gained = verb(p.total, "adding", "costing you")
    say = "**{}** {} {}, {} {}."
    wrong = {
        "sign": say.format(short, not_did, figure, not_gained, money),
        "digit": say.format(short, did, figure, gained, digit(r, money)),
    }
    other = another(r, b, p.symbol)
    if other:
        wrong["symbol"] = say.format(other, did, figure, gained, money)
    return Worded(say.format(short, did, figure, gained, money), wrong)


def share_said(r: Random, b: Brief) -> Worded | None:
    found = [p for p in parts(b) if total(b) and Decimal("0.55") < p.total / total(b) < Decimal("0.95")]
    if not found:
        return None
    p = found[0]
    small = [q for q in parts(b) if q.total / total(b) < Decimal("0.4")]
    noun = "gain" if total(b) > 0 else "loss"
    wrong = {"superlative": f"More than half of the {noun} came from {small[0].symbol}."} if small else {}
    return Worded(f"More than half of the {noun} came from {p.symbol}.", wrong)


def worst_said(r: Random, b: Brief) -> Worded | None:
    found = sorted(parts(b), key=lambda p: p.total)
    if len(found) < 3 or found[0].total >= 0 or found[0].move is None or found[0].move >= 0:
        return None
    one = found[0]
    say = "The biggest drag was {}, at −{}."
    return Worded(
        say.format(one.symbol, dollars(one.total)),
        {
            "superlative": f"The biggest drag was {found[-1].symbol}, at −{dollars(one.total)}.",
            "digit": say.format(one.symbol, digit(r, dollars(one.total))),
        },
    )


def cash_said(r: Random, b: Brief) -> Worded | None:
    cash = b.portfolio.cash
    if cash < 10:
        return None
    whole = dollars(cash, whole=True)
    return Worded(
        f"You still have {whole} in cash.",
        {
            "digit": f"You still have {digit(r, whole)} in cash.",
            "unit": f"You still have {whole.replace('$', '')}% in cash.",
            "kind": f"You still have {dollars(b.portfolio.equity)} in cash.",
        },
    )


def together_said(r: Random, b: Brief) -> Worded | None:
    found = parts(b)
    if len(found) < 2:
        return None
    one, two = r.sample(found, 2)
    both = one.total + two.total
    if abs(both) < 5:
        return None
    gained, lost = verb(both, "gained", "lost")
    say = "Together, {} and {} {} {}."
    return Worded(
        say.format(one.symbol, two.symbol, gained, dollars(both)),
        {
            "sign": say.format(one.symbol, two.symbol, lost, dollars(both)),
            "digit": say.format(one.symbol, two.symbol, gained, digit(r, dollars(both))),
        },
    )


def price_said(r: Random, b: Brief) -> Worded | None:
    held = [p.symbol for p in b.portfolio.positions if p.symbol in b.portfolio.quotes]
    if not held:
        return None
    one = r.choice(held)
    last = dollars(b.portfolio.quotes[one].last)
    other = another(r, b, one)
    wrong = {"digit": f"{one} last traded at {digit(r, last)}.", "unit": f"{one} last traded at {last[1:]}%."}
    if other and b.portfolio.quotes.get(other) and dollars(b.portfolio.quotes[other].last) != last:
        wrong["symbol"] = f"{other} last traded at {last}."
    return Worded(f"{one} last traded at {last}.", wrong)


def traded_said(r: Random, b: Brief) -> Worded | None:
    if not b.trades:
        return None
    t = r.choice(b.trades)
    did, not_did = ("bought", "sold") if t.side.sign > 0 else ("sold", "bought")
    if any(u.symbol == t.symbol and u.side is not t.side for u in b.trades):
        return None
    price = dollars(t.price)
    say = "You {} {} {} at {}."
    quantity = f"{t.quantity.normalize():f}"
    return Worded(
        say.format(did, quantity, t.symbol, price),
        {
            "sign": say.format(not_did, quantity, t.symbol, price),
            "digit": say.format(did, quantity, t.symbol, digit(r, price)),
            "symbol": say.format(did, quantity, "PLTR", price),
        },
    )


def caused_said(r: Random, b: Brief) -> Worded | None:
    likely = [i for i in b.impacts if i.likely and i.move]
    if not likely:
        return None
    one = r.choice(likely)
    did, _ = verb(one.move, "rose", "fell")
    part = next((p for p in parts(b) if p.symbol == one.symbol), None)
    if part is None or part.move is None or part.move * one.move <= 0:
        return None
    other = next((p for p in parts(b) if p.symbol != one.symbol and p.move and p.move * one.move > 0), None)
    wrong = {"headline": f"{one.symbol} {did} because its chief executive resigned."}
    if other and not any(i.symbol == other.symbol and i.item.headline == one.item.headline for i in b.impacts):
        wrong["attribution"] = f"{other.symbol} {did} after “{one.item.headline}”."
    return Worded(f"{one.symbol} {did} after “{one.item.headline}”.", wrong)


def sure_said(r: Random, b: Brief) -> Worded | None:
    held = [p.symbol for p in b.portfolio.positions]
    if not held:
        return None
    one = r.choice(held)
    claim = r.choice(
        (
            f"{one} will recover by next week.",
            f"{one} is guaranteed to bounce.",
            f"Expect {one} to hit $500.00 soon.",
            f"Sell {one} immediately, before it crashes.",
        )
    )
    return Worded("Nobody knows what tomorrow brings.", {"invented": claim})


DEV: tuple[Template, ...] = (
    result,
    mover,
    two_movers,
    about,
    weight,
    largest_position,
    market,
    counted,
    stop_at,
    suggestion,
    news,
    report,
    done,
    account_result,
    priced_mover,
    share_said,
    worst_said,
    cash_said,
    together_said,
    price_said,
    traded_said,
    caused_said,
    sure_said,
)
