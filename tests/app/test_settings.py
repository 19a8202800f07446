"""Settings: from the environment and `.env`, refused by name, written to `.env.example`."""

from dataclasses import fields
from decimal import Decimal
from pathlib import Path

import pytest

from app import settings
from app.docs import ROOT, commands_page, pages, usage
from commands.registry import Registry
from domain.errors import SetupError


def test_the_environment_comes_before_the_file_and_the_file_before_the_defaults(tmp_path):
    file = tmp_path / ".env"
    file.write_text("FOLIOPILOT_SEED=3\nFOLIOPILOT_ZONE=Europe/Berlin\nFOLIOPILOT_ACCOUNT=\n")
    read = settings.load({"FOLIOPILOT_SEED": "4", "FOLIOPILOT_HOME": str(tmp_path), "UNRELATED": "x"}, file)
    assert (read.seed, read.zone, read.account) == (4, "Europe/Berlin", "demo")
    assert read.database == tmp_path / "foliopilot.db"
    assert read.price_tolerance == Decimal("0.005")


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("FOLIOPILOT_ZONE", "Mars/Base", "no such time zone"),
        ("FOLIOPILOT_SEED", "many", "whole number"),
        ("FOLIOPILOT_CARD_MINUTES", "0", "more than 0"),
        ("FOLIOPILOT_CARD_MINUTES", "soon", "a number"),
        ("FOLIOPILOT_SHORTING", "maybe", "yes or no"),
        ("FOLIOPILOT_ACCOUNT", "a" * 41, "at most 40"),
        ("FOLIOPILOT_HOEM", "/tmp", "is not a setting"),
    ],
)
def test_a_wrong_value_is_named_with_its_variable(name, value, word):
    with pytest.raises(SetupError, match=name) as refused:
        settings.load({name: value}, None)
    assert word in refused.value.message


def test_the_default_home_follows_the_system(monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    monkeypatch.setattr("sys.platform", "linux")
    assert settings.default_home() == Path("/data/foliopilot")
    monkeypatch.setattr("sys.platform", "darwin")
    assert settings.default_home().parts[-2:] == ("Application Support", "foliopilot")


def test_every_setting_stands_in_the_example_and_the_example_loads(tmp_path):
    text = settings.example()
    for declared in fields(settings.Settings):
        assert f"#{settings.variable(declared.name)}=" in text
    file = tmp_path / ".env"
    file.write_text("\n".join(line.lstrip("#") for line in text.splitlines() if line.startswith(("#F", "#D"))))
    assert settings.load({}, file).seed == 7


@pytest.mark.parametrize("path", list(pages()), ids=str)
def test_the_generated_pages_are_up_to_date(path):
    assert (ROOT / path).read_text(encoding="utf-8") == pages()[path], "run: make docs"


def test_every_command_and_action_is_documented_with_an_example():
    registry = Registry.discover()
    page = commands_page(registry)
    for spec in registry.all():
        assert f"### `{usage(spec)}`" in page
        assert spec.help
        assert spec.examples
