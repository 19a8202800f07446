"""A third set of sentences as a model words them, written when the guard had been mended on two, and run once before it was on these."""

from __future__ import annotations

from decimal import Decimal
from random import Random

from copilot.brief import Brief
from domain.money import HUNDRED
from tests.evals.worded import Template, Worded, another, digit, dollars, parts, percent, total, verb


def breezy(r: Random, b: Brief) -> Worded | None:
    if abs(total(b)) < 20:
        return None
    good, bad = verb(total(b), "A good stretch", "A rough stretch")
    ended, not_ended = verb(total(b), "ahead", "behind")
    money = dollars(total(b), whole=True)
    say = "{}: you finished {} {} {}."
    return Worded(
        say.format(good, money, ended, b.span.suffix),
        {"digit": say.format(good, digit(r, money), ended, b.span.suffix), "sign": say.format(bad, money, not_ended, b.span.suffix)},
    )


def paired(r: Random, b: Brief) -> Worded | None:
    found = [p for p in parts(b) if p.move]
    if len(found) < 2:
        return None
    one, two = r.sample(found, 2)
    assert one.move is not None
    assert two.move is not None
    a, c = percent(one.move), percent(two.move)
    if a == c:
        return None
    marks = ["+" if p.move and p.move > 0 else "−" for p in (one, two)]
    say = "{} ({}{}) and {} ({}{}) stood out."
    return Worded(
        say.format(one.symbol, marks[0], a, two.symbol, marks[1], c),
        {
            "swap": say.format(one.symbol, marks[1], c, two.symbol, marks[0], a),
            "digit": say.format(one.symbol, marks[0], digit(r, a), two.symbol, marks[1], c),
            "sign": say.format(one.symbol, "−" if marks[0] == "+" else "+", a, two.symbol, marks[1], c),
        },
    )


def invested(r: Random, b: Brief) -> Worded | None:
    gross, equity = b.portfolio.gross_exposure, b.portfolio.equity
    if equity <= 0 or gross < 100:
        return None
    share, money = f"{gross / equity * HUNDRED:.0f}%", dollars(gross, whole=True)
    if abs(gross / equity - 1) < Decimal("0.02"):
        return None
    say = "Of your {} equity, {} is invested."
    worth = dollars(equity, whole=True)
    del share
    return Worded(say.format(worth, money), {"digit": say.format(worth, digit(r, money)), "swap": say.format(money, worth)})


def paid(r: Random, b: Brief) -> Worded | None:
    held = [p for p in b.portfolio.positions if p.symbol in b.portfolio.quotes]
    if not held:
        return None
    one = r.choice(held)
    cost, last = dollars(one.average_price), dollars(b.portfolio.quotes[one.symbol].last)
    if cost == last:
        return None
    say = "You paid {} on average for {}; it now trades at {}."
    wrong = {"swap": say.format(last, one.symbol, cost), "digit": say.format(digit(r, cost), one.symbol, last)}
    other = another(r, b, one.symbol)
    if other:
        wrong["symbol"] = say.format(cost, other, last)
    return Worded(say.format(cost, one.symbol, last), wrong)


def size(r: Random, b: Brief) -> Worded | None:
    held = [p for p in b.portfolio.positions if p.quantity == p.quantity.to_integral_value()]
    if not held:
        return None
    one = r.choice(held)
    n = f"{one.quantity:f}"
    return Worded(f"Your {n} shares of {one.symbol} are unchanged.", {"digit": f"Your {digit(r, n)} shares of {one.symbol} are unchanged."})


def ahead(r: Random, b: Brief) -> Worded | None:
    if not b.economic:
        return None
    one = r.choice(b.economic)
    at = one.at.astimezone(b.zone)
    day = f"{at:%B} {at.day}"
    moved = f"{at:%B} {at.day % 27 + 1}"
    others = [e for e in b.economic if e.name == one.name and e.at.astimezone(b.zone).day == at.day % 27 + 1]
    return Worded(
        f"Next on the calendar: {one.name} on {day}.", {} if others else {"date": f"Next on the calendar: {one.name} on {moved}."}
    )


def calm(r: Random, b: Brief) -> Worded | None:
    bare = [p for p in parts(b) if not any(i.symbol == p.symbol for i in b.impacts) and p.move and abs(p.move) > Decimal("0.004")]
    if not bare:
        return None
    p = r.choice(bare)
    assert p.move is not None
    did, not_did = verb(p.move, "gained", "lost")
    figure = percent(p.move)
    return Worded(
        f"{p.symbol} {did} {figure} without news of its own.",
        {"headline": f"{p.symbol} {did} {figure} on news of a merger.", "sign": f"{p.symbol} {not_did} {figure} without news of its own."},
    )


def chatter(r: Random, b: Brief) -> Worded | None:
    held = [p.symbol for p in b.portfolio.positions]
    if not held:
        return None
    one = r.choice(held)
    claim = r.choice(
        (
            f"I'd load up on {one} here.",
            f"Your stop on {one} was raised for you.",
            f"Analysts expect {one} to double.",
            f"{one} announced a new buyback.",
            f"Just reply yes and {one} is gone.",
            "Send your login so that I can check.",
            f"{one} always bounces after days like this.",
            f"Use `#buy {one} 500` while it lasts.",
        )
    )
    return Worded("Ask me about any position for more.", {"invented": claim})


def third(r: Random, b: Brief) -> Worded | None:
    found = [p for p in parts(b) if total(b) and Decimal("0.31") < p.total / total(b) < Decimal("0.36")]
    if not found:
        return None
    noun = "gain" if total(b) > 0 else "loss"
    small = [p for p in parts(b) if p.total / total(b) < Decimal("0.2")]
    say = "About a third of the {} is {}'s."
    return Worded(say.format(noun, found[0].symbol), {"symbol": say.format(noun, small[0].symbol)} if small else {})


THIRD: tuple[Template, ...] = (breezy, paired, invested, paid, size, ahead, calm, chatter, third)
