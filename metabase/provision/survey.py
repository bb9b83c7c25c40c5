"""Read what a Metabase holds: everything that a plan compares, and nothing is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ingest.errors import SettingsError
from metabase.content.model import Content, Field
from metabase.provision.client import Client
from metabase.provision.errors import BadContentError, MetabaseError
from metabase.provision.identity import Kind, managed
from metabase.provision.ids import Ids
from metabase.provision.seen import Stored
from metabase.provision.settings import MetabaseSettings

ALL_USERS = "All Users"
_ADMINISTRATORS = "Administrators"
_PATHS: dict[Kind, str] = {
    "collection": "/api/collection",
    "question": "/api/card",
    "dashboard": "/api/dashboard",
}


@dataclass
class Survey:
    """One server at one moment. `is_new`: nobody has an account there yet, so nothing else was read.

    `stored` has each managed object by kind and key, archived ones included. `database` is the stored
    connection, null when there is none of its name. `kept`: collections that no file means any more and that
    are not archived, because things that others made would go with them; `notes` says which.
    """

    is_new: bool
    setup_token: str | None = field(default=None, repr=False)
    ids: Ids = field(default_factory=Ids)
    database: Stored | None = None
    stored: dict[Kind, dict[str, Stored]] = field(
        default_factory=lambda: {"collection": {}, "question": {}, "dashboard": {}}
    )
    all_users: int | None = None
    data_graph: Stored = field(default_factory=dict)
    collection_graph: Stored = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)


def enter(client: Client, settings: MetabaseSettings) -> Survey:
    """Find out whether the server is new; if not, log in. The rest is read by `look`.

    Raises SettingsError when a new server has no person to be its first.
    """
    properties = client.get("/api/session/properties")
    if not properties.get("has-user-setup", True):
        if not settings.user:
            raise SettingsError(
                "METABASE_USER is not set; this Metabase is new, and its first administrator is made from "
                "METABASE_USER and METABASE_PASSWORD."
            )
        return Survey(is_new=True, setup_token=properties.get("setup-token"))
    if settings.api_key:
        client.use_key(settings.api_key)
    elif settings.user and settings.password:
        client.log_in(settings.user, settings.password)
    person = client.get("/api/user/current")
    if not person.get("is_superuser"):
        raise MetabaseError(
            "METABASE_API_KEY or METABASE_USER is no administrator; give one of an administrator."
        )
    return Survey(is_new=False)


def look(client: Client, content: Content, settings: MetabaseSettings) -> Survey:
    """Read connection, groups, rights and every managed object. The client is logged in."""
    survey = Survey(is_new=False)
    survey.database = _find_database(client, settings)
    if survey.database is not None:
        survey.ids.database = int(survey.database["id"])
        survey.ids.fields = known_fields(client, survey.ids.database)
    _read_groups(client, content, survey)
    for kind in _PATHS:
        _read_managed(client, kind, survey)
    _keep_what_others_use(client, content, survey)
    survey.data_graph = client.get("/api/permissions/graph")
    survey.collection_graph = client.get("/api/collection/graph")
    return survey


def known_fields(client: Client, database: int) -> dict[Field, int]:
    """The columns that a sync of the connection has found, by schema, table and name."""
    metadata = client.get(f"/api/database/{database}/metadata")
    return {
        (table.get("schema") or "", table["name"], column["name"]): int(column["id"])
        for table in metadata.get("tables") or []
        for column in table.get("fields") or []
    }


def read_one(client: Client, kind: Kind, object_id: int) -> Any:
    """One object with all of its keys; a question's query in the form in which it is written."""
    path = f"{_PATHS[kind]}/{object_id}"
    return client.get(path, **{"legacy-mbql": "true"}) if kind == "question" else client.get(path)


def ids_of(survey: Survey, kind: Kind) -> dict[str, int]:
    """The ids of one kind, by key."""
    return {
        "collection": survey.ids.collections,
        "question": survey.ids.questions,
        "dashboard": survey.ids.dashboards,
    }[kind]


def _find_database(client: Client, settings: MetabaseSettings) -> Stored | None:
    answer = client.get("/api/database")
    listed = answer["data"] if isinstance(answer, dict) else answer
    found = [item for item in listed if item["name"] == settings.database]
    if len(found) > 1:
        raise SettingsError(
            f"METABASE_DATABASE is {settings.database!r}, and {len(found)} connections have that name; give "
            "the others another name in Metabase."
        )
    return dict(client.get(f"/api/database/{found[0]['id']}")) if found else None


def _read_groups(client: Client, content: Content, survey: Survey) -> None:
    groups = client.get("/api/permissions/group")
    listed = {group["name"]: int(group["id"]) for group in groups}
    # The name changes with a setting of the server; the type does not.
    by_type = {group.get("magic_group_type"): int(group["id"]) for group in groups}
    survey.all_users = by_type.get("all-internal-users") or listed.get(ALL_USERS)
    if survey.all_users is None:
        raise MetabaseError("Metabase lists no group All Users; check that its version is 58 or later.")
    names = [group.name for group in content.groups.values()]
    for key, group in content.groups.items():
        if group.name == _ADMINISTRATORS or names.count(group.name) > 1:
            raise BadContentError(
                f"collections.yml has a group {key} named {group.name!r}; give it a name of its own, and not "
                f"that of {_ADMINISTRATORS}, who may do everything."
            )
        if group.name in listed:
            survey.ids.groups[key] = listed[group.name]


def _read_managed(client: Client, kind: Kind, survey: Survey) -> None:
    path = _PATHS[kind]
    if kind == "collection":
        listed = [*client.get(path), *client.get(path, archived="true")]
    else:
        listed = [*client.get(path, f="all"), *client.get(path, f="archived")]
    ours = managed(kind, {item["id"]: item for item in listed if isinstance(item["id"], int)}.values())
    ids = ids_of(survey, kind)
    for key, item in ours.items():
        ids[key] = int(item["id"])
        survey.stored[kind][key] = item if kind == "collection" else read_one(client, kind, ids[key])


def _keep_what_others_use(client: Client, content: Content, survey: Survey) -> None:
    gone = {
        key: stored
        for key, stored in survey.stored["collection"].items()
        if key not in content.collections and not stored.get("archived")
    }
    ours = {
        *(("card", number) for number in survey.ids.questions.values()),
        *(("dashboard", number) for number in survey.ids.dashboards.values()),
        *(("collection", number) for number in survey.ids.collections.values()),
    }
    for key, stored in sorted(gone.items(), key=lambda item: -str(item[1].get("location")).count("/")):
        held = client.get(f"/api/collection/{stored['id']}/items")["data"]
        foreign = [item["name"] for item in held if (item["model"], item["id"]) not in ours]
        if foreign:
            survey.kept.add(key)
            ours.discard(("collection", stored["id"]))
            survey.notes.append(
                f"The collection {stored['name']!r} is in no file any more and stays: {len(foreign)} things "
                f"in it are not managed, such as {foreign[0]!r}. Move them, then apply again."
            )
