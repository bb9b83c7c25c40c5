"""The price seeds against the package that they are written from."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from genai_prices.data import providers
from genai_prices.data_units import unit_data
from genai_prices.types import (
    ClauseAnd,
    ClauseContains,
    ClauseEquals,
    ClauseOr,
    ClauseRegex,
    ClauseStartsWith,
)

from orchestration.price_clauses import Clause, alternatives
from orchestration.price_seeds import ALWAYS, SEEDS, PriceRow, price_rows, write_price_seeds


def test_the_committed_seeds_are_what_the_pinned_price_list_says(tmp_path: Path) -> None:
    for name in write_price_seeds(tmp_path):
        assert (tmp_path / name).read_bytes() == (SEEDS / name).read_bytes(), (
            f"{name} differs: run `python -m orchestration.price_seeds`"
        )


def test_sizes_of_a_price_follow_on_each_other_from_any_to_no_limit() -> None:
    sizes = defaultdict(list)
    for row in price_rows():
        sizes[
            row.provider_name, row.model, row.price_context, row.valid_from, row.daily_from, row.usage_kind
        ].append(row)
    for rows in sizes.values():
        assert rows[0].above_input_tokens is None and rows[-1].up_to_input_tokens is None
        assert all(before.up_to_input_tokens == after.above_input_tokens for before, after in pairwise(rows))


def test_parts_of_the_day_of_a_price_follow_on_each_other_from_midnight_to_midnight() -> None:
    parts = defaultdict(list)
    for row in price_rows():
        if row.above_input_tokens is None and row.usage_kind == "input_tokens":
            parts[row.provider_name, row.model, row.price_context, row.valid_from].append(row)
    for rows in parts.values():
        assert rows[0].daily_from.isoformat() == "00:00:00" and rows[-1].daily_to is None
        assert all(before.daily_to == after.daily_from for before, after in pairwise(rows))


def test_every_kind_and_every_way_of_being_served_of_the_price_list_is_in_the_seed() -> None:
    stated = [
        price
        for provider in providers
        for model in provider.models
        for price in [
            *([each.prices for each in model.prices] if isinstance(model.prices, list) else [model.prices]),
            *(variant.prices for variant in model.price_variants or ()),
        ]
    ]
    kinds = {kind for price in stated for kind, value in vars(price).items() if value is not None}
    rows = list(price_rows())
    assert {unit_data[row.usage_kind]["price_key"] for row in rows} == kinds
    assert {row.price_context for row in rows} == {"default", "batch", "flex", "priority", "fast"}


def test_tokens_are_charged_by_the_million_and_requests_by_the_thousand() -> None:
    per = {row.usage_kind: row.per for row in price_rows()}
    assert {units for kind, units in per.items() if kind.endswith("_tokens")} == {1_000_000}
    assert per["requests"] == 1_000


def test_a_model_that_is_charged_by_the_minute_has_no_price_by_the_token() -> None:
    kinds = {row.usage_kind for row in rows_of("groq", "whisper-large-v3")}
    assert kinds == {"audio_seconds", "input_audio_seconds"}


def test_a_free_model_costs_zero_and_not_nothing_known() -> None:
    found = [(row.usage_kind, row.usd) for row in rows_of("azure", "mai-ds-r1:free")]
    assert found == [("input_tokens", "0"), ("output_tokens", "0")]


def test_a_batch_costs_the_default_until_the_day_from_which_its_price_is_known() -> None:
    """Claude Fable 5 reads a million tokens for $10, and for $5 in a batch, listed since 14 October 2026."""
    batch = [
        row for row in rows_of("anthropic", "claude-fable-5", "batch") if row.usage_kind == "input_tokens"
    ]
    day = date(2026, 10, 14)
    assert [(row.valid_from, row.valid_to, row.usd) for row in batch] == [
        (ALWAYS, day, "10"),
        (day, None, "5"),
    ]


def rows_of(provider_name: str, model: str, context: str = "default") -> list[PriceRow]:
    wanted = (provider_name, model, context)
    return [row for row in price_rows() if (row.provider_name, row.model, row.price_context) == wanted]


def test_alternatives_of_conditions_that_must_all_hold_are_multiplied_out() -> None:
    match = ClauseAnd(
        and_=[
            ClauseStartsWith(starts_with="Claude"),
            ClauseOr(or_=[ClauseContains(contains="opus"), ClauseEquals(equals="claude")]),
        ]
    )
    assert alternatives(match) == [
        (Clause("starts_with", "claude"), Clause("contains", "opus")),
        (Clause("starts_with", "claude"), Clause("equals", "claude")),
    ]


def test_a_look_ahead_becomes_a_condition_that_must_not_hold() -> None:
    assert alternatives(ClauseRegex(regex=r"^(?!.*-tts(?:$|-))")) == [
        (Clause("not_regex", r"^.*-tts(?:$|-)"),)
    ]
    assert alternatives(ClauseRegex(regex=r"^(?![^/]+/)(?:labs-)?mistral")) == [
        (Clause("not_regex", r"^[^/]+/"), Clause("regex", r"^(?:labs-)?mistral"))
    ]


def test_a_pattern_that_looks_behind_is_refused() -> None:
    with pytest.raises(ValueError, match="looks around"):
        alternatives(ClauseRegex(regex="(?<=a)b"))
