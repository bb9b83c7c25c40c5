"""A PostgreSQL URL is checked before anything uses it, and nobody is ever told its password."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.errors import SettingsError
from ingest.postgres_url import PostgresUrl, check_postgres_url
from ingest.settings import read_settings


def serving(url: str, tmp_path: Path) -> PostgresUrl:
    settings = read_settings({"TRACEHOUSE_HOME": str(tmp_path), "TRACEHOUSE_SERVING": url})
    assert settings.postgres is not None
    assert settings.serving == str(tmp_path / "serving")
    return settings.postgres


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me:hunter2@db:5432/marts", "postgresql://me:***@db:5432/marts"),
        ("postgres://me@db/marts", "postgresql://me@db/marts"),
        ("postgresql:///marts", "postgresql:///marts"),
        ("postgresql://me:hunter2@a:1,b:2/marts?sslmode=require", "postgresql://me:***@a:1,b:2/marts"),
        ("postgresql://db/marts?user=me&password=hunter2", "postgresql://db/marts"),
        ("postgresql://me:hunter2@[::1]:5432/my%20marts", "postgresql://me:***@[::1]:5432/my marts"),
    ],
)
def test_a_url_shows_who_and_where_and_no_password(tmp_path: Path, url: str, shown: str) -> None:
    postgres = serving(url, tmp_path)
    assert postgres.shown == shown
    assert "hunter2" not in repr(postgres)
    assert "hunter2" not in repr(read_settings({"TRACEHOUSE_SERVING": url}))
    assert "hunter2" not in postgres.masked(f"cannot use {url}")


def test_a_password_is_masked_as_it_is_written_and_as_it_is_meant(tmp_path: Path) -> None:
    postgres = serving("postgresql://me:p%40ss%2Fw@db/marts", tmp_path)
    assert postgres.masked("p%40ss%2Fw or p@ss/w") == "*** or ***"


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("mysql://me:hunter2@db/marts", "starts with 'mysql'"),
        ("postgresql://me:hunter2@db", "names no database"),
        ("postgresql://me:hunter2@db/", "names no database"),
        ("postgresql://me:hunter2@db/a/b", "names no database"),
        ("postgresql://me:hunter2@db:port/marts", "a port that is no number"),
        ("postgresql://me:hunter2@db:70000/marts", "a port that is no number"),
        ("postgresql://me:hunt@er2@db/marts", "second @"),
        ("postgresql://me:hunt#er2@db/marts", "a #"),
        ("postgresql://me:12/hunter2@db", "an @ behind a /"),
        ("postgresql://me:12?hunter=2@db/marts", "names no database"),
        ("postgresql://me:hunter2@db/ma rts", "a space"),
        ("postgresql://me:hunter2@[db/marts", "is no URL"),
        ("postgresql:me:hunter2@db/marts", "postgresql://"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_without_being_told(tmp_path: Path, url: str, says: str) -> None:
    with pytest.raises(SettingsError, match="TRACEHOUSE_SERVING") as told:
        serving(url, tmp_path)
    assert says in str(told.value)
    assert "hunt" not in str(told.value)
    assert told.value.__cause__ is None


@pytest.mark.parametrize("role", ["Reader", "a-b", "pg_read_all_data", "public", "x" * 64, 'r"; drop'])
def test_a_role_that_would_need_quotes_is_refused(role: str) -> None:
    with pytest.raises(SettingsError, match="TRACEHOUSE_READER_ROLE"):
        read_settings({"TRACEHOUSE_READER_ROLE": role})


def test_the_parts_of_a_url_are_what_metabase_asks_for() -> None:
    postgres = check_postgres_url("postgresql://me:pw@db.example.com/my%20marts?port=6432", setting="X")
    assert (postgres.host, postgres.port, postgres.database, postgres.user) == (
        "db.example.com",
        6432,
        "my marts",
        "me",
    )
    local = check_postgres_url("postgresql:///marts?host=/var/run/postgresql", setting="X")
    assert (local.host, local.port, local.user) == ("/var/run/postgresql", None, None)
    six = check_postgres_url("postgresql://[::1]:5433/marts", setting="X")
    assert (six.host, six.port) == ("::1", 5433)
