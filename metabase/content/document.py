"""YAML as plain values that still know their lines, and a way to take them apart without stopping.

Whatever has the wrong shape becomes a `Problem`; the reader goes on with an empty value, so that one look
at a file finds everything that is wrong with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from metabase.content.problems import Problem

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Document:
    """One file below `metabase/`: its YAML as plain values, and the line of every key and item.

    `value` is null when the file is no YAML.
    """

    file: str
    value: Any
    lines: Mapping[Path, int]

    def line(self, *path: str | int) -> int:
        """The line of what stands at `path`, or of the nearest thing around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read_yaml(file: str, text: str, problems: list[Problem], *, first_line: int = 1) -> Document:
    """The YAML `text` that begins at `first_line` of `file`; a key that stands twice is a problem."""
    lines: dict[Path, int] = {(): first_line}
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = first_line + (error.problem_mark.line if error.problem_mark else 0)
        problems.append(Problem(file, line, f"This is no YAML: {error.problem}."))
        return Document(file, None, lines)

    def plain(node: yaml.Node, path: Path) -> Any:
        lines.setdefault(path, first_line + node.start_mark.line)
        if isinstance(node, yaml.MappingNode):
            found: dict[str, Any] = {}
            for key_node, value_node in node.value:
                key = str(key_node.value)
                line = first_line + key_node.start_mark.line
                if key in found:
                    problems.append(Problem(file, line, f"The key {key} stands here a second time."))
                lines[(*path, key)] = line
                found[key] = plain(value_node, (*path, key))
            return found
        if isinstance(node, yaml.SequenceNode):
            return [plain(item, (*path, number)) for number, item in enumerate(node.value)]
        return yaml.constructor.SafeConstructor().construct_object(node)

    return Document(file, {} if node is None else plain(node, ()), lines)


@dataclass(frozen=True)
class Part:
    """One mapping of a document. Each method notes a problem and gives an empty value when it must."""

    document: Document
    problems: list[Problem]
    path: Path = ()
    value: Mapping[str, Any] = field(default_factory=dict)

    def note(self, sentence: str, *path: str | int) -> None:
        """Note that something at `path` below this part is wrong."""
        line = self.document.line(*self.path, *path)
        self.problems.append(Problem(self.document.file, line, sentence))

    def keys(self, *, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> None:
        """Note each key that is missing, and each that nobody reads."""
        where = f" in {'.'.join(str(step) for step in self.path)}" if self.path else ""
        for key in self.value:
            if key not in (*required, *optional):
                known = ", ".join((*required, *optional))
                self.note(f"There is no key {key}{where}; there may be {known}.", key)
        for key in required:
            if key not in self.value:
                self.note(f"The key {key} is missing{where}.")

    def text(self, key: str) -> str:
        """A text that is not empty, its line breaks as spaces."""
        found = self.value.get(key)
        if key in self.value and not (isinstance(found, str) and found.strip()):
            self.note(f"{key} must be text.", key)
        return " ".join(found.split()) if isinstance(found, str) else ""

    def integer(self, key: str) -> int:
        """A whole number that is not negative."""
        found = self.value.get(key)
        if isinstance(found, int) and not isinstance(found, bool) and found >= 0:
            return found
        if key in self.value:
            self.note(f"{key} must be a whole number, 0 or more.", key)
        return 0

    def boolean(self, key: str) -> bool:
        """true or false; false when it is absent."""
        found = self.value.get(key, False)
        if not isinstance(found, bool):
            self.note(f"{key} must be true or false.", key)
        return found is True

    def mapping(self, key: str) -> Mapping[str, Any]:
        """A mapping of anything; empty when it is absent."""
        found = self.value.get(key, {})
        if not isinstance(found, dict):
            self.note(f"{key} must be a mapping.", key)
            return {}
        return found

    def names(self, key: str) -> Mapping[str, str]:
        """A mapping of text to text; empty when it is absent."""
        found = self.mapping(key)
        for name, value in found.items():
            if not isinstance(value, str):
                self.note(f"{key}.{name} must be text.", key, name)
        return {name: value for name, value in found.items() if isinstance(value, str)}

    def parts(self, key: str) -> Iterator[tuple[str, Part]]:
        """The mappings in a mapping or a list, each with its key or its number."""
        found = self.value.get(key, {})
        if not isinstance(found, dict | list):
            self.note(f"{key} must be a mapping or a list.", key)
            return
        items = enumerate(found) if isinstance(found, list) else found.items()
        for name, value in items:
            if isinstance(value, dict):
                yield str(name), Part(self.document, self.problems, (*self.path, key, name), value)
            else:
                self.note(f"{key}.{name} must be a mapping.", key, name)


def whole(document: Document, problems: list[Problem]) -> Part:
    """All of a document, which must be a mapping; nothing more is noted of what is no YAML."""
    if document.value is None:
        return Part(document, [])
    if isinstance(document.value, dict):
        return Part(document, problems, (), document.value)
    problems.append(Problem(document.file, document.line(), "This file must be a mapping of keys to values."))
    return Part(document, problems)
