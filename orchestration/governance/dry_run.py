"""The policy time machine: what would the exceptions be, had other policies been in force all along?

The rules are dbt's own SQL. They are run again in a database in memory that is called `lake`, as the real one
is: there the policies are the changed ones, what rules are built from is the lake's, and what depends on a
policy is built anew. The lake itself is only read.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ingest import lake
from ingest.errors import TracehouseError
from ingest.settings import Settings

# What the lake is called where the rules are run again.
REAL = "real"
EXCEPTIONS = "lake.intermediate.int_exceptions"


class DryRunError(TracehouseError):
    """The rules cannot be run again; the message says what to do."""


@dataclass(frozen=True)
class Model:
    """A model that depends on a policy, with its SQL as dbt compiles it for a first build."""

    schema: str
    name: str
    sql: str


@dataclass(frozen=True)
class Change:
    """Exceptions of one rule and tenant that other policies would add and remove, with examples."""

    rule_id: str
    tenant_id: str
    added: int
    removed: int
    example: str


@dataclass(frozen=True)
class DryRun:
    """What changes by `policies`, the seeds whose rows differ from those in the lake.

    An exception is the same as before when the same record breaks the same rule; another version of the
    policy alone is no change.
    """

    policies: Sequence[str]
    changes: Sequence[Change]

    @property
    def added(self) -> int:
        """Exceptions that would be there and are not."""
        return sum(change.added for change in self.changes)

    @property
    def removed(self) -> int:
        """Exceptions that are there and would not be."""
        return sum(change.removed for change in self.changes)


def changed_policies(connection: duckdb.DuckDBPyConnection, seeds: Mapping[str, Path]) -> list[str]:
    """The seeds whose rows differ from those that the lake was built with; `connection` is of `open_beside`.

    Raises DryRunError for a seed that the lake does not have.
    """
    changed = []
    for name, file in seeds.items():
        connection.execute(
            f"create schema if not exists lake.seeds; {_as_the_lake_has_it(connection, name, file)}"
        )
        mine, lakes = f"lake.seeds.{name}", f"{REAL}.seeds.{name}"
        (differ,) = connection.execute(
            f"select count(*) from ((from {mine} except all from {lakes}) "  # noqa: S608 - seeds of ours
            f"union all (from {lakes} except all from {mine}))"
        ).fetchall()[0]
        if differ:
            changed.append(name)
    return changed


def open_beside(settings: Settings) -> duckdb.DuckDBPyConnection:
    """The lake as `real`, only to be read, beside an empty database in memory that is called `lake`."""
    connection = lake.connect(settings, read_only=True, name=REAL)
    connection.execute("attach ':memory:' as lake")
    return connection


def run_again(
    connection: duckdb.DuckDBPyConnection,
    policies: Sequence[str],
    models: Sequence[Model],
    read: Collection[str],
) -> DryRun:
    """Build `models`, in this order, from the changed policies, and compare their exceptions with the lake's.

    `read` names what they read besides, as `schema.name`. Raises DryRunError when a rule cannot be run.
    """
    for relation in sorted({*read}):
        schema, _, name = relation.partition(".")
        connection.execute(f"create schema if not exists lake.{schema}")
        connection.execute(
            f'create view if not exists lake.{schema}."{name}" as from {REAL}.{schema}."{name}"'
        )
    for model in models:
        connection.execute(f"create schema if not exists lake.{model.schema}")
        try:
            connection.execute(f'create or replace table lake.{model.schema}."{model.name}" as {model.sql}')
        except duckdb.Error as error:
            raise DryRunError(f"{model.name} cannot be run with these policies: {error}") from error
    rows = connection.execute(
        f"""
        with
        before as (
            select distinct on (rule_id, record_kind, record_id) *
            from {REAL}.intermediate.int_exceptions order by occurred_at
        ),
        after as (
            select distinct on (rule_id, record_kind, record_id) *
            from {EXCEPTIONS} order by occurred_at
        ),
        changes as (
            select
                rule_id,
                coalesce(after.tenant_id, before.tenant_id, 'unknown') as tenant_id,
                before.exception_id is null as is_added,
                concat_ws(' ', record_kind, record_id, 'at', coalesce(after.occurred_at, before.occurred_at))
                    as record
            from before full join after using (rule_id, record_kind, record_id)
            where before.exception_id is null or after.exception_id is null
        )
        select
            rule_id,
            tenant_id,
            count(*) filter (is_added),
            count(*) filter (not is_added),
            min(case when is_added then 'added: ' else 'removed: ' end || record)
        from changes
        group by all
        order by all
        """  # noqa: S608 - names of ours
    ).fetchall()
    return DryRun(policies, [Change(*row) for row in rows])


def _as_the_lake_has_it(connection: duckdb.DuckDBPyConnection, name: str, file: Path) -> str:
    """SQL that makes the seed from its file, with the columns and types of the lake's; empty is null."""
    columns = connection.execute(
        "select column_name, data_type from duckdb_columns() "
        "where database_name = ? and schema_name = 'seeds' and table_name = ? order by column_index",
        [REAL, name],
    ).fetchall()
    if not columns:
        raise DryRunError(f"The lake has no {name} yet; run `make run` once before trying other policies.")
    with file.open(encoding="utf-8-sig", newline="") as lines:
        header = next(csv.reader(lines), [])
    missing = [column for column, _ in columns if column not in header]
    if missing:
        raise DryRunError(f"{file.name} lacks the columns {', '.join(missing)}, which the lake's has.")
    casts = ", ".join(f'cast("{column}" as {kind}) as "{column}"' for column, kind in columns)
    source = str(file).replace("'", "''")
    return (
        f"create or replace table lake.seeds.{name} as select {casts} "  # noqa: S608 - a seed of ours
        f"from read_csv('{source}', all_varchar = true, header = true, nullstr = '')"
    )
