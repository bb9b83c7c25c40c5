"""What passes between framing, decoding and the loader: bounded pieces, rows, and records that are bad."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any, Literal

Encoding = Literal["json", "protobuf"]
Signal = Literal["traces", "metrics", "logs", "event", "usage", "mlflow"]

# A row is (event day, *columns): the UTC day as days since 1970-01-01, or None where the record has no
# time; then one value per column of the table in ingest.schema, up to and including record_digest.
Row = tuple[Any, ...]

# The tables whose rows are records; span events and links belong to their span.
COUNTED = (
    "spans",
    "metric_points",
    "log_records",
    "events",
    "usage_snapshots",
    "mlflow_experiments",
    "mlflow_runs",
    "mlflow_metrics",
    "mlflow_traces",
    "mlflow_evaluations",
    "mlflow_model_versions",
)


@dataclass(frozen=True)
class Limits:
    """How much one record may ask of the machine; beyond it, it is quarantined and not held in memory."""

    max_piece_bytes: int = 128 * 1024 * 1024
    # AnyValue inside AnyValue; what protobuf parsers allow.
    max_value_nesting: int = 100
    # Brackets inside brackets: four for each AnyValue, and the request around it.
    max_json_nesting: int = 440
    # Decompressed bytes for each compressed byte, once a stream has given more than `free_expansion_bytes`.
    max_expansion: int = 1000
    free_expansion_bytes: int = 64 * 1024 * 1024
    # Bad records of one request that are quarantined each alone; with more, the request is as a whole.
    max_bad_records: int = 100_000
    # Bytes of them that are kept; each is kept with the resource that it stood under.
    max_bad_bytes: int = 32 * 1024 * 1024
    # How much of a bad record is kept as it came; its digest always covers the whole.
    max_raw_bytes: int = 64 * 1024
    # What one stretch holds in memory: rows of all tables, about 1 KB each, and bytes of requests.
    max_stretch_rows: int = 200_000
    max_stretch_bytes: int = 96 * 1024 * 1024


@dataclass(frozen=True)
class Piece:
    """One request as it stood in a file, not yet decoded.

    `byte_offset` and `byte_length` count bytes of the decompressed stream. `data` is the request itself
    (decompressed once more where the exporter compressed each message). `signal` is null for JSON, which
    says its signal itself, and for protobuf where the path names none.
    """

    byte_offset: int
    byte_length: int
    data: bytes = field(repr=False)
    encoding: Encoding
    signal: Signal | None


@dataclass(frozen=True)
class BadRecord:
    """One record that cannot land, as quarantine keeps it. `reason` never quotes the record's values.

    `raw` is cut at `Limits.max_raw_bytes`; `raw_digest` is the sha256 of the whole.
    """

    byte_offset: int
    byte_length: int
    signal: Signal | None
    reason_code: str
    reason: str
    raw: bytes = field(repr=False)
    raw_digest: str


@dataclass
class Decoded:
    """What one piece holds: rows by bronze table, and the records that are bad.

    Records found = rows of `spans`, `metric_points` and `log_records` + `bad`; span events and links
    belong to their span and are not counted. `bad_bytes` is what `add_bad` kept of the
    bad ones.
    """

    rows: dict[str, list[Row]]
    bad: list[BadRecord]
    bad_bytes: int = 0

    def add_bad(self, record: BadRecord, limits: Limits) -> None:
        """Note one more bad record. Raises TooManyBadError beyond the limits."""
        self.bad_bytes += len(record.raw)
        if len(self.bad) >= limits.max_bad_records or self.bad_bytes > limits.max_bad_bytes:
            raise TooManyBadError
        self.bad.append(record)

    @property
    def records_found(self) -> int:
        """Spans, metric data points, log records, events and snapshots, good and bad."""
        return sum(len(self.rows.get(table, [])) for table in COUNTED) + len(self.bad)


class TooManyBadError(Exception):
    """A request holds more bad records than are kept apart."""


class RecordError(ValueError):
    """One record breaks a rule: a code for counting, and a sentence without the record's values."""

    def __init__(self, reason_code: str, reason: str) -> None:
        super().__init__(reason)
        self.reason_code = reason_code
        self.reason = reason


def bad_record(
    position: tuple[int, int], signal: Signal | None, error: RecordError, raw: bytes, limits: Limits
) -> BadRecord:
    """Quarantine `raw`, which stands at `position` (offset, length) of the decompressed stream."""
    offset, length = position
    return BadRecord(
        byte_offset=offset,
        byte_length=length,
        signal=signal,
        reason_code=error.reason_code,
        reason=error.reason,
        raw=raw[: limits.max_raw_bytes],
        raw_digest=hashlib.sha256(raw).hexdigest(),
    )
