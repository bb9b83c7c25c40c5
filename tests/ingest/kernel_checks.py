"""The kernels beside the reader of single requests: what one takes is what the other gives."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from ingest.otlp import decode
from ingest.otlp.columns import tables_by_day
from ingest.otlp.kernels.batch import Batch, decode_batch
from ingest.otlp.records import no_rows
from ingest.pieces import Encoding, Limits, Piece, Signal
from ingest.schema import ATTRIBUTE_TYPES, ATTRIBUTES

TABLES = ("spans", "span_events", "span_links")


def piece(data: bytes, encoding: Encoding = "json", signal: Signal | None = None) -> Piece:
    """A request as a piece of its own."""
    return Piece(0, len(data), data, encoding, signal)


def names_no_other_keys(rows: pa.Table) -> bool:
    """Whether the dictionaries of all maps hold the keys of these rows alone."""
    attributes = [field.name for field in rows.schema if field.type in (ATTRIBUTES, ATTRIBUTE_TYPES)]
    keys = [rows[name].combine_chunks().keys for name in attributes]
    return all(set(each.dictionary.to_pylist()) == set(each.to_pylist()) for each in keys)


def checked(pieces: Sequence[Piece], limits: Limits | None = None) -> Batch:
    """The batch of these pieces, once its tables are those of the other reader for all it did not decline."""
    limits = limits or Limits()
    batch = decode_batch(pieces, limits)
    declined = {id(piece) for piece in batch.declined}
    taken = [decode(piece, limits) for piece in pieces if id(piece) not in declined]
    assert not [bad.reason for decoded in taken for bad in decoded.bad]
    rows = no_rows()
    for decoded in taken:
        for table, found in decoded.rows.items():
            rows[table].extend(found)
    assert not rows["log_records"]
    assert not rows["metric_points"]
    expected = {table: tables_by_day(table, rows[table]) for table in TABLES}
    for table, days in expected.items():
        found_days = batch.tables.get(table, {})
        assert set(found_days) == set(days)
        for day, wanted in days.items():
            found_days[day].validate(full=True)
            assert found_days[day].schema == wanted.schema
            assert names_no_other_keys(found_days[day])
            for name in wanted.column_names:
                assert found_days[day][name].to_pylist() == wanted[name].to_pylist(), (table, name)
    assert batch.records == len(rows["spans"])
    assert batch.rows == sum(len(rows[table]) for table in TABLES)
    return batch
