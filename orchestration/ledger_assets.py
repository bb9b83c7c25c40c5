"""Bronze to ledger: what senders told of governance, entered before dbt reads it.

An asset of its own, so that the graph shows where the mart comes from, and so that a load whose run was
killed here is entered by the next one. Publications and alerts are entered by the release.
"""

from dagster import AssetExecutionContext, AssetKey, MaterializeResult, asset

from ingest import lake
from orchestration.governance.ledger import record_facts
from orchestration.project import POLICIES
from orchestration.resources import Warehouse, say


@asset(
    key=["governance", "ledger"],
    deps=[AssetKey(["bronze", "events"])],
    group_name="governance",
    kinds={"ducklake"},
    pool="lake_writer",
)
def ledger(context: AssetExecutionContext, warehouse: Warehouse) -> MaterializeResult[None]:
    """Append what has no entry yet, and keep a checkpoint of the whole."""
    settings = warehouse.settings
    with lake.connect(settings) as connection:
        appended = record_facts(connection, settings.home, POLICIES, now=warehouse.now)
    if appended:
        context.log.info(f"{appended:,} entries appended to the ledger.")
        say(f"ledger: {appended:,} entries appended")
    return MaterializeResult(metadata={"entries appended": appended})
