"""What apply would do: the files against a survey of the server. Nothing here writes or asks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from metabase.content.model import Content
from metabase.provision.compare import Change, changes
from metabase.provision.connection import check_connection, connection_changes, missing_fields
from metabase.provision.identity import Kind
from metabase.provision.ids import Ids
from metabase.provision.rights import (
    Rights,
    group_ids,
    seen_collection_rights,
    seen_data_rights,
    wanted_collection_rights,
    wanted_data_rights,
)
from metabase.provision.seen import Stored, seen_collection, seen_dashboard, seen_question
from metabase.provision.settings import MetabaseSettings
from metabase.provision.survey import Survey
from metabase.provision.wanted import (
    View,
    needed_fields,
    wanted_collection,
    wanted_dashboard,
    wanted_question,
)

Action = Literal["create", "update", "restore", "archive"]
StepKind = Literal["person", "connection", "columns", "group", "data rights", "collection rights"] | Kind
_AS_IT_STANDS = "The connection {!r} is not managed, and neither is who may ask questions of it."
# The keys of views that say where an object stands.
PLACES = frozenset(["parent", "collection"])
KINDS: tuple[Kind, ...] = ("collection", "question", "dashboard")


@dataclass(frozen=True)
class Step:
    """One thing to do. `key` names it; `calls`: how many writing requests it takes.

    `changes` are empty where there was nothing before, or will be nothing.
    """

    action: Action
    kind: StepKind
    key: str
    changes: tuple[Change, ...]
    calls: int


@dataclass(frozen=True)
class Plan:
    """Everything to do, in the order in which it is done. `unchanged`: managed objects that stay as they are.

    `questions`: how many are run at the end. `notes`: sentences on what is left alone.
    """

    steps: tuple[Step, ...]
    unchanged: int
    questions: int
    notes: tuple[str, ...]

    @property
    def calls(self) -> int:
        """Writing requests in all, at most: rights that a new collection inherits may already be right."""
        return sum(step.calls for step in self.steps)


def views(content: Content, database: str) -> dict[Kind, dict[str, View]]:
    """What every file means, by kind and key. Raises BadContentError when one names what is not there."""
    return {
        "collection": {key: wanted_collection(found) for key, found in content.collections.items()},
        "question": {
            key: wanted_question(found, content, database) for key, found in content.questions.items()
        },
        "dashboard": {key: wanted_dashboard(found, content) for key, found in content.dashboards.items()},
    }


def seen_view(kind: Kind, key: str, stored: Stored, ids: Ids, database: str) -> View:
    """What the server holds of one object, in the words of `views`."""
    match kind:
        case "collection":
            return seen_collection(stored, ids)
        case "question":
            return seen_question(key, stored, ids, database)
        case "dashboard":
            return seen_dashboard(stored, ids)


def make_plan(
    content: Content, survey: Survey, settings: MetabaseSettings, *, rewrite_connection: bool = False
) -> Plan:
    """Compare. Raises when something in the files, or on the server, leaves no way to do what they say."""
    meant = views(content, settings.database)
    check_connection(survey.database, settings)
    steps = [*_person(survey), *_connection(survey, settings, rewrite=rewrite_connection)]
    steps += _groups(content, survey)
    # Before the columns are awaited: Metabase lets everybody ask everything of a new connection.
    steps += _rights(content, survey) if settings.connection else []
    steps += _columns(content, survey)
    unchanged = 0
    for kind in KINDS:
        found = [_object(kind, key, view, survey, settings.database) for key, view in meant[kind].items()]
        unchanged += found.count(None)
        # What is new comes first: cards of the others may link to it.
        steps += sorted(filter(None, found), key=lambda step: step.action != "create")
        steps += _collection_rights(content, survey) if kind == "collection" else []
    steps += _archived(meant, survey)
    notes = [] if settings.connection else [_AS_IT_STANDS.format(settings.database)]
    return Plan(tuple(steps), unchanged, len(content.questions), (*notes, *survey.notes))


def _person(survey: Survey) -> Iterable[Step]:
    if survey.is_new:
        yield Step("create", "person", "the first administrator", (), 1)


def _connection(survey: Survey, settings: MetabaseSettings, *, rewrite: bool) -> Iterable[Step]:
    if survey.database is None:
        yield Step("create", "connection", settings.database, (), 2)
    elif settings.connection is not None:
        found = connection_changes(survey.database, settings.connection, rewrite=rewrite)
        if found:
            yield Step("update", "connection", settings.database, tuple(found), 1)


def _columns(content: Content, survey: Survey) -> Iterable[Step]:
    missing = missing_fields(survey.ids.fields, needed_fields(content))
    if missing:
        names = tuple(Change((".".join(column),), None, place) for column, place in missing.items())
        yield Step("update", "columns", "sync of the schema", names, 1)


def _groups(content: Content, survey: Survey) -> Iterable[Step]:
    for key, group in content.groups.items():
        if key not in survey.ids.groups:
            yield Step("create", "group", group.name, (), 1)


def _rights(content: Content, survey: Survey) -> Iterable[Step]:
    groups = group_ids(content, survey.ids, survey.all_users)
    seen = seen_data_rights(survey.data_graph, groups, survey.ids.database)
    yield from _rights_step("data rights", seen, wanted_data_rights(content))


def _collection_rights(content: Content, survey: Survey) -> Iterable[Step]:
    groups = group_ids(content, survey.ids, survey.all_users)
    live = {key: found for key, found in survey.stored["collection"].items() if not found.get("archived")}
    ids = Ids(collections={key: survey.ids.collections[key] for key in live})
    seen = seen_collection_rights(survey.collection_graph, groups, ids)
    yield from _rights_step("collection rights", seen, wanted_collection_rights(content))


def _rights_step(
    kind: Literal["data rights", "collection rights"], seen: Rights, wanted: Rights
) -> Iterable[Step]:
    found = [
        change
        for group, rights in wanted.items()
        for key, right in rights.items()
        for change in changes(seen.get(group, {}).get(key), right, (group, key))
    ]
    if found:
        yield Step("update", kind, "of the managed groups and All Users", tuple(found), 1)


def _object(kind: Kind, key: str, view: View, survey: Survey, database: str) -> Step | None:
    stored = survey.stored[kind].get(key)
    if stored is None:
        return Step("create", kind, key, (), 2 if kind == "dashboard" else 1)
    found = tuple(changes(seen_view(kind, key, stored, survey.ids, database), view))
    if stored.get("archived"):
        # What is in the trash is nowhere else; restoring says where it goes.
        found = tuple(change for change in found if change.path[0] not in PLACES)
        return Step("restore", kind, key, found, 2 if found else 1)
    return Step("update", kind, key, found, 1) if found else None


def _archived(meant: Mapping[Kind, Mapping[str, View]], survey: Survey) -> Iterable[Step]:
    """What no file means any more: dashboards before their questions, collections before their parents."""
    for kind in reversed(KINDS):
        gone = {
            key: stored
            for key, stored in survey.stored[kind].items()
            if key not in meant[kind] and not stored.get("archived")
        }
        for key in sorted(gone, key=lambda key: (-_depth(gone[key]), key)):
            if key not in survey.kept:
                yield Step("archive", kind, key, (), 1)


def _depth(stored: Stored) -> int:
    return str(stored.get("location") or "").count("/")
