"""`python -m orchestration policy-dry-run`: which exceptions would changed policies add or remove?

dbt says what depends on a policy and compiles it; nothing is built in the lake, and nothing is published.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from ingest.errors import TracehouseError
from ingest.settings import Settings, read_settings
from orchestration.governance.dry_run import (
    DryRun,
    DryRunError,
    Model,
    changed_policies,
    open_beside,
    run_again,
)
from orchestration.governance.policies import SEEDS, check_policies
from orchestration.preview import markdown_table
from orchestration.project import (
    DBT_PROJECT_DIR,
    MANIFEST,
    PARTIAL_PARSE,
    ROOT,
    lake_for_dbt,
    refresh_manifest,
)

_LAST = "model.tracehouse.int_exceptions"


def main(arguments: Sequence[str], settings: Settings) -> int:
    """Exit code: 0 done, 1 with `--fail-on-change` where something changes, 2 bad arguments or policies."""
    chosen = _parser().parse_args(arguments)
    policies = chosen.seeds.resolve()
    check_policies(policies, ROOT)
    told = dry_run(settings, policies, now=datetime.now(UTC))
    print(_as_json(told) if chosen.format == "json" else _as_text(told))
    return 1 if chosen.fail_on_change and told.changes else 0


def dry_run(settings: Settings, policies: Path, *, now: datetime) -> DryRun:
    """Run the rules again with the policies in the folder `policies`, over all that the lake holds.

    Ages are measured at TRACEHOUSE_AS_OF, else `now`. Raises DryRunError and LakeUnreadableError.
    """
    with open_beside(settings) as connection:
        return dry_run_in(connection, settings, policies, now=now)


def dry_run_in(
    connection: duckdb.DuckDBPyConnection, settings: Settings, policies: Path, *, now: datetime
) -> DryRun:
    """The same in a connection of `open_beside`, which then has the other exceptions beside the lake's."""
    refresh_manifest()
    manifest = json.loads(MANIFEST.read_text())
    files = {name: policies / f"{name}.csv" for name in SEEDS}
    changed = changed_policies(connection, files)
    if not changed:
        return DryRun((), ())
    names = _between(manifest, {f"seed.tracehouse.{name}" for name in changed})
    compiled = _compile(settings, manifest, names, settings.as_of_or(now))
    models = [
        Model(manifest["nodes"][name]["schema"], manifest["nodes"][name]["name"], compiled[name])
        for name in names
    ]
    read = {
        _relation(manifest, parent)
        for name in names
        for parent in manifest["parent_map"][name]
        if parent not in names and parent.removeprefix("seed.tracehouse.") not in SEEDS
    }
    return run_again(connection, changed, models, read - {"seeds." + name for name in SEEDS})


def _between(manifest: dict[str, Any], changed: set[str]) -> list[str]:
    """Models that depend on what changed and that exceptions depend on, each after what it reads."""
    above = _closure(manifest["parent_map"], {_LAST})
    below = _closure(manifest["child_map"], changed)
    names = [name for name in above & below if name.startswith("model.")]
    parents = {name: set(manifest["parent_map"][name]) & set(names) for name in names}
    ordered: list[str] = []
    while len(ordered) < len(names):
        ordered += sorted(name for name in names if name not in ordered and parents[name] <= set(ordered))
    return ordered


def _closure(graph: dict[str, list[str]], names: set[str]) -> set[str]:
    found, waiting = set(names), list(names)
    while waiting:
        new = set(graph.get(waiting.pop(), ())) - found
        found |= new
        waiting += new
    return found


def _relation(manifest: dict[str, Any], name: str) -> str:
    node = manifest["nodes"].get(name) or manifest["sources"][name]
    return f"{node['schema']}.{node.get('identifier') or node['alias']}"


def _compile(
    settings: Settings, manifest: dict[str, Any], names: Sequence[str], as_of: datetime
) -> dict[str, str]:
    """The SQL of the models, as for a first build."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder)
        (target / PARTIAL_PARSE.name).write_bytes(PARTIAL_PARSE.read_bytes())
        command: list[str | Path] = [
            *(Path(sys.executable).parent / "dbt", "--quiet", "compile", "--full-refresh"),
            *("--profiles-dir", ".", "--target-path", target, "--log-path", target),
            *("--select", *(manifest["nodes"][name]["name"] for name in names)),
        ]
        environ = os.environ | lake_for_dbt(settings.catalog, settings.lake)
        environ |= {"TRACEHOUSE_AS_OF": as_of.isoformat(), "TRACEHOUSE_TRACE_URL": settings.trace_url}
        done = subprocess.run(command, cwd=DBT_PROJECT_DIR, env=environ, capture_output=True, text=True)  # noqa: S603 - ours
        if done.returncode:
            raise DryRunError(f"dbt cannot compile the rules: {(done.stdout + done.stderr).strip()}")
        nodes = json.loads((target / "manifest.json").read_text())["nodes"]
        return {name: nodes[name]["compiled_code"] for name in names}


def _as_text(told: DryRun) -> str:
    if not told.policies:
        return "These policies are those that the lake was built with: nothing changes."
    rows = [
        (change.rule_id, change.tenant_id, f"+{change.added}", f"-{change.removed}", change.example)
        for change in told.changes
    ]
    summary = f"{', '.join(told.policies)}: {told.added:,} exceptions added, {told.removed:,} removed."
    return "\n\n".join(
        [markdown_table(["rule", "tenant", "added", "removed", "such as"], rows), summary]
        if rows
        else [summary]
    )


def _as_json(told: DryRun) -> str:
    return json.dumps(
        {
            "policies": list(told.policies),
            "added": told.added,
            "removed": told.removed,
            "changes": [asdict(change) for change in told.changes],
        },
        indent=2,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m orchestration policy-dry-run",
        description="Which exceptions would changed policies add or remove? The lake is only read.",
    )
    parser.add_argument(
        "--seeds",
        type=Path,
        default=DBT_PROJECT_DIR / "seeds",
        metavar="FOLDER",
        help="the policies to try, as policy_*.csv (default: those of this checkout)",
    )
    parser.add_argument("--format", choices=["text", "json"], default="text")
    parser.add_argument(
        "--fail-on-change", action="store_true", help="exit with 1 where an exception changes"
    )
    return parser


def run(arguments: Sequence[str]) -> int:
    """`main` with the settings of the environment."""
    try:
        return main(arguments, read_settings(os.environ))
    except TracehouseError as error:
        print(f"tracehouse: {error}", file=sys.stderr)
        return 2
