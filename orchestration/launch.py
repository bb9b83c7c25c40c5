"""Start Dagster on a home: one run in this process, or the UI."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ingest import lake
from ingest.disk import why_not_written
from ingest.errors import LakeBusyError, LakeUnreadableError, SettingsError, TracehouseError
from ingest.journal import Journal
from ingest.landing import has_news, tell_strays
from ingest.loading import load_once
from ingest.settings import Settings
from metabase.serving import Serving
from orchestration import work
from orchestration.alert_delivery import deliver_alerts, is_due
from orchestration.project import DBT_PROJECT_DIR, MANIFEST, ONLY_IF_NEEDED, ROOT, refresh_manifest

if TYPE_CHECKING:
    from dagster import ExecuteInProcessResult
    from dagster_shared.error import SerializableErrorInfo


def run_pipeline(settings: Settings) -> int:
    """One run over the landing folder, as the Dagster job `pipeline`; no Dagster when nothing is new.

    Returns 0, or 1 when a mart is held. Raises TracehouseError when the run could not be finished.
    """
    started = time.monotonic()
    serving = Serving(Path(settings.serving))
    standing = serving.current()
    prepare_home(settings)
    if is_idle(settings, datetime.now(UTC)) and not brought_news(settings):
        follow_moved_home(settings)
        deliver_waiting(settings)
        print(f"Nothing new in {settings.landing}: the marts stand as published.", file=sys.stderr)
        if told := tell_strays(settings.landing):
            print(told, file=sys.stderr)
        return 0
    refresh_manifest()
    from dagster import DagsterInstance

    from orchestration.definitions import defs

    with written_or_told(settings.home), DagsterInstance.get() as instance:
        result = defs.resolve_job_def("pipeline").execute_in_process(
            instance=instance,
            raise_on_error=False,
            tags={ONLY_IF_NEEDED: "true"},
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
    held = failed_gates(result)
    if not result.success and not held:
        raise failure(result)
    seconds = time.monotonic() - started
    if held:
        print(
            f"Held: {', '.join(held)}. Readers keep the last good version; "
            f"`python -m metabase report` says why. ({seconds:.0f} s)",
            file=sys.stderr,
        )
        return 1
    if serving.current() == standing:
        print(f"Nothing new: the marts stand as published. ({seconds:.0f} s)", file=sys.stderr)
    else:
        place = settings.postgres.shown if settings.postgres else serving.database
        print(f"Published in {seconds:.0f} s to {place}", file=sys.stderr)
    return 0


def serve_ui(settings: Settings, *, host: str, port: int) -> int:
    """Become `dagster dev` on this home: web server, schedules and sensors, until interrupted."""
    settings.landing.mkdir(parents=True, exist_ok=True)
    prepare_home(settings)
    refresh_manifest()
    print(f"Dagster UI: http://{host}:{port}", file=sys.stderr)
    dagster = Path(sys.executable).parent / "dagster"
    os.chdir(ROOT)
    os.execv(  # noqa: S606 - the arguments are our own
        dagster,
        [str(dagster), "dev", "-m", "orchestration.definitions", "-h", host, "-p", str(port)],
    )


def prepare_home(settings: Settings) -> None:
    """Give Dagster its folder in this home, with the project's dagster.yaml in it.

    Raises SettingsError when there is no landing folder to read.
    """
    if not settings.landing.is_dir():
        raise SettingsError(
            f"There is no landing folder at {settings.landing}. Create it and point a collector's file "
            "exporter at landing/otlp/, set TRACEHOUSE_HOME, or run `make demo` for a sample month."
        )
    folder = settings.home / "dagster"
    with written_or_told(settings.home):
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / "dagster.yaml", folder / "dagster.yaml")
    os.environ["DAGSTER_HOME"] = str(folder)
    os.environ["TRACEHOUSE_HOME"] = str(settings.home)
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "1"


@contextmanager
def written_or_told(home: Path) -> Iterator[None]:
    """Say in one sentence that the home folder cannot be written, and why."""
    try:
        yield
    except Exception as error:
        # Dagster's storage wraps SQLite's errors in those of SQLAlchemy.
        is_storage = type(error).__module__.startswith("sqlalchemy")
        if not (is_storage or isinstance(error, OSError | sqlite3.Error)):
            raise
        raise LakeUnreadableError(
            f"The home folder {home} cannot be written ({why_not_written(error, home)}); make room, or make "
            "it writable, then run again. What was published stays as it is."
        ) from error


def is_idle(settings: Settings, now: datetime) -> bool:
    """True when no file is new or has grown and the last finished run saw everything else."""
    if not settings.catalog_file.exists():
        return False
    with lake.connect(settings, read_only=True) as connection:
        if not work.has_runs(connection) or has_news(Journal(connection), settings, now=now):
            return False
        return not work.find_work(connection, work.digest_project(DBT_PROJECT_DIR), settings.as_of_or(now))


def deliver_waiting(settings: Settings) -> None:
    """Deliver alerts that a receiver did not take before; another run that is writing does so itself."""
    with suppress(LakeBusyError):
        if is_due(settings):
            deliver_alerts(settings)


def brought_news(settings: Settings) -> bool:
    """True when a load of the MLflow store, if one is set, landed anything: only a load can tell."""
    if not settings.mlflow_tracking_uri:
        return False
    summary = load_once(settings, progress=_tell)
    if summary.store_failure:
        _tell(summary.store_failure)
    return summary.loads > 0


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def follow_moved_home(settings: Settings) -> None:
    """Let readers see the current release, where the folder was moved or a database was named since."""
    from metabase import release, serving
    from metabase.contracts import read_project
    from metabase.targets import targets

    folder = serving.Serving(Path(settings.serving))
    has_moved = serving.has_moved(folder)
    current = folder.current()
    is_behind = current is not None and any(target.current() != current for target in targets(settings))
    if not (has_moved or is_behind):
        return
    refresh_manifest()
    with lake.writer_lock(settings), lake.connect(settings) as connection:
        release.recover(connection, settings, read_project(MANIFEST))
    if has_moved:
        print(f"The serving folder has moved: its views now read {settings.serving}.", file=sys.stderr)
    if is_behind and settings.postgres:
        print(f"{settings.postgres.shown} now shows release {current}.", file=sys.stderr)


def failed_gates(result: ExecuteInProcessResult) -> list[str]:
    """The marts whose gate check failed in this run."""
    return sorted(
        check.asset_key.path[-1]
        for check in result.get_asset_check_evaluations()
        if check.check_name == "gate" and not check.passed
    )


def failure(result: ExecuteInProcessResult) -> TracehouseError:
    """The first error of a failed run, as a sentence; its kind decides the exit code.

    Of an error and its causes the one that was written for people is told, else the innermost.
    """
    for event in result.all_events:
        error: SerializableErrorInfo | None = getattr(event.event_specific_data, "error", None)
        chain = list(_chain(error))
        if chain:
            ours = [cause for cause in chain if cause.cls_name in _KINDS]
            told = ours[0] if ours else chain[-1]
            sentence = told.message.strip().split(": ", 1)[-1].strip()
            return _KINDS.get(told.cls_name or "", TracehouseError)(sentence)
    return TracehouseError("The run failed; `make ui` shows its log.")


def _chain(error: SerializableErrorInfo | None) -> Iterator[SerializableErrorInfo]:
    while error is not None:
        yield error
        error = error.cause


_KINDS = {
    kind.__name__: kind for kind in (TracehouseError, SettingsError, LakeBusyError, LakeUnreadableError)
}
