"""Costs in the warehouse against the price list's own calculator."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from genai_prices import Usage, calc_price
from genai_prices.data import providers
from genai_prices.types import StartDateConstraint

from ingest.loading import load_once
from tests.running import Home
from tests.warehouse.building import build

# Names as services send them, beside the ids of the price list: dated, compact, unknown to it.
ENDINGS = ("", "", "-20251211", "-2025-12-11", "-latest", "-preview")
PROVIDER_NAMES = ("openai.chat", "aws.bedrock", "gcp.vertex_ai", "azure.ai.openai", "inhouse", None)
# The list carries 18 digits of a float here and there; the seed rounds to a billionth of a dollar.
TOLERANCE = Decimal("0.000001")


class Call(NamedTuple):
    """A call as a service reports it, five classes of tokens disjoint."""

    number: int
    provider_name: str | None
    model: str
    started_at: datetime
    uncached_input: int
    cache_read: int
    cache_write: int
    visible_output: int
    reasoning: int

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
        }


def changes() -> list[datetime]:
    """Days on which the price list changes a price."""
    constraints = (
        conditional.constraint
        for provider in providers
        for model in provider.models
        if isinstance(model.prices, list)
        for conditional in model.prices
    )
    starts = {each.start_date for each in constraints if isinstance(each, StartDateConstraint)}
    return [datetime(day.year, day.month, day.day, tzinfo=UTC) for day in sorted(starts)]


def random_calls() -> list[Call]:
    """A call of every listed model by its id, and as many of names and providers mixed at random.

    They start on a few days on which prices changed and on the days before, a folder of the lake each.
    """
    chance = random.Random(20261101)  # noqa: S311 - test data, not a secret
    days = [day - timedelta(days=back) for day in chance.sample(changes(), 8) for back in (0, 1)]
    listed = [(provider.id, model.id) for provider in providers for model in provider.models]
    mixed = [
        (
            chance.choice([*PROVIDER_NAMES, chance.choice(providers).id]),
            chance.choice(listed)[1] + chance.choice(ENDINGS),
        )
        for _ in listed
    ]
    return [
        Call(
            number,
            *names,
            chance.choice(days) + timedelta(seconds=chance.randrange(86_400)),
            *(chance.choice([0, chance.randrange(1_000), chance.randrange(300_000)]) for _ in range(5)),
        )
        for number, names in enumerate(listed + mixed)
    ]


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
        "gen_ai.usage.input_tokens": call.usage["input_tokens"],
        "gen_ai.usage.cache_read.input_tokens": call.usage["cache_read_tokens"],
        "gen_ai.usage.cache_creation.input_tokens": call.usage["cache_write_tokens"],
        "gen_ai.usage.output_tokens": call.usage["output_tokens"],
        "gen_ai.usage.reasoning.output_tokens": call.usage["output_reasoning_tokens"],
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
    return random_calls()


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
