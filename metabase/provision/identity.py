"""How a managed object is known again: a line of its description that names the file it comes from."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Literal

Kind = Literal["collection", "question", "dashboard"]

_FILES: dict[Kind, str] = {
    "collection": "collections.yml, {key}",
    "question": "questions/{key}.sql",
    "dashboard": "dashboards/{key}.yml",
}
_MARKER = re.compile(
    r"^Managed by Tracehouse: "
    r"(?:collections\.yml, (?P<collection>\w+)|questions/(?P<question>\w+)\.sql"
    r"|dashboards/(?P<dashboard>\w+)\.yml)"
    r"\. Edits here are overwritten\.$",
    re.MULTILINE,
)
DATABASE_MARKER = "Managed by Tracehouse: settings METABASE_DB_*. Edits here are overwritten."


def file_of(kind: Kind, key: str) -> str:
    """Where a person edits it, such as `questions/cost_by_model.sql`."""
    return _FILES[kind].format(key=key)


def marked(kind: Kind, key: str, description: str) -> str:
    """The description with the line that makes it a managed object."""
    line = f"Managed by Tracehouse: {file_of(kind, key)}. Edits here are overwritten."
    return f"{description.strip()}\n\n{line}"


def key_of(kind: Kind, description: str | None) -> str | None:
    """The key of the managed object that has this description; null when it is nobody's or another kind's."""
    found = _MARKER.search(description or "")
    return found.group(kind) if found else None


def managed(kind: Kind, objects: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The managed ones among the server's objects, by key, archived ones included.

    A copy that a person made has the same line as its original; the original is the one with the lowest
    id, and the copy stays theirs.
    """
    found: dict[str, dict[str, Any]] = {}
    for item in sorted(objects, key=lambda item: int(item["id"])):
        key = key_of(kind, item.get("description"))
        if key is not None:
            found.setdefault(key, item)
    return found
