"""The dashboards as dbt exposures, so that lineage goes on from the marts to who reads them."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from metabase.content.check import marts_of
from metabase.content.model import Content, Dashboard
from metabase.contracts import read_manifest, read_project

FILE = Path(__file__).parents[2] / "dbt_project" / "models" / "exposures.yml"
# A dashboard may be named like a mart; who selects the mart in dbt must not get the dashboard for it.
SUFFIX = "_dashboard"
# Who answers for a dashboard of a collection that no dbt group is named like.
_OTHERWISE = "platform"
_HEAD = (
    "# Written by `python -m metabase check --write-exposures` from metabase/dashboards; edit those.\n"
    "version: 2\n"
    "\n"
    "exposures:\n"
)


def exposures_text(content: Content, manifest: Path) -> str:
    """All of `exposures.yml`: each dashboard with the public models that its questions read.

    Its owner is that of the dbt group named like its collection. The journals of a release are no models
    of dbt, so they are not named.
    """
    project, groups = read_project(manifest), _owners(read_manifest(manifest))
    models = {mart.name for mart in project.marts} | ({project.health.name} if project.health else set())
    parts = [
        _exposure(dashboard, sorted(marts_of(content, dashboard) & models), groups)
        for _, dashboard in sorted(content.dashboards.items())
    ]
    return _HEAD + "\n".join(parts)


def _exposure(dashboard: Dashboard, models: list[str], owners: Mapping[str, str]) -> str:
    description = textwrap.fill(
        dashboard.description, 100, initial_indent=" " * 6, subsequent_indent=" " * 6, break_on_hyphens=False
    )
    refs = "".join(f"      - ref('{model}')\n" for model in models)
    owner = owners.get(dashboard.collection, owners[_OTHERWISE])
    return (
        f"  - name: {dashboard.key}{SUFFIX}\n"
        f'    label: "{dashboard.name}"\n'
        "    type: dashboard\n"
        "    description: >-\n"
        f"{description}\n"
        f"    owner: {{name: {owner}}}\n"
        f"    depends_on:\n{refs}"
    )


def _owners(document: Mapping[str, Any]) -> dict[str, str]:
    return {group["name"]: group["owner"]["name"] for group in document["groups"].values()}
