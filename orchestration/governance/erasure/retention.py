"""What is kept longer than the retention policy allows, and under no legal hold.

A row of `policy_retention` whose `signal_or_data_class` is a signal is about records of the lake; one of a
class of data is about files of the vault, which the warehouse only hears of and never deletes. Days are UTC
days: a record goes when its day lies more than `keep_days` before the day of the as-of instant. One whose
time, tenant or class is unknown is never taken for one that may go: it stays as long as the row for `*` says,
and as long as any hold could mean it.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa

from ingest.subjects import TIMES, tenant_attributes
from orchestration.governance.erasure.holds import Hold

_TABLES = {
    "traces": "spans",
    "metrics": "metric_points",
    "logs": "log_records",
    "events": "events",
    "usage": "usage_snapshots",
}


def expired(
    connection: duckdb.DuckDBPyConnection,
    policies: Path,
    holds: Sequence[Hold],
    files: Sequence[tuple[str | None, str]],
    as_of: datetime,
) -> dict[str, set[str]]:
    """Keys of the records that have to go, by bronze table. `as_of` is UTC without a zone.

    `files` are tenant and path of files of the vault that are held by themselves: what is told of them stays.
    """
    oldest = oldest_days(policies / "policy_retention.csv", as_of)
    held = [(hold.tenant_id, hold.data_class) for hold in holds]
    _register(connection, "holds_now", held, ("tenant_id", "data_class"))
    _register(connection, "files_now", files, ("tenant_id", "vault_path"))
    try:
        return {
            _TABLES[signal]: keys
            for signal, days in oldest.items()
            if (keys := _expired_of(connection, _TABLES[signal], days))
        }
    finally:
        connection.unregister("holds_now")
        connection.unregister("files_now")


def oldest_days(policy: Path, as_of: datetime) -> dict[str, dict[str, date]]:
    """The first day that is still kept, by signal and jurisdiction, by the rows in force at `as_of`."""
    oldest: dict[str, dict[str, date]] = {}
    with policy.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            since, until = row["valid_from"], row["valid_to"]
            is_in_force = datetime.fromisoformat(since) <= as_of and (
                not until or as_of < datetime.fromisoformat(until)
            )
            signal = row["signal_or_data_class"]
            if is_in_force and signal in _TABLES:
                first = as_of.date() - timedelta(days=int(row["keep_days"]))
                oldest.setdefault(signal, {})[row["jurisdiction"]] = first
    return oldest


def _expired_of(connection: duckdb.DuckDBPyConnection, table: str, oldest: dict[str, date]) -> set[str]:
    """Keys of a table's records of before the day that is right for their jurisdiction."""
    key = "trace_id || span_id" if table == "spans" else "record_digest"
    days = {"jurisdiction": list(oldest), "first_day": list(oldest.values())}
    connection.register("days_now", pa.table(days))
    rows = connection.execute(
        f"""
        with

        records as (
            select
                {key} as key,
                cast({TIMES[table]} as date) as day,
                {_tenant(table)} as tenant_id,
                {_attribute(table, "data.jurisdiction", "jurisdiction")} as jurisdiction,
                {_attribute(table, "data.class", "data_class")} as data_class,
                {_attribute(table, "vault.path", "vault_path")} as vault_path
            from lake.bronze.{table}
            where event_date < $newest and {_is_free(table)}
        )

        select distinct key
        from records
        where
            day < coalesce(
                (select first_day from days_now where days_now.jurisdiction = records.jurisdiction),
                (select first_day from days_now where days_now.jurisdiction = '*')
            )
            and not exists (
                select 1 from holds_now
                where
                    coalesce(holds_now.tenant_id = records.tenant_id, true)
                    and coalesce(holds_now.data_class = records.data_class, true)
            )
            and not exists (
                select 1 from files_now
                where
                    files_now.vault_path = records.vault_path
                    and coalesce(files_now.tenant_id = records.tenant_id, true)
            )
        """,  # noqa: S608 - tables and columns of ours
        {"newest": max(oldest.values()), **_parameters(table)},
    ).fetchall()
    connection.unregister("days_now")
    return {found for (found,) in rows}


def _is_free(table: str) -> str:
    """What has to stay for a purge to know what it may not touch."""
    return "type not like 'governance.hold.%'" if table == "events" else "true"


def _has_attributes(table: str) -> bool:
    return table in ("spans", "metric_points", "log_records")


def _tenant(table: str) -> str:
    if not _has_attributes(table):
        return "tenant_id"
    named = [
        f"list_filter(list_transform($tenants, lambda name: {owner}[name]), lambda v: v is not null)[1]"
        for owner in ("attributes", "resource_attributes")
    ]
    return f"coalesce({', '.join(named)})"


def _attribute(table: str, attribute: str, member: str) -> str:
    if _has_attributes(table):
        return f"coalesce(attributes['{attribute}'], resource_attributes['{attribute}'])"
    if table == "events":
        return f"json_extract_string(data, '$.{member}')"
    return "jurisdiction" if member == "jurisdiction" else "cast(null as varchar)"


def _parameters(table: str) -> dict[str, list[str]]:
    return {"tenants": list(tenant_attributes())} if _has_attributes(table) else {}


def _register(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    rows: Sequence[tuple[str | None, ...]],
    columns: Sequence[str],
) -> None:
    arrays = [pa.array([row[place] for row in rows], pa.string()) for place in range(len(columns))]
    connection.register(name, pa.table(arrays, names=list(columns)))
