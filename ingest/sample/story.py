"""Read the story of the month: platform.toml and the CSV files beside it.

A change of the story is a change there.
"""

from __future__ import annotations

import csv
import tomllib
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from ingest.sample.month import midnight, rhythm
from ingest.sample.objectives import Objectives
from ingest.sample.platform import (
    Act,
    Agent,
    ConsentEvent,
    DenylistedConnector,
    DisputeEvent,
    Model,
    Overrides,
    Platform,
    Release,
    ResidencyBreach,
    Service,
    Standing,
    Tenant,
    VaultSlowdown,
)

_HERE = Path(__file__).parent
_BEFORE_THE_MONTH = datetime(2026, 9, 1, tzinfo=UTC)


@cache
def load_platform() -> Platform:
    """Read the platform from the data files of this package."""
    story = tomllib.loads((_HERE / "platform.toml").read_text())
    tenants = _tenants(story)
    agents = tuple(Agent(**_with_tuples(agent)) for agent in story["agents"])
    without = frozenset(story["consent"]["without_records"])
    denylisted = _with_tuples(story["denylisted_connector"])
    return Platform(
        services=tuple(
            Service(**service | {"releases": tuple(Release(**release) for release in service["releases"])})
            for service in story["services"]
        ),
        agents=agents,
        models={name: Model(name, **model) for name, model in story["models"].items()},
        embedding_model=story["embedding_model"],
        tenants=tenants,
        consents=_consents(
            story["consent"],
            [tenant.tenant_id for tenant in tenants if tenant.tenant_id not in without],
            sorted({agent.purpose for agent in agents}),
        ),
        tenants_without_consent_records=without,
        disputes=tuple(_dispute(row) for row in _rows("disputes.csv")),
        breach=ResidencyBreach(**story["residency_breach"]),
        denylisted=DenylistedConnector(**denylisted),
        vault_slowdown=VaultSlowdown(**story["vault_slowdown"]),
        overrides=Overrides(**story["overrides"]),
        acts=tuple(Act(**act) for act in story["acts"]),
        objectives=Objectives(**story["objectives"]),
        reporting_connectors=frozenset(story["reporting_connectors"]),
        missing_snapshots=frozenset(
            (story["missing_snapshots"]["tenant"], day) for day in story["missing_snapshots"]["days"]
        ),
        seat_prices=story["prices_per_month"],
        features=story["features"],
        token_sizes=tuple(
            (int(row["context_tokens"]), int(row["generated_tokens"])) for row in _rows("token_sizes.csv")
        ),
    )


def _rows(name: str) -> list[dict[str, str]]:
    with (_HERE / name).open(newline="") as file:
        return list(csv.DictReader(file))


def _with_tuples(table: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in table.items()}


def _tenants(story: dict[str, Any]) -> tuple[Tenant, ...]:
    changes: dict[str, list[Standing]] = {}
    for row in _rows("tenant_changes.csv"):
        changes.setdefault(row["tenant_id"], []).append(
            Standing(
                valid_from=midnight(date.fromisoformat(row["effective_on"])),
                entitlement_tier=row["entitlement_tier"],
                status=row["status"],
                seats=int(row["seats"]),
                traffic_factor=float(row["traffic_factor"]),
            )
        )
    return tuple(
        Tenant(
            tenant_id=row["tenant_id"],
            tenant_name=row["tenant_name"],
            jurisdiction=row["jurisdiction"],
            currency=row["currency"],
            traffic_share=int(row["traffic_share"]),
            environment=row["environment"],
            home_region=story["regions"][row["jurisdiction"]],
            hours=rhythm(story["utc_offset_hours"][row["jurisdiction"]]),
            standings=(
                Standing(_BEFORE_THE_MONTH, row["entitlement_tier"], "active", int(row["seats"]), 1.0),
                *changes.get(row["tenant_id"], []),
            ),
        )
        for row in _rows("tenants.csv")
    )


def _consents(
    default: dict[str, Any], tenant_ids: list[str], purposes: list[str]
) -> dict[tuple[str, str], tuple[ConsentEvent, ...]]:
    told: dict[tuple[str, str], list[ConsentEvent]] = {}
    for row in _rows("consents.csv"):
        pair = (row["tenant_id"], row["purpose"])
        expires_at = datetime.fromisoformat(row["expires_at"]) if row["expires_at"] else None
        told.setdefault(pair, []).append(
            ConsentEvent(row["event"], datetime.fromisoformat(row["at"]), *pair, expires_at)
        )
    consents = {}
    for pair in ((tenant_id, purpose) for tenant_id in tenant_ids for purpose in purposes):
        events = told.get(pair, [])
        if not events or events[0].kind != "granted":
            events = [
                ConsentEvent("granted", default["granted_at"], *pair, default["expires_at"]),
                *events,
            ]
        consents[pair] = tuple(events)
    return consents


def _dispute(row: dict[str, str]) -> DisputeEvent:
    return DisputeEvent(
        at=datetime.fromisoformat(row["at"]),
        kind=row["kind"],
        dispute_id=row["dispute_id"],
        tenant_id=row["tenant_id"],
        status=row["status"],
        reason=row["reason"],
    )
