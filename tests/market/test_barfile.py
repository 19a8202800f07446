"""A file of bars is read whole, sorted and without repeats, or refused with every bad line."""

from __future__ import annotations

import contextlib
import gzip
import importlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.errors import ImportRefused, SetupError
from market import barfile
from market.bars import Columns

NEW_YORK = ZoneInfo("America/New_York")
HEAD = "symbol,datetime,open,high,low,close,volume\n"
ROW = "SPY,2025-10-10 09:30,10,11,9,10.5,100\n"


def read(folder: Path, text: str | bytes, name: str = "bars.csv") -> Mapping[str, Columns]:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return barfile.read(path, NEW_YORK)


def refused(folder: Path, text: str | bytes, name: str = "bars.csv") -> ImportRefused:
    with pytest.raises(ImportRefused) as caught:
        read(folder, text, name)
    assert len(caught.value.message) < 1000
    return caught.value


def when(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def test_a_plain_file(tmp_path: Path) -> None:
    found = read(tmp_path, HEAD + ROW + "qqq,2025-10-10 09:30,1,2,1,2,0\n" + "SPY,2025-10-10 09:35,10.5,11,9,10,7.5\n\n")
    assert list(found) == ["SPY", "QQQ"]
    spy = found["SPY"]
    assert list(spy.starts) == [when("2025-10-10T13:30Z"), when("2025-10-10T13:35Z")]
    assert [list(c) for c in (spy.opens, spy.highs, spy.lows, spy.closes, spy.volumes)] == [
        [10, 10.5],
        [11, 11],
        [9, 9],
        [10.5, 10],
        [100, 7.5],
    ]
    assert not spy.dates


@pytest.mark.parametrize(
    "head",
    [
        "SYMBOL,DateTime,OPEN,High,low,Close,VOLUME\n",
        "Ticker;Timestamp;O;H;L;C;V\n",
        "\ufeff symbol \tdate\topen\thigh\tlow\tlast\tvol\n",
    ],
)
def test_spellings_and_separators(tmp_path: Path, head: str) -> None:
    mark = next(m for m in ";\t," if m in head)
    assert list(read(tmp_path, head + ROW.replace(",", mark))["SPY"].starts) == [when("2025-10-10T13:30Z")]


def test_columns_in_any_order_and_extra_ones(tmp_path: Path) -> None:
    text = "date,adj_close,volume,close,low,high,open,symbol,time\n2025-10-10,3,100,10.5,9,11,10,SPY,09:30:00\n"
    found = read(tmp_path, text)["SPY"]
    assert list(found.starts) == [when("2025-10-10T13:30Z")]
    assert list(found.opens) == [10]
    assert list(found.closes) == [10.5]


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("2025-10-10 09:30", "2025-10-10T13:30Z"),
        ("2025-10-10T09:30:00", "2025-10-10T13:30Z"),
        ("2025-01-10 09:30", "2025-01-10T14:30Z"),
        ("2025-10-10T13:30:00Z", "2025-10-10T13:30Z"),
        ("2025-10-10 15:30:00+02:00", "2025-10-10T13:30Z"),
        ("10/10/2025 09:30", "2025-10-10T13:30Z"),
        ("1760103000", "2025-10-10T13:30Z"),
        ("1760103000000", "2025-10-10T13:30Z"),
        ("2025-10-10", "2025-10-10T04:00Z"),
    ],
)
def test_times(tmp_path: Path, written: str, utc: str) -> None:
    columns = read(tmp_path, f"{HEAD}SPY,{written},10,11,9,10,1\n")["SPY"]
    assert list(columns.starts) == [when(utc)]
    assert columns.dates is (written == "2025-10-10")


def test_shuffled_rows_are_sorted_and_identical_ones_dropped(tmp_path: Path) -> None:
    rows = [f"SPY,2025-10-10 09:{m}{n},10,11,9,{9 + m / 10},1\n" for m in range(3, 6) for n in (0, 5)]
    straight = read(tmp_path, HEAD + "".join(rows))
    shuffled = read(tmp_path, HEAD + "".join([*rows[3:], *rows[:3], rows[4], rows[0]]))
    assert straight == shuffled


def test_contradictory_rows_are_refused(tmp_path: Path) -> None:
    error = refused(tmp_path, HEAD + ROW + ROW.replace("10.5", "10.6") + ROW)
    assert error.lines[0].number == 3
    assert error.lines[0].reason == "contradicts line 2: another bar of SPY at 2025-10-10 09:30"
    assert len(error.lines) == 1


def test_every_bad_line_is_named_with_its_reason(tmp_path: Path) -> None:
    rows = (
        "SPY,2025-10-10 09:30,10,11,9,10\n"
        "SPY,2025-10-10 09:35,ten,11,9,10,1\n"
        "SPY,2025-10-10 09:40,10,,9,10,1\n"
        "SPY,2025-10-10 09:45,10,8,9,9,1\n"
        "SPY,2025-10-10 09:50,-10,11,9,10,1\n"
        "SPY,2025-10-10 09:55,12,11,9,10,1\n"
        "SPY,2025-10-10 10:00,10,11,9,12,1\n"
        "SPY,2025-10-10 10:05,10,11,9,10,-1\n"
        "SPY,soon,10,11,9,10,1\n"
        "S Y,2025-10-10 10:15,10,11,9,10,1\n"
        "SPY,2025-10-10 10:20,nan,11,9,10,1\n"
        "SPY,2025-10-10 10:25,10,inf,9,10,1\n"
        "SPY,13/13/2025,10,11,9,10,1\n"
    )
    error = refused(tmp_path, HEAD + rows)
    reasons = {b.number: b.reason for b in error.lines}
    assert reasons == {
        2: "has 6 values where 7 are needed",
        3: "open 'ten' is not a number",
        4: "high is missing",
        5: "high 8 is below low 9",
        6: "open -10 is not a price above zero",
        7: "open 12 is outside low 9 to high 11",
        8: "close 12 is outside low 9 to high 11",
        9: "volume -1 is not a quantity",
        10: "'soon' is not a time like 2025-10-10 09:30",
        11: "'S Y' is not a symbol",
        12: "open nan is not a price above zero",
        13: "high inf is not a price above zero",
        14: "'13/13/2025' is not a time like 2025-10-10 09:30",
    }
    assert error.message.startswith("bars.csv was refused whole, 13 bad lines: line 2: has 6 values")
    assert error.message.endswith("and 8 more.")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "bars.csv is empty."),
        (" \n", "bars.csv is empty."),
        (HEAD, "bars.csv has headings but no bars."),
        ("a,b,c\n1,2,3\n", "lacks the headings symbol, datetime, open, high, low, volume; it has: a, b, c."),
        ("symbol,datetime,open,high,low,close\n", "lacks the heading volume"),
        ("datetime,open,high,low,close,volume\n", "lacks the heading symbol"),
        ("x" * 10_000_000, "lacks the headings"),
        (HEAD + "x" * 10_000_000, "line 2: cannot be read as a row"),
        ('"' + HEAD + "x" * 200_000, "lacks the headings"),
    ],
)
def test_a_file_that_is_no_bar_file(tmp_path: Path, text: str, said: str) -> None:
    assert said in refused(tmp_path, text).message


def test_bytes_that_are_no_text_spoil_their_line(tmp_path: Path) -> None:
    error = refused(tmp_path, HEAD.encode() + ROW.encode() + b"S\xff\xfeY,2025-10-10 09:35,10,11,9,10,1\n")
    assert [b.number for b in error.lines] == [3]


def test_a_file_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match="No such file"):
        barfile.read(tmp_path / "none.csv", NEW_YORK)
    with pytest.raises(ImportRefused, match="cannot be read"):
        barfile.read(tmp_path, NEW_YORK)


def test_packed_files_and_packed_files_that_end_too_early(tmp_path: Path) -> None:
    rows = HEAD + "".join(f"SPY,2025-10-{d:02} 09:{m:02},10,11,9,10.{d}{m},1\n" for d in range(1, 29) for m in range(30, 60))
    packed = gzip.compress(rows.encode())
    assert len(read(tmp_path, packed, "bars.csv.gz")["SPY"].starts) == 28 * 30
    assert len(read(tmp_path, packed, "bars.csv")["SPY"].starts) == 28 * 30
    for end in (len(packed) - 1, len(packed) // 2, 12, 5):
        assert "cut off or damaged" in refused(tmp_path, packed[:end], "bars.csv.gz").message
    spoilt = bytearray(packed)
    spoilt[len(packed) // 2] ^= 255
    refused(tmp_path, bytes(spoilt), "bars.csv.gz")
    assert "cut off or damaged" in refused(tmp_path, rows, "plain.csv.gz").message


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=150), st.booleans())
def test_any_bytes_are_read_or_refused(tmp_path: Path, data: bytes, with_headings: bool) -> None:
    with contextlib.suppress(ImportRefused):
        read(tmp_path, HEAD.encode() + data if with_headings else data)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet="SPY,2025-10 09:3.\n\"'e+nif/\0９", max_size=80))
def test_any_cells_are_read_or_refused(tmp_path: Path, text: str) -> None:
    with contextlib.suppress(ImportRefused):
        read(tmp_path, HEAD + ROW + text)


def test_parquet_reads_like_the_same_csv(tmp_path: Path) -> None:
    pandas: Any = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    rows = [("SPY", datetime(2025, 10, 10, 9, 30 + m), 10.0, 11.0, 9.0, 10.0 + m / 10, 100 + m) for m in range(5)]
    frame = pandas.DataFrame(rows, columns=["Symbol", "Datetime", "Open", "High", "Low", "Close", "Volume"])
    straight = read(tmp_path, HEAD + "".join(",".join(map(str, row)) + "\n" for row in rows))
    frame.to_parquet(tmp_path / "bars.parquet")
    assert barfile.read(tmp_path / "bars.parquet", NEW_YORK) == straight
    aware = frame.assign(Datetime=frame["Datetime"].dt.tz_localize(NEW_YORK).dt.tz_convert(UTC))
    aware.set_index(["Symbol", "Datetime"]).to_parquet(tmp_path / "indexed.pq")
    assert barfile.read(tmp_path / "indexed.pq", NEW_YORK) == straight
    frame.drop(columns="Volume").to_parquet(tmp_path / "bars.parquet")
    with pytest.raises(ImportRefused, match="lacks the heading volume"):
        barfile.read(tmp_path / "bars.parquet", NEW_YORK)


def test_a_parquet_file_that_is_none(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    assert "cannot be read as Parquet" in refused(tmp_path, b"PAR1 and no more", "bars.parquet").message


def test_without_a_parquet_reader_the_install_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    (tmp_path / "bars.parquet").write_bytes(b"PAR1")
    with pytest.raises(SetupError, match=r"pip install 'foliopilot\[parquet\]'"):
        barfile.read(tmp_path / "bars.parquet", NEW_YORK)
