"""Who may see what: the rights that files give, and the two graphs in which Metabase keeps them.

Only the groups of `collections.yml` and `All Users` are written, and only for managed collections and the
managed connection; whatever else stands in a graph is not sent, and so stays. Rights add up over a person's
groups, and everybody is in `All Users`: it therefore gets nothing, unless a file gives it something.
`view-data` stays unrestricted, because any other value needs a paid plan. Sources: Metabase,
docs/permissions/data.md, and src/metabase/permissions_rest/schema.clj.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from metabase.content.model import Content
from metabase.provision.client import Client
from metabase.provision.errors import MetabaseError, StoredWronglyError
from metabase.provision.ids import Ids
from metabase.provision.survey import ALL_USERS

# Group, then collection or connection, then the right.
Rights = dict[str, dict[str, Any]]

DATA_GRAPH = "/api/permissions/graph"
COLLECTION_GRAPH = "/api/collection/graph"
_ATTEMPTS = 5
_WRITES_SQL = {"view-data": "unrestricted", "create-queries": "query-builder-and-native"}
_READS_ONLY = {"view-data": "unrestricted", "create-queries": "no"}


def wanted_collection_rights(content: Content) -> Rights:
    """`read`, `write` or `none`, by the name of the group and the key of the collection."""
    rights: Rights = {ALL_USERS: dict.fromkeys(content.collections, "none")}
    for key, group in content.groups.items():
        rights[group.name] = {
            name: collection.access.get(key, "none") for name, collection in content.collections.items()
        }
    return rights


def wanted_data_rights(content: Content) -> Rights:
    """What each group may ask of the connection, by the group's name."""
    rights: Rights = {ALL_USERS: {"create-queries": "no"}}
    for group in content.groups.values():
        rights[group.name] = dict(_WRITES_SQL if group.can_write_sql else _READS_ONLY)
    return rights


def seen_collection_rights(graph: Mapping[str, Any], groups: Mapping[str, int], ids: Ids) -> Rights:
    """The same of a collection graph, which leaves out what is `none`; for collections that exist."""
    return {
        name: {
            key: _of(graph, group).get(str(collection), "none") for key, collection in ids.collections.items()
        }
        for name, group in groups.items()
    }


def seen_data_rights(graph: Mapping[str, Any], groups: Mapping[str, int], database: int | None) -> Rights:
    """The same of a data permission graph, which leaves out what is `no`."""
    seen: Rights = {}
    for name, group in groups.items():
        found = _of(graph, group).get(str(database)) or {}
        seen[name] = {key: found.get(key, "no") for key in ("view-data", "create-queries")}
    return seen


def group_ids(content: Content, ids: Ids, all_users: int | None) -> dict[str, int]:
    """Ids by name, of those groups that exist."""
    found = {} if all_users is None else {ALL_USERS: all_users}
    return {**found, **{content.groups[key].name: group for key, group in ids.groups.items()}}


def write_collection_rights(client: Client, content: Content, groups: Mapping[str, int], ids: Ids) -> bool:
    """Give the groups their rights on managed collections. False when they have them already."""
    wanted = wanted_collection_rights(content)
    names = {key: str(ids.collections[key]) for key in content.collections}

    def lacking(graph: Mapping[str, Any]) -> Rights:
        seen = seen_collection_rights(graph, groups, ids)
        return {
            str(groups[name]): missing
            for name, rights in wanted.items()
            if (missing := {names[key]: right for key, right in rights.items() if seen[name][key] != right})
        }

    return _write(client, COLLECTION_GRAPH, lacking)


def write_data_rights(client: Client, content: Content, groups: Mapping[str, int], ids: Ids) -> bool:
    """Give the groups their rights on the connection. False when they have them already."""
    wanted = wanted_data_rights(content)

    def lacking(graph: Mapping[str, Any]) -> Rights:
        seen = seen_data_rights(graph, groups, ids.database)
        return {
            str(groups[name]): {str(ids.database): rights}
            for name, rights in wanted.items()
            if any(seen[name][key] != right for key, right in rights.items())
        }

    return _write(client, DATA_GRAPH, lacking)


def _write(client: Client, path: str, lacking: Callable[[Mapping[str, Any]], Rights]) -> bool:
    """Send what is lacking of a freshly read graph; somebody else's write in between starts it anew."""
    for attempt in range(_ATTEMPTS):
        graph = client.get(path)
        missing = lacking(graph)
        if not missing:
            return False
        try:
            client.put(path, {"revision": graph.get("revision"), "groups": missing})
            break
        except MetabaseError as error:
            if error.status != HTTPStatus.CONFLICT or attempt == _ATTEMPTS - 1:
                raise
    still = lacking(client.get(path))
    if still:
        raise StoredWronglyError(
            f"PUT {path} was accepted, and these rights are not there (group, object, right): {still}."
        )
    return True


def _of(graph: Mapping[str, Any], group: int) -> Mapping[str, Any]:
    found: Mapping[str, Any] = (graph.get("groups") or {}).get(str(group)) or {}
    return found
