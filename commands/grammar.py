"""The `#` grammar: one line is one Action, whatever its capitals; what does not fit is refused with the token and a correct line.

#SYM close [50%|10] · #SYM stop 175|5%|2atr · #SYM target 185|10% · #SYM trailing [2%|2atr] [after 3%|1atr]
#SYM ladder 185 50% 195 50% · #SYM breakeven 5% · #SYM exit 10d|6h|close|earnings · #SYM exits off · #exit-ID remove
#buy|sell SYM 50|$2000|5% [limit 240] [stop 225|5%|2atr] [target 260|8%] [gtc|day] · #order-ID cancel
#order-ID modify [10] [limit 239.50] [stop 230]
#close-all · #cancel-all · #set-stops [2atr|5%] · #take-profits [10%] · #emergency-stop · #resume
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal

from commands import amounts, grammar_exits
from commands.arguments import nearest
from commands.grammar_trade import tail
from commands.words import Word, shown, words
from domain.chat import Action, Amount, Unit, Verb
from domain.errors import GrammarError, UnknownSymbol, UserError
from domain.money import HUNDRED

Known = Callable[[str], bool]
Near = Callable[[str], Sequence[str]]

DEFAULT_STOPS = Amount(Decimal(2), Unit.ATR)
DEFAULT_PROFITS = Amount(Decimal(10), Unit.PERCENT)

_SYMBOL = re.compile(r"[A-Z][A-Z0-9]{0,9}(?:[./-][A-Z0-9]{1,5})?\Z")
_ORDER = re.compile(r"order-([a-z0-9](?:[a-z0-9_.:-]{0,46}[a-z0-9])?)\Z")  # one placed elsewhere has whatever id it was given there
_POSITION_VERBS = {v.value: v for v in (Verb.CLOSE, Verb.STOP, Verb.TARGET, Verb.TRAILING)} | grammar_exits.VERBS
_TRADES = {v.value: v for v in (Verb.BUY, Verb.SELL)}
_EXAMPLES = {
    "stop": "stop 5%",
    "target": "target 10%",
    "trailing": "trailing 2%",
    "ladder": "ladder 5% 50% 10% 50%",
    "breakeven": "breakeven 5%",
    "exit": "exit 10d",
    "exits": "exits off",
}
_BATCHES = {v.value: v for v in (Verb.CLOSE_ALL, Verb.CANCEL_ALL, Verb.SET_STOPS, Verb.TAKE_PROFITS, Verb.EMERGENCY_STOP, Verb.RESUME)}
_ORDER_VERBS = {v.value: v for v in (Verb.CANCEL, Verb.MODIFY)}

_CLOSE_UNITS = frozenset({Unit.PERCENT, Unit.SHARES})
_STOP_UNITS = frozenset({Unit.PRICE, Unit.PERCENT, Unit.ATR})
_TARGET_UNITS = frozenset({Unit.PRICE, Unit.PERCENT})
_TRAIL_UNITS = frozenset({Unit.PERCENT, Unit.ATR})
_TRADE_UNITS = frozenset({Unit.SHARES, Unit.MONEY, Unit.PERCENT})
_PERCENT_ONLY = frozenset({Unit.PERCENT})
_SHARES_ONLY = frozenset({Unit.SHARES})


def parse(line: str, known: Known, near: Near | None = None) -> Action:
    """The action a line says; `known` tells symbols of this market, `near` names those an unknown one may have meant.

    Raises GrammarError or UnknownSymbol and nothing else, for any text. `parse(action.line())` is `action` again for every action this
    returns. Where a symbol is also a verb and both readings fit, the canonical capitals (`#BUY close`, `#buy CLOSE 5`) decide.
    """
    found = words(line)
    return _Line(found, known, near).action()


class _Line:
    """One line being read."""

    def __init__(self, found: tuple[Word, ...], known: Known, near: Near | None) -> None:
        self.head = found[0]
        self.rest = found[1:]
        self.known = known
        self.near = near

    def action(self) -> Action:
        name = self.head.name
        if name.startswith("order-"):
            return self._order()
        if name.startswith("exit-"):
            return grammar_exits.taken_back(self.head, self.rest)
        readings = [r for r in (self._as_verb(), self._as_symbol()) if r is not None]
        actions = [r for r in readings if isinstance(r, Action)]
        if len(actions) == 1:
            return actions[0]
        if len(actions) == 2:
            return self._choose(actions[0], actions[1])
        errors = [r for r in readings if isinstance(r, UserError)]
        raise errors[0] if errors else self._neither()

    def _choose(self, first: Action, second: Action) -> Action:
        """Both readings fit: the one whose canonical words were typed exactly, else nothing is guessed."""
        typed = " ".join(w.text for w in (self.head, *self.rest))
        for action in (first, second):
            if action.line()[1:] == typed:
                return action
        raise GrammarError(
            f"“{shown(typed)}” can mean `{first.line()}` or `{second.line()}`: type one of them exactly.",
            token=self.head.text,
            example=first.line(),
        )

    def _as_verb(self) -> Action | UserError | None:
        name = self.head.name
        if name in _TRADES:
            return _caught(lambda: self._trade(_TRADES[name]))
        if name in _BATCHES:
            return _caught(lambda: self._batch(_BATCHES[name]))
        return None

    def _as_symbol(self) -> Action | UserError | None:
        """The reading as a position's line; a verb is a symbol too only when the market has one of that name."""
        name = self.head.name
        text = _symbol_text(self.head)
        verb = name in _TRADES or name in _BATCHES
        if not _SYMBOL.match(text) or (verb and not self.known(text)):
            return None
        if self.rest and (name in _POSITION_VERBS or name in _ORDER_VERBS) and self.rest[0].name not in _POSITION_VERBS:
            return None
        if not self.known(text) and not self._misspelt_symbol(name):
            return None
        return _caught(lambda: self._position(text))

    def _misspelt_symbol(self, name: str) -> bool:
        """True when an unknown first word stands where a symbol would: something follows it, and it is no misplaced or misspelt verb."""
        if not self.rest or name in _POSITION_VERBS or name in _ORDER_VERBS or f"{name}-{self.rest[0].name}" in _BATCHES:
            return False
        return self.rest[0].name in _POSITION_VERBS or not self.known(_symbol_text(self.rest[0]))

    def _position(self, text: str) -> Action:
        symbol = self._symbol(self.head, text)
        if not self.rest:
            raise GrammarError(
                f"{symbol} is understood, but not what to do: close, stop, target or trailing.", token=symbol, example=f"#{symbol} close"
            )
        verb = _POSITION_VERBS.get(self.rest[0].name)
        if verb is None:
            raise self._no_such_verb(symbol, self.rest[0])
        after = self.rest[1:]
        if grammar_exits.reads(verb, after):
            return grammar_exits.action(symbol, verb, self.rest)
        amount: Amount | None
        match verb:
            case Verb.CLOSE:
                amount, after = self._close_amount(symbol, after)
            case Verb.STOP:
                example = f"#{symbol} stop 5%"
                amount = self._needed(after, _STOP_UNITS, "a price (175) or a distance from the last price (5%, 2atr)", example)
                after = after[1:]
                _below_all(amount, self.rest[1], example)
            case Verb.TARGET:
                amount = self._needed(
                    after, _TARGET_UNITS, "a price (185) or a distance from the last price (10%)", f"#{symbol} target 10%"
                )
                after = after[1:]
            case _:
                example = f"#{symbol} trailing 2%"
                amount = self._needed(after, _TRAIL_UNITS, "a percentage (2%) or multiples of the average true range (2atr)", example)
                after = after[1:]
                _below_all(amount, self.rest[1], example)
        action = Action(verb, symbol, amount)
        _nothing_left(after, action)
        return action

    def _close_amount(self, symbol: str, after: tuple[Word, ...]) -> tuple[Amount | None, tuple[Word, ...]]:
        if not after:
            return None, after
        example = f"#{symbol} close 50%"
        if not amounts.looks_numeric(after[0]) and after[0].lower in ("all", "half", "now", "everything"):
            _nothing_left(after, Action(Verb.CLOSE, symbol, Amount(Decimal(50), Unit.PERCENT) if after[0].lower == "half" else None))
        amount = amounts.amount(after[0], _CLOSE_UNITS, "a share of the position (50%) or a number of shares (10)", example)
        whole = amount.unit is Unit.PERCENT and amount.value == HUNDRED
        return (None if whole else amount), after[1:]

    def _trade(self, verb: Verb) -> Action:
        if not self.rest:
            raise GrammarError(f"#{verb} needs a symbol and an amount.", token=self.head.text, example=f"#{verb} AAPL 10")
        word = self.rest[0]
        if amounts.looks_numeric(word):
            raise self._swapped(verb)
        symbol = self._symbol(word, _symbol_text(word))
        example = f"#{verb} {symbol} 10"
        wanted = "shares (50), dollars ($2000) or a percentage of equity (5%)"
        if len(self.rest) == 1 and verb is Verb.SELL:
            raise GrammarError(
                f"#sell {symbol} needs an amount: {wanted}; all of it is `#{symbol} close`.", token=symbol, example=f"#{symbol} close"
            )
        amount = self._needed(self.rest[1:], _TRADE_UNITS, wanted, example)
        action, after = tail(verb, symbol, amount, self.rest[2:])
        _nothing_left(after, action)
        return action

    def _batch(self, verb: Verb) -> Action:
        amount: Amount | None = None
        after = self.rest
        if after and verb is Verb.SET_STOPS:
            amount = amounts.amount(
                after[0], _TRAIL_UNITS, "multiples of the average true range (2atr) or a percentage (5%)", "#set-stops 5%"
            )
            _below_all(amount, after[0], "#set-stops 5%")
            after = after[1:]
            amount = None if amount == DEFAULT_STOPS else amount
        elif after and verb is Verb.TAKE_PROFITS:
            amount = amounts.amount(after[0], _PERCENT_ONLY, "the gain from which to close (10%)", "#take-profits 10%")
            after = after[1:]
            amount = None if amount == DEFAULT_PROFITS else amount
        action = Action(verb, amount=amount)
        _nothing_left(after, action)
        return action

    def _order(self) -> Action:
        match = _ORDER.match(f"order-{self.head.lower[len('order-') :]}")
        if match is None:
            token = shown(self.head.text)
            raise GrammarError(f"“{token}” is not an order's id: `/orders` lists them.", token=token, example="#order-ab12cd34-1 cancel")
        ident = match[1]
        verb = _ORDER_VERBS.get(self.rest[0].name) if self.rest else None
        if verb is None:
            token = self.rest[0].text if self.rest else self.head.text
            why = f"“{shown(token)}” is not what can be done with an order" if self.rest else "An order can be cancelled or modified"
            raise GrammarError(f"{why}: cancel or modify.", token=shown(token), example=f"#order-{ident} cancel")
        if verb is Verb.CANCEL:
            action = Action(verb, ident)
            _nothing_left(self.rest[1:], action)
            return action
        return self._modify(ident, self.rest[1:])

    def _modify(self, ident: str, after: tuple[Word, ...]) -> Action:
        example = f"#order-{ident} modify limit 239.50"
        amount: Amount | None = None
        prices: dict[str, Decimal] = {}
        if after and amounts.looks_numeric(after[0]):
            amount = amounts.amount(after[0], _SHARES_ONLY, "a number of shares (10)", example)
            after = after[1:]
        while after and after[0].lower in ("limit", "stop") and after[0].lower not in prices:
            prices[after[0].lower] = self._priced(after, example)
            after = after[2:]
        action = Action(Verb.MODIFY, ident, amount, limit=prices.get("limit"), stop=prices.get("stop"))
        if amount is None and not prices:
            token = shown(after[0].text) if after else "modify"
            raise GrammarError(f"“{token}”: say what to modify: limit, stop or a number of shares.", token=token, example=example)
        _nothing_left(after, action)
        return action

    def _symbol(self, word: Word, text: str) -> str:
        if not _SYMBOL.match(text):
            token = shown(word.text)
            raise GrammarError(f"“{token}” is not a symbol.", token=token, example="#AAPL close 50%")
        if not self.known(text):
            near = tuple(self.near(text)) if self.near else ()
            hint = f" Did you mean {' or '.join(near)}?" if near else " `/positions` shows what you hold."
            raise UnknownSymbol(
                f"{text} is not an instrument here.{hint}", example=self._with_symbol(word, near[0]) if near else "/positions"
            )
        return text

    def _with_symbol(self, word: Word, symbol: str) -> str:
        """The typed line with a symbol that exists."""
        return "#" + " ".join(symbol if w is word else w.text for w in (self.head, *self.rest))[:120]

    def _needed(self, after: Sequence[Word], units: frozenset[Unit], wanted: str, example: str) -> Amount:
        if not after:
            last = (self.head, *self.rest)[-1]
            raise GrammarError(f"“{shown(last.text)}” needs an amount: {wanted}.", token=shown(last.text), example=example)
        return amounts.amount(after[0], units, wanted, example)

    def _priced(self, after: Sequence[Word], example: str) -> Decimal:
        if len(after) < 2:
            raise GrammarError(f"“{after[0].text}” needs a price.", token=after[0].text, example=example)
        return amounts.price(after[1], example)

    def _swapped(self, verb: Verb) -> GrammarError:
        number = self.rest[0].text
        symbol = _symbol_text(self.rest[1]) if len(self.rest) > 1 else "AAPL"
        symbol = symbol if _SYMBOL.match(symbol) and self.known(symbol) else "AAPL"
        return GrammarError(
            f"“{shown(number)}” stands where the symbol goes: symbol first, then the amount.",
            token=shown(number),
            example=f"#{verb} {symbol} 10",
        )

    def _no_such_verb(self, symbol: str, word: Word) -> GrammarError:
        token = shown(word.text)
        if word.name in _TRADES:
            return GrammarError(f"“{token}” comes first: `#{word.name} {symbol} 10`.", token=token, example=f"#{word.name} {symbol} 10")
        verb = _nearest_verb(word.name) or nearest(word.name, tuple(_POSITION_VERBS)) or "close"
        line = f"#{symbol} {_EXAMPLES.get(verb, verb)}"
        every = "close, stop, target, trailing, ladder, breakeven or exit"
        return GrammarError(f"“{token}” is not something to do with {symbol}: {every}.", token=token, example=line)

    def _neither(self) -> GrammarError:
        """The head is neither a verb nor a symbol of this market."""
        token = shown(self.head.text)
        name = self.head.name
        second = _symbol_text(self.rest[0]) if self.rest else ""
        symbol = second if _SYMBOL.match(second) and self.known(second) else "AAPL"
        if name in _POSITION_VERBS:
            if name == "close" and second == "ALL":
                return GrammarError(
                    "“close all”: every position is `#close-all`, the symbol ALL is `#ALL close`.", token=token, example="#close-all"
                )
            line = f"#{symbol} {name}" if name == "close" else f"#{symbol} {name} {'10%' if name == 'target' else '5%'}"
            return GrammarError(f"“{token}” comes after its symbol: `{line}`.", token=token, example=line)
        if name in _ORDER_VERBS:
            return GrammarError(
                f"“{token}” comes after an order's id; `/orders` lists them.",
                token=token,
                example=f"#order-ab12cd34-1 {'cancel' if name == 'cancel' else 'modify limit 239.50'}",
            )
        joined = f"{name}-{self.rest[0].name}" if self.rest else name
        line = f"#{joined}" if joined in _BATCHES else f"#{_nearest_verb(name)}" if _nearest_verb(name) in _BATCHES else "#AAPL close 50%"
        return GrammarError(f"“{token}” is neither a symbol here nor an action.", token=token, example=line)


def _caught(read: Callable[[], Action]) -> Action | UserError:
    try:
        return read()
    except (GrammarError, UnknownSymbol) as error:
        return error


def _symbol_text(word: Word) -> str:
    """A symbol as it is meant: without `$` before and colon after, in capitals."""
    return word.text.removeprefix("$").removesuffix(":").upper()


def _below_all(amount: Amount, word: Word, example: str) -> None:
    if amount.unit is Unit.PERCENT and amount.value >= HUNDRED:
        raise GrammarError(
            f"“{shown(word.text)}” would be a price of zero: it must be under 100%.", token=shown(word.text), example=example
        )


def _nothing_left(after: Sequence[Word], action: Action) -> None:
    if after:
        token = shown(after[0].text)
        meant = action
        if action.amount and action.amount.value <= HUNDRED and action.amount.unit is Unit.SHARES and after[0].lower in ("%", "percent"):
            meant = replace(action, amount=Amount(action.amount.value, Unit.PERCENT))
        raise GrammarError(f"“{token}” is left over: the line ends before it.", token=token, example=meant.line())


def _nearest_verb(name: str) -> str | None:
    """The verb whose first letters or all letters fit; typing errors beyond that are shown the whole list."""
    every = (*_POSITION_VERBS, *_BATCHES)
    starts = [v for v in every if len(name) > 1 and (v.startswith(name) or name.startswith(v))]
    same = [v for v in every if sorted(v) == sorted(name)]
    return next(iter((*same, *starts)), None)
