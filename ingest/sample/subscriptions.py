"""What tenants pay, and their daily usage snapshots as JSON lines, CSV or Parquet."""

from __future__ import annotations

import csv
import io
import random
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from ingest.sample.month import DAYS, midnight, rfc3339, share_of_week
from ingest.sample.platform import Platform, Standing, Tenant

# ISO 4217: the yen has no minor unit, the other currencies of the month have two decimals.
_MINOR_DECIMALS = {"JPY": 0}
_UNPAID = ("trialing", "paused", "cancelled")
_LISTS = ("features_enabled", "features_used", "connectors_enabled")
_SCHEMA = pa.schema(
    [
        ("snapshot_date", pa.date32()),
        ("tenant_id", pa.string()),
        ("tenant_name", pa.string()),
        ("entitlement_tier", pa.string()),
        ("status", pa.string()),
        ("seats", pa.int64()),
        ("active_users", pa.int64()),
        ("mrr_amount", pa.decimal128(18, 2)),
        ("mrr_currency", pa.string()),
        ("jurisdiction", pa.string()),
        ("home_region", pa.string()),
        ("trial_started_on", pa.date32()),
        *((name, pa.list_(pa.string())) for name in _LISTS),
        ("updated_at", pa.timestamp("us", tz="UTC")),
    ]
)

Row = dict[str, Any]


def monthly_price_minor(platform: Platform, tenant: Tenant, standing: Standing) -> int:
    """Monthly recurring revenue in minor units of the tenant's currency; 0 while nothing is charged."""
    if standing.status in _UNPAID:
        return 0
    return standing.seats * platform.seat_prices[standing.entitlement_tier][tenant.currency]


def write_snapshots(platform: Platform, folder: Path, day: date, rng: random.Random) -> int:
    """Write the snapshots of `day` and say how many: ten days as CSV, then JSON lines, then Parquet."""
    rows = [
        _snapshot(platform, tenant, day, rng)
        for tenant in platform.tenants
        if (tenant.tenant_id, day) not in platform.missing_snapshots
    ]
    write, suffix = ((_as_csv, "csv"), (_as_lines, "jsonl"), (_as_parquet, "parquet"))[
        (day - DAYS[0]).days // 10 % 3
    ]
    path = folder / f"snapshots-{day}.{suffix}"
    part = path.with_name(path.name + ".part")
    folder.mkdir(parents=True, exist_ok=True)
    part.write_bytes(write(rows))
    part.replace(path)
    return len(rows)


def _snapshot(platform: Platform, tenant: Tenant, day: date, rng: random.Random) -> Row:
    updated_at = midnight(day) + timedelta(hours=23, minutes=55)
    standing = tenant.standing_at(updated_at)
    decimals = _MINOR_DECIMALS.get(tenant.currency, 2)
    enabled = platform.features[standing.entitlement_tier]
    return {
        "snapshot_date": day,
        "tenant_id": tenant.tenant_id,
        "tenant_name": tenant.tenant_name,
        "entitlement_tier": standing.entitlement_tier,
        "status": standing.status,
        "seats": standing.seats,
        "active_users": _active_users(standing, day, rng),
        "mrr_amount": Decimal(monthly_price_minor(platform, tenant, standing)).scaleb(-decimals),
        "mrr_currency": tenant.currency,
        "jurisdiction": tenant.jurisdiction,
        "home_region": tenant.home_region,
        "trial_started_on": standing.valid_from.date() if standing.status == "trialing" else None,
        "features_enabled": enabled,
        "features_used": [feature for feature in enabled if rng.random() < 0.7],
        "connectors_enabled": _connectors(platform, tenant, standing, day),
        "updated_at": updated_at,
    }


def _active_users(standing: Standing, day: date, rng: random.Random) -> int:
    likely = rng.uniform(0.5, 0.8) * share_of_week(day) * min(1.0, standing.traffic_factor)
    return round(standing.seats * likely)


def _connectors(platform: Platform, tenant: Tenant, standing: Standing, day: date) -> list[str]:
    if "connectors" not in platform.features[standing.entitlement_tier]:
        return []
    names = sorted({name for agent in platform.agents for name in agent.connectors})
    forbidden = platform.denylisted
    if tenant.tenant_id in forbidden.tenants and forbidden.first_day <= day <= forbidden.last_day:
        names.append(forbidden.name)
    return names


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return ";".join(value)
    return rfc3339(value) if isinstance(value, datetime) else str(value)


def _as_csv(rows: list[Row]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, _SCHEMA.names, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _as_text(value) for name, value in row.items()} for row in rows)
    return text.getvalue().encode()


def _as_lines(rows: list[Row]) -> bytes:
    encoder = msgspec.json.Encoder(decimal_format="string")
    return encoder.encode_lines(rows)


def _as_parquet(rows: list[Row]) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, schema=_SCHEMA), sink)
    return sink.getvalue()
