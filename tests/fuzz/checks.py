"""What must hold of any file whatsoever, checked by other means than the reader's own where there are any."""

from __future__ import annotations

import hashlib
import io
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from google.protobuf.message import DecodeError
from google.protobuf.unknown_fields import UnknownFieldSet
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from ingest import schema
from ingest.byte_source import ByteSource
from ingest.framing import read_pieces
from ingest.landing import Reading, listed
from ingest.otlp.columns import tables_by_day
from ingest.otlp.kernels import ENCODINGS
from ingest.pieces import BadRecord, Limits, Piece
from ingest.reading import decode_piece, read_file
from ingest.stretch import Stretch
from tests.ingest.kernel_checks import checked

# Small, so that small files reach them.
LIMITS = Limits(max_piece_bytes=200_000, free_expansion_bytes=1_000_000, max_raw_bytes=16_384)
# What may stand between two JSON values at the top of a file.
_BETWEEN_VALUES = b" \t\r\n[],"
_UNREADABLE = ("malformed_json", "malformed_protobuf", "too_deep", "too_large")


@dataclass(frozen=True)
class Outcome:
    """Records of one file."""

    landed: int
    quarantined: int


class OddShapeError(Exception):
    """The JSON has another type where OTLP has a list or an object: no second opinion on its records."""


def check_file(path: Path, name: str, *, is_complete: bool = True, first_bytes: int | None = None) -> Outcome:
    """Read `path` as the landing file `name`, and assert what must hold; what came of it.

    With `first_bytes`, a first load finds only so many bytes of it and a second one goes on from there.
    """
    data = path.read_bytes()
    stretches: list[Stretch] = []
    start = 0
    if first_bytes is not None:
        path.write_bytes(data[:first_bytes])
        stretches = _read(path, name, 0, is_complete=False)
        path.write_bytes(data)
        if stretches and stretches[-1].compression == "parquet":
            stretches = []
        start = stretches[-1].end_offset if stretches else 0
    stretches += _read(path, name, start, is_complete=is_complete)
    plain = _plain(data)
    if start > len(plain):
        # A damaged container may give a load that found less of it more than one that found the damage.
        plain = _plain(data[:first_bytes])
    behind = 0
    for stretch in stretches:
        if stretch.compression != "parquet":
            assert stretch.start_offset == behind, f"a stretch begins at {stretch.start_offset}, not {behind}"
            behind = stretch.end_offset
            assert behind <= len(plain), "a stretch ends behind the file"
            _check_bytes(stretch, plain)
        _check_stretch(stretch)
    if name.startswith("otlp/"):
        _check_pieces(data, name, is_complete=is_complete)
    return Outcome(sum(s.rows_landed for s in stretches), sum(len(s.bad) for s in stretches))


def _read(path: Path, name: str, start: int, *, is_complete: bool) -> list[Stretch]:
    file = listed(path, name, name.split("/", 1)[0])
    return list(read_file(Reading(file, start, is_complete), LIMITS, lambda _rows: None))


def _plain(data: bytes) -> bytes:
    """The decompressed bytes, up to where the container is damaged."""
    source = ByteSource(io.BytesIO(data), start_offset=0, limits=LIMITS)
    return source.read(-1)


def _check_stretch(stretch: Stretch) -> None:
    assert stretch.records_found == stretch.rows_landed + len(stretch.bad), "records are unaccounted for"
    for table, rows in stretch.rows.items():
        days = tables_by_day(table, rows) if rows else {}
        assert sum(of_day.num_rows for of_day in days.values()) == len(rows), f"rows of {table} are lost"
        for of_day in days.values():
            of_day.validate(full=True)
            for column in schema.NOT_NULL[table]:
                assert not of_day.column(column).null_count, f"{table}.{column} is null"
    for bad in stretch.bad:
        assert bad.reason and bad.reason_code, "a bad record has no reason"
        assert len(bad.raw_digest) == 64
        assert len(bad.raw) <= LIMITS.max_raw_bytes, "more is kept of a bad record than the limit"
    pa.array([bad.reason for bad in stretch.bad], pa.string()).validate(full=True)


def _check_bytes(stretch: Stretch, plain: bytes) -> None:
    start, end = stretch.start_offset, stretch.end_offset
    assert start <= end and stretch.bytes_read == end - start, "the bytes read are miscounted"
    assert stretch.source_digest == hashlib.sha256(plain[start:end]).hexdigest(), (
        "another digest than its bytes"
    )
    for bad in stretch.bad:
        ends_at = bad.byte_offset + bad.byte_length
        # A container that is damaged before its first byte gives a bad record of no length.
        assert start <= bad.byte_offset <= ends_at <= end, "a bad record stands outside of what was read"


def _check_pieces(data: bytes, name: str, *, is_complete: bool) -> None:
    """Pieces and bad records in order, nothing but separators between them, and each accounted for."""
    plain = _plain(data)
    reader = read_pieces(io.BytesIO(data), name, is_complete=is_complete, limits=LIMITS)
    behind = 0
    whole: list[Piece] = []
    for piece in reader:
        end = piece.byte_offset + piece.byte_length
        assert behind <= piece.byte_offset, "pieces overlap"
        _check_gap(plain[behind : piece.byte_offset])
        if isinstance(piece, BadRecord):
            _check_framing_record(piece, plain)
        else:
            _check_records(piece)
            whole.append(piece)
        behind = end
    _check_gap(plain[behind : reader.end_offset])
    if is_complete:
        assert reader.end_offset == len(plain), "the end of a complete file is neither read nor quarantined"
    for encoding in ENCODINGS:
        # What the kernels take of them is what the other reader gives.
        checked([piece for piece in whole if piece.encoding == encoding], LIMITS)


def _check_gap(gap: bytes) -> None:
    """Byte order mark, space, the brackets and commas of a top array, empty frames."""
    rest = gap.removeprefix(b"\xef\xbb\xbf")
    assert not rest.strip(_BETWEEN_VALUES) or not rest.strip(b"\0"), f"{rest[:40]!r} is in no record"


def _check_framing_record(bad: BadRecord, plain: bytes) -> None:
    whole = plain[bad.byte_offset : bad.byte_offset + bad.byte_length]
    if bad.raw_digest != hashlib.sha256(whole).hexdigest():
        # The message behind its length, without the four bytes of it.
        whole = whole[4:]
    assert bad.raw_digest == hashlib.sha256(whole).hexdigest(), (
        "a bad record has another digest than its bytes"
    )
    assert bad.raw == whole[: LIMITS.max_raw_bytes], "a bad record is kept otherwise than it stood"


def _check_records(piece: Piece) -> None:
    decoded = decode_piece("otlp", piece, LIMITS)
    codes = Counter(bad.reason_code for bad in decoded.bad)
    if sum(codes[code] for code in _UNREADABLE):
        return
    try:
        expected = _json_records(piece.data) if piece.encoding == "json" else _protobuf_records(piece)
    except OddShapeError:
        assert decoded.records_found, "a request of an odd shape vanished"
        return
    assert decoded.records_found == expected, f"{expected} records went in, {decoded.records_found} came out"


def _protobuf_records(piece: Piece) -> int:
    """The records that the protobuf library itself finds in a request."""
    request: Any = {
        "traces": ExportTraceServiceRequest,
        "metrics": ExportMetricsServiceRequest,
        "logs": ExportLogsServiceRequest,
    }[piece.signal or "traces"]()
    try:
        request.ParseFromString(piece.data)
    except DecodeError:
        raise OddShapeError from None
    resources_name, scopes_name, records_name = {
        "traces": ("resource_spans", "scope_spans", "spans"),
        "metrics": ("resource_metrics", "scope_metrics", "metrics"),
        "logs": ("resource_logs", "scope_logs", "log_records"),
    }[piece.signal or "traces"]
    resources = getattr(request, resources_name)
    total = int(not resources and len(UnknownFieldSet(request)) > 0)
    for resource in resources:
        fields: Any = UnknownFieldSet(resource)
        if any(field.field_number == _LIBRARIES for field in fields):
            raise OddShapeError
        scopes = getattr(resource, scopes_name)
        total += int(not scopes and len(fields) > 0)
        for scope in scopes:
            records = getattr(scope, records_name)
            total += sum(map(_protobuf_points, records)) if piece.signal == "metrics" else len(records)
            total += int(not records and len(fields) + len(UnknownFieldSet(scope)) > 0)
    return total


def _protobuf_points(metric: Any) -> int:
    kind = metric.WhichOneof("data")
    return len(getattr(metric, kind).data_points) if kind else 1


# The field of a resource that held its scopes before OTLP 1.0.
_LIBRARIES = 1000
_SCOPES = [
    f"{kind}{what}" for kind in ("scope", "instrumentationLibrary") for what in ("Spans", "Metrics", "Logs")
]
_SCOPE_MEMBERS = (
    *("scope", "instrumentationLibrary", "schemaUrl"),
    *("spans", "metrics", "logRecords", "logs"),
)
_KINDS = ("gauge", "sum", "histogram", "exponentialHistogram", "summary")


def _json_records(text: bytes) -> int:
    """The records that Python's own parser finds in a request, or in an array of them."""
    try:
        tree = json.loads(text, parse_int=_number, parse_float=_number)
    except (ValueError, RecursionError):
        raise OddShapeError from None
    return sum(map(_request_records, tree if isinstance(tree, list) else [tree]))


def _number(text: str) -> str | int:
    """A number as it is written, of any length; but a zero is nothing, as it is to the reader."""
    return text if text.lower().partition("e")[0].strip("-0.") else 0


def _request_records(item: Any) -> int:
    if not isinstance(item, dict):
        return 1
    request = _named(item)
    signals = [name for name in ("resourceSpans", "resourceMetrics", "resourceLogs") if name in request]
    total = int(not any(request[name] for name in signals) and _has_more(request, signals))
    for signal in signals:
        what = signal.removeprefix("resource")
        scopes = (f"scope{what}", f"instrumentationLibrary{what}")
        records = {
            "Spans": ("spans", "spans"),
            "Metrics": ("metrics", "metrics"),
            "Logs": ("logRecords", "logs"),
        }
        for resource in map(_named, _list(request[signal])):
            is_odd = _has_more(resource, ("resource", "schemaUrl", *_SCOPES))
            total += int(is_odd and not any(_list(resource.get(name)) for name in scopes))
            for scope_name, records_name in zip(scopes, records[what], strict=True):
                for scope in map(_named, _list(resource.get(scope_name))):
                    found = _list(scope.get(records_name))
                    total += sum(map(_points, found)) if what == "Metrics" else len(found)
                    total += int(not found and (is_odd or _has_more(scope, _SCOPE_MEMBERS)))
    return total


def _has_more(item: dict[str, Any], known: Iterable[str]) -> bool:
    """True when a member of no known name holds something: it may be the records."""
    return any(item[name] for name in item.keys() - set(known))


def _points(item: Any) -> int:
    metric = _named(item)
    kinds = [kind for kind in _KINDS if metric.get(kind) is not None]
    if len(kinds) > 1:
        raise OddShapeError
    return len(_list(_named(metric[kinds[0]]).get("dataPoints"))) if kinds else 1


def _named(value: Any) -> dict[str, Any]:
    """An object with its members in camelCase; null is an empty one."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise OddShapeError
    named = {_camel(name): member for name, member in value.items()}
    if len(named) != len(value):
        raise OddShapeError
    return named


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other[:1].upper() + other[1:] for other in others)


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise OddShapeError
    return value
