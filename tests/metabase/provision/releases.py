"""A small set of content on `marts.publications`, a table that every serving database has."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from metabase.content.model import Card, Collection, Content, Dashboard, Group, Parameter, Question, Tab, Tag

MART = Tag("mart", "Mart", "string/=", ("marts", "publications", "mart"))
DAY = Tag("day", "Day", "date/all-options", ("marts", "publications", "published_at"))
STATE = Tag("state", "State", "string/=")

ROWS_BY_MART = Question(
    key="rows_by_mart",
    name="How many rows has each mart?",
    description="Rows of each publication.",
    collection="operations",
    display="bar",
    sql=(
        "select mart, cast(sum(row_count) as bigint) as row_count\nfrom marts.publications\n"
        "where {{mart}} and {{day}} [[and state = {{state}}]]\ngroup by mart\norder by mart"
    ),
    tags=(MART, DAY, STATE),
    visualization_settings={
        "graph.dimensions": ["mart"],
        "graph.metrics": ["row_count"],
        "column_settings": {'["name", "row_count"]': {"column_title": "Rows"}},
    },
)
MARTS_HELD = Question(
    key="marts_held",
    name="Marts held",
    description="Marts that failed their audit.",
    collection="operations",
    display="scalar",
    sql="select count(*) as held from marts.publications where state = 'held'",
    tags=(),
    visualization_settings={},
)


def card(question: str | None, row: int, col: int, **more: Any) -> Card:
    """A card of 12 by 4."""
    shape: dict[str, Any] = {"text": None, "parameters": {}, "visualization_settings": {}, **more}
    return Card(question=question, row=row, col=col, size_x=12, size_y=4, **shape)


TO_RELEASES = {
    "click_behavior": {
        "type": "link",
        "linkType": "dashboard",
        "targetId": "releases",
        "parameterMapping": {"mart": {"source": {"type": "column", "id": "mart", "name": "mart"}}},
    }
}
# It stands before `releases`, to which it links.
OVERVIEW = Dashboard(
    key="overview",
    name="Are the marts whole?",
    description="One number, and where to look next.",
    collection="tracehouse",
    parameters=(),
    tabs=(
        Tab(
            "Today",
            (
                card(None, 0, 0, text="Marts that failed keep their last good version."),
                card("marts_held", 4, 0),
                card("rows_by_mart", 4, 12, visualization_settings=TO_RELEASES),
            ),
        ),
    ),
)
RELEASES = Dashboard(
    key="releases",
    name="What was published?",
    description="Rows by mart and day.",
    collection="operations",
    parameters=(
        Parameter("mart", "Mart", "string/="),
        Parameter("day", "Day", "date/all-options", "2026-01-01~"),
    ),
    tabs=(
        Tab("Rows", (card("rows_by_mart", 0, 0, parameters={"mart": "mart", "day": "day"}),)),
        Tab("Held", (card("marts_held", 0, 0), card("rows_by_mart", 0, 12, parameters={"mart": "mart"}))),
    ),
)
COLLECTIONS = (
    Collection("tracehouse", "Tracehouse", "All dashboards.", None, {"readers": "read", "analysts": "read"}),
    Collection("operations", "Operations", "The warehouse itself.", "tracehouse", {"analysts": "write"}),
)
GROUPS = (
    Group("readers", "Tracehouse readers", can_write_sql=False),
    Group("analysts", "Tracehouse analysts", can_write_sql=True),
)


def content(
    questions: tuple[Question, ...] = (ROWS_BY_MART, MARTS_HELD),
    dashboards: tuple[Dashboard, ...] = (OVERVIEW, RELEASES),
    collections: tuple[Collection, ...] = COLLECTIONS,
) -> Content:
    """All of it, or what a test chooses."""
    return Content(
        groups={group.key: group for group in GROUPS},
        collections={found.key: found for found in collections},
        questions={found.key: found for found in questions},
        dashboards={found.key: found for found in dashboards},
    )


def with_tabs(dashboard: Dashboard, *tabs: Tab) -> Dashboard:
    """The same dashboard with other tabs."""
    return replace(dashboard, tabs=tabs)
