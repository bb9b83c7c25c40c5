"""Tags are filled in as Metabase fills them, and values never become SQL."""

from __future__ import annotations

from datetime import date

import pytest

from metabase.content.model import Tag
from metabase.content.tags import Value, days_of, optional_tags_of, render
from metabase.errors import ContentError

TODAY = date(2026, 11, 1)
DAY = Tag("date", "Date", "date/all-options", ("marts", "usage", "usage_date"))
AGENT = Tag("agent", "Agent", "string/=", ("marts", "usage", "agent_name"))
LEAST = Tag("least", "At least", "number/=")


def test_an_unset_field_filter_is_a_condition_that_is_always_true() -> None:
    rendered = render("select 1 where {{date}} and {{ agent }}", [DAY, AGENT], {}, today=TODAY)

    assert (rendered.sql, rendered.values) == ("select 1 where 1 = 1 and 1 = 1", ())


def test_a_text_filter_is_bound_and_names_its_column_in_full() -> None:
    rendered = render("where {{agent}}", [AGENT], {"agent": ["x'; drop table t", "{{date}}"]}, today=TODAY)

    assert rendered.sql == 'where "marts"."usage"."agent_name" in ($1, $2)'
    assert rendered.values == ("x'; drop table t", "{{date}}")


def test_a_date_filter_holds_its_last_day_to_the_end() -> None:
    rendered = render("where {{date}}", [DAY], {"date": "2026-10-01~2026-10-31"}, today=TODAY)

    column = '"marts"."usage"."usage_date"'
    assert rendered.sql == f"where ({column} >= $1 and {column} < $2)"
    assert rendered.values == (date(2026, 10, 1), date(2026, 11, 1))


def test_an_optional_part_is_left_out_unless_all_its_tags_are_set() -> None:
    sql = "select 1[[\nwhere {{agent}} and calls >= {{least}}]]"

    assert render(sql, [AGENT, LEAST], {"agent": ["a"]}, today=TODAY).sql == "select 1\n"
    both = render(sql, [AGENT, LEAST], {"agent": ["a"], "least": 3}, today=TODAY)
    assert both.sql == 'select 1\nwhere "marts"."usage"."agent_name" in ($1) and calls >= $2'
    assert both.values == ("a", 3)


def test_a_default_stands_in_where_nothing_is_set() -> None:
    chat = Tag("agent", "Agent", "string/=", AGENT.field, ("chat",))

    assert render("{{agent}}", [chat], {}, today=TODAY).values == ("chat",)
    assert render("{{agent}}", [chat], {"agent": ["tool"]}, today=TODAY).values == ("tool",)


def test_a_variable_without_a_value_is_an_error() -> None:
    with pytest.raises(ContentError, match="The tag least has no value and no default"):
        render("where calls >= {{least}}", [LEAST], {}, today=TODAY)


def test_other_conditions_than_equality() -> None:
    def condition(kind: str, value: Value) -> tuple[str, tuple[object, ...]]:
        tag = Tag("x", "X", kind, ("marts", "usage", "calls"))
        rendered = render("{{x}}", [tag], {"x": value}, today=TODAY)
        return rendered.sql.replace('"marts"."usage"."calls"', "calls"), rendered.values

    assert condition("string/!=", ["a"]) == ("calls not in ($1)", ("a",))
    assert condition("string/contains", "a") == ("calls like '%' || $1 || '%'", ("a",))
    assert condition("number/>=", 2) == ("calls >= $1", (2,))
    assert condition("number/between", ("1", "5")) == ("calls between $1 and $2", ("1", "5"))


@pytest.mark.parametrize(
    ("value", "first", "last"),
    [
        ("2026-10-07", date(2026, 10, 7), date(2026, 10, 7)),
        ("2026-10-07~", date(2026, 10, 7), None),
        ("~2026-10-07", None, date(2026, 10, 7)),
        ("2026-12", date(2026, 12, 1), date(2026, 12, 31)),
        ("past30days", date(2026, 10, 2), date(2026, 10, 31)),
        ("past30days~", date(2026, 10, 2), date(2026, 11, 1)),
        ("past2months", date(2026, 9, 1), date(2026, 10, 31)),
        ("past12months~", date(2025, 11, 1), date(2026, 11, 1)),
        ("thisday", date(2026, 11, 1), date(2026, 11, 1)),
        ("thismonth", date(2026, 11, 1), date(2026, 11, 30)),
    ],
)
def test_dates_are_read_in_metabases_words(value: str, first: date | None, last: date | None) -> None:
    assert days_of(value, TODAY) == (first, last)


@pytest.mark.parametrize("value", ["~", "yesterday", "2026-13", "past3weeks", "2026-02-30"])
def test_a_date_in_unknown_form_is_an_error_that_names_it(value: str) -> None:
    with pytest.raises(ContentError, match=value):
        days_of(value, TODAY)


def test_a_tag_outside_brackets_once_is_not_optional() -> None:
    assert optional_tags_of("[[{{a}}]] {{b}} [[{{b}} {{c}}]]") == {"a", "c"}
