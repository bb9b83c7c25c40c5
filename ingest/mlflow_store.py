"""The MLflow tracking store, read through MLflow's own client: each version of what it holds, once.

MLflow tells of no change: a run's tags may change long after it ended, and nothing says when. So all
experiments, runs and model versions are listed and known again by their digests, and traces for `LOOK_BACK`
before the newest one that is known. Only what is new or has changed lands, as a further version; histories of
metrics are asked for such runs alone. What a whole listing misses lands once more, as removed.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import os
import re
import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb

from ingest import schema
from ingest.commit import Commits, next_load_id
from ingest.errors import TracehouseError
from ingest.parquet import Store, write
from ingest.pieces import BadRecord, RecordError
from ingest.stretch import Stretch

# An assessment may come, or a trace may go, this long after the newest trace.
LOOK_BACK = timedelta(days=30)

_ROWS_PER_COMMIT = 20_000
_RUNS_PER_PAGE = 1_000
_TRACES_PER_PAGE = 200
_MODELS_PER_PAGE = 100
# MLflow's SQL store keeps an infinity as the largest double.
_LARGEST = sys.float_info.max
_CREDENTIALS = re.compile(r"//[^/@\s]*@")
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - UTC, as bronze has it
# Without these, a server that is down is asked for minutes.
_PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2", "MLFLOW_HTTP_REQUEST_TIMEOUT": "30"}

Content = dict[str, Any]
_Listed = tuple[str, Content]


class MlflowUnreadableError(TracehouseError):
    """The store cannot be read now; the message says why."""


@dataclass(frozen=True)
class Landed:
    """What one reading of the store did: the stretches that were committed, empty when nothing was new."""

    source: str
    stretches: Sequence[Stretch]
    loads: int


def source_name(uri: str) -> str:
    """The store in logs and tables: its host, without credentials, path or query."""
    parts = urlsplit(uri)
    port = f":{parts.port}" if parts.port else ""
    return "mlflow/sqlite" if parts.scheme == "sqlite" else f"mlflow/{parts.hostname}{port}"


def load_store(connection: duckdb.DuckDBPyConnection, uri: str, store: Store, commits: Commits) -> Landed:
    """Land what is new in the store at `uri`; the caller holds the writer lock.

    Raises MlflowUnreadableError when the store cannot be read to its end; what was committed by then stays.
    """
    landing = _Landing(connection, store, commits, source_name(uri))
    try:
        listing = _Listing(_client(uri))
        _load_experiments(connection, listing, landing)
        _load_runs(connection, listing, landing)
        _load_traces(connection, listing, landing)
        _load_model_versions(connection, listing, landing)
        landing.commit()
    except TracehouseError:
        raise
    except Exception as error:
        # MLflow lets through whatever its transports and SQLAlchemy raise.
        raise MlflowUnreadableError(_why(error)) from error
    return Landed(landing.source, landing.committed, landing.loads)


# Asking


def _client(uri: str) -> Any:
    for name, value in _PATIENCE.items():
        os.environ.setdefault(name, value)
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    os.environ["DO_NOT_TRACK"] = "true"
    if uri.startswith("sqlite:"):
        uri = _read_only(uri)
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=uri, registry_uri=uri)


def _read_only(uri: str) -> str:
    """The same file, opened so that nobody can write it: MLflow makes or migrates what it finds wanting."""
    path = Path(uri.removeprefix("sqlite:///").partition("?")[0]).absolute()
    if not path.is_file():
        raise MlflowUnreadableError(f"there is no file {path}")
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database:
        try:
            database.execute("select 1 from runs, experiments limit 1")
        except sqlite3.DatabaseError as error:
            raise MlflowUnreadableError(f"{path} is no MLflow store") from error
    return f"sqlite:///file:{path}?mode=ro&uri=true"


def _why(error: BaseException) -> str:
    """The first line of what went wrong, cut: an answer may be a page of HTML. Without credentials."""
    text = next(iter(str(error).splitlines()), "") or type(error).__name__
    text = _CREDENTIALS.sub("//", text)
    return text if len(text) <= 400 else f"{text[:400]}…"


class _Listing:
    """All there is of each kind, page by page, as (id, what the client tells of it)."""

    def __init__(self, client: Any) -> None:
        from mlflow.entities import ViewType

        self._client = client
        self._all = ViewType.ALL
        self.experiments: dict[str, Any] = {
            each.experiment_id: each
            for each in _pages(
                lambda token: client.search_experiments(
                    view_type=ViewType.ALL, max_results=_RUNS_PER_PAGE, page_token=token
                )
            )
        }

    def runs(self) -> Iterator[Any]:
        """Runs, deleted ones included; their histories are asked apart."""
        if not self.experiments:
            return iter(())
        return _pages(
            lambda token: self._client.search_runs(
                list(self.experiments),
                run_view_type=self._all,
                max_results=_RUNS_PER_PAGE,
                order_by=["attributes.start_time ASC"],
                page_token=token,
            )
        )

    def history(self, run_id: str, key: str) -> Sequence[Any]:
        """Every point of a run's metric."""
        points: Sequence[Any] = self._client.get_metric_history(run_id, key)
        return points

    def traces(self, since: datetime | None) -> Iterator[Any]:
        """Traces that began at `since` or later, with their assessments; all without."""
        if not self.experiments:
            return iter(())
        chosen = f"timestamp_ms >= {_milliseconds(since)}" if since else None
        return (
            trace.info
            for trace in _pages(
                lambda token: self._client.search_traces(
                    locations=list(self.experiments),
                    filter_string=chosen,
                    max_results=_TRACES_PER_PAGE,
                    order_by=["timestamp_ms ASC"],
                    page_token=token,
                    include_spans=False,
                )
            )
        )

    def models(self) -> Iterator[tuple[str, Any, Sequence[Any]]]:
        """(kind, registered model, its versions); a prompt is a registered model with a tag."""
        for kind, chosen in (("model", None), ("prompt", "tags.`mlflow.prompt.is_prompt` = 'true'")):
            versions: dict[str, list[Any]] = {}
            for version in self._registry("search_model_versions", chosen):
                versions.setdefault(version.name, []).append(version)
            for model in self._registry("search_registered_models", chosen):
                yield kind, model, versions.get(model.name, [])

    def _registry(self, search: str, chosen: str | None) -> Iterator[Any]:
        return _pages(
            lambda token: getattr(self._client, search)(
                filter_string=chosen, max_results=_MODELS_PER_PAGE, page_token=token
            )
        )


def _pages(page: Callable[[str | None], Any]) -> Iterator[Any]:
    token = None
    while True:
        found = page(token)
        yield from found
        token = found.token
        if isinstance(token, bytes):
            token = token.decode()
        if not token:
            return


# What the client tells, as columns


def _load_experiments(connection: duckdb.DuckDBPyConnection, listing: _Listing, landing: _Landing) -> None:
    known = _Versions(connection, "mlflow_experiments", "experiment_id")
    for experiment_id, each in listing.experiments.items():
        landing.version(known, experiment_id, partial(_experiment, each))
    landing.removed(known, lambda key: {"experiment_id": key, "lifecycle_stage": "removed"})


def _experiment(experiment: Any) -> Content:
    return {
        "at": _instant(experiment.creation_time),
        "experiment_id": experiment.experiment_id,
        "experiment_name": experiment.name,
        "lifecycle_stage": experiment.lifecycle_stage,
        "created_at": _instant(experiment.creation_time),
        "updated_at": _instant(experiment.last_update_time),
        "tags": _pairs(experiment.tags),
    }


def _load_runs(connection: duckdb.DuckDBPyConnection, listing: _Listing, landing: _Landing) -> None:
    known = _Versions(connection, "mlflow_runs", "run_id")
    history = _History(connection, listing, landing)
    for run in listing.runs():
        experiment = listing.experiments.get(run.info.experiment_id)
        name = experiment.name if experiment else None
        # The points first: a run that is known has its history, whenever a load was killed.
        landing.version(known, run.info.run_id, partial(_run, run, name), first=partial(history.load, run))
    landing.removed(known, lambda key: {"run_id": key, "lifecycle_stage": "removed"})


def _run(run: Any, experiment_name: str | None) -> Content:
    info = run.info
    return {
        "at": _instant(info.start_time),
        "experiment_id": info.experiment_id,
        "experiment_name": experiment_name,
        "run_id": info.run_id,
        "run_name": info.run_name,
        "status": info.status,
        "lifecycle_stage": info.lifecycle_stage,
        "started_at": _instant(info.start_time),
        "ended_at": _instant(info.end_time),
        "params": _pairs(run.data.params),
        "metrics": _pairs({key: _measure(value) for key, value in run.data.metrics.items()}),
        "tags": _pairs(run.data.tags),
    }


class _History:
    """The points of new and changed runs."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, listing: _Listing, landing: _Landing) -> None:
        self._connection = connection
        self._listing = listing
        self._landing = landing
        runs = connection.execute("select distinct run_id from lake.bronze.mlflow_metrics").fetchall()
        self._runs = {run_id for (run_id,) in runs}

    def load(self, run: Any) -> None:
        """Land the points of a run that are not known."""
        run_id = run.info.run_id
        known = self._known(run_id) if run_id in self._runs else set()
        for key in run.data.metrics:
            for point in self._listing.history(run_id, key):
                self._landing.once("mlflow_metrics", known, partial(_point, run.info, point))

    def _known(self, run_id: str) -> set[str]:
        digests = self._connection.execute(
            "select record_digest from lake.bronze.mlflow_metrics where run_id = ?", [run_id]
        ).fetchall()
        return {digest for (digest,) in digests}


def _point(info: Any, point: Any) -> Content:
    return {
        "at": _instant(info.start_time),
        "experiment_id": info.experiment_id,
        "run_id": info.run_id,
        "key": point.key,
        "value": _measure(point.value),
        "step": int(point.step),
        "recorded_at": _instant(point.timestamp),
    }


def _load_traces(connection: duckdb.DuckDBPyConnection, listing: _Listing, landing: _Landing) -> None:
    (newest,) = connection.execute("select max(started_at) from lake.bronze.mlflow_traces").fetchone() or (
        None,
    )
    since = newest - LOOK_BACK if newest else None
    traces = _Versions(connection, "mlflow_traces", "mlflow_trace_id", since)
    assessments = _Versions(connection, "mlflow_evaluations", "assessment_id", since)
    for info in listing.traces(since):
        landing.version(traces, info.trace_id, partial(_trace, info))
        for each in info.assessments or ():
            landing.version(assessments, each.assessment_id, partial(_assessment, info, each))
    landing.removed(traces, lambda key: {"mlflow_trace_id": key, "is_removed": True})
    landing.removed(assessments, lambda key: {"assessment_id": key, "is_removed": True})


def _trace(info: Any) -> Content:
    metadata = dict(info.trace_metadata or {})
    return {
        "at": _instant(info.request_time),
        "experiment_id": _experiment_of(info),
        "run_id": metadata.get("mlflow.sourceRun"),
        "mlflow_trace_id": info.trace_id,
        "trace_id": _hex_id(info.trace_id),
        "status": str(getattr(info.state, "value", info.state)),
        "started_at": _instant(info.request_time),
        "duration_ms": None if info.execution_duration is None else int(info.execution_duration),
        "span_count": _span_count(metadata),
        "tags": _pairs(info.tags),
        "attributes": _pairs(metadata),
        "is_removed": False,
    }


def _assessment(info: Any, assessment: Any) -> Content:
    told = assessment.to_dictionary()
    kind = next((kind for kind in ("feedback", "expectation") if kind in told), "other")
    value = told.get(kind, {}).get("value") if kind == "feedback" else None
    number = _measure(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
    label = None if value is None or number is not None else value if isinstance(value, str) else _json(value)
    return {
        # The day of its trace: both are looked back at together.
        "at": _instant(info.request_time),
        "experiment_id": _experiment_of(info),
        "run_id": assessment.run_id or (info.trace_metadata or {}).get("mlflow.sourceRun"),
        "mlflow_trace_id": info.trace_id,
        "span_id": assessment.span_id,
        "assessment_id": assessment.assessment_id,
        "assessment_type": kind,
        "evaluator": assessment.name,
        "evaluator_kind": assessment.source.source_type if assessment.source else None,
        "score_value": number,
        "score_label": label,
        "occurred_at": _instant(assessment.create_time_ms),
        "updated_at": _instant(assessment.last_update_time_ms),
        "trace_started_at": _instant(info.request_time),
        "is_valid": assessment.valid is not False and not told.get(kind, {}).get("error"),
        "attributes": _pairs(_remarks(assessment, told, kind)),
        "is_removed": False,
    }


def _remarks(assessment: Any, told: Content, kind: str) -> dict[str, str]:
    """The rest of an assessment under names that the redaction policy knows."""
    source = assessment.source
    is_person = bool(source and source.source_type == "HUMAN")
    remarks = {
        "mlflow.assessment.reviewer": source.source_id if is_person else None,
        "mlflow.assessment.judge": source.source_id if source and not is_person else None,
        "mlflow.assessment.rationale": assessment.rationale,
        "mlflow.assessment.overrides": told.get("overrides"),
        "mlflow.assessment.expectation": told.get("expectation"),
        "mlflow.assessment.error": told.get(kind, {}).get("error"),
        **{f"mlflow.assessment.metadata.{key}": each for key, each in (assessment.metadata or {}).items()},
    }
    return {
        name: value if isinstance(value, str) else _json(value)
        for name, value in remarks.items()
        if value not in (None, "")
    }


def _load_model_versions(connection: duckdb.DuckDBPyConnection, listing: _Listing, landing: _Landing) -> None:
    known = _Versions(connection, "mlflow_model_versions", "name || '/' || version")
    for kind, model, versions in listing.models():
        for each in versions:
            landing.version(
                known,
                f"{model.name}/{each.version}",
                partial(_model_version, kind, model, each),
            )
    landing.removed(known, _removed_version)


def _removed_version(key: str) -> Content:
    name, _, version = key.rpartition("/")
    return {"name": name, "version": version, "is_removed": True}


def _model_version(kind: str, model: Any, version: Any) -> Content:
    aliases = (
        alias for alias, number in (model.aliases or {}).items() if str(number) == str(version.version)
    )
    return {
        "at": _instant(version.creation_timestamp),
        "name": version.name,
        "version": str(version.version),
        "kind": kind,
        "stage": version.current_stage,
        "status": version.status,
        "run_id": version.run_id or None,
        "source": version.source,
        "aliases": sorted(aliases),
        "created_at": _instant(version.creation_timestamp),
        "updated_at": _instant(version.last_updated_timestamp),
        "description": version.description or None,
        "tags": _pairs(version.tags),
        "is_removed": False,
    }


def _experiment_of(info: Any) -> str | None:
    location = info.trace_location.mlflow_experiment if info.trace_location else None
    return location.experiment_id if location else None


def _hex_id(trace_id: str) -> str | None:
    """The OpenTelemetry trace id within MLflow's own, `tr-` and 32 hex characters; null for another."""
    digits = trace_id.removeprefix("tr-")
    is_hex = len(digits) == 32 and all(digit in "0123456789abcdef" for digit in digits)
    return digits if is_hex and trace_id != digits else None


def _span_count(metadata: dict[str, str]) -> int | None:
    try:
        count = json.loads(metadata["mlflow.trace.sizeStats"])["num_spans"]
    except (KeyError, TypeError, ValueError):
        return None
    return count if isinstance(count, int) else None


def _pairs(values: dict[str, Any] | None) -> tuple[list[str], list[Any]]:
    """Keys and values of a map column, by key: servers give them in any order."""
    entries = sorted((values or {}).items())
    return [key for key, _ in entries], [value for _, value in entries]


def _measure(value: Any) -> float:
    """A double, its infinities restored."""
    number = float(value)
    return math.copysign(math.inf, number) if abs(number) == _LARGEST else number


def _instant(milliseconds: Any) -> datetime | None:
    """UTC, from milliseconds since 1970; null for none. Raises RecordError for what no date can be."""
    if milliseconds is None:
        return None
    try:
        return _EPOCH + timedelta(milliseconds=int(milliseconds))
    except (OverflowError, ValueError, TypeError) as error:
        raise RecordError("invalid_time", "A time is no date between the years 1 and 9999.") from error


def _milliseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(milliseconds=1)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


# Landing


class _Versions:
    """The newest version of each thing of a table that is known, and which of them a listing showed."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        table: str,
        key: str,
        since: datetime | None = None,
    ) -> None:
        self.table = table
        began = "trace_started_at" if table == "mlflow_evaluations" else "started_at"
        recent = f"having max({began}) >= ?" if since else ""
        rows = connection.execute(
            f"select {key}, arg_max(record_digest, load_id) from lake.bronze.{table} "  # noqa: S608 - ours
            f"group by all {recent}",
            [since] if since else [],
        ).fetchall()
        self._newest: dict[str, str] = dict(rows)
        self._seen: set[str] = set()

    def is_new(self, key: str, digest: str) -> bool:
        """Whether this is another version than the newest; the thing was shown either way."""
        self._seen.add(key)
        return self._newest.get(key) != digest

    def missing(self) -> list[str]:
        """Things that are known and that the listing did not show."""
        return sorted(self._newest.keys() - self._seen)


@dataclass
class _Landing:
    """Rows on their way to the lake, committed some thousands at a time."""

    connection: duckdb.DuckDBPyConnection
    store: Store
    commits: Commits
    source: str
    committed: list[Stretch] = field(default_factory=list)
    loads: int = 0

    def __post_init__(self) -> None:
        self._stretch = self._new_stretch()
        bad = self.connection.execute(
            "select raw_digest from lake.bronze.quarantine where source_file = ?", [self.source]
        ).fetchall()
        self._known_bad = {digest for (digest,) in bad}

    def version(
        self,
        known: _Versions,
        key: str,
        content: Callable[[], Content],
        first: Callable[[], None] = lambda: None,
    ) -> None:
        """Land a thing unless its newest version is this one; `first` lands what must be there before it."""
        try:
            row, digest = _row(known.table, content())
        except RecordError as error:
            known.is_new(key, "")
            self._quarantine(known.table, key, error)
            return
        is_new = known.is_new(key, digest)
        if is_new:
            first()
        self._land(known.table, row, is_new=is_new)

    def once(self, table: str, known: set[str], content: Callable[[], Content]) -> None:
        """Land a record that never changes."""
        try:
            row, digest = _row(table, content())
        except RecordError as error:
            self._quarantine(table, "", error)
            return
        self._land(table, row, is_new=digest not in known)
        known.add(digest)

    def removed(self, known: _Versions, content: Callable[[str], Content]) -> None:
        """Land a last version of what a whole listing did not show."""
        for key in known.missing():
            row, digest = _row(known.table, content(key))
            if known.is_new(key, digest):
                self._land(known.table, row, is_new=True)

    def commit(self) -> None:
        """Make what waits visible; nothing new, nothing to tell."""
        stretch, self._stretch = self._stretch, self._new_stretch()
        if stretch.rows_landed or stretch.bad:
            digests = sorted(row[-1] for rows in stretch.rows.values() for row in rows)
            stretch.source_digest = hashlib.sha256("".join(digests).encode()).hexdigest()
            self.commits.commit([write(self.store, [stretch], next_load_id(self.connection))])
            self.committed.append(stretch)
            self.loads += 1

    def _land(self, table: str, row: tuple[Any, ...], *, is_new: bool) -> None:
        self._stretch.records_found += 1
        if is_new:
            self._stretch.add_rows({table: [row]})
        else:
            self._stretch.rows_duplicate += 1
        if self._stretch.rows_held >= _ROWS_PER_COMMIT:
            self.commit()

    def _quarantine(self, table: str, key: str, error: RecordError) -> None:
        raw = f"{table} {key}".strip().encode(errors="replace")
        digest = hashlib.sha256(raw).hexdigest()
        self._stretch.records_found += 1
        if digest in self._known_bad:
            self._stretch.rows_duplicate += 1
            return
        self._known_bad.add(digest)
        self._stretch.add_bad([BadRecord(0, 0, None, error.reason_code, error.reason, raw, digest)])

    def _new_stretch(self) -> Stretch:
        return Stretch(self.source, "mlflow", 0, datetime.now(UTC))


def _row(table: str, content: Content) -> tuple[tuple[Any, ...], str]:
    """A row of a bronze table and its digest; what `content` does not name is null, or an empty map."""
    at = content.pop("at", None)
    digest = _digest(content)
    fields = itertools.takewhile(lambda field: field.name != "record_digest", schema.RECORD_TABLES[table])
    values = (content.get(field.name, _EMPTY if field.name in _MAPS else None) for field in fields)
    return ((at - _EPOCH).days if at else None, *values, digest), digest


_MAPS = ("params", "metrics", "tags", "attributes")
_EMPTY: tuple[list[str], list[Any]] = ([], [])


def _digest(content: Content) -> str:
    try:
        text = _json(content).encode()
    except UnicodeEncodeError as error:
        raise RecordError("invalid_text", "The record holds a lone surrogate, which is no text.") from error
    return hashlib.blake2b(text, digest_size=16).hexdigest()
