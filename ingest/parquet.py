"""Decoded rows as Parquet files beside their bronze table, not yet registered in the lake.

pyarrow writes and DuckLake registers, which costs a quarter of an INSERT from Arrow and half the bytes.
Registering checks little, so everything that DuckLake would trust is asserted here first.
"""

from __future__ import annotations

import functools
import io
import itertools
import os
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingest import schema
from ingest.disk import why_not_written
from ingest.errors import LakeUnreadableError, TracehouseError
from ingest.otlp.columns import in_parts, rows_by_day, table_of
from ingest.pieces import Row
from ingest.redaction import Redaction, redacted
from ingest.stretch import Stretch
from ingest.subjects import KEY_COLUMNS, NOBODY, SPAN_TABLES, Names, are_keys, find, is_money, rows_stripped

# Columns by which queries leave out whole files, beside the partition.
_SKIPPED_BY = frozenset(
    {
        "load_id",
        "start_time_unix_nano",
        "time_unix_nano",
        "started_at",
        "occurred_at",
        "name",
        "metric_name",
        "event_name",
        "type",
    }
)


@dataclass(frozen=True)
class Store:
    """Where rows are written, and what of them may be: all that is needed beside the rows.

    Records that speak of the `suppressed` are quarantined without what they say.
    """

    lake: Path
    redaction: Redaction
    suppressed: Names = NOBODY


# Rows of one file that are held as Arrow at a time, a row group; nearly always they are all.
_ROW_GROUP_BYTES = 64 * 1024 * 1024

# Bad records wait for their commit in memory, as they came.
LARGEST_WAIT_BYTES = 64 * 1024 * 1024
_BYTES_AROUND_A_BAD_RECORD = 1024


@dataclass(frozen=True)
class Written:
    """Stretches whose rows stand in Parquet files that the lake does not know yet.

    `files` are by bronze table; `counts` says of each how many rows of each stretch it holds, in the order of
    the stretches, as its rows are. `unreadable` names files that could not be opened, with the reason.
    """

    load_id: int
    at: datetime
    stretches: list[Stretch]
    files: dict[str, list[Path]]
    counts: dict[Path, list[int]] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)

    @property
    def bytes_held(self) -> int:
        """About what its bad records take in memory."""
        raw = (len(bad.raw) for stretch in self.stretches for bad in stretch.bad)
        return sum(size + _BYTES_AROUND_A_BAD_RECORD for size in raw)

    def discard(self) -> None:
        """Remove the files."""
        for paths in self.files.values():
            for path in paths:
                path.unlink(missing_ok=True)


def write(
    store: Store, stretches: list[Stretch], load_id: int, unreadable: dict[str, str] | None = None
) -> Written:
    """Write one Parquet file for each table and UTC day of the stretches, and let go of their rows.

    Raises LakeUnreadableError, saying so, when the disk is full or the lake cannot be written, and
    TracehouseError when records are unaccounted for, or rows are not what the lake or Arrow can take. Neither
    leaves a file behind.
    """
    for stretch in stretches:
        _account_for(stretch)
    written = Written(load_id, datetime.now(UTC), stretches, defaultdict(list), {}, unreadable or {})
    try:
        for (table, day), parts in _parts(stretches).items():
            folder = store.lake / "bronze" / table / f"event_date={day or '__HIVE_DEFAULT_PARTITION__'}"
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"{load_id:012d}-{uuid.uuid4()}.parquet"
            written.files[table].append(path)
            counts = written.counts[path] = [0] * len(stretches)
            _write(path, table, _together(_tables(table, parts, store, written, counts)))
        if store.suppressed:
            _suppress(written, store.suppressed)
        _keep_names(path.parent for paths in written.files.values() for path in paths)
    except OSError as error:
        written.discard()
        raise not_written(error, store.lake) from error
    except pa.ArrowException as error:
        written.discard()
        names = ", ".join(sorted({stretch.source_file for stretch in stretches}))
        raise TracehouseError(
            f"Rows of {names} do not fit into a table ({error}); nothing of this load was kept. Report it, "
            "and move the file out of the landing folder until then."
        ) from error
    except BaseException:
        written.discard()
        raise
    for stretch in stretches:
        stretch.release()
    return written


def take_out(written: Written, known: Sequence[Stretch], store: Store) -> None:
    """Remove the rows of some of the stretches: they landed before, from a file of another name.

    Raises as `write`.
    """
    _remove_rows(written, known, store)
    for stretch in known:
        stretch.forget()


def leave_out(written: Written, unwanted: Sequence[Stretch], store: Store) -> None:
    """Remove some of the stretches as if they had never been read. Raises as `write`."""
    _remove_rows(written, unwanted, store)
    gone = {id(stretch) for stretch in unwanted}
    is_left = [id(stretch) not in gone for stretch in written.stretches]
    for counts in written.counts.values():
        counts[:] = itertools.compress(counts, is_left)
    written.stretches[:] = itertools.compress(written.stretches, is_left)


def _remove_rows(written: Written, stretches: Sequence[Stretch], store: Store) -> None:
    try:
        gone = {id(stretch) for stretch in stretches}
        is_gone = [id(stretch) in gone for stretch in written.stretches]
        for table, paths in written.files.items():
            for path in list(paths):
                counts = written.counts[path]
                if any(itertools.compress(counts, is_gone)):
                    _replace(path, table, written, np.repeat(is_gone, counts))
    except OSError as error:
        raise not_written(error, store.lake) from error


def _suppress(written: Written, names: Names) -> None:
    """Take out what speaks of `names`, wherever it was written; each record leaves an empty bad one."""

    def rows_of(table: str) -> Iterator[pa.Table]:
        for path in written.files.get(table, ()):
            with pq.ParquetFile(path) as file:
                yield from (file.read_row_group(number) for number in range(file.num_row_groups))

    for stretch in written.stretches:
        stretch.empty_bad(names)
    found = find(rows_of, names)
    for table, paths in written.files.items():
        keys = found.get("spans" if table in SPAN_TABLES else table, set())
        for path in list(paths) if keys else ():
            _suppress_in(path, table, written, keys, names)


def _suppress_in(path: Path, table: str, written: Written, keys: set[str], names: Names) -> None:
    with pq.ParquetFile(path) as file:
        rows = file.read([name for name in file.schema_arrow.names if name in KEY_COLUMNS])
    is_found = are_keys(table, rows, keys)
    is_gone = is_found & ~is_money(table, rows)
    for stretch, gone in zip(written.stretches, _per_stretch(is_gone, written.counts[path]), strict=True):
        stretch.suppress(table, gone)
    if is_found.any():
        _replace(path, table, written, is_gone, lambda kept: _stripped(table, kept, keys, names))


def _stripped(table: str, rows: pa.Table, keys: set[str], names: Names) -> pa.Table:
    """The rows with those of `keys` stripped of the names."""
    is_found = are_keys(table, rows, keys)
    if not is_found.any():
        return rows
    flags = pa.array(is_found)
    order = np.argsort(np.concatenate([np.flatnonzero(~is_found), np.flatnonzero(is_found)]))
    both = [rows.filter(pc.invert(flags)), rows_stripped(rows.filter(flags), names)]
    return pa.concat_tables(both).take(pa.array(order))


def not_written(error: BaseException, lake: Path) -> LakeUnreadableError:
    """The sentence for a lake that cannot be written."""
    return LakeUnreadableError(
        f"The lake at {lake} cannot be written: {why_not_written(error, lake)}. Nothing of this load was "
        "kept; make room or mend the folder, then run again."
    )


def _account_for(stretch: Stretch) -> None:
    accounted_for = stretch.rows_landed + len(stretch.bad) + stretch.rows_duplicate
    if accounted_for != stretch.records_found:
        raise TracehouseError(
            f"{stretch.source_file} held {stretch.records_found} records, but {accounted_for} are "
            "accounted for; nothing of this load was kept. This is a fault of the decoder: report it."
        )


# A place among the stretches, and rows of that one.
_Part = tuple[int, pa.Table | list[Row]]


def _parts(stretches: Sequence[Stretch]) -> dict[tuple[str, date | None], list[_Part]]:
    """What belongs into one file: rows of one table and day, in the order of the stretches."""
    parts: dict[tuple[str, date | None], list[_Part]] = defaultdict(list)
    for place, stretch in enumerate(stretches):
        for table, by_day in stretch.tables.items():
            for day, of_day in by_day:
                parts[table, day].append((place, of_day))
        for table, rows in stretch.rows.items():
            for day, rows_of_day in rows_by_day(rows).items():
                parts[table, day].append((place, rows_of_day))
    return parts


def _tables(
    table: str, parts: Iterable[_Part], store: Store, written: Written, counts: list[int]
) -> Iterator[pa.Table]:
    """The parts as they are written, each made when it is asked for; counted in `counts`."""
    for place, rows in parts:
        some = (table_of(table, part) for part in in_parts(rows)) if isinstance(rows, list) else (rows,)
        for each in some:
            counts[place] += each.num_rows
            yield _with_load(redacted(table, each, store.redaction), written.stretches[place], written)


def _together(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """The tables one behind the other, as many as make a row group.

    With one dictionary for each column: where it changed within a row group, the writer would use none.
    """
    waiting: list[pa.Table] = []
    size = 0
    for each in tables:
        waiting.append(each)
        size += each.nbytes
        if size >= _ROW_GROUP_BYTES:
            yield pa.concat_tables(waiting).unify_dictionaries()
            waiting, size = [], 0
    if waiting:
        yield pa.concat_tables(waiting).unify_dictionaries()


def _with_load(rows: pa.Table, stretch: Stretch, written: Written) -> pa.Table:
    values = (
        written.load_id,
        written.at.replace(tzinfo=None),
        stretch.source_file,
        stretch.source_digest,
    )
    types = (schema.INT, schema.TIME, schema.TEXT, schema.TEXT)
    names = ("load_id", "ingested_at", "source_file", "source_digest")
    for name, value, data_type in zip(names, values, types, strict=True):
        rows = rows.append_column(name, pa.repeat(pa.scalar(value, data_type), rows.num_rows))
    return rows


def _write(path: Path, table: str, groups: Iterable[pa.Table]) -> None:
    """Write row groups to a file that has its name once it is whole."""
    new = path.with_name(f"{path.name}.tmp")
    dictionary, statistics = _encoded(table)
    try:
        with new.open("wb") as stream:
            with pq.ParquetWriter(
                stream,
                schema.RECORD_TABLES[table],
                compression="zstd",
                compression_level=1,
                use_dictionary=dictionary,
                write_statistics=statistics,
                # The types in memory are those of the lake, but for names, which readers want as text.
                store_schema=False,
            ) as writer:
                for rows in groups:
                    _check(table, rows)
                    writer.write_table(rows)
            stream.flush()
            os.fsync(stream.fileno())
        new.rename(path)
    finally:
        new.unlink(missing_ok=True)


def _check(table: str, rows: pa.Table) -> None:
    """Raise TracehouseError for rows that are not what the lake expects."""
    if rows.schema != schema.RECORD_TABLES[table]:
        raise TracehouseError(
            f"Rows of bronze.{table} have other columns than its schema; nothing was loaded."
        )
    for name in (*schema.NOT_NULL[table], *schema.PROVENANCE_NOT_NULL):
        if rows.column(name).null_count:
            raise TracehouseError(f"A row of bronze.{table} has no {name}; nothing was loaded.")


def _keep_names(folders: Iterable[Path]) -> None:
    """Let the names of new files outlive a power failure, as their bytes do, and those of new folders."""
    for each in {path for folder in folders for path in (folder, folder.parent)}:
        descriptor = os.open(each, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@functools.cache
def _encoded(table: str) -> tuple[list[str], list[str]]:
    """The columns of a bronze table that get a dictionary, and those that get statistics.

    Ids hardly repeat, so a dictionary of them is thrown away again. Statistics are for skipping files, and
    each is a row more in the catalogue, for every file.
    """
    empty = io.BytesIO()
    pq.write_table(schema.RECORD_TABLES[table].empty_table(), empty)
    columns = pq.ParquetFile(empty).schema
    paths = [columns.column(place).path for place in range(len(columns))]
    dictionary = [path for path in paths if not path.endswith(("trace_id", "span_id", "record_digest"))]
    return dictionary, [path for path in paths if path in _SKIPPED_BY]


def _per_stretch(is_gone: np.ndarray[Any, Any], counts: Sequence[int]) -> list[int]:
    """How many rows of a file are gone of each stretch; `counts` says how many each has in it."""
    return [int(part.sum()) for part in np.split(is_gone, np.cumsum(counts)[:-1])]


def _replace(
    path: Path,
    table: str,
    written: Written,
    is_gone: np.ndarray[Any, Any],
    mend: Callable[[pa.Table], pa.Table] = lambda rows: rows,
) -> None:
    """Write a file anew without some of its rows, the others mended; no file when nothing is left."""
    paths, counts = written.files[table], written.counts[path]
    left = [count - gone for count, gone in zip(counts, _per_stretch(is_gone, counts), strict=True)]
    if any(left):
        new = path.with_name(f"{path.name.split('-', 1)[0]}-{uuid.uuid4()}.parquet")
        paths.append(new)
        written.counts[new] = left
        _write(new, table, _without(path, table, is_gone, mend))
    path.unlink()
    paths.remove(path)
    del written.counts[path]


def _without(
    path: Path, table: str, is_gone: np.ndarray[Any, Any], mend: Callable[[pa.Table], pa.Table]
) -> Iterator[pa.Table]:
    """The row groups of a file without some of its rows, the others mended."""
    with pq.ParquetFile(path) as file:
        at = 0
        for number in range(file.num_row_groups):
            rows = file.read_row_group(number)
            kept = rows.filter(pa.array(~is_gone[at : at + rows.num_rows]))
            at += rows.num_rows
            if kept.num_rows:
                # Dictionaries are made of what is left: a key that is gone stands in none.
                yield mend(kept).cast(schema.RECORD_TABLES[table])
