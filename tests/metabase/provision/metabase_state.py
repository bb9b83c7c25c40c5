"""What the stand-in keeps, and what each request does to it. One method for each operation of the subset."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Mapping
from typing import Any

from tests.metabase.provision.contract import RefusedError, Request
from tests.metabase.provision.dashboards import Dashboards
from tests.metabase.provision.graphs import ADMINISTRATORS, ALL_USERS, Graphs
from tests.metabase.provision.native_sql import Connections, QueryError

Json = Any

HIDDEN_PASSWORD = "**MetabasePass**"


class State:
    """A Metabase that nobody has an account on yet."""

    def __init__(self) -> None:
        self.setup_token: str | None = secrets.token_hex(16)
        self.people: dict[str, str] = {}
        self.sessions: set[str] = set()
        self.api_keys: set[str] = set()
        self.groups: dict[int, dict[str, Any]] = {
            ALL_USERS: {"name": "All Users", "magic_group_type": "all-internal-users"},
            ADMINISTRATORS: {"name": "Administrators", "magic_group_type": "admin"},
        }
        self.databases: dict[int, dict[str, Any]] = {}
        # Whether the databases take SSL; a new connection is then made with it, wanted or not.
        self.offers_ssl = False
        self.columns: dict[int, tuple[str, str, str]] = {}
        self.column_database: dict[int, int] = {}
        self.trash = 1
        self.collections: dict[int, dict[str, Any]] = {
            self.trash: {"name": "Trash", "type": "trash", "location": "/", "archived": False}
        }
        self.cards: dict[int, dict[str, Any]] = {}
        self.postgres = Connections()
        self.graphs = Graphs()
        self.dashboards = Dashboards(self.cards)
        self.numbers = itertools.count(10)

    # Who asks

    def get_health(self, _request: Request) -> Json:
        return {"status": "ok"}

    def get_session_properties(self, _request: Request) -> Json:
        is_set_up = not self.setup_token
        return {"has-user-setup": is_set_up, "setup-token": self.setup_token, "version": {"tag": "v0.58.0"}}

    def post_api_setup(self, request: Request) -> Json:
        if not self.setup_token or request.body["token"] != self.setup_token:
            raise RefusedError(403, "The /api/setup route can only be used to create the first user.")
        self.people[request.body["user"]["email"]] = request.body["user"]["password"]
        self.setup_token = None
        return {"id": self._session()}

    def post_api_session(self, request: Request) -> Json:
        if self.people.get(request.body["username"]) != request.body["password"]:
            raise RefusedError(401, {"errors": {"password": "did not match stored password"}})
        return {"id": self._session()}

    def delete_api_session(self, _request: Request) -> Json:
        return None

    def get_user_current(self, _request: Request) -> Json:
        return {"id": 1, "is_superuser": True}

    def _session(self) -> str:
        session = secrets.token_hex(16)
        self.sessions.add(session)
        return session

    # Connections

    def get_api_database(self, _request: Request) -> Json:
        return {"data": [self._database(number) for number in self.databases], "total": len(self.databases)}

    def get_api_database_id(self, request: Request) -> Json:
        return self._database(request.ids[0])

    def post_api_database(self, request: Request) -> Json:
        details = dict(request.body["details"])
        self._try_connection(request.body["engine"], details)
        if request.body["engine"] == "postgres" and self.offers_ssl:
            details["ssl"] = True
        number = next(self.numbers)
        self.databases[number] = {"description": None, **request.body, "details": details}
        self.graphs.add_database(number, self.groups)
        return self._database(number)

    def put_api_database_id(self, request: Request) -> Json:
        self._database(request.ids[0])
        there = self.databases[request.ids[0]]
        body = dict(request.body)
        if body.get("details"):
            details = dict(body["details"])
            if details.get("password") == HIDDEN_PASSWORD:
                details["password"] = there["details"]["password"]
            body["details"] = details
            self._try_connection(body.get("engine") or there["engine"], details)
        there.update(body)
        return self._database(request.ids[0])

    def post_api_database_id_sync_schema(self, request: Request) -> Json:
        self._database(request.ids[0])
        known = {
            column
            for number, column in self.columns.items()
            if self.column_database[number] == request.ids[0]
        }
        for column in self.postgres.columns_of(self.databases[request.ids[0]]["details"]):
            if column not in known:
                number = next(self.numbers)
                self.columns[number], self.column_database[number] = column, request.ids[0]
        return {"status": "ok"}

    def get_api_database_id_metadata(self, request: Request) -> Json:
        tables: dict[tuple[str, str], list[Json]] = {}
        for number, (schema, table, column) in self.columns.items():
            if self.column_database[number] == request.ids[0]:
                tables.setdefault((schema, table), []).append({"id": number, "name": column})
        listed = [{"schema": key[0], "name": key[1], "fields": fields} for key, fields in tables.items()]
        return {**self._database(request.ids[0]), "tables": listed}

    def _database(self, number: int) -> dict[str, Any]:
        if number not in self.databases:
            raise RefusedError(404, "Not found.")
        there = self.databases[number]
        details = dict(there["details"])
        if "password" in details:
            details["password"] = HIDDEN_PASSWORD
        return {"id": number, **there, "details": {**details, "advanced-options": False}}

    def _try_connection(self, engine: str, details: Mapping[str, Any]) -> None:
        if engine != "postgres":
            return
        try:
            self.postgres.run(details, "select 1", [])
        except QueryError as error:
            raise RefusedError(400, {"message": str(error), "errors": {"host": "check your host"}}) from None

    # Groups and rights

    def get_api_permissions_group(self, _request: Request) -> Json:
        return [{"id": number, "member_count": 0, **group} for number, group in self.groups.items()]

    def post_api_permissions_group(self, request: Request) -> Json:
        if request.body["name"] in [group["name"] for group in self.groups.values()]:
            raise RefusedError(400, {"errors": {"name": "A group with that name already exists."}})
        number = next(self.numbers)
        self.groups[number] = {"name": request.body["name"], "magic_group_type": None}
        self.graphs.add_group(number, self.databases)
        return {"id": number, **self.groups[number]}

    def get_api_permissions_graph(self, _request: Request) -> Json:
        return self.graphs.data_graph(self.databases)

    def put_api_permissions_graph(self, request: Request) -> Json:
        self.graphs.put_data_graph(request.body, self.groups, self.databases)
        return self.graphs.data_graph(self.databases)

    def get_api_collection_graph(self, _request: Request) -> Json:
        return self.graphs.collection_graph(self._live_collections())

    def put_api_collection_graph(self, request: Request) -> Json:
        self.graphs.put_collection_graph(request.body, self.groups, self._live_collections())
        return self.graphs.collection_graph(self._live_collections())

    def somebody_else_writes_a_graph(self, path: str) -> None:
        """Raise the revision, as every write of somebody else does."""
        self.graphs.raise_revision(path)

    # Collections

    def get_api_collection(self, request: Request) -> Json:
        wanted = bool(request.query.get("archived"))
        root = [] if wanted else [{"id": "root", "name": "Our analytics", "is_personal": False}]
        listed = [self._collection(number) for number in self.collections]
        return root + [item for item in listed if item["archived"] == wanted]

    def get_api_collection_id(self, request: Request) -> Json:
        return self._collection(request.ids[0])

    def get_api_collection_id_items(self, request: Request) -> Json:
        around = self._collection(request.ids[0])
        inside = f"{around['location']}{request.ids[0]}/"
        items = [
            {"model": "collection", "id": number, "name": item["name"]}
            for number, item in self.collections.items()
            if item["location"] == inside and not item["archived"]
        ]
        for model, objects in (("card", self.cards), ("dashboard", self.dashboards.stored)):
            items += [
                {"model": model, "id": number, "name": item["name"]}
                for number, item in objects.items()
                if item["collection_id"] == request.ids[0] and not item["archived"]
            ]
        return {"data": items, "total": len(items)}

    def post_api_collection(self, request: Request) -> Json:
        number = next(self.numbers)
        parent = request.body.get("parent_id")
        self.collections[number] = {
            "name": request.body["name"],
            "description": request.body.get("description"),
            "location": self._inside(parent),
            "archived": False,
            "type": None,
        }
        self.graphs.inherit(number, parent)
        return self._collection(number)

    def put_api_collection_id(self, request: Request) -> Json:
        self._collection(request.ids[0])
        there = self.collections[request.ids[0]]
        there.update({key: request.body[key] for key in ("name", "description") if key in request.body})
        if "parent_id" in request.body:
            self._move(request.ids[0], self._inside(request.body["parent_id"]))
        if request.body.get("archived") is not None:
            self._archive_collection(request.ids[0], is_archived=request.body["archived"])
        return self._collection(request.ids[0])

    def _collection(self, number: int) -> dict[str, Any]:
        if number not in self.collections:
            raise RefusedError(404, "Not found.")
        return {"id": number, "slug": "", "authority_level": None, **self.collections[number]}

    def _live_collections(self) -> list[int]:
        return [
            number
            for number, found in self.collections.items()
            if not found["archived"] and found["type"] != "trash"
        ]

    def _inside(self, parent: int | None) -> str:
        return "/" if parent is None else f"{self._collection(parent)['location']}{parent}/"

    def _move(self, number: int, location: str) -> None:
        before = f"{self.collections[number]['location']}{number}/"
        self.collections[number]["location"] = location
        for item in self.collections.values():
            if item["location"].startswith(before):
                item["location"] = f"{location}{number}/{item['location'].removeprefix(before)}"

    def _archive_collection(self, number: int, *, is_archived: bool) -> None:
        inside = f"{self.collections[number]['location']}{number}/"
        gone = [
            number,
            *(key for key, item in self.collections.items() if item["location"].startswith(inside)),
        ]
        for key in gone:
            self.collections[key]["archived"] = is_archived
        for item in [*self.cards.values(), *self.dashboards.stored.values()]:
            if item["collection_id"] in gone and not item["directly"]:
                item["archived"] = is_archived

    def check_collection(self, number: int | None) -> None:
        if number is not None and number not in self.collections:
            raise RefusedError(404, "Not found.")

    # Dashboards

    def get_api_dashboard(self, request: Request) -> Json:
        wanted = request.query.get("f") == "archived"
        listed = [self.dashboards.one(number) for number in self.dashboards.stored]
        keys = ("id", "name", "description", "collection_id", "archived")
        return [{key: item[key] for key in keys} for item in listed if item["archived"] == wanted]

    def get_api_dashboard_id(self, request: Request) -> Json:
        return self.dashboards.one(request.ids[0])

    def post_api_dashboard(self, request: Request) -> Json:
        self.check_collection(request.body.get("collection_id"))
        return self.dashboards.make(request.body)

    def put_api_dashboard_id(self, request: Request) -> Json:
        self.check_collection(request.body.get("collection_id"))
        return self.dashboards.update(request.ids[0], request.body)
