"""The visualization settings that the files may use, in Metabase's words, and the columns that they name."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

Path = tuple[str | int, ...]

KNOWN = frozenset(
    [
        "card.description",
        "card.hide_empty",
        "card.title",
        "click_behavior",
        "column_settings",
        "dashcard.background",
        "funnel.dimension",
        "funnel.metric",
        "funnel.type",
        "graph.dimensions",
        "graph.goal_label",
        "graph.goal_value",
        "graph.metrics",
        "graph.show_goal",
        "graph.show_values",
        "graph.x_axis.axis_enabled",
        "graph.x_axis.scale",
        "graph.x_axis.title_text",
        "graph.y_axis.auto_range",
        "graph.y_axis.labels_enabled",
        "graph.y_axis.max",
        "graph.y_axis.min",
        "graph.y_axis.scale",
        "graph.y_axis.title_text",
        "line.interpolate",
        "line.marker_enabled",
        "line.missing",
        "pie.dimension",
        "pie.metric",
        "pie.show_legend",
        "scalar.field",
        "series_settings",
        "stackable.stack_type",
        "table.column_formatting",
        "table.columns",
        "table.pivot",
        "text.align_horizontal",
        "text.align_vertical",
        "waterfall.show_total",
    ]
)
KNOWN_OF_COLUMN = frozenset(
    [
        "click_behavior",
        "column_title",
        "currency",
        "currency_style",
        "date_style",
        "decimals",
        "link_text",
        "number_separators",
        "number_style",
        "prefix",
        "scale",
        "show_mini_bar",
        "suffix",
        "text_align",
        "time_enabled",
        "time_style",
        "view_as",
    ]
)
# Settings whose value is the name of a column or a list of such names.
_NAMES = (
    "graph.dimensions",
    "graph.metrics",
    "funnel.dimension",
    "funnel.metric",
    "pie.dimension",
    "pie.metric",
)

# What a picture cannot be drawn without.
NEEDED: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("line", "area", "bar", "combo", "row", "waterfall"), ("graph.dimensions", "graph.metrics")
    ),
    "funnel": ("funnel.dimension", "funnel.metric"),
}


def column_of(key: str) -> str | None:
    """The column that a key of `column_settings` is about, such as `["name","cost_usd"]`; null for others."""
    try:
        found = json.loads(key)
    except json.JSONDecodeError:
        return None
    is_name = isinstance(found, list) and len(found) == 2 and found[0] == "name"
    return found[1] if is_name and isinstance(found[1], str) else None


def of_column(settings: Mapping[str, Any], column: str) -> Mapping[str, Any]:
    """What the settings say of one column."""
    return next((found for key, found in _of_columns(settings) if column_of(key) == column), {})


def unknown_in(settings: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """Where the settings say something that is not known here, and what."""
    for key in settings:
        if key not in KNOWN:
            yield (key,), f"There is no setting {key}"
    whole = settings.get("column_settings", {})
    if not isinstance(whole, dict) or not all(isinstance(one, dict) for one in whole.values()):
        yield ("column_settings",), "column_settings must be a mapping of columns to mappings"
    for key in _NAMES:
        if not isinstance(settings.get(key, []), str | list):
            yield (key,), f"{key} must be a column or a list of columns"
    for column, found in _of_columns(settings):
        if column_of(column) is None:
            yield ("column_settings", column), f'{column} is not of the form ["name","column"]'
        for key in found:
            if key not in KNOWN_OF_COLUMN:
                yield ("column_settings", column, key), f"There is no setting {key} of a column"


def columns_in(settings: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """Each column that the settings name, and where."""
    for key in _NAMES:
        found = settings.get(key, [])
        for name in [found] if isinstance(found, str) else found if isinstance(found, list) else []:
            yield (key,), str(name)
    for key, _ in _of_columns(settings):
        column = column_of(key)
        if column is not None:
            yield ("column_settings", key), column
    for path, link in links_in(settings):
        for _, source in sources_in(link):
            if source is not None and source["type"] == "column":
                yield path, str(source["id"])


def links_in(settings: Mapping[str, Any]) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Each `click_behavior`, of the whole or of one column, and where."""
    if isinstance(settings.get("click_behavior"), dict):
        yield ("click_behavior",), settings["click_behavior"]
    for key, found in _of_columns(settings):
        if isinstance(found.get("click_behavior"), dict):
            yield ("column_settings", key, "click_behavior"), found["click_behavior"]


def sources_in(link: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any] | None]]:
    """Each parameter that a click sets, by its slug, and what it is set from; null where that is not said."""
    found = link.get("parameterMapping", {})
    for slug, mapped in found.items() if isinstance(found, dict) else [("parameterMapping", None)]:
        source = mapped.get("source") if isinstance(mapped, dict) else None
        is_whole = isinstance(source, dict) and {"type", "id"} <= source.keys()
        yield str(slug), source if is_whole else None


def _of_columns(settings: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """`column_settings`, of what has the right shape."""
    found = settings.get("column_settings", {})
    return (
        [(key, one) for key, one in found.items() if isinstance(one, dict)] if isinstance(found, dict) else []
    )
