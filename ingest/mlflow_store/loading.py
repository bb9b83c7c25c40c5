"""One load of an MLflow store: what is new or changed since the last, and what is gone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb

from ingest.commit import Commits
from ingest.mlflow_store import records
from ingest.mlflow_store.batch import Batch
from ingest.mlflow_store.client import StoreUnreadableError, TrackingStore, in_groups
from ingest.mlflow_store.records import Version
from ingest.mlflow_store.uri import store_name
from ingest.mlflow_store.versions import Points, Versions, newest_traces
from ingest.parquet import Store
from ingest.pieces import Limits, RecordError
from ingest.settings import Settings
from ingest.summary import LoadSummary

# How long before the newest known trace of an experiment its traces are listed again: they may have changed,
# been assessed or been deleted since. What happens to older ones is not seen.
LOOK_BACK = timedelta(days=30)

Progress = Callable[[str], None]


def load_store(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    uri: str,
    store: Store,
    limits: Limits,
    *,
    now: datetime,
    summary: LoadSummary,
    progress: Progress,
) -> None:
    """Bring bronze up to the tracking store at `uri`; the caller holds the writer lock.

    Lands only what differs from the newest version in the lake; nothing new, no commit. `summary` counts it,
    and says why when the store could not be read to its end: what was read until then is kept, and of a kind
    that was not listed to its end nothing is taken for removed. `now` bounds what counts as the newest trace.
    """
    commits = Commits(connection, settings, store.redaction)
    name = store_name(uri)
    batch = Batch(connection, commits, store, limits, name, summary)
    try:
        tracking = TrackingStore(uri)
        progress(f"reading {name}")
        _Load(connection, tracking, batch, now).read()
        if tracking.refused:
            progress(
                f"{name} no longer shows {tracking.refused:,} things that it did: they stay as they were. "
                "Let the user of MLFLOW_TRACKING_USERNAME read them, or delete them there."
            )
    except StoreUnreadableError as error:
        summary.store_failure = str(error)
    batch.commit()


class _Load:
    """The questions to one store, kind by kind."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, store: TrackingStore, batch: Batch, now: datetime
    ) -> None:
        self._connection = connection
        self._store = store
        self._batch = batch
        self._now = now
        self._experiments: dict[str, str] = {}

    def read(self) -> None:
        """Everything, each kind to its end before anything of it counts as removed."""
        self._read_experiments()
        self._read_runs()
        self._read_traces()
        self._read_model_versions()

    def _read_experiments(self) -> None:
        versions = self._versions("mlflow_experiments")
        for page in self._store.experiments():
            self._experiments |= {each.experiment_id: each.name for each in page}
            self._land(versions, page, records.experiment_key, records.experiment_version)
        self._remove_missing(versions)

    def _read_runs(self) -> None:
        versions = self._versions("mlflow_runs")
        for page in self._store.runs(list(self._experiments)):
            changed = self._changed(
                versions,
                page,
                records.run_key,
                lambda run: records.run_version(run, self._experiments.get(run.info.experiment_id)),
            )
            points = Points(self._connection, self._store.name, [run.info.run_id for run, _ in changed])
            for run, version in changed:
                self._land_points(run, points.of(run.info.run_id))
                # The run comes last: until it is in the lake, the next load asks for its points again.
                self._batch.add("mlflow_runs", version)
        self._remove_missing(versions)

    def _land_points(self, run: Any, known: set[str]) -> None:
        for key in sorted(run.data.metrics):
            for point in self._store.metric_history(run.info.run_id, key):
                version = self._read(lambda point: records.metric_version(run, point), point, run.info.run_id)
                if version is not None and version.digest not in known:
                    known.add(version.digest)
                    self._batch.add("mlflow_metrics", version)

    def _read_traces(self) -> None:
        traces = self._versions("mlflow_traces")
        evaluations = self._versions("mlflow_evaluations")
        newest = newest_traces(self._connection, self._now)
        for group in _by_age(self._experiments, newest):
            since = min(newest[each] for each in group) - LOOK_BACK if group[0] in newest else None
            for page in self._store.traces(group, _milliseconds(since)):
                # The trace comes last: until it is in the lake, the next load lists it again.
                assessed = [(assessment, trace) for trace in page for assessment in trace.assessments]
                self._land(
                    evaluations,
                    assessed,
                    lambda pair: records.evaluation_key(pair[0]),
                    lambda pair: records.evaluation_version(*pair),
                )
                self._land(traces, page, records.trace_key, records.trace_version)
            if since is not None:
                listed = "seen_with >= ? and listed_in in (select unnest(?::varchar[]))"
                self._remove_missing(traces, listed, since, group)
        # A trace names all its assessments, so what was missing there is gone.
        unnamed = evaluations.missing(
            "([seen_with] in (select id from seen_mlflow_traces)"
            " or [seen_with] in (select id from gone_mlflow_traces)"
            # Of an earlier load that was killed in between.
            " or [seen_with] in (select id from known_mlflow_traces where stage = 'removed'))"
        )
        self._remove(evaluations, unnamed)

    def _read_model_versions(self) -> None:
        versions = self._versions("mlflow_model_versions")
        aliases = self._store.aliases()
        for page in self._store.model_versions():
            self._land(
                versions,
                page,
                records.model_version_key,
                lambda each: records.model_version(each, aliases.get((each.name, int(each.version)), [])),
            )
        self._remove_missing(versions)

    def _versions(self, table: str) -> Versions:
        return Versions(self._connection, table, self._store.name)

    def _land(
        self,
        versions: Versions,
        page: Sequence[Any],
        key_of: Callable[[Any], tuple[str, ...]],
        read: Callable[[Any], Version],
    ) -> None:
        for _, version in self._changed(versions, page, key_of, read):
            self._batch.add(versions.table, version)

    def _changed(
        self,
        versions: Versions,
        page: Sequence[Any],
        key_of: Callable[[Any], tuple[str, ...]],
        read: Callable[[Any], Version],
    ) -> list[tuple[Any, Version]]:
        """What of a page is new to the lake, with its version; what cannot be a row is quarantined."""
        by_key = {key_of(each): each for each in page}
        found = []
        for key in versions.see(list(by_key)):
            version = self._read(read, by_key[key])
            if version is not None:
                found.append(version)
        changed = versions.changed(sorted(found, key=lambda version: version.key))
        return [(by_key[version.key], version) for version in changed]

    def _read(self, read: Callable[[Any], Version], entity: Any, run_id: str | None = None) -> Version | None:
        """The version of one entity; null where it cannot be a row, which then is in quarantine."""
        try:
            return read(entity)
        except RecordError as error:
            known = error
        except Exception as error:  # noqa: BLE001 - one entity that surprises must not cost all others
            known = RecordError(
                "unreadable", f"MLflow's entity cannot be read as a row ({type(error).__name__})."
            )
        self._batch.add_bad(entity if run_id is None else {"run_id": run_id, "point": entity}, known)
        return None

    def _remove_missing(self, versions: Versions, condition: str = "true", *values: Any) -> None:
        """Each is asked for alone: a list that was read page by page may have missed it."""
        missing = versions.missing(condition, *values)
        self._remove(versions, [key for key in missing if not self._store.has(versions.table, key)])

    def _remove(self, versions: Versions, keys: Sequence[tuple[str, ...]]) -> None:
        for copy in versions.remove(keys):
            self._batch.copy(versions.table, copy)


def _by_age(experiments: Iterable[str], newest: Mapping[str, datetime]) -> Iterator[list[str]]:
    """Experiments to be listed together, from about the same time on; those without a known trace apart."""
    unknown = [each for each in experiments if each not in newest]
    known = sorted((each for each in experiments if each in newest), key=lambda each: newest[each])
    yield from in_groups(unknown)
    yield from in_groups(known)


def _milliseconds(instant: datetime | None) -> int | None:
    return None if instant is None else int(instant.replace(tzinfo=UTC).timestamp() * 1000)
