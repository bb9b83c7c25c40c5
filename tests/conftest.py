"""Fixtures that every room of the tests shares."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres_server import PostgresServer, running_postgres
from tests.running import Home

ROOT = Path(__file__).resolve().parent.parent
SHARED_DATA = ROOT.parent / "shared" / "data"

_left_out: list[str] = []


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out, and remember, the tests whose data only the project's own machines have."""
    if SHARED_DATA.is_dir():
        return
    outside = [item for item in items if item.get_closest_marker("shared")]
    _left_out.extend(item.nodeid for item in outside)
    items[:] = [item for item in items if item not in outside]
    config.hook.pytest_deselected(items=outside)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was left out, and why."""
    if _left_out:
        terminalreporter.write_line(f"Left out, for want of ../shared/data: {len(_left_out)} tests")
        for name in _left_out:
            terminalreporter.write_line(f"  {name}")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real captures and malformed files beside the checkout; tests that use it are marked `shared`."""
    return SHARED_DATA


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty TRACEHOUSE_HOME with its landing folder."""
    (tmp_path / "landing").mkdir()
    return tmp_path


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home in which `make demo` has run."""
    home = Home(tmp_path_factory.mktemp("demo"))
    outcome = home.run("orchestration", "demo")
    assert outcome.code == 0, outcome.err
    return home


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server of this test process alone; a test makes a database of its own in it."""
    with running_postgres() as server:
        yield server
