"""Links between dashboards in visualization settings: by key in files, by id on a server.

A link that a question's file has is put on every card that shows the question: Metabase's editor keeps links
on cards, and a question is made before the dashboards that it leads to.

In a file, a `click_behavior` of `linkType` `dashboard` or `question` has the key of the target as its
`targetId`. The keys of a dashboard link's `parameterMapping` are slugs of the target's parameters; each has
a `source` as Metabase writes it, of type `column`, or of type `parameter` with a slug of the dashboard
that the link stands on. Source: Metabase, frontend/src/metabase-types/api/click-behavior.ts.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Literal

from metabase.content.model import Content, Dashboard
from metabase.provision.errors import BadContentError
from metabase.provision.identity import file_of
from metabase.provision.ids import Ids, name_of, parameter_id

LinkKind = Literal["dashboard", "question"]


def without_links(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a question without its links to dashboards and questions."""
    kept = {key: value for key, value in _with_plain_columns(settings).items() if not _is_link(key, value)}
    if "column_settings" in kept:
        kept["column_settings"] = {
            column: {key: value for key, value in found.items() if not _is_link(key, value)}
            for column, found in kept["column_settings"].items()
        }
    return kept


def with_links_of(question: Mapping[str, Any], card: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a card, and the links of its question where the card has no click of its own."""
    question, card = _with_plain_columns(question), _with_plain_columns(card)
    links = {key: value for key, value in question.items() if _is_link(key, value)}
    columns = {column: dict(found) for column, found in card.get("column_settings", {}).items()}
    for column, found in question.get("column_settings", {}).items():
        for key, value in found.items():
            if _is_link(key, value):
                columns.setdefault(column, {}).setdefault(key, value)
    return {**links, **card, **({"column_settings": columns} if columns else {})}


def _is_link(key: str, value: Any) -> bool:
    return (
        key == "click_behavior"
        and isinstance(value, Mapping)
        and value.get("linkType") in ("dashboard", "question")
    )


def spelled_out(settings: Mapping[str, Any], content: Content, place: str, own: str) -> Any:
    """The settings of a file with every link written in full, its target still a key.

    `place` is the file, for messages; `own` the key of the dashboard that the card stands on.

    Raises BadContentError when a link leads nowhere.
    """

    def spell(link: dict[str, Any], kind: LinkKind) -> dict[str, Any]:
        target = link["targetId"]
        there = content.dashboards if kind == "dashboard" else content.questions
        if target not in there:
            raise BadContentError(f"{place} links to {kind} {target!r}, and there is no such file.")
        if kind == "question" or "parameterMapping" not in link:
            return link
        dashboard = content.dashboards[target]
        mapping = {}
        for slug, found in link["parameterMapping"].items():
            _known(dashboard, slug, place)
            target_id = parameter_id(target, slug)
            source = dict(found["source"])
            if source.get("type") == "parameter":
                _known(content.dashboards[own], source["id"], place)
                source["id"] = parameter_id(own, source["id"])
            mapping[target_id] = {
                "id": target_id,
                "source": source,
                "target": {"type": "parameter", "id": target_id},
            }
        return {**link, "parameterMapping": mapping}

    return _walk(_with_plain_columns(settings), spell)


def with_ids(settings: Any, ids: Ids) -> Any:
    """What `spelled_out` gave, for the server: each target by its id."""

    def resolve(link: dict[str, Any], kind: LinkKind) -> dict[str, Any]:
        known = ids.dashboards if kind == "dashboard" else ids.questions
        return {**link, "targetId": known[link["targetId"]]}

    return _walk(settings, resolve)


def with_keys(settings: Any, ids: Ids) -> Any:
    """The server's settings with each target by its key, the reverse of `with_ids`."""

    def name(link: dict[str, Any], kind: LinkKind) -> dict[str, Any]:
        known = ids.dashboards if kind == "dashboard" else ids.questions
        target = link["targetId"]
        return {**link, "targetId": name_of(known, target) if isinstance(target, int) else target}

    return _walk(_with_plain_columns(settings), name)


def _walk(value: Any, change: Callable[[dict[str, Any], LinkKind], dict[str, Any]]) -> Any:
    if isinstance(value, Mapping):
        found = {key: _walk(item, change) for key, item in value.items()}
        kind = found.get("linkType")
        if kind in ("dashboard", "question") and "targetId" in found:
            return change(found, kind)
        return found
    if isinstance(value, list | tuple):
        return [_walk(item, change) for item in value]
    return value


def _with_plain_columns(settings: Mapping[str, Any]) -> dict[str, Any]:
    """`column_settings` has JSON for keys; spaces in them mean nothing."""
    columns = settings.get("column_settings")
    if not isinstance(columns, Mapping):
        return dict(settings)
    return {**settings, "column_settings": {_compact(key): value for key, value in columns.items()}}


def _compact(key: str) -> str:
    try:
        return json.dumps(json.loads(key), separators=(",", ":"), ensure_ascii=False)
    except ValueError:
        return key


def _known(dashboard: Dashboard, slug: str, place: str) -> None:
    if slug not in {parameter.slug for parameter in dashboard.parameters}:
        raise BadContentError(
            f"{place} links with a parameter {slug!r}, and {file_of('dashboard', dashboard.key)} has none of "
            "that name."
        )
