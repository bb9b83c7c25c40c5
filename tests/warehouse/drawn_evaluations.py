"""Evaluations of two variants drawn from known distributions, and compared by the project's own models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from tests.running import Home
from tests.warehouse.building import dbt

CHAIN = ("int_compared_units", "int_compared_variants", "int_comparisons", "model_comparison")
BASELINE, CANDIDATE = "model=old", "model=new"
SEED = 20261127


@dataclass(frozen=True)
class Plan:
    """`draws` comparisons of an evaluator each; the candidate's true quality differs by `effect`.

    `items` are judged under both variants, or so many other items under each where not `is_paired`. Scores
    are normal around an item's own difficulty with `noise`, cut off at 0 and 1; outcomes pass at the rate
    `level`. Each item is judged by so many `versions` of the evaluator. With `results_of_a_trace` no result
    names its item, and so many come from one trace and share its difficulty. Where less is better, an outcome
    of 1 is a failure, told as a score.
    """

    draws: int
    items: int
    effect: float
    kind: str = "score"
    is_paired: bool = True
    level: float = 0.8
    noise: float = 0.1
    evaluators: int = 1
    versions: int = 1
    results_of_a_trace: int = 0
    is_higher_better: bool = True


def compiled(home: Home) -> Mapping[str, str]:
    """The SQL of the models from results to verdicts."""
    dbt(home, "compile", "--full-refresh", "--select", *CHAIN)
    folder: Path = home.path / "target" / "compiled"
    return {
        model: next(
            file for file in folder.rglob(f"{model}.sql") if not any(p.suffix == ".yml" for p in file.parents)
        ).read_text()
        for model in CHAIN
    }


def verdicts(sql: Mapping[str, str], plan: Plan) -> list[tuple[str, ...]]:
    """The verdicts of each draw, one per evaluator."""
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as lake")
        connection.execute("create schema lake.intermediate; create schema lake.marts")
        connection.register("drawn", _drawn(plan))
        connection.execute(
            """
            create table lake.intermediate.int_evaluation_results as
            select
                * replace (cast(score_value as decimal(18, 9)) as score_value),
                timestamp '2026-10-01' as occurred_at, 'golden' as dataset, null::varchar as release_train,
                null::varchar as prompt_version, null::varchar as mlflow_run_id
            from drawn
            """
        )
        connection.execute(
            "create table lake.intermediate.int_trace_totals "
            "(trace_id varchar, calls bigint, cost_usd decimal(38, 12), duration_ms double)"
        )
        for model in CHAIN:
            schema = "marts" if model == "model_comparison" else "intermediate"
            connection.execute(f"create table lake.{schema}.{model} as {sql[model]}")
        return connection.execute(
            "select list(verdict order by evaluator) from lake.marts.model_comparison "
            "where baseline = ? and candidate = ? group by agent_name order by agent_name",
            [BASELINE, CANDIDATE],
        ).fetchall()


def _drawn(plan: Plan) -> pa.Table:
    """One row per result: the columns of `int_evaluation_results` that differ."""
    rng = np.random.default_rng(SEED)
    copies = max(plan.versions, plan.results_of_a_trace)
    shape = (plan.draws, plan.evaluators, 2, plan.items, copies)
    difficulty = rng.normal(0, 0.1, (plan.draws, 1, 1 if plan.is_paired else 2, plan.items, 1))
    effect = np.array([0.0, plan.effect]).reshape(1, 1, 2, 1, 1)
    if plan.kind == "score":
        scores = np.clip(plan.level + difficulty + effect + rng.normal(0, plan.noise, shape), 0, 1).round(9)
        passed = np.ma.masked_all(shape, dtype=bool)
    elif plan.is_higher_better:
        scores = np.ma.masked_all(shape)
        passed = rng.random(shape) < plan.level + effect
    else:
        scores = (rng.random(shape) >= plan.level + effect).astype(float)
        passed = np.ma.masked_all(shape, dtype=bool)
    draw, evaluator, variant, item, copy = (axis.ravel() for axis in np.indices(shape))
    number = item if plan.is_paired else item * 2 + variant
    has_traces = plan.results_of_a_trace > 0
    is_score = plan.kind == "score" or not plan.is_higher_better
    return pa.table(
        {
            "result_id": pa.array(np.arange(draw.size)).cast(pa.string()),
            "agent_name": _named("agent", draw),
            "evaluator": _named("evaluator", evaluator),
            "evaluator_version": _named("version", copy if plan.versions > 1 else np.zeros_like(copy)),
            "model": pa.array(np.where(variant == 0, "old", "new")),
            "item_id": pa.nulls(draw.size, pa.string()) if has_traces else _named("item", number),
            "trace_id": _named("trace", (draw * 2 + variant) * plan.items + item)
            if has_traces
            else pa.nulls(draw.size, pa.string()),
            "kind": pa.array(["score" if is_score else "binary"] * draw.size),
            "higher_is_better": pa.array([plan.is_higher_better] * draw.size),
            "score_value": _values(scores, pa.float64()),
            "is_passed": _values(passed, pa.bool_()),
        }
    )


def _named(word: str, numbers: np.ndarray) -> pa.Array:
    return pa.array([f"{word}-{number:05d}" for number in numbers])


def _values(values: np.ndarray, data_type: pa.DataType) -> pa.Array:
    flat = np.ma.masked_array(values).ravel()
    return pa.array(np.ma.getdata(flat), data_type, mask=np.ma.getmaskarray(flat))
