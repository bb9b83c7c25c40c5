"""OTLP requests to rows: one entry, two encodings, one set of rules.

`decode_json` and `decode_protobuf` only take fields out of a request; ids, times, enums, digests and what is
quarantined are decided once, in `records`, so both give the same rows for the same telemetry.
"""

from __future__ import annotations

from ingest.otlp.decode_json import decode_json
from ingest.otlp.decode_protobuf import decode_protobuf
from ingest.otlp.records import no_rows
from ingest.otlp.values import too_deep
from ingest.pieces import Decoded, Limits, Piece, RecordError, TooManyBadError, bad_record

DECODER_VERSION = "otlp-1"

__all__ = ["DECODER_VERSION", "decode"]


def decode(piece: Piece, limits: Limits) -> Decoded:
    """Decode one piece into rows of the five OTLP tables and the records that are bad.

    Never raises for what the bytes hold: a piece that is no request is one bad record, a bad record inside
    a request is quarantined alone and its siblings land.
    """
    try:
        return decode_json(piece, limits) if piece.encoding == "json" else decode_protobuf(piece, limits)
    except RecursionError:
        # The limits on nesting leave room on the stack, unless the caller has used most of it.
        return _as_a_whole(piece, too_deep(), limits)
    except TooManyBadError:
        reason = f"The request holds more than {limits.max_bad_records} bad records."
        return _as_a_whole(piece, RecordError("too_many_bad_records", reason), limits)


def _as_a_whole(piece: Piece, error: RecordError, limits: Limits) -> Decoded:
    position = (piece.byte_offset, piece.byte_length)
    return Decoded(no_rows(), [bad_record(position, piece.signal, error, piece.data, limits)])
