"""Verdicts on drawn evaluations: a regression is found, its twin passes, few items decide nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from tests.running import Home
from tests.warehouse.drawn_evaluations import Plan, compiled, verdicts

pytestmark = pytest.mark.xdist_group("sample")

# What docs/comparisons.md promises: sample size and effect at which at least nine of ten are told.
STATED = {
    "paired scores": Plan(draws=100, items=200, effect=-0.06),
    "two samples of scores": Plan(draws=100, items=400, effect=-0.06, is_paired=False),
    "paired outcomes": Plan(draws=100, items=2_000, effect=-0.06, kind="binary"),
    "two samples of outcomes": Plan(draws=100, items=2_000, effect=-0.06, kind="binary", is_paired=False),
}


@pytest.fixture(scope="module")
def models(demo: Home) -> Mapping[str, str]:
    return compiled(demo)


def share(found: list[tuple[str, ...]], verdict: str) -> float:
    """Of all draws, those in which any evaluator ended so."""
    return sum(verdict in each for (each,) in found) / len(found)


@pytest.mark.parametrize("name", STATED)
def test_a_planted_regression_is_found_and_its_twin_without_one_passes(
    models: Mapping[str, str], name: str
) -> None:
    planted = verdicts(models, STATED[name])
    twin = verdicts(models, replace(STATED[name], effect=0.0))
    print(f"{name}: {share(planted, 'regress'):.0%} found, {share(twin, 'pass'):.0%} of the twins pass")
    assert share(planted, "regress") >= 0.9
    assert share(planted, "pass") <= 0.05
    assert share(twin, "pass") >= 0.9


@pytest.mark.parametrize("effect", [0.0, -0.2])
@pytest.mark.parametrize("name", STATED)
def test_nineteen_items_decide_nothing(models: Mapping[str, str], name: str, effect: float) -> None:
    found = verdicts(models, replace(STATED[name], items=19, effect=effect))
    assert share(found, "inconclusive") == 1.0


@pytest.mark.parametrize(
    "plan",
    [
        Plan(draws=100, items=10, effect=-0.2, versions=3),
        Plan(draws=100, items=10, effect=-0.2, is_paired=False, results_of_a_trace=4),
    ],
    ids=["three versions", "four results of a trace"],
)
def test_an_item_that_was_judged_often_is_one_item(models: Mapping[str, str], plan: Plan) -> None:
    assert share(verdicts(models, plan), "inconclusive") == 1.0


def test_twenty_items_with_a_plain_loss_decide(models: Mapping[str, str]) -> None:
    assert share(verdicts(models, replace(STATED["paired scores"], items=20, effect=-0.2)), "regress") >= 0.9


@pytest.mark.parametrize(
    "plan",
    [
        Plan(draws=1_000, items=200, effect=0.0),
        Plan(draws=1_000, items=40, effect=0.0, is_paired=False, level=0.95),
        Plan(draws=1_000, items=60, effect=0.0, kind="binary"),
        Plan(draws=1_000, items=60, effect=0.0, kind="binary", is_paired=False, level=0.97),
        Plan(draws=1_000, items=100, effect=0.0, evaluators=4),
        Plan(
            draws=1_000,
            items=60,
            effect=0.0,
            kind="binary",
            is_paired=False,
            is_higher_better=False,
            level=0.97,
        ),
        Plan(draws=1_000, items=25, effect=0.0, versions=3),
        Plan(draws=1_000, items=25, effect=0.0, is_paired=False, results_of_a_trace=4),
    ],
    ids=[
        "paired scores",
        "skewed samples",
        "paired outcomes",
        "nearly all pass",
        "four evaluators",
        "nearly none fails",
        "three versions",
        "four results of a trace",
    ],
)
def test_of_a_thousand_comparisons_without_a_difference_at_most_one_in_twenty_alarms(
    models: Mapping[str, str], plan: Plan
) -> None:
    found = verdicts(models, plan)
    print(f"{share(found, 'regress'):.1%} false alarms")
    assert len(found) == 1_000
    assert share(found, "regress") <= 0.05
