"""Quantiles from summed buckets are as near to the exact ones as they say, whatever is asked for."""

from __future__ import annotations

from typing import NamedTuple

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest import lake
from tests.running import Home
from tests.warehouse.building import build, compiled
from tests.warehouse.latencies import METRIC_SCALES, Latency, a_month, land_month, nearest_rank

pytestmark = pytest.mark.xdist_group("latency")

QUANTILES = (0.5, 0.95, 0.99)
# What design §7 allows for spans.
SPAN_BOUND = 0.011
ROUNDING = 1e-9


class Warehouse(NamedTuple):
    """A month of latencies, their home, and the macros' SQL over `buckets` where `FILTER`."""

    truth: list[Latency]
    home: Home
    sql: str
    buckets: pa.Table


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    home = Home(tmp_path_factory.mktemp("latency"))
    truth = a_month(seed=1)
    land_month(home, truth)
    build(home, "+latency_daily", "+latency_histogram_daily")
    with lake.connect(home.settings, read_only=True) as connection:
        buckets = connection.sql("from lake.marts.latency_histogram_daily").to_arrow_table()
    columns = ", ".join(
        f"{{{{ latency_quantile({quantile}) }}}}, {{{{ latency_error_bound({quantile}) }}}}"
        for quantile in QUANTILES
    )
    question = (
        f"select {columns}, cast(sum(weight) as bigint) "
        "from {{ ranked_buckets('buckets', where='FILTER') }} as ranked"
    )
    return Warehouse(truth, home, compiled(home, question), buckets)


FILTERS = st.fixed_dictionaries(
    {
        "days": st.tuples(st.integers(0, 29), st.integers(0, 29)).map(sorted),
        "agents": st.sets(st.sampled_from(("planner", "writer", "critic")), min_size=1),
    }
)
SERVICES = st.sets(st.sampled_from(("spans", *METRIC_SCALES)), min_size=1)


def _asked(truth: list[Latency], days: list[int], agents: set[str], services: set[str]) -> list[Latency]:
    first, last = days
    return [
        latency
        for latency in truth
        if first <= latency.day <= last and latency.agent_name in agents and latency.service_name in services
    ]


def _condition(days: list[int], agents: set[str], services: set[str]) -> str:
    first, last = (f"date '2026-10-01' + {day}" for day in days)
    named = ", ".join(f"'{agent}'" for agent in sorted(agents))
    told = ", ".join(f"'{service}'" for service in sorted(services))
    return (
        f"metric_name = 'duration' and usage_date between {first} and {last} "
        f"and agent_name in ({named}) and service_name in ({told})"
    )


@pytest.mark.parametrize("mixed", [False, True], ids=["spans", "spans and metrics"])
def test_a_quantile_of_any_filter_is_within_its_bound(warehouse: Warehouse, mixed: bool) -> None:
    with duckdb.connect() as connection:
        connection.register("buckets", warehouse.buckets)

        @settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
        @given(FILTERS, SERVICES if mixed else st.just({"spans"}))
        def compare(asked: dict[str, object], services: set[str]) -> None:
            expected = _asked(warehouse.truth, services=services, **asked)  # type: ignore[arg-type]
            condition = _condition(services=services, **asked)  # type: ignore[arg-type]
            found = connection.execute(warehouse.sql.replace("FILTER", condition)).fetchall()[0]
            assert (found[-1] or 0) == len(expected)
            if not expected:
                return
            coarsest = min(
                METRIC_SCALES.get(service, 5) for service in {one.service_name for one in expected}
            )
            base = 2.0 ** (2.0**-coarsest)
            for quantile, value, bound in zip(QUANTILES, found[0::2], found[1::2], strict=False):
                exact = nearest_rank(expected, quantile)
                assert bound == pytest.approx((base - 1) / (base + 1))
                assert mixed or bound <= SPAN_BOUND
                assert abs(value - exact) <= (bound + ROUNDING) * exact

        compare()


def test_every_row_of_the_daily_mart_is_within_its_bound(warehouse: Warehouse) -> None:
    rows = warehouse.home.in_lake(
        "select usage_date - date '2026-10-01', service_name, agent_name, cast(requests as bigint), "
        "p50_ms, p95_ms, p99_ms, quantile_error_bound from lake.marts.latency_daily"
    )
    assert sum(row[3] for row in rows) == len(warehouse.truth)
    for day, service, agent, requests, *values, bound in rows:
        expected = _asked(warehouse.truth, [day, day], {agent}, {service})
        assert requests == len(expected)
        for quantile, value in zip(QUANTILES, values, strict=True):
            exact = nearest_rank(expected, quantile)
            assert abs(value - exact) <= (bound + ROUNDING) * exact


def test_the_average_of_the_daily_quantiles_is_not_the_quantile_of_the_month(warehouse: Warehouse) -> None:
    months = [latency for latency in warehouse.truth if latency.service_name == "spans"]
    exact = nearest_rank(months, 0.95)
    plain, weighted = warehouse.home.in_lake(
        "select avg(p95_ms), sum(requests * p95_ms) / sum(requests) "
        "from lake.marts.latency_daily where service_name = 'spans'"
    )[0]
    assert abs(plain - exact) > SPAN_BOUND * exact
    assert abs(weighted - exact) > SPAN_BOUND * exact
