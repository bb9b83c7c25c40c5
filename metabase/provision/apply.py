"""Make a server as the files say, step by step of a plan; read every write back; run every question."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from metabase.content.model import Content
from metabase.provision.bodies import (
    Body,
    collection_body,
    dashboard_body,
    dashboard_head,
    only,
    question_body,
)
from metabase.provision.client import Client
from metabase.provision.compare import changes, shown
from metabase.provision.connection import create_connection, sync, update_connection
from metabase.provision.errors import FailingQuestionsError, MetabaseError, StoredWronglyError
from metabase.provision.identity import Kind, file_of
from metabase.provision.plan import PLACES, Plan, Step, make_plan, seen_view, views
from metabase.provision.rights import group_ids, write_collection_rights, write_data_rights
from metabase.provision.seen import Stored
from metabase.provision.settings import MetabaseSettings
from metabase.provision.survey import Survey, enter, ids_of, look, read_one
from metabase.provision.tell import title
from metabase.provision.wanted import View, needed_fields

Say = Callable[[str], None]
_PATHS: dict[Kind, str] = {
    "collection": "/api/collection",
    "question": "/api/card",
    "dashboard": "/api/dashboard",
}


@dataclass
class _Work:
    """One apply under way. `survey.ids` grows with what is created."""

    client: Client
    content: Content
    settings: MetabaseSettings
    survey: Survey
    meant: dict[Kind, dict[str, View]]


def plan(
    client: Client, content: Content, settings: MetabaseSettings, *, rewrite_connection: bool = False
) -> Plan:
    """What `apply` would do. Nothing is written."""
    survey = enter(client, settings)
    if not survey.is_new:
        survey = look(client, content, settings)
    return make_plan(content, survey, settings, rewrite_connection=rewrite_connection)


def apply(
    client: Client,
    content: Content,
    settings: MetabaseSettings,
    say: Say,
    *,
    rewrite_connection: bool = False,
) -> Plan:
    """Do it, and run every question. Returns the plan that was carried out; `say` gets a line for each step.
    `rewrite_connection`: write the managed connection again, since its password may be a new one.

    Raises StoredWronglyError when what was written is not what is there afterwards, and
    FailingQuestionsError, at the end, when questions cannot be run.
    """
    survey = enter(client, settings)
    if survey.is_new:
        # Before the first account is made, the files are known to be whole.
        make_plan(content, survey, settings)
        say("create person the first administrator")
        _set_up(client, survey, settings)
    survey = look(client, content, settings)
    todo = make_plan(content, survey, settings, rewrite_connection=rewrite_connection)
    work = _Work(client, content, settings, survey, views(content, settings.database))
    for number, step in enumerate(todo.steps, start=1):
        say(f"[{number}/{len(todo.steps)}] {step.action} {title(step)}")
        _do(work, step)
    _lay_out_new_dashboards(work, todo, say)
    for note in todo.notes:
        say(note)
    _run_questions(work, say)
    return todo


def _set_up(client: Client, survey: Survey, settings: MetabaseSettings) -> None:
    body = {
        "token": survey.setup_token,
        "user": {"email": settings.user, "password": settings.password},
        "prefs": {"site_name": settings.site_name},
    }
    client.use_session(client.post("/api/setup", body)["id"])


def _do(work: _Work, step: Step) -> None:
    survey, client, content = work.survey, work.client, work.content
    groups = group_ids(content, survey.ids, survey.all_users)
    match step.kind:
        case "connection":
            _connect(work)
        case "columns":
            survey.ids.fields = sync(client, _database(work), needed_fields(content))
        case "group":
            _create_group(work, step.key)
        case "data rights":
            write_data_rights(client, content, groups, survey.ids)
        case "collection rights":
            write_collection_rights(client, content, groups, survey.ids)
        case "collection" | "question" | "dashboard":
            _do_object(work, step.kind, step)
        case _:
            raise AssertionError(f"A plan for a server that is not new has a step of kind {step.kind}.")


def _connect(work: _Work) -> None:
    connection = work.settings.connection
    assert connection is not None
    there = work.survey.database
    if there is None:
        there = create_connection(work.client, work.settings, connection)
    else:
        there = update_connection(work.client, there, connection)
    work.survey.database = there
    work.survey.ids.database = int(there["id"])


def _database(work: _Work) -> int:
    assert work.survey.ids.database is not None
    return work.survey.ids.database


def _create_group(work: _Work, name: str) -> None:
    work.client.post("/api/permissions/group", {"name": name})
    there = {group["name"]: int(group["id"]) for group in work.client.get("/api/permissions/group")}
    if name not in there:
        raise StoredWronglyError(f"The group {name!r} was accepted, and is not there.")
    key = next(key for key, group in work.content.groups.items() if group.name == name)
    work.survey.ids.groups[key] = there[name]


def _do_object(work: _Work, kind: Kind, step: Step) -> None:
    ids = ids_of(work.survey, kind)
    if step.action == "create":
        ids[step.key] = _create(work, kind, step.key)
        return
    path = f"{_PATHS[kind]}/{ids[step.key]}"
    if step.action == "archive":
        work.client.put(path, {"archived": True})
        if not read_one(work.client, kind, ids[step.key]).get("archived"):
            raise StoredWronglyError(f"{file_of(kind, step.key)} was to be archived, and is not.")
        return
    body = _body(work, kind, step.key, work.survey.stored[kind][step.key])
    if step.action == "restore":
        # Alone, since a dashboard in the trash takes no cards; where it was may be in the trash itself.
        work.client.put(path, {"archived": False, **only(kind, body, PLACES)})
    if step.changes:
        work.client.put(path, only(kind, body, {change.path[0] for change in step.changes}))
    _check(work, kind, step.key)


def _create(work: _Work, kind: Kind, key: str) -> int:
    """Make one and return its id. A dashboard is made empty: its cards may link to others of this apply."""
    if kind == "dashboard":
        head = dashboard_head(work.content.dashboards[key], work.meant[kind][key], work.survey.ids)
        return int(work.client.post(_PATHS[kind], head)["id"])
    made = int(work.client.post(_PATHS[kind], _body(work, kind, key, None))["id"])
    ids_of(work.survey, kind)[key] = made
    _check(work, kind, key)
    return made


def _lay_out_new_dashboards(work: _Work, todo: Plan, say: Say) -> None:
    for step in todo.steps:
        if step.kind == "dashboard" and step.action == "create":
            say(f"lay out {title(step)}")
            number = work.survey.ids.dashboards[step.key]
            body = _body(work, "dashboard", step.key, read_one(work.client, "dashboard", number))
            layout = {name: body[name] for name in ("tabs", "dashcards")}
            work.client.put(f"/api/dashboard/{number}", layout)
            _check(work, "dashboard", step.key)


def _body(work: _Work, kind: Kind, key: str, stored: Stored | None) -> Body:
    ids, view = work.survey.ids, work.meant[kind][key]
    match kind:
        case "collection":
            return collection_body(view, ids)
        case "question":
            return question_body(work.content.questions[key], view, ids)
        case "dashboard":
            return dashboard_body(work.content.dashboards[key], view, work.content, ids, stored)


def _check(work: _Work, kind: Kind, key: str) -> None:
    """Read one object back. Raises StoredWronglyError, naming it and every key that is not as meant."""
    ids, database = work.survey.ids, work.settings.database
    stored: dict[str, Any] = read_one(work.client, kind, ids_of(work.survey, kind)[key])
    found = changes(seen_view(kind, key, stored, ids, database), work.meant[kind][key])
    told = [f"{change.name} is {shown(change.before)} and not {shown(change.after)}" for change in found]
    if stored.get("archived"):
        told.append("it is archived")
    if told:
        raise StoredWronglyError(
            f"Metabase accepted {file_of(kind, key)} and stored something else: {'; '.join(told)}."
        )


def _run_questions(work: _Work, say: Say) -> None:
    failures = []
    rows = 0
    for key in work.content.questions:
        place = file_of("question", key)
        try:
            result = work.client.run(work.survey.ids.questions[key])
        except MetabaseError as error:
            failures.append(f"{place}: {error}")
            continue
        wrong = _what_is_wrong(result)
        if wrong:
            failures.append(f"{place}: {wrong}")
        else:
            rows += len(result["data"]["rows"])
    if failures:
        raise FailingQuestionsError(
            f"{len(failures)} of {len(work.content.questions)} questions cannot be run. All is written; "
            "mend what they say and apply again:\n" + "\n".join(f"  {failure}" for failure in failures)
        )
    say(f"All {len(work.content.questions)} questions run, {rows} rows.")


def _what_is_wrong(result: Any) -> str | None:
    """Why a result is none: Metabase answers 202 also when the database refuses a query."""
    if not isinstance(result, dict):
        return "Metabase gave no result."
    if result.get("error") or result.get("status") not in (None, "completed"):
        return " ".join(str(result.get("error") or f"its status is {result.get('status')}").split())
    data = result.get("data") or {}
    if not data.get("cols") or not isinstance(data.get("rows"), list):
        return "Metabase gave a result without columns."
    return None
