"""Is there anything to do? One answer for `make run`, the sensor and the pipeline itself.

There is work when bronze holds loads that no finished run has seen, the models, seeds or audits
changed, a new UTC day of TRACEHOUSE_AS_OF began, a mart is held (design §9), somebody touched the ledger, or
a probe is late.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from ingest.lake import transaction
from orchestration import probe_health
from orchestration.governance import verifications

_MEANING = ("models/**/*.sql", "macros/**/*.sql", "seeds/**/*.csv", "dbt_project.yml")
_AUDIT = ("models/**/*.yml", "seeds/**/*.yml", "tests/**/*.sql", "../metabase/expectations/*")


@dataclass(frozen=True)
class ProjectDigests:
    """sha256 of what gives the marts their values, and of what judges them."""

    meaning: str
    audit: str


@dataclass(frozen=True)
class Work:
    """Why a run is needed; no reasons means there is nothing to do.

    `full_refresh`: the models or seeds changed since the last finished run, so what the incremental
    models have already written was computed by other rules.
    """

    reasons: tuple[str, ...]
    full_refresh: bool

    def __bool__(self) -> bool:
        return bool(self.reasons)


def digest_project(project: Path) -> ProjectDigests:
    """Digest the dbt project at `project` and the audit rules beside it."""
    return ProjectDigests(meaning=_digest(project, _MEANING), audit=_digest(project, _AUDIT))


def ensure_runs(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the journal of finished runs if the lake has none."""
    connection.execute("create schema if not exists lake.operations")
    connection.execute(
        "create table if not exists lake.operations.runs (run_id varchar, finished_at timestamp, "
        "load_id bigint, meaning_digest varchar, audit_digest varchar, as_of_date date)"
    )


def has_runs(connection: duckdb.DuckDBPyConnection) -> bool:
    """False in a lake that no pipeline run has touched yet."""
    row = connection.execute(
        "select count(*) from duckdb_tables() where database_name = 'lake' "
        "and schema_name = 'operations' and table_name = 'runs'"
    ).fetchone()
    return bool(row and row[0])


def find_work(connection: duckdb.DuckDBPyConnection, digests: ProjectDigests, as_of: datetime) -> Work:
    """Compare the lake with what the last finished run saw."""
    last = connection.execute(
        "select load_id, meaning_digest, audit_digest, as_of_date, finished_at "
        "from lake.operations.runs order by finished_at desc limit 1"
    ).fetchone()
    if last is None:
        return Work(("this lake has not been published yet",), full_refresh=False)
    seen_load, meaning, audit, as_of_date, finished_at = last
    reasons = []
    if latest_load(connection) > seen_load:
        reasons.append("there are new records")
    if meaning != digests.meaning:
        reasons.append("models or seeds changed")
    if audit != digests.audit:
        reasons.append("tests or expectations changed")
    if as_of_date != as_of_day(as_of):
        reasons.append(f"it is a new day ({as_of_day(as_of)} UTC)")
    if verifications.is_news(connection, finished_at):
        reasons.append("the ledger verifies otherwise than before")
    if probe_health.is_news(connection, finished_at):
        reasons.append("a probe is late")
    held = held_marts(connection)
    if held:
        reasons.append(f"held: {', '.join(held)}")
    return Work(tuple(reasons), full_refresh=meaning != digests.meaning)


def remember_run(
    connection: duckdb.DuckDBPyConnection,
    run_id: str,
    load_id: int,
    digests: ProjectDigests,
    as_of: datetime,
    now: datetime,
) -> None:
    """Note that everything up to `load_id` has been modelled, audited and released."""
    with transaction(connection):
        connection.execute(
            "insert into lake.operations.runs values (?, ?, ?, ?, ?, ?)",
            [
                run_id,
                now.astimezone(UTC).replace(tzinfo=None),
                load_id,
                digests.meaning,
                digests.audit,
                as_of_day(as_of),
            ],
        )


def latest_load(connection: duckdb.DuckDBPyConnection) -> int:
    """The newest committed load; 0 when nothing was ever loaded."""
    row = connection.execute("select coalesce(max(load_id), 0) from lake.bronze.ingest_log").fetchone()
    return int(row[0]) if row else 0


def held_marts(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Marts that the newest publication held."""
    rows = connection.execute(
        "select mart from lake.marts.publications where state = 'held' and publication_id = "
        "(select max(publication_id) from lake.marts.publications) order by mart"
    ).fetchall()
    return [mart for (mart,) in rows]


def as_of_day(as_of: datetime) -> date:
    """The UTC day of an instant."""
    return as_of.astimezone(UTC).date()


def _digest(root: Path, patterns: tuple[str, ...]) -> str:
    digest = hashlib.sha256()
    for pattern in patterns:
        for file in sorted(root.glob(pattern)):
            if file.is_file():
                digest.update(f"{file.name}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()
