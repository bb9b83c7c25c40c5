"""Bronze to findings of personal data: what landed is looked through before dbt judges it."""

from dagster import AssetExecutionContext, AssetKey, MaterializeResult, asset

from ingest import lake, schema
from orchestration.governance.personal_data import scan
from orchestration.resources import Warehouse, say


@asset(
    key=["governance", "personal_data_findings"],
    deps=[AssetKey(["bronze", table]) for table in schema.RECORD_TABLES],
    group_name="governance",
    kinds={"ducklake"},
    pool="lake_writer",
)
def personal_data_findings(context: AssetExecutionContext, warehouse: Warehouse) -> MaterializeResult[None]:
    """Look through the texts of what landed, and keep where something was found."""
    with lake.connect(warehouse.settings) as connection:
        found = scan(connection, warehouse.settings)
    if found:
        context.log.warning(f"Personal data was found in {found:,} places after redaction.")
        say(f"personal data: found in {found:,} places after redaction")
    return MaterializeResult(metadata={"findings": found})
