"""Filled slots → the canonical action, or the question that is still open."""

from __future__ import annotations

from decimal import Decimal

from copilot.meaning import AskBack, Known, spoken_of
from copilot.phrases import listed
from copilot.slots import Slots
from copilot.symbols import SymbolIndex, held_among
from domain.chat import Action, Amount, Unit, Verb
from domain.instruments import AssetClass
from domain.money import HUNDRED, ZERO
from domain.orders import TimeInForce

HALF = Decimal(50)
LARGEST = Decimal(10) ** 9  # no order here is larger; more digits are a slip
_HELD_FIRST = 4
_DEFAULTS = {Verb.SET_STOPS: Amount(Decimal(2), Unit.ATR), Verb.TAKE_PROFITS: Amount(Decimal(10), Unit.PERCENT)}
_TURNS = listed("except but excluding not other others without besides apart keep leave only unless no")
_GROUPS = listed("losers winners losing winning tech losses red green bad worst best biggest smallest profitable coins crypto banks")


def _just_spoken_of(known: Known) -> bool:
    """True where the line before was about one instrument: `buy 5` after its price means that one, and the card names it."""
    return known.before is not None and spoken_of(known.before.meaning) == known.last_symbol


def symbol_of(slots: Slots, known: Known, index: SymbolIndex, *, selling: bool) -> str | AskBack:
    """The one instrument meant, or the question which."""
    named = list(dict.fromkeys(m.symbols for m in slots.mentions))
    if len(named) > 1:
        return AskBack("One at a time, please: each line draws up one card. Which first?", ())
    if not named:
        if selling and _GROUPS.intersection(w.lower() for w in slots.unread):
            return AskBack("I close one position at a time, or all of them. Which?", ("/positions", "#take-profits", "#close-all"))
        if known.last_symbol and (slots.pronoun or _just_spoken_of(known)):
            return known.last_symbol
        held = tuple(sorted(known.held))[:_HELD_FIRST]
        return AskBack("Which one? Name the symbol or the company.", tuple(f"#{s} close" for s in held) if selling else ())
    symbols = named[0]
    if not symbols:
        return AskBack("I do not know that symbol here; `/positions` lists what you hold.", ("/positions",))
    likely = slots.mentions[0].likely and symbols[0] in known.held  # the card names it again before anything is sent
    if not slots.mentions[0].sure and not likely:
        names = " or ".join(f"{index.name(s)} ({s})" for s in symbols[:3])
        return AskBack(f"Did you mean {names}? I do not guess at a name when it is about an order.", ())
    if len(symbols) > 1:
        held = held_among(symbols, known.held)
        if selling and len(held) == 1:
            return held[0]
        return AskBack(f"Which of {' and '.join(symbols)}?", ())
    return symbols[0]


def amount_of(slots: Slots) -> Amount | AskBack | None:
    """The one amount meant, None where none was said, or the question which."""
    if len(slots.amounts) > 1 or (slots.amounts and slots.some):
        return AskBack("I read more than one amount in that. How much exactly?", ())
    if not slots.amounts:
        return None
    amount = slots.amounts[0]
    if amount.value <= ZERO or amount.value > LARGEST:
        return AskBack("That amount cannot be traded. How much do you mean?", ())
    if amount.unit is Unit.PERCENT and amount.value > HUNDRED:
        return AskBack("More than 100% of it cannot be meant. How much?", ())
    return amount


def _unread(slots: Slots, line: Action | None = None) -> AskBack | None:
    """The question for words that were not understood; an order with an unread word is never drawn up."""
    if not slots.unread:
        return None
    words = " ".join(slots.unread[:5])[:60]
    if _TURNS.intersection(w.lower() for w in slots.unread):
        line = None  # an exception turned round would offer the opposite
    hint = f" If you mean `{line.line()}`, type that line." if line else ""
    return AskBack(f"I did not understand “{words}” in that, so I have drawn nothing up.{hint}", (line.line(),) if line else ())


def _asked(question: AskBack, lines: tuple[str, ...]) -> AskBack:
    return question if question.options else AskBack(question.question, lines)


def selling(slots: Slots, known: Known, index: SymbolIndex) -> Action | AskBack:
    """`sell …`: a number of shares or dollars is `#sell`, a fraction or the whole is `close`; without an amount it asks."""
    return _reduced(slots, known, index, whole_by_default=slots.definite)


def closing(slots: Slots, known: Known, index: SymbolIndex) -> Action | AskBack:
    """`close …`, `dump …`, `get me out of …`: the whole unless an amount is said."""
    return _reduced(slots, known, index, whole_by_default=not slots.some)


def reducing(slots: Slots, known: Known, index: SymbolIndex) -> Action | AskBack:
    """`trim …`, `cut …`: needs an amount."""
    return _reduced(slots, known, index, whole_by_default=False)


def _reduced(slots: Slots, known: Known, index: SymbolIndex, *, whole_by_default: bool) -> Action | AskBack:
    symbol = symbol_of(slots, known, index, selling=True)
    amount = amount_of(slots)
    if isinstance(symbol, str) and known.held and symbol not in known.held and whole_by_default and amount is None:
        return AskBack(f"You hold no {symbol}, so there is nothing to close; `/positions` lists what you hold.", ("/positions",))
    if isinstance(amount, AskBack):
        return _unread(slots) or amount
    if isinstance(symbol, AskBack):
        return symbol if "/positions" in symbol.options else _unread(slots) or symbol
    if len(slots.limits) > 1:
        return AskBack("I read more than one price in that. Which limit?", ())
    limit = slots.limits[0] if slots.limits else None
    tif = TimeInForce.GTC if slots.gtc else TimeInForce.DAY
    if amount is None and (slots.whole or slots.everything or whole_by_default) and not slots.some:
        amount = Amount(HUNDRED, Unit.PERCENT)
    if amount is None:
        question = AskBack(
            f"How much of {symbol}? All, half, a number of shares or an amount in dollars.", (f"#{symbol} close", f"#{symbol} close 50%")
        )
        return _unread(slots) or question
    if amount.unit is Unit.PERCENT:
        if limit is not None or slots.limit_word or slots.gtc:
            return AskBack(
                f"A part of a position is closed at the market. With a limit, say a number of shares: `#sell {symbol} 10 limit 100`.",
                (Action(Verb.CLOSE, symbol, None if amount.value == HUNDRED else amount).line(),),
            )
        action = Action(Verb.CLOSE, symbol, None if amount.value == HUNDRED else amount)
        return _unread(slots, action) or action
    return _sized(Verb.SELL, symbol, amount, limit, tif, slots)


def _sized(verb: Verb, symbol: str, amount: Amount, limit: Decimal | None, tif: TimeInForce, slots: Slots) -> Action | AskBack:
    """A buy or a sell of shares or dollars."""
    if amount.unit is Unit.ATR:
        return AskBack(f"How many shares of {symbol}, or how many dollars?", ())
    if slots.whole and not slots.everything:
        return _unread(slots) or AskBack(
            f"All of it, or {amount.text()}?", (f"#{symbol} close", Action(verb, symbol, amount, limit=limit).line())
        )
    if slots.thousands:
        money, shares = Action(verb, symbol, Amount(amount.value, Unit.MONEY)), Action(verb, symbol, amount)
        return AskBack(f"Dollars or shares? `{money.line()}` or `{shares.line()}`.", (money.line(), shares.line()))
    if limit is not None and (limit <= ZERO or limit > LARGEST):
        return AskBack("That price cannot be a limit. Which one do you mean?", ())
    action = Action(verb, symbol, amount, limit=limit, tif=tif)
    if limit is None and slots.limit_word:
        return _unread(slots) or AskBack(f"At which limit? For example `{action.line()} limit 100`.", ())
    if limit is not None and slots.market:
        return AskBack("At the market or at a limit?", (Action(verb, symbol, amount).line(), action.line()))
    return _unread(slots, action) or action


def _coin(symbol: str, known: Known) -> bool:
    return known.instruments[symbol].asset_class is AssetClass.CRYPTO if symbol in known.instruments else False


def buying(slots: Slots, known: Known, index: SymbolIndex) -> Action | AskBack:
    """`buy …`: shares, dollars or a percentage of the portfolio; without an amount it asks."""
    symbol = symbol_of(slots, known, index, selling=False)
    amount = amount_of(slots)
    if isinstance(amount, AskBack):
        return _unread(slots) or amount
    if isinstance(symbol, AskBack):
        return _unread(slots) or symbol
    if len(slots.limits) > 1:
        return AskBack("I read more than one price in that. Which limit?", ())
    if amount is None:
        return _unread(slots) or AskBack(
            f"How much {symbol}? A number of shares, dollars or a percentage of your equity.", (f"#buy {symbol} $1000", f"#buy {symbol} 5%")
        )
    if amount.unit is Unit.PERCENT and slots.piece and _coin(symbol, known):  # `half a bitcoin`
        amount = Amount(amount.value / HUNDRED, Unit.SHARES)
    if amount.unit is Unit.PERCENT and (slots.fraction or not slots.everything):
        return _unread(slots) or AskBack(
            f"{amount.text()} of what? Of your equity it is `#buy {symbol} {amount.text()}`.", (f"#buy {symbol} {amount.text()}",)
        )
    if amount.unit is not Unit.PERCENT and slots.everything:
        return AskBack(f"How much {symbol} exactly?", (Action(Verb.BUY, symbol, amount).line(),))
    limit = slots.limits[0] if slots.limits else None
    return _sized(Verb.BUY, symbol, amount, limit, TimeInForce.GTC if slots.gtc else TimeInForce.DAY, slots)


def protecting(kind: str, slots: Slots, known: Known, index: SymbolIndex, *, orders_only: bool = False) -> Action | AskBack | None:
    """A stop, trailing stop, target or profit-taking, from the slots of the whole sentence."""
    amount = amount_of(slots)
    if isinstance(amount, AskBack):
        return _unread(slots) or amount
    if slots.unread and not (slots.mentions or amount):
        return None
    unnamed = not slots.mentions and not (slots.pronoun and known.last_symbol and not slots.everything)
    if (
        unnamed
        and kind in ("stop", "profits")
        and (slots.everything or slots.whole or kind == "profits" or (orders_only and not slots.pronoun))
    ):
        return _for_all(kind, amount, slots)
    symbol = symbol_of(slots, known, index, selling=True)
    if isinstance(symbol, AskBack):
        question = "On which position?" if symbol.question.startswith("Which one?") else symbol.question
        return _unread(slots) or AskBack(question, ())
    if kind == "profits" and amount is None:
        return _unread(slots) or AskBack(f"How much of {symbol}, or at which price?", (f"#{symbol} close 50%", f"#{symbol} close"))
    if kind == "profits" and amount is not None and amount.unit is Unit.PERCENT:
        return _unread(slots) or AskBack(
            f"Close {amount.text()} of {symbol} now, or when it is up that much?", (f"#{symbol} close {amount.text()}",)
        )
    return _placed(kind, symbol, amount, slots)


def _placed(kind: str, symbol: str, amount: Amount | None, slots: Slots) -> Action | AskBack:
    verb = {"stop": Verb.STOP, "trailing": Verb.TRAILING}.get(kind, Verb.TARGET)
    if amount is None:
        examples = {"stop": ("5%", "2atr"), "trailing": ("2%", "2atr")}.get(kind, ())
        return _unread(slots) or AskBack(
            f"Where should the {kind if kind != 'profits' else 'target'} for {symbol} be?", tuple(f"#{symbol} {verb} {e}" for e in examples)
        )
    if kind == "trailing" and (slots.fraction or amount.unit in (Unit.SHARES, Unit.MONEY)):
        return AskBack(
            f"By how much should it trail {symbol}? A percentage or a multiple of ATR.",
            (f"#{symbol} trailing 2%", f"#{symbol} trailing 2atr"),
        )
    if slots.fraction:
        return AskBack(f"At which price should the {verb} for {symbol} be, or at what percentage from the last one?", ())
    if amount.unit in (Unit.SHARES, Unit.MONEY):
        amount = Amount(amount.value, Unit.PRICE)
    if verb is Verb.TARGET and amount.unit is Unit.ATR:
        return AskBack(f"At which price should the target for {symbol} be?", ())
    if verb is not Verb.TARGET and amount.unit is Unit.PERCENT and amount.value >= HUNDRED:
        return AskBack(f"A stop for {symbol} is less than 100% away. Where?", (f"#{symbol} {verb} 5%",))
    action = Action(verb, symbol, amount, tif=TimeInForce.DAY)
    return _unread(slots, action) or action


def _for_all(kind: str, amount: Amount | None, slots: Slots) -> Action | AskBack:
    verb = Verb.TAKE_PROFITS if kind == "profits" else Verb.SET_STOPS
    if (
        slots.fraction
        or (amount is not None and amount.unit in (Unit.SHARES, Unit.MONEY))
        or (kind == "profits" and amount and amount.unit is Unit.ATR)
    ):
        return AskBack("One price does not fit every position. A percentage?", (f"#{verb} 10%" if kind == "profits" else "#set-stops 5%",))
    if amount is not None and amount == _DEFAULTS[verb]:
        amount = None  # the canonical line leaves defaults out
    action = Action(verb, None, amount)
    return _unread(slots, action) or action
