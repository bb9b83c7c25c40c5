"""What was generated, counted where it was generated: the truth to hold the marts against."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise

from ingest.sample.evaluations import Evaluation
from ingest.sample.month import DAYS, END, instant_of
from ingest.sample.objectives import Measurement
from ingest.sample.platform import Platform, Tenant
from ingest.sample.runs import Action, Call, Run


@dataclass
class CallTotals:
    """Inference attempts and their tokens in disjoint classes, as observed (not weighted)."""

    calls: int = 0
    # From start to end, failed calls included.
    duration_ns: int = 0
    failed_calls: int = 0
    # Failed calls, and streamed ones whose usage was not reported.
    unknown_usage_calls: int = 0
    # Calls of a model that no price list has.
    unpriced_calls: int = 0
    uncached_input_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    visible_output_tokens: int = 0
    reasoning_tokens: int = 0

    def add(self, call: Call) -> None:
        """Count one attempt."""
        self.calls += 1
        self.duration_ns += call.end_ns - call.start_ns
        self.failed_calls += call.error is not None
        self.unknown_usage_calls += call.usage is None
        self.unpriced_calls += not call.model.is_priced
        if call.usage is not None:
            self.uncached_input_tokens += call.usage.uncached_input
            self.cache_read_tokens += call.usage.cache_read
            self.cache_write_tokens += call.usage.cache_write
            self.visible_output_tokens += call.usage.visible_output
            self.reasoning_tokens += call.usage.reasoning


@dataclass(frozen=True)
class Regression:
    """An agent that a release made worse: mean scores of evaluator `faithfulness` over both datasets."""

    agent_name: str
    service_name: str
    version: str
    deployed_at: datetime
    mean_score_before: float
    mean_score_after: float


@dataclass(frozen=True)
class SampleSummary:
    """The month as its generator knows it. Every count is of distinct records, however often delivered."""

    seed: int
    size: int
    first_day: date
    last_day: date
    as_of: datetime
    files: int
    spans: int
    # Spans in a file of the day after the run.
    late_spans: int
    # Spans delivered a second time.
    repeated_spans: int
    log_records: int
    metric_points: int
    cloud_events: int
    usage_snapshots: int
    malformed_records: int
    tenants: int
    runs: int
    failed_runs: int
    retried_calls: int
    evaluations: int
    calls_by_service: dict[str, CallTotals]
    calls_by_day: dict[str, CallTotals]
    spans_by_service: dict[str, int]
    # The weight of one record of each sampled service.
    sampling_weights: dict[str, float]
    # Runs by consent in force when they began; `unknown` where the tenant keeps no records.
    runs_by_consent: dict[str, int]
    calls_by_consent: dict[str, int]
    # Human reviews by outcome.
    reviews: dict[str, int]
    # Visits to the nodes of graphs, as observed.
    node_visits: dict[str, int]
    # Calls of tools and connectors by name, as observed.
    tool_calls: dict[str, int]
    # Runs whose outcome was accepted, by service, as observed.
    accepted_runs: dict[str, int]
    # Calls by service and version, as observed; the versions without calls are missing.
    calls_by_version: dict[tuple[str, str], int]
    # (day, objective, environment) to (good, all) events, whatever signal tells of them.
    objectives: dict[tuple[str, str, str], tuple[int, int]]
    # Calls that the search gateway's metrics alone tell of.
    metered_connector_calls: int
    residency_breach_runs: int
    residency_breach_calls: int
    denylisted_connector: str
    denylisted_connector_calls: int
    denylisted_connector_denials: int
    tenants_upgraded: tuple[str, ...]
    tenants_downgraded: tuple[str, ...]
    tenants_churned: tuple[str, ...]
    regressions: tuple[Regression, ...]

    @property
    def calls(self) -> int:
        """All inference attempts."""
        return sum(totals.calls for totals in self.calls_by_service.values())


@dataclass
class Ledger:
    """Running counts while the month is written."""

    platform: Platform
    counts: Counter[str] = field(default_factory=Counter)
    by_service: defaultdict[str, CallTotals] = field(default_factory=lambda: defaultdict(CallTotals))
    by_day: defaultdict[str, CallTotals] = field(default_factory=lambda: defaultdict(CallTotals))
    spans_by_service: Counter[str] = field(default_factory=Counter)
    runs_by_consent: Counter[str] = field(default_factory=Counter)
    calls_by_consent: Counter[str] = field(default_factory=Counter)
    reviews: Counter[str] = field(default_factory=Counter)
    node_visits: Counter[str] = field(default_factory=Counter)
    tool_calls: Counter[str] = field(default_factory=Counter)
    accepted_runs: Counter[str] = field(default_factory=Counter)
    calls_by_version: Counter[tuple[str, str]] = field(default_factory=Counter)
    objectives: defaultdict[tuple[str, str, str], list[int]] = field(
        default_factory=lambda: defaultdict(lambda: [0, 0])
    )
    # (agent, version) to how many faithfulness scores and their sum in thousandths.
    scores: defaultdict[tuple[str, str], list[int]] = field(
        default_factory=lambda: defaultdict(lambda: [0, 0])
    )

    def add_objective(self, measurement: Measurement, environment: str) -> None:
        """Count one event that an objective is measured by, on the day it started."""
        day = instant_of(measurement.at_ns).date().isoformat()
        counted = self.objectives[day, measurement.slo_name, environment]
        counted[0] += measurement.is_good
        counted[1] += 1

    def add_run(self, run: Run) -> None:
        """Count `run` and what it shows."""
        calls = run.calls
        consent = run.consent or "unknown"
        self.counts["runs"] += 1
        self.counts["failed_runs"] += run.error is not None
        self.counts["retried_calls"] += sum(call.attempt > 1 for call in calls)
        self.runs_by_consent[consent] += 1
        self.calls_by_consent[consent] += len(calls)
        for call in calls:
            self.by_service[run.service.name].add(call)
            self.by_day[instant_of(call.start_ns).date().isoformat()].add(call)
        self.calls_by_version[run.service.name, run.release.version] += len(calls)
        self.accepted_runs[run.service.name] += run.outcome == "accepted"
        self.node_visits.update(name for name, _ in run.node_steps)
        if run.region != run.tenant.home_region:
            self.counts["residency_breach_runs"] += 1
            self.counts["residency_breach_calls"] += len(calls)
        for step in run.steps:
            if isinstance(step, Action):
                self._add_action(step)

    def _add_action(self, action: Action) -> None:
        if action.kind == "review":
            self.reviews[str(action.attributes["review.outcome"])] += 1
        elif action.kind in ("tool", "connector"):
            self.tool_calls[action.name] += 1
        if action.name == self.platform.denylisted.name:
            self.counts["denylisted_connector_calls"] += 1
            self.counts["denylisted_connector_denials"] += action.error == "policy_denied"

    def add_evaluation(self, evaluation: Evaluation) -> None:
        """Count one verdict."""
        self.counts["evaluations"] += 1
        if evaluation.evaluator == "faithfulness":
            score = self.scores[evaluation.agent.name, evaluation.release.version]
            score[0] += 1
            score[1] += evaluation.score_millis

    def summary(self, *, seed: int, size: int) -> SampleSummary:
        """Close the books."""
        tenants = self.platform.tenants
        return SampleSummary(
            seed=seed,
            size=size,
            first_day=DAYS[0],
            last_day=DAYS[-1],
            as_of=END,
            files=self.counts["files"],
            spans=self.spans_by_service.total(),
            late_spans=self.counts["late_spans"],
            repeated_spans=self.counts["repeated_spans"],
            log_records=self.counts["log_records"],
            metric_points=self.counts["metric_points"],
            cloud_events=self.counts["cloud_events"],
            usage_snapshots=self.counts["usage_snapshots"],
            malformed_records=self.counts["malformed_records"],
            tenants=len(tenants),
            runs=self.counts["runs"],
            failed_runs=self.counts["failed_runs"],
            retried_calls=self.counts["retried_calls"],
            evaluations=self.counts["evaluations"],
            calls_by_service=dict(self.by_service),
            calls_by_day=dict(sorted(self.by_day.items())),
            spans_by_service=dict(self.spans_by_service),
            sampling_weights={
                service.name: sampling_weight(service.sampling_threshold)
                for service in self.platform.services
                if service.sampling_threshold is not None
            },
            runs_by_consent=dict(self.runs_by_consent),
            calls_by_consent=dict(self.calls_by_consent),
            reviews=dict(self.reviews),
            node_visits=dict(self.node_visits),
            tool_calls=dict(self.tool_calls),
            accepted_runs=dict(self.accepted_runs),
            calls_by_version=dict(self.calls_by_version),
            objectives={about: (good, total) for about, (good, total) in sorted(self.objectives.items())},
            metered_connector_calls=self.counts["metered_connector_calls"],
            residency_breach_runs=self.counts["residency_breach_runs"],
            residency_breach_calls=self.counts["residency_breach_calls"],
            denylisted_connector=self.platform.denylisted.name,
            denylisted_connector_calls=self.counts["denylisted_connector_calls"],
            denylisted_connector_denials=self.counts["denylisted_connector_denials"],
            tenants_upgraded=_moved(tenants, self.platform, upwards=True),
            tenants_downgraded=_moved(tenants, self.platform, upwards=False),
            tenants_churned=tuple(
                tenant.tenant_id for tenant in tenants if tenant.standings[-1].status == "cancelled"
            ),
            regressions=tuple(self._regressions()),
        )

    def _regressions(self) -> Iterator[Regression]:
        for agent in self.platform.agents:
            if not agent.after:
                continue
            service = next(service for service in self.platform.services if service.name == agent.service)
            before, after = service.releases[-2:]
            yield Regression(
                agent_name=agent.name,
                service_name=service.name,
                version=after.version,
                deployed_at=after.at,
                mean_score_before=self._mean_score(agent.name, before.version),
                mean_score_after=self._mean_score(agent.name, after.version),
            )

    def _mean_score(self, agent_name: str, version: str) -> float:
        number, millis = self.scores[agent_name, version]
        return millis / number / 1000


def sampling_weight(threshold: str) -> float:
    """How many records one kept record stands for, to six decimals, where `ot=th:` holds `threshold`.

    Source: OpenTelemetry specification, "Tracestate probability sampling": the rejected share is the
    threshold, right-padded to 14 hex digits, over 2^56.
    """
    rejected = int(threshold.ljust(14, "0"), 16)
    return round(2**56 / (2**56 - rejected), 6)


def _moved(tenants: Iterable[Tenant], platform: Platform, *, upwards: bool) -> tuple[str, ...]:
    """Tenants whose tier ever rose, or ever fell, in the month. Tiers stand in rising order."""
    ranks = {tier: rank for rank, tier in enumerate(platform.seat_prices)}
    return tuple(
        tenant.tenant_id
        for tenant in tenants
        if any(
            (ranks[after.entitlement_tier] > ranks[before.entitlement_tier])
            if upwards
            else (ranks[after.entitlement_tier] < ranks[before.entitlement_tier])
            for before, after in pairwise(tenant.standings)
        )
    )
