"""What the lake holds of an MLflow store: the newest version of everything, and the points of metrics.

It is copied once a load into temporary tables, so that neither Python holds it nor the catalogue is asked for
every page.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import duckdb

from ingest import schema
from ingest.mlflow_store.records import Version, removed_digest
from ingest.pieces import Row

KEYS = {
    "mlflow_experiments": ("experiment_id",),
    "mlflow_runs": ("run_id",),
    "mlflow_traces": ("mlflow_trace_id",),
    "mlflow_evaluations": ("assessment_id",),
    "mlflow_model_versions": ("name", "version"),
}
# Beside the key, what decides whether a thing that was not seen should have been.
_SEEN_WITH = {"mlflow_traces": "started_at", "mlflow_evaluations": "mlflow_trace_id"}
# Where it stands, for what is listed place by place.
_LISTED_IN = {"mlflow_traces": "experiment_id"}
_EPOCH = date(1970, 1, 1)
_COPIED_AT_ONCE = 500


@dataclass(frozen=True)
class Copy:
    """The last version of something, as the lake has it, to be written again as removed."""

    row: Row
    load_id: int


class Versions:
    """The things of one bronze table, of one store, and which of them this load has seen."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, table: str, store_name: str) -> None:
        self.table = table
        self._connection = connection
        self._store_name = store_name
        self._key = f"[{', '.join(f'cast({name} as varchar)' for name in KEYS[table])}]"
        beside, place = _SEEN_WITH.get(table, "null"), _LISTED_IN.get(table, "null")
        connection.execute(
            f"""
            create or replace temp table known_{table} as
            select
                {self._key} as id,
                max(load_id) as load_id,
                arg_max(record_digest, load_id) as digest,
                arg_max(lifecycle_stage, load_id) as stage,
                any_value({beside}) as seen_with,
                any_value({place}) as listed_in
            from lake.bronze.{table}
            where source_file = ?
            group by 1
            """,  # noqa: S608 - ours
            [store_name],
        )
        connection.execute(f"create or replace temp table seen_{table} (id varchar[])")
        connection.execute(f"create or replace temp table gone_{table} (id varchar[])")

    def see(self, keys: Collection[tuple[str, ...]]) -> set[tuple[str, ...]]:
        """Remember that the store holds these. Gives those that no page before had."""
        rows = self._connection.execute(
            f"insert into seen_{self.table} select distinct unnest(?::varchar[][]) as id "  # noqa: S608 - ours
            f"except select id from seen_{self.table} returning id",
            [[list(key) for key in keys]],
        ).fetchall()
        return {tuple(found) for (found,) in rows}

    def changed(self, versions: Sequence[Version]) -> list[Version]:
        """Those that differ from the newest version that the lake has."""
        known = self._connection.execute(
            f"select id, digest from known_{self.table} where id in (select unnest(?::varchar[][]))",  # noqa: S608 - ours
            [[list(version.key) for version in versions]],
        ).fetchall()
        digests = {tuple(found): digest for found, digest in known}
        return [each for each in versions if digests.get(each.key) != each.digest]

    def missing(self, condition: str = "true", *values: Any) -> list[tuple[str, ...]]:
        """What the lake has and this load has not seen, of what it should: `condition` is SQL of ours."""
        rows = self._connection.execute(
            f"""
            select id from known_{self.table}
            where stage <> 'removed' and id not in (select id from seen_{self.table}) and {condition}
            order by id
            """,  # noqa: S608 - ours
            list(values),
        ).fetchall()
        return [tuple(found) for (found,) in rows]

    def remove(self, keys: Sequence[tuple[str, ...]]) -> Iterator[Copy]:
        """The last versions of these, as removed, with the load that brought what they hold."""
        names = schema.RECORD_TABLES[self.table].names[: -len(schema.PROVENANCE_NOT_NULL) + 1]
        stage = names.index("lifecycle_stage")
        for start in range(0, len(keys), _COPIED_AT_ONCE):
            ids = [list(key) for key in keys[start : start + _COPIED_AT_ONCE]]
            self._connection.execute(f"insert into gone_{self.table} select unnest(?::varchar[][])", [ids])
            columns = ", ".join(f"bronze.{name}" for name in names)
            rows = self._connection.execute(
                f"""
                select bronze.load_id, bronze.event_date, {columns}
                from (select *, {self._key} as id from lake.bronze.{self.table}) as bronze
                inner join known_{self.table} as known using (id, load_id)
                where bronze.source_file = ? and id in (select unnest(?::varchar[][]))
                """,  # noqa: S608 - ours
                [self._store_name, ids],
            ).fetchall()
            for load_id, day, *values in rows:
                values[stage] = "removed"
                values[-1] = removed_digest(values[-1])
                number = None if day is None else (day - _EPOCH).days
                yield Copy((number, *(_as_written(value) for value in values)), load_id)


class Points:
    """The points of metrics that the lake has of some runs."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, store_name: str, run_ids: Collection[str]
    ) -> None:
        self._connection = connection
        connection.execute(
            """
            create or replace temp table known_points as
            select run_id, record_digest
            from lake.bronze.mlflow_metrics
            where source_file = ? and run_id in (select unnest(?::varchar[]))
            """,
            [store_name, list(run_ids)],
        )

    def of(self, run_id: str) -> set[str]:
        """The digests of one run's points."""
        rows = self._connection.execute(
            "select record_digest from known_points where run_id = ?", [run_id]
        ).fetchall()
        return {digest for (digest,) in rows}


def newest_traces(connection: duckdb.DuckDBPyConnection, until: datetime) -> dict[str, datetime]:
    """When the newest known trace of each experiment started; none that claims to come after `until` counts.

    Each experiment is listed from its oldest trace on, so all before its newest known one are known, too,
    wherever a load was interrupted. One of which none is known is not there.
    """
    rows = connection.execute(
        "select listed_in, max(seen_with) from known_mlflow_traces "
        "where seen_with <= ? and listed_in is not null group by listed_in",
        [until.replace(tzinfo=None)],
    ).fetchall()
    return dict(rows)


def known_bad(connection: duckdb.DuckDBPyConnection, store_name: str) -> set[str]:
    """The sha256 of what is in quarantine of a store already."""
    rows = connection.execute(
        "select distinct raw_digest from lake.bronze.quarantine where source_file = ?", [store_name]
    ).fetchall()
    return {digest for (digest,) in rows}


def _as_written(value: Any) -> Any:
    """Maps as rows have them."""
    return (list(value), list(value.values())) if isinstance(value, dict) else value
