"""A sender gone wrong for a moment: records that must end in quarantine, one good span among them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import msgspec

from ingest.sample.cloud_events import cloud_event
from ingest.sample.encode import traces_json
from ingest.sample.landing_file import write_lines
from ingest.sample.month import DAYS, midnight, nanoseconds
from ingest.sample.origins import helper_origin
from ingest.sample.telemetry import INTERNAL, Span

# How many records of these files cannot land, and how many spans can.
BAD_RECORDS = 5
GOOD_SPANS = 1
_AT = midnight(DAYS[7]) + timedelta(hours=11)


def write_malformed(landing: Path) -> int:
    """Write the files with bad records; how many files."""
    start_ns = nanoseconds(_AT)
    heartbeat = Span(
        trace_id="4d" * 16,
        span_id="4d" * 8,
        parent_id="",
        name="heartbeat",
        kind=INTERNAL,
        start_ns=start_ns,
        end_ns=start_ns + 1_000_000,
        attributes={},
    )
    origin = helper_origin("edge-collector", "eu-west-1", "production")
    good = traces_json(origin, [heartbeat])
    write_lines(
        landing / "otlp" / "edge-collector" / f"traces-{DAYS[7]}.jsonl",
        [
            good,
            b"upstream connect error or disconnect/reset before headers",
            good[: len(good) // 2],
            good.replace(b"4d" * 16, b"4d4d"),
        ],
    )
    without_effect = {"tenant_id": "tulip-finance", "subscription_id": "sub-tulip-finance"}
    write_lines(
        landing / "billing" / f"billing-{DAYS[7]}-resent.jsonl",
        [cloud_event("/billing", "billing.subscription.changed", "sub-broken", _AT, without_effect)],
    )
    write_lines(
        landing / "usage" / f"snapshots-{DAYS[7]}-resent.jsonl",
        [msgspec.json.encode({"snapshot_date": DAYS[7].isoformat(), "entitlement_tier": "pro"})],
    )
    return 3
