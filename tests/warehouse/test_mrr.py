"""Revenue by a thousand generated histories of subscriptions, against rules worked out apart from SQL."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import NamedTuple

import pytest

from tests.running import Home
from tests.warehouse.billing import (
    Json,
    customer,
    land_billing,
    price,
    stripe_event,
    subscription,
    subscription_changed,
)
from tests.warehouse.building import build

pytestmark = pytest.mark.xdist_group("mrr")

TENANTS = 1_000
FIRST, LAST = datetime.fromisoformat("2026-01-01"), datetime.fromisoformat("2026-11-01")
CENT = Decimal("0.01")
# Seeds `exchange_rates` and `currencies`: US dollars per unit from 2026-01-01 on, decimals of the minor unit.
RATES = {"USD": Decimal(1), "EUR": Decimal("1.17"), "GBP": Decimal("1.34"), "JPY": Decimal("0.0064")}
DECIMALS = {"USD": 2, "EUR": 2, "GBP": 2, "JPY": 0}
TIERS = ("free", "pro", "premium", "enterprise")


class Change(NamedTuple):
    """From `at` on a subscription brings that much a month; a null status leaves Stripe's own."""

    subscription: int
    at: datetime
    tier: str
    status: str
    minor: int
    currency: str

    @property
    def usd(self) -> Decimal:
        """To the cent, rounded once; nothing while nothing is charged."""
        if self.status in ("trialing", "cancelled"):
            return Decimal("0.00")
        major = Decimal(self.minor).scaleb(-DECIMALS[self.currency])
        return (major * RATES[self.currency]).quantize(CENT, ROUND_HALF_UP)


def history(rng: random.Random) -> list[Change]:
    """Up to three subscriptions of one tenant, each with up to six changes at instants of their own."""
    changes = []
    for number in range(rng.choice((1, 1, 1, 2, 3))):
        currency = rng.choice(tuple(RATES))
        length = int((LAST - FIRST).total_seconds())
        at = sorted(rng.sample(range(length // 3600), rng.randint(1, 6)))
        status = rng.choice(("trialing", "active"))
        for hours in at:
            minor = rng.choice((0, 1, 999, 5_000, 12_345, rng.randint(1, 10**6)))
            changes.append(
                Change(number, FIRST + timedelta(hours=hours), rng.choice(TIERS), status, minor, currency)
            )
            status = rng.choice(("active", "active", "active", "past_due", "cancelled"))
    return changes


def events(tenant: str, changes: list[Change], by_stripe: bool) -> Iterator[Json]:
    """The history as CloudEvents or as Stripe's events."""
    if not by_stripe:
        for change in changes:
            yield subscription_changed(
                tenant,
                str(change.subscription),
                f"{change.at}",
                change.tier,
                change.status,
                # Whoever sends these says what is charged; Stripe names the price that will be.
                0 if change.status == "trialing" else change.minor,
                change.currency,
            )
        return
    yield stripe_event("customer.created", f"{FIRST}", customer(f"cus_{tenant}", tenant))
    for change in changes:
        item = subscription(
            f"sub_{tenant}_{change.subscription}",
            f"cus_{tenant}",
            price(change.minor, change.currency.lower(), tier=change.tier),
            status="canceled" if change.status == "cancelled" else change.status,
        )
        yield stripe_event("customer.subscription.updated", f"{change.at}", item)


def movements(changes: list[Change]) -> Iterator[tuple[datetime, str, Decimal]]:
    """The tenant's revenue moved at that instant, how and by how much, never negative."""
    held: dict[int, Decimal] = {}
    before, has_paid = Decimal(0), False
    for at in sorted({change.at for change in changes}):
        held |= {change.subscription: change.usd for change in changes if change.at == at}
        now = sum(held.values(), Decimal(0))
        if now > before:
            kind = "expansion" if before else "reactivation" if has_paid else "new"
            yield at, kind, now - before
        elif now < before:
            yield at, "contraction" if now else "churn", before - now
        before, has_paid = now, has_paid or now > 0


@pytest.fixture(scope="module")
def histories() -> dict[str, list[Change]]:
    rng = random.Random(20261127)  # noqa: S311 - test data, not a secret
    return {f"t{number:04d}": history(rng) for number in range(TENANTS)}


@pytest.fixture(scope="module")
def home(histories: dict[str, list[Change]], tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with all of them, every other tenant's told by Stripe."""
    here = Home(tmp_path_factory.mktemp("mrr"))
    told = [
        event
        for number, (tenant, changes) in enumerate(histories.items())
        for event in events(tenant, changes, by_stripe=number % 2 == 1)
    ]
    random.Random(1).shuffle(told)  # noqa: S311 - test data, not a secret
    land_billing(here, "all.jsonl", told)
    build(here, "+mrr_movements_monthly", "+tenant_tier_history")
    return here


def test_every_month_has_the_movements_of_its_histories_and_obeys_the_identity(
    home: Home, histories: dict[str, list[Change]]
) -> None:
    expected: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for changes in histories.values():
        for at, kind, usd in movements(changes):
            expected[f"{at:%Y-%m-01}"][kind] += usd
    months = home.in_lake(
        "select cast(month as varchar), start_mrr_usd, new_mrr_usd, expansion_mrr_usd, reactivation_mrr_usd, "
        "contraction_mrr_usd, churn_mrr_usd, end_mrr_usd from lake.marts.mrr_movements_monthly order by month"
    )
    running = Decimal(0)
    for month, start, new, expansion, reactivation, contraction, churn, end in months:
        told = {
            "new": new,
            "expansion": expansion,
            "reactivation": reactivation,
            "contraction": contraction,
            "churn": churn,
        }
        assert {kind: usd for kind, usd in told.items() if usd} == dict(expected.pop(month, {}))
        assert start == running
        assert start + new + expansion + reactivation - contraction - churn == end
        running = end
    assert not expected


def test_every_tenant_moves_as_its_history_says(home: Home, histories: dict[str, list[Change]]) -> None:
    told: dict[str, list[tuple[datetime, str, Decimal]]] = defaultdict(list)
    for tenant, at, kind, usd in home.in_lake(
        "select tenant_id, moved_at, movement, abs(change_usd) from lake.intermediate.int_mrr_changes "
        "order by tenant_id, moved_at"
    ):
        told[tenant].append((at, kind, usd))
    assert {tenant: told[tenant] for tenant in histories} == {
        tenant: list(movements(changes)) for tenant, changes in histories.items()
    }


def test_intervals_meet_and_cover_all_time_since_the_first_change(
    home: Home, histories: dict[str, list[Change]]
) -> None:
    intervals: dict[str, list[tuple[datetime, datetime | None]]] = defaultdict(list)
    for tenant, valid_from, valid_to in home.in_lake(
        "select tenant_id, valid_from, valid_to from lake.marts.tenant_tier_history order by 1, 2"
    ):
        intervals[tenant].append((valid_from, valid_to))
    for tenant, changes in histories.items():
        found = intervals[tenant]
        assert found[0][0] == min(change.at for change in changes)
        assert all(valid_to == begins for (_, valid_to), (begins, _) in pairwise(found))
        assert all(valid_to is None or valid_from < valid_to for valid_from, valid_to in found)
        assert found[-1][1] is None
