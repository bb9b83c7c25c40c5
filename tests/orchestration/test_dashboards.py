"""Lineage goes on from the marts to the dashboards that read them."""

from __future__ import annotations

from dagster import AssetKey

from metabase.content.load import load_content
from orchestration.dashboards import dashboards
from orchestration.definitions import defs


def test_every_dashboard_is_at_the_end_of_the_graph() -> None:
    assert {spec.key for spec in dashboards} == {
        AssetKey(["dashboards", key]) for key in load_content().dashboards
    }


def test_a_dashboard_comes_after_the_published_marts_that_it_reads() -> None:
    graph = defs.resolve_asset_graph()

    assert graph.get(AssetKey(["dashboards", "billing_disputes"])).parent_keys == {
        AssetKey(["serving", "billing_disputes"]),
        AssetKey(["marts", "pipeline_health"]),
    }


def test_the_pipeline_runs_no_dashboard() -> None:
    keys = defs.resolve_job_def("pipeline").asset_layer.executable_asset_keys

    assert AssetKey(["serving", "billing_disputes"]) in keys
    assert not {key for key in keys if key.path[0] == "dashboards"}
