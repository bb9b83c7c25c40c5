"""Usage snapshots: one row per tenant and day, from JSON lines, CSV or Parquet (inputs.md)."""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BufferedReader
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from ingest.event_types import parse_time
from ingest.json_record import canonical_digest, parse_object
from ingest.pieces import BadRecord, Decoded, Limits, Piece, RecordError, Row, TooManyBadError, bad_record

STATUSES = ("trialing", "active", "past_due", "paused", "cancelled")

_EPOCH = date(1970, 1, 1)
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_PARQUET_MAGIC = b"PAR1"
_BATCH_ROWS = 10_000
# What a batch may become; a dictionary lets a small file hold large rows.
_BATCH_BYTES = 16 * 1024 * 1024
_LEAST_BATCH_ROWS = 16
_BYTES_AROUND_A_ROW = 1024
_LARGEST_INT64 = 2**63 - 1


# Numbers stay numbers, to the last digit.
_JSON = msgspec.json.Encoder(decimal_format="number", enc_hook=str)


@dataclass(frozen=True)
class ParquetRows:
    """What a Parquet file holds. `digest` is the sha256 of its bytes."""

    records_found: int
    rows: list[Row]
    bad: list[BadRecord]
    digest: str


def is_parquet(stream: BufferedReader) -> bool:
    """True for a Parquet file, by its first bytes, not its name; the stream is at its start again."""
    head = stream.read(4)
    stream.seek(0)
    return head == _PARQUET_MAGIC


def is_finished_parquet(stream: BufferedReader) -> bool:
    """True when the footer that a Parquet file ends with is there; the stream is at its start again."""
    stream.seek(-4, os.SEEK_END)
    footer = stream.read(4)
    stream.seek(0)
    return footer == _PARQUET_MAGIC


def decode_snapshot(piece: Piece, limits: Limits) -> Decoded:
    """One JSON object to one row of `usage_snapshots`, or to one bad record."""
    position = (piece.byte_offset, piece.byte_length)
    try:
        record, _ = parse_object(piece)
        return Decoded({"usage_snapshots": [_row(record)]}, [])
    except RecordError as error:
        return Decoded({}, [bad_record(position, "usage", error, piece.data, limits)])


def read_parquet(stream: BufferedReader, limits: Limits) -> ParquetRows:
    """Every row of an open Parquet file; one that cannot be read to its end adds one bad record.

    The position of a bad row is its number in the file, from 0, and its raw bytes are the row as JSON, or
    as an Arrow stream where a value is out of range (a date after the year 9999).

    All rows are held at once: a file with more than `max_piece_bytes` of them, 1 KB for each beside its
    values, is one bad record, as is one with too many bad rows.
    """
    digest = hashlib.file_digest(stream, "sha256").hexdigest()
    whole = (0, stream.tell())
    stream.seek(0)
    head = stream.read(limits.max_raw_bytes)
    decoded = Decoded({"usage_snapshots": []}, [])
    try:
        _read_rows(stream, decoded, limits)
    except _TooLargeError as error:
        decoded = Decoded({"usage_snapshots": []}, [bad_record(whole, "usage", error, head, limits)])
    except (pa.ArrowException, ValueError, OSError) as error:
        told = RecordError("unreadable_table", f"The file cannot be read to its end: {type(error).__name__}.")
        told = error if isinstance(error, RecordError) else told
        decoded.bad.append(bad_record(whole, "usage", told, head, limits))
    return ParquetRows(decoded.records_found, decoded.rows["usage_snapshots"], decoded.bad, digest)


class _TooLargeError(RecordError):
    """The rows of a file do not fit into memory."""


def _read_rows(stream: BufferedReader, decoded: Decoded, limits: Limits) -> None:
    for record in _parquet(stream, limits):
        try:
            decoded.rows["usage_snapshots"].append(_row(_values(record)))
        except RecordError as error:
            row = bad_record((decoded.records_found, 1), "usage", error, _raw(record), limits)
            try:
                decoded.add_bad(row, limits)
            except TooManyBadError:
                reason = (
                    f"The file holds more bad rows than {limits.max_bad_records}, or too many bytes of them."
                )
                raise _TooLargeError("too_many_bad_records", reason) from error


def _parquet(stream: BufferedReader, limits: Limits) -> Iterator[dict[str, Any] | pa.RecordBatch]:
    """Each row by its columns' names; as Arrow has it where a batch holds what Python cannot."""
    with pq.ParquetFile(stream) as file:
        names = file.schema_arrow.names
        if len(set(names)) != len(names):
            raise RecordError("bad_header", "The columns do not each have a name of their own.")
        held = 0
        for batch in file.iter_batches(_batch_rows(file)):
            held += batch.nbytes + batch.num_rows * _BYTES_AROUND_A_ROW
            if held > limits.max_piece_bytes:
                reason = (
                    f"The rows take more than {limits.max_piece_bytes} bytes; deliver them in several files, "
                    "or as JSON lines."
                )
                raise _TooLargeError("too_large", reason)
            try:
                rows = batch.to_pylist()
            except (ArithmeticError, ValueError):
                rows = [batch.slice(place, 1) for place in range(batch.num_rows)]
            yield from rows


def _batch_rows(file: pq.ParquetFile) -> int:
    """How many rows to take at once: no value of a row is larger than its row group as it is written."""
    meta = file.metadata
    largest = max((meta.row_group(n).total_byte_size for n in range(meta.num_row_groups)), default=0)
    return min(_BATCH_ROWS, max(_LEAST_BATCH_ROWS, _BATCH_BYTES // max(1, largest)))


def _values(record: dict[str, Any] | pa.RecordBatch) -> dict[str, Any]:
    if isinstance(record, dict):
        return record
    try:
        return dict(record.to_pylist()[0])
    except (ArithmeticError, ValueError) as error:
        raise RecordError("bad_value", "A value of the row is no text, or is out of range.") from error


def _raw(record: dict[str, Any] | pa.RecordBatch) -> bytes:
    if isinstance(record, dict):
        return _JSON.encode(record)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, record.schema) as stream:
        stream.write_batch(record)
    return bytes(sink.getvalue())


def _row(record: Mapping[str, Any]) -> Row:
    """A snapshot as a row. Raises RecordError, naming the field, for what is missing or of another type."""
    values = {name: _field(record, name, read) for name, read in _FIELDS.items()}
    for name in ("snapshot_date", "tenant_id", "entitlement_tier"):
        if values[name] is None:
            raise RecordError(f"missing_{name}", f"{name} is missing.")
    others = {
        name: _attribute(record[name])
        for name in sorted(record)
        if name not in _FIELDS and record[name] is not None
    }
    exact = {name: _plain(value) for name, value in values.items() if value is not None}
    digest = canonical_digest([exact, others])
    day = (values["snapshot_date"] - _EPOCH).days
    return (day, *values.values(), (list(others), list(others.values())), digest)


def _field(record: Mapping[str, Any], name: str, read: tuple[Callable[[Any], Any], str]) -> Any:
    value = record.get(name)
    if value is None or value == "":
        return None
    parse, words = read
    try:
        return parse(value)
    except (ValueError, TypeError, ArithmeticError, RecursionError) as error:
        raise RecordError(f"bad_{name}", f"{name} is not {words}.") from error


def _to_text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _to_status(value: Any) -> str:
    if value not in STATUSES:
        raise ValueError
    return str(value)


def _to_date(value: Any) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if not _DATE.fullmatch(_to_text(value)):
        raise ValueError
    return date.fromisoformat(value)


def _to_time(value: Any) -> datetime:
    at = value if isinstance(value, datetime) else parse_time(_to_text(value))
    if at is None:
        raise ValueError
    return at.replace(tzinfo=None) if at.tzinfo is None else at.astimezone(UTC).replace(tzinfo=None)


def _to_count(value: Any) -> int:
    number = _to_decimal(value)
    if number < 0 or number != number.to_integral_value() or number > _LARGEST_INT64:
        raise ValueError
    return int(number)


def _to_money(value: Any) -> Decimal:
    number = _to_decimal(value)
    if abs(number) >= 10**14 or number != round(number, 4):
        raise ValueError
    return round(number, 4)


def _to_decimal(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | str | float | Decimal):
        raise TypeError
    # A Parquet double means the shortest decimal that reads back as it.
    number = Decimal(repr(value) if isinstance(value, float) else str(value).strip())
    if not number.is_finite():
        raise ValueError
    return number


def _to_texts(value: Any) -> list[str]:
    """A JSON array, or text with `;` between the items."""
    if isinstance(value, str):
        value = json.loads(value) if value.lstrip().startswith("[") else [v.strip() for v in value.split(";")]
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise TypeError
    return [item for item in value if item]


_FIELDS: Mapping[str, tuple[Callable[[Any], Any], str]] = {
    "snapshot_date": (_to_date, "a date such as 2026-10-31"),
    "tenant_id": (_to_text, "text"),
    "entitlement_tier": (_to_text, "text"),
    "tenant_name": (_to_text, "text"),
    "status": (_to_status, f"one of {', '.join(STATUSES)}"),
    "seats": (_to_count, "a whole number, 0 or more"),
    "active_users": (_to_count, "a whole number, 0 or more"),
    "mrr_amount": (_to_money, "an amount with at most four decimals"),
    "mrr_currency": (_to_text, "text"),
    "jurisdiction": (_to_text, "text"),
    "home_region": (_to_text, "text"),
    "trial_started_on": (_to_date, "a date such as 2026-10-31"),
    "features_enabled": (_to_texts, "a list of text"),
    "features_used": (_to_texts, "a list of text"),
    "connectors_enabled": (_to_texts, "a list of text"),
    "updated_at": (_to_time, "an RFC 3339 time"),
}


def _attribute(value: Any) -> str:
    """Text as it is, anything else as JSON; NaN and the infinities, which JSON lacks, by their names."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if isinstance(value, str) else _JSON.encode(value).decode()


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | str | list | Decimal) else value.isoformat()
