"""What the `data` of each CloudEvent type must hold, from the contract of inputs.md.

A type that is not listed is kept as it is. A field named here that is present must be of its type; the
required ones must be present.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

_TRACE_ID = re.compile(r"[0-9a-fA-F]{32}")
_SPAN_ID = re.compile(r"[0-9a-fA-F]{16}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
_CURRENCY = re.compile(r"[A-Za-z]{3}")


def is_time(value: Any) -> bool:
    """An RFC 3339 instant."""
    return isinstance(value, str) and _TIME.fullmatch(value) is not None and parse_time(value) is not None


def parse_time(value: str) -> datetime | None:
    """An RFC 3339 instant, cut to microseconds; null when it is none."""
    text = re.sub(r"(\.\d{6})\d+", r"\1", value.strip())
    try:
        return datetime.fromisoformat(text.replace("z", "Z"))
    except ValueError:
        return None


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _is_integer(value: Any) -> bool:
    if isinstance(value, Decimal):
        return value.is_finite() and value == value.to_integral_value()
    return isinstance(value, int) and not isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return _is_integer(value) and value >= 0


def _is_number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _one_of(*values: str) -> Callable[[Any], bool]:
    return lambda value: value in values


@dataclass(frozen=True)
class Kind:
    """What a value must be: the words for people, and the test."""

    words: str
    accepts: Callable[[Any], bool]


TEXT = Kind("text that is not empty", _is_text)
TIME = Kind("an RFC 3339 time with its zone", is_time)
INTEGER = Kind("a whole number", _is_integer)
COUNT = Kind("a whole number, 0 or more", _is_count)
NUMBER = Kind("a number", _is_number)
CURRENCY = Kind("an ISO 4217 code", lambda v: isinstance(v, str) and _CURRENCY.fullmatch(v) is not None)
DIGEST = Kind(
    "sha256: and 64 hex characters", lambda v: isinstance(v, str) and _DIGEST.fullmatch(v) is not None
)
TRACE_ID = Kind("32 hex characters", lambda v: isinstance(v, str) and _TRACE_ID.fullmatch(v) is not None)
SPAN_ID = Kind("16 hex characters", lambda v: isinstance(v, str) and _SPAN_ID.fullmatch(v) is not None)
TEXTS = Kind("a list of text", lambda v: isinstance(v, list) and all(isinstance(item, str) for item in v))
WHOLE = Kind("a list or a number", lambda v: isinstance(v, list) or _is_count(v))


def one_of(*values: str) -> Kind:
    """A value out of a closed list."""
    return Kind("one of " + ", ".join(values), _one_of(*values))


Fields = Mapping[str, Kind]

# Every `data` may carry these.
COMMON: Fields = {
    "tenant_id": TEXT,
    "agent_name": TEXT,
    "workflow_id": TEXT,
    "trace_id": TRACE_ID,
    "span_id": SPAN_ID,
    "jurisdiction": TEXT,
}


@dataclass(frozen=True)
class EventType:
    """The fields of one event type."""

    required: Fields
    optional: Fields


def _type(required: Fields, **optional: Kind) -> EventType:
    return EventType(required, optional)


_MONEY: Fields = {"amount_minor": INTEGER, "currency": CURRENCY}
_DISPUTE = _type(
    {
        "dispute_id": TEXT,
        "tenant_id": TEXT,
        **_MONEY,
        "status": one_of("needs_response", "under_review", "won", "lost", "warning_needs_response"),
        "effective_at": TIME,
    },
    reason=TEXT,
)
_CONSENT = _type(
    {"tenant_id": TEXT, "purpose": TEXT, "effective_at": TIME},
    subject_id=TEXT,
    expires_at=TIME,
    evidence_uri=TEXT,
)
_LIFE = _type({"exception_id": TEXT, "actor_id": TEXT}, reason=TEXT, until=TIME)
_ALERT = _type(
    {"alert_id": TEXT, "fingerprint": TEXT},
    severity=TEXT,
    rule_id=TEXT,
    trace_ids=TEXTS,
    vault_paths=TEXTS,
    audience=TEXT,
    actor_id=TEXT,
)
_HOLD = _type({"hold_id": TEXT}, data_class=TEXT, reason=TEXT)
_VAULT = _type(
    {"tenant_id": TEXT, "mutation_id": TEXT, "vault_path": TEXT, "digest": DIGEST, "bytes": COUNT},
    previous_digest=DIGEST,
    region=TEXT,
    data_class=TEXT,
    retention_class=TEXT,
    bytes_appended=COUNT,
)
_VAULT_ACCESS = _type(
    {"access_id": TEXT, "tenant_id": TEXT, "vault_path": TEXT}, bytes=COUNT, actor_id=TEXT, region=TEXT
)
_CONNECTOR = _type({"connector_name": TEXT, "effective_at": TIME}, environment=TEXT, data_classes=TEXTS)
_INVOICE = _type({"invoice_id": TEXT, "tenant_id": TEXT, **_MONEY, "effective_at": TIME})
_INCIDENT = _type({"incident_id": TEXT, "effective_at": TIME}, severity=TEXT, environment=TEXT)

EVENT_TYPES: Mapping[str, EventType] = {
    "billing.subscription.changed": _type(
        {
            "tenant_id": TEXT,
            "subscription_id": TEXT,
            "entitlement_tier": TEXT,
            "status": TEXT,
            "mrr_minor": INTEGER,
            "currency": CURRENCY,
            "effective_at": TIME,
        },
        quantity=NUMBER,
    ),
    "billing.usage.charged": _type(
        {"tenant_id": TEXT, "quantity": NUMBER, **_MONEY, "period_start": TIME, "period_end": TIME},
        service_name=TEXT,
        model=TEXT,
        token_class=TEXT,
    ),
    "billing.dispute.opened": _DISPUTE,
    "billing.dispute.updated": _DISPUTE,
    "billing.dispute.closed": _DISPUTE,
    "billing.invoice.paid": _INVOICE,
    "billing.invoice.voided": _INVOICE,
    "billing.refund.created": _type({"refund_id": TEXT, "tenant_id": TEXT, **_MONEY}, invoice_id=TEXT),
    "consent.granted": _CONSENT,
    "consent.renewed": _CONSENT,
    "consent.withdrawn": _CONSENT,
    "governance.policy.decided": _type(
        {
            "tenant_id": TEXT,
            "decision_id": TEXT,
            "policy_id": TEXT,
            "policy_version": TEXT,
            "decision": one_of("allow", "deny", "redact"),
            "subject_kind": one_of("connector", "payload", "vault", "model"),
        },
        connector_name=TEXT,
        resource=TEXT,
        reason=TEXT,
    ),
    "governance.policy.published": _type(
        {"policy_id": TEXT, "policy_version": TEXT, "valid_from": TIME, "digest": DIGEST}, actor_id=TEXT
    ),
    "governance.decision.overridden": _type(
        {"decision_id": TEXT, "new_decision": TEXT}, actor_id=TEXT, reason=TEXT
    ),
    "governance.review.requested": _type({"review_id": TEXT}, decision_id=TEXT, due_at=TIME),
    "governance.review.completed": _type(
        {"review_id": TEXT, "outcome": one_of("approved", "rejected", "edited")},
        actor_id=TEXT,
        score=NUMBER,
        rubric=TEXT,
        decision_id=TEXT,
    ),
    "governance.exception.acknowledged": _LIFE,
    "governance.exception.waived": _type(
        {"exception_id": TEXT, "actor_id": TEXT, "until": TIME}, reason=TEXT
    ),
    "governance.exception.resolved": _LIFE,
    "governance.alert.raised": _ALERT,
    "governance.alert.acknowledged": _ALERT,
    "governance.alert.closed": _ALERT,
    "governance.hold.placed": _HOLD,
    "governance.hold.released": _HOLD,
    "governance.erasure.requested": _type(
        {"request_id": TEXT, "tenant_id": TEXT, "subject_id": TEXT}, due_at=TIME
    ),
    "governance.erasure.completed": _type(
        {"request_id": TEXT, "rows": WHOLE, "tables": WHOLE, "ledger_sequence": COUNT}
    ),
    "governance.incident.opened": _INCIDENT,
    "governance.incident.closed": _INCIDENT,
    "connector.registered": _CONNECTOR,
    "connector.enabled": _CONNECTOR,
    "connector.disabled": _CONNECTOR,
    "connector.call.completed": _type(
        {
            "call_id": TEXT,
            "tenant_id": TEXT,
            "connector_name": TEXT,
            "status": one_of("ok", "error", "denied"),
            "duration_ms": NUMBER,
        },
        operation=TEXT,
        destination_country=TEXT,
        data_class=TEXT,
    ),
    "vault.file.created": _VAULT,
    "vault.file.appended": _VAULT,
    "vault.file.deleted": _VAULT,
    "vault.file.read": _VAULT_ACCESS,
    "vault.access.denied": _VAULT_ACCESS,
}
