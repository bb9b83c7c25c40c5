"""When two values are the same, as JSON has it."""

from __future__ import annotations

from typing import Any

import pytest

from metabase.provision.compare import Change, changes, tidy


@pytest.mark.parametrize(
    ("before", "after"),
    [({"a": 1}, {"a": 1.0}), ({"a": [1, {"b": 2}]}, {"a": [1.0, {"b": 2}]}), ({}, {"a": None})],
)
def test_what_means_the_same_does_not_differ(before: Any, after: Any) -> None:
    assert changes(before, after) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"a": 1}, {"a": True}),
        ({"a": 0}, {"a": False}),
        ({"a": [1]}, {"a": [True]}),
        ({"a": [1, 2]}, {"a": [2, 1]}),
        ({"a": [1]}, {"a": [1, 1]}),
        ({"a": [{"b": 1}]}, {"a": [{"b": 1, "c": 2}]}),
        ({"a": "1"}, {"a": 1}),
        ({"a": 0}, {}),
    ],
)
def test_what_does_not_mean_the_same_differs(before: Any, after: Any) -> None:
    assert changes(before, after) == [Change(("a",), before["a"], after.get("a"))]


def test_only_what_holds_nothing_is_left_out() -> None:
    value = {"a": None, "b": {}, "c": [], "d": {"e": None}, "f": 0, "g": False, "h": "", "i": [None]}
    assert tidy(value) == {"f": 0, "g": False, "h": "", "i": [None]}
