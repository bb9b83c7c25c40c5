"""`make ui`: the graph is served, and a run launched through its GraphQL API shows its checks."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.running import Home

SNAPSHOT = (
    '{"snapshot_date": "2026-10-16", "tenant_id": "acme", "entitlement_tier": "pro", "active_users": 3}\n'
)
LAUNCH = """mutation { launchRun(executionParams: {selector: {repositoryName: "__repository__",
repositoryLocationName: "orchestration.definitions", jobName: "pipeline"}, runConfigData: {}})
{ __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""

MART = """{ assetNodes(assetKeys: [{path: ["marts", "tenant_tier_history"]}]) {
assetMaterializations(limit: 1) { runId metadataEntries { label ... on IntMetadataEntry { intValue } } }
assetChecksOrError { ... on AssetChecks { checks { name } } } } }"""
STARTERS = """{ repositoriesOrError { ... on RepositoryConnection { nodes {
jobs { name } schedules { name } sensors { name } } } } }"""
EXECUTIONS = """{{ assetCheckExecutions(assetKey: {{path: [{path}]}}, checkName: "{check}", limit: 10) {{
runId status }} }}"""


@pytest.fixture
def ui(tmp_path: Path) -> Iterator[str]:
    """Address of the GraphQL API of a UI on a small home."""
    (tmp_path / "landing" / "usage").mkdir(parents=True)
    (tmp_path / "landing" / "usage" / "one.jsonl").write_text(SNAPSHOT)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home = Home(tmp_path)
    log = (tmp_path / "ui.log").open("w")
    server = subprocess.Popen(
        [sys.executable, "-m", "orchestration", "ui", "--port", str(port)],
        cwd=home.project,
        env=home.environ,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    try:
        yield f"http://127.0.0.1:{port}/graphql"
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            # Dagster waits for a code server that has not come up yet.
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def ask(address: str, query: str) -> dict[str, Any]:
    request = urllib.request.Request(
        address, json.dumps({"query": query}).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        return dict(json.load(response)["data"])


def until(address: str, query: str, is_done: Any) -> dict[str, Any]:
    """Ask until the answer satisfies `is_done`; fail with the last answer, long after any machine is done."""
    answer: dict[str, Any] = {}
    for _ in range(1_500):
        try:
            answer = ask(address, query)
            if is_done(answer):
                return answer
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            pass
        time.sleep(1)
    pytest.fail(f"no such answer; the last was {answer}")


def test_the_graph_is_served_with_what_starts_runs(ui: str) -> None:
    graph = served(ui)
    keys = {"/".join(node["assetKey"]["path"]) for node in graph["assetNodes"]}
    assert {"bronze/spans", "marts/token_usage_daily", "serving/token_usage_daily"} <= keys
    starters = ask(ui, STARTERS)["repositoriesOrError"]["nodes"][0]
    assert "pipeline" in {job["name"] for job in starters["jobs"]}
    assert {starter["name"] for starter in starters["schedules"] + starters["sensors"]} >= {
        "hourly_pipeline",
        "daily_maintenance",
        "new_files",
        "deliver_alerts",
    }


@pytest.mark.long
def test_a_run_launched_through_graphql_succeeds_and_shows_its_checks(ui: str) -> None:
    served(ui)
    launched = ask(ui, LAUNCH)["launchRun"]
    assert launched["__typename"] == "LaunchRunSuccess", launched
    run_id = launched["run"]["runId"]
    status = f'{{ runOrError(runId: "{run_id}") {{ ... on Run {{ status }} }} }}'
    ended = until(ui, status, lambda a: a["runOrError"]["status"] in ("SUCCESS", "FAILURE", "CANCELED"))
    assert ended["runOrError"]["status"] == "SUCCESS"
    assert executions(ui, '"serving", "tenant_tier_history"', "gate")[run_id] == "SUCCEEDED"
    mart = ask(ui, MART)["assetNodes"][0]
    materialization = mart["assetMaterializations"][0]
    assert materialization["runId"] == run_id
    rows = {entry["label"]: entry.get("intValue") for entry in materialization["metadataEntries"]}
    # The tier of the one snapshot, and an unknown one from the week after it on.
    assert rows["dagster/row_count"] == 2
    dbt_tests = [check["name"] for check in mart["assetChecksOrError"]["checks"]]
    assert dbt_tests
    # The sensor may have launched a run of its own meanwhile, which has nothing to do.
    found = {name: executions(ui, '"marts", "tenant_tier_history"', name).get(run_id) for name in dbt_tests}
    assert set(found.values()) == {"SUCCEEDED"}, found


def served(address: str) -> dict[str, Any]:
    """Every asset, once the UI has loaded them."""
    return until(address, "{ assetNodes { assetKey { path } } }", lambda a: a["assetNodes"])


def executions(ui: str, path: str, check: str) -> dict[str, str]:
    """The status of a check in each of the runs that had it."""
    found = ask(ui, EXECUTIONS.format(path=path, check=check))["assetCheckExecutions"]
    return {execution["runId"]: execution["status"] for execution in found}
