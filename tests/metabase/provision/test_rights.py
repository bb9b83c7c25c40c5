"""Who may see what after an apply, and whose rights stay."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from metabase.content.model import Group
from metabase.provision.errors import BadContentError, MetabaseError
from tests.metabase.provision.conftest import Provisioning
from tests.metabase.provision.graphs import ADMINISTRATORS, ALL_USERS
from tests.metabase.provision.releases import COLLECTIONS, GROUPS, content
from tests.metabase.provision.standin import StandIn
from tests.metabase.provision.test_apply import collection_id, group_id


def collection_rights(standin: StandIn, group: int) -> dict[str, str]:
    there: Any = standin.state.graphs.collections.get(group, {})
    names = {collection_id(standin, key): key for key in ("tracehouse", "operations")}
    return {names[number]: right for number, right in there.items() if number in names and right != "none"}


def test_each_group_sees_what_its_file_says(applied: Provisioning, standin: StandIn) -> None:
    readers, analysts = (group_id(standin, group.name) for group in GROUPS)
    assert collection_rights(standin, readers) == {"tracehouse": "read"}
    assert collection_rights(standin, analysts) == {"tracehouse": "read", "operations": "write"}


def test_only_those_who_may_write_sql_ask_questions_of_their_own(
    applied: Provisioning, standin: StandIn
) -> None:
    connection = next(iter(standin.state.databases))
    may = {group: rights[connection]["create-queries"] for group, rights in standin.state.graphs.data.items()}
    readers, analysts = (group_id(standin, group.name) for group in GROUPS)
    assert may == {ALL_USERS: "no", readers: "no", analysts: "query-builder-and-native"}


def test_all_users_see_no_managed_collection(applied: Provisioning, standin: StandIn) -> None:
    assert collection_rights(standin, ALL_USERS) == {}
    assert standin.state.graphs.collections[ALL_USERS]["root"] == "write"


def test_rights_of_other_groups_stay(applied: Provisioning, standin: StandIn) -> None:
    state = standin.state
    connection, operations = next(iter(state.databases)), collection_id(standin, "operations")
    state.groups[77] = {"name": "Finance", "magic_group_type": None}
    state.graphs.data[77] = {connection: {"view-data": "unrestricted", "create-queries": "query-builder"}}
    state.graphs.collections[77] = {operations: "read", "root": "write"}
    opened = replace(COLLECTIONS[1], access={"readers": "read"})
    writers = {"readers": replace(GROUPS[0], can_write_sql=True), "analysts": GROUPS[1]}
    applied.apply(replace(content(collections=(COLLECTIONS[0], opened)), groups=writers))
    assert {written.path for written in standin.writes} == {"/api/collection/graph", "/api/permissions/graph"}
    assert state.graphs.data[77] == {
        connection: {"view-data": "unrestricted", "create-queries": "query-builder"}
    }
    assert state.graphs.collections[77] == {operations: "read", "root": "write"}


@pytest.mark.parametrize("races", [1, 4])
def test_a_lost_race_on_a_graph_is_run_again(applied: Provisioning, standin: StandIn, races: int) -> None:
    standin.faults.races = races
    closed = replace(COLLECTIONS[1], access={"readers": "write"})
    applied.apply(content(collections=(COLLECTIONS[0], closed)))
    assert collection_rights(standin, group_id(standin, GROUPS[0].name)) == {
        "tracehouse": "read",
        "operations": "write",
    }
    assert len(standin.writes) == 1


def test_a_race_that_is_lost_five_times_ends_the_apply(applied: Provisioning, standin: StandIn) -> None:
    standin.faults.races = 5
    with pytest.raises(MetabaseError, match="409 to PUT /api/collection/graph"):
        applied.apply(content(collections=(COLLECTIONS[0], replace(COLLECTIONS[1], access={}))))


def test_a_group_that_is_there_is_used(someone: Provisioning, standin: StandIn) -> None:
    standin.state.groups[77] = {"name": GROUPS[0].name, "magic_group_type": None}
    someone.apply(content())
    assert [group["name"] for group in standin.state.groups.values()].count(GROUPS[0].name) == 1
    assert collection_rights(standin, 77) == {"tracehouse": "read"}


def test_all_users_get_what_a_file_gives_them(applied: Provisioning, standin: StandIn) -> None:
    everybody = Group("everybody", "All Users", can_write_sql=True)
    opened = replace(COLLECTIONS[0], access={"everybody": "read"})
    meant = content(collections=(opened, COLLECTIONS[1]))
    applied.apply(replace(meant, groups={**meant.groups, "everybody": everybody}))
    assert collection_rights(standin, ALL_USERS) == {"tracehouse": "read"}
    connection = next(iter(standin.state.databases))
    assert standin.state.graphs.data[ALL_USERS][connection]["create-queries"] == "query-builder-and-native"


def test_administrators_are_no_group_of_a_file(applied: Provisioning, standin: StandIn) -> None:
    taken = {"readers": replace(GROUPS[0], name="Administrators"), "analysts": GROUPS[1]}
    with pytest.raises(BadContentError, match="readers named 'Administrators'"):
        applied.apply(replace(content(), groups=taken))
    assert standin.writes == []


def test_no_right_of_administrators_is_written(someone: Provisioning, standin: StandIn) -> None:
    someone.apply(content())
    sent = [written.body["groups"] for written in standin.writes if written.path.endswith("/graph")]
    assert len(sent) == 2
    assert all(str(ADMINISTRATORS) not in groups for groups in sent)


def test_nobody_may_ask_a_new_connection_while_its_columns_are_awaited(
    someone: Provisioning, standin: StandIn
) -> None:
    standin.faults.refusals.append((r"POST /api/database/\d+/sync_schema", 500))
    with pytest.raises(MetabaseError, match="500"):
        someone.apply(content())
    [rights] = standin.state.graphs.data[ALL_USERS].values()
    assert rights["create-queries"] == "no"
