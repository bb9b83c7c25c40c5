"""OTLP requests to rows: one entry, two encodings, one set of rules.

`decode_json` and `decode_protobuf` only take fields out of a request; ids, times, enums, digests and what is
quarantined are decided once, in `records`, so both give the same rows for the same telemetry.
"""

from __future__ import annotations

from ingest.otlp.columns import expanded
from ingest.otlp.decode_json import decode_json
from ingest.otlp.decode_protobuf import decode_protobuf
from ingest.otlp.records import no_rows
from ingest.otlp.values import too_deep
from ingest.pieces import Decoded, Limits, Piece, RecordError, TooManyBadError, bad_record

__all__ = ["decode"]


def decode(piece: Piece, limits: Limits) -> Decoded:
    """Decode one piece into rows of the five OTLP tables and the records that are bad.

    Never raises for what the bytes hold: a piece that is no request is one bad record, a bad record inside
    a request is quarantined alone and its siblings land.
    """
    try:
        decoded = decode_json(piece, limits) if piece.encoding == "json" else decode_protobuf(piece, limits)
    except RecursionError:
        # The limits on nesting leave room on the stack, unless the caller has used most of it.
        return _as_a_whole(piece, too_deep(), limits)
    except TooManyBadError:
        reason = (
            f"The request holds more than {limits.max_bad_records} bad records, or more than "
            f"{limits.max_bad_bytes} bytes of them."
        )
        return _as_a_whole(piece, RecordError("too_many_bad_records", reason), limits)
    if _is_bomb(decoded, piece, limits):
        reason = f"What its records share is repeated to more than {limits.max_expansion} times the request."
        return _as_a_whole(piece, RecordError("expansion_bomb", reason), limits)
    return decoded


def _is_bomb(decoded: Decoded, piece: Piece, limits: Limits) -> bool:
    """True when its tables would be that much larger than the request itself."""
    most = max(limits.free_expansion_bytes, limits.max_expansion * len(piece.data))
    rows = sum(map(len, decoded.rows.values()))
    # No row holds more than the request: only of very many small ones the sizes are worth a look.
    return rows * len(piece.data) > most and sum(map(expanded, decoded.rows.values())) > most


def _as_a_whole(piece: Piece, error: RecordError, limits: Limits) -> Decoded:
    position = (piece.byte_offset, piece.byte_length)
    return Decoded(no_rows(), [bad_record(position, piece.signal, error, piece.data, limits)])
