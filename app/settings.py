"""Settings: read once from the environment and `.env`, validated, and the only source of `.env.example`."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dotenv import dotenv_values
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from domain.errors import SetupError

PREFIX = "FOLIOPILOT_"
UNPREFIXED = frozenset({"DATABASE_URL"})


def default_home() -> Path:
    """Where data lives when nothing else is said: the user's data directory of this system."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "foliopilot"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "foliopilot"


class Settings(BaseModel):
    """Every setting, each with what it means; names in the environment are in capitals with the prefix FOLIOPILOT_ but for DATABASE_URL."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    home: Path = Field(default_factory=default_home, description="The data directory: database, history, log.")
    database_url: str | None = Field(
        None, description="postgresql://user:password@host/name instead of the SQLite file in the data directory."
    )
    account: str = Field("demo", min_length=1, max_length=40, description="The account that opens when none is named.")
    zone: str = Field("America/New_York", description="The zone in which moments are shown.")
    seed: int = Field(7, ge=0, description="The seed of the demo world; another seed is another market.")
    shorting: bool = Field(default=False, description="Whether the demo account may sell short.")
    commission: Decimal = Field(Decimal(0), ge=0, description="The paper broker's commission per equity share, in USD.")
    price_tolerance: Decimal = Field(
        Decimal("0.005"), gt=0, lt=1, description="How far a price may move between card and confirmation, as a fraction."
    )
    card_minutes: Decimal = Field(Decimal(2), gt=0, le=60, description="How long a card waits for its confirmation.")

    @field_validator("zone")
    @classmethod
    def _zone_exists(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError("no such time zone; write one like Europe/Berlin") from error
        return value

    @property
    def zone_info(self) -> ZoneInfo:
        """The reader's zone."""
        return ZoneInfo(self.zone)

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.home / "foliopilot.db"


def variable(field: str) -> str:
    """The environment variable of a field."""
    name = field.upper()
    return name if name in UNPREFIXED else PREFIX + name


def load(environment: Mapping[str, str] | None = None, dotenv: Path | None = Path(".env")) -> Settings:
    """Settings from the environment, then `.env`, then defaults; an empty value counts as unset.

    Raises SetupError naming the variable and what is wrong with it. A misspelt FOLIOPILOT_ variable is an error, not silence.
    """
    given = dict(dotenv_values(dotenv)) if dotenv is not None and dotenv.is_file() else {}
    given |= dict(os.environ if environment is None else environment)
    fields = {variable(name): name for name in Settings.model_fields}
    unknown = sorted(name for name in given if name.startswith(PREFIX) and name not in fields and not name.startswith("FOLIOPILOT_TEST_"))
    if unknown:
        raise SetupError(f"{unknown[0]} is not a setting. The settings are: {', '.join(sorted(fields))}.")
    try:
        return Settings.model_validate({fields[name]: value for name, value in given.items() if name in fields and value})
    except ValidationError as error:
        first = error.errors()[0]
        raise SetupError(f"{variable(str(first['loc'][0]))}: {first['msg']}.") from error


def example() -> str:
    """The text of `.env.example`: every setting, commented out, with its meaning and default."""
    lines = ["# Settings of Foliopilot. Copy to .env and take away the # before what you change.", ""]
    for name, field in Settings.model_fields.items():
        default = "" if field.default_factory is not None or field.default is None else str(field.default)
        lines += [f"# {field.description}", f"#{variable(name)}={default}", ""]
    return "\n".join(lines)
