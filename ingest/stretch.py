"""What one load took out of one file: the row it will have in the ingest log, its rows, what was bad."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

import pyarrow as pa

from ingest.pieces import COUNTED, BadRecord, Row, Signal
from ingest.subjects import Names

ERASED = "erased"
_WHY_ERASED = "It speaks of somebody whose records were erased on request; nothing of it is kept."
_SIGNALS: Mapping[str, Signal] = {
    "spans": "traces",
    "metric_points": "metrics",
    "log_records": "logs",
    "events": "event",
    "usage_snapshots": "usage",
}


@dataclass
class Stretch:
    """Bytes of one file that were read in one go; offsets count decompressed bytes.

    Filled while the file is read. `rows` and `tables` (Arrow, already cut by day) wait to be written, by
    bronze table; `landed` counts them and stays once they are. `rows_duplicate` counts records that are
    known to have landed before and are therefore in neither; `rows_suppressed` those of `bad` that would have
    landed, did they not speak of somebody erased. `bytes_held` is what its records take in memory: about as
    much as their requests, decompressed, or their tables.
    """

    source_file: str
    source_kind: str
    start_offset: int
    started_at: datetime
    end_offset: int = 0
    bytes_read: int = 0
    source_digest: str = ""
    compression: str = "none"
    file_bytes: int = 0
    modified_unix_nano: int = 0
    head_digest: str | None = None
    tail_digest: str | None = None
    is_complete: bool = True
    bytes_held: int = 0
    records_found: int = 0
    rows_duplicate: int = 0
    rows_suppressed: int = 0
    landed: Counter[str] = field(default_factory=Counter)
    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    tables: dict[str, list[tuple[date | None, pa.Table]]] = field(default_factory=lambda: defaultdict(list))
    bad: list[BadRecord] = field(default_factory=list)

    def add_bad(self, bad: Sequence[BadRecord]) -> None:
        """Add bad records, which are held as they came."""
        self.bad.extend(bad)
        self.bytes_held += sum(len(record.raw) for record in bad)

    def add_rows(self, rows: Mapping[str, Sequence[Row]]) -> None:
        """Add decoded rows by bronze table."""
        for table, of_table in rows.items():
            if of_table:
                self.rows[table].extend(of_table)
                self.landed[table] += len(of_table)

    def add_tables(self, tables: Mapping[str, Mapping[date | None, pa.Table]]) -> None:
        """Add rows that are Arrow already, by bronze table and UTC day."""
        for table, by_day in tables.items():
            self.tables[table].extend(by_day.items())
            self.landed[table] += sum(of_day.num_rows for of_day in by_day.values())

    def empty_bad(self, names: Names) -> None:
        """Keep of bad records that hold one of `names` where they stood, and nothing else."""
        self.bad = [_emptied(bad) if names.is_in(bad.raw) else bad for bad in self.bad]

    def suppress(self, table: str, number: int) -> None:
        """So many rows of a table were taken out: their records are bad ones without content or place."""
        self.landed[table] -= number
        if table in COUNTED:
            signal = _SIGNALS.get(table, "mlflow")
            self.bad += [BadRecord(0, 0, signal, ERASED, _WHY_ERASED, b"", "")] * number
            self.rows_suppressed += number

    @property
    def rows_landed(self) -> int:
        """Records that land; span events and links belong to their span."""
        return sum(self.landed[table] for table in COUNTED)

    @property
    def rows_held(self) -> int:
        """Rows of all tables, and bad records."""
        return self.landed.total() + len(self.bad)

    def release(self) -> None:
        """Let go of the rows, which are written by now."""
        self.rows.clear()
        self.tables.clear()

    def forget(self) -> None:
        """All of it landed before: count it as duplicates and keep none of it."""
        self.rows_duplicate = self.records_found
        self.landed.clear()
        self.bad.clear()
        self.release()


def rows_held(stretches: Iterable[Stretch]) -> int:
    """Rows of all tables, and bad records."""
    return sum(stretch.rows_held for stretch in stretches)


def _emptied(bad: BadRecord) -> BadRecord:
    return replace(bad, reason_code=ERASED, reason=_WHY_ERASED, raw=b"", raw_digest="")
