"""dbt for tests: imported and parsed once in a process of its own, whose forks run one command each.

A start of dbt costs five seconds of a processor, most of it imports and the parsed project; a fork has both.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from typing import Any, NamedTuple, NoReturn

from orchestration.project import DBT_PROJECT_DIR, PARTIAL_PARSE, ROOT


class Done(NamedTuple):
    """Whether a dbt command succeeded, and what it printed, errors among it."""

    succeeded: bool
    printed: str


def run_dbt(command: list[str], environ: Mapping[str, str]) -> Done:
    """One dbt command with exactly these environment variables."""
    server = _server()
    assert server.stdin and server.stdout
    with NamedTemporaryFile("r", encoding="utf-8") as printed:
        asked = {"command": command, "environ": dict(environ), "printed": printed.name}
        server.stdin.write(json.dumps(asked) + "\n")
        server.stdin.flush()
        return Done(server.stdout.readline() == "0\n", printed.read())


@cache
def _server() -> subprocess.Popen[str]:
    # It ends with the end of its input, when the tests do.
    return subprocess.Popen(
        [sys.executable, "-m", "tests.dbt_forks"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        # A fork that ends at once leaves dbt's semaphores to the tracker, which clears them away and warns.
        env={**os.environ, "PYTHONWARNINGS": "ignore::UserWarning:multiprocessing.resource_tracker"},
    )


def _serve() -> None:
    from dbt.adapters.factory import load_plugin

    load_plugin("duckdb")
    os.chdir(DBT_PROJECT_DIR)
    with TemporaryDirectory() as target:
        shutil.copy(PARTIAL_PARSE, target)
        manifest = _invoke(["parse", "--target-path", target, "--log-path", target]).result
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _run(manifest, **json.loads(line))
        print(os.waitpid(child, 0)[1], flush=True)


def _run(manifest: Any, command: list[str], environ: Mapping[str, str], printed: str) -> NoReturn:
    """The life of a fork, which must not go on as its parent, nor end in the threads it did not inherit."""
    code = 1
    try:
        with Path(printed).open("w") as output:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
        os.environ.clear()
        os.environ.update(environ)
        result = _invoke(command, manifest)
        if result.exception:
            print(result.exception)
        code = 0 if result.success else 1
    finally:
        sys.stdout.flush()
        os._exit(code)


def _invoke(command: list[str], manifest: Any = None) -> Any:
    from dbt.cli.main import dbtRunner

    # Writing out the manifest takes a second, which a command that is asked for its results has to spend.
    json_files = "--write-json" if "--write-json" in command else "--no-write-json"
    rest = [word for word in command[1:] if word != "--write-json"]
    return dbtRunner(manifest=manifest).invoke(
        ["--quiet", json_files, command[0], "--profiles-dir", ".", *rest]
    )


if __name__ == "__main__":
    _serve()
