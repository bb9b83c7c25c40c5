"""How the client asks: with patience, once for a write, and without telling a secret."""

from __future__ import annotations

import logging

import pytest

from ingest.errors import SettingsError
from metabase.provision.client import BACK_OFF, Client
from metabase.provision.command import client_of
from metabase.provision.connection import details
from metabase.provision.errors import MetabaseError
from metabase.provision.settings import DuckdbConnection, read_metabase_settings
from tests.metabase.provision.conftest import Provisioning
from tests.metabase.provision.releases import content
from tests.metabase.provision.standin import StandIn


@pytest.fixture
def waited() -> list[float]:
    return []


@pytest.fixture
def client(standin: StandIn, waited: list[float]) -> Client:
    standin.state.api_keys.add("key")
    client = Client(standin.url, pause=waited.append)
    client.use_key("key")
    return client


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_read_that_fails_in_passing_is_asked_again(
    client: Client, standin: StandIn, waited: list[float], status: int
) -> None:
    standin.faults.refusals += [("GET /api/card", status)] * 2
    assert client.get("/api/card") == []
    assert waited == [0.5, 1.0]


def test_a_read_whose_connection_breaks_is_asked_again(
    client: Client, standin: StandIn, waited: list[float]
) -> None:
    standin.faults.hang_ups = 1
    assert client.get("/api/card") == []
    assert waited == [0.5]


def test_a_read_that_always_fails_ends(client: Client, standin: StandIn, waited: list[float]) -> None:
    standin.faults.refusals += [("GET /api/card", 500)] * 9
    with pytest.raises(MetabaseError, match="answered 500 to GET /api/card: a fault that was asked for"):
        client.get("/api/card")
    assert waited == list(BACK_OFF)


def test_a_read_that_is_refused_is_not_asked_again(client: Client, waited: list[float]) -> None:
    with pytest.raises(MetabaseError, match=r"answered 404 to GET /api/card/7: Not found\."):
        client.get("/api/card/7")
    assert waited == []


@pytest.mark.parametrize("fault", ["refusal", "hang-up"])
def test_a_write_is_made_once(client: Client, standin: StandIn, waited: list[float], fault: str) -> None:
    if fault == "refusal":
        standin.faults.refusals.append(("POST /api/collection", 503))
    else:
        standin.faults.hang_ups = 1
    with pytest.raises(MetabaseError):
        client.post("/api/collection", {"name": "A"})
    assert waited == []
    assert standin.writes == []


def test_a_redirect_is_not_followed(client: Client, standin: StandIn) -> None:
    standin.faults.refusals.append(("GET /api/card", 302))
    with pytest.raises(MetabaseError, match=r"302 .*Redirects are not followed; set METABASE_URL"):
        client.get("/api/card")
    assert standin.requests == [("GET", "/api/card")]


def test_a_server_that_is_not_there_is_named_by_its_setting(waited: list[float]) -> None:
    with pytest.raises(MetabaseError, match=r"did not answer GET /api/card .*check METABASE_URL"):
        Client("http://127.0.0.1:9", pause=waited.append).get("/api/card")
    assert len(waited) == len(BACK_OFF)


def test_a_refusal_names_the_keys_that_the_server_names(client: Client) -> None:
    with pytest.raises(MetabaseError, match="colour"):
        client.post("/api/collection", {"name": "A", "colour": "red"})


def test_no_secret_is_in_any_line_error_or_log(
    someone: Provisioning,
    standin: StandIn,
    environ: dict[str, str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    someone.apply(content())
    settings = read_metabase_settings(environ)
    client = client_of(settings, pause=someone.waited.append)
    told = [*someone.lines, caplog.text, repr(settings), repr(client), repr(someone.plan(content()))]
    bodies = (
        ("/api/setup", {"token": "", "user": {"email": settings.user, "password": settings.password}}),
        ("/api/database", {"name": "", "engine": "x", "details": details(settings.connection)}),
        ("/api/session", {"username": "", "password": settings.password}),
    )
    client.log_in(settings.user, settings.password)
    for path, body in bodies:
        with pytest.raises(MetabaseError, match=r"\*\*\*") as refusal:
            client.post(path, body)
        told.append(str(refusal.value))
    secrets = (environ["METABASE_PASSWORD"], environ["METABASE_DB_PASSWORD"])
    written = [*secrets, *(secret.replace('"', '\\"') for secret in secrets)]
    assert not [secret for secret in written for text in told if secret in text]
    client.close()


def test_a_session_is_ended(someone: Provisioning, standin: StandIn) -> None:
    someone.apply(content())
    someone.plan(content())
    asked = [method for method, path in standin.requests if path == "/api/session"]
    assert asked == ["DELETE", "POST", "DELETE"]
    assert standin.state.sessions == set()


def test_an_error_is_told_even_when_the_session_cannot_be_ended(
    applied: Provisioning, standin: StandIn
) -> None:
    standin.faults.refusals += [("GET /api/database", 403), ("DELETE /api/session", 403)]
    with pytest.raises(MetabaseError, match=r"403 to GET /api/database: .*to the group Administrators"):
        applied.plan(content())


def test_a_new_metabase_gets_its_first_administrator(
    someone: Provisioning, standin: StandIn, environ: dict[str, str]
) -> None:
    someone.apply(content())
    assert standin.state.people == {environ["METABASE_USER"]: environ["METABASE_PASSWORD"]}
    assert [written.path for written in standin.writes].count("/api/setup") == 1
    someone.apply(content())
    assert [written.path for written in standin.writes].count("/api/setup") == 1


def test_a_new_metabase_needs_a_person(someone: Provisioning, environ: dict[str, str]) -> None:
    del environ["METABASE_USER"], environ["METABASE_PASSWORD"]
    environ["METABASE_API_KEY"] = "mb_key"
    with pytest.raises(SettingsError, match="METABASE_USER is not set; this Metabase is new"):
        someone.plan(content())


def test_a_wrong_password_is_a_sentence(applied: Provisioning, environ: dict[str, str]) -> None:
    environ["METABASE_PASSWORD"] = "another"
    with pytest.raises(
        MetabaseError, match=r"401 to POST /api/session: .*Check METABASE_API_KEY, or METABASE_USER"
    ):
        applied.plan(content())


GOOD = {"METABASE_URL": "http://localhost:3000", "METABASE_API_KEY": "mb_key"}
POSTGRES = {
    "METABASE_DB_ENGINE": "postgres",
    "METABASE_DB_HOST": "db",
    "METABASE_DB_DBNAME": "tracehouse",
    "METABASE_DB_USER": "reader",
    "METABASE_DB_PASSWORD": "secret-of-the-reader",
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"METABASE_URL": ""}, "METABASE_URL is not set"),
        ({"METABASE_URL": "ftp://x"}, "METABASE_URL must start with http"),
        ({"METABASE_URL": "http://"}, "METABASE_URL must start with http"),
        ({"METABASE_URL": "http://me:secret-of-mine@x"}, "METABASE_URL holds a user name"),
        ({"METABASE_URL": "http://x:port"}, "METABASE_URL is no URL"),
        ({"METABASE_URL": "http://x/ y"}, "METABASE_URL holds a space"),
        ({"METABASE_API_KEY": ""}, "METABASE_API_KEY is not set"),
        ({"METABASE_API_KEY": "secret of mine"}, "METABASE_API_KEY holds a character"),
        ({"METABASE_USER": "a@b.example"}, "METABASE_PASSWORD is not set"),
        ({"METABASE_PASSWORD": "secret"}, "METABASE_USER is not set"),
        ({"METABASE_DB_ENGINE": "mysql"}, "METABASE_DB_ENGINE is 'mysql'"),
        ({"METABASE_DB_ENGINE": "duckdb"}, "METABASE_DB_FILE is not set"),
        ({**POSTGRES, "METABASE_DB_HOST": ""}, "METABASE_DB_HOST is not set"),
        ({**POSTGRES, "METABASE_DB_PASSWORD": ""}, "METABASE_DB_PASSWORD is not set"),
        ({**POSTGRES, "METABASE_DB_PORT": "0"}, "METABASE_DB_PORT is '0'"),
        ({**POSTGRES, "METABASE_DB_SSL": "perhaps"}, "METABASE_DB_SSL is 'perhaps'"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(change: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError, match=message) as refusal:
        read_metabase_settings({**GOOD, **change})
    assert "secret" not in str(refusal.value)


def test_a_duckdb_file_is_opened_read_only() -> None:
    duckdb = {**GOOD, "METABASE_DB_ENGINE": "duckdb", "METABASE_DB_FILE": "/srv/tracehouse.duckdb"}
    connection = read_metabase_settings(duckdb).connection
    assert connection == DuckdbConnection("/srv/tracehouse.duckdb", None)
    assert details(connection)["read_only"] is True
