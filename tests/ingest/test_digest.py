"""The digest of a record is blake2b over bytes that anybody can write down."""

from __future__ import annotations

import hashlib
from struct import pack

from ingest.otlp.digest import digest, event_digest
from ingest.otlp.fields import EventFields


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
