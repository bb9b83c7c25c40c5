"""Who exists in the sample month: services, agents, models, tenants and what happens to them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from ingest.sample.month import Rhythm
from ingest.sample.objectives import Objectives


@dataclass(frozen=True)
class Model:
    """One model as callers ask for it.

    `reasons`: part of its output is hidden reasoning. `is_priced`: the genai-prices package knows its price.
    """

    name: str
    provider: str
    answers_as: str
    tokens_per_second: int
    reasons: bool = False
    is_priced: bool = True


@dataclass(frozen=True)
class Release:
    """A version of a service, from the instant it was deployed everywhere."""

    at: datetime
    version: str
    revision: str
    train: str


@dataclass(frozen=True)
class Service:
    """A service that emits telemetry in one dialect, written in one file form."""

    name: str
    dialect: str
    form: str
    image: str
    releases: tuple[Release, ...]
    exports_metrics: bool = False
    # The W3C `ot=th:` threshold of its head sampler; null = every trace is kept.
    sampling_threshold: str | None = None

    def release_at(self, at: datetime) -> Release:
        """The release in force at `at`."""
        return [release for release in self.releases if release.at <= at][-1]


@dataclass(frozen=True)
class Agent:
    """An agent and how it behaves. Factors multiply the drawn token sizes and durations."""

    name: str
    service: str
    workflow: str
    task: str
    purpose: str
    runs_per_day: int
    models: dict[str, int]
    calls: int
    quality: float
    tools: tuple[str, ...] = ()
    connectors: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    context_factor: float = 1.0
    output_factor: float = 4.0
    latency_factor: float = 1.0
    error_rate: float = 0.02
    streaming_share: float = 0.0
    reviewed_share: float = 0.0
    retrieves: bool = False
    writes_vault: bool = False
    notifies: bool = False
    prompt_version: str = "p1"
    # What changes with a release of its service: {"version": …, field: new value}.
    after: dict[str, Any] = field(default_factory=dict)

    def under(self, release: Release) -> Agent:
        """The agent as it behaves under `release`."""
        if self.after.get("version") != release.version:
            return self
        changes = {name: value for name, value in self.after.items() if name != "version"}
        return replace(self, **changes, after={})


@dataclass(frozen=True)
class Standing:
    """What a tenant subscribes to from `valid_from` on."""

    valid_from: datetime
    entitlement_tier: str
    status: str
    seats: int
    traffic_factor: float


@dataclass(frozen=True)
class Tenant:
    """A customer. `standings` stand in order of time; the first began before the month."""

    tenant_id: str
    tenant_name: str
    jurisdiction: str
    currency: str
    traffic_share: int
    environment: str
    home_region: str
    hours: Rhythm
    standings: tuple[Standing, ...]

    def standing_at(self, at: datetime) -> Standing:
        """The standing in force at `at`."""
        return [standing for standing in self.standings if standing.valid_from <= at][-1]


@dataclass(frozen=True)
class ConsentEvent:
    """`kind` is granted, renewed or withdrawn; `expires_at` null = does not expire."""

    kind: str
    at: datetime
    tenant_id: str
    purpose: str
    expires_at: datetime | None


@dataclass(frozen=True)
class DisputeEvent:
    """A payment dispute was opened, updated or closed."""

    at: datetime
    kind: str
    dispute_id: str
    tenant_id: str
    status: str
    reason: str


@dataclass(frozen=True)
class ResidencyBreach:
    """Tenants of `jurisdiction` were served by `service` from `region` on this day."""

    on: date
    service: str
    jurisdiction: str
    region: str


@dataclass(frozen=True)
class DenylistedConnector:
    """A forbidden connector that `agent` called for `tenants` from `first_day` to `last_day`."""

    name: str
    agent: str
    tenants: tuple[str, ...]
    first_day: date
    last_day: date


@dataclass(frozen=True)
class VaultSlowdown:
    """Writes to the vault took `factor` times as long on this day."""

    on: date
    factor: int


@dataclass(frozen=True)
class Overrides:
    """Which denied decisions a person lifted, by the last hex digit of the call; which without a reason."""

    lifted: str
    unexplained: str
    after_minutes: int


@dataclass(frozen=True)
class Act:
    """Something said of governance; the id of the exception that it is about is the digest of `exception`."""

    at: datetime
    type: str
    data: dict[str, Any]
    exception: str | None = None


@dataclass(frozen=True)
class Platform:
    """Everything that exists in the month."""

    services: tuple[Service, ...]
    agents: tuple[Agent, ...]
    models: dict[str, Model]
    embedding_model: str
    tenants: tuple[Tenant, ...]
    consents: dict[tuple[str, str], tuple[ConsentEvent, ...]]
    tenants_without_consent_records: frozenset[str]
    disputes: tuple[DisputeEvent, ...]
    breach: ResidencyBreach
    denylisted: DenylistedConnector
    vault_slowdown: VaultSlowdown
    overrides: Overrides
    acts: tuple[Act, ...]
    objectives: Objectives
    # Connectors that report the end of every call as an event.
    reporting_connectors: frozenset[str]
    # (tenant, day) of the usage snapshots that were never written.
    missing_snapshots: frozenset[tuple[str, date]]
    # Price of a seat and month, in minor units, by tier (in rising order) and currency.
    seat_prices: dict[str, dict[str, int]]
    features: dict[str, list[str]]
    # (input, output) tokens of real requests.
    token_sizes: tuple[tuple[int, int], ...]
