"""What the files of `metabase/` say, as plain values: no path, no server and no id of a server.

Words and types are Metabase's own, so that a file reads like what a person sees in its editor. The name of a
file, without its ending, is the identity (`key`) of what stands in it; names and titles may change freely.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

# A column of a published mart: schema, table, column. Its id on a server is looked up on apply.
Field = tuple[str, str, str]
Access = Literal["read", "write"]


@dataclass(frozen=True)
class Tag:
    """One `{{name}}` in the SQL of a question, and how people set it.

    With a `field` it is a field filter: Metabase replaces it by a condition on that column. Without, it is a
    variable, replaced by one value. `type` is a parameter type of Metabase's, such as `date/all-options`,
    `string/=`, `number/=`, `date/single`. `default` null: unset, and `[[…]]` around it is left out; a field
    filter that is unset is a condition that is always true.
    """

    name: str
    label: str
    type: str
    field: Field | None = None
    default: str | int | float | bool | tuple[str, ...] | None = None


@dataclass(frozen=True)
class Question:
    """One SQL question. `display` is Metabase's (`line`, `bar`, `scalar`, `table`, …); `sql` has no head."""

    key: str
    name: str
    description: str
    collection: str
    display: str
    sql: str
    tags: tuple[Tag, ...]
    visualization_settings: Mapping[str, Any]


@dataclass(frozen=True)
class Card:
    """One cell of a dashboard's grid of 24 columns: a question by its key, or else a text in Markdown.

    `parameters` maps the slug of the dashboard's parameter to the tag of the question that it sets.
    """

    question: str | None
    text: str | None
    row: int
    col: int
    size_x: int
    size_y: int
    parameters: Mapping[str, str]
    visualization_settings: Mapping[str, Any]


@dataclass(frozen=True)
class Tab:
    """One page of a dashboard; a dashboard with one tab shows no tabs."""

    name: str
    cards: tuple[Card, ...]


@dataclass(frozen=True)
class Parameter:
    """One filter at the head of a dashboard. `type` and `default` as of `Tag`."""

    slug: str
    name: str
    type: str
    default: str | int | float | bool | tuple[str, ...] | None = None


@dataclass(frozen=True)
class Dashboard:
    """One dashboard: its filters, and its tabs from left to right."""

    key: str
    name: str
    description: str
    collection: str
    parameters: tuple[Parameter, ...]
    tabs: tuple[Tab, ...]


@dataclass(frozen=True)
class Collection:
    """One folder of the tree; `parent` is another's key, null at the top. `access`: by a group's key."""

    key: str
    name: str
    description: str
    parent: str | None
    access: Mapping[str, Access]


@dataclass(frozen=True)
class Group:
    """People with the same rights. `can_write_sql`: may ask the serving database questions of their own."""

    key: str
    name: str
    can_write_sql: bool


@dataclass(frozen=True)
class Content:
    """Everything that is managed, each by its key; collections stand after their parents."""

    groups: Mapping[str, Group]
    collections: Mapping[str, Collection]
    questions: Mapping[str, Question]
    dashboards: Mapping[str, Dashboard]
