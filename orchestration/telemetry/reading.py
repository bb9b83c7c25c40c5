"""Read the registry's files.

    registry = read_registry()
    registry.agents["support-triage"].in_force(date(2026, 10, 1))["tenant.id"]

Every mistake in a file is a RegistryError that names the file, the place in it and what to write there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from orchestration.telemetry.aliases import operation_names
from orchestration.telemetry.entries import Entry, RegistryError, unique
from orchestration.telemetry.registry import (
    PERSONAL_DATA,
    REQUIREMENT_LEVELS,
    SPAN_KINDS,
    STANDARD,
    STORED_AS,
    Agent,
    Attribute,
    Registry,
    file_of,
)

FOLDER = Path(__file__).parent
COMMON = "common.yml"
_WRITTEN_AS = {
    "string": (str,),
    "int": (int,),
    "double": (float, int),
    "boolean": (bool,),
    "any": (str, int, float, bool),
}
_ANNOTATIONS = ("personal_data", "applies_to", "valid_from", "valid_to")
_OPERATIONS = operation_names()
_ASKED = ("*", "operation", *_OPERATIONS)
_TEMPLATE = re.compile(r"template\[(.+)\]")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*([.\-/][A-Za-z0-9_]+)*")
_AGENT_NAME = re.compile(r"[^\x00-\x1f\x7f]+")


@dataclass(frozen=True)
class _Group:
    """A group as written, with what it extends by id."""

    extends: tuple[str, ...]
    attributes: tuple[Attribute, ...]
    refs: tuple[Entry, ...]
    entry: Entry


class _Loader(yaml.SafeLoader):
    """YAML in which a name stands once; of two, the usual loader would forget the first.

    A value that its form promises and that is none, such as 2026-02-30, is a mistake of YAML, too.
    """

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep=deep)
        except (ValueError, KeyError, AttributeError) as error:
            kind = node.tag.rpartition(":")[2]
            raise yaml.MarkedYAMLError(problem=f"this is no {kind}", problem_mark=node.start_mark) from error

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        for place, (key, _) in enumerate(node.value):
            if any(key.value == other.value for other, _ in node.value[:place]):
                raise yaml.MarkedYAMLError(problem=f"{key.value!r} stands twice", problem_mark=key.start_mark)
        return super().construct_mapping(node, deep=deep)


def read_registry(folder: Path = FOLDER) -> Registry:
    """The registry below `folder`. Raises RegistryError for the first mistake in it."""
    common = _read(folder / COMMON, folder)
    common.allow("groups")
    groups: dict[str, _Group] = {}
    _add_groups(groups, common)
    if STANDARD not in groups:
        raise common.error(
            f"there is no group {STANDARD}", f"add the group `{STANDARD}` that every agent extends"
        )
    agents: dict[str, Agent] = {}
    for path in sorted((folder / "agents").glob("*.y*ml")):
        agent = _agent(_read(path, folder), groups, path)
        agents[agent.name] = agent
    return Registry(agents, {group_id: tuple(_resolved(group, groups)) for group_id, group in groups.items()})


def _read(path: Path, folder: Path) -> Entry:
    name = path.relative_to(folder).as_posix()
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - a safe loader
    except OSError as error:
        raise RegistryError(f"{name} cannot be read: {error.strerror}.") from error
    except RecursionError as error:
        raise RegistryError(f"{name}: this is nested too deeply; write lists and mappings flat.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "bytes that are no UTF-8"
        raise RegistryError(f"{name}{where}: this is no YAML: {problem}.") from error
    return Entry(name, "", content).mapping()


def _agent(file: Entry, common: Mapping[str, _Group], path: Path) -> Agent:
    file.allow("agent", "groups")
    told = file.member("agent").mapping()
    told.allow("name", "owner", "services", "span_kinds", "operations", "valid_from", "valid_to")
    name = told.member("name").text(_AGENT_NAME, "text on one line")
    if path.name != file_of(name):
        raise told.member("name").error(
            f"the name is {name!r}", f"rename the file to {file_of(name)}, or write {path.stem}"
        )
    valid_from, valid_to = _period(told, None, None)
    groups = dict(common)
    own = _add_groups(groups, file, default_from=valid_from)
    attributes = _merged(file, [_resolved(groups[group_id], groups) for group_id in own])
    return Agent(
        name=name,
        owner=told.member("owner").text(),
        services=told.member("services").texts(),
        span_kinds=told.member("span_kinds").texts(SPAN_KINDS),
        operations=told.member("operations").texts(_OPERATIONS) if told.has("operations") else (),
        valid_from=valid_from,
        valid_to=valid_to,
        attributes=tuple(_within(attributes, valid_from, valid_to)),
    )


def _within(attributes: Sequence[Attribute], since: date, until: date | None) -> Iterator[Attribute]:
    """The attributes for the days of their agent alone, in order of name and day."""
    for each in sorted(attributes, key=lambda one: (one.name, one.valid_from)):
        ends = [end for end in (each.valid_to, until) if end is not None]
        kept = replace(each, valid_from=max(each.valid_from, since), valid_to=min(ends, default=None))
        if kept.valid_to is None or kept.valid_from < kept.valid_to:
            yield kept


def _add_groups(groups: dict[str, _Group], file: Entry, default_from: date | None = None) -> list[str]:
    """Add a file's groups by id, in its order; their ids."""
    own = []
    for entry in file.member("groups").items():
        entry.allow("id", "type", "brief", "extends", "attributes", "annotations")
        group_id = entry.member("id").text()
        if group_id in groups:
            raise entry.member("id").error(f"the group {group_id!r} stands twice", "give it an id of its own")
        entry.member("type").one_of(("attribute_group",))
        since, until = _period_of_annotations(entry, ("valid_from", "valid_to"), default_from, None)
        written = entry.member("attributes").items() if entry.has("attributes") else []
        for each in written:
            if each.has("id") == each.has("ref"):
                raise each.error(
                    "an attribute needs either `id` or `ref`",
                    "declare it with `id`, or refine another with `ref`",
                )
        groups[group_id] = _Group(
            extends=_extended(entry),
            attributes=tuple(_attribute(each, since, until) for each in written if each.has("id")),
            refs=tuple(each for each in written if each.has("ref")),
            entry=entry,
        )
        own.append(group_id)
    if not own:
        raise file.member("groups").error("there is no group", "write at least one")
    return own


def _extended(entry: Entry) -> tuple[str, ...]:
    if not entry.has("extends"):
        return ()
    extends = entry.member("extends")
    return (extends.text(),) if isinstance(extends.content, str) else extends.texts()


def _resolved(group: _Group, groups: Mapping[str, _Group], below: tuple[str, ...] = ()) -> list[Attribute]:
    """What the group holds with all that it extends; own entries replace inherited ones of the same name."""
    inherited: list[list[Attribute]] = []
    for group_id in group.extends:
        place = group.entry.member("extends")
        if group_id not in groups:
            listed = ", ".join(sorted(groups))
            raise place.error(f"there is no group {group_id!r}", f"write one of {listed}")
        if group_id in below:
            raise place.error(f"{group_id!r} extends itself", "leave it out")
        inherited.append(_resolved(groups[group_id], groups, (*below, group_id)))
    known = {each.name: each for other in groups.values() for each in other.attributes}
    known |= {each.name: each for attributes in inherited for each in attributes}
    own = [*group.attributes, *(_refined(ref, known) for ref in group.refs)]
    _check_periods(group.entry, own)
    names = {each.name for each in own}
    others = [[each for each in attributes if each.name not in names] for attributes in inherited]
    return [*_merged(group.entry, others), *own]


def _merged(place: Entry, lists: Sequence[Sequence[Attribute]]) -> list[Attribute]:
    """Attributes of several groups together; one that comes from two must be the same in both."""
    merged: dict[tuple[str, date], Attribute] = {}
    for attributes in lists:
        for each in attributes:
            other = merged.setdefault((each.name, each.valid_from), each)
            if other != each:
                raise place.error(
                    f"{each.name} is inherited in two forms", "declare the one that counts with `ref`"
                )
    _check_periods(place, list(merged.values()))
    return list(merged.values())


def _check_periods(place: Entry, attributes: Sequence[Attribute]) -> None:
    ordered = sorted(attributes, key=lambda each: (each.name, each.valid_from))
    for before, after in pairwise(ordered):
        if before.name == after.name and (before.valid_to is None or before.valid_to > after.valid_from):
            raise place.error(
                f"{after.name} has two entries in force on {after.valid_from}",
                f"end the first with `valid_to: {after.valid_from}`, or leave one out",
            )


def _attribute(entry: Entry, since: date | None, until: date | None) -> Attribute:
    entry.allow("id", "type", "brief", "requirement_level", "examples", "annotations")
    name = entry.member("id").text(_NAME, "a name such as tenant.id")
    kind, members, is_template = _type(entry.member("type"))
    valid_from, valid_to = _period_of_annotations(entry, _ANNOTATIONS, since, until)
    notes = entry.member("annotations").mapping()
    return Attribute(
        name=name,
        type=kind,
        members=members,
        is_template=is_template,
        requirement_level=entry.member("requirement_level").one_of(REQUIREMENT_LEVELS),
        personal_data=notes.member("personal_data").one_of(PERSONAL_DATA),
        applies_to=notes.member("applies_to").one_of(_ASKED) if notes.has("applies_to") else "*",
        brief=entry.member("brief").text(),
        examples=_examples(entry, kind),
        valid_from=valid_from,
        valid_to=valid_to,
    )


def _examples(entry: Entry, kind: str) -> tuple[Any, ...]:
    """The examples, each of the attribute's type."""
    examples = entry.member("examples").items() if entry.has("examples") else []
    for each in examples:
        values = each.items() if kind.endswith("[]") else [each]
        for value in values:
            if type(value.content) not in _WRITTEN_AS[kind.removesuffix("[]")]:
                raise value.error(f"{value.content!r} is no {kind}", "write an example of the type")
    return tuple(each.content for each in examples)


def _refined(entry: Entry, known: Mapping[str, Attribute]) -> Attribute:
    """The attribute that a `ref` names, with what the entry says otherwise."""
    entry.allow("ref", "requirement_level", "brief", "examples", "annotations")
    name = entry.member("ref").text()
    if name not in known:
        raise entry.member("ref").error(
            f"no group declares {name!r}", "declare it with `id`, a type and a brief"
        )
    base = known[name]
    valid_from, valid_to = _period_of_annotations(entry, _ANNOTATIONS, base.valid_from, base.valid_to)
    notes = entry.member("annotations").mapping() if entry.has("annotations") else Entry(entry.file, "", {})
    return replace(
        base,
        requirement_level=entry.member("requirement_level").one_of(REQUIREMENT_LEVELS)
        if entry.has("requirement_level")
        else base.requirement_level,
        personal_data=notes.member("personal_data").one_of(PERSONAL_DATA)
        if notes.has("personal_data")
        else base.personal_data,
        applies_to=notes.member("applies_to").one_of(_ASKED) if notes.has("applies_to") else base.applies_to,
        brief=entry.member("brief").text() if entry.has("brief") else base.brief,
        valid_from=valid_from,
        valid_to=valid_to,
    )


def _type(entry: Entry) -> tuple[str, tuple[str | int, ...], bool]:
    """Type, members and whether it is a template."""
    if isinstance(entry.content, Mapping):
        entry.allow("members")
        values = []
        for member in entry.member("members").items():
            member.mapping().allow("id", "value", "brief")
            values.append(member.member("value").scalar())
        kinds = {type(value) for value in values}
        if not values or kinds not in ({str}, {int}):
            raise entry.member("members").error(
                "these are not all strings or all integers", "give each member such a `value`"
            )
        unique(entry.member("members"), values)
        return "string" if kinds == {str} else "int", tuple(values), False
    text = entry.text()
    template = _TEMPLATE.fullmatch(text)
    inner = template[1] if template else text
    if inner not in STORED_AS:
        known = ", ".join(STORED_AS)
        raise entry.error(f"{text!r} is no type", f"write one of {known}, template[one of them], or members")
    return inner, (), template is not None


def _period_of_annotations(
    entry: Entry, allowed: Sequence[str], since: date | None, until: date | None
) -> tuple[date, date | None]:
    if not entry.has("annotations"):
        if since is None:
            raise entry.error(
                "nothing says since when it counts", "write `annotations: {valid_from: 2026-01-31}`"
            )
        return since, until
    notes = entry.member("annotations").mapping()
    notes.allow(*allowed)
    return _period(notes, since, until)


def _period(entry: Entry, since: date | None, until: date | None) -> tuple[date, date | None]:
    """First UTC day and the day after the last, by the entry or by default."""
    begins = since if since is not None and not entry.has("valid_from") else entry.member("valid_from").day()
    ends = entry.member("valid_to").day() if entry.has("valid_to") else until
    if ends is not None and ends <= begins:
        raise entry.member("valid_to").error(
            f"{ends} is not after valid_from, {begins}", "write a later day, or leave it out"
        )
    return begins, ends
