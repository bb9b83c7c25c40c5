"""A real MLflow tracking server on loopback, from the environment that `make test` builds for it."""

from __future__ import annotations

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.running import ROOT

COMMANDS = ROOT / ".venv" / "mlflow-server" / "bin"
_SECONDS_TO_START = 120


@contextmanager
def tracking_server(store: Path) -> Iterator[str]:
    """The address of a server over the SQLite store at `store`, which it makes where there is none."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    log = store.with_suffix(".log")
    with log.open("wb") as output:
        server = subprocess.Popen(
            [
                *(COMMANDS / "mlflow", "server", "--backend-store-uri", f"sqlite:///{store}"),
                *("--default-artifact-root", store.with_suffix(".artifacts"), "--workers", "1"),
                *("--host", "127.0.0.1", "--port", str(port)),
            ],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "1"},
            start_new_session=True,
        )
        try:
            _wait(server, f"{address}/health", log)
            yield address
        finally:
            os.killpg(server.pid, 9)
            server.wait()


def purge_deleted_runs(store: Path) -> None:
    """`mlflow gc`: runs that were deleted are gone for good."""
    subprocess.run(
        [COMMANDS / "mlflow", "gc", "--backend-store-uri", f"sqlite:///{store}"],
        check=True,
        capture_output=True,
        env=os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_TRACKING_URI": f"sqlite:///{store}"},
    )


def _wait(server: subprocess.Popen[bytes], health: str, log: Path) -> None:
    until = time.monotonic() + _SECONDS_TO_START
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(health, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.25)
    raise AssertionError(f"The MLflow server did not start:\n{log.read_text(errors='replace')}")
