"""Bronze to marts: every dbt model as an asset, every dbt test as a check, one dbt start per run."""

from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from graphlib import TopologicalSorter
from typing import Any

from dagster import (
    AssetCheckResult,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetSpec,
    Failure,
    MetadataValue,
    Output,
)
from dagster_dbt import DagsterDbtTranslator, DbtCliResource, DbtProject, dbt_assets

from ingest import lake
from metabase.release import ensure_release_tables
from orchestration import work
from orchestration.governance.alerting import ensure_alert_tables
from orchestration.governance.ledger import ensure_ledger
from orchestration.governance.personal_data import ensure_findings
from orchestration.governance.verifications import ensure_verifications
from orchestration.preview import preview
from orchestration.project import DBT_PROJECT_DIR, ONLY_IF_NEEDED
from orchestration.resources import DBT_PROJECT, Warehouse, say


class Translator(DagsterDbtTranslator):
    """dbt names as Dagster keys; a failed dbt test holds its marts at the gate, not the whole run."""

    def get_asset_check_spec(
        self, asset_spec: AssetSpec, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> AssetCheckSpec | None:
        """The check of one dbt test, not blocking: the gate reads its result and holds mart by mart."""
        spec = super().get_asset_check_spec(asset_spec, manifest, unique_id, project)
        return spec._replace(blocking=False) if spec else None


@dbt_assets(
    manifest=DBT_PROJECT.manifest_path,
    project=DBT_PROJECT,
    dagster_dbt_translator=Translator(),
    exclude="resource_type:unit_test",
    name="dbt_models",
    pool="lake_writer",
)
def dbt_models(context: AssetExecutionContext, dbt: DbtCliResource, warehouse: Warehouse) -> Iterator[Any]:
    """Build and test what changed; yields nothing, and starts no dbt, when there is no work.

    A run that a person launched from the UI always builds.
    """
    with lake.connect(warehouse.settings) as connection:
        ensure_release_tables(connection)
        ensure_alert_tables(connection)
        work.ensure_runs(connection)
        ensure_ledger(connection)
        ensure_findings(connection)
        ensure_verifications(connection)
        todo = work.find_work(connection, work.digest_project(DBT_PROJECT_DIR), warehouse.as_of)
    if not todo and not is_asked_for(context.run.tags):
        context.log.info("Nothing new: no dbt run, no release.")
        return
    context.log.info(f"Building because {'; '.join(todo.reasons) or 'it was asked for'}.")
    arguments = ["build", "--exclude-resource-type", "unit_test"]
    if todo.full_refresh:
        arguments.append("--full-refresh")
    results = warehouse.dbt_target / "run_results.json"
    results.unlink(missing_ok=True)
    warehouse.dbt_target.mkdir(parents=True, exist_ok=True)
    invocation = dbt.cli(arguments, context=context, target_path=warehouse.dbt_target, raise_on_error=False)
    built = set()
    with (warehouse.dbt_target / "console.log").open("w") as console:
        events = iter(invocation.stream())
        while True:
            # dbt's own log goes to its file; the person watching gets one line a table.
            with redirect_stdout(console):
                event = next(events, None)
            if event is None:
                break
            if isinstance(event, Output):
                built.add(event.output_name)
            yield _told(context, event, warehouse)
    if not results.exists():
        raise Failure(f"dbt stopped before it had finished; {console.name} says why.")
    yield from not_built(context, built)


def is_asked_for(tags: Mapping[str, str]) -> bool:
    """True for a run that a person launched: it builds and audits even when nothing is new."""
    return not {ONLY_IF_NEEDED, "dagster/schedule_name", "dagster/sensor_name"} & set(tags)


def not_built(context: AssetExecutionContext, built: set[str]) -> Iterator[Output[None]]:
    """The marts that dbt could not build or skipped, marked as such.

    Dagster would skip the release of every mart if one had no output; the gate holds these by dbt's results.
    """
    # Dagster takes an output only after those that it depends on.
    for key in TopologicalSorter(context.assets_def.asset_deps).static_order():
        if key not in context.selected_asset_keys:
            continue
        layer, mart = key.path[-2:]
        name = context.assets_def.get_output_name_for_asset_key(key)
        if layer == "marts" and name not in built:
            say(f"not built: {mart}")
            yield Output(None, name, metadata={"state": "not built in this run; the table is an earlier one"})


def _told(context: AssetExecutionContext, event: Any, warehouse: Warehouse) -> Any:
    """Say the event on the console; a mart's materialization also gets its rows and a small table."""
    if isinstance(event, AssetCheckResult) and not event.passed:
        say(f"failed: {event.check_name}")
    if not isinstance(event, Output):
        return event
    key = context.asset_key_for_output(event.output_name)
    layer, name = key.path[-2:]
    if layer != "marts":
        say(f"built {layer}.{name}")
        return event
    with lake.connect(warehouse.settings, read_only=True) as connection:
        rows, table = preview(connection, layer, name)
    say(f"built {layer}.{name}: {rows:,} rows")
    return event.with_metadata(
        {**event.metadata, "dagster/row_count": rows, "preview": MetadataValue.md(table)}
    )
