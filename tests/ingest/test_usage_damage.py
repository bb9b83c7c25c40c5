"""Usage files that are damaged or odd: what is good lands, and nothing in them stops the load (design §4)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.ingest.loads import Warehouse, warehouse

HEADER = "snapshot_date,tenant_id,entitlement_tier\n"
# 10,000,000 days after 1970 is the year 29349, beyond what Python's dates hold.
BEYOND_PYTHON = pa.array([20741, 10_000_000, 20742], pa.date32())


def write_parquet(here: Warehouse, **columns: Any) -> None:
    path = here.settings.landing / "usage" / "a.parquet"
    path.parent.mkdir(exist_ok=True)
    pq.write_table(pa.table(columns), path)


def bad(here: Warehouse) -> list[tuple[Any, ...]]:
    return here.ask("select reason_code, byte_offset, byte_length from lake.bronze.quarantine")


def test_a_date_beyond_the_year_9999_in_parquet_is_one_bad_row(home: Path) -> None:
    here = warehouse(home)
    write_parquet(
        here, snapshot_date=BEYOND_PYTHON, tenant_id=["a", "b", "c"], entitlement_tier=["pro", "pro", "free"]
    )
    here.load()
    assert here.ask("select snapshot_date, tenant_id from lake.bronze.usage_snapshots order by 2") == [
        (date(2026, 10, 15), "a"),
        (date(2026, 10, 16), "c"),
    ]
    assert bad(here) == [("bad_value", 1, 1)]
    ((raw,),) = here.ask("select raw from lake.bronze.quarantine")
    kept = pa.ipc.open_stream(raw).read_all()
    assert kept.column("snapshot_date").cast(pa.int32()).to_pylist() == [10_000_000]
    assert kept.column("tenant_id").to_pylist() == ["b"]


def test_bytes_that_are_no_text_in_parquet_are_one_bad_row(home: Path) -> None:
    here = warehouse(home)
    names = pa.array([b"a", b"\xff"], pa.binary()).view(pa.string())
    write_parquet(here, snapshot_date=["2026-10-15"] * 2, tenant_id=names, entitlement_tier=["pro", "pro"])
    here.load()
    assert here.log("records_found, rows_landed, rows_quarantined") == [(2, 1, 1)]
    assert bad(here) == [("bad_value", 1, 1)]


def test_two_parquet_columns_of_one_name_are_one_bad_record(home: Path) -> None:
    here = warehouse(home)
    path = home / "landing" / "usage" / "a.parquet"
    path.parent.mkdir()
    columns = [pa.array([value]) for value in ("2026-10-15", "acme", "pro", "free")]
    names = ["snapshot_date", "tenant_id", "entitlement_tier", "entitlement_tier"]
    pq.write_table(pa.Table.from_arrays(columns, names=names), path)
    here.load()
    assert here.log("records_found, rows_landed, rows_quarantined") == [(1, 0, 1)]
    assert bad(here) == [("bad_header", 0, path.stat().st_size)]


def test_a_parquet_file_damaged_inside_keeps_what_came_before(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.usage._BATCH_ROWS", 10)
    here = warehouse(home)
    path = home / "landing" / "usage" / "a.parquet"
    path.parent.mkdir()
    rows = [
        {"snapshot_date": "2026-10-15", "tenant_id": f"t{n}", "entitlement_tier": "pro"} for n in range(40)
    ]
    pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=10, compression="gzip")
    group = pq.ParquetFile(path).metadata.row_group(2).column(1)
    data = bytearray(path.read_bytes())
    start = group.dictionary_page_offset
    data[start : start + group.total_compressed_size] = b"\xff" * group.total_compressed_size
    path.write_bytes(data)
    here.load()
    assert here.log("records_found, rows_landed, rows_quarantined") == [(21, 20, 1)]
    assert bad(here) == [("unreadable_table", 0, len(data))]


def test_nanoseconds_in_parquet_are_cut_to_microseconds_and_kept_whole_as_attributes(home: Path) -> None:
    here = warehouse(home)
    # 1792059000 s is 2026-10-15T10:10:00Z.
    nanoseconds = pa.array([1792059000123456789], pa.timestamp("ns"))
    write_parquet(
        here,
        snapshot_date=["2026-10-15"],
        tenant_id=["acme"],
        entitlement_tier=["pro"],
        updated_at=nanoseconds,
        seen_at=nanoseconds,
    )
    here.load()
    ((updated_at, seen_at),) = here.ask(
        "select updated_at, attributes['seen_at'] from lake.bronze.usage_snapshots"
    )
    assert updated_at == datetime.fromisoformat("2026-10-15T10:10:00.123456")
    assert "10:10:00.123456789" in seen_at


def test_a_number_that_is_none_is_kept_by_its_name_as_an_attribute(home: Path) -> None:
    here = warehouse(home)
    write_parquet(
        here,
        snapshot_date=["2026-10-15"],
        tenant_id=["acme"],
        entitlement_tier=["pro"],
        ratio=[float("nan")],
        rate=[float("-inf")],
    )
    here.load()
    assert here.ask("select attributes['ratio'], attributes['rate'] from lake.bronze.usage_snapshots") == [
        ("nan", "-inf")
    ]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("", []),
        (HEADER, [(0, 0)]),
        ("\ufeff" + HEADER, [(0, 0)]),
        ("\ufeff" + HEADER + "2026-10-15,a,b", [(1, 1)]),
    ],
)
def test_an_empty_csv_has_no_records_with_or_without_a_byte_order_mark(
    home: Path, content: str, found: list[tuple[int, int]]
) -> None:
    here = warehouse(home)
    here.write("usage/a.csv", content)
    here.load()
    assert here.log("records_found, rows_landed") == found
    assert here.load().sentence() == "Nothing new to load."


def test_bytes_of_another_encoding_are_one_bad_csv_row(home: Path) -> None:
    here = warehouse(home)
    here.write("usage/a.csv", HEADER.encode() + b"2026-10-15,caf\xe9,pro\n2026-10-15,acme,pro\n")
    here.load()
    assert here.log("records_found, rows_landed, rows_quarantined") == [(2, 1, 1)]
    assert bad(here) == [("malformed_csv", len(HEADER), 20)]


SNAPSHOT = '"snapshot_date":"2026-10-15","tenant_id":"acme","entitlement_tier":"pro"'


@pytest.mark.parametrize("value", ["NaN", "-Infinity"])
def test_a_number_that_json_lacks_is_one_bad_line(home: Path, value: str) -> None:
    here = warehouse(home)
    here.write("usage/a.jsonl", f'{{{SNAPSHOT},"ratio":{value}}}\n{{{SNAPSHOT}}}\n')
    here.load()
    assert here.log("records_found, rows_landed, rows_quarantined") == [(2, 1, 1)]


def test_integers_of_any_length_are_kept_as_attributes(home: Path) -> None:
    here = warehouse(home)
    here.write("usage/a.jsonl", f'{{{SNAPSHOT},"n":{"9" * 60}}}\n')
    here.load()
    assert here.ask("select attributes['n'] from lake.bronze.usage_snapshots") == [("9" * 60,)]


def repeated_at_top(line: str) -> str:
    return line[:-1] + ',"tenant_id":"other"}'


def repeated_below(line: str) -> str:
    return line[:-1] + ',"plan":{"a":1,"a":2}}'


@pytest.mark.parametrize("repeat", [repeated_at_top, repeated_below])
def test_a_record_that_gives_one_name_twice_is_refused_as_one_would_be_lost(
    home: Path, repeat: Callable[[str], str]
) -> None:
    here = warehouse(home)
    line = repeat(f"{{{SNAPSHOT}}}")
    assert json.loads(line)
    here.write("usage/a.jsonl", line)
    here.load()
    assert bad(here) == [("repeated_name", 0, len(line))]
