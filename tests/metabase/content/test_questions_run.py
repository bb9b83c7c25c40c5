"""Every question runs on every serving database, whatever parameters are set."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from metabase.content.check import check_files
from metabase.content.database import (
    Database,
    PostgresDatabase,
    empty_database,
    published,
    serving_database,
)
from metabase.content.load import read_content
from metabase.content.run import first_rows, run_combinations
from metabase.content.tags import render
from metabase.contracts import Project, read_project
from tests.postgres_server import PostgresServer
from tests.running import Home

MANIFEST = Path(__file__).parents[3] / "dbt_project" / "target" / "manifest.json"
TODAY = date(2026, 11, 1)


@pytest.fixture(scope="module")
def project() -> Project:
    """The marts of the project, by the manifest that `make setup` wrote."""
    return read_project(MANIFEST)


@pytest.fixture(scope="module")
def empty_postgres(postgres: PostgresServer, project: Project) -> Iterator[Database]:
    """A PostgreSQL whose marts have the columns of their contracts and no rows."""
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(postgres.url, autocommit=True) as connection:
        with connection.cursor() as cursor:
            cursor.execute("create schema marts")
            for table, columns in published(project).items():
                listed = ", ".join(f'"{name}" {_in_postgres(kind)}' for name, kind in columns.items())
                cursor.execute(f'create table marts."{table}" ({listed})')
        yield PostgresDatabase(connection)
        with connection.cursor() as cursor:
            cursor.execute("drop schema marts cascade")


def test_the_files_fit_together(project: Project) -> None:
    assert check_files(read_content(), project) == []


def test_every_combination_of_parameters_runs_on_empty_marts(project: Project) -> None:
    with empty_database(project) as database:
        problems, count = run_combinations(read_content(), database, today=TODAY)

    assert problems == []
    assert count > len(read_content().content.questions)


def test_every_combination_of_parameters_runs_on_the_serving_folder(demo: Home, project: Project) -> None:
    with serving_database(demo.settings) as database, first_rows(database, project) as rows:
        problems, _ = run_combinations(read_content(), rows, today=TODAY)

    assert problems == []


def test_every_combination_of_parameters_runs_on_postgresql(empty_postgres: Database) -> None:
    problems, _ = run_combinations(read_content(), empty_postgres, today=TODAY)

    assert problems == []


def test_what_has_no_time_stands_below_the_newest_on_postgresql_too(empty_postgres: Database) -> None:
    """PostgreSQL puts null first when it counts down, unless told otherwise."""
    for when in ("null", "timestamp '2026-10-01'"):
        for rule in ("consent_missing", "denylisted_connector"):
            empty_postgres.query(
                "insert into marts.compliance_exceptions (rule_id, state, occurred_at) "
                f"values ('{rule}', 'open', {when}) returning rule_id"
            )
        empty_postgres.query(
            "insert into marts.llm_calls_recent (is_failed, is_usage_known, is_priced, started_at) "
            f"values (true, true, false, {when}) returning is_failed"
        )

    content = read_content().content
    for key in (
        "open_exceptions",
        "connector_exceptions",
        "consent_exceptions",
        "failed_calls",
        "unpriced_calls",
    ):
        asked = content.questions[key]
        answer = empty_postgres.query(render(asked.sql, asked.tags, {}, today=TODAY).sql)
        [place] = [
            place for place, name in enumerate(answer.columns) if name in ("occurred_at", "started_at")
        ]
        times = [row[place] for row in answer.rows]
        assert [time is None for time in times] == sorted(time is None for time in times), key
        assert None in times, key


def _in_postgres(data_type: str) -> str:
    return "double precision" if data_type.lower() == "double" else data_type
