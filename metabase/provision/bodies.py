"""Request bodies, with the ids of one server. What a body may hold: Metabase's API documents, version 58."""

from __future__ import annotations

from collections.abc import Collection as Some
from typing import Any

from metabase.content.model import Card, Content, Dashboard, Parameter, Question, Tag
from metabase.provision.identity import Kind, file_of
from metabase.provision.ids import Ids, parameter_id, tag_id
from metabase.provision.links import with_ids
from metabase.provision.seen import Stored, dashcards_of, in_order, question_of
from metabase.provision.wanted import View, in_reading_order, tag_named, target_of, template_type

Body = dict[str, Any]
_Asked = dict[str, tuple[str, ...]]

# Which keys of a body a difference in a view asks for.
_OF_COLLECTION: _Asked = {"parent": ("parent_id",)}
_OF_QUESTION: _Asked = {
    "collection": ("collection_id",),
    "dashboard": ("dashboard_id", "collection_id"),
    "database": ("dataset_query", "parameters"),
    "sql": ("dataset_query", "parameters"),
    "tags": ("dataset_query", "parameters"),
}
# A body with `dashcards` and no `tabs` removes every tab, and the cards on it.
_OF_DASHBOARD: _Asked = {
    "collection": ("collection_id",),
    # Cards name parameters by id.
    "parameters": ("parameters", "tabs", "dashcards"),
    "order_of_parameters": ("parameters",),
    "tabs": ("tabs", "dashcards"),
    "cards": ("tabs", "dashcards"),
}
_ASKED: dict[Kind, _Asked] = {
    "collection": _OF_COLLECTION,
    "question": _OF_QUESTION,
    "dashboard": _OF_DASHBOARD,
}


def collection_body(view: View, ids: Ids) -> Body:
    """For `POST` and `PUT /api/collection`."""
    parent = view["parent"]
    return {
        "name": view["name"],
        "description": view["description"],
        "parent_id": None if parent is None else ids.collections[parent],
    }


def question_body(question: Question, view: View, ids: Ids) -> Body:
    """For `POST` and `PUT /api/card`, with the query as MBQL 4, which version 58 takes and gives back."""
    return {
        "name": view["name"],
        "description": view["description"],
        "collection_id": ids.collections[question.collection],
        "dashboard_id": None,
        "type": "question",
        "display": view["display"],
        "visualization_settings": with_ids(view["visualization_settings"], ids),
        "parameters": [_question_parameter(question.key, tag) for tag in question.tags],
        "dataset_query": {
            "type": "native",
            "database": ids.database,
            "native": {
                "query": question.sql,
                "template-tags": {tag.name: _template_tag(question.key, tag, ids) for tag in question.tags},
            },
        },
    }


def dashboard_head(dashboard: Dashboard, view: View, ids: Ids) -> Body:
    """For `POST /api/dashboard`, which takes neither tabs nor cards."""
    return {
        "name": view["name"],
        "description": view["description"],
        "collection_id": ids.collections[dashboard.collection],
        "parameters": [_dashboard_parameter(dashboard.key, found) for found in dashboard.parameters],
    }


def dashboard_body(
    dashboard: Dashboard, view: View, content: Content, ids: Ids, stored: Stored | None
) -> Body:
    """For `PUT /api/dashboard/{id}`. Tabs and cards that `stored` has keep their ids."""
    layout = _layout(dashboard, view, content, ids, stored or {})
    return {**dashboard_head(dashboard, view, ids), **layout}


def only(kind: Kind, body: Body, differing: Some[str]) -> Body:
    """The keys of a body that the differing keys of a view ask for."""
    asked = _ASKED[kind]
    keys = {key for name in differing for key in asked.get(name, (name,))}
    return {key: value for key, value in body.items() if key in keys}


def _template_tag(question: str, tag: Tag, ids: Ids) -> Body:
    body: Body = {
        "id": tag_id(question, tag.name),
        "name": tag.name,
        "display-name": tag.label,
        "type": template_type(tag),
    }
    if tag.field:
        body["dimension"] = ["field", ids.field_id(tag.field), None]
        body["widget-type"] = tag.type
    if tag.default is not None:
        body["default"] = _plain(tag.default)
    return body


def _question_parameter(question: str, tag: Tag) -> Body:
    body: Body = {
        "id": tag_id(question, tag.name),
        "type": tag.type,
        "target": target_of(tag),
        "name": tag.label,
        "slug": tag.name,
    }
    return body if tag.default is None else {**body, "default": _plain(tag.default)}


def _dashboard_parameter(dashboard: str, parameter: Parameter) -> Body:
    body: Body = {
        "id": parameter_id(dashboard, parameter.slug),
        "type": parameter.type,
        "name": parameter.name,
        "slug": parameter.slug,
        "sectionId": parameter.type.split("/")[0],
    }
    return body if parameter.default is None else {**body, "default": _plain(parameter.default)}


def _layout(dashboard: Dashboard, view: View, content: Content, ids: Ids, stored: Stored) -> Body:
    """`tabs` and `dashcards`, which a server replaces as a whole."""
    tab_ids = _tab_ids(dashboard, in_order(stored))
    placed = [
        (tab_id, card)
        for tab_id, tab in zip(tab_ids, dashboard.tabs, strict=True)
        for card in in_reading_order(tab)
    ]
    card_ids = _card_ids(placed, stored, ids)
    settings = [found.get("visualization_settings", {}) for found in view["cards"].values()]
    dashcards = [
        {
            "id": card_id,
            "card_id": None if card.question is None else ids.questions[card.question],
            "dashboard_tab_id": tab_id,
            "row": card.row,
            "col": card.col,
            "size_x": card.size_x,
            "size_y": card.size_y,
            "parameter_mappings": _mappings(dashboard.key, card, content, ids),
            "visualization_settings": {**with_ids(found, ids), **_text(card)},
            "series": [],
        }
        for (tab_id, card), card_id, found in zip(placed, card_ids, settings, strict=True)
    ]
    tabs = [{"id": tab_id, "name": tab.name} for tab_id, tab in zip(tab_ids, dashboard.tabs, strict=True)]
    return {"tabs": tabs, "dashcards": dashcards}


def _tab_ids(dashboard: Dashboard, there: list[dict[str, Any]]) -> list[int]:
    """A tab keeps the id of the one of its name, or else of the one at its place whose name is gone."""
    names = [tab.name for tab in dashboard.tabs]
    by_name = {tab["name"]: int(tab["id"]) for tab in reversed(there)}
    by_place = {place: int(tab["id"]) for place, tab in enumerate(there) if tab["name"] not in names}
    return [
        by_name[name] if name in by_name else by_place.get(place, -1 - place)
        for place, name in enumerate(names)
    ]


def _card_ids(placed: list[tuple[int, Card]], stored: Stored, ids: Ids) -> list[int]:
    """A card keeps the id of the nearest one there: its question at its place, in its tab, or anywhere."""
    tabs = [int(tab["id"]) for tab in in_order(stored)]
    free = [card for tab_id in [*tabs, None] for card in dashcards_of(stored, tab_id)]
    found: dict[int, int] = {}
    for nearness in range(3):
        for number, (tab_id, card) in enumerate(placed):
            if number in found:
                continue
            same = (c for c in free if _is_same(c, card, tab_id, nearness, ids))
            match = next(same, None)
            if match is not None:
                free.remove(match)
                found[number] = int(match["id"])
    return [found.get(number, -1 - number) for number in range(len(placed))]


def _is_same(there: Stored, card: Card, tab_id: int, nearness: int, ids: Ids) -> bool:
    if question_of(there, ids) != card.question:
        return False
    is_in_tab = there.get("dashboard_tab_id") == tab_id
    return (is_in_tab and (there["row"], there["col"]) == (card.row, card.col), is_in_tab, True)[nearness]


def _mappings(dashboard: str, card: Card, content: Content, ids: Ids) -> list[Body]:
    if card.question is None:
        return [
            {"parameter_id": parameter_id(dashboard, slug), "target": ["text-tag", tag]}
            for slug, tag in card.parameters.items()
        ]
    question = content.questions[card.question]
    place = file_of("dashboard", dashboard)
    return [
        {
            "parameter_id": parameter_id(dashboard, slug),
            "card_id": ids.questions[card.question],
            "target": target_of(tag_named(question, tag, place)),
        }
        for slug, tag in card.parameters.items()
    ]


def _text(card: Card) -> Body:
    """What makes a card one of text: Metabase keeps it in the settings of a card that does not exist."""
    if card.text is None:
        return {}
    virtual: Body = {
        "name": None,
        "display": "text",
        "visualization_settings": {},
        "dataset_query": {},
        "archived": False,
    }
    return {"virtual_card": virtual, "text": card.text}


def _plain(default: Any) -> Any:
    return list(default) if isinstance(default, tuple) else default
