"""What one load did, in numbers, in one line and as a table."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from ingest.stretch import Stretch


@dataclass
class KindTotals:
    """What one load found in one kind of source."""

    files: set[str] = field(default_factory=set)
    records_found: int = 0
    rows_landed: int = 0
    rows_duplicate: int = 0
    quarantined: Counter[str] = field(default_factory=Counter)


@dataclass
class LoadSummary:
    """What one load did. `rows_landed` counts rows by bronze table, span events and links included.

    `unreadable` names files that could not be opened, with the reason; they are tried again next time.
    `store_failure` says why the MLflow store could not be read to its end; null where it was, or none is set.
    """

    kinds: dict[str, KindTotals] = field(default_factory=lambda: defaultdict(KindTotals))
    rows_landed: Counter[str] = field(default_factory=Counter)
    unreadable: dict[str, str] = field(default_factory=dict)
    store_failure: str | None = None
    loads: int = 0
    seconds: float = 0.0

    @property
    def files(self) -> int:
        """Files of which anything was read."""
        return sum(len(kind.files) for kind in self.kinds.values())

    @property
    def records_landed(self) -> int:
        """Records of all kinds that landed; span events and links belong to their span."""
        return sum(kind.rows_landed for kind in self.kinds.values())

    @property
    def rows_quarantined(self) -> int:
        """Bad records of all kinds."""
        return sum(sum(kind.quarantined.values()) for kind in self.kinds.values())

    def sentence(self) -> str:
        """The load in one line."""
        if not self.kinds and not self.unreadable:
            return "Nothing new to load."
        duplicates = sum(kind.rows_duplicate for kind in self.kinds.values())
        told = (
            f"Loaded {self.records_landed:,} records from {self.files:,} files in {self.seconds:.1f} s; "
            f"{self.rows_quarantined:,} quarantined, {duplicates:,} duplicates."
        )
        if self.unreadable:
            names = ", ".join(f"{name} ({why})" for name, why in sorted(self.unreadable.items()))
            told += f" {len(self.unreadable)} could not be read: {names}."
        return told

    def markdown(self) -> str:
        """The load as a table, one row per kind of source; empty when there was nothing to load."""
        if not self.kinds:
            return ""
        lines = [
            "| source | files | records found | landed | duplicates | quarantined |",
            "|---|---:|---:|---:|---:|---|",
        ]
        for name, kind in sorted(self.kinds.items()):
            reasons = (
                ", ".join(f"{count} {reason}" for reason, count in kind.quarantined.most_common()) or "0"
            )
            lines.append(
                f"| {name} | {len(kind.files):,} | {kind.records_found:,} | {kind.rows_landed:,} "
                f"| {kind.rows_duplicate:,} | {reasons} |"
            )
        return "\n".join(lines)

    def add(self, stretch: Stretch) -> None:
        """Count one committed stretch of a file."""
        kind = self.kinds[stretch.source_kind]
        kind.files.add(stretch.source_file)
        kind.records_found += stretch.records_found
        kind.rows_landed += stretch.rows_landed
        kind.rows_duplicate += stretch.rows_duplicate
        kind.quarantined.update(bad.reason_code for bad in stretch.bad)
        self.rows_landed.update(stretch.landed)
