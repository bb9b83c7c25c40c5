"""The interval that stands beside a sampled total holds the truth as often as it says."""

from __future__ import annotations

import pytest

from ingest.loading import load_once
from tests.running import Home
from tests.warehouse.building import build
from tests.warehouse.drawn_samples import MEASURES, Month, land_sample

pytestmark = pytest.mark.xdist_group("sample")

PROBABILITY = 0.1


@pytest.fixture(scope="module")
def month(demo: Home) -> Month:
    return Month(demo, seeds=200, probability=PROBABILITY)


@pytest.mark.parametrize("measure", MEASURES)
def test_the_interval_of_a_tenth_of_the_traces_covers_the_true_total(month: Month, measure: str) -> None:
    found = month.coverage(measure)
    print(
        f"{measure:<13} truth {found.truth:>15,.2f}  covered {found.covered:.1%}  half-width "
        f"{found.median_half_width / found.truth:.2%} of it, {found.over_theory:.3f} times theory"
    )
    assert 0.92 <= found.covered <= 0.98
    assert found.over_theory <= 1.3


def test_a_sample_that_landed_gives_the_rows_of_the_same_sample_drawn_from_the_calls(
    demo: Home, month: Month, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = Home(tmp_path_factory.mktemp("sampled"))
    land_sample(demo.path / "landing", home.path / "landing", seed=1, probability=PROBABILITY)
    load_once(home.settings, progress=lambda _: None)
    build(home, "+token_usage_daily")
    # On a day on which the few calls that were kept did not say their usage, metrics tell it.
    told_by_metrics = set(
        home.in_lake(
            "select distinct usage_date, service_name from lake.intermediate.int_usage_sources "
            "where is_counted and source_name != 'spans'"
        )
    )
    assert len(told_by_metrics) <= 3
    landed, drawn = (
        [row for row in rows if (row[0], row[3]) not in told_by_metrics]
        for rows in (home.in_lake("select * from lake.marts.token_usage_daily order by all"), month.rows(1))
    )
    assert landed == drawn
