"""What a load left behind, in a form that two homes can be compared by."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from ingest import lake, schema
from ingest.settings import Settings

# What says when and by which load, and so differs from one undisturbed load to the next.
_OF_THE_LOAD = {"load_id", "ingested_at", "quarantined_at", "started_at", "finished_at"}


@dataclass(frozen=True)
class State:
    """Of every bronze table its rows and their digest; what is wrong with the books or the files; and the
    names of the data files that the lake knows."""

    tables: dict[str, tuple[int, str]]
    faults: tuple[str, ...]
    files: frozenset[str]

    def differences(self, other: State) -> list[str]:
        """The tables in which the two differ, with their rows here and there."""
        return [
            f"{name}: {rows} rows instead of {other.tables[name][0]}"
            for name, (rows, digest) in self.tables.items()
            if (rows, digest) != other.tables[name]
        ]


def state_of(settings: Settings) -> State:
    """Read the lake of `settings`; it is only looked at."""
    with lake.connect(settings, read_only=True) as connection:
        tables: dict[str, tuple[int, str]] = {}
        for name, columns in (schema.RECORD_TABLES | schema.JOURNAL_TABLES).items():
            kept = ", ".join(f'"{c}"' for c in columns.names if c not in _OF_THE_LOAD)
            ((rows, digest),) = connection.execute(
                "select count(*), coalesce(md5(string_agg(digest, '' order by digest)), '') from "
                f"(select md5(cast(row({kept}) as varchar)) as digest from lake.bronze.{name})"
            ).fetchall()
            tables[name] = int(rows), str(digest)
        faults = [fault for (fault,) in connection.execute(_FAULTS).fetchall()]
        files: list[Path] = []
        for name in tables:
            found = connection.execute(
                "select data_file from ducklake_list_files('lake', ?, schema => 'bronze')", [name]
            ).fetchall()
            files += [Path(file) for (file,) in found]
    faults += [f"{file} is registered but missing" for file in files if not file.is_file()]
    faults += [f"{file} is registered twice" for file, times in Counter(files).items() if times > 1]
    return State(tables, tuple(faults), frozenset(file.name for file in files))


# Records of the log that are not accounted for, and stretches of a file that do not meet.
_FAULTS = """
select source_file || ': ' || records_found || ' records found, ' || rows_landed || ' landed, '
    || rows_quarantined || ' quarantined, ' || rows_duplicate || ' duplicates'
from lake.bronze.ingest_log
where records_found != rows_landed + rows_quarantined + rows_duplicate
union all
select source_file || ': read from ' || start_offset || ', but the last load ended at ' || before
from (
    select
        source_file,
        start_offset,
        coalesce(lag(end_offset) over (partition by source_file order by load_id, start_offset), 0) as before
    from lake.bronze.ingest_log
)
where start_offset != before
union all
select 'the log has ' || log.landed || ' landed records, the tables ' || tables.landed
from
    (select sum(rows_landed) as landed from lake.bronze.ingest_log) as log,
    (
        select
            (select count(*) from lake.bronze.spans) + (select count(*) from lake.bronze.metric_points)
            + (select count(*) from lake.bronze.log_records) + (select count(*) from lake.bronze.events)
            + (select count(*) from lake.bronze.usage_snapshots) as landed
    ) as tables
where log.landed != tables.landed
union all
select 'the log has ' || log.bad || ' bad records, quarantine ' || quarantine.bad
from
    (select sum(rows_quarantined) as bad from lake.bronze.ingest_log) as log,
    (select count(*) as bad from lake.bronze.quarantine) as quarantine
where log.bad != quarantine.bad
"""
