"""Erasures that somebody asked for and that were not carried out yet."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from ingest.framing import read_pieces
from ingest.pieces import Piece
from ingest.settings import Settings

_PENDING = """
select
    json_extract_string(data, '$.request_id'),
    tenant_id,
    json_extract_string(data, '$.subject_id'),
    source_file
from lake.bronze.events
where
    type = 'governance.erasure.requested'
    and json_extract_string(data, '$.request_id') not in (select request_id from lake.governance.erasures)
qualify row_number() over (
    partition by json_extract_string(data, '$.request_id')
    order by record_digest, load_id
) = 1
order by occurred_at, 1
"""


@dataclass(frozen=True)
class Request:
    """Whom to forget, by request of `tenant_id`. `is_hash`: only the keyed hash of the subject is known.

    A null subject is known to nobody: it was redacted without a key, and its landing file is gone.
    """

    request_id: str
    tenant_id: str
    subject: str | None = field(repr=False)
    is_hash: bool = False


def pending(connection: duckdb.DuckDBPyConnection, settings: Settings) -> list[Request]:
    """Requests that landed and were not carried out, the oldest first.

    Redaction keeps subjects out of the lake, so the landing file is asked who it is.
    """
    return [
        _told(settings, request_id, tenant_id, kept, source_file)
        for request_id, tenant_id, kept, source_file in connection.execute(_PENDING).fetchall()
    ]


def _told(settings: Settings, request_id: str, tenant_id: str, kept: str, source_file: str) -> Request:
    subject = _subject_in(settings.landing / source_file, source_file, request_id)
    if subject is not None:
        return Request(request_id, tenant_id, subject)
    return Request(request_id, tenant_id, kept or None, is_hash=True)


def _subject_in(path: Path, name: str, request_id: str) -> str | None:
    """The subject of a request as the landing file has it; null where the file does not tell any more."""
    if not path.is_file():
        return None
    with path.open("rb") as stream:
        for piece in read_pieces(stream, name):
            if not isinstance(piece, Piece) or request_id.encode() not in piece.data:
                continue
            record = json.loads(piece.data)
            data = record.get("data") if isinstance(record, dict) else None
            if isinstance(data, dict) and data.get("request_id") == request_id and data.get("subject_id"):
                return str(data["subject_id"])
    return None
