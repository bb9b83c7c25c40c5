"""Go back: a new publication that shows what an older release showed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import duckdb

from ingest.settings import Settings
from metabase import journals, serving
from metabase.contracts import Mart, Project
from metabase.errors import UnknownReleaseError
from metabase.files import digest_file, write_empty
from metabase.publication import Publication, PublishedMart
from metabase.release import next_id, publish, readable_failure, recover
from metabase.results import CheckResult
from metabase.serving import Serving
from metabase.tables import ensure_release_tables


def roll_back(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    project: Project,
    release_id: str,
    *,
    now: datetime,
) -> Publication:
    """Publish the marts of `release_id` again under a new id, by hard links to its files.

    No file that a reader has open changes, and the history shows that it happened. A mart that the old
    release did not have yet stays as it is. The journals are written anew. The caller holds the writer
    lock. The next run that has work to do publishes the lake's own state again.

    Raises UnknownReleaseError when `release_id` is not among the kept releases.
    """
    ensure_release_tables(connection)
    recover(connection, settings, project)
    target = Serving(Path(settings.serving))
    if release_id not in target.kept():
        kept = ", ".join(target.kept()) or "none"
        raise UnknownReleaseError(f"There is no release {release_id!r} to go back to; kept are {kept}.")
    current = target.current()
    with readable_failure(target):
        serving.clear_staging(target)
        publication = Publication(
            publication_id=next_id(connection, settings),
            published_at=now,
            marts=tuple(_link(connection, target, mart, [release_id, current]) for mart in project.marts),
            checks=tuple(_note(mart, release_id, current) for mart in project.marts),
        )
        publish(connection, settings, project, publication)
    return publication


def _link(
    connection: duckdb.DuckDBPyConnection, target: Serving, mart: Mart, wanted: Sequence[str | None]
) -> PublishedMart:
    """The mart's file of the first release that has one; without rows if none has.

    A file that this lake's journals do not know, because the lake was made anew, counts all the same.
    """
    file = target.staging / f"{mart.name}.parquet"
    source = next((name for name in wanted if name and (target.release(name) / file.name).exists()), None)
    if source is None:
        rows, digest = write_empty(connection, mart, file)
        return PublishedMart(mart.name, "held", rows, digest, None)
    os.link(target.release(source) / file.name, file)
    shown = journals.shown_in(connection, source).get(mart.name)
    if shown is None:
        rows, digest = digest_file(connection, file)
        return PublishedMart(mart.name, "held", rows, digest, None)
    return PublishedMart(mart.name, shown.state, shown.row_count, shown.digest, shown.lake_snapshot_id)


def _note(mart: Mart, release_id: str, current: str | None) -> CheckResult:
    return CheckResult(
        mart=mart.name,
        check_name="rolled_back",
        kind="rollback",
        severity="warn",
        outcome="warned",
        observed=release_id,
        expected=current,
        message=f"Rolled back from {current} to {release_id}; the next run with work to do publishes anew.",
    )
