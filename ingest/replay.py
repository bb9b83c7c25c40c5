"""Read quarantine again: what the decoder of today understands lands, the rest stays where it is.

Bronze only grows, so a record that landed keeps its row in quarantine; its entry of kind `replay` in the
ingest log (same file, position and digest) says that it is settled.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from ingest import lake
from ingest.commit import Commits, next_load_id
from ingest.erasures import suppressed_names
from ingest.framing import read_pieces
from ingest.landing import KINDS
from ingest.parquet import Store, write
from ingest.pieces import BadRecord, Limits
from ingest.reading import decode_piece
from ingest.redaction import read_redaction
from ingest.settings import Settings
from ingest.stretch import ERASED, Stretch

# Each waits as Arrow tables of its own, which take some 50 KB.
_RECORDS_PER_COMMIT = 1000


@dataclass(frozen=True)
class ReplaySummary:
    """What reading quarantine again gave. `cut` records were too long to be kept whole."""

    landed: int
    still_bad: int
    cut: int

    def sentence(self) -> str:
        """The replay in one line."""
        if not self.landed + self.still_bad + self.cut:
            return "Nothing in quarantine waits to be read again."
        return (
            f"Read {self.landed + self.still_bad:,} quarantined records again: {self.landed:,} landed, "
            f"{self.still_bad:,} are still bad; {self.cut:,} more were too long to be kept whole."
        )


@dataclass(frozen=True)
class Quarantined:
    """One row of quarantine. `is_whole`: `raw` is all of the record."""

    source_file: str
    byte_offset: int
    byte_length: int
    raw: bytes
    raw_digest: str
    is_whole: bool


def replay(settings: Settings, *, now: datetime, limits: Limits | None = None) -> ReplaySummary:
    """Land what can be read by now, in commits of a thousand records.

    The caller holds the writer lock. A record of which only a part can be read stays in quarantine.
    """
    limits = limits or settings.limits
    redaction = read_redaction(now, settings.hash_key)
    landed = still_bad = cut = 0
    with lake.connect(settings) as connection:
        lake.ensure_bronze(connection)
        store = Store(Path(settings.lake), redaction, suppressed_names(connection))
        commits = Commits(connection, settings, redaction)
        for load_id in _loads(connection):
            waiting = _waiting(connection, load_id)
            whole = [row for row in waiting if row.is_whole]
            cut += len(waiting) - len(whole)
            for start in range(0, len(whole), _RECORDS_PER_COMMIT):
                some = whole[start : start + _RECORDS_PER_COMMIT]
                read = [_read_again(row, limits) for row in some]
                stretches = [stretch for stretch in read if stretch is not None]
                if stretches:
                    commits.commit([write(store, stretches, next_load_id(connection))])
                landed += len(stretches)
                still_bad += len(some) - len(stretches)
    return ReplaySummary(landed, still_bad, cut)


def _loads(connection: duckdb.DuckDBPyConnection) -> list[int]:
    rows = connection.execute("select distinct load_id from lake.bronze.quarantine order by 1").fetchall()
    return [load_id for (load_id,) in rows]


def _waiting(connection: duckdb.DuckDBPyConnection, load_id: int) -> list[Quarantined]:
    rows = connection.execute(
        """
        select source_file, byte_offset, byte_length, raw, raw_digest, sha256(raw) = raw_digest
        from lake.bronze.quarantine as bad
        where load_id = ? and byte_offset is not null and reason_code != ? and not exists (
            select 1
            from lake.bronze.ingest_log as settled
            where settled.source_kind = 'replay'
                and settled.source_file = bad.source_file
                and settled.start_offset = bad.byte_offset
                and settled.source_digest = bad.raw_digest
        )
        order by source_file, byte_offset, raw_digest
        """,
        [load_id, ERASED],
    ).fetchall()
    return [Quarantined(*row) for row in rows]


def _read_again(row: Quarantined, limits: Limits) -> Stretch | None:
    """The record as rows, by the way that its file was read; null while any of it is bad."""
    kind = row.source_file.split("/", 1)[0]
    stretch = Stretch(
        row.source_file,
        "replay",
        row.byte_offset,
        datetime.now(UTC),
        end_offset=row.byte_offset + row.byte_length,
        bytes_read=len(row.raw),
        source_digest=row.raw_digest,
    )
    for piece in read_pieces(io.BytesIO(row.raw), row.source_file, limits=limits) if kind in KINDS else ():
        decoded = None if isinstance(piece, BadRecord) else decode_piece(kind, piece, limits)
        if decoded is None or decoded.bad:
            return None
        stretch.add_rows(decoded.rows)
    stretch.records_found = stretch.rows_landed
    return stretch if stretch.records_found else None
