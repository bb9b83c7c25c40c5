"""Files to a Metabase: what is created, what is changed, and what is left alone."""

from __future__ import annotations

from tests.metabase.provision.conftest import Provisioning
from tests.metabase.provision.releases import content
from tests.metabase.provision.standin import StandIn


def test_a_first_apply_creates_everything(someone: Provisioning, standin: StandIn) -> None:
    someone.apply(content())
    print(someone.lines)
    for w in standin.writes: print(w)
    state = standin.state
    assert sorted(card["name"] for card in state.cards.values()) == [
        "How many rows has each mart?",
        "Marts held",
    ]


def test_a_second_apply_writes_nothing(applied: Provisioning, standin: StandIn) -> None:
    done = applied.apply(content())
    assert standin.writes == []
    assert (done.steps, done.unchanged) == ((), 6)
