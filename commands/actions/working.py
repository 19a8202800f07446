"""Working orders: take one back, change it, take all of them back."""

from __future__ import annotations

from decimal import Decimal

from commands.actions.protecting import must_be_stop, must_be_target
from commands.actions.sight import amount_text, in_lots, order_of, sight
from commands.context import Ctx, Plan
from commands.registry import action
from domain.chat import Action, Amount, Unit, Verb
from domain.errors import BadArgument, GrammarError, NoSuchOrder, UserError
from domain.money import money_text, to_tick
from domain.orders import CancelIntent, Order, OrderType, ReplaceIntent, Side
from domain.portfolio import Portfolio

HAS_LIMIT = (OrderType.LIMIT, OrderType.STOP_LIMIT)
HAS_STOP = (OrderType.STOP, OrderType.STOP_LIMIT)


@action(Verb.CANCEL, examples=("#order-k3x9-1 cancel",))
async def cancel(ctx: Ctx, action: Action) -> Plan:
    """Take back one open order by its id."""
    _, order = await order_of(ctx, action)
    return Plan((CancelIntent(order.client_id, order.symbol, why="cancel the order"),))


@action(Verb.MODIFY, examples=("#order-k3x9-1 modify limit 239.50", "#order-k3x9-1 modify stop 170", "#order-k3x9-1 modify 20"))
async def modify(ctx: Ctx, action: Action) -> Plan:
    """Change the limit, the stop or the quantity of an open order."""
    portfolio, order = await order_of(ctx, action)
    if action.amount is None and action.limit is None and action.stop is None:
        raise GrammarError(
            "`modify` needs what to change: a limit, a stop or a quantity.",
            token=action.verb.value,
            example=f"#order-{order.client_id} {_can(order)}",
        )
    limit = _price(portfolio, order, "limit", action.limit, order.type in HAS_LIMIT)
    stop = _price(portfolio, order, "stop", action.stop, order.type in HAS_STOP)
    quantity = _size(portfolio, order, action.amount)
    if (limit or order.limit, stop or order.stop, quantity or order.quantity) == (order.limit, order.stop, order.quantity):
        raise UserError(f"Order {order.client_id} already stands like that.", example="/orders", code="nothing_to_do")
    _right_side(portfolio, order, limit, stop)
    return Plan((ReplaceIntent(order.client_id, order.symbol, quantity=quantity, limit=limit, stop=stop, why="modify the order"),))


@action(Verb.CANCEL_ALL, examples=("#cancel-all",))
async def cancel_all(ctx: Ctx, action: Action) -> Plan:
    """Take back every open order, protective ones too; one that was placed elsewhere only by its own id."""
    portfolio = await ctx.portfolio()
    orders = [o for o in portfolio.orders if o.open and not o.external]
    theirs = [o for o in portfolio.orders if o.open and o.external]
    if not orders and theirs:
        example = f"#order-{theirs[0].client_id} cancel"
        raise NoSuchOrder("Every open order was placed elsewhere; such a one is taken back by its id.", example=example)
    if not orders:
        raise NoSuchOrder("There is nothing to cancel: no order is open.", example="/orders all")
    bare = sorted({o.symbol for o in orders if o.protective and portfolio.position(o.symbol) is not None})
    notes = [f"These positions lose their stops or targets: {', '.join(bare)}."] if bare else []
    notes += [f"Order {o.client_id} was placed elsewhere and stays; `#order-{o.client_id} cancel` takes it back." for o in theirs[:3]]
    return Plan(tuple(CancelIntent(o.client_id, o.symbol, why="cancel every order") for o in orders), notes=tuple(notes))


def _price(portfolio: Portfolio, order: Order, name: str, wish: Decimal | None, has: bool) -> Decimal | None:
    """A new limit or stop in the instrument's steps, or None; raises BadArgument where the order has no such price."""
    if wish is None:
        return None
    if not has:
        kind = order.type.replace("_", "-")
        raise BadArgument(
            f"Order {order.client_id} is a {kind} order and has no {name}.", example=f"#order-{order.client_id} {_can(order)}"
        )
    instrument = portfolio.instruments.get(order.symbol)
    price = to_tick(wish, instrument.tick) if instrument else wish
    if price <= 0:
        raise BadArgument(f"A {name} needs a price above zero.", example=f"#order-{order.client_id} {_can(order)}")
    return price


def _size(portfolio: Portfolio, order: Order, amount: Amount | None) -> Decimal | None:
    """A new total quantity, or None; raises BadArgument when it is not in lots or already filled."""
    if amount is None:
        return None
    example = f"#order-{order.client_id} modify {{}}"
    if order.held:
        raise BadArgument(
            f"Order {order.client_id} will be as large as what {order.waits_for or order.replaces} fills; its price can be changed:",
            example=f"#order-{order.client_id} {_can(order)}",
        )
    if amount.unit is not Unit.SHARES:
        raise BadArgument("An order's quantity is a number of shares.", example=example.format(order.quantity))
    instrument = portfolio.instruments.get(order.symbol)
    size = in_lots(amount.value, instrument, example) if instrument else amount.value
    if size <= order.filled:
        done = amount_text(order.filled, instrument) if instrument else str(order.filled)
        raise BadArgument(f"{done} are filled already; to stop there, cancel the rest:", example=f"#order-{order.client_id} cancel")
    return size


def _right_side(portfolio: Portfolio, order: Order, limit: Decimal | None, stop: Decimal | None) -> None:
    """A protective order stays on its side of the market, one that waits on its side of its entry; raises BadArgument otherwise."""
    entry = next((o for o in portfolio.orders if o.client_id == order.waits_for), None)
    if order.held and entry is not None and entry.limit is not None:
        _beside(entry, entry.limit, limit, stop, example=f"#order-{order.client_id} {_can(order)}")
        return
    position = portfolio.position(order.symbol)
    if not order.protective or position is None or order.symbol not in portfolio.quotes or order.symbol not in portfolio.instruments:
        return
    seen = sight(portfolio, position)
    if stop is not None:
        must_be_stop(seen, stop)
    if limit is not None and order.type is OrderType.LIMIT:
        must_be_target(seen, limit)


def _beside(entry: Order, at: Decimal, limit: Decimal | None, stop: Decimal | None, *, example: str) -> None:
    for word, price, losing in (("stop", stop, True), ("target", limit, False)):
        if price is None:
            continue
        below = losing == (entry.side is Side.BUY)
        if price >= at if below else price <= at:
            side = "below" if below else "above"
            raise BadArgument(f"A {word} lies {side} its entry at {money_text(at)}; {money_text(price)} does not.", example=example)


def _can(order: Order) -> str:
    """What of an order can be changed, as the tail of a line."""
    if order.type in HAS_LIMIT:
        return f"modify limit {order.limit}"
    if order.type in HAS_STOP:
        return f"modify stop {order.stop}"
    return "cancel"
