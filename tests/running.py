"""Run the project's own commands as a person would, on a home of their own, and read what they left."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from ingest import lake
from ingest.settings import Settings, read_settings

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Outcome:
    """Exit code and output of one command."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Home:
    """One TRACEHOUSE_HOME. Files are complete as soon as they are written there."""

    path: Path
    project: Path = ROOT

    def run(self, *command: str, **environ: str) -> Outcome:
        """`python -m <command>` on this home."""
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=self.project,
            env=self.environ | environ,
            capture_output=True,
            text=True,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    def pipeline(self, **environ: str) -> Outcome:
        """What `make run` runs."""
        return self.run("orchestration", "run", **environ)

    @property
    def environ(self) -> dict[str, str]:
        kept = {
            key: value for key, value in os.environ.items() if not key.startswith(("TRACEHOUSE_", "DAGSTER_"))
        }
        return kept | {
            "TRACEHOUSE_HOME": str(self.path),
            "TRACEHOUSE_SETTLE_SECONDS": "0",
            "PYTHONPATH": str(self.project),
            "GX_ANALYTICS_ENABLED": "false",
            "DO_NOT_TRACK": "1",
        }

    @property
    def settings(self) -> Settings:
        return read_settings(self.environ)

    @property
    def serving(self) -> Path:
        return self.path / "serving" / "tracehouse.duckdb"

    def released(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the released marts, as Metabase would: read-only."""
        with duckdb.connect(str(self.serving), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def in_lake(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the lake itself."""
        with lake.connect(self.settings, read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def digests(self) -> dict[str, str]:
        """Digest of every audited mart in the newest publication."""
        return dict(
            self.released(
                "select mart, digest from marts.publications where publication_id = "
                "(select max(publication_id) from marts.publications)"
            )
        )
