"""`python -m metabase plan` and `apply`, as a person starts them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.metabase.provision.conftest import Provisioning
from tests.metabase.provision.standin import StandIn


def run(*arguments: str, home: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """One command with these settings and no others of Metabase's."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("METABASE_")}
    return subprocess.run(
        [sys.executable, "-m", "metabase", *arguments],
        cwd=ROOT,
        env={**inherited, "TRACEHOUSE_HOME": str(home), **environ},
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.fixture
def own(standin: StandIn, empty_serving: dict[str, str]) -> dict[str, str]:
    """Settings for a new stand-in over marts without a row."""
    login = {"METABASE_USER": "first@tracehouse.example", "METABASE_PASSWORD": "a-word-to-hide"}
    return {"METABASE_URL": standin.url, **login, **empty_serving}


def test_plan_then_apply_then_nothing_to_do(standin: StandIn, own: dict[str, str], home: Path) -> None:
    planned = run("plan", "--json", home=home, **own)
    assert (planned.returncode, planned.stderr) == (0, "")
    assert standin.writes == []
    applied = run("apply", home=home, **own)
    assert (applied.returncode, applied.stderr) == (0, "")
    assert len(standin.writes) == json.loads(planned.stdout)["calls"]
    again = run("plan", home=home, **own)
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout.startswith("Nothing to do: ")
    told = planned.stdout + applied.stdout + again.stdout
    assert not [own[key] for key in ("METABASE_PASSWORD", "METABASE_DB_PASSWORD") if own[key] in told]


def test_without_its_settings_it_says_which_and_exits_with_2(home: Path) -> None:
    for command in ("plan", "apply"):
        ended = run(command, home=home, METABASE_API_KEY="mb_key")
        assert ended.returncode == 2
        assert ended.stderr == (
            "METABASE_URL is not set; give Metabase's address, such as http://localhost:3000.\n"
        )


def test_a_server_that_refuses_ends_it_with_1(applied: Provisioning, standin: StandIn, home: Path) -> None:
    ended = run("plan", home=home, METABASE_URL=standin.url, METABASE_API_KEY="mb_wrong")
    assert ended.returncode == 1
    assert ended.stderr.startswith("Metabase answered 401 to GET /api/user/current: Unauthenticated.")
    assert "mb_wrong" not in ended.stderr
