"""The questions of the stand-in: what is kept of them, how they are told, and how they run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tests.metabase.provision.contract import RefusedError, Request
from tests.metabase.provision.native_sql import QueryError, render

if TYPE_CHECKING:
    from tests.metabase.provision.metabase_state import State

Json = Any

_TAG_TYPES = frozenset(["text", "number", "date", "boolean", "dimension"])


class Questions:
    """One method for each operation on `/api/card`; what they work on is in `state`."""

    def __init__(self, state: State) -> None:
        self.state = state

    def get_api_card(self, request: Request) -> Json:
        wanted = request.query.get("f") == "archived"
        return [self._card(number) for number, card in self.state.cards.items() if card["archived"] == wanted]

    def get_api_card_id(self, request: Request) -> Json:
        return self._card(request.ids[0], is_legacy=bool(request.query.get("legacy-mbql")))

    def post_api_card(self, request: Request) -> Json:
        self.state.check_collection(request.body.get("collection_id"))
        number = next(self.state.numbers)
        kept = {
            "description": None,
            "collection_id": None,
            "parameters": [],
            "type": "question",
            **request.body,
        }
        self.state.cards[number] = {**kept, "archived": False, "directly": False}
        self.state.cards[number]["dataset_query"] = self._query(request.body["dataset_query"])
        return self._card(number)

    def put_api_card_id(self, request: Request) -> Json:
        self._card(request.ids[0])
        self.state.check_collection(request.body.get("collection_id"))
        there = self.state.cards[request.ids[0]]
        there.update(request.body)
        if "dataset_query" in request.body:
            there["dataset_query"] = self._query(request.body["dataset_query"])
        there["directly"] = bool(request.body.get("archived", there["directly"]))
        return self._card(request.ids[0])

    def post_api_card_card_id_query(self, request: Request) -> Json:
        card = self.state.cards.get(request.ids[0])
        if card is None:
            raise RefusedError(404, "Not found.")
        stored = card["dataset_query"]
        try:
            if not stored:
                raise QueryError("The question has no query.")
            values = self._values(
                stored["native"].get("template-tags") or {}, request.body.get("parameters") or []
            )
            sql, bound = render(stored["native"], values, self.state.columns)
            names, rows = self.state.postgres.run(
                self.state.databases[stored["database"]]["details"], sql, bound
            )
        except QueryError as error:
            return {"status": "failed", "error": str(error), "data": {"rows": [], "cols": []}, "row_count": 0}
        cols = [{"name": name, "display_name": name} for name in names]
        return {"status": "completed", "data": {"rows": rows, "cols": cols}, "row_count": len(rows)}

    def _values(self, tags: Mapping[str, Any], parameters: list[Json]) -> dict[str, Any]:
        values = {}
        for parameter in parameters:
            for name in tags:
                if parameter.get("target", [None, [None, None]])[1][1] == name:
                    values[name] = parameter.get("value")
        return values

    def _query(self, query: Json) -> Json:
        """What is kept of a query: nothing, without a word, of one that Metabase cannot make sense of."""
        native = query.get("native")
        if query.get("type") != "native" or query.get("database") not in self.state.databases:
            return {}
        if not isinstance(native, dict) or not isinstance(native.get("query"), str):
            return {}
        tags = native.get("template-tags", {})
        if not isinstance(tags, dict) or not all(_is_tag(name, tag) for name, tag in tags.items()):
            return {}
        return query

    def _card(self, number: int, *, is_legacy: bool = False) -> dict[str, Any]:
        if number not in self.state.cards:
            raise RefusedError(404, "Not found.")
        card = {key: value for key, value in self.state.cards[number].items() if key != "directly"}
        if self.state.cards[number]["directly"]:
            card["collection_id"] = self.state.trash
        query = card["dataset_query"]
        card["dataset_query"] = _told(query) if is_legacy else _as_mbql_5(query)
        return {"id": number, "creator_id": 1, "enable_embedding": False, **card}


def _is_tag(name: str, tag: Json) -> bool:
    if not isinstance(tag, dict) or tag.get("name") != name or not tag.get("display-name"):
        return False
    if tag.get("type") not in _TAG_TYPES or not isinstance(tag.get("id"), str):
        return False
    dimension = tag.get("dimension")
    is_field = isinstance(dimension, list) and dimension[:1] == ["field"] and isinstance(dimension[1], int)
    return is_field and bool(tag.get("widget-type")) if tag["type"] == "dimension" else dimension is None


def _told(query: Json) -> Json:
    """A query in MBQL 4, with what Metabase adds to a field on its way through MBQL 5."""
    if not query:
        return {}
    tags = {
        name: {**tag, "dimension": [*tag["dimension"][:2], {"base-type": "type/*"}]}
        if "dimension" in tag
        else tag
        for name, tag in query["native"].get("template-tags", {}).items()
    }
    return {**query, "native": {**query["native"], "template-tags": tags}}


def _as_mbql_5(query: Json) -> Json:
    if not query:
        return {}
    native = query["native"]
    stage = {"lib/type": "mbql.stage/native", "native": native["query"]}
    stage["template-tags"] = native.get("template-tags", {})
    return {"lib/type": "mbql/query", "database": query["database"], "stages": [stage]}
