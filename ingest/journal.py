"""What the ingest log says was read: the questions of a load, asked of one copy."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb


@dataclass(frozen=True)
class Seen:
    """How far a file was read; the newest of its rows in the ingest log.

    Offsets count decompressed bytes. `bytes` and the two digests are of the file as it stands on disk: of its
    first bytes, and of the last before `raw_end`. `ranges` are the stretches read so far, with their sha256.
    `is_complete`: no byte of it was awaited.
    """

    name: str
    end_offset: int
    compression: str
    head_digest: str
    tail_digest: str
    bytes: int
    modified_unix_nano: int
    is_complete: bool
    ranges: tuple[tuple[int, int, str], ...]

    @property
    def raw_end(self) -> int:
        """How many bytes of the file on disk were used."""
        return self.end_offset if self.compression == "none" else self.bytes

    @property
    def is_unreadable(self) -> bool:
        """True when the file could not be opened: nothing was read, and the log says that all is awaited."""
        return self.end_offset == 0 and not self.is_complete


class Journal:
    """The ingest log as it stands, held by this connection: the catalogue is asked for it once."""

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

    def seen(self) -> dict[str, Seen]:
        """Every file that was read, by name."""
        rows = self._connection.execute(
            """
            select
                source_file,
                arg_max(
                    row(
                        end_offset, compression, head_digest, tail_digest,
                        file_bytes, modified_unix_nano, is_complete
                    ),
                    (load_id, end_offset)
                ),
                list((start_offset, end_offset, source_digest) order by load_id, start_offset)
            from journal
            where head_digest is not null
            group by source_file
            """
        ).fetchall()
        return {name: Seen(*(name, *newest, _of_this_file(ranges))) for name, newest, ranges in rows}

    def stretches(self) -> list[tuple[str, str, str, int, int, int]]:
        """File, kind, digest, start, rows landed and quarantined of every stretch that held a record."""
        return self._connection.execute(
            """
            select source_file, source_kind, source_digest, start_offset, rows_landed, rows_quarantined
            from journal
            where records_found > 0
            """
        ).fetchall()

    @property
    def newest_load_id(self) -> int:
        """Of the newest committed load; 0 before the first."""
        row = self._connection.execute("select coalesce(max(load_id), 0) from journal").fetchone()
        return int(row[0]) if row else 0


def _of_this_file(ranges: list[tuple[int, int, str]]) -> tuple[tuple[int, int, str], ...]:
    """The last run of stretches that meet: earlier ones are of another file that had the name before."""
    first = len(ranges) - 1
    while first > 0 and ranges[first][0] != 0 and ranges[first - 1][1] == ranges[first][0]:
        first -= 1
    return tuple(ranges[first:])
