"""Read bytes or a file all the way to rows, as the loader does, and small OTLP requests to read."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.framing import PieceReader, read_pieces
from ingest.otlp import decode
from ingest.otlp.columns import tables_by_day
from ingest.otlp.records import no_rows
from ingest.pieces import BadRecord, Limits, Piece
from ingest.schema import RECORD_TABLES

TRACE_ID = "5b8efff798038103d269b633813fc60c"
SPAN_ID = "eee19b7ec3c1b174"
# 2025-10-09T08:53:20Z
START = 1_760_000_000_000_000_000


@dataclass
class Read:
    """What came of one file."""

    pieces: list[Piece | BadRecord]
    rows: dict[str, list[dict[str, Any]]]
    bad: list[BadRecord]
    reader: PieceReader

    @property
    def codes(self) -> list[str]:
        return [record.reason_code for record in self.bad]

    def digests(self, table: str) -> list[str]:
        return sorted(row["record_digest"] for row in self.rows[table])


def read(
    data: bytes,
    path: str = "otlp/file",
    *,
    start_offset: int = 0,
    is_complete: bool = True,
    limits: Limits | None = None,
) -> Read:
    limits = limits or Limits()
    reader = read_pieces(
        io.BytesIO(data), path, start_offset=start_offset, is_complete=is_complete, limits=limits
    )
    pieces = list(reader)
    rows, bad = no_rows(), []
    for piece in pieces:
        if isinstance(piece, BadRecord):
            bad.append(piece)
            continue
        decoded = decode(piece, limits)
        bad.extend(decoded.bad)
        for table, more in decoded.rows.items():
            rows[table].extend(more)
    return Read(pieces, {table: as_dicts(table, some) for table, some in rows.items()}, bad, reader)


def read_file(path: Path, relative_path: str | None = None) -> Read:
    return read(path.read_bytes(), relative_path or path.name)


def as_dicts(table: str, rows: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    """Rows by column name, with the day as `event_date`, after a round trip through Arrow's types."""
    found = []
    for day, arrow in tables_by_day(table, rows).items():
        assert arrow.schema.names == RECORD_TABLES[table].names[:-4]
        found += [{"event_date": day, **row} for row in arrow.to_pylist()]
    return found


def span(**fields: Any) -> dict[str, Any]:
    """A valid span in OTLP/JSON with `fields` set; None leaves one out."""
    whole = {
        "traceId": TRACE_ID,
        "spanId": SPAN_ID,
        "name": "chat",
        "kind": 3,
        "startTimeUnixNano": str(START),
        "endTimeUnixNano": str(START + 250_000_000),
    } | fields
    return {field: value for field, value in whole.items() if value is not None}


def traces(*spans: Any) -> bytes:
    """One line of OTLP/JSON."""
    request = {"resourceSpans": [{"scopeSpans": [{"scope": {"name": "agent"}, "spans": list(spans)}]}]}
    return json.dumps(request).encode() + b"\n"


def metrics(*items: Any) -> bytes:
    return json.dumps({"resourceMetrics": [{"scopeMetrics": [{"metrics": list(items)}]}]}).encode() + b"\n"


def logs(*records: Any) -> bytes:
    return json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": list(records)}]}]}).encode() + b"\n"
