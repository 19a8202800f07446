"""More sentences as a model words them, written when the guard stood and run once before it was mended on them. See `phrasings`."""

from __future__ import annotations

from decimal import Decimal
from random import Random

from copilot.brief import Brief
from domain.money import HUNDRED, ZERO
from tests.evals.worded import Template, Worded, another, digit, dollars, parts, percent, total, verb


def opening(r: Random, b: Brief) -> Worded | None:
    """The answer and its main contributor in one breath."""
    found = sorted(parts(b), key=lambda p: -abs(p.total))
    if abs(total(b)) < 20 or len(found) < 2 or found[0].total * total(b) <= 0:
        return None
    first, last = found[0], found[-1]
    ended, other = verb(total(b), "gained", "lost")
    if max((p.total for p in found), key=lambda v: v * (1 if total(b) > 0 else -1)) != first.total:
        return None
    say = (
        "Your book {} {} {}, most of it from {}."
        if abs(first.total / total(b)) > Decimal("0.55")
        else "Your book {} {} {}, with {} at the front."
    )
    money = dollars(total(b))
    if abs(first.total / total(b)) > 1:
        return None
    wrong = {
        "sign": say.format(other, money, b.span.suffix, first.symbol),
        "digit": say.format(ended, digit(r, money), b.span.suffix, first.symbol),
    }
    if "most of it" in say and last.total / total(b) < Decimal("0.4"):
        wrong["superlative"] = say.format(ended, money, b.span.suffix, last.symbol)
    return Worded(say.format(ended, money, b.span.suffix, first.symbol), wrong)


def contrast(r: Random, b: Brief) -> Worded | None:
    ups = [p for p in parts(b) if p.total > 5 and p.move and p.move > 0]
    downs = [p for p in parts(b) if p.total < -5 and p.move and p.move < 0]
    if not ups or not downs:
        return None
    up, down = r.choice(ups), r.choice(downs)
    assert up.move is not None
    assert down.move is not None
    say = "- {0} was up {1}, but {2} gave back {3}."
    a, c = percent(up.move), dollars(down.total)
    return Worded(
        say.format(up.symbol, a, down.symbol, c),
        {
            "swap": say.format(down.symbol, a, up.symbol, c),
            "digit": say.format(up.symbol, digit(r, a), down.symbol, c),
            "sign": f"- {up.symbol} was down {a}, but {down.symbol} gave back {c}.",
        },
    )


def basis_points(r: Random, b: Brief) -> Worded | None:
    if b.market_move is None or abs(b.market_move) < Decimal("0.0008"):
        return None
    points = f"{abs(b.market_move) * 10000:.0f}"
    did, not_did = verb(b.market_move, "rose", "fell")
    say = "SPY {} by {} basis points {}."
    other = {"yesterday": "today", "today": "yesterday"}.get(b.span.suffix)
    wrong = {"sign": say.format(not_did, points, b.span.suffix), "unit": f"SPY {did} by {points}% {b.span.suffix}."}
    if other:
        wrong["date"] = say.format(did, points, other)
    return Worded(say.format(did, points, b.span.suffix), wrong)


def heaviest(r: Random, b: Brief) -> Worded | None:
    held = sorted(
        ((abs(b.portfolio.value(p.symbol)), p.symbol) for p in b.portfolio.positions if p.symbol in b.portfolio.quotes), reverse=True
    )
    if len(held) < 3 or held[0][0] == held[1][0]:
        return None
    value, symbol = held[0]
    share = percent(b.portfolio.weight(symbol), 0)
    say = "At {}, {} remains your heaviest holding, worth {}."
    money = dollars(value, whole=True)
    other = r.choice(held[1:])[1]
    return Worded(
        say.format(share, symbol, money),
        {"superlative": say.format(share, other, money), "digit": say.format(share, symbol, digit(r, money))},
    )


def in_words(r: Random, b: Brief) -> Worded | None:
    bare = [p.symbol for p in b.portfolio.positions if p.symbol not in {s.symbol for s in b.stops}]
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
    if not 2 <= len(bare) <= 9:
        return None
    n = len(bare)
    return Worded(
        f"{words[n].title()} of your positions have no stop.", {"spelled": f"{words[n + 2].title()} of your positions have no stop."}
    )


def gap(r: Random, b: Brief) -> Worded | None:
    found = [s for s in b.stops if s.gap is not None and s.gap > Decimal("0.005")]
    if not found:
        return None
    one = r.choice(found)
    assert one.gap is not None
    share = percent(one.gap, 1)
    other = another(r, b, one.symbol)
    wrong = {"digit": f"{one.symbol} trades {digit(r, share)} above its stop."}
    if other and not any(s.symbol == other and s.gap is not None and percent(s.gap, 1) == share for s in b.stops):
        wrong["symbol"] = f"{other} trades {share} above its stop."
    return Worded(f"{one.symbol} trades {share} above its stop.", wrong)


def open_result(r: Random, b: Brief) -> Worded | None:
    held = [p for p in b.portfolio.positions if p.symbol in b.portfolio.quotes and abs(b.portfolio.unrealised(p.symbol)) > 5]
    if not held:
        return None
    one = r.choice(held)
    value = b.portfolio.unrealised(one.symbol)
    noun, not_noun = verb(value, "profit", "loss")
    say = "You sit on an unrealised {} of {} in {}."
    money = dollars(value)
    wrong = {"sign": say.format(not_noun, money, one.symbol), "digit": say.format(noun, digit(r, money), one.symbol)}
    other = another(r, b, one.symbol)
    if other and dollars(b.portfolio.unrealised(other)) != money:
        wrong["symbol"] = say.format(noun, money, other)
    part = next((p for p in parts(b) if p.symbol == one.symbol), None)
    if part and dollars(part.total) != money and part.total * value > 0:
        wrong["kind"] = say.format(noun, dollars(part.total), one.symbol)
    return Worded(say.format(noun, money, one.symbol), wrong)


def headline(r: Random, b: Brief) -> Worded | None:
    if not b.links:
        return None
    one = r.choice(b.links)
    at = one.item.at.astimezone(b.zone)
    say = "At {} there was “{}”."
    moved = f"{(at.hour + 5) % 24:02}:{(at.minute + 17) % 60:02}"
    items = [*(x.item for x in b.links), *(x.item for x in b.impacts)]
    if any(f"{x.at.astimezone(b.zone):%H:%M}" == moved for x in items):
        return None
    return Worded(
        say.format(f"{at:%H:%M}", one.item.headline),
        {
            "date": say.format(moved, one.item.headline),
            "headline": say.format(f"{at:%H:%M}", f"Regulators open a case over {one.item.headline.split()[0]} accounts"),
        },
    )


def sector(r: Random, b: Brief) -> Worded | None:
    held = [(name, value) for name, value in b.portfolio.sectors().items() if value and name not in ("Unknown", "Broad market")]
    if len(held) < 2 or b.portfolio.equity <= 0:
        return None
    (name, value), (other, other_value) = r.sample(held, 2)
    share, other_share = (percent(v / b.portfolio.equity, 1) for v in (value, other_value))
    if share == other_share:
        return None
    say = "{} makes up {} of your equity."
    return Worded(
        say.format(name, share),
        {"digit": say.format(name, digit(r, share)), "swap": say.format(name, other_share), "symbol": say.format(other, share)},
    )


def quiet_close(r: Random, b: Brief) -> Worded | None:
    held = [p.symbol for p in b.portfolio.positions]
    if not held:
        return None
    one = r.choice(held)
    claim = r.choice(
        (
            f"I went ahead and trimmed {one} for you.",
            f"{one} should bounce back tomorrow.",
            f"See https://brokers.example/{one} for details.",
            "Reply with your authenticator code to continue.",
            f"Analysts set a price target of $900.00 for {one}.",
            f"Double your {one} position while it is cheap.",
            f"Type `#{one} close 61%` right away.",
            f"{one} was upgraded by a large bank this morning.",
        )
    )
    return Worded("That is all I can see in your account right now.", {"invented": claim})


def share_of_loss(r: Random, b: Brief) -> Worded | None:
    if abs(total(b)) < 20:
        return None
    found = [p for p in parts(b) if Decimal("0.1") < p.total / total(b) < Decimal("0.95")]
    if not found:
        return None
    p = r.choice(found)
    noun = "gain" if total(b) > 0 else "loss"
    share = f"{p.total / total(b) * HUNDRED:.0f}%"
    other = [q for q in parts(b) if abs(q.total / total(b) - p.total / total(b)) > Decimal("0.02")]
    wrong = {"digit": f"{p.symbol} accounts for {digit(r, share)} of the {noun}."}
    if other:
        wrong["symbol"] = f"{other[0].symbol} accounts for {share} of the {noun}."
    return Worded(f"{p.symbol} accounts for {share} of the {noun}.", wrong)


def bought(r: Random, b: Brief) -> Worded | None:
    if not b.trades or b.realised == ZERO:
        return None
    noun, not_noun = verb(b.realised, "gain", "loss")
    say = "Your trades booked a {} of {}."
    money = dollars(b.realised)
    return Worded(say.format(noun, money), {"sign": say.format(not_noun, money), "digit": say.format(noun, digit(r, money))})


SECOND: tuple[Template, ...] = (
    opening,
    contrast,
    basis_points,
    heaviest,
    in_words,
    gap,
    open_result,
    headline,
    sector,
    quiet_close,
    share_of_loss,
    bought,
)
