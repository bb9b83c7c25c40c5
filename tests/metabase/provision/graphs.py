"""The two permission graphs of the stand-in: sparse when read, checked and merged when written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tests.metabase.provision.contract import RefusedError

ALL_USERS, ADMINISTRATORS = 1, 2
_RIGHTS = ("read", "write", "none")
_CREATE = ("query-builder-and-native", "query-builder", "no")
_DATABASE_KEYS = frozenset(["view-data", "create-queries", "download", "data-model", "details", "transforms"])
_EVERYTHING = {"view-data": "unrestricted", "create-queries": "query-builder-and-native", "details": "yes"}


class Graphs:
    """Rights by group, and the revisions. `All Users` may write the root at first, as everywhere."""

    def __init__(self) -> None:
        self.data: dict[int, dict[int, dict[str, Any]]] = {}
        self.collections: dict[int, dict[int | str, str]] = {ALL_USERS: {"root": "write"}}
        self.data_revision = 1
        self.collection_revision = 1

    def add_database(self, number: int, groups: Iterable[int]) -> None:
        """Everybody may ask everything of a new connection."""
        for group in groups:
            if group != ADMINISTRATORS:
                queries = "query-builder-and-native" if group == ALL_USERS else "no"
                self.data.setdefault(group, {})[number] = {
                    "view-data": "unrestricted",
                    "create-queries": queries,
                }

    def add_group(self, number: int, databases: Iterable[int]) -> None:
        self.data[number] = {
            database: {"view-data": "unrestricted", "create-queries": "no"} for database in databases
        }

    def inherit(self, collection: int, parent: int | None) -> None:
        """A new collection has the rights of the one around it."""
        for rights in self.collections.values():
            right = rights.get("root" if parent is None else parent)
            if right:
                rights[collection] = right
        self.collection_revision += 1

    def raise_revision(self, path: str) -> None:
        if path == "/api/collection/graph":
            self.collection_revision += 1
        else:
            self.data_revision += 1

    def data_graph(self, databases: Iterable[int]) -> dict[str, Any]:
        """What is `no` is left out."""
        groups = {
            str(group): {
                str(number): {key: value for key, value in rights.items() if value != "no"}
                for number, rights in found.items()
            }
            for group, found in self.data.items()
        }
        groups[str(ADMINISTRATORS)] = {str(number): dict(_EVERYTHING) for number in databases}
        return {"revision": self.data_revision, "groups": groups}

    def put_data_graph(self, body: Any, groups: Mapping[int, Any], databases: Mapping[int, Any]) -> None:
        for paid in ("sandboxes", "impersonations"):
            if paid in body:
                raise RefusedError(402, f"The {paid} feature needs a paid plan.")
        if set(body) - {"groups", "revision"} or not isinstance(body.get("groups"), dict):
            raise RefusedError(400, "Cannot parse permissions graph because it is invalid.")
        for group, found in body["groups"].items():
            _check_data_rights(group, found, groups, databases)
        if body.get("revision") != self.data_revision:
            raise RefusedError(
                409, "Looks like someone else edited the permissions and your data is out of date."
            )
        for group, found in body["groups"].items():
            for number, rights in found.items():
                self.data.setdefault(int(group), {}).setdefault(int(number), {}).update(rights)
        self.data_revision += 1

    def collection_graph(self, live: Iterable[int]) -> dict[str, Any]:
        """What is `none` is left out, and so are archived collections."""
        there = {"root", *live}
        groups = {
            str(group): {str(key): right for key, right in rights.items() if right != "none" and key in there}
            for group, rights in self.collections.items()
        }
        groups[str(ADMINISTRATORS)] = {str(key): "write" for key in there}
        return {"revision": self.collection_revision, "groups": groups}

    def put_collection_graph(self, body: Any, groups: Mapping[int, Any], live: list[int]) -> None:
        for group, rights in body["groups"].items():
            _check_collection_rights(group, rights, groups)
        if body.get("revision") != self.collection_revision:
            raise RefusedError(
                409, "Looks like someone else edited the permissions and your data is out of date."
            )
        for group, rights in body["groups"].items():
            for key, right in rights.items():
                where = key if key == "root" else int(key)
                if where == "root" or where in live:
                    self.collections.setdefault(int(group), {})[where] = right
        self.collection_revision += 1


def _check_data_rights(
    group: str, found: Any, groups: Mapping[int, Any], databases: Mapping[int, Any]
) -> None:
    if int(group) not in groups or int(group) == ADMINISTRATORS or not isinstance(found, dict):
        raise RefusedError(400, "Cannot parse permissions graph because it is invalid.")
    for number, rights in found.items():
        if int(number) not in databases or set(rights) - _DATABASE_KEYS:
            raise RefusedError(400, "Cannot parse permissions graph because it is invalid.")
        if rights.get("view-data", "unrestricted") != "unrestricted" or "download" in rights:
            raise RefusedError(402, "The advanced-permissions feature needs a paid plan.")
        if rights.get("create-queries", "no") not in _CREATE:
            raise RefusedError(400, "Cannot parse permissions graph because it is invalid.")


def _check_collection_rights(group: str, rights: Any, groups: Mapping[int, Any]) -> None:
    if int(group) not in groups or int(group) == ADMINISTRATORS or not isinstance(rights, dict):
        raise RefusedError(400, "Invalid permissions graph.")
    if not all(right in _RIGHTS for right in rights.values()):
        raise RefusedError(400, "Invalid permissions graph.")
