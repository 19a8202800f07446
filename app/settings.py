"""Settings: read once from the environment and `.env`, checked, and the only source of `.env.example`.

They are read on the way to every answer, so they are checked by a few plain functions: importing pydantic costs a third of that answer.
"""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain.errors import SetupError
from storage import vault

PREFIX = "FOLIOPILOT_"
UNPREFIXED = frozenset({"DATABASE_URL", "OPENAI_API_KEY", "OPENAI_BASE_URL"})
FOR_TESTS = "FOLIOPILOT_TEST_"
LONGEST_NAME = 40
LONGEST_MODEL = 120

Read = Callable[[str], Any]


def default_home() -> Path:
    """Where data lives when nothing else is said: the user's data directory of this system."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "foliopilot"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "foliopilot"


def _name(text: str) -> str:
    if len(text) > LONGEST_NAME:
        raise ValueError(f"at most {LONGEST_NAME} characters")
    return text


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError("no such time zone; write one like Europe/Berlin") from error
    return text


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise ValueError("a whole number, zero or more, is wanted")
    return int(text)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 0 < int(text) < 65536):
        raise ValueError("a port from 1 to 65535 is wanted")
    return int(text)


def _switch(text: str) -> bool:
    if text.lower() not in {"yes", "no", "true", "false", "1", "0"}:
        raise ValueError("yes or no is wanted")
    return text.lower() in {"yes", "true", "1"}


def _token(text: str) -> str:
    number, colon, secret = text.partition(":")
    if not (colon and number.isascii() and number.isdecimal() and len(secret) >= 30 and re.fullmatch(r"[A-Za-z0-9_-]+", secret)):
        raise ValueError("a token is a number, a colon and at least 30 letters and digits, as @BotFather wrote it")
    return text


def _discord_token(text: str) -> str:
    parts = text.split(".")
    if len(parts) != 3 or not all(re.fullmatch(r"[A-Za-z0-9_-]+", part) for part in parts) or len(text) < 50:
        raise ValueError("a token is three parts of letters and digits with two dots, as the developer portal wrote it under Bot")
    return text


def _key(text: str) -> str:
    if text != vault.KEYRING:
        vault.parsed(text)
    return text


def _address(text: str) -> str:
    if not text.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
        raise ValueError("https:// is wanted; http:// only on this machine")
    return text


def _model(text: str) -> str:
    if len(text) > LONGEST_MODEL or not re.fullmatch(r"[\w.:/@+-]+", text):
        raise ValueError("a model's name is wanted, for example gpt-5-mini or anthropic:claude-sonnet-5")
    return text


def _key_of_a_model(text: str) -> str:
    if not (text.isascii() and text.isprintable() and " " not in text):
        raise ValueError("a key without blanks is wanted")
    return text


def _number(low: str, high: str, *, zero: bool = False) -> Read:
    def read(text: str) -> Decimal:
        try:
            value = Decimal(text)
        except InvalidOperation as error:
            raise ValueError("a number is wanted") from error
        if not (value.is_finite() and Decimal(low) <= value <= Decimal(high) and (zero or value > 0)):
            raise ValueError(f"a number from {low} to {high} is wanted" + ("" if zero else ", more than 0"))
        return value

    return read


def _setting(help: str, read: Read, *, repr: bool = True, **default: Any) -> Any:
    return field(metadata={"help": help, "read": read}, repr=repr, **default)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting with its default; in the environment its name is in capitals with the prefix FOLIOPILOT_, but for others' own."""

    home: Path = _setting("The data directory: database, history, log.", Path, default_factory=default_home)
    database_url: str | None = _setting(
        "postgresql://user:password@host/name instead of the SQLite file in the data directory.", str, default=None
    )
    account: str = _setting("The account that opens when none is named.", _name, default="demo")
    zone: str = _setting("The zone in which moments are shown.", _zone, default="America/New_York")
    seed: int = _setting("The seed of the demo world; another seed is another market.", _count, default=7)
    shorting: bool = _setting("Whether the demo account may sell short (yes or no).", _switch, default=False)
    price_tolerance: Decimal = _setting(
        "How far a price may move between card and confirmation, as a fraction.", _number("0", "0.5"), default=Decimal("0.005")
    )
    bell: bool = _setting("Whether the terminal rings its bell for a loud alert (yes or no).", _switch, default=True)
    telegram_token: str | None = _setting(
        "The token of your Telegram bot, from @BotFather; empty: no Telegram.", _token, default=None, repr=False
    )
    telegram_base: str | None = _setting("Where Telegram is, for a Bot API server of your own.", _address, default=None)
    telegram_webhook: str | None = _setting(
        "An address that Telegram may call instead of being asked, behind a proxy of yours; empty: it is asked.", _address, default=None
    )
    telegram_port: int = _setting("The port of this machine that the proxy brings those calls to.", _port, default=8443)
    discord_token: str | None = _setting(
        "The token of your Discord bot, from the developer portal; empty: no Discord.", _discord_token, default=None, repr=False
    )
    discord_contents: bool = _setting(
        "Whether the Discord bot reads what begins with # on servers; needs the Message Content Intent (yes or no).", _switch, default=False
    )
    discord_base: str | None = _setting("Where Discord's API is, for a proxy of your own.", _address, default=None)
    model: str | None = _setting(
        "The language model that words answers: a name at OpenAI or at OPENAI_BASE_URL, or provider:name; empty: composed answers.",
        _model,
        default=None,
    )
    openai_api_key: str | None = _setting(
        "The key of the model's server; a server of your own may need none.", _key_of_a_model, default=None, repr=False
    )
    openai_base_url: str | None = _setting("Where the model's server is, for any that speaks OpenAI's protocol.", _address, default=None)
    model_tokens: int = _setting("How many tokens one person's answers may take on a day.", _count, default=200_000)
    model_dollars: Decimal | None = _setting(
        "How many dollars one person's answers may cost on a day; empty: no limit.", _number("0.01", "100000"), default=None
    )
    model_price_read: Decimal = _setting(
        "What your model costs for a million tokens that it reads, in dollars.", _number("0", "100000", zero=True), default=Decimal(0)
    )
    model_price_written: Decimal = _setting(
        "What your model costs for a million tokens that it writes, in dollars.", _number("0", "100000", zero=True), default=Decimal(0)
    )
    large_order: Decimal | None = _setting(
        "From what value on an order that may open asks for more than a tap; empty: never.", _number("1", "1000000000"), default=None
    )
    secret_key: str | None = _setting(
        "The key that seals secrets, 32 bytes in URL-safe base 64; `keyring`: the system's keyring; empty: a file in the data directory.",
        _key,
        default=None,
        repr=False,
    )
    card_minutes: Decimal = _setting("How long a card waits for its confirmation.", _number("0", "60"), default=Decimal(2))

    @property
    def zone_info(self) -> ZoneInfo:
        """The reader's zone."""
        return ZoneInfo(self.zone)

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.home / "foliopilot.db"


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return name.upper() if name.upper() in UNPREFIXED else PREFIX + name.upper()


def load(environment: Mapping[str, str] | None = None, dotenv: Path | None = Path(".env")) -> Settings:
    """Settings from the environment, then `.env`, then defaults; an empty value counts as unset.

    Raises SetupError naming the variable and what is wrong with it. A misspelt FOLIOPILOT_ variable is an error, not silence.
    """
    given = _file(dotenv) | dict(os.environ if environment is None else environment)
    known = {variable(f.name): f for f in fields(Settings)}
    unknown = sorted(n for n in given if n.startswith(PREFIX) and n not in known and not n.startswith(FOR_TESTS))
    if unknown:
        raise SetupError(f"{unknown[0]} is not a setting. The settings are: {', '.join(sorted(known))}.")
    values = {}
    for name, declared in known.items():
        text = (given.get(name) or "").strip()
        if text:
            try:
                values[declared.name] = declared.metadata["read"](text)
            except ValueError as error:
                raise SetupError(f"{name}: {error}.") from error
    return Settings(**values)


def _file(dotenv: Path | None) -> dict[str, str]:
    if dotenv is None or not dotenv.is_file():
        return {}
    values = importlib.import_module("dotenv").dotenv_values(dotenv)
    return {name: value for name, value in values.items() if value is not None}


def example() -> str:
    """The text of `.env.example`: every setting, commented out, with its meaning and default."""
    lines = ["# Settings of Foliopilot. Copy to .env and take away the # before what you change.", ""]
    for declared in fields(Settings):
        default = declared.default
        shown = "" if default is MISSING or default is None else str(default)
        shown = ("no", "yes")[default] if isinstance(default, bool) else shown
        lines += [f"# {declared.metadata['help']}", f"#{variable(declared.name)}={shown}", ""]
    return "\n".join(lines)
