"""MLflow stores for tests: small ones in SQLite written by MLflow itself, and a server that serves one."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.running import ROOT

# MLflow asks when it is imported.
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"

SERVER_PYTHON = ROOT / ".venv-mlflow" / "bin" / "python"


@dataclass(frozen=True)
class TinyStore:
    """A store in one file. `client` is MLflow's own; `sql` is the part of it that writes traces."""

    file: Path
    client: Any
    sql: Any

    @property
    def uri(self) -> str:
        return f"sqlite:///{self.file}"

    def trace(self, experiment_id: str, number: int, *, at_ms: int, **metadata: str) -> str:
        """A finished trace; the number is its id."""
        from mlflow.entities import TraceInfo, TraceState
        from mlflow.entities.trace_location import TraceLocation

        trace_id = f"tr-{number:032x}"
        self.sql.start_trace(
            TraceInfo(
                trace_id=trace_id,
                trace_location=TraceLocation.from_experiment_id(experiment_id),
                request_time=at_ms,
                state=TraceState.OK,
                execution_duration=7,
                trace_metadata=metadata,
            )
        )
        return trace_id

    def assess(
        self, trace_id: str, name: str, *, source: tuple[str, str] = ("CODE", "rule"), **what: Any
    ) -> str:
        """Feedback on a trace, or with `expected` what was expected of it. Gives the assessment's id."""
        from mlflow.entities import AssessmentSource
        from mlflow.entities.assessment import Expectation, Feedback

        by = AssessmentSource(*source)
        if "expected" in what:
            made = Expectation(name=name, source=by, trace_id=trace_id, value=what["expected"])
        else:
            made = Feedback(name=name, source=by, trace_id=trace_id, **what)
        return str(self.sql.create_assessment(made).assessment_id)


def tiny_store(file: Path) -> TinyStore:
    """The store in a file; MLflow creates one that is missing, which takes it seconds."""
    from mlflow import MlflowClient
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    uri = f"sqlite:///{file}"
    sql = SqlAlchemyStore(uri, str(file.parent / "artifacts"))
    return TinyStore(file, MlflowClient(tracking_uri=uri, registry_uri=uri), sql)


@contextmanager
def mlflow_server(store: Path, folder: Path) -> Iterator[str]:
    """Address of a tracking server over the store on a free port of this machine, until the block ends."""
    assert SERVER_PYTHON.exists(), (
        "`make test` builds the environment of the MLflow server; so does `make .venv-mlflow/.ready`"
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_", "PYTHONPATH"))
    }
    with (folder / "server.log").open("w") as log:
        server = subprocess.Popen(
            [
                str(SERVER_PYTHON),
                *("-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
                *(
                    "--backend-store-uri",
                    f"sqlite:///{store}",
                    "--artifacts-destination",
                    str(folder / "artifacts"),
                ),
            ],
            cwd=folder,
            env=kept | {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            _until_it_answers(server, address, folder / "server.log")
            yield address
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            try:
                server.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(server.pid, signal.SIGKILL)
                server.wait()


def _until_it_answers(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        assert server.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise AssertionError(log.read_text())


@contextmanager
def answering(status: int | None) -> Iterator[str]:
    """Address of a server that answers everything with a status, or with null nothing at all."""
    is_over = threading.Event()

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            if status is None:
                is_over.wait(60)
                return
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            is_over.set()
            server.shutdown()
            thread.join()


def copy_of(store: Path, folder: Path) -> Path:
    """A copy that a test may change."""
    folder.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copyfile(store, folder / "mlflow.db"))
