"""Costs in the warehouse against the price list's own calculator."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from genai_prices import Usage, calc_price
from genai_prices.data import providers
from genai_prices.types import ModelInfo, ModelPrice, StartDateConstraint, TieredPrices, TimeOfDateConstraint

from ingest.loading import load_once
from tests.running import Home
from tests.warehouse.building import build

CALLS = 2_000
TOLERANCE = Decimal("0.000000001")

# Names as services send them, beside the ids of the price list: dated, compact, unknown to it.
ENDINGS = ("", "", "-20251211", "-2025-12-11", "-latest", "-preview")
PROVIDER_NAMES = ("openai.chat", "aws.bedrock", "gcp.vertex_ai", "azure.ai.openai", "inhouse", None)

# What a service says of how it was served, and what the price list wants to be asked then.
CONTEXTS: dict[str | None, dict[str, str]] = {
    None: {},
    "default": {"service_tier": "default"},
    "batch": {"processing": "batch"},
    "flex": {"service_tier": "flex"},
    "priority": {"service_tier": "priority"},
    "fast": {"service_tier": "fast", "speed": "fast"},
}
TIER_ATTRIBUTES = (
    "openai.response.service_tier",
    "openai.request.service_tier",
    "anthropic.response.service_tier",
)


class Call(NamedTuple):
    """A call as a service reports it: five disjoint classes of tokens, and details that are part of them."""

    number: int
    provider_name: str | None
    model: str
    started_at: datetime
    tier_attribute: str
    service_tier: str | None
    uncached_input: int
    cache_read: int
    cache_write: int
    visible_output: int
    reasoning: int
    cache_write_1h: int
    uncached_audio: int
    cached_audio: int
    output_audio: int

    @property
    def span_id(self) -> str:
        return f"{self.number + 1:016x}"

    @property
    def usage(self) -> dict[str, int]:
        """Tokens as OpenTelemetry and the price list count them: cache in input, reasoning in output."""
        return {
            "input_tokens": self.uncached_input + self.cache_read + self.cache_write,
            "cache_read_tokens": self.cache_read,
            "cache_write_tokens": self.cache_write,
            "output_tokens": self.visible_output + self.reasoning,
            "output_reasoning_tokens": self.reasoning,
            "cache_write_1h_tokens": self.cache_write_1h,
            "input_audio_tokens": self.uncached_audio + self.cached_audio,
            "cache_audio_read_tokens": self.cached_audio,
            "output_audio_tokens": self.output_audio,
        }


def random_calls(chance: random.Random) -> list[Call]:
    """Calls of any listed model, of models whose price depends on more than tokens, of those whose price
    depends on the time of day or on audio, and of names and providers mixed at random.

    They start on days on which prices changed and on the days before: each day is a folder of the lake.
    """
    listed = [(provider.id, model) for provider in providers for model in provider.models]
    varied = [(provider_id, model) for provider_id, model in listed if _edges(model) or model.price_variants]
    timed = [(provider_id, model) for provider_id, model in listed if _hours(model)]
    heard = [(provider_id, model) for provider_id, model in listed if _has_audio_price(model)]
    kinds = (listed, varied, listed, varied, timed, varied, heard, timed)
    changes = sorted({day for _, model in listed for day in _start_dates(model)})
    days = [
        day - timedelta(days=back) for day in [*chance.sample(changes, 7), changes[-1]] for back in (0, 1)
    ]
    calls = []
    for number in range(CALLS):
        provider_id: str | None
        provider_id, model = chance.choice(kinds[number % len(kinds)])
        name = model.id
        if number % len(kinds) == 2:
            provider_id = chance.choice([*PROVIDER_NAMES, provider_id, chance.choice(providers).id])
            name += chance.choice(ENDINGS)
        own_days = [day for day in days if day in _start_dates(model)]
        day = chance.choice(own_days) if own_days and chance.random() < 0.5 else chance.choice(days)
        hour = _around(chance, [*_hours(model), *([0] if day in own_days else [])], 86_400)
        calls.append(
            Call(
                number,
                provider_id,
                name,
                day + timedelta(seconds=hour),
                chance.choice(TIER_ATTRIBUTES),
                chance.choice(list(CONTEXTS)),
                *_tokens(chance, _thresholds(model)),
            )
        )
    return calls


def _tokens(chance: random.Random, thresholds: list[int]) -> Iterator[int]:
    """Five classes whose input often ends on a threshold or one token beside it, then their details."""
    size = _around(chance, thresholds, 600_000)
    cache_read = chance.choice([0, chance.randint(0, size)])
    cache_write = chance.choice([0, chance.randint(0, size - cache_read)])
    uncached = size - cache_read - cache_write
    output = chance.choice([0, chance.randrange(100_000)])
    yield from (uncached, cache_read, cache_write, output, chance.choice([0, chance.randrange(100_000)]))
    yield from (
        chance.choice([0, chance.randint(0, held)]) for held in (cache_write, uncached, cache_read, output)
    )


def _around(chance: random.Random, edges: list[int], below: int) -> int:
    if edges and chance.random() < 0.7:
        return max(0, chance.choice(edges) + chance.choice([-1, 0, 1]))
    return chance.randrange(below)


def _constraints(model: ModelInfo) -> list[Any]:
    conditional = model.prices if isinstance(model.prices, list) else []
    return [each.constraint for each in (*conditional, *(model.price_variants or ()))]


def _start_dates(model: ModelInfo) -> list[datetime]:
    starts = (each.start_date for each in _constraints(model) if isinstance(each, StartDateConstraint))
    return [datetime(start.year, start.month, start.day, tzinfo=UTC) for start in starts]


def _hours(model: ModelInfo) -> list[int]:
    """Seconds of the day at which the model's price changes."""
    parts = (each for each in _constraints(model) if isinstance(each, TimeOfDateConstraint))
    return [
        edge.hour * 3600 + edge.minute * 60 for part in parts for edge in (part.start_time, part.end_time)
    ]


def _thresholds(model: ModelInfo) -> list[int]:
    stated = (value for price in _prices(model) for value in vars(price).values())
    return sorted({tier.start for value in stated if isinstance(value, TieredPrices) for tier in value.tiers})


def _has_audio_price(model: ModelInfo) -> bool:
    return any(price.input_audio_mtok is not None for price in _prices(model))


def _prices(model: ModelInfo) -> list[ModelPrice]:
    return [each.prices for each in model.prices] if isinstance(model.prices, list) else [model.prices]


def _edges(model: ModelInfo) -> bool:
    return bool(_hours(model) or _thresholds(model) or _start_dates(model))


def expected_cost(call: Call) -> Decimal | None:
    """What the price list's own calculator says; null where it knows neither provider nor model.

    Null too for models that it charges by what telemetry does not say, such as minutes of sound.
    """
    try:
        price = calc_price(
            Usage(**call.usage),
            model_ref=call.model,
            provider_id=call.provider_name,
            genai_request_timestamp=call.started_at,
            price_context=CONTEXTS[call.service_tier],
        )
    except LookupError:
        return None
    kinds = {kind for kind, value in vars(price.model_price).items() if value is not None}
    is_measured = not kinds or kinds & {"input_mtok", "output_mtok", "requests_kcount"}
    return price.total_price if is_measured else None


def export(calls: list[Call]) -> str:
    """The calls as one OTLP/JSON request, each a span in a trace of its own."""
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [_span(call) for call in calls]}]}]})


def _span(call: Call) -> dict[str, Any]:
    start = int(call.started_at.timestamp()) * 10**9
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": call.provider_name,
        "gen_ai.request.model": call.model,
        call.tier_attribute: call.service_tier,
        "gen_ai.usage.input_tokens": call.usage["input_tokens"],
        "gen_ai.usage.cache_read.input_tokens": call.usage["cache_read_tokens"],
        "gen_ai.usage.cache_creation.input_tokens": call.usage["cache_write_tokens"],
        "gen_ai.usage.output_tokens": call.usage["output_tokens"],
        "gen_ai.usage.reasoning.output_tokens": call.usage["output_reasoning_tokens"],
        "anthropic.usage.cache_creation.ephemeral_1h_input_tokens": call.usage["cache_write_1h_tokens"],
        "gen_ai.usage.details.input_audio_tokens": call.usage["input_audio_tokens"],
        "gen_ai.usage.details.cache_audio_read_tokens": call.usage["cache_audio_read_tokens"],
        "gen_ai.usage.details.output_audio_tokens": call.usage["output_audio_tokens"],
    }
    return {
        "traceId": f"{call.number + 1:032x}",
        "spanId": call.span_id,
        "name": "chat",
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(start + 10**9),
        "attributes": [
            {"key": key, "value": _value(value)} for key, value in attributes.items() if value is not None
        ],
    }


def _value(value: str | int) -> dict[str, Any]:
    return {"stringValue": value} if isinstance(value, str) else {"intValue": str(value)}


@pytest.fixture(scope="module")
def calls() -> list[Call]:
    return random_calls(random.Random(20261101))  # noqa: S311 - test data, not a secret


@pytest.fixture(scope="module")
def costs(calls: list[Call], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Decimal | None]:
    """Cost by span id, as the warehouse has it."""
    home = Home(tmp_path_factory.mktemp("prices"))
    landing = home.path / "landing" / "otlp"
    landing.mkdir(parents=True)
    (landing / "calls.jsonl").write_text(export(calls) + "\n", encoding="utf-8")
    load_once(home.settings, progress=lambda _: None)
    build(home, "+int_call_costs")
    return dict(
        home.in_lake("select split_part(call_id, '-', 2), cost_usd from lake.intermediate.int_call_costs")
    )


def test_every_call_costs_what_the_price_list_says(
    calls: list[Call], costs: dict[str, Decimal | None]
) -> None:
    wrong = []
    for call in calls:
        found, expected = costs[call.span_id], expected_cost(call)
        same = found is None or expected is None or abs(found - expected) <= TOLERANCE
        if (found is None) != (expected is None) or not same:
            wrong.append((call, found, expected))
    assert wrong == []


def test_the_calls_meet_every_rule_of_the_price_list(calls: list[Call]) -> None:
    """Each rule decides the price of at least ten of the calls: without it they would cost something else."""
    decided = dict.fromkeys(["context", "second", "token", "long cache write", "audio"], 0)
    for call in calls:
        cost = expected_cost(call)
        if cost is None:
            continue
        size = call._replace(uncached_input=call.uncached_input + 1)
        decided["context"] += expected_cost(call._replace(service_tier=None)) != cost
        decided["second"] += any(
            expected_cost(call._replace(started_at=call.started_at + timedelta(seconds=step))) != cost
            for step in (-1, 1)
        )
        decided["token"] += abs((expected_cost(size) or cost) - cost) > Decimal("0.01")
        decided["long cache write"] += expected_cost(call._replace(cache_write_1h=0)) != cost
        decided["audio"] += (
            expected_cost(call._replace(uncached_audio=0, cached_audio=0, output_audio=0)) != cost
        )
    assert {rule: count for rule, count in decided.items() if count < 10} == {}
