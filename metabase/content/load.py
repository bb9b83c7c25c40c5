"""The files of `metabase/` as values: `questions/*.sql`, `dashboards/*.yml` and `collections.yml`.

A question is SQL with a YAML head in a comment at its start; docs/dashboards.md shows every key. What is
read here is only whether each file has its shape; `metabase.content.check` asks whether they fit together.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from metabase.content.document import Document, Part, read_yaml, whole
from metabase.content.model import (
    Access,
    Card,
    Collection,
    Content,
    Dashboard,
    Field,
    Group,
    Parameter,
    Question,
    Tab,
    Tag,
)
from metabase.content.problems import Problem, error_of
from metabase.content.snippets import filled, names_of, read_snippets

FOLDER = Path(__file__).parents[1]
COLLECTIONS = "collections.yml"
GRID_WIDTH = 24

_HEAD = re.compile(r"\A/\*(.*?)\*/", re.DOTALL)
_KEY = re.compile(r"[a-z][a-z0-9_]*")
# What both a tag and a parameter may be, in Metabase's words.
TYPES = frozenset(
    [
        "date/all-options",
        "date/range",
        "date/single",
        "number/=",
        "number/>=",
        "number/<=",
        "number/between",
        "string/=",
        "string/!=",
        "string/contains",
        "boolean/=",
    ]
)
DISPLAYS = frozenset(
    [
        "area",
        "bar",
        "combo",
        "funnel",
        "gauge",
        "line",
        "pie",
        "pivot",
        "progress",
        "row",
        "scalar",
        "scatter",
        "smartscalar",
        "table",
        "waterfall",
    ]
)


@dataclass(frozen=True)
class Loaded:
    """What the files say, where each thing stands in them, and what is wrong with their shape.

    `documents` by file name below the folder. `sql_lines`: for each line of a question's SQL the line of its
    file, of which a snippet is one.
    With problems, `content` has empty values in the places of what could not be read.
    """

    content: Content
    documents: Mapping[str, Document]
    sql_lines: Mapping[str, tuple[int, ...]]
    problems: tuple[Problem, ...]


def load_content(folder: Path = FOLDER) -> Content:
    """Everything that is managed. Raises ContentError, a line for each problem, when a file has no shape."""
    loaded = read_content(folder)
    if loaded.problems:
        raise error_of(loaded.problems)
    return loaded.content


def read_content(folder: Path = FOLDER) -> Loaded:
    """Read all files below `folder` and note every problem of their shape."""
    problems: list[Problem] = []
    documents: dict[str, Document] = {}
    sql_lines: dict[str, tuple[int, ...]] = {}
    snippets, used = read_snippets(folder), set[str]()
    questions: dict[str, Question] = {}
    for file in sorted((folder / "questions").glob("*.sql")):
        name = f"questions/{file.name}"
        head, sql, line = _split(name, file.read_text(), problems)
        documents[name] = read_yaml(name, head, problems)
        used |= names_of(sql)
        sql, sql_lines[file.stem] = filled(name, sql, line, snippets, problems)
        questions[file.stem] = _question(file.stem, whole(documents[name], problems), sql)
    problems += (
        Problem(f"snippets/{name}.sql", 1, "No question names this snippet.")
        for name in snippets.keys() - used
    )
    dashboards: dict[str, Dashboard] = {}
    for file in sorted((folder / "dashboards").glob("*.yml")):
        name = f"dashboards/{file.name}"
        documents[name] = read_yaml(name, file.read_text(), problems)
        dashboards[file.stem] = _dashboard(file.stem, whole(documents[name], problems), questions)
    for folder_name, ending in (("questions", ".sql"), ("dashboards", ".yml")):
        problems += [
            Problem(f"{folder_name}/{file.name}", 1, f"Nobody reads this file; a name here ends in {ending}.")
            for file in sorted((folder / folder_name).glob("*"))
            if file.suffix != ending and not file.name.startswith(".")
        ]
    documents[COLLECTIONS] = read_yaml(COLLECTIONS, _text(folder / COLLECTIONS), problems)
    groups, collections = _collections(whole(documents[COLLECTIONS], problems))
    content = Content(groups, collections, questions, dashboards)
    return Loaded(content, documents, sql_lines, tuple(sorted(set(problems))))


def _text(file: Path) -> str:
    return file.read_text() if file.exists() else ""


def _split(name: str, text: str, problems: list[Problem]) -> tuple[str, str, int]:
    """The head, the SQL, and the line on which the SQL begins."""
    head = _HEAD.match(text)
    if head is None:
        problems.append(Problem(name, 1, "A question begins with a head of YAML in /* and */."))
        return "", text, 1
    rest = text[head.end() :]
    sql = rest.lstrip()
    line = 1 + text.count("\n", 0, len(text) - len(sql))
    if not sql:
        problems.append(Problem(name, line, "There is no SQL below the head."))
    return head.group(1), sql.rstrip(), line


def _question(key: str, part: Part, sql: str) -> Question:
    part.keys(
        required=("name", "description", "collection", "display"),
        optional=("parameters", "visualization_settings"),
    )
    _check_key(key, part)
    display = part.text("display")
    if display and display not in DISPLAYS:
        part.note(f"display {display} is none of {', '.join(sorted(DISPLAYS))}.", "display")
    return Question(
        key=key,
        name=part.text("name"),
        description=part.text("description"),
        collection=part.text("collection"),
        display=display,
        sql=sql,
        tags=tuple(_tag(name, tag) for name, tag in part.parts("parameters")),
        visualization_settings=part.mapping("visualization_settings"),
    )


def _tag(name: str, part: Part) -> Tag:
    part.keys(required=("label", "type"), optional=("field", "default"))
    return Tag(name, part.text("label"), _type(part), _field(part), _default(part))


def _type(part: Part) -> str:
    found = part.text("type")
    if found and found not in TYPES:
        part.note(f"type {found} is none of {', '.join(sorted(TYPES))}.", "type")
    return found


def _field(part: Part) -> Field | None:
    found = part.value.get("field")
    if found is None:
        return None
    if isinstance(found, list) and len(found) == 3 and all(isinstance(name, str) for name in found):
        return found[0], found[1], found[2]
    part.note("field must be a list of schema, table and column.", "field")
    return None


def _default(part: Part) -> Any:
    found = part.value.get("default")
    if isinstance(found, list) and all(isinstance(item, str) for item in found):
        return tuple(found)
    if found is None or isinstance(found, str | int | float | bool):
        return found
    part.note("default must be text, a number, true or false, or a list of text.", "default")
    return None


def _dashboard(key: str, part: Part, questions: Mapping[str, Question]) -> Dashboard:
    part.keys(required=("name", "description", "collection", "tabs"), optional=("parameters",))
    _check_key(key, part)
    parameters = tuple(_parameter(slug, found) for slug, found in part.parts("parameters"))
    slugs = tuple(parameter.slug for parameter in parameters)
    tabs = tuple(_tab(tab, slugs, questions) for _, tab in part.parts("tabs"))
    if not tabs:
        part.note("A dashboard has at least one tab.", "tabs")
    return Dashboard(
        key, part.text("name"), part.text("description"), part.text("collection"), parameters, tabs
    )


def _parameter(slug: str, part: Part) -> Parameter:
    part.keys(required=("name", "type"), optional=("default",))
    return Parameter(slug, part.text("name"), _type(part), _default(part))


def _tab(part: Part, slugs: tuple[str, ...], questions: Mapping[str, Question]) -> Tab:
    part.keys(required=("name", "cards"))
    return Tab(part.text("name"), tuple(_card(card, slugs, questions) for _, card in part.parts("cards")))


def _card(part: Part, slugs: tuple[str, ...], questions: Mapping[str, Question]) -> Card:
    part.keys(
        required=("row", "col", "size_x", "size_y"),
        optional=("question", "text", "parameters", "visualization_settings"),
    )
    if ("question" in part.value) == ("text" in part.value):
        part.note("A card has a question or a text, and not both.")
    key = part.text("question") or None
    text = part.value.get("text")
    if text is not None and not isinstance(text, str):
        part.note("text must be text.", "text")
    if "parameters" in part.value:
        mapped = part.names("parameters")
    else:
        asked = questions.get(key) if key else None
        tags = {tag.name for tag in asked.tags} if asked else set()
        mapped = {slug: slug for slug in slugs if slug in tags}
    return Card(
        question=key,
        text=text if isinstance(text, str) else None,
        row=part.integer("row"),
        col=part.integer("col"),
        size_x=part.integer("size_x"),
        size_y=part.integer("size_y"),
        parameters=mapped,
        visualization_settings=part.mapping("visualization_settings"),
    )


def _collections(part: Part) -> tuple[dict[str, Group], dict[str, Collection]]:
    part.keys(required=("groups", "collections"))
    groups: dict[str, Group] = {}
    for key, found in part.parts("groups"):
        found.keys(required=("name",), optional=("can_write_sql",))
        groups[key] = Group(key, found.text("name"), found.boolean("can_write_sql"))
    collections: dict[str, Collection] = {}
    for key, found in part.parts("collections"):
        found.keys(required=("name", "description", "access"), optional=("parent",))
        parent = found.text("parent") or None
        if parent is not None and parent not in collections:
            found.note(f"The parent {parent} of {key} must stand above it.", "parent")
        collections[key] = Collection(
            key, found.text("name"), found.text("description"), parent, _access(found, groups)
        )
    return groups, collections


def _access(part: Part, groups: Mapping[str, Group]) -> Mapping[str, Access]:
    access: dict[str, Access] = {}
    for group, right in part.names("access").items():
        if group not in groups:
            part.note(f"There is no group {group}.", "access", group)
        if right not in get_args(Access):
            part.note(f"The right {right} of {group} is none of read and write.", "access", group)
        else:
            access[group] = "read" if right == "read" else "write"
    return access


def _check_key(key: str, part: Part) -> None:
    if not _KEY.fullmatch(key):
        part.note(f"The name of this file, {key}, must be lower-case letters, digits and _.")
