"""What a plan says, and that it only says it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ingest.errors import SettingsError
from metabase.content.model import Card, Tab, Tag
from metabase.provision.errors import BadContentError
from metabase.provision.tell import json_of_plan, lines_of_plan
from tests.metabase.provision.conftest import Provisioning
from tests.metabase.provision.releases import (
    COLLECTIONS,
    MARTS_HELD,
    OVERVIEW,
    RELEASES,
    ROWS_BY_MART,
    card,
    content,
    with_tabs,
)
from tests.metabase.provision.standin import StandIn


def test_a_plan_for_a_new_metabase_writes_nothing(someone: Provisioning, standin: StandIn) -> None:
    lines = list(lines_of_plan(someone.plan(content())))
    assert standin.requests == [("GET", "/api/session/properties")]
    assert lines[0] == "create person the first administrator"
    assert "create question questions/rows_by_mart.sql" in lines
    assert "create dashboard dashboards/releases.yml" in lines


def test_a_plan_for_a_metabase_in_use_writes_nothing(applied: Provisioning, standin: StandIn) -> None:
    applied.plan(content(questions=(MARTS_HELD,), dashboards=()))
    assert standin.writes == []
    assert {path for method, path in standin.requests if method != "GET"} == {"/api/session"}


def test_a_plan_counts_the_calls_that_apply_makes(someone: Provisioning, standin: StandIn) -> None:
    calls = someone.plan(content()).calls
    someone.apply(content())
    assert len(standin.writes) == calls


def test_a_plan_shows_each_key_that_differs_before_and_after(applied: Provisioning) -> None:
    moved = with_tabs(
        RELEASES,
        Tab("Rows", (card("rows_by_mart", 2, 0, parameters={"day": "day"}),)),
        RELEASES.tabs[1],
    )
    question = replace(MARTS_HELD, sql=f"{MARTS_HELD.sql}\nlimit 1", display="gauge")
    edited = content(questions=(ROWS_BY_MART, question), dashboards=(OVERVIEW, moved))
    assert list(lines_of_plan(applied.plan(edited))) == [
        "update question questions/marts_held.sql",
        '    display: "scalar" -> "gauge"',
        "    sql:",
        "      @@ -1 +1,2 @@",
        "       select count(*) as held from marts.publications where state = 'held'",
        "      +limit 1",
        "update dashboard dashboards/releases.yml",
        "    cards / Rows: rows_by_mart / row: 0 -> 2",
        "    cards / Rows: rows_by_mart / parameters / mart: "
        '["dimension", ["template-tag", "mart"]] -> nothing',
        "2 to update, 4 unchanged.",
        "apply would make at most 2 writing calls, then run 2 questions.",
    ]


def test_a_plan_shows_what_is_archived_and_what_comes_back(applied: Provisioning) -> None:
    without = content(questions=(ROWS_BY_MART,), dashboards=(RELEASES_OF_ROWS,))
    lines = list(lines_of_plan(applied.plan(without)))
    assert "archive dashboard dashboards/overview.yml" in lines
    assert "archive question questions/marts_held.sql" in lines
    applied.apply(without)
    assert "restore question questions/marts_held.sql" in list(lines_of_plan(applied.plan(content())))


RELEASES_OF_ROWS = with_tabs(RELEASES, RELEASES.tabs[0])


def test_a_plan_with_nothing_to_do_says_so(applied: Provisioning) -> None:
    assert list(lines_of_plan(applied.plan(content()))) == [
        "Nothing to do: 6 objects are as their files say."
    ]


def test_a_plan_as_json_has_the_same_steps(applied: Provisioning) -> None:
    edited = content(questions=(ROWS_BY_MART, replace(MARTS_HELD, display="gauge")))
    assert json.loads(json_of_plan(applied.plan(edited))) == {
        "steps": [
            {
                "action": "update",
                "kind": "question",
                "key": "marts_held",
                "calls": 1,
                "changes": [{"path": ["display"], "before": "scalar", "after": "gauge"}],
            }
        ],
        "unchanged": 5,
        "calls": 1,
        "questions": 2,
        "notes": [],
    }


def test_a_column_that_metabase_does_not_know_is_planned_and_then_named(
    applied: Provisioning, standin: StandIn
) -> None:
    tag = Tag("who", "Who", "string/=", ("marts", "publications", "published_by"))
    edited = content(questions=(ROWS_BY_MART, replace(MARTS_HELD, tags=(tag,))))
    step = applied.plan(edited).steps[0]
    assert (step.kind, [change.name for change in step.changes]) == (
        "columns",
        ["marts.publications.published_by"],
    )
    with pytest.raises(
        BadContentError, match=r"marts\.publications\.published_by of questions/marts_held\.sql"
    ):
        applied.apply(edited)
    assert [written.path.split("/")[-1] for written in standin.writes] == ["sync_schema"]


BAD: dict[str, tuple[Card, str]] = {
    "a question that is not there": (card("nowhere", 0, 0), "names the question 'nowhere'"),
    "a parameter that is not there": (
        card("rows_by_mart", 0, 0, parameters={"tenant": "mart"}),
        "names the parameter 'tenant'",
    ),
    "a tag that is not there": (
        card("marts_held", 0, 0, parameters={"mart": "mart"}),
        "sets the tag 'mart' of questions/marts_held.sql",
    ),
    "a link to a dashboard that is not there": (
        card(
            "marts_held",
            0,
            0,
            visualization_settings={
                "click_behavior": {"type": "link", "linkType": "dashboard", "targetId": "nowhere"}
            },
        ),
        "links to dashboard 'nowhere'",
    ),
    "a link with a parameter that is not there": (
        card(
            "marts_held",
            0,
            0,
            visualization_settings={
                "click_behavior": {
                    "type": "link",
                    "linkType": "dashboard",
                    "targetId": "overview",
                    "parameterMapping": {"day": {"source": {"type": "column", "id": "held", "name": "held"}}},
                }
            },
        ),
        "links with a parameter 'day'",
    ),
}


@pytest.mark.parametrize("mistake", BAD)
def test_a_dashboard_that_names_what_is_not_there_is_refused_before_any_write(
    someone: Provisioning, standin: StandIn, mistake: str
) -> None:
    bad, message = BAD[mistake]
    broken = content(dashboards=(OVERVIEW, with_tabs(RELEASES, Tab("Rows", (bad,)))))
    with pytest.raises(BadContentError, match=f"dashboards/releases.yml {message}"):
        someone.apply(broken)
    assert standin.writes == []


def test_a_name_that_stands_twice_on_a_dashboard_is_refused_before_any_write(
    someone: Provisioning, standin: StandIn
) -> None:
    two_tabs = with_tabs(RELEASES, RELEASES.tabs[0], RELEASES.tabs[0])
    two_parameters = replace(RELEASES, parameters=RELEASES.parameters[:1] * 2)
    for broken, named in ((two_tabs, "tab 'Rows'"), (two_parameters, "parameter 'mart'")):
        with pytest.raises(BadContentError, match=f"dashboards/releases.yml has two of the {named}"):
            someone.apply(content(dashboards=(OVERVIEW, broken)))
    assert standin.writes == []


def test_a_connection_that_nobody_describes_is_asked_for(
    applied: Provisioning, environ: dict[str, str]
) -> None:
    del environ["METABASE_DB_ENGINE"]
    environ["METABASE_DATABASE"] = "Elsewhere"
    with pytest.raises(
        SettingsError, match="METABASE_DATABASE is 'Elsewhere', and Metabase has no connection"
    ):
        applied.plan(content(collections=COLLECTIONS))
