"""Personal data that redaction let through: every text that landed is looked at once, by its load.

DuckDB passes over the texts in which no detector could find anything; the detectors read the rest. What they
find is kept as place and keyed hash, never as the value. Which detectors count, and from when, is the seed's
to say (`redaction_detectors`), so all of them look.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pyarrow as pa

from ingest import schema
from ingest.lake import transaction
from ingest.settings import Settings
from orchestration.governance.detectors import DETECTORS, LONGEST_TEXT, find, fingerprint

_TEXT, _INT, _TIME = pa.string(), pa.int64(), pa.timestamp("us")
# One row per place in a record where something was found; a record delivered twice is there twice.
FINDINGS = pa.schema(
    [
        ("table_name", _TEXT),
        ("record_digest", _TEXT),
        ("event_date", pa.date32()),
        # Null where the record has no time; then it counts when it landed.
        ("occurred_at", _TIME),
        ("ingested_at", _TIME),
        # Service of telemetry, source of events; null where the table says neither.
        ("sender", _TEXT),
        ("tenant_id", _TEXT),
        ("trace_id", _TEXT),
        ("span_id", _TEXT),
        # Column, and key or JSON path in it.
        ("place", _TEXT),
        # `not scanned` for what stands behind the end of a text that is too long.
        ("detector", _TEXT),
        # Characters from 0 in the text of the place.
        ("start_offset", _INT),
        ("end_offset", _INT),
        # HMAC-SHA256 under TRACEHOUSE_HASH_KEY, null without it.
        ("value_hash", _TEXT),
        ("load_id", _INT),
    ]
)
# What was looked at, with or without a finding: one row per load, table, day and sender.
SCANNED = pa.schema(
    [
        ("table_name", _TEXT),
        ("event_date", pa.date32()),
        ("sender", _TEXT),
        ("load_id", _INT),
    ]
)
_TABLES = {
    "personal_data_findings": FINDINGS,
    "personal_data_scanned": SCANNED,
    # A single row: up to which load everything has been looked at.
    "personal_data_mark": pa.schema([("load_id", _INT)]),
}
NOT_SCANNED = "not scanned"
_SQL = {_TEXT: "varchar", _INT: "bigint", _TIME: "timestamp", pa.date32(): "date"}
_HINTS = "|".join(detector.hint for detector in DETECTORS.values())
# What hashing left, and ids and digests of the same form, which chance alone makes look like numbers.
_DIGESTS = r"(?:sha256:)?(?:[0-9a-f]{32}|[0-9a-f]{64})"
_ROWS_AT_ONCE = 10_000
_EXEMPLARS = schema.METRIC_POINTS.field("exemplars").type
# Per type of column: all its texts as one, and a list of them with the place of each.
_WHOLE = {
    schema.TEXT: "{0}",
    pa.list_(schema.TEXT): "array_to_string({0}, chr(10))",
    schema.ATTRIBUTES: "array_to_string(map_values({0}), chr(10))",
    schema.REPEATED: "cast({0} as varchar)",
    _EXEMPLARS: "cast({0} as varchar)",
}
_ONE = "[{{'place': '{0}', 'text': %s}}]"
_MANY = "coalesce(list_transform(%s, lambda one: {{'place': '{0}.' || one.key, 'text': one.value}}), [])"
_APART = {
    schema.TEXT: _ONE % "{0}",
    pa.list_(schema.TEXT): _ONE % _WHOLE[pa.list_(schema.TEXT)],
    schema.ATTRIBUTES: _MANY % "map_entries({0})",
    schema.REPEATED: _MANY % "{0}",
    _EXEMPLARS: _ONE % "cast({0} as varchar)",
}
_JSON = """(
    select coalesce(list({{'place': '{0}' || fullkey[2:], 'text': atom ->> '$'}}), [])
    from json_tree({0}) where atom is not null
)"""


def ensure_findings(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the tables of findings if the lake has none. dbt reads two, so call it first."""
    try:
        connection.execute("select 1 from lake.governance.personal_data_mark where false")
    except duckdb.CatalogException:
        with transaction(connection):
            connection.execute("create schema if not exists lake.governance")
            for name, columns in _TABLES.items():
                listed = ", ".join(f"{column.name} {_SQL[column.type]}" for column in columns)
                connection.execute(f"create table if not exists lake.governance.{name} ({listed})")


def scan(connection: duckdb.DuckDBPyConnection, settings: Settings) -> int:
    """Look through what landed since the last scan; how many findings there were.

    The caller holds the writer lock. Findings and the mark are committed together, so a scan that was killed
    is simply made again. Quarantine is not looked at: it is kept as it was sent, and never published.
    """
    ensure_findings(connection)
    key = settings.hash_key.encode() if settings.hash_key else None
    newest = _number(connection, "select max(load_id) from lake.bronze.ingest_log")
    seen = _number(connection, "select max(load_id) from lake.governance.personal_data_mark")
    if newest is None or newest == seen:
        return 0
    since = f"load_id > {-1 if seen is None else seen} and load_id <= {newest}"
    _gather_suspects(connection, since)
    found = 0
    with transaction(connection):
        connection.execute(f"insert into lake.governance.personal_data_scanned {_scanned(since)}")
        for findings in _findings(connection, key):
            found += findings.num_rows
            connection.register("new_findings", findings)
            connection.execute("insert into lake.governance.personal_data_findings from new_findings")
            connection.unregister("new_findings")
        connection.execute("delete from lake.governance.personal_data_mark")
        connection.execute("insert into lake.governance.personal_data_mark values (?)", [newest])
    connection.execute("drop table suspects")
    return found


def _scanned(since: str) -> str:
    return " union all ".join(
        f"select distinct '{table}', event_date, {_sender(columns)}, load_id "  # noqa: S608 - ours
        f"from lake.bronze.{table} where {since}"
        for table, columns in schema.RECORD_TABLES.items()
    )


def _gather_suspects(connection: duckdb.DuckDBPyConnection, since: str) -> None:
    """Make the temporary table `suspects`: texts that a detector has to read, from rows that meet `since`."""
    tables = " union all by name ".join(_suspects(table, since) for table in schema.RECORD_TABLES)
    given = {"hints": _HINTS, "digests": _DIGESTS, "longest": LONGEST_TEXT}
    connection.execute(f"create or replace temp table suspects as {tables}", given)


def _suspects(table: str, since: str) -> str:
    """SQL for the suspects of one table; whole rows are passed over before their texts are told apart."""
    columns = schema.RECORD_TABLES[table]
    scanned = [column for column in columns if _is_scanned(table, column)]
    whole = ", ".join(_WHOLE[column.type].format(column.name) for column in scanned)
    apart = ", ".join(_apart(table, column) for column in scanned)
    given = {name: name for name in FINDINGS.names if name in columns.names or name == "event_date"}
    given |= {"table_name": f"'{table}'", "occurred_at": _happened(columns), "sender": _sender(columns)}
    keys = ", ".join(f"{value} as {name}" for name, value in given.items())
    return f"""
        select * exclude (part), part.place as place, part.text as text
        from (
            select {keys}, unnest(flatten([{apart}])) as part
            from (select *, concat_ws(chr(10), {whole}) as whole from lake.bronze.{table} where {since})
            where regexp_matches(whole, $hints) or strlen(whole) > $longest
        )
        where
            (regexp_matches(part.text, $hints) and not regexp_full_match(part.text, $digests))
            or strlen(part.text) > $longest
    """  # noqa: S608 - tables and columns are ours


def _is_scanned(table: str, column: pa.Field) -> bool:
    """Whether senders write free text there. An event's record holds everything else that it says."""
    if table == "events":
        return bool(column.name == "record")
    is_id = column.name.endswith(("_id", "_digest")) or column.name == "source_file"
    return column.type in _WHOLE and not is_id


def _apart(table: str, column: pa.Field) -> str:
    return (_JSON if table == "events" else _APART[column.type]).format(column.name)


def _happened(columns: pa.Schema) -> str:
    names = ("started_at", "occurred_at", "recorded_at", "created_at", "snapshot_date")
    return next((f"cast({name} as timestamp)" for name in names if name in columns.names), "null")


def _sender(columns: pa.Schema) -> str:
    if "resource_attributes" in columns.names:
        return "resource_attributes['service.name']"
    return "source" if "event_id" in columns.names else "cast(null as varchar)"


def _findings(connection: duckdb.DuckDBPyConnection, key: bytes | None) -> Iterator[pa.Table]:
    """What the detectors find in `suspects`, so many rows of it at a time."""
    names = [name for name, *_ in connection.execute("describe suspects").fetchall() if name != "text"]
    for start in range(0, _number(connection, "select count(*) from suspects") or 0, _ROWS_AT_ONCE):
        rows = connection.execute(
            f"select {', '.join(names)}, text from suspects where rowid between ? and ?",  # noqa: S608 - ours
            [start, start + _ROWS_AT_ONCE - 1],
        ).fetchall()
        told = [
            dict(zip(names, row, strict=False)) | finding
            for row in rows
            for finding in _of_text(row[-1], key)
        ]
        if told:
            yield pa.Table.from_pylist(told, schema=FINDINGS)


def _of_text(text: str, key: bytes | None) -> Iterator[dict[str, Any]]:
    for found in find(text):
        yield {
            "detector": found.detector,
            "start_offset": found.start,
            "end_offset": found.end,
            "value_hash": fingerprint(text[found.start : found.end], key),
        }
    if len(text) > LONGEST_TEXT:
        yield {"detector": NOT_SCANNED, "start_offset": LONGEST_TEXT, "end_offset": len(text)}


def _number(connection: duckdb.DuckDBPyConnection, question: str) -> int | None:
    row = connection.execute(question).fetchone()
    return None if row is None else row[0]
