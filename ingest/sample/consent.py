"""Whether a tenant had consented to a purpose at an instant."""

from __future__ import annotations

from datetime import datetime

from ingest.sample.platform import Platform


def consent_status(platform: Platform, tenant_id: str, purpose: str, at: datetime) -> str | None:
    """`granted`, `missing`, `expired` or `withdrawn` at `at`; null for a tenant that keeps no records.

    The last event at or before `at` decides; a consent has expired from `expires_at` on.
    """
    if tenant_id in platform.tenants_without_consent_records:
        return None
    events = [event for event in platform.consents[tenant_id, purpose] if event.at <= at]
    if not events:
        return "missing"
    last = events[-1]
    if last.kind == "withdrawn":
        return "withdrawn"
    if last.expires_at is not None and last.expires_at <= at:
        return "expired"
    return "granted"
