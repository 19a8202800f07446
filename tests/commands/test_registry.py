"""The registry: a feature is one function."""

from __future__ import annotations

import sys
import types
from decimal import Decimal
from typing import Any, Literal

import pytest

from commands import arguments
from commands.registry import Registry, Rest, Symbol, command
from domain.chat import Access, Parameter, Reply, Text, Verb
from domain.clock import ManualClock
from domain.errors import BadArgument, UnknownCommand, UnknownSymbol
from tests.commands import front


class FakeCtx:
    clock = ManualClock(front.NOON)

    class session:
        symbol = None

    @staticmethod
    def must_write(what: str) -> None: ...

    @staticmethod
    def resolve(word: str) -> str:
        if word.upper() == "ZZZZ":
            raise UnknownSymbol("no ZZZZ")
        return {"APPLE": "AAPL"}.get(word.upper(), word.upper())


def spec(handler: Any):
    return vars(handler)["__spec__"]


@pytest.fixture
def registry() -> Registry:
    return front.registry()


async def said(registry: Registry, name: str, *words: str, given: dict[str, Any] | None = None) -> str:
    reply = await registry.call(FakeCtx(), name, words, given)  # type: ignore[arg-type]
    assert reply.command == "-".join(name.lower().replace("_", "-").split())
    block = reply.blocks[0]
    assert isinstance(block, Text)
    return block.text


def test_everything_comes_from_the_function(registry):
    found = registry.command("profit-loss")
    assert found is registry.command("/Profit_Loss")
    assert found.help == "What was won and lost."
    assert found.group == "Test"
    assert found.access is Access.READ
    assert found.parameters == (
        Parameter("span", "choice", False, ("day", "month"), "day"),
        Parameter("symbol", "symbol", False),
    )
    assert found.examples == ("/profit-loss month AAPL",)
    assert registry.command("help").examples == ("/help",)
    assert registry.command("demo").access is Access.ADMIN
    assert [p.kind for p in registry.command("demo").parameters] == ["text", "integer", "number"]
    assert arguments.usage(found) == "/profit-loss [day|month] [symbol]"
    assert registry.action(Verb.CLOSE).sigil == "#"
    assert registry.action("close_all").name == "close-all"
    assert set(registry.all()) == {*registry.commands(), *registry.actions()}


async def test_words_find_their_argument(registry):
    assert await said(registry, "profit-loss") == "day None"
    assert await said(registry, "profit_loss", "$aapl:", "MONTH") == "month AAPL"
    assert await said(registry, "profit-loss", "apple") == "day AAPL"
    assert await said(registry, "profit-loss", "symbol=NOW", "span=day") == "day NOW"
    assert FakeCtx.session.symbol == "NOW"
    assert await said(registry, "explain", "cost", "basis", "of", "AAPL") == "cost basis of AAPL"
    assert await said(registry, "demo", "forward", "3", "-8.5%") == "forward 3 -8.5"
    assert await said(registry, "demo", "by=2", "forward") == "forward 1 2"


async def test_named_values_as_a_model_gives_them(registry):
    assert await said(registry, "profit-loss", given={"span": "month", "symbol": None}) == "month None"
    assert await said(registry, "demo", given={"what": "x", "times": 4, "by": Decimal("1.5")}) == "x 4 1.5"
    for given, named in (
        ({"span": "year"}, "day or month"),
        ({"colour": "red"}, "colour"),
        ({"what": "x", "times": "many"}, "many"),
        ({}, "needs"),
        ({"what": "x", "by": "NaN"}, "NaN"),
    ):
        with pytest.raises(BadArgument, match=named):
            await said(registry, "profit-loss" if "span" in given or "colour" in given else "demo", given=given)
    assert arguments.schema(registry.command("profit-loss"))["properties"].keys() == {"span", "symbol"}


@pytest.mark.parametrize(
    ("name", "words", "named"),
    [
        ("profit-loss", ["month", "AAPL", "more"], "“more”"),
        ("profit-loss", ["5"], "“5”"),
        ("profit-loss", ["span=year"], "“year”"),
        ("profit-loss", ["x" * 99], "…"),
        ("explain", [], "term"),
        ("demo", ["x", "1", "2", "3"], "“3”"),
        ("help", ["me"], "“me”"),
    ],
)
async def test_a_word_that_does_not_fit_is_named_with_usage_and_example(registry, name, words, named):
    with pytest.raises(BadArgument) as refusal:
        await said(registry, name, *words)
    assert named in refusal.value.message
    assert "Usage: `/" in refusal.value.message
    assert refusal.value.example == registry.command(name).examples[0]


async def test_unknown_names(registry):
    meant_by = {
        "profit-los": "profit-loss",
        "Porfit_Loss": "profit-loss",
        "hlep": "help",
        "loss": "profit-loss",
        "loss profit": "profit-loss",
    }
    for typed, meant in meant_by.items():
        with pytest.raises(UnknownCommand, match=f"Did you mean `/{meant}`") as refusal:
            registry.command(typed)
        assert refusal.value.example == f"/{meant}"
    with pytest.raises(UnknownCommand, match="actions start with #") as verb:
        registry.command("/buy")
    assert str(verb.value.example).startswith("#buy")
    for nonsense in ("foo", "xyz", ""):
        with pytest.raises(UnknownCommand) as nothing:
            registry.command(nonsense)
        assert nothing.value.example == "/help"
    with pytest.raises(UnknownCommand) as lost:
        registry.command("q" * 500)
    assert lost.value.example == "/help"
    assert len(lost.value.message) < 120
    with pytest.raises(UnknownCommand):
        Registry([]).action(Verb.BUY)
    with pytest.raises(UnknownSymbol):
        await said(registry, "profit-loss", "ZZZZ")


def test_two_of_one_name_and_arguments_without_a_spelling_fail_at_once(registry):
    with pytest.raises(ValueError, match="profit-loss"):
        Registry([spec(front.profit_loss), spec(front.profit_loss)])

    async def odd(ctx: object, when: list[str]) -> Reply:
        """Odd."""
        return Reply(())

    with pytest.raises(TypeError, match="when has no spelling"):
        command("Test")(odd)


def test_modules_are_discovered_by_convention(tmp_path, monkeypatch):
    package = tmp_path / "freshly_made"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "one.py").write_text(
        "from __future__ import annotations\n"
        "from typing import TYPE_CHECKING\n"
        "from commands.registry import command, action\n"
        "from domain.chat import Verb\n"
        "if TYPE_CHECKING:\n    from commands.context import Ctx\n    from domain.chat import Reply\n"
        "@command('Made')\nasync def made_here(ctx: Ctx, n: int = 1) -> Reply:\n    'Made.'\n"
        "@action(Verb.BUY, examples=('#buy AAPL 1',))\nasync def buy(ctx, action):\n    'Buy.'\n"
    )
    (package / "two.py").write_text("from freshly_made.one import made_here\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    found = Registry.discover(("freshly_made",))
    assert [s.name for s in found.all()] == ["made-here", "buy"]
    assert found.action(Verb.BUY).help == "Buy."
    for name in [m for m in sys.modules if m.startswith("freshly_made")]:
        del sys.modules[name]


def test_the_house_registry_is_whole():
    found = Registry.discover()
    verbs = {s.name for s in found.actions()}
    assert verbs == {v.value for v in Verb}
    for one in found.all():
        assert one.help.endswith(".")
        assert one.examples
        assert isinstance(one.handler, types.FunctionType)


def test_choices_before_symbols_but_a_dollar_is_always_a_symbol():
    async def pick(ctx: object, which: Literal["all", "top"] = "top", symbol: Symbol | None = None, text: Rest | None = None) -> Reply:
        """Pick."""
        return Reply(())

    found = spec(command("Test")(pick))
    assert arguments.bind(found, ["all"]) == {"which": "all"}
    assert arguments.bind(found, ["$all"]) == {"symbol": "$all"}
    assert arguments.bind(found, ["ALL", "ALL"]) == {"which": "ALL", "symbol": "ALL"}
    assert arguments.bind(found, ["top", "IT", "and", "more"]) == {"which": "top", "symbol": "IT", "text": "and more"}
