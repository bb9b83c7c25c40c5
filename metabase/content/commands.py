"""`python -m metabase check`: the files, and every question on the serving database."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from ingest.settings import Settings
from metabase.content import exposures
from metabase.content.check import check_files
from metabase.content.database import Database, DuckDatabase, QueryError, empty_database, serving_database
from metabase.content.exposures import exposures_text
from metabase.content.load import FOLDER, Loaded, load_content, read_content
from metabase.content.problems import Problem
from metabase.content.run import Timing, first_rows, run_combinations, timings
from metabase.contracts import Project, read_project
from metabase.errors import ServingError


def check(
    manifest: Path,
    settings: Settings,
    *,
    today: date,
    all_timings: bool,
    write_exposures: bool = False,
    folder: Path = FOLDER,
) -> int:
    """Print each problem as `file:line: sentence`, and what was done. Exit code: 1 with a problem, else 0.

    `write_exposures`: bring dbt's `exposures.yml` up to date instead of saying that it is not.
    """
    loaded, project = read_content(folder), read_project(manifest)
    problems = check_files(loaded, project)
    if not problems and folder == FOLDER:
        problems += _exposures(loaded, manifest, write=write_exposures)
    with empty_database(project) as empty:
        found, _ = run_combinations(loaded, empty, today=today)
    problems += found
    done = [_counts(loaded)]
    with serving_database(settings) as database:
        if database is None:
            done.append("The SQL was run on empty tables only: nothing has been published to read.")
        elif not problems:
            with _tried(database, project) as tried:
                found, count = run_combinations(loaded, tried, today=today)
            problems += found
            done.append(f"{count} combinations of parameters ran on {_name(database)}.")
            if not found:
                done += _lines_of_timings(timings(loaded, database, today=today), all_timings=all_timings)
    for problem in sorted(set(problems)):
        print(problem)
    print("\n".join(done if not problems else [*done, f"{len(set(problems))} problems."]))
    return 1 if problems else 0


def report(settings: Settings, html: Path | None, *, today: date) -> int:
    """Write all dashboards as one page: `html`, else `reports/<release>/index.html` in the home."""
    from metabase.pictures.report import head_of, write_report

    content = load_content()
    with serving_database(settings) as database:
        if database is None:
            return 0
        try:
            target = html or settings.home / "reports" / head_of(database).release / "index.html"
        except QueryError as error:
            raise ServingError(f"The serving database has no release to read: {error}") from error
        written = write_report(content, database, target, today=today)
    print(f"{len(content.dashboards)} dashboards on one page, {written.size:,} bytes: {target}")
    if written.failed:
        print(
            f"{len(written.failed)} questions do not run on this release and say so; "
            "`python -m metabase check` tells why.",
            file=sys.stderr,
        )
    return 0


def _exposures(loaded: Loaded, manifest: Path, *, write: bool) -> Iterator[Problem]:
    text = exposures_text(loaded.content, manifest)
    if exposures.FILE.exists() and exposures.FILE.read_text() == text:
        return
    if write:
        exposures.FILE.write_text(text)
        return
    sentence = "This is not what the dashboards read; run `python -m metabase check --write-exposures`."
    yield Problem(str(exposures.FILE.relative_to(FOLDER.parent)), 1, sentence)


@contextmanager
def _tried(database: Database, project: Project) -> Iterator[Database]:
    """What the combinations run on: of the serving folder, the first rows in memory."""
    if isinstance(database, DuckDatabase):
        with first_rows(database, project) as rows:
            yield rows
    else:
        yield database


def _name(database: Database) -> str:
    return "the serving folder" if isinstance(database, DuckDatabase) else "PostgreSQL"


def _counts(loaded: Loaded) -> str:
    content = loaded.content
    return (
        f"{len(content.dashboards)} dashboards, {len(content.questions)} questions, "
        f"{len(content.collections)} collections, {len(content.groups)} groups."
    )


def _lines_of_timings(found: list[Timing], *, all_timings: bool) -> Iterator[str]:
    if all_timings:
        for timing in found:
            yield f"  {timing.question:<44}{timing.median_ms:>9,.1f} ms{timing.rows:>9,} rows"
    if found:
        slowest = found[0]
        yield f"The slowest question is {slowest.question}: {slowest.median_ms:,.0f} ms, median of 5 runs."
