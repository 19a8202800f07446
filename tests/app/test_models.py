"""The model that is set up: which one is made, what is missing, and what `doctor` says of it."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from app import doctor, models
from app.settings import Settings, load
from commands.context import PartState
from commands.voice import Ration
from domain.errors import SetupError
from domain.speech import Spent
from tests.servers.openai import KEY, Fails, OpenAIServer, Says, each

NOBODY: Any = None  # a voice is made without asking anybody


def test_without_a_model_nothing_is_made(tmp_path):
    settings = Settings(home=tmp_path)
    assert models.voice(settings, NOBODY, NOBODY, "demo") is None
    assert models.part(settings).state is PartState.OFF
    assert asyncio.run(models.asked(settings)) is None


def test_a_model_at_openai_needs_a_key_and_one_of_ones_own_needs_none(tmp_path):
    bare = Settings(home=tmp_path, model="gpt-5-mini")
    assert models.part(bare).state is PartState.NEEDS
    assert "OPENAI_API_KEY" in models.part(bare).detail
    assert models.voice(bare, NOBODY, NOBODY, "demo") is None
    own = Settings(home=tmp_path, model="qwen", openai_base_url="http://127.0.0.1:8080/v1")
    assert models.part(own).state is PartState.READY
    assert models.voice(own, NOBODY, NOBODY, "demo") is not None


def test_a_provider_of_langchain_is_named_before_the_colon(tmp_path):
    with pytest.raises(SetupError, match="anthropic"):  # its package is not installed
        models.made(Settings(home=tmp_path, model="anthropic:claude-test"))
    local = Settings(home=tmp_path, model="qwen3:8b", openai_base_url="http://127.0.0.1:11434/v1")
    assert models.made(local).name == "qwen3:8b"  # a colon in the name of a model on a server of one's own is a part of it


def test_the_settings_read_what_others_call_their_own(tmp_path):
    given = {"FOLIOPILOT_MODEL": "m", "OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": "http://127.0.0.1:1/v1", "FOLIOPILOT_MODEL_PRICE_READ": "0"}
    settings = load(given, None)
    assert (settings.model, settings.openai_api_key, settings.openai_base_url) == ("m", KEY, "http://127.0.0.1:1/v1")
    assert KEY not in repr(settings)


@pytest.mark.parametrize(
    "given",
    [
        {"FOLIOPILOT_MODEL": "two words"},
        {"OPENAI_API_KEY": "sk with blanks"},
        {"OPENAI_BASE_URL": "http://models.example/v1"},
        {"FOLIOPILOT_MODEL_DOLLARS": "-1"},
    ],
)
def test_what_does_not_fit_is_named(given):
    with pytest.raises(SetupError, match=next(iter(given))):
        load(given, None)


def test_a_ration_is_used_up_by_tokens_or_by_money():
    ration = Ration(1000, Decimal(1), Decimal(2), Decimal(10))
    assert ration.cost(Spent(500_000, 0)) == 1
    assert ration.used_up(Spent(999, 0)) == ""
    assert ration.used_up(Spent(900, 100)) == "today's 1,000 tokens are used"
    assert Ration(None, Decimal(1), Decimal(2)).used_up(Spent(500_000, 0)) == "today's $1.00 are used"
    assert Ration(None, None).used_up(Spent(10**9, 10**9)) == ""


@pytest.mark.parametrize(
    ("turn", "state", "said"),
    [(Says("yes"), "ready", "scripted answers; that took 1100 tokens"), (Fails(401), "off", "its server refuses the key")],
)
def test_doctor_asks_the_server(home, capsys, monkeypatch, turn, state, said):
    server = OpenAIServer(each(turn))

    async def examined():
        await server.start()
        monkeypatch.setenv("FOLIOPILOT_MODEL", "scripted")
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        monkeypatch.setenv("OPENAI_BASE_URL", server.base)
        try:
            return (await doctor.examine())[0]
        finally:
            await server.stop()

    rows = {part.name: part for part in asyncio.run(examined())}
    assert rows["model"].state.value == "ready"
    assert rows["model server"].state.value == state
    assert said in rows["model server"].detail
    assert KEY not in rows["model server"].detail
