"""Lines that hold a key, and lines that do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands import keys
from commands.registry import Registry

KEYS = {
    "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw": "a Telegram bot token",
    "my token is 110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw!": "a Telegram bot token",
    "sk-proj-" + "aB3dE5gH7jK9mN1pQ3sT5": "an API key of a model",
    "PKABCDEFGHIJ12345678": "a broker's key",
    "AKIAIOSFODNN7EXAMPLE": "a cloud key",
    "ghp_" + "a1B2" * 9: "a GitHub token",
    "MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs": "a Discord bot token",
    "-----BEGIN RSA PRIVATE KEY-----": "a private key",
    "secret wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY": "a key",
}


@pytest.mark.parametrize(("line", "kind"), KEYS.items())
def test_a_key_is_known_by_its_form(line, kind):
    assert keys.found(line) == kind


@pytest.mark.parametrize(
    "line",
    [
        "what happened yesterday?",
        "#buy AAPL 40 limit 239.50 gtc",
        "confirm 5fmn5c3g CLOSE-ALL",
        "/start pair_5FMN5C3G",
        "https://www.example.com/news/2026/11/26/A-Very-Long-Headline-About-NVDA-And-TSLA-1234567890",
        "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaA1",
        "0000000000000000000000000000000000000000",
        "",
    ],
)
def test_what_people_type_is_no_key(line):
    assert keys.found(line) is None


def test_no_line_of_the_house_is_taken_for_a_key():
    for spec in Registry.discover().all():
        assert not [line for line in spec.examples if keys.found(line)]


@given(st.text(max_size=400))
def test_any_text_is_looked_at_quickly_and_without_an_accident(text):
    assert keys.found(text) in {None, keys.ANY, *(name for name, _ in keys.KINDS)}
