"""Records that speak of somebody: found by digests of the name, so that the name itself is kept nowhere.

A name stands in a record where a text or a key of it holds the name as a word of its own: no ASCII letter or
digit beside it. ASCII letters are alike in both cases. Beside the name as it is written, its keyed hash and
the forms that JSON, URLs and HTML give it count.

Every stretch of the right length has a sum that is compared first, over whole columns at once; only where it
is right, one time in 65,536 by chance, a salted digest decides. So a scan costs a few passes over the bytes,
and nothing where there is nobody to look for.
"""

from __future__ import annotations

import csv
import functools
import hashlib
import html
import json
import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest import schema
from ingest.redaction import Redaction

ALIASES = Path(__file__).resolve().parents[1] / "dbt_project" / "seeds" / "attribute_aliases.csv"

# What says when a record was made; a link was made with its span.
TIMES = {
    "spans": "started_at",
    "span_events": "occurred_at",
    "metric_points": "occurred_at",
    "log_records": "occurred_at",
    "events": "occurred_at",
    "usage_snapshots": "snapshot_date",
    "mlflow_experiments": "created_at",
    "mlflow_runs": "started_at",
    "mlflow_metrics": "recorded_at",
    "mlflow_traces": "started_at",
    "mlflow_evaluations": "occurred_at",
    "mlflow_model_versions": "created_at",
}
# A span with its events and links is one record, and so are all copies of it.
SPAN_TABLES = ("span_events", "span_links", "spans")
# What records are known by, and what tells whether they are of accounts.
KEY_COLUMNS = frozenset({"trace_id", "span_id", "record_digest", "landing_kind"})
# Where a load put a record, and its digest, say nothing of whom it is about.
PLACES = frozenset({"record_digest", "load_id", "ingested_at", "source_file", "source_digest", "event_date"})

_LOWER = bytes.maketrans(bytes(range(65, 91)), bytes(range(97, 123)))
# Adding up weights of bytes tells most stretches apart; which weights does not matter.
_WEIGHTS = np.frombuffer(hashlib.shake_256(b"weights").digest(512), np.uint16).copy()
_WEIGHTS[65:91] = _WEIGHTS[97:123]
_CHUNK = 4 * 1024 * 1024
_WORD = re.compile(rb"[0-9A-Za-z]")
# Behind these a word begins although a letter or digit stands there.
_ESCAPE = re.compile(rb"(?:\\[nrtbf]|\\u[0-9A-Fa-f]{4}|%[0-9A-Fa-f]{2})\Z")
_LONGEST_ESCAPE = 6
_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)

Flags = np.ndarray[Any, np.dtype[np.bool_]]
_Rows = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True)
class Name:
    """One form of a name, by its digest. It is sought in records of `tenant_id`, or of nobody in particular,

    that were made up to `until` (UTC without a zone; null: at any time) or at a time that nobody knows.
    """

    tenant_id: str
    until: datetime | None
    length: int
    total: int
    salt: bytes
    digest: bytes

    def is_it(self, word: bytes) -> bool:
        """Whether these bytes, in lower case, are the name."""
        return hashlib.blake2b(word, key=self.salt, digest_size=32).digest() == self.digest


@dataclass(frozen=True)
class Names:
    """Whom to look for; false when there is nobody."""

    names: tuple[Name, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.names)

    @functools.cached_property
    def _by_length(self) -> dict[int, dict[int, list[Name]]]:
        lengths: dict[int, dict[int, list[Name]]] = {}
        for name in self.names:
            lengths.setdefault(name.length, {}).setdefault(name.total, []).append(name)
        return lengths

    def places(self, text: bytes) -> list[tuple[int, int, Name]]:
        """Begin, end and name of every word of `text` that is one of the names."""
        return list(self._places(np.frombuffer(text, np.uint8)))

    def is_in(self, text: bytes) -> bool:
        """Whether one of the names stands in `text`, whoever's it is."""
        return next(self._places(np.frombuffer(text, np.uint8)), None) is not None

    def without(self, text: bytes) -> bytes:
        """`text` with nothing where the names stood."""
        parts, at = [], 0
        for begin, end, _ in sorted(self.places(text), key=lambda place: place[:2]):
            if begin >= at:
                parts.append(text[at:begin])
                at = end
        return b"".join([*parts, text[at:]]) if parts else text

    def in_column(self, column: pa.Array | pa.ChunkedArray) -> Iterator[tuple[int, Name]]:
        """Row and name of what stands in a column of texts, however deeply nested."""
        whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        for texts, rows in _texts(whole, np.arange(len(whole), dtype=np.int64)):
            data, offsets = _bytes_of(texts)
            for begin, end, name in self._places(data, offsets):
                row = int(np.searchsorted(offsets, begin, side="right")) - 1
                if end <= offsets[row + 1]:
                    yield int(rows[row]), name

    def _places(self, data: np.ndarray[Any, Any], offsets: Any = None) -> Iterator[tuple[int, int, Name]]:
        for length, totals in self._by_length.items():
            is_wanted = np.zeros(1 << 16, dtype=bool)
            is_wanted[list(totals)] = True
            for start in range(0, max(0, len(data) - length + 1), _CHUNK):
                part = data[start : start + _CHUNK + length - 1]
                sums = np.cumsum(_WEIGHTS[part], dtype=np.uint16)
                sums[length:] -= sums[:-length].copy()
                for found in np.flatnonzero(is_wanted[sums[length - 1 :]]).tolist():
                    yield from self._names_at(data, start + found, length, totals, offsets)

    def _names_at(
        self, data: Any, begin: int, length: int, totals: Mapping[int, Sequence[Name]], offsets: Any
    ) -> Iterator[tuple[int, int, Name]]:
        end = begin + length
        first, last = 0, len(data)
        if offsets is not None:
            row = int(np.searchsorted(offsets, begin, side="right")) - 1
            first, last = int(offsets[row]), int(offsets[row + 1])
        before = data[max(first, begin - _LONGEST_ESCAPE) : begin].tobytes()
        if _WORD.match(data[end : min(end + 1, last)].tobytes()):
            return
        if _WORD.match(before[-1:]) and not _ESCAPE.search(before):
            return
        word = data[begin:end].tobytes().translate(_LOWER)
        for name in totals.get(_total(word), ()):
            if name.is_it(word):
                yield begin, end, name


NOBODY = Names()


def _total(word: bytes) -> int:
    return int(_WEIGHTS[np.frombuffer(word, np.uint8)].sum(dtype=np.uint16))


def names_of(
    tenant_id: str, subject: str, redaction: Redaction, *, until: datetime | None, is_hash: bool = False
) -> Names:
    """The forms of one subject under a salt of their own.

    Where the key of `redaction` is set, the keyed hash is a form, and so is the hash of that: a collector
    that hashes with the same key was there before ingest. `is_hash`: `subject` is one already.
    """
    salt = secrets.token_bytes(16)
    forms = {subject, *_hashed({subject}, redaction)} if is_hash else _forms(subject, redaction)
    words = {form.encode().translate(_LOWER) for form in forms}
    return Names(
        tuple(
            Name(
                tenant_id,
                until,
                len(word),
                _total(word),
                salt,
                hashlib.blake2b(word, key=salt, digest_size=32).digest(),
            )
            for word in sorted(words)
        )
    )


def _forms(subject: str, redaction: Redaction) -> set[str]:
    spellings = {subject, subject.lower()}
    written = {form for each in spellings for form in _written(each)}
    once = _hashed(spellings, redaction)
    return written | once | _hashed(once, redaction)


def _hashed(texts: set[str], redaction: Redaction) -> set[str]:
    """As redaction writes them; nothing without a key."""
    return set() if redaction.key is None else {redaction.replacement("hash", text)[0] for text in texts}


def _written(text: str) -> Iterator[str]:
    yield text
    yield json.dumps(text)[1:-1]
    yield json.dumps(text, ensure_ascii=False)[1:-1]
    yield html.escape(text)
    yield quote(text)
    yield quote(text, safe="")


def find(tables: Callable[[str], Iterable[pa.Table]], names: Names) -> dict[str, set[str]]:
    """The keys (`keys_of`) of the records that speak of one of the names, by record table.

    `tables` gives the rows of a record table in parts, as often as it is asked.
    """
    found: dict[str, set[str]] = {}
    parts = {
        key for table in SPAN_TABLES[:2] for rows in tables(table) for key in _keys_at(table, rows, names)
    }
    for table in schema.RECORD_TABLES:
        if table not in SPAN_TABLES[:2]:
            more = parts if table == "spans" else set()
            keys = {key for rows in tables(table) for key in _keys_at(table, rows, names, more)}
            if keys:
                found[table] = keys
    return found


def is_money(table: str, rows: pa.Table) -> Flags:
    """Which rows are of the tenant's accounts: they keep everything but the name."""
    if table == "events":
        return _flags(pc.equal(rows.column("landing_kind"), "billing"))
    return np.full(rows.num_rows, table == "usage_snapshots")


def are_keys(table: str, rows: pa.Table, keys: Iterable[str]) -> Flags:
    """Which rows belong to the records of `keys`."""
    return _flags(pc.is_in(keys_of(table, rows), pa.array(keys, pa.string())))


def rows_stripped(rows: pa.Table, names: Names) -> pa.Table:
    """The rows with an empty text in place of each that holds a name; where they came from stays."""
    told = [
        {column: value if column in PLACES else stripped(value, names) for column, value in row.items()}
        for row in rows.to_pylist()
    ]
    return pa.Table.from_pylist(told, schema=rows.schema)


def rows_about(rows: pa.Table, names: Names) -> Flags:
    """Which rows of any table hold a name, and are of that name's tenant or of nobody in particular."""
    about = np.zeros(rows.num_rows, dtype=bool)
    tenants = rows.column("tenant_id") if "tenant_id" in rows.column_names else None
    for column in rows.column_names:
        if column not in PLACES:
            for row, name in names.in_column(rows.column(column)):
                tenant = tenants[row].as_py() if tenants is not None else None
                about[row] = about[row] or tenant in (None, "unknown", name.tenant_id)
    return about


def keys_of(table: str, rows: pa.Table) -> pa.Array | pa.ChunkedArray:
    """What a record is known by: a span by its ids, anything else by its digest."""
    if table in SPAN_TABLES:
        return pc.binary_join_element_wise(rows.column("trace_id"), rows.column("span_id"), "")
    return rows.column("record_digest")


def _keys_at(table: str, rows: pa.Table, names: Names, more: Iterable[str] = ()) -> Iterator[str]:
    """Keys of rows that hold a name, or that stand in `more`, and are that name's tenant's."""
    hits: dict[int, set[Name]] = {}
    for column in rows.column_names:
        if column not in PLACES:
            for row, name in names.in_column(rows.column(column)):
                hits.setdefault(row, set()).add(name)
    by_part = set(more)
    if by_part:
        for row in np.flatnonzero(are_keys(table, rows, by_part)).tolist():
            hits.setdefault(row, set()).update(names.names)
    if not hits:
        return
    some = rows.take(pa.array(sorted(hits)))
    keys = keys_of(table, some).to_pylist()
    for place, (key, tenant, at) in enumerate(zip(keys, _tenants(some), _times(table, some), strict=True)):
        if any(is_about(name, tenant, at) for name in hits[sorted(hits)[place]]):
            yield key


def is_about(name: Name, tenant: str | None, at: datetime | None) -> bool:
    """Whether a record of this tenant (null: of nobody in particular), made then, counts as the name's."""
    if tenant is not None and tenant != name.tenant_id:
        return False
    return at is None or name.until is None or at <= name.until


def _tenants(rows: pa.Table) -> list[str | None]:
    """Of each row the tenant that it names itself; null where it names none."""
    if "tenant_id" in rows.column_names:
        return list(rows.column("tenant_id").to_pylist())
    columns = [name for name in ("attributes", "tags", "resource_attributes") if name in rows.column_names]
    maps = [[dict(entries or ()) for entries in rows.column(name).to_pylist()] for name in columns]
    return [
        next((own[key] for own in owns for key in tenant_attributes() if own.get(key)), None)
        for owns in zip(*maps, strict=True)
    ] or [None] * rows.num_rows


@functools.cache
def tenant_attributes() -> tuple[str, ...]:
    """The attributes that name a tenant, the first of them before the others."""
    with ALIASES.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["canonical_name"] == "tenant_id"]
    return tuple(row["attribute"] for row in sorted(rows, key=lambda row: int(row["priority"])))


def _times(table: str, rows: pa.Table) -> list[datetime | None]:
    if table not in TIMES:
        return [None] * rows.num_rows
    return [_instant(value) for value in rows.column(TIMES[table]).to_pylist()]


def _instant(value: date | datetime | None) -> datetime | None:
    if value is None or isinstance(value, datetime):
        return value
    return datetime(value.year, value.month, value.day)  # noqa: DTZ001 - as the lake stores times


def stripped(value: Any, names: Names) -> Any:
    """`value`, however nested, with an empty text in place of each text that holds one of the names.

    Of JSON text only its members are emptied, so that it stays JSON.
    """
    if isinstance(value, str):
        if not names.is_in(value.encode("utf-8", "surrogatepass")):
            return value
        is_json = value[:1] in ("{", "[")
        return _STRING.sub(lambda s: '""' if names.is_in(s[0].encode()) else s[0], value) if is_json else ""
    if isinstance(value, bytes):
        return b"" if names.is_in(value) else value
    if isinstance(value, dict):
        return {key: stripped(each, names) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(stripped(each, names) for each in value)
    return value


def _texts(array: pa.Array, rows: _Rows) -> Iterator[tuple[pa.Array, _Rows]]:
    """The arrays of texts or bytes in a nested array, each with the row that its values belong to."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        yield from _texts(array.dictionary_decode(), rows)
    elif pa.types.is_map(kind):
        entry = pa.struct([("key", kind.key_type), ("value", kind.item_type)])
        yield from _texts(array.cast(pa.list_(entry)), rows)
    elif pa.types.is_list(kind):
        lengths = pc.fill_null(pc.list_value_length(array), 0).to_numpy(zero_copy_only=False)
        yield from _texts(array.flatten(), np.repeat(rows, lengths))
    elif pa.types.is_struct(kind):
        for member in array.flatten():
            yield from _texts(member, rows)
    elif pa.types.is_string(kind) or pa.types.is_binary(kind):
        yield array, rows
    elif pa.types.is_large_string(kind) or pa.types.is_large_binary(kind):
        yield array.cast(pa.binary()), rows


def _bytes_of(texts: pa.Array) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """The bytes of an array of texts, one behind the other, and where each begins and the last ends."""
    _, offsets, data = texts.buffers()
    held = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    if data is None or not len(texts):
        return np.zeros(0, np.uint8), np.zeros(1, np.int64)
    return np.frombuffer(data, np.uint8)[held[0] : held[-1]], held.astype(np.int64) - held[0]


def _flags(column: pa.Array | pa.ChunkedArray) -> Flags:
    flags: Flags = pc.fill_null(column, False).to_numpy(zero_copy_only=False).astype(bool)
    return flags
