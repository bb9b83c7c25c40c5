"""The FOCUS export: its columns and types, how values are written, what it says when it cannot."""

from __future__ import annotations

import csv
import errno
import json
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingest.errors import SettingsError
from metabase.__main__ import MANIFEST
from metabase.contracts import Mart, public_marts
from metabase.focus_export import export_month
from metabase.focus_schema import schema_metadata
from metabase.serving import Serving
from metabase.sql import quoted
from orchestration.__main__ import main

# FOCUS 1.2, Cost and Usage: what it added to the columns of 1.0.
SINCE_1_0 = {
    "BillingAccountType",
    "CapacityReservationId",
    "CapacityReservationStatus",
    "CommitmentDiscountQuantity",
    "CommitmentDiscountUnit",
    "InvoiceId",
    "PricingCurrency",
    "PricingCurrencyContractedUnitPrice",
    "PricingCurrencyEffectiveCost",
    "PricingCurrencyListUnitPrice",
    "ServiceSubcategory",
    "SkuMeter",
    "SkuPriceDetails",
    "SubAccountType",
}
# Its columns that are no text.
DATE_TIMES = {"BillingPeriodEnd", "BillingPeriodStart", "ChargePeriodEnd", "ChargePeriodStart"}
DECIMALS = {
    "BilledCost",
    "CommitmentDiscountQuantity",
    "ConsumedQuantity",
    "ContractedCost",
    "ContractedUnitPrice",
    "EffectiveCost",
    "ListCost",
    "ListUnitPrice",
    "PricingCurrencyContractedUnitPrice",
    "PricingCurrencyEffectiveCost",
    "PricingCurrencyListUnitPrice",
    "PricingQuantity",
}
# Its columns that a charge for usage may not leave null.
NEVER_NULL = {
    "BilledCost",
    "BillingAccountId",
    "BillingAccountType",
    "BillingCurrency",
    "BillingPeriodEnd",
    "BillingPeriodStart",
    "ChargeCategory",
    "ChargeFrequency",
    "ChargePeriodEnd",
    "ChargePeriodStart",
    "ConsumedQuantity",
    "ConsumedUnit",
    "ContractedCost",
    "ContractedUnitPrice",
    "EffectiveCost",
    "InvoiceIssuerName",
    "ListCost",
    "ListUnitPrice",
    "PricingCategory",
    "PricingCurrency",
    "PricingCurrencyEffectiveCost",
    "PricingQuantity",
    "PricingUnit",
    "ProviderName",
    "PublisherName",
    "ServiceCategory",
    "ServiceName",
    "ServiceSubcategory",
    "SkuId",
    "SkuMeter",
    "SkuPriceId",
}
NOW = datetime(2026, 11, 2, 9, 5, 7, 999_999, tzinfo=UTC)


def contract(name: str) -> Mart:
    return next(mart for mart in public_marts(MANIFEST) if mart.name == name)


@pytest.fixture
def serving(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Serving:
    monkeypatch.setenv("TRACEHOUSE_HOME", str(tmp_path))
    return Serving(tmp_path / "serving")


def release(serving: Serving, release_id: str, charges: list[dict[str, str]], *usage: str) -> None:
    """A release with these charges, SQL by column and null where none is given, and a day's unpriced usage:
    day, tokens, requests."""
    folder = serving.release(release_id)
    folder.mkdir(parents=True)
    columns = contract("focus_charges_daily").columns
    with duckdb.connect() as connection:
        declared = ", ".join(f"{quoted(column.name)} {column.data_type}" for column in columns)
        connection.execute(f"create table charges ({declared})")
        for charge in charges:
            values = ", ".join(charge.get(column.name, "null") for column in columns)
            connection.execute(f"insert into charges values ({values})")
        connection.execute(f"copy charges to '{folder / 'focus_charges_daily.parquet'}'")
        connection.execute(
            "create table usage (usage_date date, unpriced_tokens bigint, unpriced_requests double)"
        )
        for row in usage:
            connection.execute(f"insert into usage values ({row})")
        connection.execute(f"copy usage to '{folder / 'token_usage_daily.parquet'}'")
    serving.pointer.write_text(f"{release_id}\n")


def charge(day: str, **more: str) -> dict[str, str]:
    return {
        "ChargePeriodStart": f"timestamp '{day}'",
        "x_ChargeId": f"'{day}'",
        "ConsumedUnit": "'Tokens'",
    } | more


def exported(file: Path) -> list[dict[str, str]]:
    with file.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.shared
def test_the_columns_are_those_of_focus_1_0_and_what_1_2_added_in_order_of_their_names(
    shared_data: Path,
) -> None:
    with (shared_data / "billing" / "focus" / "focus_sample.csv").open(newline="") as stream:
        header = next(csv.reader(stream))
    # The sample numbers its rows in a column that is none of the specification's.
    of_1_0 = [name for name in header if name != "Id"]
    assert len(of_1_0) == 43
    names = contract("focus_charges_daily").column_names
    own = [name for name in names if name.startswith("x_")]
    assert list(names) == [*sorted({*of_1_0, *SINCE_1_0}), *own]


def test_types_and_nulls_are_those_that_focus_gives_a_charge_for_usage() -> None:
    columns = [c for c in contract("focus_charges_daily").columns if not c.name.startswith("x_")]
    kinds = {column.name: column.data_type.partition("(")[0] for column in columns}
    assert {name for name, kind in kinds.items() if kind == "timestamp"} == DATE_TIMES
    assert {name for name, kind in kinds.items() if kind == "decimal"} == DECIMALS
    assert {kind for name, kind in kinds.items() if name not in DATE_TIMES | DECIMALS} == {"varchar"}
    assert {column.name for column in columns if not column.is_nullable} >= NEVER_NULL


def test_csv_has_times_with_z_plain_decimals_and_nothing_for_null(serving: Serving, tmp_path: Path) -> None:
    release(
        serving,
        "r00000001",
        [
            charge(
                "2026-10-31", ListUnitPrice="0.000000000000000001", ConsumedQuantity="1200", BilledCost="0"
            )
            | {"x_IsListPriceKnown": "true"}
        ],
    )
    export_month(serving, "2026-10", tmp_path / "october.csv", now=NOW)
    (row,) = exported(tmp_path / "october.csv")
    assert row["ChargePeriodStart"] == "2026-10-31T00:00:00Z"
    assert row["ListUnitPrice"] == "0.000000000000000001"
    assert (row["ConsumedQuantity"], row["BilledCost"]) == ("1200", "0")
    assert (row["ChargeClass"], row["x_IsListPriceKnown"]) == ("", "true")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_text_from_telemetry_is_no_formula_in_csv_and_unchanged_in_parquet(
    serving: Serving, tmp_path: Path, start: str
) -> None:
    name = f"{start}cmd()"
    release(serving, "r00000001", [charge("2026-10-01", SubAccountId=f"'{name}'", ResourceId="'a=b'")])
    export_month(serving, "2026-10", tmp_path / "october.csv", now=NOW)
    (row,) = exported(tmp_path / "october.csv")
    assert (row["SubAccountId"], row["ResourceId"]) == (f"'{name}", "a=b")
    export_month(serving, "2026-10", tmp_path / "october.parquet", now=NOW)
    assert pq.read_table(tmp_path / "october.parquet")["SubAccountId"].to_pylist() == [name]


def test_parquet_has_the_columns_of_csv_and_times_in_utc(serving: Serving, tmp_path: Path) -> None:
    release(serving, "r00000001", [charge("2026-10-01")])
    export_month(serving, "2026-10", tmp_path / "october.parquet", now=NOW)
    schema = pq.read_schema(tmp_path / "october.parquet")
    assert tuple(schema.names) == contract("focus_charges_daily").column_names
    assert {str(schema.field(name).type) for name in DATE_TIMES} == {"timestamp[us, tz=UTC]"}


def test_a_month_is_half_open_and_its_line_adds_up_what_is_in_it_and_what_is_not(
    serving: Serving, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # 1,000 + 2,000.5 tokens of October, and 7 requests that are none; 0.25 + 0.5 + 0.000001 dollars.
    release(
        serving,
        "r00000001",
        [
            charge("2026-09-30", ConsumedQuantity="64", BilledCost="64"),
            charge("2026-10-01", ConsumedQuantity="1000", BilledCost="0.25"),
            charge("2026-10-31", ConsumedQuantity="2000.5", BilledCost="0.5"),
            charge("2026-10-31", ConsumedQuantity="7", BilledCost="0.000001", ConsumedUnit="'Requests'"),
            charge("2026-11-01", ConsumedQuantity="64", BilledCost="64"),
        ],
        "'2026-09-30', 64, 64",
        "'2026-10-01', 300, 2",
        "'2026-10-31', 1000, 1.5",
        "'2026-11-01', 64, 64",
    )
    file = tmp_path / "october.csv"
    assert main(["focus", "--month", "2026-10", "--output", str(file)]) == 0
    assert capsys.readouterr().out == (
        f"{file}: 3 charges of 2026-10 for 3,000 tokens, $0.750001; left out, because no price is known: "
        "1,300 tokens of 4 requests\n"
    )
    assert [row["ChargePeriodStart"][:10] for row in exported(file)] == ["2026-10-01", *["2026-10-31"] * 2]


def test_a_command_that_cannot_export_says_why_and_leaves_no_file(
    serving: Serving, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(month: str, name: str) -> str:
        assert main(["focus", "--month", month, "--output", str(tmp_path / name)]) == 2
        return capsys.readouterr().err

    assert "Nothing has been published" in refused("2026-10", "october.csv")
    serving.release("r00000001").mkdir(parents=True)
    serving.pointer.write_text("r00000001\n")
    assert "has no focus_charges_daily yet" in refused("2026-10", "october.csv")
    release(serving, "r00000002", [])
    assert "has no charges yet" in refused("2026-10", "october.csv")
    release(serving, "r00000003", [charge("2026-10-01"), charge("2026-12-01")])
    assert "no charges of 2026-11; focus_charges_daily has 2026-10, 2026-12." in refused("2026-11", "x.csv")
    assert "'2026-13' is no month" in refused("2026-13", "x.csv")
    assert "end its name in .csv or .parquet" in refused("2026-10", "x.xlsx")
    assert "There is no folder" in refused("2026-10", "nowhere/x.csv")
    assert [file.name for file in tmp_path.iterdir()] == ["serving"]


def test_a_file_that_exists_is_kept(serving: Serving, tmp_path: Path) -> None:
    release(serving, "r00000001", [charge("2026-10-01")])
    file = tmp_path / "october.csv"
    file.write_text("sent")
    with pytest.raises(SettingsError, match="exists and is not overwritten"):
        export_month(serving, "2026-10", file, now=NOW)
    assert file.read_text() == "sent"


def test_csv_has_the_schema_beside_it_and_parquet_the_same_as_its_key_values(
    serving: Serving, tmp_path: Path
) -> None:
    release(serving, "r00000001", [charge("2026-10-01")])
    export_month(serving, "2026-10", tmp_path / "october.csv", now=NOW)
    beside = json.loads((tmp_path / "october.csv.metadata.json").read_text(encoding="utf-8"))
    assert beside["FocusVersion"] == "1.2"
    assert beside["DataGenerator"] == "Tracehouse"
    assert beside["CreationDate"] == "2026-11-02T09:05:07Z"
    defined = {column["ColumnName"]: column for column in beside["ColumnDefinition"]}
    assert list(defined) == list(exported(tmp_path / "october.csv")[0])
    assert {name for name, column in defined.items() if column["DataType"] == "DATETIME"} == DATE_TIMES
    assert {name for name, column in defined.items() if column["DataType"] == "DECIMAL"} == DECIMALS
    assert defined["BilledCost"] == {
        "ColumnName": "BilledCost",
        "DataType": "DECIMAL",
        "NumericPrecision": 38,
        "NumberScale": 12,
    }
    assert (defined["Tags"]["DataType"], defined["Tags"]["ProviderTagPrefixes"]) == ("JSON", [])
    assert defined["SkuPriceDetails"]["DataType"] == "JSON"
    assert defined["SkuId"] == {"ColumnName": "SkuId", "DataType": "STRING", "StringEncoding": "UTF-8"}
    assert defined["x_IsListPriceKnown"]["DataType"] == "BOOLEAN"

    export_month(serving, "2026-10", tmp_path / "october.parquet", now=NOW)
    told = pq.read_schema(tmp_path / "october.parquet").metadata
    within = {key.decode(): value.decode() for key, value in told.items()}
    assert json.loads(within.pop("ColumnDefinition")) == beside.pop("ColumnDefinition")
    assert within == beside
    assert not (tmp_path / "october.parquet.metadata.json").exists()


def test_a_schema_keeps_its_id_while_its_columns_stay() -> None:
    columns = pa.schema({"BilledCost": pa.decimal128(38, 12), "Tags": pa.string()})
    later = datetime(2027, 1, 1, tzinfo=UTC)
    wider = pa.schema({"BilledCost": pa.decimal128(38, 13), "Tags": pa.string()})
    first = schema_metadata(columns, NOW)["SchemaId"]
    assert schema_metadata(columns, later)["SchemaId"] == first
    assert schema_metadata(wider, NOW)["SchemaId"] != first


def test_a_schema_that_exists_is_kept_and_no_charges_stand_without_theirs(
    serving: Serving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release(serving, "r00000001", [charge("2026-10-01")])
    file, beside = tmp_path / "october.csv", tmp_path / "october.csv.metadata.json"
    beside.write_text("sent")
    with pytest.raises(SettingsError, match=r"october\.csv\.metadata\.json exists and is not overwritten"):
        export_month(serving, "2026-10", file, now=NOW)
    assert beside.read_text() == "sent"
    beside.unlink()

    replace = Path.replace

    def full_when_charges_come(part: Path, to: Path) -> Path:
        if to == file:
            raise OSError(errno.ENOSPC, "No space left on device")
        return replace(part, to)

    monkeypatch.setattr(Path, "replace", full_when_charges_come)
    with pytest.raises(SettingsError, match=r"october\.csv cannot be written \(No space left on device\)"):
        export_month(serving, "2026-10", file, now=NOW)
    assert [found.name for found in tmp_path.iterdir()] == ["serving"]
