"""The state of what readers see, as a person wants to read it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb

from ingest.settings import Settings
from metabase import journals
from metabase.publication import Publication
from metabase.serving import Serving


def lines_of_publication(publication: Publication) -> Iterator[str]:
    """One line per mart of a release just made, with the first reason of each hold."""
    yield f"Release {publication.publication_id}"
    for mart in publication.marts:
        yield f"  {mart.mart:<28}{mart.state:<11}{mart.row_count:>10,} rows  {mart.digest[:12]}"
        for reason in publication.reasons(mart.mart)[:3]:
            yield f"    {reason.check_name}: {reason.message}"
    if publication.data_docs:
        yield f"Data Docs: {publication.data_docs / 'index.html'}"


def lines_of_serving(connection: duckdb.DuckDBPyConnection, settings: Settings) -> Iterator[str]:
    """The current release, each mart in it and why it is held, and the releases that one can go back to."""
    target = Serving(Path(settings.serving))
    current = target.current()
    if current is None:
        yield f"Nothing has been published to {target.root} yet."
        return
    yield f"Release {current} in {target.root}"
    reasons = _reasons(connection, current)
    for mart, shown in sorted(journals.shown_in(connection, current).items()):
        snapshot = "never good" if shown.lake_snapshot_id is None else f"snapshot {shown.lake_snapshot_id}"
        yield f"  {mart:<28}{shown.state:<11}{shown.row_count:>10,} rows  {shown.digest[:12]}  {snapshot}"
        yield from (f"    {reason}" for reason in reasons.get(mart, []))
    yield f"Kept: {', '.join(target.kept())}"
    yield from _lines_of_postgres(settings)


def _lines_of_postgres(settings: Settings) -> Iterator[str]:
    if settings.postgres is None:
        return
    from metabase.postgres.target import SHOWN, PostgresTarget

    target = PostgresTarget(settings.postgres, settings.reader_role, Serving(Path(settings.serving)))
    current = target.current() or "nothing yet"
    yield f"PostgreSQL: {current} in schema {SHOWN} of {settings.postgres.shown}, for role {target.reader}"
    yield f"  kept: {', '.join(target.kept()) or 'none'}"


def _reasons(connection: duckdb.DuckDBPyConnection, publication_id: str) -> dict[str, list[str]]:
    rows = connection.execute(
        "select mart, check_name || ': ' || message from lake.marts.gate_results where publication_id = ? "
        "and severity = 'error' and outcome in ('failed', 'error') order by mart, check_name",
        [publication_id],
    ).fetchall()
    found: dict[str, list[str]] = {}
    for mart, reason in rows:
        found.setdefault(mart, []).append(reason)
    return found
