"""A small home for tests of loading: write a file, load, ask the lake."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest import lake
from ingest.loading import load_once
from ingest.pieces import Limits
from ingest.settings import Settings, read_settings
from ingest.summary import LoadSummary


@dataclass(frozen=True)
class Warehouse:
    """One home. Files count as complete unless `settle_seconds` says otherwise."""

    settings: Settings

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a landing file."""
        path = self.settings.landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def append(self, name: str, content: str) -> None:
        """Append to a landing file, and let its modification time move on."""
        path = self.settings.landing / name
        before = path.stat().st_mtime_ns
        with path.open("ab") as stream:
            stream.write(content.encode())
        os.utime(path, ns=(before + 10**9, before + 10**9))

    def load(self, limits: Limits | None = None) -> LoadSummary:
        """What `python -m ingest load` does."""
        return load_once(self.settings, progress=lambda _: None, limits=limits)

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query over the lake."""
        with lake.connect(self.settings, read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def log(self, columns: str) -> list[tuple[Any, ...]]:
        """Columns of the ingest log, oldest first."""
        return self.ask(
            f"select {columns} from lake.bronze.ingest_log order by load_id, source_file, start_offset"
        )


def warehouse(home: Path, **environ: str) -> Warehouse:
    """A warehouse in `home`."""
    settings: Mapping[str, str] = {"TRACEHOUSE_HOME": str(home), "TRACEHOUSE_SETTLE_SECONDS": "0", **environ}
    return Warehouse(read_settings(settings))


def span_line(number: int, *, name: str = "chat") -> str:
    """One OTLP/JSON line with one span, told apart by `number`."""
    return (
        '{"resourceSpans":[{"resource":{},"scopeSpans":[{"scope":{},"spans":[{'
        f'"traceId":"{number:032x}","spanId":"{number:016x}","name":"{name}",'
        '"startTimeUnixNano":"1792059000000000000","endTimeUnixNano":"1792059001000000000"}]}]}]}\n'
    )
