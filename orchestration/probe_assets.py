"""Probes: one is sent by a schedule, and every run of the pipeline sees how far those before have come."""

import os
from datetime import timedelta

from dagster import (
    AssetExecutionContext,
    AssetKey,
    AssetSelection,
    DefaultScheduleStatus,
    MaterializeResult,
    ScheduleDefinition,
    asset,
    define_asset_job,
)

from ingest import lake
from ingest.settings import read_settings
from orchestration.alert_delivery import clock
from orchestration.probe import DEADLINE_MINUTES, send_probe
from orchestration.probe_health import follow
from orchestration.resources import Warehouse, say


@asset(group_name="operations")
def synthetic_probe() -> MaterializeResult[None]:
    """Write a test event into landing, as any sender would; the lake is left alone."""
    probe = send_probe(read_settings(os.environ), clock=clock, allowed=timedelta(minutes=DEADLINE_MINUTES))
    return MaterializeResult(metadata={"probe_id": probe.probe_id, "trace_id": probe.trace_id})


@asset(
    key=["operations", "probes"],
    deps=[AssetKey(["bronze", "events"]), AssetKey(["bronze", "spans"])],
    group_name="operations",
    kinds={"ducklake"},
    pool="lake_writer",
)
def probe_health(context: AssetExecutionContext, warehouse: Warehouse) -> MaterializeResult[None]:
    """Note how far the probes have come; one that is late is a reason to raise an alert."""
    with lake.connect(warehouse.settings) as connection:
        under_way = follow(connection, warehouse.settings.home, now=warehouse.now)
    late = [each for each in under_way if each.is_overdue]
    for each in late:
        context.log.warning(each.sentence())
        say(each.sentence())
    return MaterializeResult(metadata={"under way": len(under_way), "late": len(late)})


probing = define_asset_job(
    "probing",
    selection=AssetSelection.assets(synthetic_probe),
    description="A test event to landing, to be followed to its mart.",
)

# Off until somebody wants probes: they are test data in the landing folder.
probe_schedule = ScheduleDefinition(
    name="synthetic_probe_schedule",
    job=probing,
    cron_schedule="35 */6 * * *",
    execution_timezone="UTC",
    default_status=DefaultScheduleStatus.STOPPED,
)
