"""The price seeds against the package that they are written from."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import pytest
from genai_prices.types import (
    ClauseAnd,
    ClauseContains,
    ClauseEquals,
    ClauseOr,
    ClauseRegex,
    ClauseStartsWith,
)

from orchestration.price_clauses import Clause, alternatives
from orchestration.price_seeds import SEEDS, PriceRow, price_rows, write_price_seeds


def test_the_committed_seeds_are_what_the_pinned_price_list_says(tmp_path: Path) -> None:
    for name in write_price_seeds(tmp_path):
        assert (tmp_path / name).read_bytes() == (SEEDS / name).read_bytes(), (
            f"{name} differs: run `python -m orchestration.price_seeds`"
        )


def test_sizes_of_a_price_follow_on_each_other_from_any_to_no_limit() -> None:
    sizes = defaultdict(list)
    for row in price_rows():
        sizes[row.provider_name, row.model, row.valid_from, row.daily_from].append(row)
    for rows in sizes.values():
        assert rows[0].above_input_tokens is None and rows[-1].up_to_input_tokens is None
        assert all(before.up_to_input_tokens == after.above_input_tokens for before, after in pairwise(rows))


def test_parts_of_the_day_of_a_price_follow_on_each_other_from_midnight_to_midnight() -> None:
    parts = defaultdict(list)
    for row in price_rows():
        if row.above_input_tokens is None:
            parts[row.provider_name, row.model, row.valid_from].append(row)
    for rows in parts.values():
        assert rows[0].daily_from.isoformat() == "00:00:00" and rows[-1].daily_to is None
        assert all(before.daily_to == after.daily_from for before, after in pairwise(rows))


def test_a_model_that_is_charged_by_the_minute_has_no_price_by_the_token() -> None:
    assert rows_of("groq", "whisper-large-v3") == []


def test_a_free_model_costs_zero_and_not_nothing_known() -> None:
    (row,) = rows_of("azure", "mai-ds-r1:free")
    assert row[8:] == ("0", "0", "0", "0", "0", "0")


def rows_of(provider_name: str, model: str) -> list[PriceRow]:
    return [row for row in price_rows() if (row.provider_name, row.model) == (provider_name, model)]


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
