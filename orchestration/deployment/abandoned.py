"""Runs whose process went with its container: `python -m orchestration.deployment.abandoned`.

For the start of `pipeline`. Dagster's own launcher cannot tell that such a run is dead, and one run at a time
is let in, so the queue would wait for ever. Every run executes in that container: while it starts, none is
alive.
"""

from __future__ import annotations

import sys

from dagster import DagsterInstance, DagsterRunStatus, RunsFilter

_ALIVE = [DagsterRunStatus.STARTING, DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING]


def end_abandoned(instance: DagsterInstance) -> int:
    """Report every run that seems to be going on as failed; how many there were."""
    runs = instance.get_runs(RunsFilter(statuses=_ALIVE))
    for run in runs:
        instance.report_run_failed(
            run, "The container ended while this run was going on; the next one does its work."
        )
    return len(runs)


def main() -> int:
    """Those of the instance in DAGSTER_HOME. Returns 0."""
    with DagsterInstance.get() as instance:
        ended = end_abandoned(instance)
    if ended:
        print(f"{ended} runs had ended with their container.", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
