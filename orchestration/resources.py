"""What the assets share: the settings, the writer lock held for a whole run, the dbt command line."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version
from pathlib import Path

from dagster import ConfigurableResource, InitResourceContext
from dagster_dbt import DbtCliResource, DbtProject
from packaging.version import Version
from pydantic import PrivateAttr

from ingest.lake import writer_lock
from ingest.settings import Settings, read_settings
from orchestration import dbt_child
from orchestration.project import DBT_PROJECT_DIR, lake_for_dbt

DBT_PROJECT = DbtProject(project_dir=DBT_PROJECT_DIR, profiles_dir=DBT_PROJECT_DIR)


def pinned_environment(settings: Settings, now: datetime) -> dict[str, str]:
    """The settings as dbt reads them, with the as-of instant fixed for the whole run."""
    return {
        "TRACEHOUSE_HOME": str(settings.home),
        "TRACEHOUSE_CATALOG": settings.catalog,
        "TRACEHOUSE_LAKE": settings.lake,
        **lake_for_dbt(settings.catalog, settings.lake),
        "TRACEHOUSE_TRACE_URL": settings.trace_url,
        "TRACEHOUSE_AS_OF": settings.as_of_or(now).isoformat(),
        "TRACEHOUSE_RUN_PID": str(os.getpid()),
        "DO_NOT_TRACK": "1",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "GX_ANALYTICS_ENABLED": "false",
    }


class Warehouse(ConfigurableResource):  # type: ignore[type-arg]
    """The settings of one run; while the run lasts, nobody else writes to its lake.

    Raises LakeBusyError when another process is writing.
    """

    _settings: Settings = PrivateAttr()
    _now: datetime = PrivateAttr()

    @contextmanager
    def yield_for_execution(self, context: InitResourceContext) -> Generator[Warehouse, None, None]:  # noqa: ARG002
        """Hold the writer lock from the first step to the last."""
        settings = read_settings(os.environ)
        self._settings = settings
        self._now = datetime.now(UTC)
        with writer_lock(settings):
            os.environ.update(pinned_environment(settings, self._now))
            yield self

    @property
    def settings(self) -> Settings:
        """Settings as they stood when the run began."""
        return self._settings

    @property
    def now(self) -> datetime:
        """The real clock when the run began, UTC."""
        return self._now

    @property
    def as_of(self) -> datetime:
        """The instant at which this run measures ages and freshness, UTC."""
        return self._settings.as_of_or(self._now)

    @property
    def dbt_target(self) -> Path:
        """Where dbt leaves manifest.json and run_results.json for this home."""
        return self._settings.home / "dbt"


def say(line: str) -> None:
    """Progress for the person at the console."""
    print(f"  {line}", file=sys.stderr, flush=True)


class _DbtOfThisPython(DbtCliResource):
    """dbt as a script of this Python. dagster-dbt reads the events of dbt 2 and later in another way."""

    @cached_property
    def _cli_version(self) -> Version:
        # Asking the executable gives Python's own version.
        return Version(version("dbt-core"))


def dbt_command_line() -> DbtCliResource:
    """dbt on this project, with the profile that attaches the lake of TRACEHOUSE_HOME."""
    return _DbtOfThisPython(
        project_dir=str(DBT_PROJECT.project_dir),
        profiles_dir=str(DBT_PROJECT.profiles_dir),
        dbt_executable=sys.executable,
        # -P: the modules beside the script are not dbt's to import.
        global_config_flags=["-P", str(Path(dbt_child.__file__).resolve())],
    )
