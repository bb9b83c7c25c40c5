"""What spans, logs and metrics tell of the same usage: it counts once, and every difference has a name."""

from __future__ import annotations

from typing import Any

import pytest

from tests.running import Home
from tests.warehouse.building import SECOND, Event, Point, Span, build, land

pytestmark = pytest.mark.xdist_group("usage_signals")

# 2026-10-01T12:00:00Z
NOON = 1_790_856_000 * SECOND
Attributes = dict[str, str | int]


def span(number: int, model: str, tokens: int | None, **more: str | int) -> Span:
    """A call of a model with `tokens` of input; null: it told no usage."""
    usage: Attributes = {} if tokens is None else {"gen_ai.usage.input_tokens": tokens}
    named: Attributes = {"gen_ai.operation.name": "chat", "gen_ai.request.model": model}
    others: Attributes = {key.replace("__", "."): value for key, value in more.items()}
    return Span(number, number, NOON, NOON + SECOND, named | usage | others)


def counter(model: str, value: int, kind: str = "input") -> Point:
    """What the meter of a service stood at."""
    return Point("claude_code.token.usage", NOON, NOON + 1, value, {"model": model, "type": kind})


# Each cause in a model of its own: what spans tell, and what the meter told otherwise.
PLANTED: list[Span | Point] = [
    # The agent's span says its call's 100 tokens again, and the meter added both.
    Span(
        1,
        10,
        NOON,
        NOON + SECOND,
        {"gen_ai.request.model": "planted-roll-up", "gen_ai.usage.input_tokens": 100},
    ),
    Span(
        1,
        11,
        NOON,
        NOON + SECOND,
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": "planted-roll-up",
            "gen_ai.usage.input_tokens": 100,
        },
        10,
    ),
    counter("planted-roll-up", 200),
    # 100 tokens, 40 of them out of the cache; the meter adds the cached ones to all.
    span(2, "planted-cache", 100, gen_ai__usage__cache_read__input_tokens=40),
    counter("planted-cache", 100),
    counter("planted-cache", 40, "cacheRead"),
    # Half of the spans were kept: 2 x 50 is an estimate of 103.
    span(3, "planted-sampling", 50, sampling__probability="0.5"),
    counter("planted-sampling", 103),
    # One of two calls told no usage.
    span(4, "planted-missing", 100),
    span(5, "planted-missing", None),
    counter("planted-missing", 177),
    # The meter left the second attempt out.
    span(6, "planted-retry", 100),
    span(7, "planted-retry", 30, retry__attempt=2),
    counter("planted-retry", 100),
    # Nothing explains four tokens.
    span(8, "planted-unknown", 100),
    counter("planted-unknown", 104),
    # Of three calls a sampler that does not say so kept one.
    span(12, "planted-rate", 100),
    counter("planted-rate", 300),
    # No call told its usage.
    span(13, "planted-silence", None),
    counter("planted-silence", 500),
    span(9, "planted-nothing", 100),
    counter("planted-nothing", 100),
]


def turn(observed_at: int, counts: Attributes) -> Event:
    """One of the two records that the command line writes at the end of a turn: numbers as text."""
    told: Attributes = {"event.kind": "response.completed", "model": "gpt-5-codex", "conversation.id": "c"}
    return Event("codex.sse_event", observed_at, told | counts)


CODEX: list[Event | Point] = [
    turn(NOON, {}),
    turn(
        NOON + 1,
        {
            "input_token_count": "1000",
            "cached_token_count": "400",
            "output_token_count": "50",
            "reasoning_token_count": "20",
            "tool_token_count": "1050",
        },
    ),
    *(
        Point("codex.turn.token_usage", NOON, NOON + 2, value, {"model": "gpt-5-codex", "token_type": kind})
        for kind, value in {
            "total": 1050,
            "input": 1000,
            "cached_input": 400,
            "output": 50,
            "reasoning_output": 20,
        }.items()
    ),
]


# Two processes that say the same of themselves; their points come in turn.
TWINS = [
    Point("claude_code.token.usage", NOON - start, NOON + at, value, {"model": "m", "type": "input"})
    for start, at, value in [(2, 1, 100), (1, 2, 10), (2, 3, 200), (1, 4, 20)]
]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with the three services."""
    home = Home(tmp_path_factory.mktemp("usage_signals"))
    land(home, "planted.jsonl", PLANTED, service="planted")
    land(home, "codex.jsonl", CODEX, service="codex")
    land(home, "twins.jsonl", TWINS, service="twins")
    build(home, "+token_usage_daily", "+token_reconciliation_daily")
    return home


def explanations(home: Home, service: str) -> dict[str, tuple[Any, ...]]:
    """Residual and explanation of each of a service's models."""
    return {
        model: tuple(told)
        for model, *told in home.in_lake(
            "select model, residual_tokens, explanation from lake.marts.token_reconciliation_daily "
            f"where service_name = '{service}'"
        )
    }


def test_planted_causes_of_a_residual_are_recovered_to_the_token(built: Home) -> None:
    assert explanations(built, "planted") == {
        "planted-roll-up": (100, "roll-up 100"),
        "planted-cache": (40, "cache semantics 40"),
        "planted-sampling": (3, "sampling 3"),
        "planted-missing": (77, "missing usage 77"),
        "planted-retry": (-30, "retry -30"),
        "planted-unknown": (4, "unexplained 4"),
        "planted-rate": (200, "sampling 200"),
        "planted-silence": (500, "missing usage 500"),
        "planted-nothing": (0, "reconciled"),
    }


def test_counters_of_two_processes_that_look_the_same_add_up(built: Home) -> None:
    assert built.in_lake(
        "select uncached_input_tokens from lake.marts.token_usage_daily where service_name = 'twins'"
    ) == [(220,)]


def test_a_turn_told_by_two_records_and_a_metric_with_its_total_is_one_call(built: Home) -> None:
    assert built.in_lake(
        "select observed_requests, unknown_usage_requests, uncached_input_tokens, cache_read_tokens, "
        "visible_output_tokens, reasoning_tokens from lake.marts.token_usage_daily "
        "where service_name = 'codex'"
    ) == [(1, 0, 600, 400, 30, 20)]
    assert set(explanations(built, "codex").values()) == {(0, "reconciled")}
