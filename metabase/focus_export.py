"""A month of `focus_charges_daily` as a file that FinOps tools load beside cloud bills.

FOCUS 1.2 says how values are written: times in UTC as ISO 8601 with a Z, decimals without an exponent, and
nothing where there is no value. What it wants to be told of the dataset is in the Parquet file, and beside
the CSV file.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from ingest.errors import SettingsError
from metabase.focus_schema import as_key_values, focus_time, schema_metadata
from metabase.serving import Serving

MART = "focus_charges_daily"
USAGE_MART = "token_usage_daily"

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_BATCH = 10_000
# What a spreadsheet may take for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")

_OF_MONTH = """
from read_parquet($file, hive_partitioning = false)
where strftime(ChargePeriodStart, '%Y-%m') = $month
"""
_CHARGES = f"select * {_OF_MONTH} order by ChargePeriodStart, x_ChargeId"
_TOTALS = f"""
select
    count(*),
    coalesce(sum(ConsumedQuantity) filter (ConsumedUnit = 'Tokens'), 0),
    coalesce(sum(BilledCost), 0)
{_OF_MONTH}
"""
_UNPRICED = """
select coalesce(sum(unpriced_tokens), 0), coalesce(sum(unpriced_requests), 0)
from read_parquet($file, hive_partitioning = false)
where strftime(usage_date, '%Y-%m') = $month
"""
_MONTHS = """
select distinct strftime(ChargePeriodStart, '%Y-%m')
from read_parquet($file, hive_partitioning = false)
order by 1
"""


@dataclass(frozen=True)
class Exported:
    """What one file holds, and what it leaves out: usage whose price nobody knows."""

    file: Path
    month: str
    charges: int
    tokens: Decimal
    billed_usd: Decimal
    unpriced_tokens: int
    unpriced_requests: float

    @property
    def line(self) -> str:
        """The same in one line."""
        return (
            f"{self.file}: {self.charges:,} charges of {self.month} for {self.tokens:,.0f} tokens, "
            f"${self.billed_usd:,.6f}; left out, because no price is known: "
            f"{self.unpriced_tokens:,} tokens of {self.unpriced_requests:,.0f} requests"
        )


def export_month(serving: Serving, month: str, target: Path, *, now: datetime) -> Exported:
    """Write the charges of `month` (such as `2026-10`) that readers see to `target`, a new .csv or .parquet.

    In CSV a text that a spreadsheet could take for a formula gets an apostrophe in front; Parquet has it
    as it is. What `schema_metadata` says of the columns at `now` is key-value metadata of a Parquet file;
    beside a CSV file it is the new file `<target>.metadata.json`. All stand there whole, or none.

    Raises SettingsError for a month, name or folder that cannot be, for a file that exists, and when there
    are no charges of that month or nothing was published. Sources: the attributes DateTimeFormat,
    NumericFormat and NullHandling of FOCUS 1.2.
    """
    files = _new_files(month, target)
    charges = _published(serving, MART)
    with duckdb.connect() as connection:
        asked = {"file": str(charges), "month": month}
        rows, tokens, billed = _one(connection, _TOTALS, asked)
        if not rows:
            raise SettingsError(_no_charges(connection, charges, month))
        usage = asked | {"file": str(_published(serving, USAGE_MART))}
        try:
            unpriced_tokens, unpriced_requests = _one(connection, _UNPRICED, usage)
        except duckdb.BinderException as error:
            raise SettingsError(
                f"{USAGE_MART} stands as an older version published it; `python -m metabase report` says why."
            ) from error
        found = connection.execute(_CHARGES, asked).to_arrow_reader(_BATCH)
        metadata = schema_metadata(found.schema, now)
        with _whole(files) as parts:
            match parts:
                case [new]:
                    _write_parquet(found, metadata, new)
                case [beside, new]:
                    beside.write_text(f"{json.dumps(metadata, indent=2)}\n", encoding="utf-8")
                    _write_csv(found, new)
    return Exported(target, month, rows, tokens, billed, int(unpriced_tokens), unpriced_requests)


def _new_files(month: str, target: Path) -> Sequence[Path]:
    """What an export writes, its charges last."""
    if not _MONTH.fullmatch(month):
        raise SettingsError(f"{month!r} is no month; write it like 2026-10.")
    if target.suffix not in (".csv", ".parquet"):
        raise SettingsError(f"{target} would be neither CSV nor Parquet; end its name in .csv or .parquet.")
    if not target.parent.is_dir():
        raise SettingsError(f"There is no folder {target.parent} to write {target.name} to.")
    beside = target.with_name(f"{target.name}.metadata.json")
    files = (beside, target) if target.suffix == ".csv" else (target,)
    for file in files:
        if file.exists():
            raise SettingsError(
                f"{file} exists and is not overwritten; name another file or remove it first."
            )
    return files


@contextmanager
def _whole(files: Sequence[Path]) -> Iterator[Sequence[Path]]:
    """Parts to write: each becomes its one of `files` when all are written, or none does."""
    parts = [file.with_name(f".{file.name}.part") for file in files]
    standing: list[Path] = []
    try:
        yield parts
        for part, file in zip(parts, files, strict=True):
            part.replace(file)
            standing.append(file)
    except OSError as error:
        for file in standing:
            file.unlink(missing_ok=True)
        raise SettingsError(f"{files[-1]} cannot be written ({error.strerror}).") from error
    finally:
        for part in parts:
            part.unlink(missing_ok=True)


def _published(serving: Serving, mart: str) -> Path:
    current = serving.current()
    if current is None:
        raise SettingsError(f"Nothing has been published to {serving.root} yet; run `make run` first.")
    file = serving.release(current) / f"{mart}.parquet"
    if not file.exists():
        raise SettingsError(f"Release {current} has no {mart} yet; run `make run` to publish it.")
    return file


def _no_charges(connection: duckdb.DuckDBPyConnection, charges: Path, month: str) -> str:
    months = [found for (found,) in connection.execute(_MONTHS, {"file": str(charges)}).fetchall()]
    if not months:
        return f"{MART} has no charges yet; `python -m metabase report` says whether it is held."
    return f"There are no charges of {month}; {MART} has {', '.join(months)}."


def _one(connection: duckdb.DuckDBPyConnection, query: str, asked: dict[str, str]) -> Sequence[Any]:
    (row,) = connection.execute(query, asked).fetchall()
    return row


def _write_parquet(charges: pa.RecordBatchReader, metadata: Mapping[str, Any], file: Path) -> None:
    schema = pa.schema(
        (
            field.with_type(pa.timestamp("us", tz="UTC")) if pa.types.is_timestamp(field.type) else field
            for field in charges.schema
        ),
        metadata=as_key_values(metadata),
    )
    with pq.ParquetWriter(file, schema) as writer:
        for batch in charges:
            writer.write_table(pa.Table.from_batches([batch]).cast(schema))


def _write_csv(charges: pa.RecordBatchReader, file: Path) -> None:
    with file.open("w", encoding="utf-8", newline="") as stream:
        lines = csv.writer(stream)
        lines.writerow(charges.schema.names)
        for batch in charges:
            lines.writerows(_cells(batch))


def _cells(batch: pa.RecordBatch) -> Iterator[list[str]]:
    for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
        yield [_cell(value) for value in row]


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case datetime():
            return focus_time(value)
        case Decimal():
            text = f"{value:f}"
            return text.rstrip("0").rstrip(".") if "." in text else text
        case _:
            text = str(value)
            return f"'{text}" if text.startswith(_FORMULA) else text
