"""One story, told on the stand-in, and on a real Metabase when METABASE_URL names one.

The real one must be made for tests: no content of Tracehouse's may be on it but that of this story, which
is archived at the end. docs/provisioning.md says how to start one.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import pytest

from metabase.content.model import Content, Tab
from metabase.provision.apply import apply
from metabase.provision.client import Client, Json
from metabase.provision.command import client_of
from metabase.provision.identity import key_of
from metabase.provision.settings import MetabaseSettings, read_metabase_settings
from metabase.provision.survey import enter
from tests.metabase.provision.releases import (
    MARTS_HELD,
    OVERVIEW,
    RELEASES,
    ROWS_BY_MART,
    card,
    content,
    with_tabs,
)

SERVERS = ["stand-in", *(["real"] if os.environ.get("METABASE_URL") else [])]
KEYS = {"marts_held", "rows_by_mart", "overview", "releases"}


class CountingClient(Client):
    """A client that remembers `METHOD path` of each write."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.writes: list[str] = []

    def post(self, path: str, body: Any = None) -> Json:
        self.writes.append(f"POST {path}")
        return super().post(path, body)

    def put(self, path: str, body: Any) -> Json:
        self.writes.append(f"PUT {path}")
        return super().put(path, body)


class Server:
    """One Metabase, and how many writes an apply makes there."""

    def __init__(self, settings: MetabaseSettings) -> None:
        self.settings = settings

    def apply(self, meant: Content) -> list[str]:
        """Apply, and return `METHOD path` of each write."""
        client = CountingClient(self.settings.url)
        try:
            apply(client, meant, self.settings, print)
        finally:
            client.close()
        return client.writes

    def read(self, path: str, **query: str) -> Json:
        """What an administrator sees."""
        client = self._entered()
        try:
            return client.get(path, **query)
        finally:
            client.close()

    def ids(self, kind: Any, path: str, **query: str) -> dict[str, int]:
        """Managed objects by key."""
        found = {key_of(kind, item.get("description")): item["id"] for item in self.read(path, **query)}
        return {key: number for key, number in found.items() if key}

    def is_new(self) -> bool:
        client = client_of(self.settings)
        return not client.get("/api/session/properties")["has-user-setup"]

    def _entered(self) -> Client:
        client = client_of(self.settings)
        enter(client, self.settings)
        return client


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest) -> Server:
    """The stand-in, or the real server that the environment names."""
    if request.param == "stand-in":
        return Server(read_metabase_settings(request.getfixturevalue("environ")))
    real = Server(read_metabase_settings(os.environ))
    if not real.is_new():
        there = {*real.ids("question", "/api/card"), *real.ids("dashboard", "/api/dashboard")}
        assert there <= KEYS, "METABASE_URL names a server with content of Tracehouse's; name one for tests."
    return real


def test_dashboards_come_change_and_go(server: Server) -> None:
    created = server.apply(content())
    assert created
    questions = server.ids("question", "/api/card")
    dashboards = server.ids("dashboard", "/api/dashboard")
    assert (questions.keys(), dashboards.keys()) == ({"marts_held", "rows_by_mart"}, {"overview", "releases"})

    assert server.apply(content()) == []

    edited = content(questions=(ROWS_BY_MART, replace(MARTS_HELD, name="Held marts")))
    assert server.apply(edited) == [f"PUT /api/card/{questions['marts_held']}"]

    path = f"/api/dashboard/{dashboards['releases']}"
    before = server.read(path)
    more = with_tabs(
        RELEASES,
        *RELEASES.tabs,
        Tab("Notes", (card(None, 0, 0, text="**Nothing** to say."),)),
    )
    edited = replace(edited, dashboards={"overview": OVERVIEW, "releases": more})
    assert server.apply(edited) == [f"PUT {path}"]
    after = server.read(path)
    for kept in ("tabs", "dashcards", "parameters"):
        assert {item["id"] for item in before[kept]} <= {item["id"] for item in after[kept]}
    assert [tab["name"] for tab in after["tabs"]] == ["Rows", "Held", "Notes"]

    gone = server.apply(replace(edited, dashboards={"overview": OVERVIEW_ALONE}))
    assert f"PUT {path}" in gone
    assert server.read(path)["archived"] is True

    server.apply(content(questions=(), dashboards=(), collections=()))
    assert server.ids("question", "/api/card") == {}
    assert server.ids("question", "/api/card", f="archived") == questions


# Nothing links to `releases`.
OVERVIEW_ALONE = with_tabs(OVERVIEW, Tab("Today", (card("marts_held", 0, 0),)))
