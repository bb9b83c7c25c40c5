"""Where a text still stands below a home: read as bytes, and as whatever the bytes are an encoding of."""

from __future__ import annotations

import gzip
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pyarrow.parquet as pq
import zstandard


def places_of(text: str, home: Path) -> list[str]:
    """Every file below `home` but its landing folder that holds `text`, and how."""
    found = []
    for file in sorted(home.rglob("*")):
        if file.is_file() and home / "landing" not in file.parents:
            name = file.relative_to(home)
            found += [f"{name}: {how}" for how, part in _readings(file) if text.encode() in part]
    return found


def _readings(file: Path) -> Iterator[tuple[str, bytes]]:
    content = file.read_bytes()
    yield "bytes", content
    if content.startswith(b"\x1f\x8b"):
        yield "gzip", gzip.decompress(content)
    if content.startswith(b"\x28\xb5\x2f\xfd"):
        yield "zstd", zstandard.ZstdDecompressor().stream_reader(content).read()
    if content.startswith(b"PAR1"):
        yield from _parquet(file)
    if content.startswith(b"SQLite format 3"):
        yield from _sqlite(file)


def _parquet(file: Path) -> Iterator[tuple[str, bytes]]:
    with pq.ParquetFile(file) as parts:
        for number in range(parts.num_row_groups):
            group = parts.metadata.row_group(number)
            columns = [group.column(place) for place in range(group.num_columns)]
            yield "statistics", str([column.statistics for column in columns]).encode()
            yield "rows", str(parts.read_row_group(number).to_pylist()).encode()


def _sqlite(file: Path) -> Iterator[tuple[str, bytes]]:
    """Values are read too: long ones are scattered over pages."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        tables = connection.execute("select name from sqlite_master where type = 'table'").fetchall()
        for (table,) in tables:
            rows = connection.execute(f'select * from "{table}"').fetchall()
            yield f"table {table}", str(rows).encode()
