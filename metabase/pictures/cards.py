"""One card of a dashboard as HTML: a number, a table or a chart, under the question that it answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from metabase.content import settings as visual
from metabase.content.database import Answer
from metabase.content.model import Card, Question
from metabase.pictures.lying import funnel, rows
from metabase.pictures.markup import Markup, element, joined
from metabase.pictures.series import Chart, chart_of
from metabase.pictures.upright import upright, waterfall
from metabase.pictures.values import NULL, is_number, shown, title_of

# Of one column and one row of the grid, in the units of the SVG.
COLUMN, ROW = 53.0, 46.0
# Longer text may wrap in a table.
LONG_TEXT = 34
_UPRIGHT = ("line", "area", "bar", "combo")


def card_of(card: Card, question: Question, answer: Answer | None) -> Markup:
    """The card with its title, its picture and what the numbers mean; null: the question did not run."""
    title = str(card.visualization_settings.get("card.title") or question.name)
    click = card.visualization_settings.get("click_behavior", {})
    if click.get("linkType") == "dashboard":
        title = element("a", title, href=f"#{click['targetId']}")
    return element(
        "article",
        element("h4", title),
        _body(card, question, answer) if answer else element("p", "Not in this release.", class_="none"),
        element("p", question.description, class_="why"),
        class_=f"card {question.display}",
        style=f"--w:{card.size_x}",
        data_question=question.key,
    )


def _body(card: Card, question: Question, answer: Answer) -> Markup:
    if question.display == "scalar":
        return _scalar(question, answer)
    if not answer.rows:
        return element("p", "No rows.", class_="none")
    if question.display not in visual.NEEDED:
        return _table(question, answer)
    found = {**question.visualization_settings, **card.visualization_settings}
    width, height = card.size_x * COLUMN - 42, card.size_y * ROW - 76
    if question.display == "funnel":
        return _described(question, _funnel(question, answer, width, height))
    chart = chart_of(question, answer)
    if not any(value is not None for series in chart.series for value in series.values):
        return element("p", "All values are unknown.", class_="none")
    if question.display == "waterfall":
        return _described(question, waterfall(chart, found, width, height))
    drawn = upright if question.display in _UPRIGHT else rows
    return joined([_legend(chart), _described(question, drawn(chart, found, width, height))])


def _described(question: Question, drawn: Markup) -> Markup:
    """A picture with its question, for those who cannot see it."""
    return element("div", drawn, role="img", aria_label=question.name)


def _scalar(question: Question, answer: Answer) -> Markup:
    value = answer.rows[0][0] if answer.rows else None
    if value is None:
        return element("p", "unknown", class_="number unknown")
    settings = visual.of_column(question.visualization_settings, answer.columns[0])
    return element("p", shown(value, settings), class_="number")


def _table(question: Question, answer: Answer) -> Markup:
    settings = [visual.of_column(question.visualization_settings, name) for name in answer.columns]
    right = [
        "right" if "decimals" in own or any(is_number(row[place]) for row in answer.rows) else None
        for place, own in enumerate(settings)
    ]
    head = [
        element("th", title_of(name, own), class_=side)
        for name, own, side in zip(answer.columns, settings, right, strict=True)
    ]
    body = [
        element(
            "tr", *(_cell(value, own, side) for value, own, side in zip(row, settings, right, strict=True))
        )
        for row in answer.rows
    ]
    table = element("table", element("thead", element("tr", *head)), element("tbody", *body))
    return element("div", table, class_="scroll")


def _cell(value: Any, settings: Mapping[str, Any], side: str | None) -> Markup:
    if value is None:
        return element("td", NULL, class_=f"null {side or ''}".strip())
    text = shown(value, settings)
    click = settings.get("click_behavior", {})
    if settings.get("view_as") == "link":
        return element("td", _link(str(value), str(settings.get("link_text", value))))
    if click.get("linkType") == "dashboard":
        return element("td", element("a", text, href=f"#{click['targetId']}"), class_=side)
    return element("td", text, class_="long" if len(text) > LONG_TEXT else side)


def _link(url: str, text: str) -> Markup:
    """A link, when it is one of the web; anything else that data says stays text."""
    if not url.startswith(("http://", "https://")):
        return element("span", url)
    return element("a", text, href=url, rel="noopener noreferrer", target="_blank")


def _funnel(question: Question, answer: Answer, width: float, height: float) -> Markup:
    found = question.visualization_settings
    stage = answer.columns.index(found["funnel.dimension"])
    metric = answer.columns.index(found["funnel.metric"])
    values = [float(row[metric]) if is_number(row[metric]) else None for row in answer.rows]
    settings = visual.of_column(found, found["funnel.metric"])
    return funnel([str(row[stage]) for row in answer.rows], values, settings, width, height)


def _legend(chart: Chart) -> Markup:
    if len(chart.series) < 2 and not chart.left_out:
        return Markup()
    items = [
        element("li", element("i", style=f"background:{series.color}"), series.name)
        for series in chart.series
    ]
    if chart.left_out:
        items.append(element("li", f"{chart.left_out} more are not drawn"))
    return element("ul", *items, class_="legend")
