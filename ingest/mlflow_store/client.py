"""An MLflow tracking store, asked through MLflow's own client. Nothing here writes to it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ingest.errors import TracehouseError
from ingest.mlflow_store.uri import sqlite_file, store_name

# Things in one answer of the store; a server gives at most so many traces.
_PAGE = 500
EXPERIMENTS_PER_QUESTION = 100
# MLflow's own: seven retries over minutes. A server that is away is read by the next load.
_ENVIRONMENT = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    # Its log quotes statements with their values; what matters comes as an error.
    "MLFLOW_LOGGING_LEVEL": "CRITICAL",
    # No open file outlives a question: the store may be replaced between two loads.
    "MLFLOW_SQLALCHEMYSTORE_POOLCLASS": "NullPool",
}
# Prompts are registered models, too, but only listed when asked for.
_MODELS_AND_PROMPTS = ("", "tag.`mlflow.prompt.is_prompt` = 'true'")
# Not NOT_FOUND, which is also said of a trace whose payload is missing.
_GONE = "RESOURCE_DOES_NOT_EXIST"
_REFUSED = ("PERMISSION_DENIED", "CUSTOMER_UNAUTHORIZED")


class StoreUnreadableError(TracehouseError):
    """The tracking store cannot be asked; the message says why and what to do, and quotes no address."""


class TrackingStore:
    """One tracking store. Every method raises StoreUnreadableError when the store does not answer.

    What it gives are MLflow's own entities, page by page; a page holds at most 500. Things that come or go
    while pages are read may be missed or seen twice: whoever misses one asks `has`. `refused` counts what it
    holds for others alone.
    """

    def __init__(self, uri: str) -> None:
        self.name = store_name(uri)
        self.refused = 0
        os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
        for name, value in _ENVIRONMENT.items():
            os.environ.setdefault(name, value)
        file = sqlite_file(uri)
        self._client = self._ask(_client, uri) if file is None else _client_of_file(file, self.name)

    def experiments(self) -> Iterator[list[Any]]:
        """All experiments, deleted ones too."""
        return self._pages(
            self._client.search_experiments,
            view_type=_view_all(),
            max_results=_PAGE,
            order_by=["experiment_id ASC"],
        )

    def runs(self, experiment_ids: Sequence[str]) -> Iterator[list[Any]]:
        """All runs, deleted ones too, the oldest first: what comes meanwhile is at the end."""
        for some in in_groups(experiment_ids):
            yield from self._pages(
                self._client.search_runs,
                experiment_ids=some,
                run_view_type=_view_all(),
                max_results=_PAGE,
                order_by=["attributes.start_time ASC"],
            )

    def metric_history(self, run_id: str, key: str) -> list[Any]:
        """Every point of one metric of one run."""
        return list(self._ask(self._client.get_metric_history, run_id, key))

    def traces(self, experiment_ids: Sequence[str], since_ms: int | None) -> Iterator[list[Any]]:
        """What is known of traces that started at `since_ms` or later, with assessments but no spans.

        The oldest first; one question, so of no more experiments than `in_groups` puts together.
        """
        pages = self._pages(
            self._client.search_traces,
            locations=list(experiment_ids),
            filter_string="" if since_ms is None else f"attributes.timestamp_ms >= {since_ms}",
            max_results=_PAGE,
            order_by=["timestamp_ms ASC"],
            include_spans=False,
        )
        yield from ([trace.info for trace in page] for page in pages)

    def aliases(self) -> dict[tuple[str, int], list[str]]:
        """The aliases of each registered version, by model or prompt and version, sorted."""
        found: dict[tuple[str, int], list[str]] = {}
        for which in _MODELS_AND_PROMPTS:
            for page in self._pages(
                self._client.search_registered_models, filter_string=which, max_results=100
            ):
                for model in page:
                    for alias, version in sorted(model.aliases.items()):
                        of_version = found.setdefault((model.name, int(version)), [])
                        if alias not in of_version:
                            of_version.append(alias)
        return found

    def model_versions(self) -> Iterator[list[Any]]:
        """Every version of every registered model and prompt."""
        for which in _MODELS_AND_PROMPTS:
            yield from self._pages(self._client.search_model_versions, filter_string=which, max_results=_PAGE)

    def has(self, table: str, key: Sequence[str]) -> bool:
        """Whether the store still holds what bronze table `table` knows by `key`, asked for it alone.

        What it refuses to show is held, as far as anybody can tell.
        """
        ask: Callable[..., Any] = {
            "mlflow_experiments": self._client.get_experiment,
            "mlflow_runs": self._client.get_run,
            "mlflow_traces": self._trace_info,
            "mlflow_model_versions": self._client.get_model_version,
        }[table]
        try:
            ask(*key)
        except Exception as error:
            code = getattr(error, "error_code", None)
            if code == _GONE:
                return False
            if code in _REFUSED:
                self.refused += 1
                return True
            raise self._unreadable(error) from error
        return True

    def _trace_info(self, trace_id: str) -> Any:
        from mlflow.tracing.client import TracingClient

        return TracingClient(self._client.tracking_uri).get_trace_info(trace_id)

    def _pages(self, ask: Callable[..., Any], **question: Any) -> Iterator[list[Any]]:
        token = None
        while True:
            page = self._ask(ask, page_token=token, **question)
            yield list(page)
            last, token = token, page.token or None
            if token is None:
                return
            if token == last:
                raise StoreUnreadableError(
                    f"The MLflow store {self.name} gives one page again and again: see the server's log."
                )

    def _ask(self, ask: Callable[..., Any], *arguments: Any, **question: Any) -> Any:
        try:
            return ask(*arguments, **question)
        # The client lets errors of requests, SQLAlchemy, protobuf and its own through.
        except Exception as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: Exception) -> StoreUnreadableError:
        return StoreUnreadableError(
            f"The MLflow store {self.name} {_why(error)} What was read before stays; the next load goes on."
        )


def _client(uri: str) -> Any:
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=uri, registry_uri=uri)


def _client_of_file(file: Path, name: str) -> Any:
    """A client that cannot change the file: it neither creates a store nor migrates an older one."""
    revision = _revision(file, name)
    from sqlalchemy import URL

    # Not `sqlite:///`: of that MLflow makes the folders.
    url = URL.create(
        "sqlite+pysqlite", database=f"file:{quote(str(file))}", query={"mode": "ro", "uri": "true"}
    )
    try:
        client = _client(url.render_as_string())
        client.search_experiments(max_results=1)
    except Exception as error:
        raise StoreUnreadableError(
            f"The MLflow store {name} (schema {revision}) cannot be opened by the client that is installed "
            "without changing it. Run `mlflow db upgrade` of the client's version on it, or set "
            "MLFLOW_TRACKING_URI to the address of its own `mlflow server`."
        ) from error
    return client


def _revision(file: Path, name: str) -> str:
    """The schema of a store in SQLite, as its own table says."""
    if not file.is_file():
        raise StoreUnreadableError(
            f"MLFLOW_TRACKING_URI names the file {file.name}, which does not exist: correct or unset it."
        )
    try:
        with closing(sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True)) as connection:
            row = connection.execute("select version_num from alembic_version").fetchone()
    except sqlite3.Error as error:
        raise StoreUnreadableError(
            f"The file {name} cannot be read as an MLflow store ({error}): load again once nobody "
            "writes to it, or correct MLFLOW_TRACKING_URI."
        ) from error
    return str(row[0]) if row else "unknown"


def _view_all() -> Any:
    from mlflow.entities import ViewType

    return ViewType.ALL


def in_groups(experiment_ids: Sequence[str]) -> Iterator[list[str]]:
    """As many experiments as one question may name."""
    for start in range(0, len(experiment_ids), EXPERIMENTS_PER_QUESTION):
        yield list(experiment_ids[start : start + EXPERIMENTS_PER_QUESTION])


def _why(error: BaseException) -> str:
    """What happened and what to do, without the client's own words: they quote addresses and values."""
    code = str(getattr(error, "error_code", "") or "")
    names = {base.__name__ for cause in _causes(error) for base in type(cause).__mro__}
    # Of urllib3 a refused connection is a kind of timeout.
    if "NewConnectionError" not in names and names & {"Timeout", "ReadTimeoutError", "ConnectTimeoutError"}:
        return "did not answer in time: see how the server is, or set MLFLOW_HTTP_REQUEST_TIMEOUT higher."
    if "RetryError" in names or "ResponseError" in names:
        return "answered with errors (HTTP 5xx or 429) each time it was asked: see the server's log."
    if "ConnectionError" in names:
        return "cannot be reached: start the server, or correct MLFLOW_TRACKING_URI."
    if code in ("UNAUTHENTICATED", *_REFUSED):
        return (
            "refuses to be read: set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or "
            "MLFLOW_TRACKING_TOKEN, of somebody who may read it."
        )
    if names & {"OperationalError", "DatabaseError"}:
        return "cannot be read now: load again once nobody writes to the file, or see whether it is whole."
    if code == "ENDPOINT_NOT_FOUND":
        return "has no such question: MLFLOW_TRACKING_URI must be the address of a server of MLflow 3."
    told = code or type(error).__name__
    return f"answered what the client does not understand ({told}): see the server's log."


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
