"""What senders wrote: records of somebody in every signal, beside records of others."""

from __future__ import annotations

import json
from typing import Any

from tests.ingest.loads import Warehouse

CANARY = "canary.7f3a@example.org"
NOON_NANO = 1_791_979_200_000_000_000


def event(event_type: str, event_id: str, time: str = "2026-10-14T12:00:00Z", **data: object) -> str:
    """One line: a CloudEvent, about 14 October unless told otherwise."""
    told = {"specversion": "1.0", "id": event_id, "source": "/s", "type": event_type, "time": time}
    return json.dumps(told | {"data": data}) + "\n"


def span(
    trace: int, number: int = 1, *, parent: int = 0, at: int = NOON_NANO, **named: str
) -> dict[str, Any]:
    """A call of acme's, a second long; `named` are further attributes, with `_` for each dot."""
    attributes = {"tenant.id": "acme"} | {name.replace("_", "."): value for name, value in named.items()}
    return {
        "traceId": f"{trace:032x}",
        "spanId": f"{1:016x}",
        "name": "chat",
        "startTimeUnixNano": str(at),
        "endTimeUnixNano": str(at + 10**9),
        "attributes": [{"key": key, "value": {"stringValue": value}} for key, value in attributes.items()],
    }


def spans(*told: dict[str, Any]) -> str:
    """One line of a trace export."""
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": list(told)}]}]}) + "\n"


def logs(*bodies: str) -> str:
    """One line of a log export, of nobody's tenant."""
    records = [{"timeUnixNano": str(NOON_NANO), "body": {"stringValue": body}} for body in bodies]
    return json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]}) + "\n"


def land_canary(here: Warehouse, *, elsewhere: bool = True) -> None:
    """Land records that hold the canary, of acme or of nobody, and beside each one that does not.

    Three spans, a log record, four events of governance, one of billing, a snapshot and a bad record hold it;
    `elsewhere`, a span of another tenant does, too.
    """
    why = [{"key": "why", "value": {"stringValue": f"as {CANARY} said"}}]
    told = span(3) | {"events": [{"name": "said", "timeUnixNano": str(NOON_NANO), "attributes": why}]}
    bad = f'{{"resourceSpans": [{{"scopeSpans": [{{"spans": [{{"traceId": "zz", "x": "{CANARY}"}}]}}]}}]}}\n'
    note = f"for {CANARY}" if elsewhere else "for somebody"
    others = spans(span(4, user_id="bob@example.org"), span(5, tenant_id="globex", note=note))
    here.write(
        "otlp/a.jsonl", spans(span(1, user_id=CANARY), span(2, note=f"so\n{CANARY}"), told) + others + bad
    )
    here.write("otlp/logs.jsonl", logs(f"line\n{CANARY} wrote", "nothing"))
    subject = {"tenant_id": "acme", "subject_id": CANARY}
    path, digest = f"people/{CANARY}/a.txt", "sha256:" + "a" * 64
    consent = {"purpose": "support", "effective_at": "2026-10-01T00:00:00Z"}
    file = {"tenant_id": "acme", "mutation_id": "m", "digest": digest, "bytes": 1, "data_class": "personal"}
    decision = {"tenant_id": "acme", "policy_id": "p", "policy_version": "1", "subject_kind": "vault"}
    here.write(
        "governance/a.jsonl",
        event("consent.granted", "e1", **subject, **consent)
        + event("consent.granted", "e2", tenant_id="acme", **consent)
        + event("vault.file.created", "e3", vault_path=path, **file)
        + event("governance.policy.decided", "e4", decision_id="d1", decision="deny", reason=path, **decision)
        + event("governance.policy.decided", "e5", decision_id="d2", decision="deny", **decision)
        + event("governance.erasure.requested", "e6", request_id="dsr-1", **subject),
    )
    dispute = {"tenant_id": "acme", "amount_minor": 5, "currency": "USD", "status": "won"}
    opened = {**dispute, "effective_at": "2026-10-14T00:00:00Z"}
    here.write(
        "billing/a.jsonl",
        event("billing.dispute.opened", "b1", dispute_id="dp1", reason=f"{CANARY} asked", **opened)
        + event("billing.dispute.opened", "b2", dispute_id="dp2", **opened),
    )
    row = {"snapshot_date": "2026-10-14", "entitlement_tier": "pro", "seats": 3}
    rows = [row | {"tenant_id": "acme", "tenant_name": CANARY}, row | {"tenant_id": "globex"}]
    here.write("usage/a.jsonl", "".join(f"{json.dumps(each)}\n" for each in rows))
