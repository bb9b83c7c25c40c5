"""MLFLOW_TRACKING_URI: what can be read, what a store is called, what is refused before it is opened."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.errors import SettingsError
from ingest.mlflow_store.uri import sqlite_file, store_name
from ingest.settings import read_settings
from tests.ingest.loads import span_line, warehouse
from tests.ingest.mlflow_stores import TinyStore
from tests.running import ROOT

OLDER = (
    "the client that is installed without changing it. Run `mlflow db upgrade` of the client's version on it"
)


@pytest.mark.parametrize(
    "uri",
    [
        "databricks",
        "databricks://ada:secret@workspace",
        "postgresql://ada:secret@db/mlflow",
        "file:///secret/mlruns",
        "./secret",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///secret.db?mode=rwc",
        "http://",
        "http://ada:secret@",
        "http://host:port",
    ],
)
def test_a_form_that_cannot_be_read_stops_the_start_and_is_named_but_not_shown(uri: str) -> None:
    with pytest.raises(SettingsError, match=r"^MLFLOW_TRACKING_URI .*http://… or https://…") as raised:
        read_settings({"MLFLOW_TRACKING_URI": uri})
    assert "secret" not in str(raised.value)


def test_no_repr_of_the_settings_shows_a_password() -> None:
    settings = read_settings({"MLFLOW_TRACKING_URI": "https://ada:secret@mlflow.example.com"})
    assert settings.mlflow_tracking_uri == "https://ada:secret@mlflow.example.com"
    assert "secret" not in repr(settings)


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        ("http://localhost:5000", "mlflow/localhost:5000"),
        ("https://ada:p%40ss@MLflow.example.com/base/?token=secret#x", "mlflow/mlflow.example.com/base"),
        ("https://[::1]:5000/", "mlflow/[::1]:5000"),
    ],
)
def test_a_server_is_called_by_host_port_and_path(uri: str, name: str) -> None:
    assert store_name(uri) == name


def test_a_file_is_called_by_its_name_and_where_it_is_stays_a_secret(tmp_path: Path) -> None:
    names = {store_name(f"sqlite:///{tmp_path / folder / 'mlflow.db'}") for folder in ("a", "b")}
    assert len(names) == 2
    assert {name[: len("mlflow/mlflow.db-")] for name in names} == {"mlflow/mlflow.db-"}
    assert sqlite_file("sqlite:///mlflow.db") == Path.cwd() / "mlflow.db"


def test_without_the_client_the_start_is_refused_and_the_setting_named() -> None:
    code = "import os; from ingest.settings import read_settings; read_settings(os.environ)"
    # -S: a Python without any installed package.
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        cwd=ROOT,
        env={"MLFLOW_TRACKING_URI": "http://localhost:5000", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert "SettingsError: MLFLOW_TRACKING_URI is set, but MLflow's client is not installed" in done.stderr


def test_a_load_without_the_setting_does_not_import_mlflow(home: Path) -> None:
    warehouse(home).write("otlp/a.jsonl", span_line(1))
    code = (
        "import sys; from ingest.__main__ import main; code = main(['load']); "
        "sys.exit(code or 'mlflow' in sys.modules or 'sqlalchemy' in sys.modules)"
    )
    environ = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environ
        | {"TRACEHOUSE_HOME": str(home), "TRACEHOUSE_SETTLE_SECONDS": "0", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_a_file_that_does_not_exist_is_not_made(home: Path) -> None:
    file = home / "nowhere" / "mlflow.db"
    summary = warehouse(home, MLFLOW_TRACKING_URI=f"sqlite:///{file}").load()
    assert summary.store_failure == (
        "MLFLOW_TRACKING_URI names the file mlflow.db, which does not exist: correct or unset it."
    )
    assert not file.parent.exists()


def test_a_file_that_is_no_store_is_told(home: Path) -> None:
    file = home / "notes.db"
    file.write_bytes(b"no database at all" * 100)
    summary = warehouse(home, MLFLOW_TRACKING_URI=f"sqlite:///{file}").load()
    assert summary.store_failure is not None
    assert "cannot be read as an MLflow store (file is not a database)" in summary.store_failure


@pytest.mark.xdist_group("mlflow")
@pytest.mark.parametrize(
    "change",
    [
        ["update alembic_version set version_num = '0123456789ab'"],
        # As of a version before there were webhooks: MLflow would create what is missing.
        [
            "update alembic_version set version_num = '0123456789ab'",
            "drop table webhook_events",
            "drop table webhooks",
        ],
    ],
)
def test_a_store_of_another_version_is_neither_read_nor_migrated(
    home: Path, store: TinyStore, change: list[str]
) -> None:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(store.file)) as connection:
        for statement in change:
            connection.execute(statement)
        connection.commit()
    before = store.file.read_bytes()
    summary = warehouse(home, MLFLOW_TRACKING_URI=store.uri).load()
    assert summary.store_failure is not None
    assert "(schema 0123456789ab) cannot be opened" in summary.store_failure
    assert OLDER in summary.store_failure
    assert store.file.read_bytes() == before


@pytest.mark.xdist_group("mlflow")
def test_a_path_with_signs_that_mean_something_in_an_address_is_a_path(home: Path, store: TinyStore) -> None:
    file = store.file.with_name("a b#c%41.db")
    file.write_bytes(store.file.read_bytes())
    summary = warehouse(home, MLFLOW_TRACKING_URI=f"sqlite:///{file}").load()
    assert summary.store_failure is None
    assert dict(summary.rows_landed) == {"mlflow_experiments": 1}
