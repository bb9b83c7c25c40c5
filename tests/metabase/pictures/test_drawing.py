"""Numbers, axes and series as they are drawn: null is never zero, and text never becomes markup."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from metabase.content.database import Answer
from metabase.content.model import Card, Question
from metabase.pictures.cards import card_of
from metabase.pictures.lying import rows
from metabase.pictures.markup import Markup, element, joined
from metabase.pictures.scales import linear, logarithmic
from metabase.pictures.series import chart_of
from metabase.pictures.upright import upright, waterfall
from metabase.pictures.values import MINUS, NULL, shortened, shown

USD = {"number_style": "currency", "currency": "USD", "decimals": 2}
SHARE = {"number_style": "percent", "decimals": 1}


def _question(display: str, **settings: Any) -> Question:
    return Question("q", "Q?", "Text.", "all", display, "select 1", (), settings)


@pytest.mark.parametrize(
    ("value", "settings", "text"),
    [
        (None, USD, NULL),
        (Decimal("1234.5"), USD, "$1,234.50"),
        (Decimal("-0.85"), USD, f"{MINUS}$0.85"),
        (Decimal("0.0004"), USD, "$0.0004"),
        (0, USD, "$0.00"),
        (0.125, SHARE, "12.5 %"),
        (0.0003, SHARE, "0.03 %"),
        (9636.4, {"decimals": 0, "suffix": " ms"}, "9,636 ms"),
        (3, {}, "3"),
        (2.5, {}, "2.50"),
        (True, {}, "yes"),
        (date(2026, 10, 7), {}, "2026-10-07"),
        (datetime(2026, 10, 7, 8, 5, 59), {}, "2026-10-07 08:05"),  # noqa: DTZ001 - marts hold UTC without zone
        ("a<b", {}, "a<b"),
    ],
)
def test_a_value_is_shown_with_its_unit(value: object, settings: dict[str, Any], text: str) -> None:
    assert shown(value, settings) == text


def test_numbers_of_an_axis_are_short() -> None:
    assert shortened(1500, USD) == "$1.5k"
    assert shortened(-2_000_000, {}) == f"{MINUS}2M"
    assert shortened(0.25, SHARE) == "25 %"


def test_an_area_has_a_gap_where_nobody_knows_the_value() -> None:
    answer = Answer(("day", "mrr"), [(f"2026-10-0{day}", None if day == 3 else 5.0) for day in range(1, 6)])
    question = _question("area", **{"graph.dimensions": ["day"], "graph.metrics": ["mrr"]})
    drawn = str(upright(chart_of(question, answer), question.visualization_settings, 400, 200))

    assert drawn.count('class="mark area"') == 2


def test_an_axis_holds_zero_and_ends_in_round_numbers() -> None:
    scale = linear([3.0, 42.0], 100, 0)

    assert scale.ticks == (0, 10, 20, 30, 40, 50)
    assert (scale.at(0), scale.at(25), scale.at(50)) == (100, 50, 0)


def test_an_axis_of_counts_has_no_halves() -> None:
    assert linear([0.0, 2.0], 100, 0, is_whole=True).ticks == (0, 1, 2)


def test_a_logarithmic_axis_places_equal_factors_at_equal_distances() -> None:
    scale = logarithmic([10.0, 1000.0], 0, 100)

    assert (scale.low, scale.high) == (10, 1000)
    assert scale.at(100) == pytest.approx(50)


def test_text_is_escaped_wherever_it_stands() -> None:
    hostile = "\"><script>alert('x')</script>"

    page = element("a", hostile, joined([hostile]), href=hostile)

    assert "<script" not in page
    assert page.count("&lt;script&gt;") == 3
    assert element("p", Markup("<b>ours</b>")) == "<p><b>ours</b></p>"


def test_days_without_a_row_break_the_line_and_have_no_mark() -> None:
    question = _question("line", **{"graph.dimensions": ["day"], "graph.metrics": ["x"]})
    answer = Answer(
        ("day", "x"),
        [(date(2026, 10, 1), 1), (date(2026, 10, 2), 2), (date(2026, 10, 4), None), (date(2026, 10, 5), 0)],
    )

    chart = chart_of(question, answer)
    drawn = upright(chart, question.visualization_settings, 400, 200)

    assert chart.categories == tuple(f"2026-10-0{day}" for day in (1, 2, 3, 4, 5))
    assert chart.series[0].values == (1, 2, None, None, 0)
    assert drawn.count("<circle") == 3
    assert drawn.count("<path") == 1


def test_a_bar_of_null_is_missing_and_its_row_has_a_dash() -> None:
    question = _question("row", **{"graph.dimensions": ["model"], "graph.metrics": ["cost"]})
    answer = Answer(("model", "cost"), [("known", Decimal("2.50")), ("unpriced", None)])

    drawn = rows(chart_of(question, answer), {}, 400, 200)

    assert drawn.count("<rect") == 1
    assert f"{NULL}</text>" in drawn


def test_the_smallest_series_of_a_stack_are_summed_and_named_as_others() -> None:
    question = _question(
        "bar",
        **{"graph.dimensions": ["x", "who"], "graph.metrics": ["n"], "stackable.stack_type": "stacked"},
    )
    answer = Answer(("x", "who", "n"), [("x", f"a{number:02}", number) for number in range(1, 13)])

    chart = chart_of(question, answer)

    assert [series.name for series in chart.series] == [*(f"a{n:02}" for n in range(4, 13)), "3 others"]
    assert chart.series[-1].values == (1 + 2 + 3,)


def test_lines_beyond_the_most_are_left_out_and_counted() -> None:
    question = _question("line", **{"graph.dimensions": ["x", "who"], "graph.metrics": ["n"]})
    answer = Answer(("x", "who", "n"), [("x", f"a{number:02}", number) for number in range(1, 13)])

    chart = chart_of(question, answer)

    assert (len(chart.series), chart.left_out) == (9, 3)


def test_what_has_no_picture_here_is_a_table() -> None:
    card = Card("q", None, 0, 0, 6, 4, {}, {})

    drawn = card_of(card, _question("gauge"), Answer(("cost",), [(7,)]))

    assert "<th" in drawn
    assert ">7</td>" in drawn


def test_a_waterfall_ends_at_the_sum() -> None:
    question = _question("waterfall", **{"graph.dimensions": ["m"], "graph.metrics": ["usd"]})
    answer = Answer(("m", "usd"), [("Start", 100), ("New", 20), ("Churn", -50)])

    drawn = waterfall(chart_of(question, answer), {"waterfall.show_total": True}, 400, 200)

    assert "<title>End: 70</title>" in drawn
    assert drawn.count('class="mark fall"') == 1


def test_shares_of_a_whole_are_drawn_to_the_top() -> None:
    settings = {
        "graph.dimensions": ["x"],
        "graph.metrics": ["good", "bad"],
        "stackable.stack_type": "normalized",
    }
    answer = Answer(("x", "good", "bad"), [("day", 3, 1)])

    drawn = upright(chart_of(_question("bar", **settings), answer), settings, 400, 200)

    assert "<title>day · Good: 75.0 %</title>" in drawn
    assert "<title>day · Bad: 25.0 %</title>" in drawn
