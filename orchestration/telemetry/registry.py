"""The terms of the registry: attributes, the agents that send them, and the groups that agents share.

Source: open-telemetry/weaver, schemas/semconv-syntax.md, which has no agents, no personal data and no days.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

STANDARD = "standard"

REQUIREMENT_LEVELS = ("required", "recommended", "opt_in")
PERSONAL_DATA = ("none", "pseudonymous", "personal", "sensitive")
SPAN_KINDS = ("internal", "server", "client", "producer", "consumer")
# Type to the kinds of value that are stored for it (ingest.schema). A whole double may come as an int.
STORED_AS: Mapping[str, tuple[str, ...]] = {
    "string": ("string",),
    "int": ("int",),
    "double": ("double", "int"),
    "boolean": ("bool",),
    "string[]": ("array",),
    "int[]": ("array",),
    "double[]": ("array",),
    "boolean[]": ("array",),
    "any": ("string", "int", "double", "bool", "bytes", "array", "kvlist"),
}


def file_of(agent: str) -> str:
    """The file name for an agent: its name, with `-` for what not every file system takes."""
    return re.sub(r"[^A-Za-z0-9_.\-]+", "-", agent) + ".yml"


@dataclass(frozen=True)
class Attribute:
    """One attribute as declared for the UTC days `valid_from <= day < valid_to`; null has no end.

    `type` is one of `STORED_AS`; `members` are the values allowed, empty for any. A template stands for every
    name that begins with its own and a dot. `applies_to` tells the spans that are asked for it: `*` all,
    `operation` those with a GenAI operation, else those of the operation named.
    """

    name: str
    type: str
    members: tuple[str | int, ...]
    is_template: bool
    requirement_level: str
    personal_data: str
    applies_to: str
    brief: str
    examples: tuple[Any, ...]
    valid_from: date
    valid_to: date | None

    @property
    def stored_as(self) -> tuple[str, ...]:
        """The kinds of value that are right for it."""
        return STORED_AS[self.type]

    @property
    def told_type(self) -> str:
        """The type as people read it."""
        told = f"enum of {self.type}" if self.members else self.type
        return f"template[{told}]" if self.is_template else told

    def is_valid(self, on: date) -> bool:
        """Whether it is in force on a UTC day."""
        return self.valid_from <= on and (self.valid_to is None or on < self.valid_to)

    def is_asked_of(self, operation: str | None) -> bool:
        """Whether a span of this operation (null for none) should have it."""
        return self.applies_to in ("*", operation) or (
            self.applies_to == "operation" and operation is not None
        )


@dataclass(frozen=True)
class Agent:
    """What one agent sends while `valid_from <= day < valid_to` (UTC days; null has no end).

    `operations` are OpenTelemetry's names of GenAI operations, `span_kinds` are lower case. `attributes` hold
    one entry for each period of an attribute, the inherited ones among them.
    """

    name: str
    owner: str
    services: tuple[str, ...]
    span_kinds: tuple[str, ...]
    operations: tuple[str, ...]
    valid_from: date
    valid_to: date | None
    attributes: tuple[Attribute, ...]

    def is_valid(self, on: date) -> bool:
        """Whether the agent is registered on a UTC day."""
        return self.valid_from <= on and (self.valid_to is None or on < self.valid_to)

    def in_force(self, on: date) -> dict[str, Attribute]:
        """Its attributes of a UTC day by name, templates aside."""
        return {each.name: each for each in self.attributes if each.is_valid(on) and not each.is_template}

    def templates(self, on: date) -> list[Attribute]:
        """Its templates of a UTC day."""
        return [each for each in self.attributes if each.is_valid(on) and each.is_template]


@dataclass(frozen=True)
class Registry:
    """All agents by name, and the groups that they share, with all that these extend, by id."""

    agents: Mapping[str, Agent]
    groups: Mapping[str, tuple[Attribute, ...]]

    @property
    def standard(self) -> tuple[Attribute, ...]:
        """The attributes that every sender is asked for, in the order written."""
        return self.groups[STANDARD]
