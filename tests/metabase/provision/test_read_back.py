"""What was accepted and stored as something else is noticed, with the object and the key."""

from __future__ import annotations

from dataclasses import replace

import pytest

from metabase.provision.errors import StoredWronglyError
from tests.metabase.provision.conftest import Provisioning
from tests.metabase.provision.releases import COLLECTIONS, GROUPS, MARTS_HELD, ROWS_BY_MART, content
from tests.metabase.provision.standin import StandIn


@pytest.mark.parametrize(
    ("operation", "key", "message"),
    [
        (
            "post-api-card",
            "collection_id",
            r"questions/rows_by_mart\.sql and stored something else: collection",
        ),
        ("post-api-card", "description", r"questions/rows_by_mart\.sql .*: description is null"),
        ("put-api-dashboard-id", "dashcards", r"dashboards/overview\.yml .*tabs is \[\] and not"),
        ("post-api-dashboard", "parameters", r"dashboards/releases\.yml .*parameters / mart"),
        ("post-api-collection", "parent_id", r"collections\.yml, operations .*: parent is null and not"),
        ("put-api-database-id", "description", r"connection 'Tracehouse' .*in description"),
    ],
)
def test_a_key_that_was_not_kept_is_named(
    someone: Provisioning, standin: StandIn, operation: str, key: str, message: str
) -> None:
    standin.faults.forgets.add((operation, key))
    with pytest.raises(StoredWronglyError, match=message):
        someone.apply(content())


def test_an_edit_that_was_not_kept_is_named(applied: Provisioning, standin: StandIn) -> None:
    standin.faults.forgets.add(("put-api-card-id", "display"))
    with pytest.raises(StoredWronglyError, match=r'marts_held.*: display is "scalar" and not "gauge"'):
        applied.apply(content(questions=(ROWS_BY_MART, replace(MARTS_HELD, display="gauge"))))


def test_a_query_that_metabase_takes_and_drops_is_named(someone: Provisioning) -> None:
    nameless = replace(ROWS_BY_MART, tags=(replace(ROWS_BY_MART.tags[0], label=""), *ROWS_BY_MART.tags[1:]))
    with pytest.raises(StoredWronglyError, match=r"questions/rows_by_mart\.sql .*sql is null and not"):
        someone.apply(content(questions=(nameless, MARTS_HELD)))


def test_an_archive_that_was_not_kept_is_named(applied: Provisioning, standin: StandIn) -> None:
    standin.faults.forgets.add(("put-api-card-id", "archived"))
    with pytest.raises(StoredWronglyError, match=r"questions/marts_held\.sql was to be archived, and is not"):
        applied.apply(content(questions=(ROWS_BY_MART,), dashboards=()))


@pytest.mark.parametrize("graph", ["/api/permissions/graph", "/api/collection/graph"])
def test_rights_that_were_not_kept_are_named(
    applied: Provisioning, standin: StandIn, graph: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for put in ("put_data_graph", "put_collection_graph"):
        monkeypatch.setattr(standin.state.graphs, put, lambda *_: None)
    collections = (COLLECTIONS[0], replace(COLLECTIONS[1], access={}))
    groups = {"readers": replace(GROUPS[0], can_write_sql=True), "analysts": GROUPS[1]}
    edited = content(collections=collections) if "collection" in graph else replace(content(), groups=groups)
    with pytest.raises(StoredWronglyError, match=f"PUT {graph} was accepted, and these rights are not there"):
        applied.apply(edited)
