"""Files to a Metabase: what is created, what is changed, and what is left alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from metabase.content.model import Content, Parameter, Tab
from metabase.provision.errors import FailingQuestionsError, MetabaseError, NotOursError
from metabase.provision.identity import key_of
from metabase.provision.tell import lines_of_plan
from tests.metabase.provision.conftest import Provisioning
from tests.metabase.provision.releases import (
    COLLECTIONS,
    GROUPS,
    MARTS_HELD,
    OVERVIEW,
    RELEASES,
    ROWS_BY_MART,
    card,
    content,
    with_tabs,
)
from tests.metabase.provision.standin import StandIn


def question_id(standin: StandIn, key: str) -> int:
    return _id(standin.state.cards, "question", key)


def dashboard_id(standin: StandIn, key: str) -> int:
    return _id(standin.state.dashboards.stored, "dashboard", key)


def collection_id(standin: StandIn, key: str) -> int:
    return _id(standin.state.collections, "collection", key)


def _id(objects: dict[int, dict[str, Any]], kind: Any, key: str) -> int:
    return min(number for number, item in objects.items() if key_of(kind, item.get("description")) == key)


def group_id(standin: StandIn, name: str) -> int:
    return next(number for number, group in standin.state.groups.items() if group["name"] == name)


def test_a_first_apply_creates_everything(someone: Provisioning, standin: StandIn) -> None:
    someone.apply(content())
    state = standin.state
    operations = collection_id(standin, "operations")
    assert state.collections[operations]["location"] == f"/{collection_id(standin, 'tracehouse')}/"
    assert [found["collection_id"] for found in state.cards.values()] == [operations, operations]
    releases = state.dashboards.one(dashboard_id(standin, "releases"))
    assert [tab["name"] for tab in releases["tabs"]] == ["Rows", "Held"]
    assert [(found["card_id"], found["row"], found["col"]) for found in releases["dashcards"]] == [
        (question_id(standin, "rows_by_mart"), 0, 0),
        (question_id(standin, "marts_held"), 0, 0),
        (question_id(standin, "rows_by_mart"), 0, 12),
    ]
    assert someone.lines[-1] == "All 2 questions run, 3 rows."


def test_a_second_apply_writes_nothing(applied: Provisioning, standin: StandIn) -> None:
    done = applied.apply(content())
    assert standin.writes == []
    assert (done.steps, done.unchanged) == ((), 6)


def test_an_apply_with_a_key_writes_nothing_either(
    applied: Provisioning, standin: StandIn, environ: dict[str, str]
) -> None:
    standin.state.api_keys.add("mb_key")
    del environ["METABASE_USER"], environ["METABASE_PASSWORD"]
    environ["METABASE_API_KEY"] = "mb_key"
    applied.apply(content())
    assert standin.writes == []
    assert not [path for _, path in standin.requests if path == "/api/session"]


EDITS: dict[str, tuple[Callable[[], Content], str]] = {
    "the name of a question": (
        lambda: content(questions=(replace(ROWS_BY_MART, name="Rows?"), MARTS_HELD)),
        "/api/card/",
    ),
    "the SQL of a question": (
        lambda: content(questions=(ROWS_BY_MART, replace(MARTS_HELD, sql="select 0 as held"))),
        "/api/card/",
    ),
    "a question moves to another collection": (
        lambda: content(questions=(ROWS_BY_MART, replace(MARTS_HELD, collection="tracehouse"))),
        "/api/card/",
    ),
    "a card moves": (
        lambda: content(
            dashboards=(
                OVERVIEW,
                with_tabs(RELEASES, RELEASES.tabs[0], Tab("Held", (card("marts_held", 8, 6),))),
            ),
        ),
        "/api/dashboard/",
    ),
    "a parameter gets a default": (
        lambda: content(
            dashboards=(
                OVERVIEW,
                replace(
                    RELEASES,
                    parameters=(
                        Parameter("mart", "Mart", "string/=", ("slo_daily",)),
                        RELEASES.parameters[1],
                    ),
                ),
            )
        ),
        "/api/dashboard/",
    ),
    "parameters change places": (
        lambda: content(dashboards=(OVERVIEW, replace(RELEASES, parameters=RELEASES.parameters[::-1]))),
        "/api/dashboard/",
    ),
    "the description of a collection": (
        lambda: content(collections=(replace(COLLECTIONS[0], description="All of it."), COLLECTIONS[1])),
        "/api/collection/",
    ),
    "a group may see a collection": (
        lambda: content(
            collections=(
                COLLECTIONS[0],
                replace(COLLECTIONS[1], access={"analysts": "write", "readers": "read"}),
            )
        ),
        "/api/collection/graph",
    ),
    "a group may write SQL": (
        lambda: replace(
            content(),
            groups={"readers": replace(GROUPS[0], can_write_sql=True), "analysts": GROUPS[1]},
        ),
        "/api/permissions/graph",
    ),
}


@pytest.mark.parametrize("edit", EDITS)
def test_one_edit_makes_one_write(applied: Provisioning, standin: StandIn, edit: str) -> None:
    edited, path = EDITS[edit]
    assert applied.plan(edited()).calls == 1
    applied.apply(edited())
    assert [written.method for written in standin.writes] == ["PUT"]
    assert standin.writes[0].path.startswith(path)
    applied.apply(edited())
    assert len(standin.writes) == 1


def test_what_no_file_means_any_more_is_archived(applied: Provisioning, standin: StandIn) -> None:
    applied.apply(content(questions=(MARTS_HELD,), dashboards=(), collections=COLLECTIONS))
    gone = {
        f"/api/dashboard/{dashboard_id(standin, 'overview')}",
        f"/api/dashboard/{dashboard_id(standin, 'releases')}",
        f"/api/card/{question_id(standin, 'rows_by_mart')}",
    }
    assert {written.path for written in standin.writes} == gone
    assert all(written.method == "PUT" and written.body == {"archived": True} for written in standin.writes)


def test_nothing_is_ever_deleted(applied: Provisioning, standin: StandIn) -> None:
    applied.apply(content(questions=(), dashboards=(), collections=()))
    deleted = {path for method, path in standin.requests if method == "DELETE"}
    assert deleted == {"/api/session"}
    # The one inside first: it would go with the other, and not come back by itself.
    assert [written.path for written in standin.writes][-2:] == [
        f"/api/collection/{collection_id(standin, key)}" for key in ("operations", "tracehouse")
    ]
    assert all(found["archived"] for found in standin.state.cards.values())
    assert all(found["archived"] for found in standin.state.dashboards.stored.values())
    assert [found["name"] for found in standin.state.collections.values() if not found["archived"]] == [
        "Trash"
    ]


def test_what_comes_back_is_what_was_there(applied: Provisioning, standin: StandIn) -> None:
    cards, dashboards = dict(standin.state.cards), dict(standin.state.dashboards.stored)
    applied.apply(content(questions=(), dashboards=(), collections=()))
    applied.apply(content())
    assert standin.state.cards.keys() == cards.keys()
    assert standin.state.dashboards.stored.keys() == dashboards.keys()
    assert not any(found["archived"] for found in standin.state.cards.values())
    standin.writes.clear()
    applied.apply(content())
    assert standin.writes == []


def test_what_comes_back_may_have_changed_and_may_stand_elsewhere(
    applied: Provisioning, standin: StandIn
) -> None:
    number, operations = question_id(standin, "marts_held"), collection_id(standin, "operations")
    applied.apply(content(questions=(), dashboards=(), collections=COLLECTIONS[:1]))
    standin.writes.clear()
    moved = replace(MARTS_HELD, collection="tracehouse", display="gauge")
    applied.apply(content(questions=(moved,), dashboards=(), collections=COLLECTIONS[:1]))
    tracehouse = collection_id(standin, "tracehouse")
    assert [(written.path, written.body) for written in standin.writes] == [
        (f"/api/card/{number}", {"archived": False, "collection_id": tracehouse}),
        (f"/api/card/{number}", {"display": "gauge"}),
    ]
    assert standin.state.collections[operations]["archived"]


def test_a_question_that_somebody_archived_comes_back_with_its_cards(
    applied: Provisioning, standin: StandIn
) -> None:
    number = question_id(standin, "marts_held")
    standin.state.cards[number].update(archived=True, directly=True)
    applied.apply(content())
    assert not standin.state.cards[number]["archived"]
    placed = standin.state.dashboards.one(dashboard_id(standin, "overview"))["dashcards"]
    assert [found["card_id"] for found in placed].count(number) == 1
    standin.writes.clear()
    applied.apply(content())
    assert standin.writes == []


def test_cards_and_tabs_keep_their_ids_when_they_move(applied: Provisioning, standin: StandIn) -> None:
    number = dashboard_id(standin, "releases")
    before = standin.state.dashboards.one(number)
    tabs = {tab["name"]: tab["id"] for tab in before["tabs"]}
    rows, held, rows_again = (found["id"] for found in before["dashcards"])
    moved = with_tabs(
        RELEASES,
        Tab("Held", (card("rows_by_mart", 0, 0, parameters={"mart": "mart"}), card("marts_held", 4, 0))),
        Tab("All rows", (card("rows_by_mart", 0, 0), card(None, 4, 0, text="New."))),
    )
    applied.apply(content(dashboards=(OVERVIEW, moved)))
    after = standin.state.dashboards.one(number)
    assert {tab["name"]: tab["id"] for tab in after["tabs"]}["Held"] == tabs["Held"]
    placed = {
        found["id"]: (found["dashboard_tab_id"], found["row"], found["col"]) for found in after["dashcards"]
    }
    assert placed[held] == (tabs["Held"], 4, 0)
    assert placed[rows_again] == (tabs["Held"], 0, 0)
    assert len(placed) == 4
    assert max(placed) not in (rows, held, rows_again)


def test_a_tab_keeps_its_id_when_it_gets_another_name(applied: Provisioning, standin: StandIn) -> None:
    number = dashboard_id(standin, "releases")
    before = standin.state.dashboards.one(number)
    applied.apply(
        content(
            dashboards=(
                OVERVIEW,
                with_tabs(RELEASES, replace(RELEASES.tabs[0], name="All rows"), RELEASES.tabs[1]),
            )
        )
    )
    after = standin.state.dashboards.one(number)
    assert [tab["name"] for tab in after["tabs"]] == ["All rows", "Held"]
    assert [tab["id"] for tab in after["tabs"]] == [tab["id"] for tab in before["tabs"]]
    assert [found["id"] for found in after["dashcards"]] == [found["id"] for found in before["dashcards"]]


def test_a_tab_that_somebody_added_goes_and_ours_keeps_its_id(
    applied: Provisioning, standin: StandIn
) -> None:
    number = dashboard_id(standin, "releases")
    before = [tab["id"] for tab in standin.state.dashboards.one(number)["tabs"]]
    standin.state.dashboards.stored[number]["tabs"][900] = {"id": 900, "name": "Held", "position": 2}
    applied.apply(content())
    assert [tab["id"] for tab in standin.state.dashboards.one(number)["tabs"]] == before


def test_a_new_card_leaves_the_ids_of_the_others(applied: Provisioning, standin: StandIn) -> None:
    number = dashboard_id(standin, "overview")
    before = [found["id"] for found in standin.state.dashboards.one(number)["dashcards"]]
    more = with_tabs(OVERVIEW, Tab("Today", (card("marts_held", 8, 0), *OVERVIEW.tabs[0].cards)))
    applied.apply(content(dashboards=(more, RELEASES)))
    after = [found["id"] for found in standin.state.dashboards.one(number)["dashcards"]]
    assert set(before) < set(after)
    assert len(after) == 4


def test_a_link_leads_to_a_dashboard_that_is_made_later(applied: Provisioning, standin: StandIn) -> None:
    placed = standin.state.dashboards.one(dashboard_id(standin, "overview"))["dashcards"]
    releases = standin.state.dashboards.one(dashboard_id(standin, "releases"))
    mart = next(found["id"] for found in releases["parameters"] if found["slug"] == "mart")
    link = placed[2]["visualization_settings"]["click_behavior"]
    assert link["targetId"] == releases["id"]
    assert link["parameterMapping"] == {
        mart: {
            "id": mart,
            "source": {"type": "column", "id": "mart", "name": "mart"},
            "target": {"type": "parameter", "id": mart},
        }
    }


def test_a_dashboard_that_is_there_can_link_to_one_that_is_new(
    someone: Provisioning, standin: StandIn
) -> None:
    plain = with_tabs(OVERVIEW, Tab("Today", (card("marts_held", 0, 0),)))
    someone.apply(content(dashboards=(plain,)))
    someone.apply(content())
    placed = standin.state.dashboards.one(dashboard_id(standin, "overview"))["dashcards"]
    links = [found["visualization_settings"].get("click_behavior") for found in placed]
    assert [link["targetId"] for link in links if link] == [dashboard_id(standin, "releases")]


def test_what_others_made_is_not_touched(applied: Provisioning, standin: StandIn) -> None:
    state = standin.state
    theirs = state.cards[99] = {
        **state.cards[question_id(standin, "marts_held")],
        "name": ROWS_BY_MART.name,
        "description": "Mine.",
    }
    state.dashboards.stored[98] = {
        **state.dashboards.make({"name": RELEASES.name}),
        "dashcards": {},
        "tabs": {},
    }
    before = dict(theirs)
    applied.apply(content(questions=(MARTS_HELD,), dashboards=()))
    applied.apply(content())
    assert state.cards[99] == before
    assert not state.dashboards.stored[98]["archived"]
    assert not [written for written in standin.writes if written.path.endswith(("/98", "/99"))]


def test_a_copy_that_somebody_made_of_a_managed_question_stays_theirs(
    applied: Provisioning, standin: StandIn
) -> None:
    state = standin.state
    original = question_id(standin, "marts_held")
    state.cards[500] = {**state.cards[original], "name": "Marts held - copy", "display": "table"}
    applied.apply(content())
    assert standin.writes == []
    applied.apply(content(questions=(ROWS_BY_MART,), dashboards=()))
    assert state.cards[original]["archived"]
    assert not state.cards[500]["archived"]


def test_an_edit_in_metabase_is_overwritten(applied: Provisioning, standin: StandIn) -> None:
    standin.state.cards[question_id(standin, "marts_held")]["display"] = "gauge"
    applied.apply(content())
    assert [written.body for written in standin.writes] == [{"display": "scalar"}]


def test_a_series_that_somebody_laid_over_a_card_is_planned_and_goes(
    applied: Provisioning, standin: StandIn
) -> None:
    dashcards = standin.state.dashboards.stored[dashboard_id(standin, "releases")]["dashcards"]
    first = next(iter(dashcards.values()))
    first["series"] = [{"id": question_id(standin, "marts_held")}]
    [step] = applied.plan(content()).steps
    assert [(change.name, change.before, change.after) for change in step.changes] == [
        ("cards / Rows: rows_by_mart / series", ["marts_held"], None)
    ]
    applied.apply(content())
    after = standin.state.dashboards.stored[dashboard_id(standin, "releases")]["dashcards"]
    assert [found["series"] for found in after.values()] == [[]] * len(dashcards)
    assert after.keys() == dashcards.keys()


def test_a_question_that_somebody_moved_into_a_dashboard_comes_back_to_its_collection(
    applied: Provisioning, standin: StandIn
) -> None:
    moved = standin.state.cards[question_id(standin, "marts_held")]
    moved["dashboard_id"] = dashboard_id(standin, "releases")
    applied.apply(content())
    assert [written.body for written in standin.writes] == [
        {"collection_id": collection_id(standin, "operations"), "dashboard_id": None}
    ]
    assert moved["dashboard_id"] is None


def test_ids_that_somebody_changed_in_metabase_are_set_right(applied: Provisioning, standin: StandIn) -> None:
    number = question_id(standin, "rows_by_mart")
    native = standin.state.cards[number]["dataset_query"]["native"]
    native["template-tags"]["mart"]["id"] = "another"
    dashcards = standin.state.dashboards.stored[dashboard_id(standin, "releases")]["dashcards"]
    next(iter(dashcards.values()))["parameter_mappings"][0]["card_id"] = question_id(standin, "marts_held")
    applied.apply(content())
    assert sorted(written.path.split("/")[2] for written in standin.writes) == ["card", "dashboard"]
    standin.writes.clear()
    applied.apply(content())
    assert standin.writes == []


def test_a_click_of_a_card_stands_before_that_of_its_question(
    someone: Provisioning, standin: StandIn
) -> None:
    def clicks(target: str) -> dict[str, Any]:
        link = {"type": "link", "linkType": "dashboard", "targetId": target}
        return {"column_settings": {'["name","held"]': {"click_behavior": link, "column_title": "Held"}}}

    question = replace(MARTS_HELD, visualization_settings=clicks("releases"))
    own = card("marts_held", 0, 12, visualization_settings=clicks("overview"))
    overview = with_tabs(OVERVIEW, Tab("Today", (card("marts_held", 0, 0), own)))
    someone.apply(content(questions=(ROWS_BY_MART, question), dashboards=(overview, RELEASES)))
    stored = standin.state.cards[question_id(standin, "marts_held")]["visualization_settings"]
    assert stored == {"column_settings": {'["name","held"]': {"column_title": "Held"}}}
    placed = standin.state.dashboards.one(dashboard_id(standin, "overview"))["dashcards"]
    columns = [found["visualization_settings"]["column_settings"]['["name","held"]'] for found in placed]
    assert [found["click_behavior"]["targetId"] for found in columns] == [
        dashboard_id(standin, "releases"),
        dashboard_id(standin, "overview"),
    ]


def test_a_collection_with_things_of_others_is_not_archived(applied: Provisioning, standin: StandIn) -> None:
    state = standin.state
    operations = collection_id(standin, "operations")
    state.cards[99] = {**state.cards[question_id(standin, "marts_held")], "name": "Mine", "description": None}
    done = applied.apply(content(questions=(), dashboards=(), collections=()))
    assert not state.collections[operations]["archived"]
    assert not state.collections[collection_id(standin, "tracehouse")]["archived"]
    assert not state.cards[99]["archived"]
    assert "'Mine'" in done.notes[0]


def test_an_apply_that_was_stopped_goes_on_where_it_stood(someone: Provisioning, standin: StandIn) -> None:
    standin.faults.refusals.append((r"PUT /api/dashboard/\d+", 500))
    with pytest.raises(MetabaseError, match="500"):
        someone.apply(content())
    someone.apply(content())
    assert len(standin.state.dashboards.stored) == 2
    assert len(standin.state.cards) == 2
    standin.writes.clear()
    someone.apply(content())
    assert standin.writes == []


def test_an_apply_that_was_stopped_between_connection_and_mark_goes_on(
    someone: Provisioning, standin: StandIn
) -> None:
    standin.faults.refusals.append((r"PUT /api/database/\d+", 500))
    with pytest.raises(MetabaseError, match="500"):
        someone.apply(content())
    someone.apply(content())
    assert len(standin.state.databases) == 1


def test_a_connection_that_metabase_makes_with_ssl_keeps_it(
    someone: Provisioning, standin: StandIn, environ: dict[str, str]
) -> None:
    standin.state.offers_ssl = True
    standin.faults.refusals.append((r"PUT /api/database/\d+", 500))
    with pytest.raises(MetabaseError, match="500"):
        someone.apply(content())
    someone.apply(content())
    assert someone.plan(content()).steps == ()
    environ["METABASE_DB_HOST"] = "localhost"
    someone.apply(content())
    [connection] = standin.state.databases.values()
    assert (connection["details"]["host"], connection["details"]["ssl"]) == ("localhost", True)


def test_a_connection_that_is_not_managed_is_not_touched(applied: Provisioning, standin: StandIn) -> None:
    connection = next(iter(standin.state.databases.values()))
    connection["description"] = "Set up by hand."
    with pytest.raises(NotOursError, match="'Tracehouse' that is not managed"):
        applied.apply(content())
    assert standin.writes == []


def test_a_connection_that_is_there_is_used_as_it_stands(
    applied: Provisioning, standin: StandIn, environ: dict[str, str]
) -> None:
    next(iter(standin.state.databases.values()))["description"] = "Set up by hand."
    del environ["METABASE_DB_ENGINE"]
    opened = replace(
        content(), groups={"readers": replace(GROUPS[0], can_write_sql=True), "analysts": GROUPS[1]}
    )
    done = applied.apply(opened)
    assert standin.writes == []
    assert "'Tracehouse' is not managed" in done.notes[0]


def test_a_changed_connection_is_written_with_its_password(
    applied: Provisioning, standin: StandIn, environ: dict[str, str]
) -> None:
    next(iter(standin.state.databases.values()))["details"]["let-user-control-scheduling"] = True
    environ["METABASE_DB_HOST"] = "localhost"
    done = applied.apply(content())
    assert [(change.name, change.before, change.after) for change in done.steps[0].changes] == [
        ("details / host", "127.0.0.1", "localhost")
    ]
    details = next(iter(standin.state.databases.values()))["details"]
    assert (details["host"], details["password"]) == ("localhost", environ["METABASE_DB_PASSWORD"])
    assert details["let-user-control-scheduling"] is True


def test_a_connection_whose_password_is_a_new_one_is_written_again(
    applied: Provisioning, standin: StandIn
) -> None:
    next(iter(standin.state.databases.values()))["details"]["password"] = "the-one-before"
    assert applied.plan(content()).steps == ()
    with pytest.raises(FailingQuestionsError, match="password authentication failed"):
        applied.apply(content())
    assert applied.plan(content(), rewrite_connection=True).calls == 1
    applied.apply(content(), rewrite_connection=True)
    assert [written.path.split("/")[2] for written in standin.writes] == ["database"]


def test_a_duckdb_connection_is_made_and_kept_as_its_settings_say(
    someone: Provisioning, standin: StandIn, environ: dict[str, str]
) -> None:
    meant = content(questions=(), dashboards=())
    environ.update(METABASE_DB_ENGINE="duckdb", METABASE_DB_FILE=":memory:", METABASE_DB_INIT_SQL="select 1")
    someone.apply(meant)
    stored = next(iter(standin.state.databases.values()))
    assert (stored["engine"], stored["details"]) == (
        "duckdb",
        {
            "database_file": ":memory:",
            "read_only": False,
            "old_implicit_casting": False,
            "init_sql": "select 1",
        },
    )
    standin.writes.clear()
    someone.apply(meant)
    assert standin.writes == []
    environ["METABASE_DB_INIT_SQL"] = "set s3_secret_access_key = 'a-word-to-hide'"
    lines = list(lines_of_plan(someone.plan(meant)))
    assert lines[:2] == [
        "update connection Tracehouse",
        '    details / init_sql: "(not shown)" -> "(not shown)"',
    ]


def test_apply_waits_until_the_sync_has_found_the_columns(someone: Provisioning, standin: StandIn) -> None:
    standin.faults.slow_looks = 3
    someone.apply(content())
    assert someone.waited == [2.0, 2.0, 2.0]


def test_a_failing_question_fails_the_apply_and_names_its_file(
    someone: Provisioning, standin: StandIn
) -> None:
    broken = replace(MARTS_HELD, sql="select held from marts.publications")
    empty = replace(MARTS_HELD, key="no_such_table", sql="select 1 from marts.nowhere")
    with pytest.raises(FailingQuestionsError) as failure:
        someone.apply(content(questions=(ROWS_BY_MART, broken, empty)))
    told = str(failure.value).splitlines()
    assert told[0].startswith("2 of 3 questions cannot be run.")
    assert told[1].startswith("  questions/marts_held.sql: ") and 'column "held" does not exist' in told[1]
    assert told[2].startswith("  questions/no_such_table.sql: ") and "marts.nowhere" in told[2]
    assert len(standin.state.dashboards.stored) == 2


@pytest.mark.parametrize(
    ("result", "message"),
    [
        ({"status": "failed", "error": "no space"}, "no space"),
        ({"status": "failed", "data": {"cols": [{"name": "a"}], "rows": []}}, "its status is failed"),
        ({"status": "completed", "data": {"cols": [], "rows": []}}, "without columns"),
        ({"status": "completed", "data": {"cols": [{"name": "a"}]}}, "without columns"),
        ("nothing", "no result"),
    ],
)
def test_a_result_that_is_none_fails_the_apply(
    applied: Provisioning, standin: StandIn, result: Any, message: str
) -> None:
    standin.faults.result = result
    with pytest.raises(FailingQuestionsError, match=rf"questions/marts_held\.sql: .*{message}"):
        applied.apply(content())


def test_what_the_role_may_not_read_fails(someone: Provisioning) -> None:
    private = replace(MARTS_HELD, sql="select count(*) from private.people")
    with pytest.raises(FailingQuestionsError, match="permission denied"):
        someone.apply(content(questions=(ROWS_BY_MART, private)))


def test_a_default_of_a_tag_is_what_a_question_runs_with(someone: Provisioning) -> None:
    mart, day, state = ROWS_BY_MART.tags
    tags = (replace(mart, default=("slo_daily",)), day, replace(state, default="published"))
    someone.apply(content(questions=(replace(ROWS_BY_MART, tags=tags), MARTS_HELD)))
    # One row of the one mart, and the one number of marts held.
    assert someone.lines[-1] == "All 2 questions run, 2 rows."
