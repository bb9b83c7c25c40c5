"""Which requests a Metabase takes: the OpenAPI subset beside this file, with every object closed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from jsonschema import Draft202012Validator

SUBSET = Path(__file__).parent / "metabase_api" / "openapi-subset.json"


class RefusedError(Exception):
    """An answer other than 2xx. `body` is JSON, or a text as Metabase sends for some refusals."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(f"{status}: {body}")
        self.status = status
        self.body = body


@dataclass(frozen=True)
class Request:
    """One request that fits the subset. `ids`: the numbers in its path, from left to right."""

    operation: str
    method: str
    path: str
    ids: tuple[int, ...]
    query: Mapping[str, Any]
    body: Any


@dataclass(frozen=True)
class _Operation:
    name: str
    path: re.Pattern[str]
    query: Mapping[str, Draft202012Validator]
    body: Draft202012Validator | None
    is_body_required: bool


class Contract:
    """The operations of the subset by method."""

    def __init__(self) -> None:
        document = json.loads(SUBSET.read_text())
        schemas = _closed(document["components"]["schemas"])
        self._operations: dict[str, list[_Operation]] = {}
        for path, methods in document["paths"].items():
            for method, told in methods.items():
                found = _operation(path, told, schemas)
                self._operations.setdefault(method.upper(), []).append(found)

    def read(self, method: str, target: str, payload: bytes) -> Request:
        """Raises RefusedError: 404 for what is not in the subset, 400 for what its schemas refuse."""
        path, _, query_text = target.partition("?")
        for operation in self._operations.get(method, []):
            match = operation.path.fullmatch(path)
            if match:
                ids = tuple(int(number) for number in match.groups())
                query = _query(operation, query_text)
                return Request(operation.name, method, path, ids, query, _body(operation, payload))
        raise RefusedError(404, "API endpoint does not exist.")


@cache
def the_contract() -> Contract:
    """The one contract, read once."""
    return Contract()


def _operation(path: str, told: Mapping[str, Any], schemas: Mapping[str, Any]) -> _Operation:
    content = told.get("requestBody", {}).get("content", {}).get("application/json")
    return _Operation(
        name=told["operationId"],
        path=re.compile(re.sub(r"\{[^}]+\}", "([1-9][0-9]*)", path)),
        query={
            found["name"]: _validator(found["schema"], schemas)
            for found in told["parameters"]
            if found["in"] == "query"
        },
        body=_validator(_closed(content["schema"]), schemas) if content else None,
        is_body_required=bool(told.get("requestBody", {}).get("required")),
    )


def _closed(schema: Any) -> Any:
    """The schema with every object that names its properties taking no others."""
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(item) for key, item in schema.items()}
    if closed.get("type") == "object" and closed.get("properties"):
        closed.setdefault("additionalProperties", False)
    return closed


def _validator(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Draft202012Validator:
    return Draft202012Validator({**schema, "components": {"schemas": schemas}})


def _query(operation: _Operation, text: str) -> dict[str, Any]:
    query: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        if name not in operation.query:
            raise RefusedError(400, {"errors": {name: "disallowed key"}})
        query[name] = {"true": True, "false": False}.get(value, int(value) if value.isdigit() else value)
        if not operation.query[name].is_valid(query[name]):
            raise RefusedError(400, {"errors": {name: "invalid value"}})
    return query


def _body(operation: _Operation, payload: bytes) -> Any:
    if operation.body is None:
        if payload:
            raise RefusedError(400, {"errors": {"body": "this request takes no body"}})
        return None
    if not payload and not operation.is_body_required:
        return {}
    try:
        body = json.loads(payload)
    except ValueError:
        raise RefusedError(400, {"errors": {"body": "this is no JSON"}}) from None
    wrong = sorted(operation.body.iter_errors(body), key=lambda error: error.json_path)
    if wrong:
        # Metabase tells what it received, whatever that is.
        told = {".".join(map(str, error.path)) or "body": error.message for error in wrong}
        received = {key: [f"{message}, received: {json.dumps(body)}"] for key, message in told.items()}
        raise RefusedError(400, {"errors": told, "specific-errors": received})
    return body
