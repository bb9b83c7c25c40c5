"""The digest of a record is blake2b over bytes that anybody can write down."""

from __future__ import annotations

import hashlib
from struct import pack

import numpy as np

from ingest.otlp.digest import digest, event_digest
from ingest.otlp.fields import EventFields
from ingest.otlp.kernels.blake2b import blake2b_digests


def test_numbers_stand_before_lengths_and_lengths_before_texts() -> None:
    written = pack("<2q", 1, 2) + pack("<q", -5) + pack("<2q", 1, 2) + b"a" + b"\xc3\xa9"
    assert digest([-5], [b"a", "\u00e9".encode()]) == hashlib.blake2b(written, digest_size=16).digest()


def test_attributes_stand_in_the_order_of_their_keys_as_bytes() -> None:
    attributes = [("\U0001f600", "4", None), ("\uff00", "3", "int"), ("a", "2", None), ("Z", "1", "bool")]
    event = EventFields(time=7, name="e", attributes=attributes, dropped_attributes=0)
    shape = digest([3, 0, 1, 0], [b"Z", b"a", "\uff00".encode(), "\U0001f600".encode()])
    texts = [shape, b"T", b"S", b"e", b"1", b"2", b"3", b"4"]
    assert event_digest(event, b"T", b"S", 2) == digest([2, 7, 0, 4], texts)


def test_text_that_moves_into_its_neighbour_changes_the_digest() -> None:
    assert digest([], [b"ab", b"c"]) != digest([], [b"a", b"bc"])


def test_many_messages_side_by_side_have_the_digests_that_each_has_alone() -> None:
    random = np.random.default_rng(7)
    # Every length around the ends of words and blocks; then such that lanes end at different times.
    lengths = np.concatenate((np.arange(400), random.integers(0, 3000, 500), [100_000, 0, 1]))
    begins = np.concatenate(([0], np.cumsum((lengths + 7) // 8)))
    words = random.integers(0, 2**64, int(begins[-1]), np.uint64)
    text = words.tobytes()
    expected = [
        hashlib.blake2b(text[8 * begin : 8 * begin + length], digest_size=16).digest()
        for begin, length in zip(begins[:-1].tolist(), lengths.tolist(), strict=True)
    ]
    assert blake2b_digests(words, begins[:-1], lengths).tobytes() == b"".join(expected)
