"""The page of all dashboards, as a browser without a network sees it."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from adbc_driver_postgresql import dbapi

from ingest.postgres_url import PostgresUrl
from metabase.content.database import PostgresDatabase, empty_database
from metabase.content.load import FOLDER, load_content
from metabase.contracts import Project, read_project
from metabase.pictures.report import write_report
from metabase.postgres.connection import connected
from metabase.postgres.load import load_marts
from metabase.serving import Serving
from tests.postgres_server import PostgresServer
from tests.running import Home

TODAY = date(2026, 11, 1)
HOSTILE = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
DRAWN = {"area", "bar", "combo", "funnel", "line", "row", "waterfall"}


class Page(HTMLParser):
    """The tags of a page, and for each card its question, its kind and the marks and cells in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.dashboards: list[str] = []
        self.cards: list[tuple[str, str]] = []
        self.marks: Counter[int] = Counter()
        self.links: list[str] = []
        self.text: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {key: value or "" for key, value in attrs}
        self.tags[tag] += 1
        classes = found.get("class", "").split()
        if tag == "section":
            self.dashboards.append(found["id"])
        if tag == "article":
            self.cards.append((found["data-question"], classes[-1]))
        if "mark" in classes:
            self.marks[len(self.cards) - 1] += 1
        if tag == "a":
            self.links.append(found["href"])

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.fixture(scope="module")
def project() -> Project:
    """The marts of the project, by the manifest that `make setup` wrote."""
    return read_project(FOLDER.parent / "dbt_project" / "target" / "manifest.json")


@pytest.fixture(scope="module")
def demo_page(demo: Home) -> Page:
    """The report of the demo month, as Chromium has it in its document."""
    outcome = demo.run("metabase", "report")
    assert outcome.code == 0, outcome.err
    return Page(_document(demo.path / "reports" / "r00000001" / "index.html"))


def test_every_dashboard_and_question_is_on_the_page(demo_page: Page) -> None:
    content = load_content()
    shown = {card.question for one in content.dashboards.values() for tab in one.tabs for card in tab.cards}
    in_masthead = {None, "release_id", "release_freshness", "release_held"}

    assert set(demo_page.dashboards) == set(content.dashboards)
    assert {question for question, _ in demo_page.cards} == shown - in_masthead


def test_every_chart_of_the_demo_month_has_marks(demo_page: Page) -> None:
    bare = [
        question
        for number, (question, kind) in enumerate(demo_page.cards)
        if kind in DRAWN and not demo_page.marks[number]
    ]

    assert bare == []


def test_the_head_says_release_and_freshness(demo_page: Page) -> None:
    text = "|".join(demo_page.text)

    assert "Release|r00000001|" in text
    assert "Newest event (UTC)|2026-11-01 00:00|" in text
    assert "Marts held|none|" in text


def test_the_page_navigates_to_each_dashboard_and_links_to_traces(demo_page: Page) -> None:
    inside = {link[1:] for link in demo_page.links if link.startswith("#")}

    assert inside == set(load_content().dashboards)
    assert demo_page.links.count("#token_usage_and_cost") > 1, "cards of the overview lead to it too"
    assert any(link.startswith("http://localhost:3000/explore?") for link in demo_page.links)


def test_the_page_needs_nothing_but_itself(demo_page: Page) -> None:
    assert not {"script", "img", "iframe", "link", "object", "embed", "form", "base"} & set(demo_page.tags)
    style = (FOLDER / "pictures" / "style.css").read_text()
    assert "url(" not in style
    assert "@import" not in style


def test_text_from_data_neither_runs_nor_becomes_markup(project: Project, tmp_path: Path) -> None:
    with empty_database(project) as database, _counting_server() as (address, requests):
        database.connection.execute(
            "insert into marts.compliance_exceptions "
            "(exception_id, rule_id, severity, verdict, state, occurred_at, tenant_id, agent_name, evidence, "
            "trace_url, runbook_url) "
            "values ('e', $1, 'high', 'violation', 'open', timestamp '2026-10-07 08:00', $1, $1, $1, $2, $3)",
            [HOSTILE, f"{address}/trace", "javascript:document.title='owned'"],
        )
        write_report(load_content(), database, tmp_path / "index.html", today=TODAY)
        document = _document(tmp_path / "index.html")

    page = Page(document)
    assert not {"script", "img"} & set(page.tags)
    assert "<title>Tracehouse · release none</title>" in document
    assert HOSTILE in page.text
    assert f"{address}/trace" in page.links
    assert not [link for link in page.links if link.startswith("javascript")]
    assert requests == []


def test_marts_without_rows_make_a_page_that_says_so(project: Project, tmp_path: Path) -> None:
    with empty_database(project) as database:
        write_report(load_content(), database, tmp_path / "index.html", today=TODAY)

    page = Page((tmp_path / "index.html").read_text())
    assert set(page.dashboards) == set(load_content().dashboards)
    assert page.text.count("No rows.") > 50
    assert page.text.count("unknown") >= 5
    assert not page.marks


def test_the_same_release_makes_the_same_page(demo: Home, demo_page: Page, tmp_path: Path) -> None:
    outcome = demo.run("metabase", "report", "--html", str(tmp_path / "again.html"))

    assert outcome.code == 0, outcome.err
    first = demo.path / "reports" / "r00000001" / "index.html"
    assert (tmp_path / "again.html").read_bytes() == first.read_bytes()
    assert demo_page.cards


def test_postgresql_makes_the_same_page_as_the_folder(
    demo: Home, demo_page: Page, postgres: PostgresServer, project: Project, tmp_path: Path
) -> None:
    with _demo_in_postgres(demo, postgres, project) as database:
        written = write_report(load_content(), database, tmp_path / "index.html", today=TODAY)

    assert written.failed == ()
    first = demo.path / "reports" / "r00000001" / "index.html"
    assert (tmp_path / "index.html").read_bytes() == first.read_bytes()
    assert demo_page.cards


@contextmanager
def _demo_in_postgres(demo: Home, server: PostgresServer, project: Project) -> Iterator[PostgresDatabase]:
    """The release of the demo month, loaded as PostgreSQL serving loads it."""
    with dbapi.connect(server.url, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute("create database demo_report")
    database = PostgresUrl(server.url_of("demo_report"))
    release = Serving(demo.path / "serving").release("r00000001")
    load_marts(database, release, marts=project.marts)
    with connected(database) as connection:
        yield PostgresDatabase(connection)


def _document(page: Path) -> str:
    """The document after the browser has run whatever it would run."""
    browser = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    assert browser, "No Chromium is installed; `make test` installs Debian's."
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=2000", "--dump-dom"]
    return subprocess.run(
        [browser, *options, page.as_uri()], capture_output=True, text=True, check=True
    ).stdout


@contextmanager
def _counting_server() -> Iterator[tuple[str, list[str]]]:
    """A server on loopback and the requests that came to it."""
    requests: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            requests.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", requests
    finally:
        server.shutdown()
        server.server_close()
