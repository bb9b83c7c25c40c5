"""deploy/postgres/roles.sql on a real server: who may do what, and how passwords change."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.files import DEPLOY, services
from tests.postgres_server import PostgresServer, running_postgres

PASSWORDS = {"SERVING_PASSWORD": "serving-1", "READER_PASSWORD": "it's 1", "METABASE_APP_PASSWORD": "app-1"}
ROLES = {
    "tracehouse": "SERVING_PASSWORD",
    "tracehouse_reader": "READER_PASSWORD",
    "metabase": "METABASE_APP_PASSWORD",
}


def psql(server: PostgresServer, user: str, password: str, database: str, *arguments: str) -> tuple[int, str]:
    """Exit code, and what was printed."""
    environ = {"PGHOST": "127.0.0.1", "PGPORT": str(server.port), "PGUSER": user, "PGPASSWORD": password}
    done = subprocess.run(
        ["psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", f"--dbname={database}", *arguments],
        env={**os.environ, **environ, **PASSWORDS},
        capture_output=True,
        text=True,
    )
    return done.returncode, (done.stdout + done.stderr).strip()


def make_roles(server: PostgresServer) -> None:
    """As the service `database-roles` does."""
    file = DEPLOY / "postgres/roles.sql"
    outcome = psql(
        server, server.user, server.password, "postgres", "--set=ON_ERROR_STOP=1", f"--file={file}"
    )
    assert outcome == (0, "")


def asked(server: PostgresServer, role: str, database: str, statement: str) -> tuple[int, str]:
    return psql(
        server, role, PASSWORDS[ROLES[role]], database, "--set=ON_ERROR_STOP=1", f"--command={statement}"
    )


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A server of its own: roles are of a whole server, and other tests have theirs."""
    with running_postgres() as server:
        make_roles(server)
        yield server


def test_the_role_that_publishes_makes_schemas_and_the_reader_reads_what_it_is_granted(
    server: PostgresServer,
) -> None:
    published = (
        "create schema marts; create table marts.t as select 1 as n; "
        "grant usage on schema marts to tracehouse_reader; grant select on marts.t to tracehouse_reader"
    )
    assert asked(server, "tracehouse", "tracehouse", published) == (0, "")
    assert asked(server, "tracehouse_reader", "tracehouse", "select n from marts.t") == (0, "1")


def test_the_reader_writes_nowhere_even_where_it_says_it_would(server: PostgresServer) -> None:
    for statement in (
        "create table x (n int)",
        "set default_transaction_read_only = off; create schema mine",
    ):
        code, said = asked(server, "tracehouse_reader", "tracehouse", statement)
        assert code != 0
        assert "read-only transaction" in said or "permission denied" in said


def test_each_role_stays_in_its_own_database(server: PostgresServer) -> None:
    for role, database in (
        ("metabase", "tracehouse"),
        ("tracehouse", "metabase"),
        ("tracehouse_reader", "metabase"),
    ):
        code, said = asked(server, role, database, "select 1")
        assert code != 0
        assert "permission denied for database" in said


def test_the_role_that_publishes_sees_how_old_sessions_of_readers_are(server: PostgresServer) -> None:
    question = "select pg_has_role('tracehouse', 'pg_read_all_stats', 'usage'), rolsuper, rolcreaterole "
    question += "from pg_roles where rolname = 'tracehouse'"
    assert asked(server, "tracehouse", "tracehouse", question) == (0, "t|f|f")


def test_metabase_keeps_itself_in_its_database(server: PostgresServer) -> None:
    assert asked(server, "metabase", "metabase", "create table setting (key text)") == (0, "")


def test_run_again_it_changes_passwords_and_nothing_else(
    server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert asked(server, "tracehouse", "tracehouse", "create schema kept") == (0, "")
    before = PASSWORDS["READER_PASSWORD"]
    monkeypatch.setitem(PASSWORDS, "READER_PASSWORD", "two'; drop role metabase; --")
    make_roles(server)
    assert asked(server, "tracehouse_reader", "tracehouse", "select 1") == (0, "1")
    code, said = psql(server, "tracehouse_reader", before, "tracehouse", "--command=select 1")
    assert code != 0
    assert "password authentication failed" in said
    schemas = "select count(*) from information_schema.schemata where schema_name = 'kept'"
    assert asked(server, "tracehouse", "tracehouse", schemas) == (0, "1")
    assert asked(server, "metabase", "metabase", "select 1") == (0, "1")
    monkeypatch.undo()
    make_roles(server)


def test_a_password_that_is_not_set_is_an_error(
    server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(PASSWORDS, "READER_PASSWORD")
    arguments = ("--set=ON_ERROR_STOP=1", f"--file={DEPLOY / 'postgres/roles.sql'}")
    code, said = psql(server, server.user, server.password, "postgres", *arguments)
    assert code != 0
    assert "alter role tracehouse_reader" in said


def test_the_service_runs_this_file_with_these_passwords() -> None:
    service = services()["database-roles"]
    assert f"--file={Path('/etc/tracehouse/roles.sql')}" in service["entrypoint"]
    assert "./postgres/roles.sql:/etc/tracehouse/roles.sql:ro" in service["volumes"]
    assert PASSWORDS.keys() <= service["environment"].keys()
