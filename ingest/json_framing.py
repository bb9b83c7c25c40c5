"""JSON values out of a byte stream: one per line, pretty-printed, back to back, or in one array.

A line that is a whole value is taken as it is (that is nearly every file); anything else is followed bracket
by bracket. A raw line end cannot stand inside a JSON string, so a string open at a line end is a torn write.
After a torn write, reading goes on at the next line that begins an object and cannot belong to what was torn:
an OTLP request, which stands in no other value, or an object where JSON allows none.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import msgspec

from ingest.byte_source import ByteSource
from ingest.pieces import BadRecord, Limits, Piece, RecordError, bad_record

_WHITESPACE = b" \t\r\n"
_RAW = msgspec.json.Decoder(type=msgspec.Raw)
# A bracket, or a string with whether it was closed. Possessive: a string is never looked at again, and a way
# back to each of its escapes takes 60 times its size.
_TOKEN = re.compile(rb'[{}\[\]]|"[^"\\]*+(?:\\.[^"\\]*+)*+("?)')
# How the later lines of a pretty-printed document begin.
_CONTINUATION = b" \t}]"
# What an object may follow inside another value.
_BEFORE_OBJECT = (b"[", b",", b":")
_REQUEST = re.compile(rb'\{\s*"resource_?(?:[Ss]pans|[Mm]etrics|[Ll]ogs)"')

_TORN = RecordError("torn_record", "The record ends before it is whole.")
_MALFORMED = RecordError("malformed_json", "This is not JSON.")


def is_json(text: bytes) -> bool:
    """True when `text` is one JSON value; strings are not checked to be UTF-8."""
    try:
        _RAW.decode(text)
    except (ValueError, RecursionError):
        return False
    return True


def has_request(text: bytes) -> bool:
    """True when an OTLP/JSON request begins somewhere in `text`."""
    return _REQUEST.search(text) is not None


def begins_record(line: bytes) -> bool:
    """True for a line that is an OTLP/JSON request by itself: it continues nothing that stands before it."""
    return _REQUEST.match(line) is not None and _is_whole(line)


def json_pieces(source: ByteSource, limits: Limits, is_complete: bool) -> Iterator[Piece | BadRecord]:
    """Each JSON value at the top of the stream (or in its top array), bad ones where they stand.

    Commits each value with the space before it. When not `is_complete`, an unfinished last value is left.
    """
    values = _Values(source, limits, is_complete)
    while line := source.read_line(limits.max_piece_bytes + 1):
        if len(line) > limits.max_piece_bytes and not line.endswith(b"\n"):
            yield from values.overlong_line(line)
        else:
            yield from values.take(line)
        if values.is_too_large:
            yield from values.abandon()
            return
    yield from values.finish()


class _Values:
    """The value being followed: its bytes so far and how many brackets are open."""

    def __init__(self, source: ByteSource, limits: Limits, is_complete: bool) -> None:
        self._source = source
        self._limits = limits
        self._is_complete = is_complete
        # Where an earlier load stopped inside a top array, its commas and end are still to come.
        self._in_array = source.committed_offset > 0
        self._start()

    def _start(self) -> None:
        self._held: list[bytes] = []
        # Why what is held is bad already; the rest of a broken document may still follow.
        self._error: RecordError | None = None
        self._size = self._depth = self._deepest = 0

    def take(self, line: bytes) -> Iterator[Piece | BadRecord]:
        """Follow one line, with its line end unless the stream ends here."""
        text = line.strip(_WHITESPACE)
        if self._error is not None:
            if text and line[:1] in _CONTINUATION and not _REQUEST.match(text):
                self._hold(line)
                return
            yield from self._give_up(self._error)
        elif self._held and line[:1] == b"{" and self._is_torn_before(line):
            yield from self._give_up(_TORN)
        if not self._held and not text:
            self._source.commit(line)
        elif not self._held and text[:1] == b"{" and is_json(text):
            yield self._whole_line(line, text)
        else:
            yield from self._follow(line)

    def overlong_line(self, line: bytes) -> Iterator[BadRecord]:
        """A line beyond the size limit is measured to its end, never held."""
        extent = self._source.measure(b"".join(self._held) + line, to_line_end=True)
        self._start()
        if self._is_complete or extent.is_line_ended:
            self._source.commit_extent(extent)
            damage = None if extent.is_line_ended else self._source.damage
            yield extent.as_bad(damage or _too_large(self._limits))

    def finish(self) -> Iterator[Piece | BadRecord]:
        """At the end of the stream: what is still open is torn, or awaited."""
        if self._held and self._is_complete:
            yield from self._give_up(self._error or self._source.damage or _TORN)

    @property
    def is_too_large(self) -> bool:
        """True when a document of many lines has passed the limit; where it ends is not looked for."""
        return self._size > self._limits.max_piece_bytes

    def abandon(self) -> Iterator[BadRecord]:
        """The rest of the stream is one bad record, once the file is complete."""
        if self._is_complete:
            yield self._source.rest_as_bad(_too_large(self._limits), b"".join(self._held))

    def _whole_line(self, line: bytes, text: bytes) -> Piece:
        offset = self._source.committed_offset + line.index(text[:1])
        self._source.commit(line)
        return Piece(offset, len(text), text, "json", None)

    def _follow(self, line: bytes) -> Iterator[Piece | BadRecord]:
        at = 0
        while at < len(line):
            if not self._held:
                start, at = at, self._pass_between(line, at)
                self._source.commit(line[start:at])
                if line[at : at + 1] not in (b"{", b"["):
                    # A scalar, or no JSON at all.
                    end = _next_request(line, at)
                    if end < len(line) or line.endswith(b"\n") or self._is_complete:
                        yield from self._scalar(line[at:end], is_line_over=end == len(line))
                    at = end
                    continue
            end, is_string_open = self._close(line, at)
            self._hold(line[at:end])
            at = end
            if self._depth == 0 and _is_request(b"".join(self._held)):
                yield self._release()
            elif self._depth == 0:
                # Brackets that only seemed to match: what follows on the line belongs to them.
                at = _next_request(line, at)
                self._hold(line[end:at])
                yield from self._spoil(self._why_malformed(), is_line_over=at == len(line))
            elif is_string_open and line.endswith(b"\n"):
                self._error = _TORN

    def _pass_between(self, line: bytes, at: int) -> int:
        """Pass over what may stand between values: space, and the brackets and commas of a top array."""
        while sign := line[at : at + 1]:
            if sign == b"[" and not self._in_array:
                self._in_array = True
            elif sign == b"]" and self._in_array:
                self._in_array = False
            elif not (sign in _WHITESPACE or (sign == b"," and self._in_array)):
                break
            at += 1
        return at

    def _close(self, line: bytes, at: int) -> tuple[int, bool]:
        """Where the open value ends in `line` (its length if later), and whether a string is open there."""
        for token in _TOKEN.finditer(line, at):
            sign = token.group()
            if sign in b"{[":
                self._depth += 1
                self._deepest = max(self._deepest, self._depth)
            elif sign in b"}]":
                self._depth -= 1
                if self._depth == 0:
                    return token.end(), False
            elif not token.group(1):
                return len(line), True
        return len(line), False

    def _scalar(self, text: bytes, is_line_over: bool) -> Iterator[Piece | BadRecord]:
        if not text:
            return
        self._hold(text)
        if is_json(text):
            yield self._release()
        else:
            yield from self._spoil(_MALFORMED, is_line_over)

    def _spoil(self, error: RecordError, is_line_over: bool) -> Iterator[Piece | BadRecord]:
        """What is held is bad: at once, or with the lines of the same document that may follow."""
        if is_line_over:
            self._error = error
        else:
            yield from self._give_up(error)

    def _hold(self, data: bytes) -> None:
        self._held.append(data)
        self._size += len(data)

    def _release(self) -> Piece:
        """The value is closed: a piece."""
        text = b"".join(self._held)
        offset = self._source.committed_offset
        self._source.commit(text)
        self._start()
        return Piece(offset, len(text), text, "json", None)

    def _why_malformed(self) -> RecordError:
        limit = self._limits.max_json_nesting
        if self._deepest <= limit:
            return _MALFORMED
        return RecordError("too_deep", f"The record nests more than {limit} brackets.")

    def _is_torn_before(self, line: bytes) -> bool:
        """True when the object that begins `line` cannot belong to what is held."""
        ends = (chunk.rstrip(_WHITESPACE)[-1:] for chunk in reversed(self._held))
        if next(filter(None, ends), b"") not in _BEFORE_OBJECT:
            return True
        return begins_record(line)

    def _give_up(self, error: RecordError) -> Iterator[Piece | BadRecord]:
        """What is held is bad, but for the lines behind its first that are whole objects by themselves."""
        first, *others = io.BytesIO(b"".join(self._held)).readlines()
        self._start()
        bad = [first]
        for line in others:
            if _is_whole(line):
                yield from self._drop(bad, error)
                yield self._whole_line(line, line.strip(_WHITESPACE))
                bad = []
            else:
                bad.append(line)
        yield from self._drop(bad, error)

    def _drop(self, lines: list[bytes], error: RecordError) -> Iterator[BadRecord]:
        text = b"".join(lines)
        position = (self._source.committed_offset, len(text))
        self._source.commit(text)
        if text.strip(_WHITESPACE):
            yield bad_record(position, None, error, text, self._limits)


def _is_request(text: bytes) -> bool:
    """True for a JSON value, and for one OTLP request with a bad text in it: the decoder finds its record."""
    return is_json(text) or (_REQUEST.match(text) is not None and not _REQUEST.search(text, 1))


def _is_whole(line: bytes) -> bool:
    """True for a line that is an object from its first byte to its end."""
    return line[:1] == b"{" and is_json(line.strip(_WHITESPACE))


def _too_large(limits: Limits) -> RecordError:
    return RecordError("too_large", f"The record is longer than {limits.max_piece_bytes} bytes.")


def _next_request(line: bytes, at: int) -> int:
    """Where the next OTLP request on the line begins; behind the line if there is none."""
    match = _REQUEST.search(line, at)
    return match.start() if match else len(line)
