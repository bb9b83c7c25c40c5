"""Stripe as it is: states of objects, what they bring a month, disputes, and any order of events."""

from __future__ import annotations

import csv
import json
import random
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.running import Home
from tests.warehouse.billing import (
    Json,
    coupon,
    customer,
    discount,
    land_billing,
    price,
    seconds,
    stripe_event,
    subscription,
    subscription_changed,
)
from tests.warehouse.building import build, dbt, land_files

# One worker builds the homes that these compare.
pytestmark = pytest.mark.xdist_group("stripe")

MARTS = (
    "billing_disputes",
    "mrr_movements_monthly",
    "tenant_retention_cohorts",
    "tenant_tier_history",
    "tier_adoption_daily",
)
CREATED, UPDATED, DELETED = (f"customer.subscription.{verb}" for verb in ("created", "updated", "deleted"))


def october() -> list[Json]:
    """Four customers in September and October 2026, in the order of time."""
    hundred = price(10_000)
    off = {"id": "quarter", "object": "coupon", "percent_off": 25.0, "duration": "forever"}
    once = {"id": "welcome", "object": "coupon", "percent_off": 90.0, "duration": "once"}
    paused = {"pause_collection": {"behavior": "void", "resumes_at": None}}
    yearly = price(120_000, "eur", "year", "premium")
    yen = price(5_000, "jpy", tier="premium")
    thirty = price(3_000)
    return [
        stripe_event("customer.created", "2026-09-01 00:00:00", customer("cus_b", "bear")),
        stripe_event(CREATED, "2026-09-01 00:00:00", subscription("sub_b", "cus_b", yearly)),
        stripe_event(
            CREATED, "2026-10-01 00:00:00", subscription("sub_c", "cus_c", thirty, status="trialing")
        ),
        stripe_event("customer.created", "2026-10-02 07:59:59", customer("cus_a")),
        stripe_event(CREATED, "2026-10-02 08:00:00", subscription("sub_a", "cus_a", hundred)),
        stripe_event("customer.updated", "2026-10-03 00:00:00", customer("cus_a", "ant")),
        stripe_event(UPDATED, "2026-10-10 00:00:00", subscription("sub_a", "cus_a", hundred, quantity=2)),
        stripe_event(
            "charge.dispute.created",
            "2026-10-11 00:00:00",
            dispute("dp_1", "needs_response", charge="ch_b"),
        ),
        stripe_event(UPDATED, "2026-10-15 00:00:00", subscription("sub_c", "cus_c", thirty)),
        stripe_event(
            DELETED, "2026-10-15 00:00:00", subscription("sub_b", "cus_b", yearly, status="canceled")
        ),
        stripe_event(
            UPDATED,
            "2026-10-20 00:00:00",
            subscription(
                "sub_a",
                "cus_a",
                hundred,
                quantity=2,
                discounts=["di_1", {"id": "di_2", "object": "discount", "coupon": once, "end": None}],
                cancel_at_period_end=True,
            ),
        ),
        stripe_event(
            "customer.discount.created",
            "2026-10-20 00:00:00",
            {
                "id": "di_1",
                "object": "discount",
                "source": {"type": "coupon", "coupon": "quarter"},
                "end": None,
            },
        ),
        stripe_event("coupon.created", "2026-08-01 00:00:00", off),
        stripe_event(UPDATED, "2026-10-20 00:00:00", subscription("sub_c", "cus_c", thirty, **paused)),
        stripe_event(CREATED, "2026-10-25 00:00:00", subscription("sub_b2", "cus_b", yen)),
        stripe_event(UPDATED, "2026-10-28 00:00:00", subscription("sub_c", "cus_c", thirty)),
        stripe_event(
            "charge.succeeded",
            "2026-10-05 00:00:00",
            {
                "id": "ch_b",
                "object": "charge",
                "customer": "cus_b",
                "created": seconds("2026-10-05 00:00:00"),
                "amount": 5000,
                "currency": "jpy",
                "status": "succeeded",
            },
        ),
        stripe_event("charge.dispute.closed", "2026-10-21 12:00:00", dispute("dp_1", "lost", charge="ch_b")),
    ]


def november() -> list[Json]:
    """What follows, much of it told by no event: discounts and pauses that end, an announced end."""
    half = coupon("half", 50, duration="repeating", duration_in_months=1)
    of_bear = discount("di_b", half, "2026-11-02 00:00:00", "2026-11-12 00:00:00")
    of_customer = discount("di_c", coupon("half_for_good", 50), "2026-11-03 00:00:00", customer="cus_c")
    own = discount("", coupon("ten", minor=1_000), "2026-11-05 00:00:00")
    del own["id"]
    paused = {
        "pause_collection": {"behavior": "mark_uncollectible", "resumes_at": seconds("2026-11-15 00:00:00")}
    }
    thirty = price(3_000)
    by_tiers = price(
        0,
        unit_amount=None,
        unit_amount_decimal=None,
        billing_scheme="tiered",
        tiers_mode="graduated",
        tiers=[{"up_to": 2, "unit_amount": 1_000}, {"up_to": None, "unit_amount": 500}],
    )
    trial = {"status": "trialing", "trial_end": seconds("2026-11-16 00:00:00")}
    dove = {"customer": customer("cus_d", "dove")}
    return [
        stripe_event("customer.updated", "2026-11-02 00:00:00", customer("cus_b", "bear", discount=of_bear)),
        stripe_event("customer.discount.created", "2026-11-03 00:00:00", of_customer),
        stripe_event(UPDATED, "2026-11-05 00:00:00", subscription("sub_c", "cus_c", thirty, discount=own)),
        stripe_event(
            UPDATED, "2026-11-10 00:00:00", subscription("sub_c", "cus_c", thirty, discount=own, **paused)
        ),
        stripe_event(
            UPDATED,
            "2026-11-08 00:00:00",
            subscription(
                "sub_a",
                "cus_a",
                price(10_000),
                quantity=2,
                discounts=["di_1"],
                cancel_at=seconds("2026-11-20 00:00:00"),
            ),
        ),
        stripe_event(
            CREATED, "2026-11-01 00:00:00", subscription("sub_d", "", by_tiers, quantity=4) | dove | trial
        ),
        stripe_event(UPDATED, "2026-11-18 00:00:00", subscription("sub_d", "cus_d", by_tiers, quantity=4)),
    ]


def dispute(dispute_id: str, status: str, charge: str) -> Json:
    return {
        "id": dispute_id,
        "object": "dispute",
        "amount": 5000,
        "currency": "jpy",
        "charge": charge,
        "reason": "fraudulent",
        "status": status,
        "created": seconds("2026-10-11 00:00:00"),
    }


def build_marts(home: Home) -> None:
    build(home, *(f"+{mart}" for mart in MARTS))


def rows_of(home: Home, mart: str) -> list[tuple[Any, ...]]:
    return home.in_lake(f"select * from lake.marts.{mart} order by all")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home with the events of the three months in their order, loaded at once."""
    here = Home(tmp_path_factory.mktemp("stripe"))
    land_billing(here, "all.jsonl", [*october(), *november()])
    build_marts(here)
    yield here


def test_october_with_every_movement_is_what_it_is_by_hand(home: Home) -> None:
    (row,) = home.in_lake(
        "select start_mrr_usd, new_mrr_usd, expansion_mrr_usd, reactivation_mrr_usd, contraction_mrr_usd, "
        "churn_mrr_usd, end_mrr_usd from lake.marts.mrr_movements_monthly where month = date '2026-10-01'"
    )
    # bear: 1,200.00 EUR a year are 100.00 EUR a month, at 1.17 from 2026-01-01 on 117.00 USD; it leaves, and
    # comes back with 5,000 JPY at 0.0064, 32.00 USD. ant: 100.00 new, 100.00 more for the second seat, and a
    # quarter of 200.00 less by the coupon that stays; the one that is used once changes nothing, nor does an
    # end that is still to come. cus_c: a trial brings nothing, then 30.00 new, paused, and again 30.00.
    assert row == tuple(map(Decimal, ("117.00", "130.00", "100.00", "62.00", "50.00", "147.00", "212.00")))


def test_november_moves_where_no_event_says_so(home: Home) -> None:
    (row,) = home.in_lake(
        "select start_mrr_usd, new_mrr_usd, expansion_mrr_usd, reactivation_mrr_usd, contraction_mrr_usd, "
        "churn_mrr_usd, end_mrr_usd from lake.marts.mrr_movements_monthly where month = date '2026-11-01'"
    )
    # bear: its customer has half of 32.00 off from the 2nd until the 12th. cus_c: of 30.00 its customer has
    # half off from the 3rd on, from the 5th on it has 10.00 off of its own instead; paused on the 10th with
    # 20.00, it resumes on the 15th. ant leaves with 150.00 on the 20th, as announced. dove's trial ends on
    # the 16th and nobody says how; on the 18th it has two seats at 10.00 and two at 5.00.
    assert row == tuple(map(Decimal, ("212.00", "30.00", "21.00", "20.00", "31.00", "170.00", "82.00")))


def test_tiers_come_from_the_prices_and_intervals_are_half_open(home: Home) -> None:
    history = home.in_lake(
        "select tenant_id, cast(valid_from as varchar), cast(valid_to as varchar), entitlement_tier, "
        "movement from lake.marts.tenant_tier_history order by 1, 2"
    )
    assert history == [
        ("ant", "2026-10-02 08:00:00", "2026-11-20 00:00:00", "pro", "new"),
        ("ant", "2026-11-20 00:00:00", None, "pro", "churn"),
        ("bear", "2026-09-01 00:00:00", "2026-10-15 00:00:00", "premium", "new"),
        ("bear", "2026-10-15 00:00:00", "2026-10-25 00:00:00", "premium", "churn"),
        ("bear", "2026-10-25 00:00:00", None, "premium", "reactivation"),
        ("cus_c", "2026-10-01 00:00:00", None, "pro", "new"),
        ("dove", "2026-11-01 00:00:00", None, "pro", "new"),
    ]


def test_a_dispute_has_the_tenant_of_its_charge_and_its_own_minor_units(home: Home) -> None:
    assert home.in_lake(
        "select dispute_id, tenant_id, amount, amount_usd, status, is_closed, cast(closed_at as varchar), "
        "age_days, age_band, told_by from lake.marts.billing_disputes"
    ) == [
        (
            "dp_1",
            "bear",
            Decimal("5000.000"),
            Decimal("32.00"),
            "lost",
            True,
            "2026-10-21 12:00:00",
            10,
            "7-20 days",
            "stripe",
        )
    ]


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.long)])
def test_shuffled_and_repeated_events_give_the_same_marts_to_the_row(
    home: Home, tmp_path: Path, seed: int
) -> None:
    rng = random.Random(seed)  # noqa: S311 - test data, not a secret
    # A repeated delivery tells of other deliveries that are still open.
    events = [event | {"pending_webhooks": rng.randint(0, 3)} for event in [*october(), *november()] * 2]
    rng.shuffle(events)
    there = Home(tmp_path / "shuffled")
    half = len(events) // 2
    for name, part in (("first.jsonl", events[:half]), ("second.jsonl", events[half:])):
        land_billing(there, name, part)
        build_marts(there)
    for mart in MARTS:
        assert rows_of(there, mart) == rows_of(home, mart), mart


def test_what_no_sum_holds_is_unknown_and_counted_and_stops_no_build(tmp_path: Path) -> None:
    """The largest numbers that ingest lets in, each twice, so that sums of two would not fit either."""
    here = Home(tmp_path / "huge")
    most, whole = 2**63 - 1, 10**18 - 1
    created = "2026-10-01 00:00:00"
    taken_off = coupon("vast", minor=-whole, duration="repeating", duration_in_months=most)
    events: list[Json] = []
    for copy in ("a", "b"):
        by_price = subscription(f"sub_p{copy}", f"cus_p{copy}", price(whole), quantity=1)
        by_quantity = subscription(f"sub_q{copy}", f"cus_q{copy}", price(100), quantity=most)
        by_time = subscription(
            f"sub_t{copy}",
            f"cus_t{copy}",
            price(1_000, recurring={"interval": "day", "interval_count": most}),
            cancel_at=most,
            trial_end=most,
            discounts=[discount("di_1", taken_off, created)],
        )
        events += [stripe_event(CREATED, created, item) for item in (by_price, by_quantity, by_time)]
        events.append(
            stripe_event(
                "charge.dispute.created",
                "2026-10-11 00:00:00",
                dispute(f"dp_{copy}", "needs_response", "ch") | {"amount": whole},
            )
        )
        tenant = f"cloud_{copy}"
        changed = subscription_changed(tenant, "1", created, "pro", "active", whole)
        changed["data"]["quantity"] = most
        events.append(changed)
    events.append(
        stripe_event(
            "charge.dispute.created",
            "2026-10-11 00:00:00",
            dispute("dp_large", "needs_response", "ch") | {"amount": 10_000_000},
        )
    )
    land_billing(here, "huge.jsonl", events)
    usage = here.path / "landing" / "usage"
    usage.mkdir()
    row = {"snapshot_date": "2026-10-01", "entitlement_tier": "pro", "mrr_currency": "EUR"}
    rows = [
        row | {"tenant_id": tenant, "seats": most, "active_users": most, "mrr_amount": "99999999999999.9999"}
        for tenant in ("snap_a", "snap_b")
    ]
    (usage / "huge.jsonl").write_text("".join(json.dumps(each) + "\n" for each in rows), encoding="utf-8")
    land_files(here)
    build_marts(here)
    revenue = here.in_lake("select tenant_id, mrr_usd from lake.intermediate.int_tenant_states order by all")
    assert dict(revenue) == {
        f"{tenant}{copy}": None for tenant in ("cus_p", "cus_q", "cus_t", "cloud_", "snap_") for copy in "ab"
    }
    disputes = here.in_lake("select dispute_id, amount_usd from lake.marts.billing_disputes")
    # Ten million yen at 0.0064.
    assert dict(disputes) == {"dp_a": None, "dp_b": None, "dp_large": Decimal("64000.00")}
    dbt(here, "test", "--write-json", "--select", "assert_the_revenue_of_every_subscription_is_known")
    results = json.loads((here.path / "target" / "run_results.json").read_text())["results"]
    assert [(each["status"], each["failures"]) for each in results if each["failures"]] == [("warn", 8)]


@pytest.mark.shared
def test_every_object_of_stripes_own_fixtures_is_taken_as_it_is(tmp_path: Path, shared_data: Path) -> None:
    here = Home(tmp_path / "fixtures")
    text = (shared_data / "billing" / "stripe" / "fixtures3.json").read_text()
    objects = [each for each in json.loads(text)["resources"].values() if "object" in each]
    events = [
        stripe_event(f"{each['object']}.updated", "2026-10-01 00:00:00", each)
        for each in objects
        if each.get("id")
    ]
    land_billing(here, "fixtures.jsonl", [*objects, *events])
    assert here.in_lake("select rows_landed, rows_quarantined from lake.bronze.ingest_log") == [
        (len(objects) + len(events), 0)
    ]
    build_marts(here)
    # Created at 1,234,567,890 s. Its collection is paused, and it outlived its own `cancel_at`.
    assert here.in_lake(
        "select cast(effective_at as varchar), status, seats, mrr_amount "
        "from lake.intermediate.int_subscription_changes order by 1"
    ) == [("2009-02-13 23:31:30", "paused", 1, 0), ("2026-10-01 00:00:00", "paused", 1, 0)]
    assert here.in_lake("select amount, currency, status, is_closed from lake.marts.billing_disputes") == [
        (Decimal("10.000"), "USD", "warning_needs_response", False)
    ]


@pytest.mark.shared
def test_the_charges_and_disputes_of_a_real_export_are_counted_to_the_cent(
    tmp_path: Path, shared_data: Path
) -> None:
    here = Home(tmp_path / "seeds")
    charges = [
        {
            "id": row["id"],
            "object": "charge",
            "amount": int(row["amount"]),
            "currency": row["currency"],
            "customer": row["customer_id"] or None,
            "status": row["status"],
            "created": seconds(row["created"]),
        }
        for row in _seed(shared_data, "charge")
    ]
    disputes = [
        {
            "id": row["id"],
            "object": "dispute",
            "amount": int(row["amount"]),
            "currency": row["currency"],
            "charge": row["charge_id"],
            "reason": row["reason"],
            "status": row["status"],
            "created": seconds(row["created"]),
        }
        for row in _seed(shared_data, "dispute")
    ]
    land_billing(here, "export.jsonl", [*charges, *disputes])
    build(here, "+int_stripe_charges", "+billing_disputes")
    expected = json.loads((shared_data / "expected_billing_workload.json").read_text())
    told = here.in_lake(
        "select lower(currency) || '/' || status, cast(sum(amount_minor) as bigint) "
        "from lake.intermediate.int_stripe_charges group by 1"
    )
    assert dict(told) == expected["charge_amount_by_currency_status"]
    rows = here.in_lake("select status, amount from lake.marts.billing_disputes")
    assert len(rows) == expected["disputes"]["rows"]
    assert Counter(status for status, _ in rows) == expected["disputes"]["status"]
    assert sum(amount for _, amount in rows) * 100 == expected["disputes"]["amount"]


def _seed(shared_data: Path, name: str) -> list[dict[str, str]]:
    folder = shared_data / "billing" / "dbt_stripe_seeds"
    with (folder / f"{name}_data.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
