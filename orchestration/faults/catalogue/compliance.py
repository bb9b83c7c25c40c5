"""Breaches of policy: one for each rule at least. What must catch it is the rule's row in the exceptions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from ingest.sample.month import rfc3339
from ingest.sample.runs import Action, Run
from ingest.sample.telemetry import Attributes, Span
from orchestration.faults.clean import (
    DAYS,
    SUPPORTED,
    TODAY,
    at,
    consent_of,
    decision_of,
    dispute_event,
    document_run,
    event_of,
    file_event,
    hex_of,
    subscription_of,
    support_run,
)
from orchestration.faults.fault import Fault, exception, unknown
from orchestration.faults.planting import billing, both, events, spans_with, traces

_SUPPORT = support_run(at(hour=15), "planted")
_DOCUMENT = document_run(at(hour=15), "planted")
# A file of the tenant in Germany that no run wrote.
_PATH = f"/{_DOCUMENT.tenant.tenant_id}/planted.json"
_OLD = at(date(2026, 3, 1))


def _sampled(run: Run, trace_state: str) -> list[Span]:
    return [replace(span, trace_state=trace_state) for span in spans_with(run, {})]


def _calling(connector: str, changes: Attributes) -> Run:
    """The run with another connector, or with more said of the call of it."""
    run = support_run(at(hour=15), "planted")
    action = run.steps[-1]
    assert isinstance(action, Action)
    action.name = connector
    action.attributes |= {"connector.name": connector} | changes
    return run


_OVERRIDDEN = decision_of(_SUPPORT, "planted")

FAULTS = (
    Fault(
        "a purpose that the tenant never consented to",
        "spans",
        exception("consent_missing"),
        traces(_SUPPORT, spans_with(_SUPPORT, {"consent.purpose": "marketing", "consent.status": "missing"})),
    ),
    Fault(
        "nobody says whether there was consent",
        "spans",
        unknown("consent_missing"),
        traces(_SUPPORT, spans_with(_SUPPORT, {"consent.purpose": "marketing", "consent.status": None})),
    ),
    Fault(
        "consent that ran out at noon",
        "consent event",
        exception("consent_expired"),
        both(
            events(
                consent_of(SUPPORTED, "renewed", "planted", at(hour=1), expires_at=rfc3339(at(hour=12))),
            ),
            traces(_SUPPORT, spans_with(_SUPPORT, {"consent.status": "expired"})),
        ),
    ),
    Fault(
        "consent older than the policy lets it be",
        "consent event",
        exception("consent_expired"),
        both(
            events(consent_of(SUPPORTED, "granted", "planted", at(date(2024, 1, 1)), purpose="marketing")),
            traces(
                _SUPPORT, spans_with(_SUPPORT, {"consent.purpose": "marketing", "consent.status": "expired"})
            ),
        ),
    ),
    Fault(
        "work goes on after consent was withdrawn",
        "consent event",
        exception("consent_withdrawn"),
        both(
            events(consent_of(SUPPORTED, "withdrawn", "planted", at(hour=12))),
            traces(_SUPPORT, spans_with(_SUPPORT, {"consent.status": "withdrawn"})),
        ),
    ),
    Fault(
        "a span denies the consent that events tell of",
        "spans",
        exception("consent_disagreement"),
        traces(_SUPPORT, spans_with(_SUPPORT, {"consent.status": "missing"})),
    ),
    Fault(
        "a German tenant is served from Mumbai",
        "spans",
        exception("residency_processing"),
        traces(replace(_DOCUMENT, region="ap-south-1")),
    ),
    Fault(
        "nobody says whose law holds",
        "spans",
        unknown("residency_processing"),
        traces(_DOCUMENT, spans_with(_DOCUMENT, {"data.jurisdiction": None})),
        also=(exception("attribute_schema_breach"),),
    ),
    Fault(
        "a German tenant's file is stored in Virginia",
        "vault event",
        exception("residency_storage"),
        events(file_event("created", "planted", at(hour=12), _PATH, region="us-east-1")),
    ),
    Fault(
        "a connector on the denylist is called",
        "spans",
        exception("denylisted_connector"),
        traces(_calling("shadow-crm", {})),
    ),
    Fault(
        "personal data leaves for a denied country",
        "spans",
        exception("export_control"),
        traces(_calling("zendesk", {"destination.country": "RU"})),
    ),
    Fault(
        "personal data goes to a model in a denied region",
        "spans",
        exception("export_control"),
        traces(_SUPPORT, spans_with(_SUPPORT, {"gen_ai.model.region": "cn-north-1"}, operation="chat")),
    ),
    Fault(
        "a policy acted and does not say in which trace",
        "policy event",
        exception("policy_action_untraced"),
        events(decision_of(_SUPPORT, "planted", trace_id=None)),
    ),
    Fault(
        "an override that nobody put a name to",
        "override event",
        exception("override_unexplained"),
        both(
            traces(_SUPPORT),
            events(
                _OVERRIDDEN,
                event_of(
                    "governance.decision.overridden",
                    "planted-override",
                    at(hour=15, minute=1),
                    decision_id="planted",
                    new_decision="deny",
                    reason="it had to be",
                ),
            ),
        ),
    ),
    Fault(
        "an override that nobody gave a reason for",
        "override event",
        exception("override_unexplained"),
        both(
            traces(_SUPPORT),
            events(
                _OVERRIDDEN,
                event_of(
                    "governance.decision.overridden",
                    "planted-override",
                    at(hour=15, minute=1),
                    decision_id="planted",
                    new_decision="deny",
                    actor_id="operator-1",
                ),
            ),
        ),
    ),
    Fault(
        "a file of personal data outlives its 180 days",
        "vault event",
        exception("retention_breach"),
        events(file_event("created", "planted", _OLD, _PATH, data_class="personal")),
    ),
    Fault(
        "a file is deleted after a day",
        "vault event",
        exception("early_deletion"),
        events(
            file_event("created", "planted", at(DAYS[-2]), _PATH),
            file_event("deleted", "planted-deletion", at(TODAY), _PATH),
        ),
    ),
    Fault(
        "a file is deleted that a legal hold covers",
        "vault event",
        exception("early_deletion"),
        events(
            file_event("created", "planted", at(date(2026, 8, 1)), _PATH),
            event_of(
                "governance.hold.placed",
                "planted-hold",
                at(DAYS[0]),
                hold_id="planted",
                tenant_id=_DOCUMENT.tenant.tenant_id,
            ),
            file_event("deleted", "planted-deletion", at(TODAY), _PATH),
        ),
    ),
    Fault(
        "a dispute lies open for thirty days",
        "dispute event",
        exception("dispute_overdue"),
        billing(dispute_event("opened", "planted", at(date(2026, 10, 1)), status="needs_response")),
    ),
    Fault(
        "more tokens in a month than the tier entitles to",
        "spans",
        exception("entitlement_overage"),
        traces(_SUPPORT, spans_with(_SUPPORT, {"gen_ai.usage.input_tokens": 25_000_000}, operation="chat")),
    ),
    Fault(
        "a model that no price is known for",
        "spans",
        exception("unpriced_model"),
        traces(
            _SUPPORT,
            spans_with(
                _SUPPORT,
                {"gen_ai.request.model": "nimbus-9b", "gen_ai.response.model": "nimbus-9b"},
                operation="chat",
            ),
        ),
    ),
    Fault(
        "an agent that nobody registered",
        "spans",
        exception("unregistered_agent"),
        traces(_SUPPORT, spans_with(_SUPPORT, {"gen_ai.agent.name": "ghost-writer"})),
    ),
    Fault(
        "spans without an attribute that their agent must send",
        "spans",
        exception("attribute_schema_breach"),
        traces(_SUPPORT, spans_with(_SUPPORT, {"workflow.id": None})),
    ),
    Fault(
        "an attribute of another type than declared",
        "spans",
        exception("attribute_schema_breach"),
        traces(_SUPPORT, spans_with(_SUPPORT, {"retry.attempt": "first"}, operation="chat")),
    ),
    Fault(
        "a sampler keeps one trace in 256",
        "spans",
        exception("sampling_below_floor"),
        traces(_SUPPORT, _sampled(_SUPPORT, "ot=th:ff")),
    ),
    Fault(
        "a sampler keeps one trace in four during an incident",
        "incident event",
        exception("sampling_below_floor"),
        both(
            traces(_SUPPORT, _sampled(_SUPPORT, "ot=th:c")),
            events(
                event_of(
                    "governance.incident.opened",
                    "planted",
                    at(hour=14),
                    incident_id="planted",
                    effective_at=rfc3339(at(hour=14)),
                    environment="production",
                )
            ),
        ),
    ),
    Fault(
        "a span names another tier than the tenant has",
        "spans",
        exception("tier_disagreement"),
        traces(_SUPPORT, spans_with(_SUPPORT, {"entitlement.tier": "premium"})),
    ),
    Fault(
        "a span names a tier that does not exist",
        "spans",
        exception("unlisted_tier"),
        traces(_SUPPORT, spans_with(_SUPPORT, {"entitlement.tier": "platinum"})),
        also=(exception("tier_disagreement"),),
    ),
    Fault(
        "a subscription names a tier that does not exist",
        "billing event",
        exception("unlisted_tenant_tier"),
        billing(subscription_of(SUPPORTED, "planted", at(hour=12), entitlement_tier="platinum")),
    ),
    Fault(
        "a policy was published with other rows than the warehouse judges by",
        "policy event",
        exception("policy_drift"),
        events(
            event_of(
                "governance.policy.published",
                "planted",
                at(hour=12),
                policy_id="sampling-floor",
                policy_version="1",
                valid_from="2020-01-01T00:00:00Z",
                digest=f"sha256:{hex_of('planted', digits=64)}",
            )
        ),
    ),
    Fault(
        "a policy was published that the warehouse does not know",
        "policy event",
        unknown("policy_drift"),
        events(
            event_of(
                "governance.policy.published",
                "planted",
                at(hour=12),
                policy_id="nobody-knows",
                policy_version="1",
                valid_from="2020-01-01T00:00:00Z",
                digest=f"sha256:{hex_of('planted', digits=64)}",
            )
        ),
    ),
    Fault(
        "an address of somebody in a note that redaction does not know",
        "spans",
        exception("personal_data_found"),
        traces(_SUPPORT, spans_with(_SUPPORT, {"refund.note": "sent to jane.roe@customer.example today"})),
        also=(exception("attribute_schema_breach"),),
    ),
)
