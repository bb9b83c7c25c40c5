"""From a file to pieces: tell compression, framing and encoding by content, and cut into requests.

    with path.open("rb") as stream:
        reader = read_pieces(stream, "otlp/agent/traces.jsonl", start_offset=0, is_complete=True)
        for piece in reader:            # Piece or BadRecord, in file order
            ...
        reader.end_offset, reader.bytes_read, reader.digest, reader.compression

Shapes, all of the collector's file exporter or of request bodies: OTLP/JSON lines, one JSON document, a JSON
array of requests, JSON values back to back; 4-byte big-endian length-prefixed protobuf, one bare protobuf
request; gzip or zstd around any of them; and each message compressed by itself behind its length.
Source: opentelemetry-collector-contrib, exporter/fileexporter/README.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from ingest.byte_source import ByteSource
from ingest.decompression import ZSTD_MAGIC
from ingest.json_framing import has_request, json_pieces
from ingest.pieces import BadRecord, Limits, Piece
from ingest.prints import Ends
from ingest.protobuf_framing import bare_pieces, framed_pieces, signal_of_path, unknown_piece

_BOM = b"\xef\xbb\xbf"
_JSON_FOLDERS = ("billing/", "governance/", "usage/")
_PEEK_BYTES = 64 * 1024
# Text has none of these; a protobuf request with a record in it always has 0x12, a frame begins with 0.
_CONTROL = bytes(set(range(32)) - set(b"\t\n\r"))


class PieceReader:
    """The pieces of one file, and, once they are all taken, how far it was read.

    `end_offset` stands behind the last whole record: where the next load continues. `bytes_read` and
    `digest` (sha256, hex) cover the decompressed bytes from the start offset to there. `compression` is
    'none', 'gzip' or 'zstd'. Memory is bounded by `limits`; a damaged file ends in a BadRecord, never in an
    exception; OSError from reading the file is not caught.
    """

    def __init__(
        self,
        stream: BinaryIO,
        relative_path: str,
        *,
        start_offset: int,
        end_offset: int | None,
        is_complete: bool,
        limits: Limits,
    ) -> None:
        self._source = ByteSource(stream, start_offset=start_offset, end_offset=end_offset, limits=limits)
        self._relative_path = relative_path
        self._is_complete = is_complete
        self._limits = limits

    def __iter__(self) -> Iterator[Piece | BadRecord]:
        last: Piece | BadRecord | None = None
        for last in self._framed():
            yield last
        damage = self._source.damage
        is_told = (
            isinstance(last, BadRecord) and damage is not None and last.reason_code == damage.reason_code
        )
        if damage is not None and self._is_complete and not is_told:
            yield self._source.rest_as_bad(damage)

    def _framed(self) -> Iterator[Piece | BadRecord]:
        source, limits, is_complete = self._source, self._limits, self._is_complete
        if source.committed_offset == 0 and source.peek(3).startswith(_BOM):
            source.commit(source.read(3))
        head = source.peek(_PEEK_BYTES)
        signal = signal_of_path(self._relative_path)
        if not head:
            return iter(())
        began_as_json = source.committed_offset and source.head.removeprefix(_BOM)[:1] in (b"{", b"[")
        if began_as_json or self._relative_path.startswith(_JSON_FOLDERS):
            # Whatever stands at the start, or where an earlier load stopped: the lines behind it are JSON.
            return json_pieces(source, limits, is_complete)
        is_text = head.translate(None, _CONTROL) == head
        if head[:1] == b"\n" and is_text and not is_complete and not has_request(head):
            # An empty line, or the first bytes of a bare request: more of the file will tell.
            return iter(())
        if head[:1] in (b"{", b"[") or is_text:
            return json_pieces(source, limits, is_complete)
        if head[:1] == b"\0" and head.lstrip(b"\0")[:1] in (b"{", b"[") and not _is_frame(head):
            # A writer went on at its old place in a file that was truncated: the hole reads as zeroes.
            return json_pieces(source, limits, is_complete)
        if head[:1] == b"\n":
            return bare_pieces(source, signal, limits, is_complete)
        if head[0] <= limits.max_piece_bytes >> 24:
            return framed_pieces(source, signal, limits, is_complete)
        if has_request(head):
            return json_pieces(source, limits, is_complete)
        return unknown_piece(source, is_complete)

    @property
    def compression(self) -> str:
        """How the file itself is compressed: 'none', 'gzip' or 'zstd'."""
        return self._source.compression

    @property
    def end_offset(self) -> int:
        """Decompressed bytes from the start of the file to behind the last whole record."""
        return self._source.committed_offset

    @property
    def bytes_read(self) -> int:
        """Decompressed bytes of this load: end offset less start offset."""
        return self._source.committed_bytes

    @property
    def digest(self) -> str:
        """The sha256 of those bytes, in hex."""
        return self._source.committed_digest

    @property
    def ends(self) -> Ends:
        """The first and last bytes of a plain file up to `end_offset`."""
        return self._source.ends

    @property
    def is_used_up(self) -> bool:
        """True when no byte waits for the rest of its record."""
        return self._source.is_used_up

    def begin_stretch(self) -> None:
        """Let `bytes_read` and `digest` begin anew behind the last piece; `end_offset` goes on."""
        self._source.begin_stretch()


def _is_frame(head: bytes) -> bool:
    """True for a message of 123 or 91 bytes: its length is three zeroes and a bracket."""
    return head[3:4] in (b"{", b"[") and head[4:5] in (b"\n", ZSTD_MAGIC[:1])


def read_pieces(
    stream: BinaryIO,
    relative_path: str,
    *,
    start_offset: int = 0,
    end_offset: int | None = None,
    is_complete: bool = True,
    limits: Limits | None = None,
) -> PieceReader:
    """Cut the file `stream` (opened "rb", at its start) into pieces from decompressed `start_offset` on.

    A plain file may be read to an `end_offset` at which a record begins.

    `relative_path` (below the landing folder) names the signal of protobuf. When not `is_complete`, a torn
    last record is left unread; when it is, that record becomes a BadRecord `torn_record`. A start offset
    beyond the end of the file gives no pieces.
    """
    return PieceReader(
        stream,
        relative_path,
        start_offset=start_offset,
        end_offset=end_offset,
        is_complete=is_complete,
        limits=limits or Limits(),
    )
