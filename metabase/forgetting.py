"""Releases without somebody: readers see the marts that they saw, but for the rows that hold a name."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingest.settings import Settings
from ingest.subjects import Names, rows_about
from metabase import journals, serving
from metabase.contracts import Mart, Project
from metabase.errors import PostgresError
from metabase.files import digest_file
from metabase.publication import Publication, PublishedMart
from metabase.release import next_id, publish, readable_failure, recover
from metabase.results import CheckResult
from metabase.serving import Serving
from metabase.targets import targets


def release_without(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    project: Project,
    names: Names,
    *,
    now: datetime,
) -> Publication | None:
    """Publish what readers see without the rows that hold `names`; remove every release that shows them.

    Null where the current release holds none. A release is immutable, so that one which has to change goes,
    and at once, since nobody may read on in it. Marts without such rows are linked. The caller holds the
    writer lock. Raises StillReadError where a reader of PostgreSQL does not let go of one that has to go, and
    PostgresError for whatever else the server refuses, once everything else is gone.
    """
    target = Serving(Path(settings.serving))
    recover(connection, settings, project)
    current = target.current()
    doomed = [
        (shown_by, release)
        for shown_by in targets(settings)
        for release in shown_by.kept()
        if any(rows_about(batch, names).any() for batch in shown_by.batches(release))
    ]
    publication = None
    if current and current in {release for _, release in doomed}:
        with readable_failure(target):
            serving.clear_staging(target)
            marts = tuple(_without(connection, target, mart, current, names) for mart in project.marts)
            publication = Publication(
                publication_id=next_id(connection, settings),
                published_at=now,
                marts=marts,
                checks=tuple(_note(mart, current) for mart in project.marts),
            )
            publish(connection, settings, project, publication)
    refused = None
    for shown_by, release in doomed:
        try:
            if release in shown_by.kept():
                shown_by.remove(release)
        except PostgresError as error:
            refused = refused or error
    if refused:
        raise refused
    return publication


def _holds(file: Path, names: Names) -> bool:
    with pq.ParquetFile(file) as parts:
        return any(
            rows_about(parts.read_row_group(number), names).any() for number in range(parts.num_row_groups)
        )


def _without(
    connection: duckdb.DuckDBPyConnection, target: Serving, mart: Mart, current: str, names: Names
) -> PublishedMart:
    """The mart's file of the current release, linked or written anew without the rows that hold a name."""
    source = target.release(current) / f"{mart.name}.parquet"
    file = target.staging / source.name
    last = journals.shown_in(connection, current).get(mart.name)
    if not _holds(source, names):
        os.link(source, file)
        rows, digest = (last.row_count, last.digest) if last else digest_file(connection, file)
    else:
        whole = pq.read_table(source)
        pq.write_table(
            whole.filter(pc.invert(pa.array(rows_about(whole, names)))), file, compression="snappy"
        )
        rows, digest = digest_file(connection, file)
    if last is None:
        return PublishedMart(mart.name, "held", rows, digest, None)
    return PublishedMart(mart.name, last.state, rows, digest, last.lake_snapshot_id)


def _note(mart: Mart, current: str) -> CheckResult:
    return CheckResult(
        mart=mart.name,
        check_name="erased",
        kind="erasure",
        severity="warn",
        outcome="warned",
        observed=None,
        expected=current,
        message=f"Release {current} without the rows of an erasure; the next run publishes anew.",
    )
