"""Landing folder and MLflow store to bronze: one asset per bronze table, one load for all of them."""

from collections.abc import Iterator

from dagster import AssetExecutionContext, AssetSpec, MaterializeResult, MetadataValue, multi_asset

from ingest import lake, schema
from ingest.landing import tell_strays
from ingest.loading import load
from orchestration.resources import Warehouse, say

BRONZE = [*schema.RECORD_TABLES, *schema.JOURNAL_TABLES]


@multi_asset(
    name="bronze",
    specs=[AssetSpec(["bronze", table], group_name="bronze", kinds={"ducklake"}) for table in BRONZE],
    pool="lake_writer",
)
def bronze(context: AssetExecutionContext, warehouse: Warehouse) -> Iterator[MaterializeResult[None]]:
    """Read what is new in the landing folder, quarantine what is bad, commit file by file."""
    summary = load(warehouse.settings, now=warehouse.now, progress=say)
    context.log.info(summary.sentence())
    say(summary.sentence())
    if told := tell_strays(warehouse.settings.landing):
        context.log.warning(told)
        say(told)
    if summary.store_failure:
        context.log.warning(summary.store_failure)
        say(summary.store_failure)
    with lake.connect(warehouse.settings, read_only=True) as connection:
        for table in BRONZE:
            count = connection.sql(f"from lake.bronze.{table}").count("*").fetchone()
            yield MaterializeResult(
                asset_key=["bronze", table],
                metadata={
                    "dagster/row_count": count[0] if count else 0,
                    "rows landed in this load": summary.rows_landed.get(table, 0),
                    "load": MetadataValue.md(summary.markdown()),
                },
            )
