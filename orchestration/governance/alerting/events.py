"""Alerts as CloudEvents 1.0, the form in which they are stored, filed and sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

SOURCE = "/tracehouse/alerts"
_TYPES = {
    "raise": "governance.alert.raised",
    "escalate": "governance.alert.escalated",
    "acknowledge": "governance.alert.acknowledged",
    "resolve": "governance.alert.closed",
}
_HIGHER = {"unknown": "medium", "low": "medium", "medium": "high", "high": "critical", "critical": "critical"}


def cloud_event(kind: str, alert: Mapping[str, Any], *, at: datetime, trace_url: str) -> dict[str, Any]:
    """What is told of a row of `governance.alerts` when it is raised, escalated, acknowledged or closed.

    `at` is UTC without a zone. An escalation has a severity one step higher. `trace_url` is the template that
    makes a link of a trace id. Unknown values are null. Source: CloudEvents 1.0, JSON format.
    """
    alert_id, severity = alert["alert_id"], alert["severity"]
    traces = json.loads(alert["trace_ids"])
    return {
        "specversion": "1.0",
        "id": alert_id if kind == "raise" else f"{alert_id}:{kind}",
        "source": SOURCE,
        "type": _TYPES[kind],
        "subject": alert["rule_id"],
        "time": rfc3339(at),
        "datacontenttype": "application/json",
        "data": {
            "alert_id": alert_id,
            "fingerprint": alert["fingerprint"],
            "severity": _HIGHER[severity] if kind == "escalate" else severity,
            "rule_id": alert["rule_id"],
            "audience": alert["audience"],
            "summary": alert["summary"],
            "tenant_id": alert["subject"] if alert["subject_kind"] == "tenant" else None,
            "subject_kind": alert["subject_kind"],
            "subject": alert["subject"],
            "window_start": rfc3339(alert["window_start"]),
            "window_end": rfc3339(alert["window_end"]),
            "raised_at": rfc3339(alert["raised_at"]),
            "exceptions": alert["exceptions"],
            "trace_ids": traces,
            "trace_count": alert["trace_count"],
            "trace_url": trace_url.replace("{trace_id}", traces[0]) if traces else None,
            "vault_paths": json.loads(alert["vault_paths"]),
            "vault_path_count": alert["vault_path_count"],
            "remediation": alert["remediation"],
            "runbook_url": alert["runbook_url"],
        },
    }


def rfc3339(instant: datetime) -> str:
    """An instant in UTC without a zone, as RFC 3339."""
    return instant.replace(tzinfo=UTC).isoformat().replace("+00:00", "Z")
