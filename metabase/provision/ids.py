"""Names in files to ids on one server, and back. Ids that stay the same on every server are made here."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, field

from metabase.content.model import Field
from metabase.provision.errors import BadContentError

_TAGS = uuid.uuid5(uuid.NAMESPACE_URL, "tracehouse:template-tags")


@dataclass
class Ids:
    """What is known of the server so far; apply adds to it as it creates. `database` null: not made yet."""

    database: int | None = None
    fields: dict[Field, int] = field(default_factory=dict)
    groups: dict[str, int] = field(default_factory=dict)
    collections: dict[str, int] = field(default_factory=dict)
    questions: dict[str, int] = field(default_factory=dict)
    dashboards: dict[str, int] = field(default_factory=dict)

    def field_id(self, column: Field) -> int:
        """Raises BadContentError when the connection has no such column."""
        try:
            return self.fields[column]
        except KeyError:
            raise BadContentError(
                f"Metabase knows no column {'.'.join(column)}; publish a release with it, then apply again."
            ) from None

    def column_of(self, field_id: int | None) -> str:
        """Schema, table and column with dots; `#` and the id itself for one that is not known."""
        found = (column for column, known in self.fields.items() if known == field_id)
        return ".".join(next(found, (f"#{field_id}",)))


def tag_id(question: str, tag: str) -> str:
    """The id of a template tag and of the parameter of a question that sets it: a UUID."""
    return str(uuid.uuid5(_TAGS, f"{question}/{tag}"))


def parameter_id(dashboard: str, slug: str) -> str:
    """The id of a dashboard's parameter: eight hexadecimal digits, as Metabase's own editor makes them.

    It follows from the names alone, so that links of other dashboards and people's bookmarks stay right.
    """
    return hashlib.sha256(f"{dashboard}/{slug}".encode()).hexdigest()[:8]


def name_of(ids: dict[str, int], wanted: int | None) -> str | None:
    """The key of an id; `#` and the id itself for one that is not managed; null for null."""
    if wanted is None:
        return None
    return next((key for key, found in ids.items() if found == wanted), f"#{wanted}")
