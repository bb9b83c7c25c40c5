"""What a file is must not depend on how much of it an earlier load found."""

from __future__ import annotations

import gzip

import pytest

from tests.fuzz.corpus import trace_request
from tests.ingest.otlp_reading import read, span, traces

BARE = bytes(trace_request([1, 2], rich=False).SerializeToString())
FRAMES = (len(BARE).to_bytes(4, "big") + BARE) * 2
LINES = traces(span()) * 2


@pytest.mark.parametrize(
    ("data", "spans"),
    [(BARE * 2, 4), (FRAMES, 4), (LINES, 2), (b"\n \n" + LINES, 2)],
    ids=["bare", "frames", "lines", "lines behind empty ones"],
)
def test_a_file_found_half_written_is_continued_whatever_the_half(data: bytes, spans: int) -> None:
    for cut in range(0, len(data), 3):
        first = read(data[:cut], "otlp/traces/file", is_complete=False)
        rest = read(data, "otlp/traces/file", start_offset=first.reader.end_offset)
        assert first.bad + rest.bad == [], cut
        assert len(first.rows["spans"]) + len(rest.rows["spans"]) == spans, cut


def test_a_compressed_file_of_lines_goes_on_as_lines_whatever_stands_where_it_was_left() -> None:
    # The empty lines behind the first request, and what is no text, would be a field of protobuf.
    parts = [gzip.compress(LINES), gzip.compress(b"\n \n\x0e\x01 noise\n" + LINES)]
    first = read(parts[0], "otlp/traces/file", is_complete=False)
    rest = read(b"".join(parts), "otlp/traces/file", start_offset=first.reader.end_offset)
    assert (len(first.rows["spans"]), len(rest.rows["spans"])) == (2, 2)
    assert (first.bad, [bad.raw.strip() for bad in rest.bad]) == ([], [b"\x0e\x01 noise"])


@pytest.mark.parametrize("zeroes", [1, 3, 4, 4097])
def test_the_zeroes_before_the_lines_of_a_truncated_file_are_one_bad_record(zeroes: int) -> None:
    result = read(bytes(zeroes) + LINES)
    assert len(result.rows["spans"]) == 2
    assert [(bad.byte_offset, bad.byte_length) for bad in result.bad] == [(0, zeroes)]


def test_noise_with_control_characters_in_the_first_line_costs_only_that_line() -> None:
    result = read(b"\xff\x00 noise\n" + LINES)
    assert len(result.rows["spans"]) == 2
    assert [(bad.byte_offset, bad.byte_length) for bad in result.bad] == [(0, 9)]


@pytest.mark.parametrize("zeroes", [4, 8, 200_000])
def test_empty_messages_between_frames_are_passed_over(zeroes: int) -> None:
    data = FRAMES + bytes(zeroes) + FRAMES + bytes(zeroes)
    result = read(data, "otlp/traces/file")
    assert len(result.rows["spans"]) == 8
    assert result.bad == []
    assert result.reader.end_offset == len(data)
