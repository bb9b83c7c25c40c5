"""One entry of the ledger, and the bytes that its hash is made of."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from orchestration.governance.merkle import leaf_hash

_FORM = b"tracehouse ledger entry 1"
_NULL = b"\xff" * 8
_PREFIX = "sha256:"


class Fact(NamedTuple):
    """Something that happened and belongs into the ledger; `kind` and `subject` identify it.

    `occurred_at` is UTC without a zone. `trace_id` is null for what no trace tells, `payload_digest` for
    what has no content, such as a policy file that is gone.
    """

    kind: str
    subject: str
    occurred_at: datetime
    trace_id: str | None
    payload_digest: str | None


class Entry(NamedTuple):
    """A row of `lake.governance.ledger`: a fact, where it stands, and what binds it there.

    `sequence` counts from 0. Times are UTC without a zone, to the microsecond. Digests are `sha256:` and 64
    hex digits. `previous_hash` is null in the first entry.
    """

    sequence: int
    recorded_at: datetime
    kind: str
    subject: str
    occurred_at: datetime
    trace_id: str | None
    payload_digest: str | None
    previous_hash: str | None
    hash: str


def entry_hash(entry: Entry) -> str:
    """The hash that `entry` must have: that of a leaf of RFC 9162 over `encoded(entry)`."""
    return digest_text(leaf_hash(encoded(entry)))


def encoded(entry: Entry) -> bytes:
    """Everything but the hash itself, so that no two different entries have the same bytes.

    The text `tracehouse ledger entry 1` and then the fields in their order, each as its length in 8 bytes,
    big-endian, and its UTF-8 text; a null is 8 bytes of 0xff. The sequence is written in decimal, a time as
    2026-10-14T09:30:00.000000.
    """
    parts = [_FORM]
    for value in (
        str(entry.sequence),
        entry.recorded_at.isoformat(timespec="microseconds"),
        entry.kind,
        entry.subject,
        entry.occurred_at.isoformat(timespec="microseconds"),
        entry.trace_id,
        entry.payload_digest,
        entry.previous_hash,
    ):
        if value is None:
            parts.append(_NULL)
        else:
            text = value.encode()
            parts += (len(text).to_bytes(8, "big"), text)
    return b"".join(parts)


def linked(fact: Fact, sequence: int, recorded_at: datetime, previous_hash: str | None) -> Entry:
    """`fact` as entry number `sequence` behind the entry of `previous_hash`."""
    entry = Entry(sequence, recorded_at, *fact, previous_hash, "")
    return entry._replace(hash=entry_hash(entry))


def digest_of(payload: bytes) -> str:
    """The digest under which the ledger names `payload`."""
    return digest_text(hashlib.sha256(payload).digest())


def digest_text(digest: bytes) -> str:
    """32 bytes as `sha256:` and hex."""
    return _PREFIX + digest.hex()


def leaf_of(entry: Entry) -> bytes:
    """The leaf that the stored hash of `entry` says it is; another one for each text that is no hash."""
    with suppress(ValueError):
        leaf = bytes.fromhex(entry.hash.removeprefix(_PREFIX))
        if digest_text(leaf) == entry.hash and len(leaf) == hashlib.sha256().digest_size:
            return leaf
    return hashlib.sha256(entry.hash.encode()).digest()
