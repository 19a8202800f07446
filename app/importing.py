"""`foliopilot import`: a transactions file into a new paper account, all lines or none."""

from __future__ import annotations

import asyncio
import re
import sys
from datetime import datetime
from pathlib import Path

from app import settings, wiring
from app.accounts import Opening, create
from domain.clock import SystemClock
from domain.errors import BadArgument, ImportRefused
from domain.money import money_text
from domain.portfolio import AccountSpec, Mode
from market.calendar import NEW_YORK
from storage import accounts
from trading.statements.statement import Statement, parse

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
RESERVED = frozenset({"demo", "replay"})


def main(file: Path, account: str | None, *, shorting: bool = False) -> int:
    """Import and say what was read; 0 then."""
    name = account if account is not None else account_name(file)
    check_name(name)
    statement = read(file, name, SystemClock().now(), shorting=shorting)
    asyncio.run(_store(AccountSpec(name, Mode.PAPER, shorting=shorting, priced=False), statement))
    sys.stdout.write(said(statement, name) + "\n")
    return 0


def account_name(file: Path) -> str:
    """An account's name made of a file's."""
    return re.sub(r"[^a-z0-9._-]+", "-", file.name.split(".")[0].lower()).strip("-._")[:40] or "imported"


def check_name(name: str) -> None:
    """Raise BadArgument for a name that could not be typed or is taken by the house itself."""
    if not NAME.fullmatch(name):
        raise BadArgument(f"{name!r} cannot name an account: use lower-case letters, digits, - and _.", example="--account retirement")
    if name in RESERVED:
        raise BadArgument(f"{name!r} is the house's own account; choose another name.", example="--account retirement")


def read(file: Path, name: str, now: datetime, *, shorting: bool = False) -> Statement:
    """The statement in a file; raises ImportRefused naming what is wrong with the file or each bad line, one dated after `now` included."""
    try:
        data = file.read_bytes()
    except FileNotFoundError as error:
        raise ImportRefused(f"There is no file {file}.") from error
    except OSError as error:
        raise ImportRefused(f"{file} cannot be read: {error.strerror}.") from error
    return parse(data, name, shorting=shorting, today=now.astimezone(NEW_YORK).date())


def said(statement: Statement, name: str) -> str:
    """What was imported and assumed, and the line that opens it."""
    trades = sum(1 for e in statement.entries if e.symbol is not None)
    lines = [f"Imported {trades} transactions into the paper account {name}."]
    if statement.opening_cash:
        lines.append(
            f"Assumed an opening deposit of {money_text(statement.opening_cash)}, the least that keeps its cash from going negative."
        )
    lines += statement.notes
    lines.append(f"Open it: foliopilot chat --account {name}    (quantities and cost; --simulated tries it on simulated prices, on a copy)")
    return "\n".join(lines)


async def _store(spec: AccountSpec, statement: Statement) -> None:
    async with wiring.database(settings.load(), command="import") as store:
        async with store.read() as tx:
            if await accounts.get(tx, spec.name) is not None:
                raise BadArgument(f"There is an account {spec.name} already; choose another name.", example=f"--account {spec.name}-2")
        await create(store, Opening(spec, statement.entries), SystemClock().now())
