"""What the ingest log says was read: the questions of a load, asked of one copy."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import duckdb

from ingest.prints import PRINT_BYTES

# `Seen.raw_end` in SQL.
_RAW_END = "if(compression = 'none', end_offset, file_bytes)"


@dataclass(frozen=True)
class Seen:
    """How far a file was read; the newest of its rows in the ingest log.

    Offsets count decompressed bytes. `bytes` and the two digests are of the file as it stands on disk: of its
    first bytes, and of the last before `raw_end`. `is_complete`: no byte of it was awaited.
    """

    name: str
    end_offset: int
    compression: str
    head_digest: str
    tail_digest: str
    bytes: int
    modified_unix_nano: int
    is_complete: bool

    @property
    def raw_end(self) -> int:
        """How many bytes of the file on disk were used."""
        return self.end_offset if self.compression == "none" else self.bytes

    @property
    def is_unreadable(self) -> bool:
        """True when the file could not be opened: nothing was read, and the log says that all is awaited."""
        return self.end_offset == 0 and not self.is_complete


class Journal:
    """The ingest log as it stands, held by this connection: the catalogue is asked for it once.

    History stays in DuckDB; only what concerns the files at hand is taken from it.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        connection.execute(
            """
            create or replace temp table journal as
            select
                source_file, source_kind, source_digest, start_offset, end_offset, compression, head_digest,
                tail_digest, file_bytes, modified_unix_nano, is_complete, records_found, rows_landed,
                rows_quarantined, load_id
            from lake.bronze.ingest_log
            """
        )
        connection.execute(
            """
            create or replace temp table newest as
            select
                source_file,
                unnest(
                    arg_max(
                        {
                            end_offset: end_offset,
                            compression: compression,
                            head_digest: head_digest,
                            tail_digest: tail_digest,
                            file_bytes: file_bytes,
                            modified_unix_nano: modified_unix_nano,
                            is_complete: is_complete
                        },
                        (load_id, end_offset)
                    )
                )
            from journal
            where head_digest is not null
            group by source_file
            """
        )

    def seen(self, names: Collection[str]) -> dict[str, Seen]:
        """Those of the files that were read, by name."""
        rows = self._connection.execute(
            "select * from newest where source_file in (select unnest(?::varchar[]))", [list(names)]
        ).fetchall()
        return {row[0]: Seen(*row) for row in rows}

    def head_sizes(self) -> list[int]:
        """The sizes of all `head_digest`s, ascending: as much as was read of a file, if that is little."""
        rows = self._connection.execute(
            f"select distinct least({_RAW_END}, {PRINT_BYTES}) from newest where {_RAW_END} > 0 order by 1"  # noqa: S608 - ours
        ).fetchall()
        return [size for (size,) in rows]

    def beginning_so(self, head_digests: Sequence[str]) -> list[Seen]:
        """Files of which bytes were read and whose first ones have one of the digests, the longest first."""
        rows = self._connection.execute(
            f"select * from newest where {_RAW_END} > 0 and head_digest in (select unnest(?::varchar[])) "  # noqa: S608 - ours
            "order by end_offset desc, source_file",
            [list(head_digests)],
        ).fetchall()
        return [Seen(*row) for row in rows]

    def ranges(self, name: str) -> list[tuple[int, int, str]]:
        """The stretches read of a file so far: start, end and sha256."""
        rows = self._connection.execute(
            """
            select start_offset, end_offset, source_digest
            from journal
            where source_file = ? and head_digest is not null
            order by load_id, start_offset
            """,
            [name],
        ).fetchall()
        return _of_this_file(rows)

    def with_digests(self, digests: Collection[str]) -> list[tuple[str, str, str, int, int, int]]:
        """File, kind, digest, start, rows landed and quarantined of stretches of such bytes with a record."""
        return self._connection.execute(
            """
            select source_file, source_kind, source_digest, start_offset, rows_landed, rows_quarantined
            from journal
            where records_found > 0 and source_digest in (select unnest(?::varchar[]))
            """,
            [list(digests)],
        ).fetchall()

    @property
    def newest_load_id(self) -> int:
        """Of the newest committed load; 0 before the first."""
        row = self._connection.execute("select coalesce(max(load_id), 0) from journal").fetchone()
        return int(row[0]) if row else 0


def _of_this_file(ranges: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """The last run of stretches that meet: earlier ones are of another file that had the name before."""
    first = len(ranges) - 1
    while first > 0 and ranges[first][0] != 0 and ranges[first - 1][1] == ranges[first][0]:
        first -= 1
    return ranges[first:]
