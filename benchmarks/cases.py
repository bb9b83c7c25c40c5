"""What is measured: each reader with each encoding that it knows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from benchmarks.workload import Workload

Encoding = Literal["json", "protobuf"]


@dataclass(frozen=True)
class Case:
    """One line of the result. `cores` is how many workers or threads the peer may use."""

    letter: str
    label: str
    peer: str
    encoding: Encoding
    cores: int = 1

    @property
    def key(self) -> str:
        """A folder name of its own."""
        return f"{self.peer}-{self.encoding}-{self.cores}"

    def source(self, workload: Workload) -> Path:
        """The file that the peer reads."""
        if self.encoding == "json":
            return workload.json_lines
        return workload.delimited if self.peer == "clickhouse" else workload.frames


# One thread each but for our own two workers: a core's worth of work is what is compared.
CASES = (
    Case("a", "Tracehouse, 1 worker", "tracehouse", "json"),
    Case("a", "Tracehouse, 2 workers", "tracehouse", "json", 2),
    Case("b", "msgspec + Python loop", "json_loop", "json"),
    Case("c", "DuckDB read_json + UNNEST", "duckdb_json", "json"),
    Case("d", "ClickHouse (chdb)", "clickhouse", "json"),
    Case("e", "floor: simdjson + write", "floor", "json"),
    Case("a", "Tracehouse, 1 worker", "tracehouse", "protobuf"),
    Case("a", "Tracehouse, 2 workers", "tracehouse", "protobuf", 2),
    Case("b", "opentelemetry-proto + Python loop", "proto_loop", "protobuf"),
    Case("d", "ClickHouse (chdb)", "clickhouse", "protobuf"),
    Case("e", "floor: upb + write", "floor", "protobuf"),
)
