"""A small landing folder without a fault: two tenants, two agents, eight days. Nothing in it trips a check.

Written with the senders of the sample month, and what they write of a run is what a fault changes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from ingest.sample.cloud_events import cloud_event
from ingest.sample.dialects import spans_of
from ingest.sample.encode import logs_json, metrics_protobuf, traces_json
from ingest.sample.landing_file import LandingFile, write_lines
from ingest.sample.month import DAYS as MONTH
from ingest.sample.month import END, instant_of, midnight, nanoseconds, rfc3339, rhythm
from ingest.sample.origins import origin_of
from ingest.sample.platform import Agent, Model, Release, Service, Standing, Tenant
from ingest.sample.runs import Action, Call, Run, Usage
from ingest.sample.telemetry import Attributes, HistogramPoint, LogRecord, Span

AS_OF = END
DAYS = MONTH[-8:]
TODAY = DAYS[-1]
_SECOND = 1_000_000_000

_BEFORE = datetime.fromisoformat("2026-09-15T00:00:00+00:00")
_MODEL = Model("gpt-4.1", "openai", "gpt-4.1-2025-04-14", 70)
_SUPPORT = Service(
    name="support-api",
    dialect="genai",
    form="jsonl",
    image="registry.example/support-api",
    # Every trace is kept, and says so: metrics that tell of more are not explained by sampling.
    sampling_threshold="0",
    releases=(Release(_BEFORE, "3.8.1", "5d0c1e7a94b2f3868d1b7c02a6e94f51c3d8e720", "2026.09"),),
)
_DOCUMENTS = replace(_SUPPORT, name="docs-api", image="registry.example/docs-api")
_REFUNDS = Agent(
    name="refund-resolver",
    service=_SUPPORT.name,
    workflow="refunds",
    task="resolution",
    purpose="support",
    runs_per_day=1,
    models={_MODEL.name: 1},
    calls=1,
    quality=1.0,
)
_CONTRACTS = replace(
    _REFUNDS,
    name="contract-summarizer",
    service=_DOCUMENTS.name,
    workflow="contract-review",
    task="summarization",
    purpose="document_processing",
)


def _tenant(tenant_id: str, jurisdiction: str, region: str, tier: str, seats: int) -> Tenant:
    standing = Standing(_BEFORE, tier, "active", seats, 1.0)
    return Tenant(
        tenant_id=tenant_id,
        tenant_name=tenant_id.title(),
        jurisdiction=jurisdiction,
        currency="USD",
        traffic_share=1,
        environment="production",
        home_region=region,
        hours=rhythm(0),
        standings=(standing,),
    )


SUPPORTED = _tenant("fern-bikes", "US", "us-east-1", "pro", 4)
DOCUMENTED = _tenant("moss-legal", "DE", "eu-central-1", "enterprise", 10)
TENANTS = (SUPPORTED, DOCUMENTED)
# What a seat costs a month, in cents.
_SEAT_MINOR = {"pro": 2_900, "enterprise": 9_900}


def at(day: date = TODAY, hour: int = 9, minute: int = 0) -> datetime:
    """An instant of a day in UTC; of the newest day unless told."""
    return midnight(day) + timedelta(hours=hour, minutes=minute)


def hex_of(*about: object, digits: int = 32) -> str:
    """An id that depends on `about` alone."""
    return hashlib.sha256("/".join(map(str, about)).encode()).hexdigest()[:digits]


def support_run(started_at: datetime, name: str = "") -> Run:
    """A run of `refund-resolver` for the tenant in the US: one call of a model and one of a connector.

    `name` tells apart the runs that begin in one instant.
    """
    run = _run(_SUPPORT, _REFUNDS, SUPPORTED, started_at, name)
    run.steps.append(_call(run, seconds=2))
    called_ns = run.start_ns + 3 * _SECOND
    run.steps.append(
        Action(
            kind="connector",
            name="zendesk",
            span_id=hex_of(run.trace_id, "tool", digits=16),
            inner_id=hex_of(run.trace_id, "connector", digits=16),
            start_ns=called_ns,
            end_ns=called_ns + _SECOND // 4,
            attributes={
                "gen_ai.tool.call.id": f"call_{run.trace_id[:16]}",
                "connector.name": "zendesk",
                "connector.operation": "search",
                "connector.call.id": f"cc_{run.trace_id[:16]}",
                "server.address": "zendesk.connectors.example",
            },
        )
    )
    return run


def document_run(started_at: datetime, name: str = "") -> Run:
    """A run of `contract-summarizer` for the tenant in Germany: one call of a model, one file written."""
    run = _run(_DOCUMENTS, _CONTRACTS, DOCUMENTED, started_at, name)
    run.steps.append(_call(run, seconds=3))
    written_ns = run.start_ns + 4 * _SECOND
    run.steps.append(
        Action(
            kind="vault",
            name="create",
            span_id=hex_of(run.trace_id, "vault", digits=16),
            inner_id="",
            start_ns=written_ns,
            end_ns=written_ns + _SECOND // 50,
            attributes={
                "vault.operation": "create",
                "vault.path": f"/{run.tenant.tenant_id}/contracts/{run.trace_id[:12]}.json",
                "vault.digest": f"sha256:{hex_of(run.trace_id, 'file', digits=64)}",
                "vault.bytes": 40_000,
                "vault.result": "ok",
                "vault.mutation.id": f"vm_{run.trace_id[:16]}",
            },
        )
    )
    return run


def traces_of(run: Run, spans: Sequence[Span] | None = None) -> bytes:
    """The export request of a run's spans, or of `spans` in their place, by the service that served it."""
    return traces_json(origin_of(run), spans_of(run) if spans is None else spans)


def event_of(kind: str, name: str, time: datetime, source: str = "/governance", **data: Any) -> bytes:
    """One CloudEvent line, whose id is `name`; members that are null are left out."""
    return cloud_event(source, kind, name, time, data)


def decision_of(run: Run, name: str, **data: Any) -> bytes:
    """A policy let the run's connector pass, and the event says in which trace."""
    about = {
        "tenant_id": run.tenant.tenant_id,
        "agent_name": run.agent.name,
        "trace_id": run.trace_id,
        "decision_id": name,
        "policy_id": "connector-allowlist",
        "policy_version": "1",
        "decision": "allow",
        "subject_kind": "connector",
        "connector_name": "zendesk",
    }
    return event_of("governance.policy.decided", name, instant_of(run.start_ns), **(about | data))


def file_event(kind: str, name: str, time: datetime, path: str, **data: Any) -> bytes:
    """Something was done to a file of the tenant in Germany: `created`, `appended`, `deleted`."""
    about = {
        "tenant_id": DOCUMENTED.tenant_id,
        "jurisdiction": DOCUMENTED.jurisdiction,
        "mutation_id": name,
        "vault_path": path,
        "digest": f"sha256:{hex_of(path, digits=64)}",
        "bytes": 40_000,
        "region": DOCUMENTED.home_region,
        "data_class": "confidential",
    }
    return event_of(f"vault.file.{kind}", name, time, "/vault", **(about | data))


def snapshot_of(tenant: Tenant, day: date, **changes: Any) -> dict[str, Any]:
    """A usage snapshot of a tenant and day."""
    standing = tenant.standings[0]
    return {
        "snapshot_date": day.isoformat(),
        "tenant_id": tenant.tenant_id,
        "tenant_name": tenant.tenant_name,
        "entitlement_tier": standing.entitlement_tier,
        "status": standing.status,
        "seats": standing.seats,
        "active_users": 2,
        "mrr_amount": f"{standing.seats * _SEAT_MINOR[standing.entitlement_tier] / 100:.2f}",
        "mrr_currency": tenant.currency,
        "jurisdiction": tenant.jurisdiction,
        "home_region": tenant.home_region,
        "features_enabled": ["chat", "connectors"],
        "features_used": ["chat"],
        "connectors_enabled": ["zendesk"],
        "updated_at": rfc3339(at(day, 23, 55)),
    } | changes


def subscription_of(tenant: Tenant, name: str, time: datetime, **changes: Any) -> bytes:
    """A tenant's subscription as it stands from `time` on."""
    standing = tenant.standings[0]
    about = {
        "tenant_id": tenant.tenant_id,
        "subscription_id": f"sub-{tenant.tenant_id}",
        "entitlement_tier": standing.entitlement_tier,
        "status": standing.status,
        "quantity": standing.seats,
        "mrr_minor": standing.seats * _SEAT_MINOR[standing.entitlement_tier],
        "currency": tenant.currency,
        "effective_at": rfc3339(time),
    }
    return event_of("billing.subscription.changed", name, time, "/billing", **(about | changes))


def consent_of(tenant: Tenant, kind: str, name: str, time: datetime, **data: Any) -> bytes:
    """The tenant granted, renewed or withdrew its consent to what its agent does."""
    purpose = (_REFUNDS if tenant is SUPPORTED else _CONTRACTS).purpose
    about = {"tenant_id": tenant.tenant_id, "purpose": purpose, "effective_at": rfc3339(time)}
    return event_of(f"consent.{kind}", name, time, "/consent", **(about | data))


def evaluation_of(run: Run, name: str, **changes: Any) -> LogRecord:
    """A judge found the run's answer faithful."""
    about: Attributes = {
        "gen_ai.evaluation.name": "faithfulness",
        "gen_ai.evaluation.score.value": 0.9,
        "gen_ai.evaluation.score.label": "pass",
        "evaluation.evaluator.version": "1",
        "evaluation.dataset": "production-sample",
        "evaluation.item.id": name,
        "gen_ai.agent.name": run.agent.name,
        "gen_ai.response.model": _MODEL.answers_as,
        "gen_ai.prompt.version": run.agent.prompt_version,
        "deployment.release_train": run.release.train,
        "tenant.id": run.tenant.tenant_id,
    }
    return LogRecord(run.end_ns, "gen_ai.evaluation.result", about | changes, run.trace_id, run.agent_span_id)


def logs_of(run: Run, records: Sequence[LogRecord]) -> bytes:
    """The export request of log records by the service that served the run."""
    return logs_json(origin_of(run), records)


def tokens_counted(day: date, input_tokens: int, output_tokens: int) -> list[HistogramPoint]:
    """What the SDK of the documents' service counted since the first day, as exported in the evening."""
    return [
        HistogramPoint(
            metric="gen_ai.client.token.usage",
            unit="{token}",
            bounds=(100.0, 10_000.0),
            attributes={
                "gen_ai.operation.name": "chat",
                "gen_ai.provider.name": _MODEL.provider,
                "gen_ai.request.model": _MODEL.name,
                "gen_ai.response.model": _MODEL.answers_as,
                "gen_ai.token.type": token_type,
            },
            start_ns=nanoseconds(midnight(DAYS[0])),
            time_ns=nanoseconds(at(day, 22)),
            count=len(_days_until(day)),
            sum=float(tokens),
            bucket_counts=[0, len(_days_until(day)), 0],
        )
        for token_type, tokens in (("input", input_tokens), ("output", output_tokens))
    ]


def metrics_of(run: Run, points: Sequence[HistogramPoint]) -> bytes:
    """The export request of metric points by the service that served the run."""
    return metrics_protobuf(origin_of(run), points)


def write_clean(landing: Path) -> None:
    """Write every file, named by its day."""
    for day in DAYS:
        for run in (support_run(at(day, 9)), document_run(at(day, 10))):
            folder = landing / "otlp" / run.service.name
            write_lines(folder / f"traces-{day}.jsonl", [traces_of(run)])
            write_lines(folder / f"logs-{day}.jsonl", [logs_of(run, [evaluation_of(run, f"item-{day}")])])
        days = len(_days_until(day))
        with LandingFile(landing / "otlp" / _DOCUMENTS.name / f"metrics-{day}.binpb") as file:
            file.append(metrics_of(run, tokens_counted(day, days * 1_000, days * 200)))
        snapshots = [msgspec.json.encode(snapshot_of(tenant, day)) for tenant in TENANTS]
        write_lines(landing / "usage" / f"snapshots-{day}.jsonl", snapshots)
        write_lines(landing / "governance" / f"runs-{day}.jsonl", list(_governance(day)))
    write_lines(landing / "governance" / "consents.jsonl", list(_consents()))
    write_lines(landing / "billing" / "billing.jsonl", list(_billing()))


def _days_until(day: date) -> list[date]:
    return [each for each in DAYS if each <= day]


def _governance(day: date) -> Iterator[bytes]:
    run, written = support_run(at(day, 9)), document_run(at(day, 10))
    yield decision_of(run, f"decision-{day}")
    file = written.steps[-1]
    assert isinstance(file, Action)
    told = file.attributes
    yield file_event(
        "created",
        str(told["vault.mutation.id"]),
        instant_of(file.end_ns),
        str(told["vault.path"]),
        digest=told["vault.digest"],
        trace_id=written.trace_id,
        agent_name=written.agent.name,
    )


def _consents() -> Iterator[bytes]:
    for tenant in TENANTS:
        yield consent_of(
            tenant, "granted", f"consent-{tenant.tenant_id}", _BEFORE, expires_at="2027-09-01T00:00:00Z"
        )


def _billing() -> Iterator[bytes]:
    for tenant in TENANTS:
        yield subscription_of(tenant, f"subscription-{tenant.tenant_id}", midnight(DAYS[0]))
    for kind, status, day in (("opened", "needs_response", DAYS[0]), ("closed", "won", DAYS[2])):
        yield dispute_event(kind, "dispute-1", at(day), status=status)


def dispute_event(kind: str, dispute_id: str, time: datetime, **data: Any) -> bytes:
    """A dispute of the tenant in the US was opened, updated or closed."""
    about = {
        "dispute_id": dispute_id,
        "tenant_id": SUPPORTED.tenant_id,
        "amount_minor": 2_900,
        "currency": "USD",
        "reason": "duplicate",
        "effective_at": rfc3339(time),
    }
    return event_of(f"billing.dispute.{kind}", f"{dispute_id}-{kind}", time, "/billing", **(about | data))


def _run(service: Service, agent: Agent, tenant: Tenant, started_at: datetime, name: str) -> Run:
    trace_id = hex_of(agent.name, started_at, name)
    return Run(
        agent=agent,
        service=service,
        release=service.releases[0],
        tenant=tenant,
        entitlement_tier=tenant.standings[0].entitlement_tier,
        consent="granted",
        region=tenant.home_region,
        trace_id=trace_id,
        root_id=hex_of(trace_id, "root", digits=16),
        agent_span_id=hex_of(trace_id, "agent", digits=16),
        conversation_id=f"conv_{trace_id[:12]}",
        digest=f"sha256:{hex_of(trace_id, 'digest', digits=64)}",
        start_ns=nanoseconds(started_at),
        end_ns=nanoseconds(started_at) + 6 * _SECOND,
        outcome="accepted",
    )


def _call(run: Run, *, seconds: int) -> Call:
    """1,000 tokens in, of which 100 were cached, and 200 out."""
    return Call(
        span_id=hex_of(run.trace_id, "call", digits=16),
        model=_MODEL,
        operation="chat",
        start_ns=run.start_ns + _SECOND // 10,
        end_ns=run.start_ns + seconds * _SECOND,
        usage=Usage(900, 100, 0, 200, 0),
        response_id=f"chatcmpl-{run.trace_id[:24]}",
        first_token_ns=None,
        error=None,
        attempt=1,
    )
