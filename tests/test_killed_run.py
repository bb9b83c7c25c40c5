"""A run that is killed leaves nobody behind who writes, and the next run makes good what it left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.ingest.loads import span_line
from tests.running import ROOT, Home


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_a_killed_run_takes_its_dbt_along_and_the_next_run_publishes(tmp_path: Path) -> None:
    home = Home(tmp_path)
    otlp = tmp_path / "landing" / "otlp"
    otlp.mkdir(parents=True)
    (otlp / "a.jsonl").write_text(span_line(1))
    command = [sys.executable, "-m", "orchestration", "run"]
    run = subprocess.Popen(command, cwd=ROOT, env=home.environ, stderr=subprocess.DEVNULL)
    dbt = _child_with(run.pid, "dbt_child.py")
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    assert _is_gone(dbt, within_seconds=5)
    outcome = home.pipeline()
    assert outcome.code == 0, outcome.err
    assert home.released("select distinct state from marts.publications") == [("published",)]


def _child_with(parent: int, word: str) -> int:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split():
            if word.encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
                # Far enough into its start to be bound to its parent.
                time.sleep(2)
                return int(pid)
        time.sleep(0.05)
    raise AssertionError(f"no child of the run was started with {word}")


def _is_gone(pid: int, *, within_seconds: float) -> bool:
    deadline = time.monotonic() + within_seconds
    while time.monotonic() < deadline:
        stat = Path(f"/proc/{pid}/stat")
        # A zombie that nobody waits for writes no more.
        if not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.05)
    return False
