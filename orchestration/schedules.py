"""When things run. All times are UTC."""

from __future__ import annotations

from dagster import AssetSelection, DefaultScheduleStatus, ScheduleDefinition, define_asset_job

from orchestration.alert_assets import alert_delivery
from orchestration.erasure_assets import erasures
from orchestration.maintenance import lake_maintenance
from orchestration.probe_assets import synthetic_probe

pipeline = define_asset_job(
    "pipeline",
    selection=AssetSelection.all()
    - AssetSelection.assets(lake_maintenance, alert_delivery, synthetic_probe, erasures),
    description="Landing folder to gated marts.",
)

maintenance = define_asset_job(
    "maintenance",
    selection=AssetSelection.assets(lake_maintenance),
    description="Merge small files, expire snapshots that no kept release names, remove orphans.",
)

hourly = ScheduleDefinition(
    name="hourly_pipeline",
    job=pipeline,
    cron_schedule="5 * * * *",
    execution_timezone="UTC",
    default_status=DefaultScheduleStatus.RUNNING,
)

daily_maintenance = ScheduleDefinition(
    name="daily_maintenance",
    job=maintenance,
    cron_schedule="17 3 * * *",
    execution_timezone="UTC",
    default_status=DefaultScheduleStatus.RUNNING,
)
