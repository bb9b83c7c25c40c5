"""What a server holds, as the views of `wanted`: ids become names, and what a server adds is left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from metabase.provision.compare import tidy
from metabase.provision.ids import Ids, name_of, tag_id
from metabase.provision.links import with_keys
from metabase.provision.wanted import View, card_labels

Stored = Mapping[str, Any]


def parent_of(collection: Stored) -> int | None:
    """The id of the collection around it, from its path such as `/3/8/`; null at the top."""
    steps = [step for step in str(collection.get("location") or "/").split("/") if step]
    return int(steps[-1]) if steps else None


def seen_collection(stored: Stored, ids: Ids) -> View:
    """Of `GET /api/collection` or `GET /api/collection/{id}`."""
    return {
        "name": stored["name"],
        "description": stored.get("description"),
        "parent": name_of(ids.collections, parent_of(stored)),
    }


def seen_question(key: str, stored: Stored, ids: Ids, database: str) -> View:
    """Of `GET /api/card/{id}?legacy-mbql=true`; a query that is empty or no SQL has no `sql`."""
    query = stored.get("dataset_query") or {}
    native = query.get("native") or {}
    # One that somebody moved into a dashboard lives and dies with its card there, and no other may show it.
    moved = {} if stored.get("dashboard_id") is None else {"dashboard": f"#{stored['dashboard_id']}"}
    return {
        **moved,
        "name": stored["name"],
        "description": stored.get("description"),
        "collection": name_of(ids.collections, stored.get("collection_id")),
        "database": database if query.get("database") == ids.database else f"#{query.get('database')}",
        "display": stored.get("display"),
        "sql": native.get("query"),
        "tags": {
            name: _tag(key, name, tag, ids) for name, tag in (native.get("template-tags") or {}).items()
        },
        "visualization_settings": tidy(with_keys(stored.get("visualization_settings") or {}, ids)),
    }


def seen_dashboard(stored: Stored, ids: Ids) -> View:
    """Of `GET /api/dashboard/{id}`."""
    parameters = stored.get("parameters") or []
    slugs = {found["id"]: found.get("slug") or f"#{found['id']}" for found in parameters}
    tabs = in_order(stored)
    cards: View = {}
    for tab_id, name in [*((tab["id"], tab["name"]) for tab in tabs), (None, "no tab")]:
        placed = dashcards_of(stored, tab_id)
        labels = card_labels(name, [question_of(card, ids) for card in placed])
        for label, card in zip(labels, placed, strict=True):
            cards[label] = _card(card, slugs, ids)
    return {
        "name": stored["name"],
        "description": stored.get("description"),
        "collection": name_of(ids.collections, stored.get("collection_id")),
        "parameters": {slugs[found["id"]]: _parameter(found) for found in parameters},
        "order_of_parameters": [slugs[found["id"]] for found in parameters],
        "tabs": [tab["name"] for tab in tabs],
        "cards": cards,
    }


def in_order(stored: Stored) -> list[dict[str, Any]]:
    """The tabs of a dashboard from left to right."""
    return sorted(stored.get("tabs") or [], key=lambda tab: int(tab.get("position") or 0))


def dashcards_of(stored: Stored, tab_id: int | None) -> list[dict[str, Any]]:
    """The cards of one tab, in reading order; with null, those outside of every tab."""
    placed = [card for card in stored.get("dashcards") or [] if card.get("dashboard_tab_id") == tab_id]
    return sorted(placed, key=lambda card: (card["row"], card["col"], card["id"]))


def question_of(dashcard: Stored, ids: Ids) -> str | None:
    """The key of the question on a card; null on a card of text."""
    return name_of(ids.questions, dashcard.get("card_id"))


def _tag(question: str, name: str, tag: Stored, ids: Ids) -> View:
    view: View = {
        "label": tag.get("display-name"),
        "type": tag.get("type"),
        "field": None,
        "default": tag.get("default"),
    }
    if tag.get("type") == "dimension":
        # ["field", 12, {…}]: the server may add what it knows of the column.
        reference = tag.get("dimension") or [None, None]
        view["type"] = tag.get("widget-type")
        view["field"] = ids.column_of(reference[1])
    if tag.get("id") != tag_id(question, name):
        view["id"] = tag.get("id")
    return dict(tidy(view))


def _parameter(stored: Stored) -> View:
    return dict(tidy({key: stored.get(key) for key in ("id", "name", "type", "default")}))


def _card(dashcard: Stored, slugs: Mapping[str, str], ids: Ids) -> View:
    question = question_of(dashcard, ids)
    settings = dict(dashcard.get("visualization_settings") or {})
    text = None
    if question is None:
        settings.pop("virtual_card", None)
        text = settings.pop("text", None)
    view = {
        "question": question,
        "text": text,
        **{key: dashcard[key] for key in ("row", "col", "size_x", "size_y")},
        "parameters": {
            slugs.get(found["parameter_id"], f"#{found['parameter_id']}"): _target(found, dashcard)
            for found in dashcard.get("parameter_mappings") or []
        },
        "visualization_settings": with_keys(settings, ids),
        # Questions that somebody laid over this one; no file says any.
        "series": [name_of(ids.questions, found["id"]) for found in dashcard.get("series") or []],
    }
    return dict(tidy(view))


def _target(mapping: Stored, dashcard: Stored) -> Any:
    """Kind and name of a target, without the options that a server adds behind them."""
    kind, name = mapping["target"][:2]
    if mapping.get("card_id") not in (None, dashcard.get("card_id")):
        return ["card", mapping["card_id"], kind, name]
    return [kind, name[:2] if isinstance(name, list) else name]
