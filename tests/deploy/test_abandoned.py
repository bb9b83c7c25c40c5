"""A container that ends takes its runs with it; the queue goes on."""

from __future__ import annotations

from uuid import uuid4

from dagster import DagsterInstance, DagsterRun, DagsterRunStatus

from orchestration.deployment.abandoned import end_abandoned


def test_runs_that_were_going_on_have_failed_and_the_others_stay_as_they_are() -> None:
    with DagsterInstance.ephemeral() as instance:
        # A queued run wants a place in the code, which this instance has none of.
        ids = {status: str(uuid4()) for status in DagsterRunStatus if status != DagsterRunStatus.QUEUED}
        for status, run_id in ids.items():
            instance.add_run(DagsterRun(job_name="pipeline", run_id=run_id, status=status))

        assert end_abandoned(instance) == 3

        now = {status: run.status for status, i in ids.items() if (run := instance.get_run_by_id(i))}
        changed = {status for status in ids if now[status] != status}
        assert changed == {DagsterRunStatus.STARTING, DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING}
        assert {now[status] for status in changed} == {DagsterRunStatus.FAILURE}
        assert end_abandoned(instance) == 0
