"""The dashboards of this project, as they stand in its files, on a Metabase that reads empty marts."""

from __future__ import annotations

import pytest

from metabase.content.load import load_content
from tests.metabase.provision.conftest import Provisioning
from tests.metabase.provision.standin import StandIn


@pytest.fixture
def own(standin: StandIn, empty_serving: dict[str, str]) -> Provisioning:
    """Someone who provisions a new stand-in over marts without a row."""
    return Provisioning(
        {
            "METABASE_URL": standin.url,
            "METABASE_USER": "first@tracehouse.example",
            "METABASE_PASSWORD": "not a secret",
            **empty_serving,
        }
    )


def test_every_file_is_provisioned_once_and_every_question_runs(own: Provisioning, standin: StandIn) -> None:
    content = load_content()
    calls = own.plan(content).calls
    own.apply(content)
    assert own.lines[-1].startswith(f"All {len(content.questions)} questions run, ")
    assert len(standin.state.cards) == len(content.questions)
    assert len(standin.state.dashboards.stored) == len(content.dashboards)
    assert len(standin.writes) == calls
    standin.writes.clear()
    own.apply(content)
    assert standin.writes == []
