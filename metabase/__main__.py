"""`python -m metabase`: publish what the lake holds, go back to an older release, say what readers see."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from ingest import lake
from ingest.errors import LakeBusyError, SettingsError, TracehouseError
from ingest.settings import Settings, read_settings
from metabase.contracts import read_project
from metabase.report import lines_of_publication, lines_of_serving

MANIFEST = Path(__file__).parents[1] / "dbt_project" / "target" / "manifest.json"


def main(arguments: list[str] | None = None) -> int:
    """Exit code: 0 done, 1 a mart is held, 2 bad settings or arguments, 3 another writer holds the lake."""
    chosen = _parser().parse_args(arguments)
    try:
        settings = read_settings(os.environ)
        match chosen.command:
            case "release":
                return _release(settings, chosen.manifest, chosen.run_results)
            case "rollback":
                return _rollback(settings, chosen.manifest, chosen.publication_id)
            case "plan" | "apply":
                return _provision(chosen)
            case "cost-changes":
                return _cost_changes(settings, chosen.before, chosen.after, as_json=chosen.json)
            case "connect":
                return _connect(settings, only_init_sql=chosen.init_sql)
            case "check":
                return _check(settings, chosen)
            case _:
                return _report(settings, chosen.html)
    except TracehouseError as error:
        print(error, file=sys.stderr)
        return {LakeBusyError: 3, SettingsError: 2}.get(_kind(error), 1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m metabase", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    release = commands.add_parser("release", help="audit what the lake holds now, publish what passed")
    release.add_argument(
        "--run-results",
        type=Path,
        help="dbt's run_results.json (default: that of the newest run of this home)",
    )
    rollback = commands.add_parser("rollback", help="show readers an older release again")
    rollback.add_argument("publication_id", help="one of the kept releases, such as r00000042")
    for command in (release, rollback):
        command.add_argument("--manifest", type=Path, default=MANIFEST, help="dbt's manifest.json")
    changes = commands.add_parser("cost-changes", help="what two kept releases cost differently, by month")
    changes.add_argument("--before", metavar="RELEASE", help="default: the kept release before the later one")
    changes.add_argument("--after", metavar="RELEASE", help="default: the release that readers see")
    changes.add_argument("--json", action="store_true", help="one JSON object a line instead of a table")
    connect = commands.add_parser("connect", help="what to enter in Metabase to read what is published")
    connect.add_argument("--init-sql", action="store_true", help="only the views, for DuckDB in memory")
    check = commands.add_parser("check", help="whether dashboards and questions fit together and run")
    check.add_argument("--manifest", type=Path, default=MANIFEST, help="dbt's manifest.json")
    check.add_argument("--timings", action="store_true", help="how long each question takes")
    check.add_argument("--write-exposures", action="store_true", help="write dbt's exposures.yml from them")
    report = commands.add_parser("report", help="the current release, why a mart is held, and all dashboards")
    report.add_argument("--html", type=Path, help="default: $TRACEHOUSE_HOME/reports/<release>/index.html")
    plan = commands.add_parser("plan", help="what apply would change in Metabase; nothing is written")
    plan.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    apply = commands.add_parser("apply", help="make Metabase as the files of metabase/ say")
    for command in (plan, apply):
        command.add_argument(
            "--rewrite-connection", action="store_true", help="write it again: its password is a new one"
        )
    return parser


def _release(settings: Settings, manifest: Path, run_results: Path | None) -> int:
    from metabase.release import audit_and_release

    now = datetime.now(UTC)
    with _writing(settings) as connection:
        publication = audit_and_release(
            connection,
            settings,
            manifest=manifest,
            run_results=run_results or settings.home / "dbt" / "run_results.json",
            as_of=settings.as_of_or(now),
            now=now,
        )
    print("\n".join(lines_of_publication(publication)))
    return 1 if publication.held else 0


def _rollback(settings: Settings, manifest: Path, publication_id: str) -> int:
    from metabase.rollback import roll_back

    project = read_project(manifest)
    with _writing(settings) as connection:
        publication = roll_back(connection, settings, project, publication_id, now=datetime.now(UTC))
    print("\n".join(lines_of_publication(publication)))
    return 0


def _check(settings: Settings, chosen: argparse.Namespace) -> int:
    from metabase.content.commands import check

    today = settings.as_of_or(datetime.now(UTC)).date()
    return check(
        chosen.manifest,
        settings,
        today=today,
        all_timings=chosen.timings,
        write_exposures=chosen.write_exposures,
    )


def _report(settings: Settings, html: Path | None) -> int:
    from metabase.content.commands import report

    with lake.connect(settings, read_only=True) as connection:
        print("\n".join(lines_of_serving(connection, settings)))
    today = settings.as_of_or(datetime.now(UTC)).date()
    return report(settings, html, today=today)


def _connect(settings: Settings, *, only_init_sql: bool) -> int:
    from metabase.recipes import init_sql, lines_of_recipes

    print(init_sql(settings) if only_init_sql else "\n".join(lines_of_recipes(settings)))
    return 0


def _cost_changes(settings: Settings, before: str | None, after: str | None, *, as_json: bool) -> int:
    from metabase.cost_changes import cost_changes, json_of_changes, lines_of_changes, releases_to_compare
    from metabase.serving import Serving

    serving = Serving(Path(settings.serving))
    before, after = releases_to_compare(serving, before, after)
    told = json_of_changes if as_json else lines_of_changes
    for line in told(cost_changes(serving, before, after), before, after):
        print(line)
    return 0


def _provision(chosen: argparse.Namespace) -> int:
    from metabase.provision.command import run_apply, run_plan

    if chosen.command == "apply":
        return run_apply(os.environ, rewrite_connection=chosen.rewrite_connection)
    return run_plan(os.environ, as_json=chosen.json, rewrite_connection=chosen.rewrite_connection)


@contextmanager
def _writing(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The lake, open for writing by nobody else; a lake that is not there yet is not made here."""
    lake.connect(settings, read_only=True).close()
    with lake.writer_lock(settings), lake.connect(settings) as connection:
        yield connection


def _kind(error: TracehouseError) -> type[TracehouseError]:
    kinds = (LakeBusyError, SettingsError)
    return next((kind for kind in kinds if isinstance(error, kind)), TracehouseError)


if __name__ == "__main__":
    sys.exit(main())
