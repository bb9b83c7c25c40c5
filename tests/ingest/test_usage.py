"""Usage snapshots from JSON lines, CSV and Parquet: the same exact rows, bad rows by name (inputs.md)."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingest.pieces import BadRecord, Decoded, Limits, Piece
from ingest.schema import USAGE_SNAPSHOTS
from ingest.usage import decode_snapshot
from tests.ingest.loads import warehouse

COLUMNS = USAGE_SNAPSHOTS.names[: USAGE_SNAPSHOTS.names.index("record_digest") + 1]
SNAPSHOT = {"snapshot_date": "2026-10-15", "tenant_id": "acme", "entitlement_tier": "pro"}


def _decode(record: dict[str, Any] | str) -> Decoded:
    data = (record if isinstance(record, str) else json.dumps(record)).encode()
    return decode_snapshot(Piece(0, len(data), data, "json", None), Limits())


def landed(record: dict[str, Any] | str) -> dict[str, Any]:
    decoded = _decode(record)
    assert decoded.bad == []
    (row,) = decoded.rows["usage_snapshots"]
    return dict(zip(COLUMNS, row[1:], strict=True))


def refused(record: dict[str, Any] | str) -> BadRecord:
    decoded = _decode(record)
    assert decoded.rows == {}
    (bad,) = decoded.bad
    return bad


def test_what_was_not_sent_is_null_and_not_zero() -> None:
    row = landed(SNAPSHOT)
    assert (row["seats"], row["active_users"], row["mrr_amount"], row["features_used"]) == (None,) * 4


def test_a_whole_snapshot_lands_with_its_types() -> None:
    row = landed(
        '{"snapshot_date":"2026-10-15","tenant_id":"acme","entitlement_tier":"pro","seats":0,"active_users":3,'
        '"status":"active","mrr_amount":0.1,"mrr_currency":"EUR","trial_started_on":"2026-09-30",'
        '"features_enabled":["chat","vault"],"features_used":[],"updated_at":"2026-10-15T23:55:00+01:00"}'
    )
    assert row["snapshot_date"] == date(2026, 10, 15)
    assert (row["seats"], row["active_users"], row["status"]) == (0, 3, "active")
    assert row["mrr_amount"] == Decimal("0.1000")
    assert row["trial_started_on"] == date(2026, 9, 30)
    assert (row["features_enabled"], row["features_used"]) == (["chat", "vault"], [])
    assert row["updated_at"] == datetime.fromisoformat("2026-10-15T22:55:00")


def test_an_unknown_tier_lands() -> None:
    assert landed({**SNAPSHOT, "entitlement_tier": "platinum"})["entitlement_tier"] == "platinum"


def test_unknown_fields_are_kept_as_text_with_exact_numbers() -> None:
    text = json.dumps(SNAPSHOT)[:-1] + ',"b":true,"n":1.10,"o":{"n":1.10},"s":"x","z":null}'
    assert landed(text)["attributes"] == (
        ["b", "n", "o", "s"],
        ["true", "1.10", '{"n":1.10}', "x"],
    )


@pytest.mark.parametrize("name", ["snapshot_date", "tenant_id", "entitlement_tier"])
def test_a_missing_required_field_is_named(name: str) -> None:
    for record in ({**SNAPSHOT, name: None}, {**SNAPSHOT, name: ""}):
        bad = refused(record)
        assert (bad.reason_code, bad.reason) == (f"missing_{name}", f"{name} is missing.")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("snapshot_date", "2026-02-30"),
        ("snapshot_date", "15.10.2026"),
        ("snapshot_date", 20261015),
        ("tenant_id", 7),
        ("seats", -1),
        ("seats", 1.5),
        ("seats", True),
        ("seats", "many"),
        ("seats", 2**63),
        ("active_users", -1),
        ("status", "sleeping"),
        ("status", ["active"]),
        ("mrr_amount", "12,50"),
        ("mrr_amount", 0.00001),
        ("mrr_amount", 10**14),
        ("trial_started_on", "soon"),
        ("features_used", [1]),
        ("features_used", "[" * 5000),
        ("updated_at", "0001-01-01T00:00:00+23:59"),
    ],
)
def test_a_value_of_another_type_is_refused_by_name(name: str, value: Any) -> None:
    assert refused({**SNAPSHOT, name: value}).reason_code == f"bad_{name}"


def test_a_lone_surrogate_is_one_bad_record() -> None:
    assert refused({**SNAPSHOT, "tenant_name": "\ud800"}).reason_code == "invalid_text"
    assert refused({**SNAPSHOT, "\ud800": 1}).reason_code == "invalid_text"


HEADER = (
    "snapshot_date,tenant_id,entitlement_tier,tenant_name,seats,"
    "mrr_amount,features_enabled,updated_at,region\n"
)
ROW = '2026-10-15,acme,pro,"Acme, ""Inc""\nBerlin",5,1200.10,chat; vault,2026-10-15T23:55:00Z,eu\n'


def test_json_lines_csv_and_parquet_give_the_same_row(home: Path) -> None:
    here = warehouse(home)
    record = {
        "snapshot_date": "2026-10-15",
        "tenant_id": "acme",
        "entitlement_tier": "pro",
        "tenant_name": 'Acme, "Inc"\nBerlin',
        "seats": 5,
        "mrr_amount": "1200.10",
        "features_enabled": ["chat", "vault"],
        "updated_at": "2026-10-15T23:55:00Z",
        "region": "eu",
    }
    here.write("usage/a.jsonl", json.dumps(record))
    here.write("usage/b.csv", HEADER + ROW)
    here.write("usage/c.csv.gz", gzip.compress(("\ufeff" + HEADER + ROW).replace("\n", "\r\n").encode()))
    typed = record | {
        "snapshot_date": date(2026, 10, 15),
        "mrr_amount": Decimal("1200.10"),
        "updated_at": datetime(2026, 10, 15, 23, 55, tzinfo=UTC),
    }
    pq.write_table(pa.Table.from_pylist([typed]), home / "landing" / "usage" / "d.parquet")
    here.load()
    columns = "snapshot_date, tenant_id, seats, mrr_amount, features_enabled, updated_at, attributes"
    rows = here.ask(f"select {columns} from lake.bronze.usage_snapshots")
    assert len(rows) == 4
    assert rows.count(rows[0]) == 4
    assert rows[0][3] == Decimal("1200.1000")
    digests = here.ask(
        "select count(distinct record_digest) from lake.bronze.usage_snapshots "
        "where source_file <> 'usage/c.csv.gz'"
    )
    assert digests == [(1,)]


def test_a_growing_csv_is_continued_behind_its_last_whole_row(home: Path) -> None:
    here = warehouse(home, TRACEHOUSE_SETTLE_SECONDS="300")
    start = "snapshot_date,tenant_id,entitlement_tier\n2026-10-15,acme,pro\n2026-10-15,bo"
    here.write("usage/a.csv", start)
    assert here.load().rows_landed["usage_snapshots"] == 1
    here.append("usage/a.csv", "lt,free\n")
    assert here.load().rows_landed["usage_snapshots"] == 1
    assert here.ask("select tenant_id, entitlement_tier from lake.bronze.usage_snapshots order by 1") == [
        ("acme", "pro"),
        ("bolt", "free"),
    ]
    assert here.load().sentence() == "Nothing new to load."


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("2026-10-15,acme\n", "wrong_field_count"),
        ("2026-10-15,acme,pro,more\n", "wrong_field_count"),
        ('2026-10-15,"acme"x,pro\n', "malformed_csv"),
        ("2026-10-15,,pro\n", "missing_tenant_id"),
        ('2026-10-15,"acme,pro\n', "malformed_csv"),
    ],
)
def test_a_bad_csv_row_is_quarantined_alone_with_its_place(home: Path, row: str, code: str) -> None:
    here = warehouse(home)
    start = "snapshot_date,tenant_id,entitlement_tier\n2026-10-15,good,pro\n"
    here.write("usage/a.csv", start + row + "2026-10-15,better,pro\n")
    here.load()
    assert here.ask("select reason_code, byte_offset, byte_length from lake.bronze.quarantine") == [
        (code, len(start), len(row))
    ]
    assert here.log("records_found, rows_landed, rows_quarantined") == [(3, 2, 1)]


def test_a_last_row_without_its_line_end_lands_whole_or_is_torn(home: Path) -> None:
    here = warehouse(home)
    start = "snapshot_date,tenant_id,entitlement_tier\n"
    here.write("usage/a.csv", start + "2026-10-15,acme,pro")
    here.write("usage/b.csv", start + "2026-10-15,bo")
    here.load()
    assert here.ask("select tenant_id from lake.bronze.usage_snapshots") == [("acme",)]
    assert here.ask("select source_file, reason_code from lake.bronze.quarantine") == [
        ("usage/b.csv", "torn_record")
    ]


def test_a_csv_whose_columns_have_no_names_of_their_own_is_one_bad_record(home: Path) -> None:
    here = warehouse(home)
    text = "tenant_id,tenant_id\na,b\nc,d\n"
    here.write("usage/a.csv", text)
    here.load()
    assert here.ask("select reason_code, byte_offset, byte_length from lake.bronze.quarantine") == [
        ("bad_header", 0, len(text))
    ]
    assert here.load().sentence() == "Nothing new to load."


def test_a_parquet_file_without_its_end_is_awaited_and_then_one_bad_record(home: Path) -> None:
    whole = home / "whole.parquet"
    pq.write_table(pa.Table.from_pylist([SNAPSHOT]), whole)
    cut = whole.read_bytes()[:-20]
    fresh = warehouse(home, TRACEHOUSE_SETTLE_SECONDS="300")
    fresh.write("usage/a.parquet", cut)
    assert fresh.load().sentence() == "Nothing new to load."
    warehouse(home).load()
    assert fresh.log("records_found, rows_quarantined") == [(1, 1)]
    fresh.write("usage/a.parquet", whole.read_bytes())
    assert fresh.load().rows_landed["usage_snapshots"] == 1


def test_a_bad_row_of_a_parquet_file_is_quarantined_as_json(home: Path) -> None:
    here = warehouse(home)
    rows = [SNAPSHOT, {**SNAPSHOT, "tenant_id": None}]
    path = home / "landing" / "usage" / "a.parquet"
    path.parent.mkdir()
    pq.write_table(pa.Table.from_pylist(rows), path)
    here.load()
    ((code, place, raw),) = here.ask("select reason_code, byte_offset, raw from lake.bronze.quarantine")
    assert (code, place, json.loads(raw)) == ("missing_tenant_id", 1, {**SNAPSHOT, "tenant_id": None})
