"""dbt and the gate on a DuckDB file that stands for the lake.

What dbt builds does not need DuckLake: a commit there is dozens of questions to SQLite, and building all
models takes a minute and a half. dbt runs in this process, with a manifest that was parsed once.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

from ingest import lake
from ingest.settings import Settings
from metabase.audit import audit_mart, open_context
from metabase.contracts import read_project
from orchestration.faults.fault import Check, dbt_test, exception, explanation, gate, unknown
from orchestration.project import DBT_PROJECT_DIR, MANIFEST, PARTIAL_PARSE
from orchestration.resources import pinned_environment

# The file beside a home's catalogue.
FILE = "models.duckdb"
# What dbt reads and does not build.
_SCHEMAS = ("bronze", "governance", "operations")
_JOURNALS = ("publications", "gate_results")
_PROFILE = """\
tracehouse:
  target: local
  outputs:
    local:
      type: duckdb
      path: ":memory:"
      database: lake
      schema: intermediate
      threads: 1
      settings: {TimeZone: UTC}
      attach: [{path: "{{ env_var('DBT_ENV_SECRET_MODELS', '') }}", alias: lake}]
"""
# What is nobody's fault in a row of the reconciliation.
_AGREED = ("one source", "reconciled")


class TrialError(RuntimeError):
    """The pipeline itself broke, so nothing can be said of the fault."""


class Models:
    """dbt's project, parsed once, and the suites of its marts. `folder` is for dbt's own files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "profiles.yml").write_text(_PROFILE)
        self._project = read_project(MANIFEST)
        self._context = open_context()

    def build(
        self,
        settings: Settings,
        *,
        as_of: datetime,
        touched: Collection[str] | None = None,
        wanted: str | None = None,
        audited: Collection[str] | None = None,
    ) -> set[Check]:
        """Build and test what reads the bronze tables `touched`, audit the marts `audited`; what trips.

        Everything is built, or every mart audited, where these are null. `wanted` is the model or test that
        the answer is looked for in; what it does not depend on is then left out.
        """
        trips = set(self._dbt(settings, as_of, _selected(touched, wanted)))
        with open_models(settings) as connection:
            for mart in self._project.marts:
                if audited is None or mart.name in audited:
                    results = audit_mart(
                        self._context, connection, mart, self._project.relations, as_of=as_of
                    )
                    trips |= {
                        gate(mart.name, _said(each.check_name, each.outcome))
                        for each in results
                        if each.outcome != "passed"
                    }
            trips |= set(_in_marts(connection))
        return trips

    def digests(self, settings: Settings) -> dict[str, str]:
        """A digest of the rows of every mart, whatever their order."""
        with open_models(settings) as connection:
            return {
                mart.name: str(
                    connection.execute(
                        f"select (count(*), sum(cast(hash(mart) as hugeint))) from {mart.relation} as mart"  # noqa: S608
                    ).fetchall()
                )
                for mart in self._project.marts
            }

    @cached_property
    def _manifest(self) -> Any:
        (self._folder / PARTIAL_PARSE.name).write_bytes(PARTIAL_PARSE.read_bytes())
        return self._invoke(None, "parse").result

    def _dbt(self, settings: Settings, as_of: datetime, selected: Sequence[str]) -> Iterator[Check]:
        environ = pinned_environment(settings, as_of) | {"DBT_ENV_SECRET_MODELS": str(settings.home / FILE)}
        with _environment(environ):
            done = self._invoke(self._manifest, "build", "--exclude-resource-type", "unit_test", *selected)
        for result in done.result.results:
            if result.node.resource_type == "test":
                if str(result.status) != "pass":
                    yield dbt_test(_said(result.node.name, str(result.status)))
            # An exposure is nothing to build.
            elif str(result.status) not in ("success", "skipped", "no-op"):
                yield dbt_test(f"{result.node.name}_is_built")

    def _invoke(self, manifest: Any, *arguments: str) -> Any:
        # dbt takes seconds to import, and the list of faults needs none of it.
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager
        from dbt.cli.main import dbtRunner

        command, *rest = arguments
        folder = str(self._folder)
        done = dbtRunner(manifest=manifest).invoke(
            [
                *("--quiet", command, "--project-dir", str(DBT_PROJECT_DIR), "--profiles-dir", folder),
                *("--target-path", folder, "--log-path", folder, *rest),
            ]
        )
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
        if done.exception is not None or done.result is None:
            raise TrialError(f"dbt {command} stopped: {done.exception}")
        return done


def copy_lake(settings: Settings, *, after: int | None) -> None:
    """Bring into the file what bronze got after the load `after`, or everything where null.

    The journals and the ledger are copied whole.
    """
    with lake.connect(settings, read_only=True, threads=1, name="real") as connection:
        connection.execute(f"set enable_progress_bar = false; attach '{settings.home / FILE}' as lake")
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'real'"
        ).fetchall()
        for schema, table in tables:
            if schema not in _SCHEMAS and table not in _JOURNALS:
                continue
            connection.execute(f'create schema if not exists lake."{schema}"')
            here, there = f'lake."{schema}"."{table}"', f'real."{schema}"."{table}"'
            if after is None or schema != "bronze":
                connection.execute(f"create or replace table {here} as from {there}")
            else:
                connection.execute(f"insert into {here} by name from {there} where load_id > {after}")


@contextmanager
def open_models(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The file, attached as `lake`."""
    with lake.open_duckdb(threads=1) as connection:
        connection.execute("set TimeZone = 'UTC'; set enable_progress_bar = false")
        connection.execute(f"attach '{settings.home / FILE}' as lake")
        yield connection


def _in_marts(connection: duckdb.DuckDBPyConnection) -> Iterator[Check]:
    """What the marts that were built say is wrong: exceptions, and days whose sources differ."""
    for rule_id, verdict in _told(connection, "compliance_exceptions", "rule_id, verdict"):
        yield exception(rule_id) if verdict == "violation" else unknown(rule_id)
    for (words,) in _told(connection, "token_reconciliation_daily", "explanation"):
        # Such as `roll-up 1200, sampling 3`.
        for cause in words.split(", ") if words not in _AGREED else ():
            yield explanation(cause.rstrip("-0123456789 "))


def _said(name: str, status: str) -> str:
    """A check's name; one that could not be made has caught nothing, and is told under another."""
    return f"{name} (error)" if status == "error" else name


def _told(connection: duckdb.DuckDBPyConnection, mart: str, columns: str) -> list[tuple[str, ...]]:
    with suppress(duckdb.CatalogException):
        return connection.execute(f"select distinct {columns} from lake.marts.{mart}").fetchall()  # noqa: S608
    return []


def _selected(touched: Collection[str] | None, wanted: str | None) -> list[str]:
    """What stands below these tables of bronze, in dbt's words. Views and seeds are as they were."""
    until = f",+{wanted}" if wanted else ""
    if touched is None:
        return ["--select", f"+{wanted}", "--indirect-selection", "empty"] if wanted else []
    # The hooks of every incremental model name the ingest log; what reads it stands below its staging.
    roots = ("stg_ingest_log+" if table == "ingest_log" else f"source:bronze.{table}+" for table in touched)
    return [
        *("--select", *(root + until for root in sorted(roots)), "--exclude", "config.materialized:view"),
        *("--indirect-selection", "empty"),
    ]


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """These variables, and what was there before afterwards."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
