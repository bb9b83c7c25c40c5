"""Which marts are public and what they promise: read from dbt's manifest, nowhere else.

A public model (`access: public`, with an enforced contract) is a published mart. Its columns, types,
not-null constraints and description come from its contract, its grain from the `one_row_per` test.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from metabase.errors import ContractError
from metabase.sql import is_type, quoted

# Written after the audit, never held and never rolled back (design §9).
HEALTH = "pipeline_health"
# The folder of a release is named by it, so a column of that name would be overridden by the folder's.
RESERVED_COLUMN = "publication_id"


@dataclass(frozen=True)
class Column:
    """One column of a contract; `data_type` is spelled as the contract spells it."""

    name: str
    data_type: str
    is_nullable: bool
    description: str = ""


@dataclass(frozen=True)
class Mart:
    """A public model: what readers may rely on.

    `grain` is empty when no `one_row_per` test declares it. `relation` is quoted SQL. `upstream` holds
    the dbt ids of everything that it is built from, `bronze_tables` the bronze tables among them.
    """

    name: str
    unique_id: str
    relation: str
    description: str
    columns: tuple[Column, ...]
    grain: tuple[str, ...]
    upstream: frozenset[str]
    bronze_tables: tuple[str, ...]

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the columns, in the order of the contract."""
        return tuple(column.name for column in self.columns)


@dataclass(frozen=True)
class Project:
    """What a release needs to know of the dbt project.

    `marts` are audited, in the order of their names; `health` is published as it is, null when the
    project has no `pipeline_health`. `relations` maps the name of every model and seed to quoted SQL.
    """

    marts: tuple[Mart, ...]
    health: Mart | None
    relations: Mapping[str, str]


def public_marts(manifest: Path) -> tuple[Mart, ...]:
    """The marts that the gate audits and the release publishes."""
    return read_project(manifest).marts


def read_project(manifest: Path) -> Project:
    """Read marts, lineage and relations from a `manifest.json` of dbt.

    Raises ContractError when there is none, or when a public model declares a column that cannot be
    published.
    """
    document = read_manifest(manifest)
    nodes: dict[str, Any] = document["nodes"]
    grains = {
        node["attached_node"]: tuple(node["test_metadata"]["kwargs"]["columns"])
        for node in nodes.values()
        if (node.get("test_metadata") or {}).get("name") == "one_row_per" and node.get("attached_node")
    }
    public = [
        _mart(unique_id, node, grains.get(unique_id, ()), document)
        for unique_id, node in nodes.items()
        if node["resource_type"] == "model" and _access(node) == "public" and _is_contracted(node)
    ]
    return Project(
        marts=tuple(sorted((m for m in public if m.name != HEALTH), key=lambda mart: mart.name)),
        health=next((mart for mart in public if mart.name == HEALTH), None),
        relations={
            node["name"]: _relation(node)
            for node in nodes.values()
            if node["resource_type"] in ("model", "seed")
        },
    )


def read_manifest(manifest: Path) -> dict[str, Any]:
    """The document itself. Raises ContractError when it is missing or no JSON."""
    try:
        document: dict[str, Any] = json.loads(manifest.read_text())
    except FileNotFoundError as error:
        raise ContractError(f"There is no dbt manifest at {manifest}; run `make setup` first.") from error
    except json.JSONDecodeError as error:
        raise ContractError(f"The dbt manifest {manifest} is damaged ({error}); run `make setup`.") from error
    return document


def _mart(
    unique_id: str, node: Mapping[str, Any], grain: tuple[str, ...], document: Mapping[str, Any]
) -> Mart:
    upstream = _ancestors(unique_id, document["parent_map"])
    sources = (document["sources"].get(parent) for parent in upstream)
    return Mart(
        name=node["name"],
        unique_id=unique_id,
        relation=_relation(node),
        description=node.get("description", ""),
        columns=tuple(_column(node, column) for column in node["columns"].values()),
        grain=grain,
        upstream=upstream,
        bronze_tables=tuple(sorted(s["identifier"] for s in sources if s and s["source_name"] == "bronze")),
    )


def _column(node: Mapping[str, Any], column: Mapping[str, Any]) -> Column:
    name, data_type = column["name"], column.get("data_type") or ""
    if not is_type(data_type):
        raise ContractError(
            f"Column {name} of {node['name']} has the data_type {data_type!r} in its contract; give one "
            "plain SQL type, such as bigint or decimal(38, 9)."
        )
    if name.lower() == RESERVED_COLUMN:
        raise ContractError(f"{node['name']} has a column {name}; the release keeps that name for itself.")
    constraints = [*column.get("constraints", []), *node.get("constraints", [])]
    return Column(
        name=name,
        data_type=data_type,
        is_nullable=not any(
            constraint["type"] in ("not_null", "primary_key")
            and (not constraint.get("columns") or name in constraint["columns"])
            for constraint in constraints
        ),
        description=column.get("description", ""),
    )


def _ancestors(unique_id: str, parents: Mapping[str, list[str]]) -> frozenset[str]:
    found: set[str] = set()
    waiting = list(parents.get(unique_id, []))
    while waiting:
        parent = waiting.pop()
        if parent not in found:
            found.add(parent)
            waiting.extend(parents.get(parent, []))
    return frozenset(found)


def _access(node: Mapping[str, Any]) -> str:
    return str(node.get("access") or node["config"].get("access") or "protected")


def _is_contracted(node: Mapping[str, Any]) -> bool:
    contract = node.get("contract") or node["config"].get("contract") or {}
    return bool(contract.get("enforced"))


def _relation(node: Mapping[str, Any]) -> str:
    name = node.get("alias") or node["name"]
    return ".".join(quoted(part) for part in (node["database"], node["schema"], name))
