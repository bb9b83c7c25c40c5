"""What starts a run between two schedules."""

import os

from dagster import DefaultSensorStatus, RunRequest, SensorEvaluationContext, SkipReason, sensor

from ingest.landing import fingerprint
from ingest.settings import read_settings
from orchestration.schedules import pipeline


@sensor(job=pipeline, minimum_interval_seconds=30, default_status=DefaultSensorStatus.RUNNING)
def new_files(context: SensorEvaluationContext) -> RunRequest | SkipReason:
    """Request one run for each state of the landing folder: names, sizes and modification times."""
    settings = read_settings(os.environ)
    if not settings.landing.is_dir():
        return SkipReason(
            f"There is no landing folder at {settings.landing}; create it or set TRACEHOUSE_HOME."
        )
    state = fingerprint(settings.landing)
    if state == context.cursor:
        return SkipReason("No file in the landing folder is new or has grown.")
    context.update_cursor(state)
    return RunRequest(run_key=state)
