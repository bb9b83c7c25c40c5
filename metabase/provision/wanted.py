"""What the files mean, as views: plain maps in the words of people, without an id of any server.

`seen` makes the same views of what a server holds; a plan, and every read-back, compares the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from metabase.content.model import Card, Collection, Content, Dashboard, Field, Parameter, Question, Tab, Tag
from metabase.provision.compare import tidy
from metabase.provision.errors import BadContentError
from metabase.provision.identity import file_of, marked
from metabase.provision.ids import parameter_id
from metabase.provision.links import spelled_out, with_links_of, without_links

View = dict[str, Any]

# What a template tag that is a variable may be, by the first word of its parameter's type.
_VARIABLES = {"date": "date", "number": "number", "boolean": "boolean"}


def wanted_collection(collection: Collection) -> View:
    """Name, description and the parent's key."""
    return {
        "name": collection.name,
        "description": marked("collection", collection.key, collection.description),
        "parent": collection.parent,
    }


def wanted_question(question: Question, content: Content, database: str) -> View:
    """A saved SQL question of the connection `database`."""
    place = file_of("question", question.key)
    _known(question.collection, content.collections, place, "collection")
    return {
        "name": question.name,
        "description": marked("question", question.key, question.description),
        "collection": question.collection,
        "database": database,
        "display": question.display,
        "sql": question.sql,
        "tags": {tag.name: _tag(tag) for tag in question.tags},
        "visualization_settings": tidy(without_links(question.visualization_settings)),
    }


def wanted_dashboard(dashboard: Dashboard, content: Content) -> View:
    """Parameters, tabs and cards; each card by its tab, its question and its turn there."""
    place = file_of("dashboard", dashboard.key)
    _known(dashboard.collection, content.collections, place, "collection")
    slugs = [parameter.slug for parameter in dashboard.parameters]
    _each_once(slugs, place, "parameter")
    _each_once([tab.name for tab in dashboard.tabs], place, "tab")
    cards: View = {}
    for tab in dashboard.tabs:
        ordered = in_reading_order(tab)
        labels = card_labels(tab.name, [card.question for card in ordered])
        for label, card in zip(labels, ordered, strict=True):
            cards[label] = _card(card, content, dashboard.key, slugs)
    return {
        "name": dashboard.name,
        "description": marked("dashboard", dashboard.key, dashboard.description),
        "collection": dashboard.collection,
        "parameters": {found.slug: _parameter(dashboard.key, found) for found in dashboard.parameters},
        "order_of_parameters": slugs,
        "tabs": [tab.name for tab in dashboard.tabs],
        "cards": cards,
    }


def in_reading_order(tab: Tab) -> list[Card]:
    """The cards of a tab from top to bottom, each row from left to right."""
    return sorted(tab.cards, key=lambda card: (card.row, card.col))


def card_labels(tab: str, questions: Iterable[str | None]) -> list[str]:
    """A name for each card of a tab, such as `Overview: cost_by_model`, `… 2` when it stands there again."""
    counts: dict[str, int] = {}
    labels = []
    for question in questions:
        name = question or "text"
        counts[name] = counts.get(name, 0) + 1
        labels.append(f"{tab}: {name}" + (f" {counts[name]}" if counts[name] > 1 else ""))
    return labels


def template_type(tag: Tag) -> str:
    """The type of a template tag: a field filter is a `dimension`, a variable has one of four types."""
    if tag.field:
        return "dimension"
    return _VARIABLES.get(tag.type.split("/")[0], "text")


def target_of(tag: Tag) -> list[Any]:
    """What a parameter sets when it sets this tag."""
    return ["dimension" if tag.field else "variable", ["template-tag", tag.name]]


def needed_fields(content: Content) -> dict[Field, str]:
    """Every column that a field filter is on, with the first file that names it."""
    needed: dict[Field, str] = {}
    for question in content.questions.values():
        for tag in question.tags:
            if tag.field:
                needed.setdefault(tag.field, file_of("question", question.key))
    return needed


def tag_named(question: Question, name: str, place: str) -> Tag:
    """Raises BadContentError, naming the dashboard's file, when the question has no such tag."""
    for tag in question.tags:
        if tag.name == name:
            return tag
    raise BadContentError(
        f"{place} sets the tag {name!r} of {file_of('question', question.key)}, which has none."
    )


def _tag(tag: Tag) -> View:
    view = {
        "label": tag.label,
        "type": tag.type if tag.field else template_type(tag),
        "field": ".".join(tag.field) if tag.field else None,
        "default": tag.default,
    }
    return dict(tidy(view))


def _parameter(dashboard: str, parameter: Parameter) -> View:
    view = {
        "id": parameter_id(dashboard, parameter.slug),
        "name": parameter.name,
        "type": parameter.type,
        "default": parameter.default,
    }
    return dict(tidy(view))


def _card(card: Card, content: Content, dashboard: str, slugs: list[str]) -> View:
    place = file_of("dashboard", dashboard)
    for slug in card.parameters:
        _known(slug, slugs, place, "parameter")
    settings = card.visualization_settings
    if card.question is not None:
        _known(card.question, content.questions, place, "question")
        question = content.questions[card.question]
        settings = with_links_of(question.visualization_settings, settings)
        targets = {slug: target_of(tag_named(question, tag, place)) for slug, tag in card.parameters.items()}
    else:
        targets = {slug: ["text-tag", tag] for slug, tag in card.parameters.items()}
    view = {
        "question": card.question,
        "text": card.text,
        "row": card.row,
        "col": card.col,
        "size_x": card.size_x,
        "size_y": card.size_y,
        "parameters": targets,
        "visualization_settings": spelled_out(settings, content, place, dashboard),
    }
    return dict(tidy(view))


def _each_once(names: list[str], place: str, kind: str) -> None:
    for name in names:
        if names.count(name) > 1:
            raise BadContentError(f"{place} has two of the {kind} {name!r}; give each a name of its own.")


def _known(name: str, there: Iterable[str] | Mapping[str, Any], place: str, kind: str) -> None:
    if name not in there:
        raise BadContentError(f"{place} names the {kind} {name!r}, and there is none of that name.")
