"""The installed command `foliopilot`: imports click alone; each sub-command's module is loaded when it is called."""

from __future__ import annotations

import gc
import importlib
import logging
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from app.speech import plainly
from domain.errors import FoliopilotError, ImportRefused, UserError

SHOWN_LINES = 20
FILE = click.Path(dir_okay=False, path_type=Path)


class Instant(click.ParamType[datetime]):
    """An ISO instant with its offset, for example 2025-10-10T14:00-04:00."""

    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """An aware datetime; a naive or malformed one is refused with a correct example."""
        try:
            at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is not an instant; write it like 2025-10-10T14:00-04:00.", param, ctx)
        if at.tzinfo is None:
            self.fail(f"{value!r} has no zone; write it like 2025-10-10T14:00-04:00.", param, ctx)
        return at


def world_options(command: Any) -> Any:
    """The options that choose a book and a market; all but --account use a throw-away database."""
    options = (
        click.option("--account", metavar="NAME", help="The account to open."),
        click.option("--now", type=Instant(), help="The demo's simulated instant (throw-away database)."),
        click.option("--replay", type=FILE, help="Bars as the market: CSV, CSV.GZ or Parquet (throw-away database)."),
        click.option("--at", type=Instant(), help="With --replay: the instant at which it begins."),
        click.option("--speed", type=click.FloatRange(min=0, min_open=True), default=1.0, help="With --replay: how fast time runs."),
        click.option("--zone", default="America/New_York", show_default=True, help="With --replay: the zone of naive times."),
        click.option("--book", type=FILE, help="A transactions file as the book, for this run only."),
        click.option("--simulated", is_flag=True, help="Price an imported book with simulated prices, on a copy that is thrown away."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="foliopilot", prog_name="foliopilot")
def cli() -> None:
    """A copilot for your portfolio: ask about it, act on it after a confirmation, be told when it matters.

    With no key and no network `foliopilot chat` opens a demo account in a simulated market.
    """


@cli.command()
@world_options
def chat(**options: Any) -> None:
    """Talk in this terminal; piped input works as well, one line in, one answer out."""
    _call("app.chat", "main", **options)


@cli.command()
@click.argument("text", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print the documented JSON instead of text.")
@world_options
def ask(text: tuple[str, ...], as_json: bool, **options: Any) -> None:
    """Answer one line and exit; nothing is stored, nothing is executed."""
    gc.disable()  # a process of half a second, under 60 MB, has nothing to collect
    _call("app.ask", "main", text=" ".join(text), as_json=as_json, **options)


@cli.command()
def run() -> None:
    """Run everything that is configured, without a terminal, until it is stopped."""
    _call("app.run", "main")


@cli.command("import")
@click.argument("file", type=FILE)
@click.option("--account", metavar="NAME", help="The new account's name; the file's name when left out.")
@click.option("--shorting", is_flag=True, help="The account may sell short: a sale of more than is held is no bad line.")
def import_(file: Path, account: str | None, *, shorting: bool) -> None:
    """Read a transactions file into a new paper account: all lines or none."""
    _call("app.importing", "main", file=file, account=account, shorting=shorting)


@cli.command()
@click.option(
    "--to", "directory", type=click.Path(file_okay=False, path_type=Path), help="Where to; the data directory's own when left out."
)
def backup(directory: Path | None) -> None:
    """Copy the database beside a running program, check the copy, and say where it is."""
    _call("app.backing", "main", directory=directory)


@cli.command()
@click.argument("file", type=FILE)
def restore(file: Path) -> None:
    """Put a back-up in the place of the database; the present one is set aside."""
    _call("app.restoring", "main", file=file)


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print the parts and the detailed health as JSON.")
@click.option("--audit", is_flag=True, help="Only verify that no line of the journal was changed, taken out or added.")
def doctor(as_json: bool, audit: bool) -> None:
    """Say of each part whether it is ready, off, or needs one thing, and check the journal's chain."""
    if audit:
        _call("app.auditing", "main")
    else:
        _call("app.doctor", "main", as_json=as_json)


def main() -> None:
    """The console script. A deliberate error is a sentence on standard error and exit 2; anything else is a fault, exit 1."""
    plainly()
    try:
        cli.main(standalone_mode=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except UserError as error:
        click.echo(explained(error), err=True)
        sys.exit(2)
    except FoliopilotError as error:
        click.echo(f"{error}", err=True)
        sys.exit(1)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except Exception:
        logging.getLogger(__name__).exception("the command ended")
        click.echo("Foliopilot met a fault of its own and stopped; nothing was sent after that. The log line above says where.", err=True)
        sys.exit(1)


def explained(error: UserError) -> str:
    """The error for standard error: its sentence, the first bad lines of a refused file, and the line to type instead."""
    lines = [error.message]
    if isinstance(error, ImportRefused) and error.lines:
        lines = [error.message.partition(f": line {error.lines[0].number}: ")[0] + ":"]  # each line is told below, once
        lines += [f"  line {bad.number}: {bad.reason}" for bad in error.lines[:SHOWN_LINES]]
        if len(error.lines) > SHOWN_LINES:
            lines.append(f"  and {len(error.lines) - SHOWN_LINES} more lines")
    if error.example:
        lines.append(f"Try: {error.example}")
    return "\n".join(lines)


def _call(module: str, function: str, **arguments: Any) -> None:
    code = getattr(importlib.import_module(module), function)(**arguments)
    if code:
        sys.exit(code)
