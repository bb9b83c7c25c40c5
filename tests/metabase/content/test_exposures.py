"""dbt knows the dashboards, and what they read."""

from __future__ import annotations

from metabase.content.exposures import FILE, exposures_text
from metabase.content.load import FOLDER, load_content
from metabase.contracts import read_manifest

MANIFEST = FOLDER.parent / "dbt_project" / "target" / "manifest.json"


def test_the_exposures_are_those_of_the_dashboards() -> None:
    assert FILE.read_text() == exposures_text(load_content(), MANIFEST)


def test_dbt_sees_every_dashboard_read_public_models_only() -> None:
    document = read_manifest(MANIFEST)
    exposures = document["exposures"].values()

    assert {exposure["name"].removesuffix("_dashboard") for exposure in exposures} == set(
        load_content().dashboards
    )
    read = {node for exposure in exposures for node in exposure["depends_on"]["nodes"]}
    assert {document["nodes"][node]["access"] for node in read} == {"public"}


def test_whoever_selects_a_mart_in_dbt_gets_no_dashboard_of_its_name() -> None:
    document = read_manifest(MANIFEST)
    exposures = {exposure["name"] for exposure in document["exposures"].values()}

    assert not exposures & {node["name"] for node in document["nodes"].values()}


def test_the_owner_of_a_dashboard_is_that_of_a_dbt_group() -> None:
    document = read_manifest(MANIFEST)
    owners = {group["owner"]["name"] for group in document["groups"].values()}

    assert {exposure["owner"]["name"] for exposure in document["exposures"].values()} <= owners
