"""A release that is killed at any instant: nothing lost, nothing twice, no half-published mart."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from ingest import lake
from metabase.contracts import read_project
from metabase.files import digest_file
from metabase.release import recover, release
from metabase.serving import Serving
from tests.metabase.small_warehouse import NOW, Warehouse

ENDLESS = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from ingest import lake
from ingest.settings import read_settings
from metabase.contracts import read_project
from metabase.release import recover, release

settings = read_settings({"TRACEHOUSE_HOME": sys.argv[1]})
project = read_project(Path(sys.argv[2]))
with lake.writer_lock(settings), lake.connect(settings) as connection:
    while True:
        connection.execute("update lake.marts.tenants set seats = seats + 1")
        recover(connection, settings, project)
        release(connection, settings, project, [], now=datetime.now(UTC))
        print("released", flush=True)
"""


@pytest.mark.long
def test_twenty_kills_leave_every_release_whole(warehouse: Warehouse) -> None:
    warehouse.connection.close()
    project = read_project(warehouse.manifest)
    target = Serving(warehouse.serving)
    arguments = [sys.executable, "-c", ENDLESS, str(warehouse.settings.home), str(warehouse.manifest)]
    for moment in range(20):
        process = subprocess.Popen(arguments, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(moment * 0.02)
        process.kill()
        process.wait()
        assert warehouse.read("select count(*), count(distinct seats) from marts.tenants") == [(2, 1)]
    with lake.connect(warehouse.settings) as connection:
        recover(connection, warehouse.settings, project)
        release(connection, warehouse.settings, project, [], now=NOW)
    recorded = warehouse.read("select publication_id, digest from marts.publications where mart = 'tenants'")
    assert [int(name[1:]) for name, _ in sorted(recorded)] == list(range(1, len(recorded) + 1))
    digests = dict(recorded)
    for release_id in target.kept():
        file = target.release(release_id) / "tenants.parquet"
        with duckdb.connect() as reader:
            assert digest_file(reader, file) == (2, digests[release_id])
