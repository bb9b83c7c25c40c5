"""Compression, framing and encoding are told by content; what cannot be read is measured, not held."""

from __future__ import annotations

import gzip
import hashlib
import io
import json

import pytest
import zstandard
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from ingest.framing import read_pieces
from ingest.pieces import BadRecord, Limits
from tests.ingest.otlp_reading import SPAN_ID, START, TRACE_ID, Read, read, span, traces

ONE = traces(span(spanId="00000000000000a1"))
TWO = traces(span(spanId="00000000000000a2"))
THREE = traces(span(spanId="00000000000000a3"))


def span_ids(result: Read) -> list[str]:
    return [row["span_id"][-2:] for row in result.rows["spans"]]


def pretty(line: bytes) -> bytes:
    return json.dumps(json.loads(line), indent=2).encode()


def framed(*messages: bytes) -> bytes:
    return b"".join(len(message).to_bytes(4, "big") + message for message in messages)


def protobuf(*names: str) -> bytes:
    request = ExportTraceServiceRequest()
    for name in names:
        item = request.resource_spans.add().scope_spans.add().spans.add()
        item.trace_id, item.span_id = bytes.fromhex(TRACE_ID), bytes.fromhex(SPAN_ID[:-2] + name)
        item.start_time_unix_nano = START
    return bytes(request.SerializeToString())


BOM = b"\xef\xbb\xbf"
# Two frames of one zstd stream, as an exporter that flushes writes it.
TWO_FRAMES = zstandard.compress(ONE) + zstandard.compress(TWO)
SHAPES = {
    "lines": ONE + TWO,
    "lines without a last line end": ONE + TWO.rstrip(),
    "carriage returns": (ONE + TWO).replace(b"\n", b"\r\n"),
    "a byte order mark": BOM + ONE + TWO,
    "blank lines": b"\n\n" + ONE + b" \t\n" + TWO + b"\n",
    "values back to back": ONE.rstrip() + TWO.rstrip(),
    "an array": b"[" + ONE.rstrip() + b"," + TWO.rstrip() + b"]",
    "an array over lines": b"[\n" + ONE.rstrip() + b",\n" + TWO + b"]\n",
    "pretty-printed documents": pretty(ONE) + b"\n" + pretty(TWO),
    "a pretty-printed array": b"[" + pretty(ONE) + b",\n" + pretty(TWO) + b"\n]",
    "gzip": gzip.compress(ONE + TWO),
    "gzip padded with zeroes": gzip.compress(ONE) + bytes(20) + gzip.compress(TWO) + bytes(500),
    "gzip members": gzip.compress(ONE) + gzip.compress(TWO),
    "zstd": zstandard.compress(ONE + TWO),
    "zstd frames": TWO_FRAMES,
    "framed JSON": framed(ONE, TWO),
    "framed JSON, each message compressed": framed(zstandard.compress(ONE), zstandard.compress(TWO)),
    "framed protobuf": framed(protobuf("a1"), protobuf("a2")),
    "framed protobuf, each message compressed": framed(
        zstandard.compress(protobuf("a1")), zstandard.compress(protobuf("a2"))
    ),
    "framed protobuf inside zstd": zstandard.compress(framed(protobuf("a1"), protobuf("a2"))),
    "bare protobuf": protobuf("a1", "a2"),
    "bare protobuf inside gzip": gzip.compress(protobuf("a1", "a2")),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_gives_its_two_spans(shape: str) -> None:
    result = read(SHAPES[shape], "otlp/traces/file.anything")
    assert (span_ids(result), result.codes) == (["a1", "a2"], [])


def test_digest_and_offsets_cover_the_decompressed_bytes() -> None:
    result = read(gzip.compress(ONE + TWO))
    assert result.reader.compression == "gzip"
    assert result.reader.end_offset == result.reader.bytes_read == len(ONE + TWO)
    assert result.reader.digest == hashlib.sha256(ONE + TWO).hexdigest()
    assert [(piece.byte_offset, piece.byte_length) for piece in result.pieces] == [
        (0, len(ONE) - 1),
        (len(ONE), len(TWO) - 1),
    ]


@pytest.mark.parametrize("whole", [ONE + TWO + THREE, framed(ONE, TWO, THREE), b"[\n" + ONE + b"," + TWO])
def test_a_growing_file_is_read_up_to_its_last_whole_record_and_continued_there(whole: bytes) -> None:
    # Wherever the writer stood when we looked, two looks together see every record once.
    for seen in range(len(whole) + 1):
        first = read(whole[:seen], is_complete=False)
        then = read(whole, start_offset=first.reader.end_offset)
        assert first.codes == []
        assert span_ids(first) + span_ids(then) == span_ids(read(whole))
        assert first.reader.end_offset + then.reader.bytes_read == len(whole)


def test_a_growing_compressed_file_is_read_up_to_its_last_whole_record() -> None:
    result = read(TWO_FRAMES[:-5], is_complete=False)
    assert (span_ids(result), result.codes) == (["a1"], [])
    assert result.reader.end_offset == len(ONE)


def test_a_torn_last_record_of_a_complete_file_is_quarantined() -> None:
    result = read(ONE + TWO[:50])
    assert (span_ids(result), result.codes) == (["a1"], ["torn_record"])
    assert (result.bad[0].byte_offset, result.bad[0].raw) == (len(ONE), TWO[:50])
    assert result.reader.end_offset == len(ONE) + 50


@pytest.mark.parametrize("torn", [TWO[:50], TWO[:60] + b'"open', pretty(TWO)[:90]])
def test_after_a_torn_write_reading_goes_on_at_the_next_request(torn: bytes) -> None:
    result = read(ONE + torn + b"\n" + THREE)
    assert (span_ids(result), result.codes) == (["a1", "a3"], ["torn_record"])


def values(data: bytes, *, is_complete: bool = True) -> list[str]:
    """The values that `data` is cut into as text, bad ones by their reason."""
    pieces = read_pieces(io.BytesIO(data), "governance/a.jsonl", is_complete=is_complete)
    return [piece.reason_code if isinstance(piece, BadRecord) else piece.data.decode() for piece in pieces]


@pytest.mark.parametrize(
    "torn",
    [
        b'{"id":"e1","data":{"a":1',
        b'{"id":"e1","data":{"a":1}',
        b'{"id":"e1","data":"op',
        b'{"id":"e1",',
        b'{"id":"e1","data":',
        b'{"id":"e1","data":[',
        b'{\n  "id": "e1",\n  "data": {}',
        b'{\n  "id": "e1",\n  "data": [',
    ],
)
@pytest.mark.parametrize("is_complete", [True, False])
def test_after_a_torn_write_every_whole_line_is_a_record(torn: bytes, is_complete: bool) -> None:
    whole = b'{"id":"e2"}\n{"id":"e3"}\n{"id":"e4"}\n'
    assert values(torn + b"\n" + whole, is_complete=is_complete) == [
        "torn_record",
        '{"id":"e2"}',
        '{"id":"e3"}',
        '{"id":"e4"}',
    ]


def test_a_torn_write_with_one_line_behind_it_keeps_that_line() -> None:
    assert values(b'{"data":\n{"id":"e2"}\n') == ["torn_record", '{"id":"e2"}']


def test_several_torn_writes_are_a_bad_record_each() -> None:
    data = b'{"a":1\n{"id":"e2"}\n{"a":[\n{"id":"e3"}\n{"a"\n{"id":"e4"}\n'
    bad = "torn_record"
    assert values(data) == [bad, '{"id":"e2"}', bad, '{"id":"e3"}', bad, '{"id":"e4"}']


def test_a_growing_file_with_torn_records_gives_the_same_wherever_it_is_cut() -> None:
    data = b'{"a":[\n{"id":"e2"}\n{"a"\n{"id":"e3"}\n{"a":"op\n{"id":"e4"}\n'
    for seen in range(len(data) + 1):
        first = read_pieces(io.BytesIO(data[:seen]), "governance/a.jsonl", is_complete=False)
        before = [piece.byte_offset for piece in first]
        then = read_pieces(io.BytesIO(data), "governance/a.jsonl", start_offset=first.end_offset)
        assert before + [piece.byte_offset for piece in then] == [0, 7, 19, 24, 36, 45]


def test_torn_records_keep_their_places() -> None:
    data = b'{"a":[\n{"id":"e2"}\n{"a"\n\n{"id":"e4"}'
    pieces = list(read_pieces(io.BytesIO(data), "governance/a.jsonl"))
    # Six bytes and a line end, eleven and one, four and one and an empty line, eleven.
    assert [(piece.byte_offset, piece.byte_length) for piece in pieces] == [
        (0, 7),
        (7, 11),
        (19, 6),
        (25, 11),
    ]


@pytest.mark.parametrize(
    "document",
    [
        b'{"items": [\n{"id": 1},\n{"id": 2}\n]}',
        b'{"items":\n{"id": 1}\n}',
        b'{"items": [\n{}\n, \n\n{"id": 2}\n]}',
        b'{\n"items": [\n{\n"id": 1\n},\n{}\n],\n"one": {}\n}',
    ],
)
def test_whole_lines_inside_a_document_belong_to_it(document: bytes) -> None:
    assert values(document + b'\n{"id":"next"}') == [document.decode(), '{"id":"next"}']


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"not json at all\n", "malformed_json"),
        (b"{'resourceSpans': []}\n", "malformed_json"),
        (b"null\n", "not_otlp"),
        (b"17\n", "not_otlp"),
        (b'"text"\n', "not_otlp"),
        (b'{"hello": 1}\n', "not_otlp"),
        (b"[" * 20_000 + b"]" * 20_000 + b"\n", "too_deep"),
        (b'{"a":' * 20_000 + b"1" + b"}" * 20_000 + b"\n", "too_deep"),
    ],
)
def test_a_line_that_is_no_request_is_one_bad_record_between_good_ones(data: bytes, code: str) -> None:
    # A line of brackets opens a top array, so its value begins one bracket later.
    result = read(ONE + data + TWO)
    assert (span_ids(result), result.codes) == (["a1", "a2"], [code])


@pytest.mark.parametrize("data", [b"", b" \n\t\n", b"{}\n", b"[]", b'{"resourceSpans": []}'])
def test_an_empty_request_or_file_has_no_records(data: bytes) -> None:
    result = read(data)
    assert (result.rows["spans"], result.bad) == ([], [])
    assert result.reader.end_offset == len(data)


def test_a_broken_pretty_document_is_one_bad_record_however_many_lines_follow_the_break() -> None:
    broken = pretty(TWO).replace(b'"chat",', b'"chat')
    result = read(ONE + broken + b"\n" + THREE)
    assert (span_ids(result), result.codes) == (["a1", "a3"], ["torn_record"])
    assert result.bad[0].raw == broken + b"\n"


def test_a_line_beyond_the_limit_is_measured_and_the_next_one_lands() -> None:
    limits = Limits(max_piece_bytes=2 * len(ONE), max_raw_bytes=10)
    long = b'{"x": "' + b"y" * 3 * len(ONE) + b'"}\n'
    result = read(ONE + long + TWO, limits=limits)
    assert (span_ids(result), result.codes) == (["a1", "a2"], ["too_large"])
    assert (result.bad[0].byte_offset, result.bad[0].byte_length) == (len(ONE), len(long))
    assert result.bad[0].raw == long[:10]
    assert result.bad[0].raw_digest == hashlib.sha256(long).hexdigest()
    assert result.reader.digest == hashlib.sha256(ONE + long + TWO).hexdigest()


def test_a_pretty_document_beyond_the_limit_is_quarantined() -> None:
    result = read(pretty(traces(*[span()] * 10)), limits=Limits(max_piece_bytes=500))
    assert result.codes == ["too_large"]


def test_a_frame_length_of_four_gigabytes_allocates_nothing() -> None:
    result = read(framed(ONE) + b"\xff\xff\xff\xff" + b"rest", "otlp/traces.bin")
    assert (span_ids(result), result.codes) == (["a1"], ["too_large"])


def test_a_frame_longer_than_the_file_is_torn() -> None:
    result = read(framed(ONE, TWO)[:-1])
    assert (span_ids(result), result.codes) == (["a1"], ["torn_record"])


@pytest.mark.parametrize("compress", [gzip.compress, zstandard.compress])
def test_a_decompression_bomb_ends_the_file_with_one_bad_record(compress) -> None:  # type: ignore[no-untyped-def]
    limits = Limits(max_piece_bytes=1_000_000, free_expansion_bytes=1_000_000, max_expansion=100)
    result = read(compress(ONE + b" " * 8_000_000), limits=limits)
    assert (span_ids(result), result.codes) == (["a1"], ["decompression_bomb"])


def test_a_decompression_bomb_in_many_small_messages_is_cut_short() -> None:
    bomb = zstandard.compress(ONE + b" " * 900_000)
    limits = Limits(max_piece_bytes=1_000_000, free_expansion_bytes=2_000_000, max_expansion=100)
    result = read(framed(bomb, bomb, bomb, bomb, ONE, zstandard.compress(TWO)), limits=limits)
    assert (span_ids(result), result.codes) == (["a1", "a1", "a1", "a2"], ["decompression_bomb"] * 2)


def test_a_compressed_message_beyond_the_limit_is_quarantined() -> None:
    message = zstandard.compress(b" " * 5_000_000)
    assert read(framed(message, ONE), limits=Limits(max_piece_bytes=1_000_000)).codes == ["too_large"]


def test_a_damaged_or_cut_container_keeps_what_came_before() -> None:
    compressed = gzip.compress(ONE) + gzip.compress(TWO)
    cut, damaged = compressed[:-12], compressed[:-8] + b"\0\0\0\0" + compressed[-4:]
    assert read(cut).codes == ["truncated_stream"]
    assert span_ids(read(damaged))[:1] == ["a1"]
    assert read(damaged).codes[-1:] == ["corrupt_stream"]


def test_a_name_does_not_make_a_file_compressed() -> None:
    assert span_ids(read(ONE, "otlp/traces.jsonl.gz")) == ["a1"]


@pytest.mark.parametrize(
    ("path", "signal"),
    [
        ("otlp/traces/0001.pb", "traces"),
        ("otlp/traces/agent-logs.pb", "logs"),
        ("otlp/METRICS.bin", "metrics"),
        ("otlp/00007_trace.pb", "traces"),
    ],
)
def test_the_last_signal_in_the_path_is_the_signal_of_protobuf(path: str, signal: str) -> None:
    assert read(protobuf("a1"), path).pieces[0].signal == signal


def test_a_resource_of_123_bytes_is_not_taken_for_json() -> None:
    # Its first bytes are a line end and an opening brace.
    request = ExportTraceServiceRequest()
    request.resource_spans.add().schema_url = "u" * 121
    body = request.SerializeToString() + protobuf("a1")
    assert body.startswith(b"\n{")
    for data in (body, framed(body)):
        assert (span_ids(read(data, "traces.pb")), read(data, "traces.pb").codes) == (["a1"], [])


def test_protobuf_without_a_signal_in_its_path_is_quarantined_with_that_reason() -> None:
    result = read(protobuf("a1"), "otlp/catalog/body.pb")
    assert result.codes == ["unknown_signal"]
    assert result.bad[0].raw == protobuf("a1")


def test_bytes_of_no_known_format_are_one_bad_record() -> None:
    result = read(b"\x89PNG\r\n\x1a\n" + bytes(100))
    assert result.codes == ["unknown_format"]
    assert result.reader.end_offset == 108
