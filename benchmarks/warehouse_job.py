"""Load and build what is new in one home, in a process of its own: `python -m benchmarks.warehouse_job`.

TRACEHOUSE_HOME names the home. The cost of the load and of each dbt node is printed as JSON; the starts of
Python and dbt, and dbt's parsing, are not in it.
"""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dbt.cli.main import dbtRunner

from ingest import lake
from ingest.loading import load_once
from ingest.settings import read_settings
from metabase.release import ensure_release_tables
from orchestration import work
from orchestration.governance.alerting import ensure_alert_tables
from orchestration.governance.ledger import ensure_ledger
from orchestration.governance.personal_data import ensure_findings
from orchestration.governance.verifications import ensure_verifications

_PROJECT = Path(__file__).parent.parent / "dbt_project"


@dataclass(frozen=True)
class NodeCost:
    """One step of a run. `kind` is load, seed or model; CPU is of the whole process, DuckDB's threads too."""

    name: str
    kind: str
    cpu_s: float
    wall_s: float


class _Clock:
    """Takes the time between the events with which dbt begins and ends a node; it runs one at a time."""

    def __init__(self) -> None:
        self.costs: list[NodeCost] = []
        self._started = (0.0, 0.0)

    def __call__(self, event: Any) -> None:
        if event.info.name == "NodeStart":
            self._started = time.process_time(), time.monotonic()
        elif event.info.name == "NodeFinished":
            node = event.data.node_info
            if node.resource_type in ("seed", "model"):
                self.add(node.node_name, node.resource_type, self._started)

    def add(self, name: str, kind: str, started: tuple[float, float]) -> None:
        """What passed since `started`, in CPU and in wall time."""
        cpu, wall = time.process_time() - started[0], time.monotonic() - started[1]
        self.costs.append(NodeCost(name, kind, cpu, wall))


def measure() -> list[NodeCost]:
    """Load, then build. Raises RuntimeError when a node failed."""
    settings = read_settings(os.environ)
    with lake.connect(settings) as connection:
        ensure_release_tables(connection)
        ensure_alert_tables(connection)
        work.ensure_runs(connection)
        ensure_ledger(connection)
        ensure_findings(connection)
        ensure_verifications(connection)
    clock = _Clock()
    started = time.process_time(), time.monotonic()
    load_once(settings, progress=lambda _: None)
    clock.add("ingest", "load", started)
    target = str(settings.home / "dbt")
    paths = ["--project-dir", str(_PROJECT), "--profiles-dir", str(_PROJECT)]
    done = dbtRunner(callbacks=[clock]).invoke(
        [
            *("build", "--quiet", "--exclude-resource-type", "test", "unit_test"),
            *("--target-path", target, "--log-path", target, *paths),
        ]
    )
    if not done.success:
        raise RuntimeError(f"dbt failed: {done.exception or target + '/dbt.log says why'}")
    return clock.costs


if __name__ == "__main__":
    with redirect_stdout(sys.stderr):
        costs = measure()
    print(json.dumps([asdict(cost) for cost in costs]))
