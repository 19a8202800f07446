"""Adoption: the ledger entries that bring the book to the broker's truth, each with an honest kind, price and name.

What the broker reports of orders we did not place is booked as those executions. What is left is booked as trades at the price that the
cash says, else at the broker's average price, else at the last one; where neither side's cash moved with them (a transfer), as much is paid
in or out beside them, so that no profit or loss appears that nobody made. Pure: the same scene gives the same entries under the same ids.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, ROUND_UP, Decimal

from domain.events import ReconciliationFound
from domain.instruments import Instrument
from domain.ledger import Entry, EntryKind, trade
from domain.market import Freshness, Quote
from domain.money import CENT, ONE, ZERO, cents, money_text, plain, quantity_text
from domain.orders import Fill, Side
from domain.ports import BrokerState
from market import calendar
from trading.holdings import Holdings
from trading.reconciling.differences import CASH, Difference
from trading.reconciling.splits import Ratio, plausible, recognised

SOURCE = "reconciled"
AVERAGE = "the broker's average price"
STEP = Decimal("0.000001")  # of a price that is worked out from cash; the rest is a fee
FIRST_QUOTE = timedelta(minutes=15)  # after the open: longer without one, and what differs is adopted all the same
BAND = Decimal("0.10")  # how far the price that the cash says may be from the one expected
SMALL = Decimal("0.002")  # of what the account is worth: less is taken for a fee, a dividend or interest
_DONE = {Side.BUY: "bought", Side.SELL: "sold"}


@dataclass(frozen=True, slots=True)
class Scene:
    """What an adoption is worked out from: the book and the broker at one instant, prices now and before, and executions not booked.

    `before` are prices of a symbol from when the books last agreed; `strange` the executions of orders placed elsewhere, by symbol;
    `booked` the ids that the ledger holds. `head` names the state of the ledger, so that the same difference later on is another one.
    """

    account: str
    at: datetime
    head: str
    holdings: Holdings
    state: BrokerState
    instruments: Mapping[str, Instrument]
    quotes: Mapping[str, Quote] = field(default_factory=dict)
    before: Mapping[str, Sequence[Decimal]] = field(default_factory=dict)
    strange: Mapping[str, Sequence[Fill]] = field(default_factory=dict)
    booked: frozenset[str] = frozenset()
    currency: str = "USD"

    def last(self, symbol: str) -> Decimal | None:
        """The last price of a symbol, or None."""
        quote = self.quotes.get(symbol)
        return quote.last if quote is not None and quote.last > 0 else None

    def lot(self, symbol: str) -> Decimal:
        """The step a symbol trades in; whole ones when it is not known."""
        instrument = self.instruments.get(symbol)
        return instrument.lot if instrument else ONE

    def unbooked(self, symbol: str) -> list[Fill]:
        """Executions of orders placed elsewhere that the ledger does not hold."""
        return [f for f in self.strange.get(symbol, ()) if f.id not in self.booked]

    def multiplier(self, symbol: str) -> Decimal:
        """What one unit of a symbol counts for."""
        instrument = self.instruments.get(symbol)
        return instrument.multiplier if instrument else ONE

    def worth(self) -> Decimal:
        """About what the account is worth: cash and holdings without their sign, at last or average prices."""
        held = (abs(p.quantity) * (self.last(p.symbol) or p.average_price) * self.multiplier(p.symbol) for p in self.holdings.positions)
        return abs(self.holdings.cash) + sum(held, ZERO)


@dataclass(slots=True)
class Adoption:
    """What is to be booked, and what is to be told of it."""

    entries: list[Entry] = field(default_factory=list)
    found: list[ReconciliationFound] = field(default_factory=list)


@dataclass(slots=True)
class _Move:
    """A quantity nobody explained: what it is expected to have cost, and why so."""

    difference: Difference
    price: Decimal | None
    basis: str
    multiplier: Decimal

    @property
    def signed(self) -> Decimal:
        """What was bought, or sold with a minus."""
        return self.difference.gap

    @property
    def amount(self) -> Decimal:
        """The expected effect on cash, in cents."""
        return cents(-self.signed * (self.price or ZERO) * self.multiplier)


def splits(scene: Scene, differences: Sequence[Difference]) -> dict[str, Ratio]:
    """Those of the differences that are splits: quantity and price say the same, so no second look is needed."""
    found: dict[str, Ratio] = {}
    for d in differences:
        if d.what == CASH:
            continue
        lot = scene.lot(d.what)
        ratio = recognised(d.book, d.broker, scene.last(d.what), scene.before.get(d.what, ()), lot)
        if ratio is not None and _split_id(scene, d.what, ratio) not in scene.booked:
            found[d.what] = ratio
    return found


def awaited(scene: Scene, differences: Sequence[Difference]) -> dict[str, Ratio]:
    """Those of the differences that may be splits of which no price can say so yet: their market is closed, or has barely opened.

    Brokers change the quantity before the session in which the new price is first seen. Cash that moved, or an execution, says otherwise.
    """
    found: dict[str, Ratio] = {}
    if scene.state.cash != scene.holdings.cash:
        return found
    for d in differences:
        instrument = scene.instruments.get(d.what)
        if instrument is None or instrument.round_the_clock or scene.unbooked(d.what) or not _silent(scene, d.what):
            continue
        ratio = plausible(d.book, d.broker, scene.lot(d.what))
        if ratio is not None and _split_id(scene, d.what, ratio) not in scene.booked:
            found[d.what] = ratio
    return found


def await_split(scene: Scene, d: Difference, ratio: Ratio) -> ReconciliationFound:
    """What is told of a difference that is left as it is until a price says what it was."""
    return _found(scene, "split", d, f"left as it is: it looks like a {ratio} split, and the first price of the next session decides")


def _silent(scene: Scene, symbol: str) -> bool:
    """True while the last price of a symbol is one of before: its market is closed, or open for less than it takes to get a quote."""
    session = calendar.session_at(scene.at)
    if session is None:
        return True
    quote = scene.quotes.get(symbol)
    return scene.at - session.open < FIRST_QUOTE and (quote is None or quote.freshness is not Freshness.LIVE)


def split(scene: Scene, differences: Sequence[Difference], ratios: Mapping[str, Ratio]) -> Adoption:
    """The entries of these splits alone; a fraction that was paid out is a difference of its own afterwards."""
    made = Adoption()
    for d in differences:
        if d.what in ratios:
            ratio = ratios[d.what]
            name = _split_id(scene, d.what, ratio)
            made.entries.append(Entry(name, scene.account, scene.at, EntryKind.SPLIT, ZERO, d.what, quantity=ratio.factor, source=SOURCE))
            made.found.append(_found(scene, "split", d, f"booked as a {ratio} split; stops, targets and exits follow"))
    return made


def adopt(scene: Scene, differences: Sequence[Difference]) -> Adoption:
    """Everything that makes the book equal to the broker in these differences, which are all there are."""
    made = Adoption()
    moves = [_expected(scene, d) for d in differences if d.what != CASH and not _explained(scene, made, d)]
    gap = scene.state.cash - scene.holdings.cash - sum((e.amount for e in made.entries), ZERO)
    gap -= _rounds(scene, made, gap, {d.what for d in differences})
    left = _book(scene, made, moves, gap)
    if left:
        _settle(scene, made, left, transferred=bool(moves))
    return made


def _explained(scene: Scene, made: Adoption, d: Difference) -> bool:
    """Book the executions of orders placed elsewhere, when they are all of the difference and nothing else."""
    fills = scene.unbooked(d.what)
    if not fills or _net(fills) != d.gap:
        return False
    _book_fills(scene, made, d, fills)
    return True


def _rounds(scene: Scene, made: Adoption, gap: Decimal, differing: AbstractSet[str]) -> Decimal:
    """Book what was bought and sold elsewhere between two looks, when it is exactly what the cash lacks; its effect on cash."""
    fills = {s: scene.unbooked(s) for s in sorted(scene.strange) if s not in differing}
    gone = {s: found for s, found in fills.items() if found and not _net(found)}
    amount = sum((_entry(scene, f).amount for found in gone.values() for f in found), ZERO)
    if not gone or amount != gap:
        return ZERO
    for symbol, found in gone.items():
        held = scene.holdings.quantity(symbol)
        _book_fills(scene, made, Difference(symbol, held, held), found)
    return amount


def _book_fills(scene: Scene, made: Adoption, d: Difference, fills: Sequence[Fill]) -> None:
    made.entries += [_entry(scene, f) for f in fills]
    told = ", ".join(f"{_DONE[f.side]} {quantity_text(f.quantity)} at {money_text(f.price, scene.currency)}" for f in fills[:3])
    more = f" and {len(fills) - 3} more" if len(fills) > 3 else ""
    orders = ", ".join(dict.fromkeys(f.client_id for f in fills[:3]))
    made.found.append(_found(scene, _kind(d), d, f"booked the executions of order {orders}, placed elsewhere: {told}{more}"))


def _entry(scene: Scene, fill: Fill) -> Entry:
    return trade(replace(fill, account=scene.account), source=SOURCE, multiplier=scene.multiplier(fill.symbol))


def _net(fills: Sequence[Fill]) -> Decimal:
    return sum((f.side.sign * f.quantity for f in fills), ZERO)


def _expected(scene: Scene, d: Difference) -> _Move:
    """What a unit of an unexplained quantity probably cost."""
    price, basis = _price(scene, d)
    return _Move(d, price, basis, scene.multiplier(d.what))


def _price(scene: Scene, d: Difference) -> tuple[Decimal | None, str]:
    position, average, last = scene.holdings.position(d.what), scene.state.average_prices.get(d.what), scene.last(d.what)
    if average is not None and average > 0:
        if d.broker and (position is None or d.book * d.broker < 0):
            return average, AVERAGE
        if position is not None and d.book * d.gap > 0:  # more of what was held: the two averages say what the rest cost
            added = (average * d.broker - position.average_price * d.book) / d.gap
            if added > 0 and (last is None or abs(added / last - 1) <= 4 * BAND):
                return fine(added), AVERAGE
    if last is not None:
        return last, "its last price"
    if position is not None:
        return fine(position.average_price), "your average price, for want of any other"
    return None, "no price is known"


def _book(scene: Scene, made: Adoption, moves: Sequence[_Move], gap: Decimal) -> Decimal:
    """The trades of the unexplained quantities; what is left of the cash gap then.

    The largest of them takes what the cash says, when all others are reckoned as expected and that price is a sane one. A fraction of a
    share for which no cash came is gone for nothing: it may be paid out later, and is income then.
    """
    left = gap
    ordered = sorted(moves, key=lambda m: abs(m.amount))
    for number, move in enumerate(ordered, 1):
        amount = move.amount
        if number == len(ordered) and _sane(move, left):
            amount = left
        elif len(ordered) == 1 and abs(move.signed) < scene.lot(move.difference.what):
            amount, move.basis = ZERO, "a fraction for which nothing was paid yet"
        entry = _trade(scene, move, amount)
        made.entries.append(entry)
        left -= entry.amount
        made.found.append(_found(scene, _kind(move.difference), move.difference, _adopted(scene, entry, move)))
    return left


def _sane(move: _Move, cash: Decimal) -> bool:
    """True when the cash that is not explained otherwise is what this quantity plausibly cost."""
    if cash * move.signed >= 0:
        return False
    says = -cash / move.signed / move.multiplier
    return not move.price or abs(says / move.price - 1) <= BAND


def _trade(scene: Scene, move: _Move, amount: Decimal) -> Entry:
    """A trade with exactly that effect on cash.

    Where the broker's average price is known and the cash says a little more was paid, the rest is its fee; else the price is what the cash
    says, in small steps to the reader's disadvantage, and what does not divide is the fee.
    """
    side = Side.BUY if move.signed > 0 else Side.SELL
    quantity, symbol = abs(move.signed), move.difference.what
    price = fine(abs(amount) / quantity / move.multiplier, up=side is Side.SELL)
    if move.basis == AVERAGE and move.price is not None and ZERO <= -amount - move.signed * move.price * move.multiplier <= -amount / 100:
        price = move.price
    elif amount != move.amount and amount:
        move.basis = "as its cash says"
    fee = -amount - side.sign * quantity * price * move.multiplier
    name, source = _id(scene, move.difference, "quantity"), f"{SOURCE}: {move.basis}"
    return Entry(name, scene.account, scene.at, EntryKind.TRADE, amount, symbol, side, quantity, price, fee, source=source)


def fine(price: Decimal, *, up: bool = False) -> Decimal:
    """A price in steps small enough to lose nothing worth a word, and large enough that sums stay exact."""
    step = STEP if price >= 1 else STEP * STEP
    return price.quantize(step, rounding=ROUND_UP if up else ROUND_DOWN)


def _settle(scene: Scene, made: Adoption, rest: Decimal, *, transferred: bool) -> None:
    """Book cash that nothing explains: beside a transfer its counterpart, else a fee or income when small, else money paid in or out."""
    d = Difference(CASH, scene.holdings.cash, scene.state.cash)
    if not transferred and abs(rest) <= scene.worth() * SMALL:
        kind, words = (EntryKind.FEE, "a fee") if rest < 0 else (EntryKind.DIVIDEND, "income, such as a dividend or interest")
    else:
        kind, words = (EntryKind.WITHDRAWAL, "paid out") if rest < 0 else (EntryKind.DEPOSIT, "paid in")
    made.entries.append(Entry(_id(scene, d, "cash"), scene.account, scene.at, kind, rest, source=SOURCE))
    if abs(rest) >= CENT:
        beside = ", the value of what was moved" if transferred else ""
        made.found.append(_found(scene, CASH, d, f"booked {money_text(rest, scene.currency, sign=True)} as {words}{beside}"))


def _adopted(scene: Scene, entry: Entry, move: _Move) -> str:
    price = f"{money_text(entry.price, scene.currency)}, {move.basis}" if entry.price else f"no price, {move.basis}"
    done = _DONE[Side.BUY if move.signed > 0 else Side.SELL]
    return f"adopted as {done} {quantity_text(entry.quantity)} at {price}"


def _kind(d: Difference) -> str:
    return "missing" if d.book and not d.broker else "foreign"


def _found(scene: Scene, what: str, d: Difference, done: str) -> ReconciliationFound:
    return ReconciliationFound(scene.at, scene.account, what, d.what, *d.texts(), done)


def _id(scene: Scene, d: Difference, part: str) -> str:
    """The name of an adjustment: the same book and the same broker give the same one, however often it is worked out."""
    text = "|".join((scene.account, scene.head, part, d.what, plain(d.book), plain(d.broker)))
    return f"{SOURCE}-{hashlib.sha256(text.encode()).hexdigest()[:20]}"


def _split_id(scene: Scene, symbol: str, ratio: Ratio) -> str:
    return f"split-{symbol}-{ratio.new}for{ratio.old}-{scene.at:%Y%m%d}"
