"""Revenue by a thousand generated histories of subscriptions, against rules worked out apart from SQL."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

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
from tests.warehouse.building import build

pytestmark = pytest.mark.xdist_group("mrr")

TENANTS = 1_000
FIRST, LAST = datetime.fromisoformat("2026-01-01"), datetime.fromisoformat("2026-11-01")
STILL_TO_COME = datetime.fromisoformat("2100-01-01")
CENT = Decimal("0.01")
# Seeds `exchange_rates` and `currencies`: US dollars per unit from 2026-01-01 on, decimals of the minor unit.
RATES = {"USD": Decimal(1), "EUR": Decimal("1.17"), "GBP": Decimal("1.34"), "JPY": Decimal("0.0064")}
DECIMALS = {"USD": 2, "EUR": 2, "GBP": 2, "JPY": 0}
TIERS = ("free", "pro", "premium", "enterprise")
MARTS = ("mrr_movements_monthly", "tenant_tier_history")
BRINGS_NOTHING = ("trialing", "paused", "cancelled")
UPDATED, DELETED = "customer.subscription.updated", "customer.subscription.deleted"


class Cut(NamedTuple):
    """A discount from `start` until before `end`, null being never: a percentage, or minor units a month."""

    start: datetime
    end: datetime | None
    percent: int
    minor: int

    def holds(self, at: datetime) -> bool:
        return self.start <= at and (self.end is None or at < self.end)


class Change(NamedTuple):
    """From `at` on a subscription brings that much a month, less its discounts, one after the other.

    What was announced, an end or that a pause is over, is told by the change before it alone.
    """

    subscription: int
    at: datetime
    tier: str
    status: str
    minor: int
    currency: str
    cuts: tuple[Cut, ...] = ()
    is_announced: bool = False


class History(NamedTuple):
    """What happened to one tenant. Discounts of its own are the customer's, each until the next."""

    by_stripe: bool
    changes: list[Change]
    cuts: list[Cut]

    @property
    def instants(self) -> list[datetime]:
        """All at which its revenue may have moved since its first change; what is to come has not yet."""
        cuts = [*self.cuts, *(cut for change in self.changes for cut in change.cuts)]
        told = [change.at for change in self.changes]
        edges = [at for cut in cuts for at in (cut.start, cut.end) if at and min(told) < at <= LAST]
        return sorted({*told, *edges})

    def usd(self, at: datetime) -> Decimal:
        """Of all its subscriptions, each rounded to the cent once."""
        newest = {change.subscription: change for change in self.changes if change.at <= at}
        return sum((self._usd(change, at) for change in newest.values()), Decimal("0.00"))

    def _usd(self, change: Change, at: datetime) -> Decimal:
        if change.status in BRINGS_NOTHING:
            return Decimal("0.00")
        own = [cut for cut in change.cuts if cut.holds(at)]
        left = Decimal(change.minor)
        for cut in own or [cut for cut in self.cuts if cut.holds(at)]:
            left = left * (100 - cut.percent) / 100 - cut.minor
        major = max(left, Decimal(0)).scaleb(-DECIMALS[change.currency])
        return (major * RATES[change.currency]).quantize(CENT, ROUND_HALF_UP)


def history(rng: random.Random, by_stripe: bool) -> History:
    """Up to three subscriptions of one tenant, each with up to six changes at instants of their own."""
    changes = [
        change
        for number in range(rng.choice((1, 1, 1, 2, 3)))
        for change in changes_of(rng, number, by_stripe)
    ]
    return History(by_stripe, sorted(changes, key=lambda change: change.at), customer_cuts(rng, by_stripe))


def changes_of(rng: random.Random, number: int, by_stripe: bool) -> list[Change]:
    """Up to six of one subscription."""
    changes: list[Change] = []
    status = rng.choice(("trialing", "active"))
    currency = rng.choice(tuple(RATES))
    for begins in instants(rng, rng.randint(1, 6)):
        last = changes[-1] if changes else None
        can_be_announced = by_stripe and last is not None and not last.is_announced
        is_announced = can_be_announced and rng.random() < 0.5
        if last and last.status == "paused" and is_announced:
            changes.append(last._replace(at=begins, status="active", is_announced=True))
        else:
            minor = rng.choice((0, 1, 999, 5_000, 12_345, 36_500, rng.randint(1, 10**6)))
            cuts = tuple(own_cuts(rng, begins)) if by_stripe else ()
            is_announced = is_announced and status == "cancelled"
            changes.append(
                Change(number, begins, rng.choice(TIERS), status, minor, currency, cuts, is_announced)
            )
        states = ("active", "active", "active", "past_due", "paused", "cancelled")
        status = rng.choice(states if changes[-1].status != "cancelled" else states[:-1])
        currency = rng.choice((currency, currency, *RATES))
    return changes


def instants(rng: random.Random, count: int) -> list[datetime]:
    """Distinct hours between first and last."""
    hours = int((LAST - FIRST).total_seconds()) // 3600
    return [FIRST + timedelta(hours=hour) for hour in sorted(rng.sample(range(hours), count))]


def own_cuts(rng: random.Random, begins: datetime) -> Iterator[Cut]:
    """None, or up to two discounts of a subscription, which may begin before it changes or after."""
    for _ in range(rng.choice((0, 0, 0, 1, 1, 2))):
        start = min(begins + timedelta(days=rng.choice((-3, 0, 0, 20))), LAST)
        end = min(start + timedelta(days=rng.choice((1, 30, 90))), LAST)
        percent = rng.choice((0, 5, 10, 25, 50, 100))
        # Whole minor units of an invoice a year as of one a month.
        minor = 0 if percent else rng.choice((1, 500, 20_000))
        yield Cut(start, rng.choice((None, STILL_TO_COME, end)), percent, minor)


def customer_cuts(rng: random.Random, by_stripe: bool) -> list[Cut]:
    """Up to three discounts of a customer, each in the place of the one before it."""
    if not by_stripe or rng.random() < 0.5:
        return []
    edges: list[datetime | None] = [*instants(rng, rng.randint(1, 3)), None]
    return [
        Cut(
            start,
            rng.choice((end, min(end or LAST, start + timedelta(days=10)))),
            rng.choice((10, 20, 100)),
            0,
        )
        for start, end in pairwise(edges)
        if start is not None
    ]


def events(tenant: str, told: History, rng: random.Random) -> Iterator[Json]:
    """The history as CloudEvents or as Stripe's events."""
    if not told.by_stripe:
        for change in told.changes:
            yield subscription_changed(
                tenant,
                str(change.subscription),
                f"{change.at}",
                change.tier,
                change.status,
                # Whoever sends these says what is charged; Stripe names the price that will be.
                0 if change.status in BRINGS_NOTHING else change.minor,
                change.currency,
            )
        return
    yield stripe_event("customer.created", f"{FIRST}", customer(f"cus_{tenant}", tenant))
    yield from told_cuts_of_customer(tenant, told.cuts, rng)
    for number in {change.subscription for change in told.changes}:
        changes = [change for change in told.changes if change.subscription == number]
        late = timedelta()
        for change, following in zip(changes, [*changes[1:], None], strict=True):
            told_at = change.at + late
            trial_end, late = end_of_trial(change, following, rng)
            if not change.is_announced:
                yield from told_change(tenant, change, following, told_at, trial_end, rng)


def end_of_trial(
    change: Change, following: Change | None, rng: random.Random
) -> tuple[datetime | None, timedelta]:
    """When its trial is said to end, if at all, and how much later than it happened the next change is told.

    What is told within an hour of the end happened at the end, later it is unknown until it is told.
    """
    if change.status != "trialing" or following is None or following.is_announced or rng.random() < 0.3:
        return None, timedelta()
    late = timedelta(seconds=rng.choice((0, 3, 3_599, 3_600, 7_200)))
    if late < timedelta(hours=1):
        return following.at, late
    return following.at - late, timedelta()


def told_change(
    tenant: str,
    change: Change,
    following: Change | None,
    told_at: datetime,
    trial_end: datetime | None,
    rng: random.Random,
) -> Iterator[Json]:
    """The events of a subscription that tell of a change, and of whatever else its discounts need."""
    name = f"{tenant}_{change.subscription}"
    months, recurring = told_interval(change, rng)
    told: Json = {"trial_end": trial_end and seconds(f"{trial_end}")}
    if len(change.cuts) == 1 and rng.random() < 0.3:
        # As before 2020: one, without an id.
        (cut,) = change.cuts
        told["discount"] = told_cut("", cut, months)
        del told["discount"]["id"]
    else:
        told["discounts"] = []
        for number, cut in enumerate(change.cuts):
            whole = told_cut(f"di_{name}_{change.at:%m%d%H}_{number}", cut, months)
            shape = rng.choice(("expanded", "by id", "by coupon"))
            told["discounts"].append(whole["id"] if shape == "by id" else whole)
            if shape == "by id":
                yield stripe_event(
                    "customer.discount.created", f"{change.at}", whole | {"subscription": f"sub_{name}"}
                )
            if shape == "by coupon":
                of = whole.pop("coupon")
                whole["source"] = {"type": "coupon", "coupon": of["id"]}
                yield stripe_event("coupon.created", f"{FIRST}", of)
    announced = following if following and following.is_announced else None
    if change.status == "paused":
        resumes_at = announced and announced.status == "active" and seconds(f"{announced.at}")
        told["pause_collection"] = {"behavior": "void", "resumes_at": resumes_at or None}
    if announced and announced.status == "cancelled":
        told["cancel_at"] = seconds(f"{announced.at}")
    quantity, amount = told_price(rng, int(change.minor * months))
    item = subscription(
        f"sub_{name}",
        f"cus_{tenant}",
        price(0, change.currency.lower(), tier=change.tier, **amount, recurring=recurring),
        quantity=quantity,
        status={"cancelled": "canceled", "paused": "active"}.get(change.status, change.status),
        **told,
    )
    yield stripe_event(UPDATED, f"{told_at}", item)
    if "cancel_at" in told and announced and rng.random() < 0.5:
        # Stripe's own word of an end comes minutes after it, and others before that.
        yield stripe_event(UPDATED, f"{announced.at + timedelta(seconds=5)}", item)
        ended = item | {"status": "canceled"}
        yield stripe_event(DELETED, f"{announced.at + timedelta(minutes=10)}", ended)


def told_interval(change: Change, rng: random.Random) -> tuple[Fraction, Json]:
    """The months of an interval and its recurrence; a week where its price is of whole minor units."""
    intervals = [(Fraction(1), "month", 1), (Fraction(3), "month", 3), (Fraction(12), "year", 1)]
    if change.minor % 365 == 0 and not any(cut.minor for cut in change.cuts):
        # A month is a twelfth of 365 days.
        intervals.append((Fraction(7 * 12, 365), "week", 1))
    months, interval, count = rng.choice(intervals)
    return months, {"interval": interval, "interval_count": count, "usage_type": "licensed"}


def told_price(rng: random.Random, minor: int) -> tuple[int, Json]:
    """A quantity and what is told of a price, which together cost that much."""
    flat = minor // 2
    tiers = {
        "graduated": [
            {"up_to": 1, "unit_amount": 0, "flat_amount": flat},
            {"up_to": None, "unit_amount": minor - flat},
        ],
        "volume": [{"up_to": 1, "unit_amount": 7}, {"up_to": None, "unit_amount": 0, "flat_amount": minor}],
    }
    mode = rng.choice(("", "", *tiers))
    if not mode:
        return 1, {"unit_amount": minor, "unit_amount_decimal": str(minor)}
    tiered = {"billing_scheme": "tiered", "tiers_mode": mode, "tiers": tiers[mode]}
    return 2, {"unit_amount": None, "unit_amount_decimal": None, **tiered}


def told_cuts_of_customer(tenant: str, cuts: list[Cut], rng: random.Random) -> Iterator[Json]:
    """By events of the customer or of the discount; that one ends is told by no event."""
    name = f"cus_{tenant}"
    for number, cut in enumerate(cuts):
        whole = told_cut(f"di_{tenant}_{number}", cut, months=Fraction(1)) | {"customer": name}
        if rng.random() < 0.5:
            yield stripe_event("customer.updated", f"{cut.start}", customer(name, tenant, discount=whole))
        else:
            yield stripe_event("customer.discount.created", f"{cut.start}", whole | {"subscription": None})


def told_cut(discount_id: str, cut: Cut, months: Fraction) -> Json:
    """The discount as Stripe has it on a price for so many months."""
    taken_off = (None, int(cut.minor * months)) if cut.minor else (cut.percent, None)
    of = coupon(f"co_{discount_id}", *taken_off)
    return discount(discount_id, of, f"{cut.start}", f"{cut.end}" if cut.end else None)


def movements(told: History) -> Iterator[tuple[datetime, str, Decimal]]:
    """The tenant's revenue moved at that instant, how and by how much, never negative."""
    before, has_paid = Decimal(0), False
    for at in told.instants:
        now = told.usd(at)
        if now > before:
            kind = "expansion" if before else "reactivation" if has_paid else "new"
            yield at, kind, now - before
        elif now < before:
            yield at, "contraction" if now else "churn", before - now
        before, has_paid = now, has_paid or now > 0


@pytest.fixture(scope="module")
def histories() -> dict[str, History]:
    """A thousand, every other told by Stripe."""
    rng = random.Random(20261127)  # noqa: S311 - test data, not a secret
    return {f"t{number:04d}": history(rng, by_stripe=number % 2 == 1) for number in range(TENANTS)}


@pytest.fixture(scope="module")
def told(histories: dict[str, History]) -> list[Json]:
    """All that is told of them, in any order."""
    rng = random.Random(1)  # noqa: S311 - test data, not a secret
    told = [event for tenant, changes in histories.items() for event in events(tenant, changes, rng)]
    rng.shuffle(told)
    return told


@pytest.fixture(scope="module")
def home(told: list[Json], tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with all of it in one load."""
    here = Home(tmp_path_factory.mktemp("mrr"))
    land_billing(here, "all.jsonl", told)
    build(here, *(f"+{mart}" for mart in MARTS))
    return here


def test_every_month_has_the_movements_of_its_histories_and_obeys_the_identity(
    home: Home, histories: dict[str, History]
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


def test_every_tenant_moves_as_its_history_says(home: Home, histories: dict[str, History]) -> None:
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
    home: Home, histories: dict[str, History]
) -> None:
    intervals: dict[str, list[tuple[datetime, datetime | None]]] = defaultdict(list)
    for tenant, valid_from, valid_to in home.in_lake(
        "select tenant_id, valid_from, valid_to from lake.marts.tenant_tier_history order by 1, 2"
    ):
        intervals[tenant].append((valid_from, valid_to))
    for tenant, told in histories.items():
        found = intervals[tenant]
        assert found[0][0] == min(change.at for change in told.changes)
        assert all(valid_to == begins for (_, valid_to), (begins, _) in pairwise(found))
        assert all(valid_to is None or valid_from < valid_to for valid_from, valid_to in found)
        assert found[-1][1] is None


@pytest.mark.long
def test_three_loads_each_of_them_built_give_what_one_load_gives(
    home: Home, told: list[Json], tmp_path: Path
) -> None:
    there = Home(tmp_path / "parts")
    for number in range(3):
        land_billing(there, f"part_{number}.jsonl", told[number::3])
        build(there, *(f"+{mart}" for mart in MARTS))
    for mart in MARTS:
        whole = f"select * from lake.marts.{mart} order by all"
        assert there.in_lake(whole) == home.in_lake(whole), mart
