"""The delivery of alerts as an asset, so that its history shows, and the sensor that starts it."""

import os

from dagster import (
    AssetExecutionContext,
    AssetSelection,
    DagsterRunStatus,
    DefaultSensorStatus,
    MaterializeResult,
    RunRequest,
    RunsFilter,
    SensorEvaluationContext,
    SkipReason,
    asset,
    define_asset_job,
    sensor,
)

from ingest import lake
from ingest.settings import read_settings
from orchestration.alert_delivery import clock, is_due
from orchestration.governance import alerting
from orchestration.resources import Warehouse

UNFINISHED = [
    DagsterRunStatus.QUEUED,
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
]


@asset(group_name="governance", pool="lake_writer")
def alert_delivery(context: AssetExecutionContext, warehouse: Warehouse) -> MaterializeResult[None]:
    """Follow answers to alerts, escalate what nobody acknowledged, deliver what is owed."""
    with lake.connect(warehouse.settings) as connection:
        report = alerting.tend(connection, warehouse.settings, clock=clock)
    for warning in report.warnings:
        context.log.warning(warning)
    return MaterializeResult(metadata=report.as_metadata())


delivery = define_asset_job(
    "delivery",
    selection=AssetSelection.assets(alert_delivery),
    description="Alerts to the outbox, Slack and PagerDuty, where something waits.",
)


@sensor(job=delivery, minimum_interval_seconds=60, default_status=DefaultSensorStatus.RUNNING)
def deliver_alerts(context: SensorEvaluationContext) -> RunRequest | SkipReason:
    """Request a run while somebody waits for a message; the pipeline delivers what it raises by itself."""
    if context.instance.get_runs_count(RunsFilter(job_name=delivery.name, statuses=UNFINISHED)):
        return SkipReason("A delivery is already on its way.")
    if not is_due(read_settings(os.environ)):
        return SkipReason("No alert waits to be delivered.")
    return RunRequest()
