"""Writes `sessions.json`, the shipped table of New York Stock Exchange sessions: `python -m market.sessions_table`.

Run by hand when the exchange announces a change; needs the package exchange-calendars, which the product itself never imports.
"""

from __future__ import annotations

import importlib
import json
import sys
from datetime import date, timedelta
from pathlib import Path

FIRST = date(2000, 1, 1)
LAST = date(2036, 12, 31)
TABLE = Path(__file__).with_name("sessions.json")


def table() -> dict[str, object]:
    """Weekdays without a session (`closed`) and sessions that end at 13:00 New York (`early`), as ISO dates from `first` to `last`."""
    calendars = importlib.import_module("exchange_calendars")
    calendar = calendars.get_calendar("XNYS", start=FIRST.isoformat(), end=LAST.isoformat())
    days = {stamp.date() for stamp in calendar.sessions}
    weekdays = [day for n in range((LAST - FIRST).days + 1) if (day := FIRST + timedelta(days=n)).weekday() < 5]
    return {
        "first": FIRST.isoformat(),
        "last": LAST.isoformat(),
        "closed": [day.isoformat() for day in weekdays if day not in days],
        "early": [stamp.date().isoformat() for stamp in calendar.early_closes],
    }


def main() -> None:
    """Write the table beside this module and say how many rows it has."""
    data = table()
    TABLE.write_text(json.dumps(data, separators=(",", ":")) + "\n", encoding="ascii")
    sys.stdout.write(f"{TABLE.name}: {len(str(data))} characters\n")


if __name__ == "__main__":
    main()
