"""The canonical bytes of a record, and the digest over them: the same for every encoding and every decoder.

A record is a list of integers and a list of texts. Its canonical bytes are: how many integers, how many
texts, the integers, the length of each text in bytes (each of these an int64, little-endian), then the texts.
The integers of a record hold the counts of its lists, so no two records share their bytes.

An attribute list, in key order (as bytes), repeats of a key in the order sent, is its *shape* and its values.
The shape is the digest of the kinds as numbers and the keys, which records of one kind share. It stands among
the ids, of 16 bytes like what the record stands under, which comes first; the values are texts. What stands
under the record (events, links) comes last as digests. Ids are their bytes; absent ids and texts are empty,
unknown times 0. `ingest.otlp.kernels.canonical` writes the same bytes.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Final

from ingest.otlp.fields import EventFields, LinkFields, LogFields, OriginFields, SpanFields
from ingest.otlp.values import Attribute, Kind, body_text

DIGEST_BYTES: Final = 16
# As in opentelemetry-proto's AnyValue; a string has no kind in `values.Attribute`.
KIND_NUMBERS: Final = {
    None: 0,
    "int": 1,
    "double": 2,
    "bool": 3,
    "bytes": 4,
    "array": 5,
    "kvlist": 6,
    "empty": 7,
}
# A log without a body, which is another than one with an empty body.
_NO_BODY: Final = -1

_key = itemgetter(0)


def digest(integers: Sequence[int], texts: Sequence[bytes]) -> bytes:
    """16 bytes of blake2b over the canonical bytes of a record. Integers are within int64."""
    head = struct.pack(
        f"<{2 + len(integers) + len(texts)}q", len(integers), len(texts), *integers, *map(len, texts)
    )
    return hashlib.blake2b(head + b"".join(texts), digest_size=DIGEST_BYTES).digest()


def origin_digest(origin: OriginFields) -> bytes:
    """The digest of a resource and scope."""
    resource_shape, resource_values = _attributes(origin.resource_attributes)
    scope_shape, scope_values = _attributes(origin.scope_attributes)
    named = (
        origin.resource_schema_url,
        origin.scope_name,
        origin.scope_version,
        origin.scope_schema_url,
    )
    return digest(
        [len(resource_values), len(scope_values)],
        [resource_shape, scope_shape, *map(str.encode, named), *resource_values, *scope_values],
    )


def span_digest(span: SpanFields, origin: bytes, events: Sequence[bytes], links: Sequence[bytes]) -> bytes:
    """The digest of a span, over those of its origin, events and links."""
    shape, values = _attributes(span.attributes)
    numbers = (span.flags, span.kind, span.start, span.end, span.status_code)
    dropped = (span.dropped_attributes, span.dropped_events, span.dropped_links)
    ids = (_id(span.trace_id), _id(span.span_id), _id(span.parent_span_id))
    named = (span.trace_state, span.name, span.status_message)
    return digest(
        [*numbers, *dropped, len(values), len(events), len(links)],
        [origin, shape, *ids, *map(str.encode, named), *values, *events, *links],
    )


def event_digest(event: EventFields, trace_id: bytes, span_id: bytes, place: int) -> bytes:
    """The digest of the event at `place` of a span."""
    shape, values = _attributes(event.attributes)
    return digest(
        [place, event.time, event.dropped_attributes, len(values)],
        [shape, trace_id, span_id, event.name.encode(), *values],
    )


def link_digest(link: LinkFields, trace_id: bytes, span_id: bytes, place: int) -> bytes:
    """The digest of the link at `place` of a span."""
    shape, values = _attributes(link.attributes)
    return digest(
        [place, link.flags, link.dropped_attributes, len(values)],
        [shape, trace_id, span_id, _id(link.trace_id), _id(link.span_id), link.trace_state.encode(), *values],
    )


def log_digest(log: LogFields, origin: bytes) -> bytes:
    """The digest of a log record."""
    shape, values = _attributes(log.attributes)
    body, body_kind = ("", None) if log.body is None else body_text(log.body)
    body_number = _NO_BODY if log.body is None else KIND_NUMBERS[body_kind]
    numbers = (log.flags, log.time, log.observed, log.severity_number, body_number, log.dropped_attributes)
    named = (log.severity_text, log.event_name, body)
    return digest(
        [*numbers, len(values)],
        [origin, shape, _id(log.trace_id), _id(log.span_id), *map(str.encode, named), *values],
    )


def _attributes(attributes: Sequence[Attribute]) -> tuple[bytes, list[bytes]]:
    """Shape and values of an attribute list."""
    ordered = sorted(attributes, key=_key)
    shape = _shape(tuple([(key, kind) for key, _, kind in ordered]))
    return shape, [value.encode() for _, value, _ in ordered]


@lru_cache(maxsize=4096)
def _shape(keys: tuple[tuple[str, Kind | None], ...]) -> bytes:
    return shape_digest([KIND_NUMBERS[kind] for _, kind in keys], [key.encode() for key, _ in keys])


def shape_digest(kinds: Sequence[int], keys: Sequence[bytes]) -> bytes:
    """The digest of the kinds and keys of an attribute list, both in the order of the keys."""
    return digest(kinds, keys)


def _id(identifier: bytes) -> bytes:
    """Nothing for an id of zeroes, which is none."""
    return identifier if any(identifier) else b""
