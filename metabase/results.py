"""One outcome of one check on one mart, wherever it was checked; and how dbt's own become such."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from metabase.contracts import Mart, read_manifest

Kind = Literal["dbt test", "expectation", "rollback", "erasure"]
Severity = Literal["error", "warn"]
Outcome = Literal["passed", "failed", "warned", "error"]

MESSAGE_LIMIT = 500


@dataclass(frozen=True)
class CheckResult:
    """What one check found in one mart.

    `outcome` is `error` when the check itself could not be made. `observed` and `expected` are text for
    people, null where there is nothing to say. `message` is a sentence; it names at most five failing
    rows, by the columns of their grain only.
    """

    mart: str
    check_name: str
    kind: Kind
    severity: Severity
    outcome: Outcome
    observed: str | None
    expected: str | None
    message: str

    @property
    def holds(self) -> bool:
        """True when this alone keeps the mart's new version from its readers."""
        return self.severity == "error" and self.outcome in ("failed", "error")


def results_from_dbt(run_results: Path, manifest: Path, marts: Sequence[Mart]) -> list[CheckResult]:
    """What the newest dbt run says about each mart, one result per mart and node that guards it.

    A test guards the model that it is attached to, or every model that a singular test reads, and all
    marts downstream of these. A model or seed that failed fails every mart downstream; a mart that dbt
    skipped still holds what an earlier run built, so it fails too. No run yet: no results.
    """
    if not run_results.exists():
        return []
    document = read_manifest(manifest)
    nodes = {**document["nodes"], **document.get("unit_tests", {})}
    found: list[CheckResult] = []
    for result in json.loads(run_results.read_text())["results"]:
        node = nodes.get(result["unique_id"])
        if node is None:
            continue
        if node["resource_type"] in ("test", "unit_test"):
            found += _of_test(node, result, marts)
        else:
            found += _of_model(node, result, marts)
    return found


def _of_test(
    node: Mapping[str, Any], result: Mapping[str, Any], marts: Sequence[Mart]
) -> Iterator[CheckResult]:
    if node.get("attached_node"):
        guarded = [node["attached_node"]]
    elif node.get("tested_node_unique_id"):
        guarded = [node["tested_node_unique_id"]]
    else:
        guarded = node["depends_on"]["nodes"]
    status = str(result["status"])
    severity: Severity = "warn" if str(node["config"].get("severity", "error")).lower() == "warn" else "error"
    outcomes: dict[str, Outcome] = {"pass": "passed", "success": "passed", "fail": "failed", "warn": "warned"}
    outcome = outcomes.get(status, "error")
    # dbt skips the tests of a model that it skipped; the model itself already says so.
    if status == "skipped":
        return
    failures = result.get("failures")
    for mart in marts:
        if any(unique_id == mart.unique_id or unique_id in mart.upstream for unique_id in guarded):
            yield CheckResult(
                mart=mart.name,
                check_name=node["name"],
                kind="dbt test",
                severity=severity,
                outcome=outcome,
                observed=None if failures is None else f"{failures} failing rows",
                expected="0 failing rows",
                message=_message(result) if outcome != "passed" else "",
            )


def _of_model(
    node: Mapping[str, Any], result: Mapping[str, Any], marts: Sequence[Mart]
) -> Iterator[CheckResult]:
    status = str(result["status"])
    for mart in marts:
        is_own = mart.unique_id == node["unique_id"]
        failed = status in ("error", "fail") and (is_own or node["unique_id"] in mart.upstream)
        skipped = status == "skipped" and is_own
        if failed or skipped:
            why = "was not built, because something upstream failed" if skipped else "could not be built"
            yield CheckResult(
                mart=mart.name,
                check_name=f"{node['name']}_is_built",
                kind="dbt test",
                severity="error",
                outcome="error",
                observed=status,
                expected="success",
                message=f"{node['name']} {why}. {_message(result)}".strip(),
            )


def _message(result: Mapping[str, Any]) -> str:
    return " ".join(str(result.get("message") or "").split())[:MESSAGE_LIMIT]
