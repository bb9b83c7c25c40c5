"""Read this first: the whole graph and every policy that holds for all of it.

landing/  ->  bronze  ->  ledger  ->  dbt models (tests are checks)  ->  release (one gate check a mart)
    ->  dashboards, which are only named here

Beside the ledger, what landed is looked through for personal data. Alerts are raised around the release, and
delivered there and by a sensor.
"""

from __future__ import annotations

from dagster import Definitions, in_process_executor

from orchestration.alert_assets import alert_delivery, deliver_alerts, delivery
from orchestration.dashboards import dashboards
from orchestration.dbt_assets import dbt_models
from orchestration.erasure_assets import daily_erasure, erasure, erasures
from orchestration.gate import release
from orchestration.ingest_assets import bronze
from orchestration.ledger_assets import ledger
from orchestration.maintenance import lake_maintenance
from orchestration.personal_data_assets import personal_data_findings
from orchestration.probe_assets import probe_health, probe_schedule, probing, synthetic_probe
from orchestration.resources import Warehouse, dbt_command_line
from orchestration.schedules import daily_maintenance, hourly, maintenance, pipeline
from orchestration.sensors import new_files

defs = Definitions(
    assets=[
        bronze,
        ledger,
        personal_data_findings,
        probe_health,
        dbt_models,
        release,
        lake_maintenance,
        alert_delivery,
        synthetic_probe,
        erasures,
        *dashboards,
    ],
    jobs=[pipeline, maintenance, delivery, probing, erasure],
    schedules=[hourly, daily_maintenance, probe_schedule, daily_erasure],
    sensors=[new_files, deliver_alerts],
    resources={"warehouse": Warehouse(), "dbt": dbt_command_line()},
    # A process per step would import for seconds and give up the writer lock between steps.
    executor=in_process_executor,
)
