"""A thin client of Metabase's REST API: who asks, how long it waits, and what a refusal means in words.

Reads are asked again when they fail in passing; a write never is, since it may have been done. Redirects are
not followed: the key would go with them.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import requests

from metabase.http_session import new_session
from metabase.provision.errors import MetabaseError

# Seconds to connect, and between two bytes of the answer; a question may run for minutes.
TIMEOUT = (3.05, 120)
# Seconds before each further attempt of a read.
BACK_OFF = (0.5, 1.0, 2.0, 4.0)
_LONGEST_MESSAGE = 500

Json = Any
Pause = Callable[[float], None]


class Client:
    """One conversation with one Metabase. `pause` waits; `timeout` is that of each request.

    `secrets` are struck out of every message: Metabase tells what it received when it refuses a body.
    """

    def __init__(
        self,
        url: str,
        *,
        secrets: Iterable[str] = (),
        pause: Pause = time.sleep,
        timeout: tuple[float, float] = TIMEOUT,
    ) -> None:
        self._url = url
        self._secrets = tuple(secrets)
        self._pause = pause
        self._timeout = timeout
        self._session = new_session()
        self._has_session = False

    def use_key(self, api_key: str) -> None:
        """Ask everything else with an API key."""
        self._session.headers["X-API-KEY"] = api_key

    def log_in(self, user: str, password: str) -> None:
        """Ask everything else in a session of this person."""
        self.use_session(self._send("POST", "/api/session", {"username": user, "password": password})["id"])

    def use_session(self, session_id: str) -> None:
        """Ask everything else in a session that is open already."""
        self._session.headers["X-Metabase-Session"] = session_id
        self._has_session = True

    def close(self) -> None:
        """End the session on the server, if this client opened one; it would end by itself in days."""
        if self._has_session:
            with contextlib.suppress(MetabaseError):
                self._send("DELETE", "/api/session")
        self._session.close()

    @property
    def pause(self) -> Pause:
        """How this client waits, for those who wait for the server."""
        return self._pause

    def get(self, path: str, **query: str) -> Json:
        """What stands at `path`. Tried again after a failed connection, a 429 or a 5xx."""
        address = f"{path}?{urlencode(query)}" if query else path
        return self._patiently("GET", address, None)

    def run(self, card_id: int) -> Json:
        """The result of a saved question with the defaults of its tags: a read, although it is posted."""
        return self._patiently("POST", f"/api/card/{card_id}/query", {})

    def post(self, path: str, body: Mapping[str, Json] | None = None) -> Json:
        """Write once."""
        return self._send("POST", path, body)

    def put(self, path: str, body: Mapping[str, Json]) -> Json:
        """Write once."""
        return self._send("PUT", path, body)

    def _patiently(self, method: str, path: str, body: Mapping[str, Json] | None) -> Json:
        for seconds in BACK_OFF:
            try:
                return self._send(method, path, body)
            except MetabaseError as error:
                if not _passes(error.status):
                    raise
            self._pause(seconds)
        return self._send(method, path, body)

    def _send(self, method: str, path: str, body: Mapping[str, Json] | None = None) -> Json:
        try:
            response = self._session.request(
                method,
                self._url + path,
                data=None if body is None else json.dumps(body, ensure_ascii=False, allow_nan=False).encode(),
                headers={"Content-Type": "application/json"} if body is not None else None,
                timeout=self._timeout,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            # Its text may hold the address of a proxy with its password.
            raise MetabaseError(
                f"Metabase did not answer {method} {path} ({type(error).__name__}); check METABASE_URL and "
                "that the server is up."
            ) from None
        if 200 <= response.status_code < 300:
            return _json(response, method, path)
        message = _message(response, self._secrets)
        told = message if len(message) <= _LONGEST_MESSAGE else f"{message[:_LONGEST_MESSAGE]}…"
        raise MetabaseError(
            f"Metabase answered {response.status_code} to {method} {path}: {told}"
            f"{_advice(response.status_code)}",
            status=response.status_code,
        )


def without(text: str, secrets: Iterable[str]) -> str:
    """`text` with each secret struck out, also as JSON would write it."""
    for secret in secrets:
        for written in {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}:
            text = text.replace(written, "***")
    return text


def _passes(status: int | None) -> bool:
    return status is None or status == HTTPStatus.TOO_MANY_REQUESTS or status >= 500


def _json(response: requests.Response, method: str, path: str) -> Json:
    if not response.content:
        return None
    try:
        return response.json()
    except ValueError:
        raise MetabaseError(
            f"What answered {method} {path} sent no JSON; check that METABASE_URL is Metabase's own address.",
            status=response.status_code,
        ) from None


def _message(response: requests.Response, secrets: Iterable[str]) -> str:
    """The server's own words: a text, or `message` and the reason for each key it names."""
    try:
        answer = response.json()
    except ValueError:
        answer = response.text
    answer = _clean(answer, tuple(secrets))
    if isinstance(answer, dict):
        reasons = {**_mapping(answer.get("errors")), **_mapping(answer.get("specific-errors"))}
        parts = [str(answer[key]) for key in ("message", "error") if isinstance(answer.get(key), str)]
        parts += [f"{key}: {_words(reason)}" for key, reason in reasons.items()]
        answer = "; ".join(parts)
    return _words(answer) or "no message"


def _clean(value: Json, secrets: tuple[str, ...]) -> Json:
    """`value` with the secrets struck out of each text in it, before anything is quoted a second time."""
    if isinstance(value, dict):
        return {without(key, secrets): _clean(item, secrets) for key, item in value.items()}
    if isinstance(value, list):
        return [_clean(item, secrets) for item in value]
    return without(value, secrets) if isinstance(value, str) else value


def _words(value: Json) -> str:
    listed = value if isinstance(value, list) else [value]
    return " ".join(" ".join(str(item).split()) for item in listed)


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}


def _advice(status: int) -> str:
    if status == HTTPStatus.UNAUTHORIZED:
        return ". Check METABASE_API_KEY, or METABASE_USER and METABASE_PASSWORD."
    if status == HTTPStatus.FORBIDDEN:
        return ". The key or the person must belong to the group Administrators."
    if 300 <= status < 400:
        return ". Redirects are not followed; set METABASE_URL to the address that it leads to."
    return ""
