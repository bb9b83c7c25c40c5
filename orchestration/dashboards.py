"""The dashboards at the end of the graph, as dbt's exposures name them: what they read and whose they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dagster import AssetSpec

from metabase.content.exposures import SUFFIX
from metabase.contracts import HEALTH, public_marts, read_manifest
from orchestration.project import MANIFEST


def dashboard_specs(manifest: Path) -> Iterator[AssetSpec]:
    """One external asset for each exposure, after the published marts that its questions read."""
    served = {mart.unique_id: mart.name for mart in public_marts(manifest)}
    for exposure in read_manifest(manifest)["exposures"].values():
        nodes = exposure["depends_on"]["nodes"]
        yield AssetSpec(
            ["dashboards", exposure["name"].removesuffix(SUFFIX)],
            deps=[["serving", served[node]] if node in served else ["marts", HEALTH] for node in nodes],
            description=f"{exposure['label']}\n\n{exposure['description']}",
            group_name="dashboards",
            kinds={"metabase"},
            metadata={"owner": exposure["owner"]["name"]},
        )


dashboards = list(dashboard_specs(MANIFEST))
