"""The results as a table, and the machine that they were measured on."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from benchmarks.cases import Case
from benchmarks.measure import Median
from benchmarks.workload import Workload

_PACKAGES = (
    "pyarrow",
    "duckdb",
    "chdb",
    "chdb-core",
    "protobuf",
    "opentelemetry-proto",
    "msgspec",
    "pysimdjson",
)
_HEAD = (
    *("", "reader", "encoding", "spans/s per core", "MB/s per core", "CPU s"),
    *("x floor", "wall s", "spans/s", "peak MB", "start CPU s"),
)


@dataclass(frozen=True)
class Result:
    """One case, its medians, and what it read."""

    case: Case
    median: Median
    spans: int
    source_bytes: int

    @property
    def spans_a_core(self) -> float:
        """Spans per CPU second."""
        return self.spans / self.median.cpu_s

    @property
    def spans_a_second(self) -> float:
        """Spans per second of wall time."""
        return self.spans / self.median.wall_s


def find(results: Sequence[Result], peer: str, encoding: str, cores: int = 1) -> Result:
    """One result. Raises StopIteration when that case was not measured."""
    wanted = (peer, encoding, cores)
    return next(r for r in results if (r.case.peer, r.case.encoding, r.case.cores) == wanted)


def terminal(results: Sequence[Result], workload: Workload) -> str:
    """The tables with aligned columns, to be read in a terminal."""
    return "\n\n".join((_facts(results, workload), _aligned(_HEAD, _cells(results)), _ratios(results)))


def markdown(results: Sequence[Result], workload: Workload) -> str:
    """The same as a page."""
    rows = "\n".join("| " + " | ".join(cells) + " |" for cells in (_HEAD, _RULE, *_cells(results)))
    return (
        f"# Ingest against its peers\n\n{_facts(results, workload)}\n\n{rows}\n\n{_ratios(results)}\n\n"
        "![spans per second and core](ingest.svg)\n\n"
        "Written by `make bench`. CPU is user and system time of the process and its workers, from the "
        "first byte read to the finished Parquet files; Python's start, imports, the loading of compiled "
        "code and the opening of databases are not in it and stand under start. MB are of the input in its "
        "own encoding. Peak is resident memory, summed over the process group, sampled every 100 ms. Every "
        "output had the input's rows and tokens; the first of each was compared with ingest's value "
        "by value. Peers use one thread and are spared the ingest log, fsync and the partition by day; the "
        "engines (c and d) the record digest and the repeats of attribute keys too. For two workers, which "
        "wait for the same memory, CPU s is that of both and of the process that commits.\n"
    )


_RULE = ("---", "---", "---", *("---:",) * 8)


def _facts(results: Sequence[Result], workload: Workload) -> str:
    sizes = workload.json_lines.stat().st_size / 1e6, workload.frames.stat().st_size / 1e6
    versions = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return (
        f"{workload.spans:,} spans, {workload.attributes:,} attributes, {workload.events:,} events, "
        f"{workload.links:,} links: {sizes[0]:,.0f} MB of JSON lines, {sizes[1]:,.0f} MB of protobuf frames. "
        f"Medians of {results[0].median.runs} runs.\n"
        f"{os.cpu_count()} cores ({_processor()}), Python {platform.python_version()}; {versions}."
    )


def _cells(results: Sequence[Result]) -> list[tuple[str, ...]]:
    return [
        (
            result.case.letter,
            result.case.label,
            result.case.encoding,
            f"{result.spans_a_core:,.0f}",
            f"{result.source_bytes / 1e6 / result.median.cpu_s:,.0f}",
            f"{result.median.cpu_s:.2f}",
            f"{result.median.cpu_s / find(results, 'floor', result.case.encoding).median.cpu_s:.2f}",
            f"{result.median.wall_s:.2f}",
            f"{result.spans_a_second:,.0f}",
            f"{result.median.peak_bytes / 1e6:,.0f}",
            f"{result.median.start_cpu_s:.2f}",
        )
        for result in results
    ]


def _ratios(results: Sequence[Result]) -> str:
    """What the targets are about: spans per core against the loop and the engines, CPU against the floor."""
    lines = []
    for encoding, loop in (("protobuf", "proto_loop"), ("json", "json_loop")):
        own = find(results, "tracehouse", encoding)
        peers = [
            f"{own.spans_a_core / result.spans_a_core:.2f} times {result.case.label}"
            for result in results
            if result.case.encoding == encoding and result.case.peer in (loop, "duckdb_json", "clickhouse")
        ]
        if encoding == "json":
            # What opentelemetry-proto gives over its own encoding; it has no JSON reader for OTLP's ids.
            over_protobuf = find(results, "proto_loop", "protobuf")
            ratio = own.spans_a_core / over_protobuf.spans_a_core
            peers.append(f"{ratio:.2f} times {over_protobuf.case.label} over protobuf")
        floor = own.median.cpu_s / find(results, "floor", encoding).median.cpu_s
        two = own.median.wall_s / find(results, "tracehouse", encoding, 2).median.wall_s
        lines.append(
            f"- {encoding}: spans/s per core {', '.join(peers)}; "
            f"{floor:.2f} times the CPU time of the floor; two workers {two:.2f} times as fast as one."
        )
    return "\n".join(lines)


def _aligned(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if place < 3 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in (head, *rows)
    )


def _processor() -> str:
    facts = Path("/proc/cpuinfo")
    if facts.is_file():
        for line in facts.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
