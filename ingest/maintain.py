"""The daily care of the lake: fewer files, only the snapshots that are needed, no orphans.

Snapshots are expired by an explicit list: expiring by age would destroy kept releases. Orphans are found by
comparing folders with the catalogue's own list of files, path by path; DuckLake's `delete_orphaned_files`
deleted a live file where absolute and relative paths mix.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from ingest import lake
from ingest.erasures import first_clean_snapshot, write_anew
from ingest.settings import Settings

KEPT_RELEASES = 10
# A file that no snapshot knows may belong to a load that is being written elsewhere.
ORPHAN_AGE = timedelta(hours=24)


@dataclass(frozen=True)
class MaintenanceSummary:
    """What one maintenance did. `files_before` and `files_after` count live data files."""

    files_before: int
    files_after: int
    snapshots_expired: int
    snapshots_kept: int
    orphans_removed: int
    seconds: float

    def sentence(self) -> str:
        """The maintenance in one line."""
        return (
            f"{self.files_before} data files became {self.files_after}; {self.snapshots_expired} snapshots "
            f"expired, {self.snapshots_kept} kept; {self.orphans_removed} orphans removed; "
            f"{self.seconds:.1f} s."
        )

    def as_metadata(self) -> dict[str, int | float]:
        """The numbers by name."""
        return asdict(self)


def maintain(settings: Settings, *, now: datetime) -> MaintenanceSummary:
    """Look after the lake of `settings`; the caller holds the writer lock.

    Every snapshot that one of the newest ten publications names still answers afterwards, unless it holds
    what was erased since. `now` decides which orphans are old enough.
    """
    started = time.monotonic()
    # Flushing has crashed the process, rarely and only ever seen with a second thread (DECISIONS.md).
    with lake.connect(settings, threads=1) as connection:
        before = _count_files(connection)
        # A file with deleted rows is merged with no other until it is written anew.
        write_anew(connection)
        connection.execute("call ducklake_merge_adjacent_files('lake')")
        keep = kept_snapshots(connection) | {lake.current_snapshot(connection)}
        expired = _expire(connection, keep)
        connection.execute("call ducklake_cleanup_old_files('lake', cleanup_all => true)")
        after = _count_files(connection)
        orphans = _remove_orphans(connection, settings, now)
    _vacuum(settings.catalog_file)
    return MaintenanceSummary(before, after, expired, len(keep), orphans, time.monotonic() - started)


def kept_snapshots(connection: duckdb.DuckDBPyConnection) -> set[int]:
    """The released snapshots that hold nothing of what was erased since."""
    first = first_clean_snapshot(connection)
    return {snapshot for snapshot in released_snapshots(connection) if snapshot >= first}


def released_snapshots(connection: duckdb.DuckDBPyConnection) -> set[int]:
    """The snapshots that the newest ten publications name, those of held marts included."""
    has_releases = connection.execute(
        "select count(*) from duckdb_tables() where database_name = 'lake' "
        "and schema_name = 'marts' and table_name = 'publications'"
    ).fetchone()
    if not has_releases or not has_releases[0]:
        return set()
    rows = connection.execute(
        """
        select distinct lake_snapshot_id
        from lake.marts.publications
        where lake_snapshot_id is not null and publication_id in (
            select distinct publication_id from lake.marts.publications order by publication_id desc limit ?
        )
        """,
        [KEPT_RELEASES],
    ).fetchall()
    return {int(snapshot) for (snapshot,) in rows}


def _expire(connection: duckdb.DuckDBPyConnection, keep: set[int]) -> int:
    snapshots = [
        int(row[0]) for row in connection.execute("select snapshot_id from lake.snapshots()").fetchall()
    ]
    unneeded = [snapshot for snapshot in snapshots if snapshot not in keep]
    if unneeded:
        connection.execute("call ducklake_expire_snapshots('lake', versions => ?)", [unneeded])
    return len(unneeded)


def _vacuum(catalog: Path) -> None:
    """Write the catalogue anew: pages that were freed still hold the least and greatest values of files."""
    with closing(sqlite3.connect(catalog)) as connection:
        connection.execute("vacuum")


def _count_files(connection: duckdb.DuckDBPyConnection) -> int:
    row = connection.execute(
        "select coalesce(sum(file_count), 0) from ducklake_table_info('lake')"
    ).fetchone()
    return int(row[0]) if row else 0


def _remove_orphans(connection: duckdb.DuckDBPyConnection, settings: Settings, now: datetime) -> int:
    """Delete Parquet files below the lake that no row of the catalogue names and that are a day old."""
    known = _known_files(connection, Path(settings.lake))
    oldest = (now - ORPHAN_AGE).timestamp()
    removed = 0
    for file in Path(settings.lake).rglob("*.parquet*"):
        if file.resolve() not in known and file.stat().st_mtime < oldest:
            file.unlink()
            removed += 1
    return removed


def _known_files(connection: duckdb.DuckDBPyConnection, lake_path: Path) -> set[Path]:
    """Every data and delete file of the catalogue, whatever snapshots it belongs to, as an absolute path."""
    rows = connection.execute(
        """
        with

        files as (
            select table_id, path, path_is_relative from __ducklake_metadata_lake.ducklake_data_file
            union all
            select table_id, path, path_is_relative from __ducklake_metadata_lake.ducklake_delete_file
        ),

        folders as (
            select distinct
                tables.table_id,
                schemas.path as schema_path,
                tables.path as table_path
            from __ducklake_metadata_lake.ducklake_table as tables
            inner join __ducklake_metadata_lake.ducklake_schema as schemas
                on tables.schema_id = schemas.schema_id
        ),

        scheduled as (
            select path from __ducklake_metadata_lake.ducklake_files_scheduled_for_deletion
        )

        select if(path_is_relative, schema_path || table_path || path, path)
        from files
        inner join folders using (table_id)
        union
        select path from scheduled
        """
    ).fetchall()
    # Joining an absolute path gives that path.
    return {(lake_path / path).resolve() for (path,) in rows}
