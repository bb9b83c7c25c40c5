"""A SQLite catalogue that another process reads: a commit waits, longer than DuckDB's own five seconds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ingest import lake
from tests.running import Home

pytestmark = pytest.mark.long

# Locks of SQLite hold between processes only.
READER = """
import sqlite3, sys, time
catalog = sqlite3.connect(sys.argv[1])
catalog.execute("begin")
catalog.execute("select * from ducklake_metadata").fetchone()
print("reading", flush=True)
time.sleep(8)
"""


def test_a_commit_waits_for_a_reader_who_takes_eight_seconds(home: Path) -> None:
    settings = Home(home).settings
    with lake.connect(settings) as connection:
        lake.ensure_bronze(connection)
        command = [sys.executable, "-c", READER, str(settings.catalog_file)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as reader:
            assert reader.stdout is not None
            assert reader.stdout.readline() == "reading\n"
            with lake.transaction(connection):
                connection.execute("create table lake.bronze.waited (one integer)")
        assert connection.execute("select count(*) from lake.bronze.waited").fetchone() == (0,)
