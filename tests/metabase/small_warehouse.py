"""A small warehouse without dbt: a lake with two marts, and the manifest that dbt would have written."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from ingest.settings import Settings

AS_OF = datetime(2026, 10, 11, tzinfo=UTC)
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)

CALLS_DAILY = {
    "usage_date": "date",
    "tenant_id": "varchar",
    "entitlement_tier": "varchar",
    "requests": "bigint",
    "total_tokens": "bigint",
    "cost_usd": "decimal(38, 9)",
}
TENANTS = {"tenant_id": "varchar", "seats": "bigint"}
HEALTH = {"source": "varchar", "gate_state": "varchar"}

CALLS_DAILY_SPEC = """
ranges:
  requests: {at_least: 1}
accepted_values:
  entitlement_tier: [free, pro, unknown]
references:
  tenant_id: int_calls.tenant_id
rows:
  cost_is_at_most_a_dollar_a_call: cost_usd <= requests
by: usage_date
reconciliation:
  source: int_calls
  source_by: usage_date
  totals:
    requests: count(*)
    total_tokens: sum(total_tokens)
usual_volume_within_times: 5
fresh_within_hours: 24
"""


@dataclass(frozen=True)
class Warehouse:
    """Everything a release asks for, below one temporary folder."""

    settings: Settings
    connection: duckdb.DuckDBPyConnection
    manifest: Path
    specs: Path

    @property
    def serving(self) -> Path:
        return Path(self.settings.serving)

    def read(self, query: str) -> list[tuple[Any, ...]]:
        """What a reader of the serving file sees."""
        with duckdb.connect(str(self.serving / "tracehouse.duckdb"), read_only=True) as reader:
            return reader.execute(query).fetchall()


def model(
    name: str, schema: str, columns: dict[str, str], *, not_null: tuple[str, ...] = ()
) -> dict[str, Any]:
    """A model as it stands in manifest.json; public with a contract when it is in `marts`."""
    is_public = schema == "marts"
    return {
        "unique_id": f"model.t.{name}",
        "resource_type": "model",
        "name": name,
        "alias": name,
        "database": "lake",
        "schema": schema,
        "description": f"One row per whatever {name} says.",
        "access": "public" if is_public else "protected",
        "config": {},
        "contract": {"enforced": is_public},
        "constraints": [],
        "depends_on": {"nodes": []},
        "columns": {
            column: {
                "name": column,
                "data_type": data_type,
                "description": f"The {column}.",
                "constraints": [{"type": "not_null"}] if column in not_null else [],
            }
            for column, data_type in columns.items()
        },
    }


def grain_test(mart: str, columns: list[str]) -> dict[str, Any]:
    """The `one_row_per` test that declares a mart's grain."""
    return {
        "unique_id": f"test.t.one_row_per_{mart}",
        "resource_type": "test",
        "name": f"one_row_per_{mart}",
        "attached_node": f"model.t.{mart}",
        "test_metadata": {"name": "one_row_per", "kwargs": {"columns": columns}},
        "config": {"severity": "error"},
        "depends_on": {"nodes": [f"model.t.{mart}"]},
    }


def write_manifest(path: Path, nodes: list[dict[str, Any]], parents: dict[str, list[str]]) -> Path:
    source = {"source_name": "bronze", "identifier": "spans"}
    path.write_text(
        json.dumps(
            {
                "nodes": {node["unique_id"]: node for node in nodes},
                "sources": {"source.t.bronze.spans": source},
                "unit_tests": {},
                "parent_map": parents,
            }
        )
    )
    return path


def standard_nodes() -> list[dict[str, Any]]:
    return [
        model("int_calls", "intermediate", {}),
        model("calls_daily", "marts", CALLS_DAILY, not_null=("usage_date", "tenant_id", "entitlement_tier")),
        model("tenants", "marts", TENANTS),
        model("pipeline_health", "marts", HEALTH),
        grain_test("calls_daily", ["usage_date", "tenant_id"]),
        grain_test("tenants", ["tenant_id"]),
    ]


STANDARD_PARENTS = {
    "model.t.int_calls": ["source.t.bronze.spans"],
    "model.t.calls_daily": ["model.t.int_calls"],
    "model.t.tenants": ["model.t.int_calls"],
    "model.t.pipeline_health": [],
}


def build_marts(connection: duckdb.DuckDBPyConnection) -> None:
    """Ten days of calls by two tenants, one call a day each, and the marts that dbt would make of them."""
    connection.execute("create schema if not exists lake.intermediate")
    connection.execute("create schema if not exists lake.marts")
    connection.execute(
        "create or replace table lake.intermediate.int_calls as "
        "select date '2026-10-01' + cast(day as integer) as usage_date, tenant_id, tier as entitlement_tier, "
        "cast(100 as bigint) as total_tokens, cast(0.5 as decimal(38, 9)) as cost_usd "
        "from range(10) as days (day), "
        "(values ('acme', 'pro'), ('zeta', 'free')) as tenants (tenant_id, tier)"
    )
    rebuild_marts(connection)
    connection.execute(
        "create or replace view lake.marts.pipeline_health as select 'otlp traces' as source, "
        "coalesce(max(state), 'unaudited') as gate_state from lake.operations.mart_sources "
        "where publication_id = (select max(publication_id) from lake.operations.mart_sources)"
    )


def rebuild_marts(connection: duckdb.DuckDBPyConnection) -> None:
    """What `dbt build` does after the calls changed."""
    connection.execute(
        "create or replace table lake.marts.calls_daily as "
        "select usage_date, tenant_id, entitlement_tier, cast(count(*) as bigint) as requests, "
        "cast(sum(total_tokens) as bigint) as total_tokens, "
        "cast(sum(cost_usd) as decimal(38, 9)) as cost_usd "
        "from lake.intermediate.int_calls group by all"
    )
    connection.execute(
        "create or replace table lake.marts.tenants as "
        "select tenant_id, cast(3 as bigint) as seats from lake.intermediate.int_calls group by all"
    )
