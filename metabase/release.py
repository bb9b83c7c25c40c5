"""Write, audit, publish: what the lake holds now becomes the release that readers see.

The order of steps, and why a kill between any two loses nothing and publishes nothing by half:

1. the marts are audited; nothing is written yet.
2. the release is written to `staging/`, where no reader looks. Killed: the next start empties it.
3. `staging/` is loaded into a schema of PostgreSQL, where there is one, in one transaction, and renamed into
   place. Killed: nobody has recorded it, the next start removes both.
4. the lake's journals are committed in one transaction. Killed: the release is recorded and complete,
   so the next start points to it.
5. PostgreSQL's schemas are swapped, then `current.csv` is replaced, then `tracehouse.duckdb` if its views
   changed. Killed between any two: the next start does what is left.

The journals stand in the release too, so what readers see of them is of the same release as the marts.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import duckdb

from ingest.lake import current_snapshot, transaction
from ingest.settings import Settings
from metabase import journals, serving
from metabase.contracts import Mart, Project, read_project
from metabase.errors import ReleaseError, StillReadError
from metabase.expiry import expire
from metabase.files import digest_file, write_empty, write_mart
from metabase.publication import Publication, PublishedMart
from metabase.results import CheckResult, results_from_dbt
from metabase.serving import Serving
from metabase.spec import FOLDER
from metabase.tables import ensure_release_tables
from metabase.targets import targets

__all__ = ["audit_and_release", "ensure_release_tables", "recover", "release"]


def audit_and_release(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    *,
    manifest: Path,
    run_results: Path | None,
    as_of: datetime,
    now: datetime,
    specs: Path = FOLDER,
) -> Publication:
    """Audit every public mart as the lake holds it now, publish those that passed, hold the others.

    `run_results` is what dbt's newest run left; null or missing means that no dbt test is known. The
    caller holds the writer lock. `now` is when this happens, `as_of` the instant that freshness is
    measured at.
    """
    from metabase.audit import audit_project

    ensure_release_tables(connection)
    project = read_project(manifest)
    recover(connection, settings, project)
    checks = results_from_dbt(run_results, manifest, project.marts) if run_results else []
    data_docs = settings.home / "data_docs" / next_id(connection, settings)
    checks += audit_project(connection, project, as_of=as_of, data_docs=data_docs, specs=specs)
    return release(connection, settings, project, checks, now=now, data_docs=data_docs)


def release(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    project: Project,
    checks: Sequence[CheckResult],
    *,
    now: datetime,
    data_docs: Path | None = None,
) -> Publication:
    """Publish the marts of `project` that no check holds; hold the others at their last good version."""
    target = Serving(Path(settings.serving))
    with readable_failure(target):
        publication = _stage(connection, settings, project, checks, now, data_docs)
        publish(connection, settings, project, publication)
    return publication


def _stage(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    project: Project,
    checks: Sequence[CheckResult],
    now: datetime,
    data_docs: Path | None,
) -> Publication:
    """Step 2: write or link every mart's file in the staging folder."""
    target = Serving(Path(settings.serving))
    snapshot = current_snapshot(connection)
    held = {check.mart for check in checks if check.holds}
    shown = journals.shown_in(connection, target.current())
    serving.clear_staging(target)
    marts = []
    for mart in project.marts:
        file = target.staging / f"{mart.name}.parquet"
        if mart.name in held:
            marts.append(_hold(connection, target, mart, file, shown))
        else:
            rows, digest = write_mart(connection, mart, file)
            marts.append(PublishedMart(mart.name, "published", rows, digest, snapshot))
    return Publication(next_id(connection, settings), now, tuple(marts), tuple(checks), data_docs)


def publish(
    connection: duckdb.DuckDBPyConnection, settings: Settings, project: Project, publication: Publication
) -> None:
    """Steps 3 to 5 for a staging folder that holds every mart's file; then forget old releases."""
    shown_by = targets(settings)
    with transaction(connection):
        journals.record(connection, publication, project.marts)
        journals.write_files(connection, Serving(Path(settings.serving)).staging, project.health)
        for target in shown_by:
            target.prepare(publication.publication_id, project)
    for target in shown_by:
        target.show(publication.publication_id, project)
    expire(connection, settings, now=publication.published_at)


def recover(connection: duckdb.DuckDBPyConnection, settings: Settings, project: Project) -> None:
    """Finish or remove what a killed release left, and show every target's readers the current one.

    So a database that was named since, or lost what it had, is loaded, and views follow a folder that has
    moved. Cheap when there is nothing to do, so every run may call it. The caller holds the writer lock.
    """
    shown_by = targets(settings)
    recorded = journals.newest(connection)
    for target in shown_by:
        newest = max(recorded or "", target.current() or "")
        for release_id in target.kept():
            if release_id > newest:
                with suppress(StillReadError):
                    target.remove(release_id)
    folder = Serving(Path(settings.serving))
    current = folder.current() or ""
    wanted = recorded if recorded and recorded > current and recorded in folder.kept() else current
    if wanted and folder.release(wanted).is_dir():
        for target in shown_by:
            target.show(wanted, project)


@contextmanager
def readable_failure(target: Serving) -> Iterator[None]:
    """Say in one sentence that a release could not be written, and what readers see instead."""
    try:
        yield
    except (duckdb.Error, OSError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ReleaseError(
            f"The release could not be written to {target.root} ({reason}). Readers still see "
            f"{target.current() or 'nothing'}; check free space and permissions, then run again."
        ) from error


def next_id(connection: duckdb.DuckDBPyConnection, settings: Settings) -> str:
    """One more than every release that the lake or a target knows."""
    known = [journals.newest(connection)]
    for target in targets(settings):
        known += [target.current(), *target.kept()]
    return serving.publication_id(max((int(name[1:]) for name in known if name), default=0) + 1)


def _hold(
    connection: duckdb.DuckDBPyConnection,
    target: Serving,
    mart: Mart,
    file: Path,
    shown: Mapping[str, journals.Shown],
) -> PublishedMart:
    """Keep what readers see of `mart`; a mart that they have never seen gets a file without rows.

    A file that this lake's journals do not know, because the lake was made anew, is kept all the same.
    """
    current = target.current()
    good = target.release(current) / file.name if current else None
    if good is None or not good.exists():
        rows, digest = write_empty(connection, mart, file)
        return PublishedMart(mart.name, "held", rows, digest, None)
    os.link(good, file)
    last = shown.get(mart.name)
    if last is None:
        rows, digest = digest_file(connection, file)
        return PublishedMart(mart.name, "held", rows, digest, None)
    return PublishedMart(mart.name, "held", last.row_count, last.digest, last.lake_snapshot_id)
