"""Evaluations that say what they cannot mean."""

from __future__ import annotations

from orchestration.faults.clean import at, evaluation_of, logs_of, support_run
from orchestration.faults.fault import Fault, dbt_test
from orchestration.faults.planting import both, lines, traces

_RUN = support_run(at(hour=15), "planted")

FAULTS = (
    Fault(
        "a score in per cent where the evaluator scores from 0 to 1",
        "log records",
        dbt_test("assert_scores_stand_on_the_scale_of_their_evaluator"),
        both(
            traces(_RUN),
            lines(
                "otlp/planted/logs.jsonl",
                logs_of(_RUN, [evaluation_of(_RUN, "planted", **{"gen_ai.evaluation.score.value": 90.0})]),
            ),
        ),
    ),
    Fault(
        "a label that nobody listed",
        "log records",
        dbt_test("assert_every_label_of_an_evaluation_is_known"),
        both(
            traces(_RUN),
            lines(
                "otlp/planted/logs.jsonl",
                logs_of(
                    _RUN,
                    [
                        evaluation_of(
                            _RUN,
                            "planted",
                            **{
                                "gen_ai.evaluation.name": "groundedness",
                                "gen_ai.evaluation.score.label": "grounded",
                            },
                        )
                    ],
                ),
            ),
        ),
    ),
)
