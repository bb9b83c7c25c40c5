"""Every declared event type by its required fields, as inputs.md has them, and Stripe's own objects."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from ingest.event_types import EVENT_TYPES
from ingest.events import decode_event
from ingest.pieces import Decoded, Limits, Piece
from tests.ingest.loads import warehouse

# A good value for each field that any type requires.
VALUES: dict[str, Any] = {
    "access_id": "va1",
    "actor_id": "user-1",
    "alert_id": "a1",
    "amount_minor": -1200,
    "bytes": 0,
    "call_id": "c1",
    "connector_name": "github",
    "currency": "EUR",
    "decision": "redact",
    "decision_id": "d1",
    "digest": "sha256:" + "0a" * 32,
    "dispute_id": "dp1",
    "duration_ms": 12.5,
    "effective_at": "2026-10-15T10:10:00Z",
    "entitlement_tier": "pro",
    "exception_id": "x1",
    "fingerprint": "f1",
    "hold_id": "h1",
    "incident_id": "i1",
    "invoice_id": "in1",
    "ledger_sequence": 0,
    "mrr_minor": 0,
    "mutation_id": "m1",
    "new_decision": "allow",
    "outcome": "edited",
    "period_end": "2026-10-16T00:00:00Z",
    "period_start": "2026-10-15T00:00:00Z",
    "policy_id": "p1",
    "policy_version": "3",
    "purpose": "analytics",
    "quantity": 1.5,
    "refund_id": "r1",
    "request_id": "rq1",
    "review_id": "rv1",
    "rows": 0,
    "status": "",
    "subject_id": "s1",
    "subject_kind": "vault",
    "subscription_id": "sub1",
    "tables": ["spans"],
    "tenant_id": "acme",
    "until": "2026-11-15T10:10:00Z",
    "valid_from": "2026-10-01T00:00:00Z",
    "vault_path": "/a",
}
MONEY = ("amount_minor", "currency")
DISPUTE = ("dispute_id", "tenant_id", *MONEY, "status", "effective_at")
CONSENT = ("tenant_id", "purpose", "effective_at")
VAULT = ("vault_path", "digest", "bytes", "tenant_id", "mutation_id")
ACCESS = ("access_id", "tenant_id", "vault_path")
INVOICE = ("invoice_id", "tenant_id", *MONEY, "effective_at")
EXCEPTION = ("exception_id", "actor_id")
ALERT = ("alert_id", "fingerprint")
CONNECTOR = ("connector_name", "effective_at")
INCIDENT = ("incident_id", "effective_at")
# The fields in bold, first of the type's own row, then of the rows that add to it.
REQUIRED = {
    "billing.subscription.changed": (
        *("tenant_id", "subscription_id", "entitlement_tier", "status", "mrr_minor", "currency"),
        "effective_at",
    ),
    "billing.usage.charged": ("tenant_id", "quantity", *MONEY, "period_start", "period_end"),
    "billing.dispute.opened": DISPUTE,
    "billing.dispute.updated": DISPUTE,
    "billing.dispute.closed": DISPUTE,
    "billing.invoice.paid": INVOICE,
    "billing.invoice.voided": INVOICE,
    "billing.refund.created": ("refund_id", "tenant_id", *MONEY),
    "consent.granted": CONSENT,
    "consent.renewed": CONSENT,
    "consent.withdrawn": CONSENT,
    "governance.policy.decided": (
        *("decision_id", "policy_id", "policy_version", "decision"),
        *("tenant_id", "subject_kind"),
    ),
    "governance.policy.published": ("policy_id", "policy_version", "valid_from", "digest"),
    "governance.decision.overridden": ("decision_id", "new_decision"),
    "governance.review.requested": ("review_id",),
    "governance.review.completed": ("review_id", "outcome"),
    "governance.exception.acknowledged": EXCEPTION,
    "governance.exception.waived": (*EXCEPTION, "until"),
    "governance.exception.resolved": EXCEPTION,
    "governance.alert.raised": ALERT,
    "governance.alert.acknowledged": ALERT,
    "governance.alert.closed": ALERT,
    "governance.hold.placed": ("hold_id",),
    "governance.hold.released": ("hold_id",),
    "governance.erasure.requested": ("request_id", "tenant_id", "subject_id"),
    "governance.erasure.completed": ("request_id", "rows", "tables", "ledger_sequence"),
    "governance.incident.opened": INCIDENT,
    "governance.incident.closed": INCIDENT,
    "connector.registered": CONNECTOR,
    "connector.enabled": CONNECTOR,
    "connector.disabled": CONNECTOR,
    "connector.call.completed": ("call_id", "tenant_id", "connector_name", "status", "duration_ms"),
    "vault.file.created": VAULT,
    "vault.file.appended": VAULT,
    "vault.file.deleted": VAULT,
    "vault.file.read": ACCESS,
    "vault.access.denied": ACCESS,
}
# Values out of a closed list, all of them.
ONE_OF = [
    *(("billing.dispute.opened", "status", status) for status in ("needs_response", "under_review", "won")),
    *(("billing.dispute.closed", "status", status) for status in ("lost", "warning_needs_response")),
    *(("governance.policy.decided", "decision", decision) for decision in ("allow", "deny", "redact")),
    *(("governance.policy.decided", "subject_kind", kind) for kind in ("connector", "payload", "model")),
    *(("governance.review.completed", "outcome", outcome) for outcome in ("approved", "rejected")),
    *(("connector.call.completed", "status", status) for status in ("ok", "error", "denied")),
]


def data_of(type_: str, **changes: Any) -> dict[str, Any]:
    """The least that an event of the type must hold, with `changes`; None leaves a field out."""
    status = "ok" if type_.startswith("connector.") else "won"
    whole = {**VALUES, "status": status}
    data = {name: whole[name] for name in REQUIRED[type_]} | changes
    return {name: value for name, value in data.items() if value is not None}


def decoded(type_: str, data: dict[str, Any]) -> Decoded:
    event = {"specversion": "1.0", "id": "e1", "source": "/a", "type": type_, "time": "2026-10-15T10:10:00Z"}
    text = json.dumps({**event, "data": data}).encode()
    return decode_event(Piece(0, len(text), text, "json", None), "governance", Limits())


def test_every_declared_type_has_its_row_here() -> None:
    assert set(EVENT_TYPES) == set(REQUIRED)


@pytest.mark.parametrize("type_", REQUIRED)
def test_the_required_fields_are_enough(type_: str) -> None:
    assert decoded(type_, data_of(type_)).bad == []


@pytest.mark.parametrize(("type_", "name"), [(type_, name) for type_ in REQUIRED for name in REQUIRED[type_]])
def test_without_a_required_field_an_event_is_refused_by_its_name(type_: str, name: str) -> None:
    (bad,) = decoded(type_, data_of(type_, **{name: None})).bad
    assert (bad.reason_code, bad.reason) == (f"missing_{name}", f"data.{name} is missing.")


@pytest.mark.parametrize(("type_", "name", "value"), ONE_OF)
def test_a_value_of_a_closed_list_is_taken_and_no_other(type_: str, name: str, value: str) -> None:
    assert decoded(type_, data_of(type_, **{name: value})).bad == []
    (bad,) = decoded(type_, data_of(type_, **{name: value.upper()})).bad
    assert bad.reason_code == f"bad_{name}"


@pytest.mark.parametrize(
    ("type_", "name", "good", "bad"),
    [
        ("vault.file.created", "bytes", 2**70, -1),
        ("vault.file.created", "bytes", 0, 0.5),
        ("billing.refund.created", "amount_minor", 10**30, 0.5),
        ("billing.refund.created", "amount_minor", -1, True),
        ("billing.refund.created", "currency", "eur", "EURO"),
        ("governance.policy.published", "policy_version", "3", 3),
        ("governance.exception.waived", "until", "2026-11-15T10:10:00.5+02:00", "2026-11-15"),
        ("governance.review.completed", "score", 0.25, "0.25"),
        ("connector.registered", "data_classes", [], ["pii", 1]),
    ],
)
def test_a_field_takes_its_type_and_no_other(type_: str, name: str, good: Any, bad: Any) -> None:
    assert decoded(type_, data_of(type_, **{name: good})).bad == []
    (refused,) = decoded(type_, data_of(type_, **{name: bad})).bad
    assert refused.reason_code == f"bad_{name}"


def test_the_lines_behind_a_torn_one_land(home: Path) -> None:
    here = warehouse(home)
    head = '"specversion":"1.0","source":"/a","type":"acme.x","time":"2026-10-15T10:10:00Z"'
    torn, *whole = (f'{{{head},"id":"e{number}","data":{{}}}}\n' for number in range(1, 5))
    here.write("billing/a.jsonl", torn[:-3] + "\n" + "".join(whole))
    here.load()
    assert here.ask("select event_id from lake.bronze.events order by 1") == [("e2",), ("e3",), ("e4",)]
    assert here.log("records_found, rows_landed, rows_quarantined") == [(4, 3, 1)]


def stripe_resources(shared_data: Path) -> list[dict[str, Any]]:
    fixtures = json.loads((shared_data / "billing" / "stripe" / "fixtures3.json").read_text())
    return list(fixtures["resources"].values())


@pytest.mark.shared
def test_every_stripe_resource_lands_as_the_object_of_an_event(home: Path, shared_data: Path) -> None:
    here = warehouse(home)
    resources = stripe_resources(shared_data)
    events = [
        {
            "id": f"evt_{number}",
            "object": "event",
            "type": "x.updated",
            "created": 1792059000,
            "data": {"object": item},
        }
        for number, item in enumerate(resources)
    ]
    here.write("billing/a.jsonl", "".join(json.dumps(event) + "\n" for event in events))
    here.load()
    assert here.log("records_found, rows_landed, rows_quarantined") == [(176, 176, 0)]
    kept = here.ask(
        "select record from lake.bronze.events order by time_unix_nano, length(event_id), event_id"
    )
    # The project's policy on personal data, without a key: these members are dropped.
    personal = {"email", "receipt_email", "customer_email", "phone", "line1", "line2"}
    assert [json.loads(record) for (record,) in kept] == [without(personal, event) for event in events]


def without(names: set[str], value: Any) -> Any:
    """`value` with an empty text for every member of one of the names that is not null."""
    if isinstance(value, dict):
        return {
            name: "" if name in names and item is not None else without(names, item)
            for name, item in value.items()
        }
    return [without(names, item) for item in value] if isinstance(value, list) else value


@pytest.mark.shared
def test_every_bare_stripe_resource_lands_with_what_it_says_of_itself(home: Path, shared_data: Path) -> None:
    here = warehouse(home)
    resources = stripe_resources(shared_data)
    here.write("billing/a.jsonl", "".join(json.dumps(item) + "\n" for item in resources))
    here.load()
    assert here.log("records_found, rows_landed, rows_quarantined") == [(176, 176, 0)]
    kept = here.ask("select type, event_id, epoch(occurred_at) from lake.bronze.events")
    # One of them is an event, which is known by its own type.
    said = [
        (
            item["type"] if item["object"] == "event" else item["object"],
            item.get("id") or None,
            item.get("created"),
        )
        for item in resources
    ]
    assert Counter(kept) == Counter(said)
    # Of the 176, 76 have no creation, 18 no id and 2 an empty one.
    assert [sum(each is None for each in column) for column in zip(*said, strict=True)] == [0, 20, 76]


@pytest.mark.parametrize(
    ("time", "nanoseconds"),
    [
        ("1970-01-01T00:00:00Z", None),
        ("1970-01-01T00:00:00.000000001Z", 1),
        ("2262-04-11T23:47:16.854775807Z", 2**63 - 1),
        ("2262-04-11T23:47:16.854775808Z", None),
    ],
)
def test_a_time_is_kept_to_the_nanosecond_as_far_as_64_bits_hold_it(
    home: Path, time: str, nanoseconds: int | None
) -> None:
    here = warehouse(home)
    event = {"specversion": "1.0", "id": "e1", "source": "/a", "type": "acme.x", "time": time, "data": {}}
    here.write("billing/a.jsonl", json.dumps(event))
    here.load()
    landed = here.ask("select time_unix_nano from lake.bronze.events")
    refused = here.ask("select reason_code from lake.bronze.quarantine")
    assert (landed, refused) == (([(nanoseconds,)], []) if nanoseconds else ([], [("bad_time",)]))
