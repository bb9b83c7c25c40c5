"""Land billing events in a home of its own: Stripe's and CloudEvents."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from tests.running import Home
from tests.warehouse.building import land_files

Json = dict[str, Any]


def land_billing(home: Home, name: str, records: Iterable[Json]) -> None:
    """One file of JSON lines with these records, loaded in one commit."""
    folder = home.path / "landing" / "billing"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    land_files(home)


def seconds(at: str) -> int:
    """Unix seconds of a UTC instant in ISO 8601."""
    return int(datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp())


def stripe_event(kind: str, at: str, item: Json) -> Json:
    """Stripe's event of that type at a UTC instant; its id follows from what it says."""
    identity = f"evt_{item['id']}_{kind}_{at}".replace(" ", "_")
    return {
        "id": identity,
        "object": "event",
        "api_version": "2025-08-27.basil",
        "type": kind,
        "created": seconds(at),
        "data": {"object": item},
    }


def customer(customer_id: str, tenant: str | None = None, **more: Any) -> Json:
    """A customer; its metadata name the tenant, if any."""
    metadata = {"tenant_id": tenant} if tenant else {}
    return {"id": customer_id, "object": "customer", "metadata": metadata, **more}


def price(
    amount: int, currency: str = "usd", interval: str = "month", tier: str = "pro", **more: Any
) -> Json:
    """A recurring price in minor units, whose lookup key names its tier."""
    recurring = {"interval": interval, "interval_count": 1, "usage_type": "licensed"}
    return {
        "id": f"price_{amount}_{currency}_{interval}",
        "object": "price",
        "currency": currency,
        "unit_amount": amount,
        "unit_amount_decimal": str(amount),
        "billing_scheme": "per_unit",
        "lookup_key": tier,
        "product": f"prod_{tier}",
        "recurring": recurring,
        **more,
    }


def coupon(coupon_id: str, percent: int | None = None, minor: int | None = None, **more: Any) -> Json:
    """A coupon that stays, of a percentage or of an amount in minor units."""
    taken_off = {"percent_off": percent, "amount_off": minor}
    return {"id": coupon_id, "object": "coupon", "duration": "forever", **taken_off, **more}


def discount(discount_id: str, of: Json, start: str, end: str | None = None, **more: Any) -> Json:
    """A coupon as it is applied, from a UTC instant until another."""
    times = {"start": seconds(start), "end": end and seconds(end)}
    return {"id": discount_id, "object": "discount", "coupon": of, **times, **more}


def subscription(
    subscription_id: str, customer_id: str, *prices: Json, quantity: int = 1, **more: Any
) -> Json:
    """A subscription with an item for each price, active unless `more` says otherwise."""
    items = [
        {
            "id": f"si_{subscription_id}_{number}",
            "object": "subscription_item",
            "quantity": quantity,
            "price": each,
        }
        for number, each in enumerate(prices)
    ]
    return {
        "id": subscription_id,
        "object": "subscription",
        "customer": customer_id,
        "status": "active",
        "items": {"object": "list", "data": items},
        **more,
    }


def subscription_changed(
    tenant: str, number: str, at: str, tier: str, status: str, minor: int, currency: str = "USD"
) -> Json:
    """The CloudEvent for those without Stripe."""
    return {
        "specversion": "1.0",
        "id": f"{tenant}-{number}-{at}",
        "source": "/billing",
        "type": "billing.subscription.changed",
        "time": f"{at.replace(' ', 'T')}Z",
        "data": {
            "tenant_id": tenant,
            "subscription_id": f"{tenant}-{number}",
            "entitlement_tier": tier,
            "status": status,
            "mrr_minor": minor,
            "currency": currency,
            "effective_at": f"{at.replace(' ', 'T')}Z",
        },
    }
