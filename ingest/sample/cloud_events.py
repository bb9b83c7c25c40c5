"""CloudEvents 1.0 of the month: billing, consent, and what runs did to vault, reviews and policies."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from ingest.sample.dialects.standard import data_class
from ingest.sample.month import DAYS, instant_of, midnight, rfc3339
from ingest.sample.platform import Act, DisputeEvent, Platform, Standing, Tenant
from ingest.sample.runs import Action, Run
from ingest.sample.subscriptions import monthly_price_minor

_INVOICE_DAY = 5
# Of the calls to allowed connectors, how many record the decision that let them pass.
_ALLOWED_DECISIONS_SHARE = 0.1


def cloud_event(source: str, kind: str, event_id: str, at: datetime, data: dict[str, Any]) -> bytes:
    """One CloudEvent as a JSON line. Members of `data` that are null are left out."""
    return msgspec.json.encode(
        {
            "specversion": "1.0",
            "id": event_id,
            "source": source,
            "type": kind,
            "time": rfc3339(at),
            "datacontenttype": "application/json",
            "data": {name: value for name, value in data.items() if value is not None},
        }
    )


def billing_events(platform: Platform, day: date) -> list[bytes]:
    """Subscription changes, invoices and disputes of `day`; the first day also brings what went before."""
    events = []
    for tenant in platform.tenants:
        for number, standing in enumerate(tenant.standings):
            if _landing_day(standing.valid_from) == day:
                events.append(_subscription_changed(platform, tenant, standing, number))
        price = monthly_price_minor(platform, tenant, tenant.standing_at(midnight(day)))
        if day.day == _INVOICE_DAY and price:
            events.append(_invoice_paid(tenant, day, price))
    tenants = {tenant.tenant_id: tenant for tenant in platform.tenants}
    return events + [
        _dispute(platform, tenants[dispute.tenant_id], dispute)
        for dispute in platform.disputes
        if dispute.at.date() == day
    ]


def consent_events(platform: Platform, day: date) -> list[bytes]:
    """Consents granted, renewed and withdrawn on `day`; the first day also brings what went before."""
    return [
        cloud_event(
            "/consent",
            f"consent.{event.kind}",
            f"cs-{event.tenant_id}-{event.purpose}-{number}",
            event.at,
            {
                "tenant_id": event.tenant_id,
                "purpose": event.purpose,
                "effective_at": rfc3339(event.at),
                "expires_at": None if event.expires_at is None else rfc3339(event.expires_at),
            },
        )
        for events in platform.consents.values()
        for number, event in enumerate(events)
        if _landing_day(event.at) == day
    ]


def act_events(platform: Platform, day: date) -> list[bytes]:
    """What was said of governance on `day`, as the story has it."""
    return [
        cloud_event(f"/{act.type.partition('.')[0]}", act.type, f"act-{number}", act.at, _told(act))
        for number, act in enumerate(platform.acts)
        if act.at.date() == day
    ]


def _told(act: Act) -> dict[str, Any]:
    if act.exception is None:
        return act.data
    digest = hashlib.md5(act.exception.encode(), usedforsecurity=False).hexdigest()
    return {"exception_id": digest, **act.data}


def run_events(platform: Platform, run: Run, rng: random.Random) -> Iterator[bytes]:
    """The governance events of `run`: files it wrote, reviews it waited for, connectors it was let near."""
    subject = {
        "tenant_id": run.tenant.tenant_id,
        "agent_name": run.agent.name,
        "workflow_id": f"wf-{run.agent.workflow}",
        "trace_id": run.trace_id,
        "jurisdiction": run.tenant.jurisdiction,
    }
    for step in run.steps:
        if not isinstance(step, Action):
            continue
        if step.kind == "vault":
            yield _file_created(run, step, subject)
        elif step.kind == "review":
            yield from _reviewed(step, subject)
        elif step.kind == "connector":
            is_forbidden = step.name == platform.denylisted.name
            if is_forbidden or rng.random() < _ALLOWED_DECISIONS_SHARE:
                yield from _policy_decided(platform, step, subject)
            if step.name in platform.reporting_connectors:
                yield _call_completed(step, subject)


def _call_completed(action: Action, subject: dict[str, Any]) -> bytes:
    call_id = str(action.attributes["connector.call.id"])
    data = subject | {
        "span_id": action.inner_id,
        "call_id": call_id,
        "connector_name": action.name,
        "operation": action.attributes["connector.operation"],
        "status": "ok" if action.error is None else "error",
        "duration_ms": (action.end_ns - action.start_ns) // 1_000_000,
    }
    return cloud_event("/connectors", "connector.call.completed", call_id, instant_of(action.end_ns), data)


def _landing_day(at: datetime) -> date:
    return max(at.date(), DAYS[0])


def _subscription_changed(platform: Platform, tenant: Tenant, standing: Standing, number: int) -> bytes:
    data = {
        "tenant_id": tenant.tenant_id,
        "subscription_id": f"sub-{tenant.tenant_id}",
        "entitlement_tier": standing.entitlement_tier,
        "status": standing.status,
        "quantity": standing.seats,
        "mrr_minor": monthly_price_minor(platform, tenant, standing),
        "currency": tenant.currency,
        "effective_at": rfc3339(standing.valid_from),
    }
    event_id = f"sub-{tenant.tenant_id}-{number}"
    return cloud_event("/billing", "billing.subscription.changed", event_id, standing.valid_from, data)


def _invoice_paid(tenant: Tenant, day: date, price: int) -> bytes:
    at = midnight(day) + timedelta(hours=6)
    invoice_id = f"in-{tenant.tenant_id}-{day:%Y%m}"
    data = {
        "invoice_id": invoice_id,
        "tenant_id": tenant.tenant_id,
        "amount_minor": price,
        "currency": tenant.currency,
        "effective_at": rfc3339(at),
    }
    return cloud_event("/billing", "billing.invoice.paid", invoice_id, at, data)


def _dispute(platform: Platform, tenant: Tenant, dispute: DisputeEvent) -> bytes:
    data = {
        "dispute_id": dispute.dispute_id,
        "tenant_id": tenant.tenant_id,
        "amount_minor": monthly_price_minor(platform, tenant, tenant.standings[0]),
        "currency": tenant.currency,
        "reason": dispute.reason,
        "status": dispute.status,
        "effective_at": rfc3339(dispute.at),
    }
    kind = f"billing.dispute.{dispute.kind}"
    return cloud_event("/billing", kind, f"{dispute.dispute_id}-{dispute.kind}", dispute.at, data)


def _file_created(run: Run, action: Action, subject: dict[str, Any]) -> bytes:
    told = action.attributes
    data = subject | {
        "span_id": action.span_id,
        "vault_path": told["vault.path"],
        "digest": told["vault.digest"],
        "bytes": told["vault.bytes"],
        "mutation_id": told["vault.mutation.id"],
        "region": run.tenant.home_region,
        "data_class": data_class(run),
        "retention_class": "standard",
    }
    return cloud_event(
        "/vault", "vault.file.created", str(told["vault.mutation.id"]), instant_of(action.end_ns), data
    )


def _reviewed(action: Action, subject: dict[str, Any]) -> Iterator[bytes]:
    told = action.attributes
    review_id = str(told["review.id"])
    asked = subject | {"review_id": review_id, "span_id": action.span_id}
    yield cloud_event(
        "/governance",
        "governance.review.requested",
        f"{review_id}-requested",
        instant_of(action.start_ns),
        asked,
    )
    done = asked | {"outcome": told["review.outcome"], "actor_id": told["review.actor_id"]}
    yield cloud_event(
        "/governance",
        "governance.review.completed",
        f"{review_id}-completed",
        instant_of(action.end_ns),
        done,
    )


def _policy_decided(platform: Platform, action: Action, subject: dict[str, Any]) -> Iterator[bytes]:
    """The decision about a call, and that of the person who lifted it."""
    call_id = str(action.attributes["connector.call.id"])
    is_denied = action.error == "policy_denied"
    about = subject | {"span_id": action.inner_id, "decision_id": f"pd-{call_id}"}
    data = about | {
        "policy_id": "connector-allowlist",
        "policy_version": "1",
        "decision": "deny" if is_denied else "allow",
        "subject_kind": "connector",
        "connector_name": action.name,
        "reason": "connector is on the denylist" if is_denied else None,
    }
    at = instant_of(action.start_ns)
    yield cloud_event("/governance", "governance.policy.decided", f"pd-{call_id}", at, data)
    if is_denied and call_id[-1] in platform.overrides.lifted:
        lifted = about | {
            "new_decision": "allow",
            "actor_id": "sales-lead",
            "reason": None
            if call_id[-1] in platform.overrides.unexplained
            else "pilot until the end of October",
        }
        later = at + timedelta(minutes=platform.overrides.after_minutes)
        yield cloud_event("/governance", "governance.decision.overridden", f"do-{call_id}", later, lifted)
