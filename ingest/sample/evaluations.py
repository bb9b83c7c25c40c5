"""Evaluations: a share of the live runs, and every agent on a fixed set of items each night.

Both are `gen_ai.evaluation.result` events of the OpenTelemetry GenAI conventions.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from ingest.sample.month import instant_of, midnight, nanoseconds
from ingest.sample.platform import Agent, Platform, Release
from ingest.sample.runs import Run
from ingest.sample.telemetry import Attributes

EVENT_NAME = "gen_ai.evaluation.result"
LIVE_DATASET, NIGHTLY_DATASET = "production-sample", "golden-v3"
_LIVE_SHARE = 0.25
_NIGHTLY_ITEMS = 6
_FAITHFULNESS_PASSES_FROM = 0.7
_MS = 1_000_000


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One verdict of one evaluator. `score_millis` is the score in thousandths, so that sums are exact."""

    agent: Agent
    release: Release
    evaluator: str
    evaluator_version: str
    dataset: str
    item_id: str
    model: str
    score_millis: int
    label: str
    time_ns: int

    @property
    def attributes(self) -> Attributes:
        """What the event says."""
        return {
            "gen_ai.evaluation.name": self.evaluator,
            "gen_ai.evaluation.score.value": self.score_millis / 1000,
            "gen_ai.evaluation.score.label": self.label,
            "evaluation.evaluator.version": self.evaluator_version,
            "evaluation.dataset": self.dataset,
            "evaluation.item.id": self.item_id,
            "deployment.release_train": self.release.train,
            "gen_ai.prompt.version": self.agent.prompt_version,
            "gen_ai.agent.name": self.agent.name,
            "gen_ai.response.model": self.model,
        }


def live_evaluations(run: Run, rng: random.Random) -> list[Evaluation]:
    """The verdicts on `run`: none for most runs and for failed ones."""
    answers = [call.model.answers_as for call in run.calls if call.operation == "chat" and call.error is None]
    if run.error is not None or rng.random() >= _LIVE_SHARE:
        return []
    time_ns = run.end_ns + rng.randint(200, 5_000) * _MS
    return list(_judge(run.agent, run.release, LIVE_DATASET, run.trace_id[:16], answers[-1], time_ns, rng))


def nightly_evaluations(platform: Platform, day: date, rng: random.Random) -> Iterator[Evaluation]:
    """The verdicts of the night of `day`: every agent, as released by then, on the same items."""
    services = {service.name: service for service in platform.services}
    time_ns = nanoseconds(midnight(day) + timedelta(hours=2))
    for agent in platform.agents:
        release = services[agent.service].release_at(instant_of(time_ns))
        current = agent.under(release)
        model = platform.models[max(current.models, key=lambda name: current.models[name])].answers_as
        for item in range(1, _NIGHTLY_ITEMS + 1):
            time_ns += rng.randint(800, 6_000) * _MS
            item_id = f"{agent.task}-{item:03d}"
            yield from _judge(current, release, NIGHTLY_DATASET, item_id, model, time_ns, rng)


def _judge(
    agent: Agent,
    release: Release,
    dataset: str,
    item_id: str,
    model: str,
    time_ns: int,
    rng: random.Random,
) -> Iterator[Evaluation]:
    faithfulness = min(1000, max(0, round(1000 * rng.gauss(agent.quality, 0.08))))
    has_passed = faithfulness >= 1000 * _FAITHFULNESS_PASSES_FROM
    is_success = rng.random() < agent.quality
    verdicts = (
        ("faithfulness", "1.2", faithfulness, has_passed),
        ("task_success", "3", 1000 * is_success, is_success),
    )
    for evaluator, version, score, passed in verdicts:
        yield Evaluation(
            agent=agent,
            release=release,
            evaluator=evaluator,
            evaluator_version=version,
            dataset=dataset,
            item_id=item_id,
            model=model,
            score_millis=score,
            label="pass" if passed else "fail",
            time_ns=time_ns,
        )
