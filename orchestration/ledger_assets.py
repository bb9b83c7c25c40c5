"""Bronze to ledger: what senders told of governance, entered before dbt reads it.

An asset of its own, so that the graph shows where the mart comes from, and so that a load whose run was
killed here is entered by the next one. Publications and alerts are entered by the release.
"""

from dagster import AssetExecutionContext, AssetKey, MaterializeResult, asset

from ingest import lake
from orchestration.governance.ledger import record_facts
from orchestration.governance.verifications import verify_and_note
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
    """Append what has no entry yet, keep a checkpoint of the whole, and see that nobody has touched it."""
    settings = warehouse.settings
    with lake.connect(settings) as connection:
        appended = record_facts(connection, settings.home, POLICIES, now=warehouse.now)
        breaks = verify_and_note(connection, settings.home, as_of=warehouse.as_of, now=warehouse.now)
    for each in breaks:
        context.log.warning(each.sentence)
        say(f"ledger: {each.sentence}")
    if appended:
        context.log.info(f"{appended:,} entries appended to the ledger.")
        say(f"ledger: {appended:,} entries appended")
    return MaterializeResult(metadata={"entries appended": appended, "breaks": len(breaks)})
