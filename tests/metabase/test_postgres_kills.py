"""A release to PostgreSQL, killed between any two steps: readers see one release, the next run ends it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from adbc_driver_manager import dbapi
from adbc_driver_postgresql.dbapi import connect

from ingest import lake
from metabase.postgres import swap
from metabase.release import recover
from tests.metabase.served import Served, ask
from tests.metabase.small_warehouse import rebuild_marts
from tests.metabase.test_release import publish

# Kills itself when the function that is named begins or ends, as a profiler sees it.
DIES = """
import os, signal, sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from ingest import lake
from ingest.postgres_url import PostgresUrl
from ingest.settings import read_settings
from metabase.contracts import read_project
from metabase.release import recover, release

home, manifest, reader, event, name = sys.argv[1:]
settings = read_settings(
    {"TRACEHOUSE_HOME": home, "TRACEHOUSE_SERVING": os.environ["URL"], "TRACEHOUSE_READER_ROLE": reader}
)

def die(frame, happened, _):
    code = frame.f_code
    if happened == event and f"{frame.f_globals.get('__name__')}.{code.co_qualname}" == name:
        os.kill(os.getpid(), signal.SIGKILL)

with lake.writer_lock(settings), lake.connect(settings) as connection:
    project = read_project(Path(manifest))
    recover(connection, settings, project)
    sys.setprofile(die)
    release(connection, settings, project, [], now=datetime.now(UTC))
"""
# Each step in its order, and how many tenants readers see when it has been killed there: 2 before the swap.
STEPS = [
    ("return", "metabase.release._stage", 2),
    ("call", "metabase.postgres.reader.let_read", 2),
    ("return", "metabase.postgres.target.PostgresTarget.prepare", 2),
    ("return", "metabase.serving.install", 2),
    ("call", "metabase.postgres.swap.swap", 2),
    ("return", "metabase.postgres.swap.keep_back", 2),
    ("return", "metabase.postgres.swap._rename", 3),
    ("call", "metabase.postgres.reader.let_read_no_more", 3),
    ("call", "metabase.serving.point_to", 3),
    ("call", "metabase.expiry.expire", 3),
]


# Two stand for all where minutes are too long.
ALWAYS = {"metabase.postgres.swap.swap", "metabase.postgres.swap._rename"}


def test_a_guard_that_has_fallen_silent_is_ended_by_the_server(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(served.warehouse)
    monkeypatch.setattr(swap, "GUARD_TIMEOUT", "100ms")
    with connect(served.url) as silent, connect(served.reader_url, autocommit=True) as reader:
        swap.keep_back(silent, "marts")
        ask(reader, "set lock_timeout = '30s'")
        assert ask(reader, "select count(*) from marts.tenants") == [(2,)]
        with pytest.raises(dbapi.Error):
            silent.rollback()


@pytest.mark.parametrize(
    ("event", "name", "tenants"),
    [pytest.param(*step, marks=[] if step[1] in ALWAYS else pytest.mark.long) for step in STEPS],
)
def test_a_kill_shows_one_release_and_the_next_run_ends_what_was_left(
    served: Served, event: str, name: str, tenants: int
) -> None:
    publish(served.warehouse)
    served.warehouse.connection.execute(
        "insert into lake.intermediate.int_calls values (date '2026-10-10', 'nova', 'free', 100, 0.5)"
    )
    rebuild_marts(served.warehouse.connection)
    served.warehouse.connection.close()
    settings = served.warehouse.settings
    arguments = [str(settings.home), str(served.warehouse.manifest), settings.reader_role, event, name]
    killed = subprocess.run(
        [sys.executable, "-c", DIES, *arguments],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"URL": served.url},
        stderr=subprocess.PIPE,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert served.ask("select count(*) from marts.tenants") == [(tenants,)]
    assert served.ask("select count(*) from marts.calls_daily") == [(20 + (tenants == 3),)]
    with lake.connect(settings) as connection:
        again = replace(served.warehouse, connection=connection)
        recover(connection, settings, served.project)
        assert served.target.current() == served.folder.current()
        made = publish(again)
        assert served.ask("select count(*) from marts.tenants") == [(3,)]
        assert served.target.current() == made.publication_id
        assert served.target.kept() == served.folder.kept()
        recorded = connection.execute(
            "select distinct publication_id from lake.marts.publications order by 1"
        )
        assert [name for (name,) in recorded.fetchall()] == served.folder.kept()
