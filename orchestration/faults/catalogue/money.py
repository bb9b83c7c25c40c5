"""Amounts and subscriptions that cannot be right."""

from __future__ import annotations

import msgspec

from orchestration.faults.clean import SUPPORTED, at, subscription_of
from orchestration.faults.fault import Fault, dbt_test
from orchestration.faults.planting import billing

_UNKNOWN_REVENUE = dbt_test("assert_the_revenue_of_every_subscription_is_known")
_NOON = at(hour=12)


def _told_of_a_customer(event_id: str, tenant_id: str) -> bytes:
    customer = {"object": "customer", "id": "cus_planted", "metadata": {"tenant_id": tenant_id}}
    return msgspec.json.encode(
        {
            "object": "event",
            "id": event_id,
            "type": "customer.updated",
            "created": int(_NOON.timestamp()),
            "data": {"object": customer},
        }
    )


FAULTS = (
    Fault(
        "a subscription for ten trillion dollars a month",
        "billing event",
        _UNKNOWN_REVENUE,
        billing(subscription_of(SUPPORTED, "planted", _NOON, mrr_minor=10**15)),
    ),
    Fault(
        "a subscription that costs less than nothing",
        "billing event",
        _UNKNOWN_REVENUE,
        billing(subscription_of(SUPPORTED, "planted", _NOON, mrr_minor=-11_600)),
    ),
    Fault(
        "a subscription in a currency without a rate",
        "billing event",
        _UNKNOWN_REVENUE,
        billing(subscription_of(SUPPORTED, "planted", _NOON, currency="XTS")),
    ),
    Fault(
        "Stripe says two things of a customer in one second",
        "Stripe events",
        dbt_test("assert_stripe_said_one_thing_of_an_object_in_one_second"),
        billing(
            _told_of_a_customer("evt_1", SUPPORTED.tenant_id), _told_of_a_customer("evt_2", "somebody-else")
        ),
    ),
)
