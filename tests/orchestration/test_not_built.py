"""Marts that dbt could not build are marked so that Dagster goes on to the gate."""

from collections.abc import Iterator

from dagster import AssetExecutionContext, AssetSpec, Output, materialize, multi_asset

from orchestration.dbt_assets import not_built


@multi_asset(
    specs=[
        AssetSpec(["marts", "a_reads_z"], deps=[["marts", "z"]]),
        AssetSpec(["marts", "built"]),
        AssetSpec(["marts", "z"], deps=[["intermediate", "unknown"]]),
        AssetSpec(["intermediate", "unknown"], skippable=True),
    ],
)
def models(context: AssetExecutionContext) -> Iterator[Output[None]]:
    """Four models of which one was built; the names stand against the order of their dependencies."""
    built = context.assets_def.get_output_name_for_asset_key(AssetSpec(["marts", "built"]).key)
    yield Output(None, built)
    yield from not_built(context, {built})


def test_marts_that_read_each_other_and_were_not_built_are_marked_in_their_order() -> None:
    outcome = materialize([models])
    marked = [
        event.asset_key.path[-1] for event in outcome.get_asset_materialization_events() if event.asset_key
    ]
    assert marked == ["built", "z", "a_reads_z"]
