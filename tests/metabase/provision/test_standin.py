"""The stand-in refuses what Metabase refuses, and takes without a word what Metabase takes without a word."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.metabase.provision.conftest import Provisioning
from tests.metabase.provision.standin import StandIn
from tests.metabase.provision.test_apply import dashboard_id, question_id


def send(standin: StandIn, method: str, path: str, body: Any = None) -> requests.Response:
    standin.state.api_keys.add("key")
    headers = {"X-API-KEY": "key"}
    return requests.request(method, standin.url + path, json=body, headers=headers, timeout=10)


@pytest.mark.parametrize(
    ("method", "path", "body", "wrong"),
    [
        ("POST", "/api/collection", {"name": "A", "colour": "red"}, "colour"),
        ("POST", "/api/collection", {"name": 7}, "name"),
        ("POST", "/api/collection", {}, "name"),
        ("POST", "/api/dashboard", {"name": "A", "dashcards": []}, "dashcards"),
        ("POST", "/api/dashboard", {"name": "A", "tabs": []}, "tabs"),
        ("POST", "/api/dashboard", {"name": "A", "entity_id": "x"}, "entity_id"),
        ("POST", "/api/dashboard", {"name": "A", "parameters": [{"id": "a", "type": "string"}]}, "string"),
        ("PUT", "/api/dashboard/100", {"dashcards": [{"id": 1, "size_x": 0}]}, "size_x"),
        ("PUT", "/api/dashboard/100", {"ordered_cards": []}, "ordered_cards"),
        ("PUT", "/api/card/1", {"archived": "yes"}, "archived"),
        ("GET", "/api/card?f=some", None, "f"),
        ("GET", "/api/card?g=all", None, "g"),
    ],
)
def test_a_request_outside_the_subset_is_refused(
    standin: StandIn, method: str, path: str, body: Any, wrong: str
) -> None:
    answer = send(standin, method, path, body)
    assert answer.status_code == 400
    assert wrong in answer.text
    assert standin.writes == []


def test_a_path_outside_the_subset_is_refused(standin: StandIn) -> None:
    assert send(standin, "GET", "/api/dataset").status_code == 404
    assert send(standin, "PUT", "/api/card/0", {}).status_code == 404


def test_nobody_asks_without_a_key_or_a_session(standin: StandIn) -> None:
    assert requests.get(f"{standin.url}/api/card", timeout=10).status_code == 401


def test_a_query_that_makes_no_sense_is_taken_and_not_kept(applied: Provisioning, standin: StandIn) -> None:
    number = question_id(standin, "marts_held")
    for query in ({"native": {"query": "select 1"}}, {"type": "native", "database": 1, "native": {}}):
        answer = send(standin, "PUT", f"/api/card/{number}", {"dataset_query": query})
        assert answer.status_code == 200
        assert answer.json()["dataset_query"] == {}


def test_a_question_is_told_in_mbql_5_unless_it_is_asked_for_otherwise(
    applied: Provisioning, standin: StandIn
) -> None:
    path = f"/api/card/{question_id(standin, 'marts_held')}"
    assert send(standin, "GET", path).json()["dataset_query"]["lib/type"] == "mbql/query"
    assert send(standin, "GET", f"{path}?legacy-mbql=true").json()["dataset_query"]["type"] == "native"


def test_a_stale_revision_and_a_paid_key_are_refused(applied: Provisioning, standin: StandIn) -> None:
    for path in ("/api/permissions/graph", "/api/collection/graph"):
        assert send(standin, "PUT", path, {"revision": 0, "groups": {}}).status_code == 409
    paid = {"revision": standin.state.graphs.data_revision, "groups": {}, "sandboxes": []}
    assert send(standin, "PUT", "/api/permissions/graph", paid).status_code == 402


def test_cards_without_tabs_take_the_tabs_away(applied: Provisioning, standin: StandIn) -> None:
    number = dashboard_id(standin, "releases")
    there = standin.state.dashboards.one(number)["dashcards"][0]
    kept = {key: there[key] for key in ("id", "card_id", "size_x", "size_y", "row", "col")}
    answer = send(standin, "PUT", f"/api/dashboard/{number}", {"dashcards": [kept]}).json()
    assert answer["tabs"] == []
    assert [found["id"] for found in answer["dashcards"]] != [there["id"]]


def test_a_card_without_a_tab_beside_tabs_is_refused(applied: Provisioning, standin: StandIn) -> None:
    number = dashboard_id(standin, "releases")
    body = {
        "tabs": [{"id": -1, "name": "A"}, {"id": -2, "name": "B"}],
        "dashcards": [{"id": -1, "size_x": 1, "size_y": 1, "row": 0, "col": 0}],
    }
    assert send(standin, "PUT", f"/api/dashboard/{number}", body).status_code == 400


def test_a_dashboard_in_the_trash_takes_no_cards(applied: Provisioning, standin: StandIn) -> None:
    path = f"/api/dashboard/{dashboard_id(standin, 'releases')}"
    assert send(standin, "PUT", path, {"archived": True}).status_code == 200
    assert send(standin, "PUT", path, {"dashcards": [], "tabs": []}).status_code == 404


@pytest.mark.parametrize(
    ("tag", "value", "rows"),
    [
        ("mart", ["slo_daily"], [["slo_daily", 11]]),
        ("mart", ["slo_daily' or 1 = 1 --"], []),
        ("day", "2026-01-01", [["slo_daily", 5], ["token_usage_daily", 70]]),
        ("day", "2026-01-02~2026-01-31", [["slo_daily", 6], ["token_usage_daily", 70]]),
        ("day", "~2025-12-31", []),
        ("state", "held", [["token_usage_daily", 70]]),
    ],
)
def test_a_question_runs_with_the_values_of_its_tags(
    applied: Provisioning, standin: StandIn, tag: str, value: Any, rows: list[Any]
) -> None:
    target = ["variable" if tag == "state" else "dimension", ["template-tag", tag]]
    path = f"/api/card/{question_id(standin, 'rows_by_mart')}/query"
    answer = send(standin, "POST", path, {"parameters": [{"target": target, "value": value}]})
    assert answer.status_code == 202
    assert answer.json()["data"]["rows"] == rows
