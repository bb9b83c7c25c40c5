"""A place in a YAML file of the registry, and the mistakes that can stand there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from ingest.errors import SettingsError


class RegistryError(SettingsError):
    """A mistake in the telemetry registry; the message names file, place and fix. Exit code 2."""


@dataclass(frozen=True)
class Entry:
    """What stands at `place` of `file`, such as `groups[0].attributes[2].type`; '' is all of the file."""

    file: str
    place: str
    content: Any

    def error(self, wrong: str, fix: str) -> RegistryError:
        """A sentence that names file, place, mistake and fix."""
        where = f"{self.file}, {self.place}" if self.place else self.file
        return RegistryError(f"{where}: {wrong}; {fix}.")

    def mapping(self) -> Entry:
        """Itself. Raises RegistryError where it is no mapping."""
        if not isinstance(self.content, Mapping):
            raise self.error(f"this is {_kind(self.content)}", "write names with values")
        return self

    def allow(self, *names: str) -> None:
        """Raise RegistryError for a member of another name."""
        for name in self.mapping().content:
            if name not in names:
                raise self.error(f"there is no {name!r} here", f"write one of {', '.join(names)}")

    def has(self, name: str) -> bool:
        """Whether there is such a member, null ones aside."""
        return self.mapping().content.get(name) is not None

    def member(self, name: str) -> Entry:
        """The member of that name. Raises RegistryError where there is none."""
        if not self.has(name):
            raise self.error(f"{name} is missing", f"write `{name}:` here")
        return Entry(self.file, f"{self.place}.{name}" if self.place else name, self.content[name])

    def items(self) -> list[Entry]:
        """The entries of a list."""
        if not isinstance(self.content, list):
            raise self.error(f"this is {_kind(self.content)}", "write a list")
        return [Entry(self.file, f"{self.place}[{i}]", each) for i, each in enumerate(self.content)]

    def text(self, form: re.Pattern[str] | None = None, told: str = "") -> str:
        """Text that is not empty, of the form asked for."""
        if not isinstance(self.content, str) or not self.content.strip():
            raise self.error(f"this is {_kind(self.content)}", "write text, in quotes where need be")
        if form is not None and not form.fullmatch(self.content):
            raise self.error(f"{self.content!r} is no such name", f"write {told}")
        return self.content.strip()

    def texts(self, allowed: Sequence[str] = ()) -> tuple[str, ...]:
        """A list of texts, each once and of those allowed."""
        found = [each.one_of(allowed) if allowed else each.text() for each in self.items()]
        if not found:
            raise self.error("this list is empty", "name at least one")
        unique(self, found)
        return tuple(found)

    def one_of(self, allowed: Sequence[str]) -> str:
        """One of the texts allowed."""
        if self.content not in allowed:
            raise self.error(f"{self.content!r} stands here", f"write one of {', '.join(allowed)}")
        return str(self.content)

    def scalar(self) -> Any:
        """Text, number or true or false."""
        if not isinstance(self.content, str | int | float | bool):
            raise self.error(f"this is {_kind(self.content)}", "write one value")
        return self.content

    def day(self) -> date:
        """A UTC day."""
        day: object = self.content
        if isinstance(day, datetime) or not isinstance(day, date):
            raise self.error(f"{day!r} is no day", "write a UTC day such as 2026-01-31")
        return day


def unique(entry: Entry, values: Sequence[object]) -> None:
    """Raise RegistryError where a value stands twice."""
    for value in values:
        if values.count(value) > 1:
            raise entry.error(f"{value!r} stands twice", "leave one out")


def _kind(content: object) -> str:
    if isinstance(content, Mapping):
        return "a mapping"
    return "a list" if isinstance(content, list) else "empty" if content in (None, "") else f"{content!r}"
