"""One load: all or nothing, and every record accounted for (design §4, §5, §10)."""

from __future__ import annotations

import errno
import gzip
import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from ingest import lake
from ingest.errors import LakeBusyError, LakeUnreadableError, TracehouseError
from ingest.pieces import Limits
from tests.ingest.loads import span_line, warehouse

ROOT = Path(__file__).resolve().parents[2]
BAD = '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"00","spanId":"00"}]}]}]}\n'


def test_good_records_land_and_bad_ones_are_quarantined_with_their_place(home: Path) -> None:
    here = warehouse(home)
    here.write("otlp/a.jsonl", span_line(1) + BAD + span_line(2))
    here.load()
    assert here.log("records_found, rows_landed, rows_quarantined, rows_duplicate") == [(3, 2, 1, 0)]
    place = here.ask("select source_file, byte_offset, byte_length, signal, raw from lake.bronze.quarantine")
    assert place == [("otlp/a.jsonl", len(span_line(1)), len(BAD) - 1, "traces", BAD.strip().encode())]


def test_a_row_is_partitioned_by_the_utc_day_of_its_start(home: Path) -> None:
    here = warehouse(home)
    here.write("otlp/a.jsonl", span_line(1))
    here.load()
    # 1792059000 s is 2026-10-15T10:10:00Z.
    assert here.ask("select event_date, count(*) from lake.bronze.spans group by 1") == [
        (date(2026, 10, 15), 1)
    ]


def test_every_row_says_where_it_came_from(home: Path) -> None:
    here = warehouse(home)
    here.write("otlp/a.jsonl", span_line(1))
    here.load()
    rows = here.ask(
        "select spans.load_id, spans.source_file, spans.source_digest = log.source_digest "
        "from lake.bronze.spans as spans join lake.bronze.ingest_log as log using (source_file)"
    )
    assert rows == [(1, "otlp/a.jsonl", True)]


def test_each_committed_load_has_a_larger_load_id(home: Path) -> None:
    here = warehouse(home)
    for number in (1, 2, 3):
        here.write(f"otlp/{number}.jsonl", span_line(number))
        here.load()
    assert here.log("load_id") == [(1,), (2,), (3,)]


def test_a_large_file_is_committed_in_stretches_that_meet(home: Path) -> None:
    here = warehouse(home)
    here.write("otlp/a.jsonl", "".join(span_line(number) for number in range(1, 36)))
    here.load(Limits(max_stretch_rows=10))
    text = "".join(span_line(number) for number in range(1, 36)).encode()
    for start, end, read, digest in here.log("start_offset, end_offset, bytes_read, source_digest"):
        assert (read, digest) == (end - start, hashlib.sha256(text[start:end]).hexdigest())
    log = here.log("start_offset, end_offset, records_found")
    assert [found for _, _, found in log] == [10, 10, 10, 5]
    assert [start for start, _, _ in log[1:]] == [end for _, end, _ in log[:-1]]
    assert here.ask("select count(distinct span_id) from lake.bronze.spans") == [(35,)]
    assert here.load(Limits(max_stretch_rows=10)).sentence() == "Nothing new to load."


def test_a_full_disk_is_one_sentence_and_keeps_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = warehouse(home)
    here.write("otlp/a.jsonl", span_line(1))
    with lake.connect(here.settings) as connection:
        lake.ensure_bronze(connection)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(pq.ParquetWriter, "write_table", full)
        with pytest.raises(LakeUnreadableError, match=r"the disk is full\. Nothing of this load was kept"):
            here.load()
    assert here.log("1") == []
    assert list((home / "lake").rglob("*.parquet")) == []
    here.load()
    assert here.log("rows_landed") == [(1,)]


def test_a_disk_that_fills_while_a_copy_is_taken_out_is_one_sentence_and_keeps_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = warehouse(home)
    here.write("otlp/a.jsonl", span_line(1))
    here.load()
    before = {path.name for path in (home / "lake").rglob("*.parquet")}
    here.write("otlp/b.jsonl", span_line(1))
    here.write("otlp/c.jsonl", span_line(2))
    write_table, written = pq.ParquetWriter.write_table, list[object]()

    def full(*arguments: Any, **named: Any) -> None:
        written.append(arguments)
        if len(written) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        write_table(*arguments, **named)

    with monkeypatch.context() as patched:
        patched.setattr(pq.ParquetWriter, "write_table", full)
        with pytest.raises(LakeUnreadableError, match=r"the disk is full\. Nothing of this load was kept"):
            here.load()
    assert {path.name for path in (home / "lake").rglob("*.parquet")} == before
    here.load()
    assert here.log("source_file, rows_landed, rows_duplicate")[1:] == [
        ("otlp/b.jsonl", 0, 1),
        ("otlp/c.jsonl", 1, 0),
    ]


def test_a_second_writer_is_turned_away(home: Path) -> None:
    here = warehouse(home)
    with lake.writer_lock(here.settings), pytest.raises(LakeBusyError, match="is being written by process"):
        here.load()


def test_a_damaged_catalogue_is_one_sentence(home: Path) -> None:
    here = warehouse(home)
    (home / "catalog.sqlite").write_bytes(b"this is no database" * 100)
    with pytest.raises(LakeUnreadableError, match="cannot be opened"):
        here.load()


@pytest.fixture
def locked(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[set[Path]]:
    """Paths that may not be opened while they stand in the set; file modes do not stop root."""
    paths: set[Path] = set()
    really_open = Path.open

    def refuse(path: Path, *args: object, **kwargs: object) -> object:
        if path in paths:
            raise PermissionError(errno.EACCES, "Permission denied")
        return really_open(path, *args, **kwargs)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refuse)
    yield paths


def test_a_file_that_may_not_be_read_is_told_once_and_the_rest_is_loaded(
    home: Path, locked: set[Path]
) -> None:
    here = warehouse(home)
    first, second = here.write("otlp/a.jsonl", span_line(1)), here.write("otlp/c.jsonl", span_line(3))
    here.write("otlp/b.jsonl", span_line(2))
    locked |= {first, second}
    summary = here.load()
    assert summary.unreadable == dict.fromkeys(("otlp/a.jsonl", "otlp/c.jsonl"), "Permission denied")
    assert summary.rows_landed["spans"] == 1
    assert here.ask("select source_file, reason_code, byte_offset, reason from lake.bronze.quarantine") == [
        (name, "unreadable_file", None, "The file cannot be opened: Permission denied.")
        for name in ("otlp/a.jsonl", "otlp/c.jsonl")
    ]
    assert here.log("records_found, rows_landed, rows_quarantined")[0] == (1, 0, 1)
    assert here.load().sentence() == "Nothing new to load."
    locked.clear()
    assert here.load().rows_landed["spans"] == 2
    assert here.load().sentence() == "Nothing new to load."


def test_a_known_file_that_may_not_be_read_any_more_is_continued_once_it_may(
    home: Path, locked: set[Path]
) -> None:
    here = warehouse(home)
    path = here.write("otlp/a.jsonl", span_line(1))
    here.load()
    here.append("otlp/a.jsonl", span_line(2))
    locked.add(path)
    assert "otlp/a.jsonl (Permission denied)" in here.load().sentence()
    locked.clear()
    assert here.load().rows_landed["spans"] == 1
    assert here.ask("select count(*) from lake.bronze.spans") == [(2,)]


def test_the_same_bytes_under_a_path_of_another_signal_are_no_copy(home: Path) -> None:
    here = warehouse(home)
    request = ExportTraceServiceRequest()
    span = request.resource_spans.add().scope_spans.add().spans.add()
    span.trace_id, span.span_id, span.name = b"\1" * 16, b"\1" * 8, "chat"
    here.write("otlp/logs/a.pb", request.SerializeToString())
    here.load()
    here.write("otlp/traces/a.pb", request.SerializeToString())
    here.load()
    assert here.log("rows_landed, rows_quarantined, rows_duplicate") == [(0, 1, 0), (1, 0, 0)]


def test_a_copy_of_a_file_of_several_stretches_lands_nothing(home: Path) -> None:
    here = warehouse(home)
    text = "".join(span_line(number) for number in range(1, 36))
    here.write("otlp/a.jsonl", text)
    here.load(Limits(max_stretch_rows=10))
    here.write("otlp/b.jsonl", text)
    here.load(Limits(max_stretch_rows=10))
    assert here.ask("select count(*) from lake.bronze.spans") == [(35,)]
    assert here.ask("select sum(rows_duplicate) from lake.bronze.ingest_log") == [(35,)]


def test_an_interrupt_just_after_the_commit_keeps_the_files(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = warehouse(home)
    here.write("otlp/a.jsonl", span_line(1))

    @contextmanager
    def interrupted(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
        with lake.transaction(connection):
            yield
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("ingest.commit.transaction", interrupted)
        with pytest.raises(KeyboardInterrupt):
            here.load()
    assert here.ask("select count(*) from lake.bronze.spans") == [(1,)]
    assert here.load().sentence() == "Nothing new to load."


# Files are written but not registered; the transaction is open with files and log rows in it.
@pytest.mark.parametrize("moment", ["parquet._write", "commit._insert"])
def test_a_load_that_was_killed_is_done_again_as_if_nothing_had_been(home: Path, moment: str) -> None:
    here = warehouse(home)
    for number in range(1, 4):
        here.write(f"otlp/{number}.jsonl", span_line(number))
    killed_load = (
        "import os, signal\n"
        "from ingest import commit, loading, parquet\n"
        "from ingest.settings import read_settings\n"
        f"inner = {moment}\n"
        "def killed(*arguments):\n"
        "    inner(*arguments)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        f"{moment} = killed\n"
        "loading.load_once(read_settings(os.environ), progress=print)\n"
    )
    environ = {**os.environ, "TRACEHOUSE_HOME": str(home), "TRACEHOUSE_SETTLE_SECONDS": "0"}
    killed = subprocess.run([sys.executable, "-c", killed_load], env=environ, cwd=ROOT, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert here.ask("select count(*) from lake.bronze.spans") == [(0,)]
    assert here.log("1") == []
    here.load()
    assert here.ask("select count(*), count(distinct span_id) from lake.bronze.spans") == [(3, 3)]
    assert here.log("load_id") == [(1,)] * 3


def test_text_from_telemetry_is_stored_as_it_is(home: Path) -> None:
    here = warehouse(home)
    nasty = "'; drop table lake.bronze.spans; --"
    here.write("otlp/a.jsonl", span_line(1, name=nasty))
    here.load()
    assert here.ask("select name from lake.bronze.spans") == [(nasty,)]


def test_an_empty_landing_folder_loads_nothing(home: Path) -> None:
    assert warehouse(home).load().sentence() == "Nothing new to load."


@pytest.mark.parametrize("modified", [2**63 - 1, 10**19, -(10**18)], ids=["2262", "2286", "1938"])
def test_a_modification_time_out_of_this_age_stops_nothing(home: Path, modified: int) -> None:
    here = warehouse(home, TRACEHOUSE_SETTLE_SECONDS="60")
    path = here.write("otlp/a.jsonl", span_line(1))
    os.utime(path, ns=(modified, modified))
    here.load()
    assert here.log("rows_landed") == [(1,)]
    assert here.load().sentence() == "Nothing new to load."


def test_of_two_stretches_of_the_same_bytes_in_one_file_only_the_known_one_is_taken_out(home: Path) -> None:
    here = warehouse(home)
    limits = Limits(max_stretch_bytes=3000)
    message = zstandard.compress(span_line(1, name="x" * 5000).strip().encode())
    frame = len(message).to_bytes(4, "big") + message
    here.write("otlp/a.bin", frame)
    here.load(limits)
    here.write("otlp/b.bin", frame + frame)
    here.load(limits)
    log = here.log("source_file, start_offset, rows_landed, rows_duplicate, records_found")
    assert [entry[:4] for entry in log if entry[4]] == [
        ("otlp/a.bin", 0, 1, 0),
        ("otlp/b.bin", 0, 0, 1),
        ("otlp/b.bin", len(frame), 1, 0),
    ]
    rows = here.ask("select source_file, count(*) from lake.bronze.spans group by 1 order by 1")
    assert rows == [("otlp/a.bin", 1), ("otlp/b.bin", 1)]


def test_no_load_id_is_given_twice_however_much_a_task_holds(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.tasks.IDS_PER_TASK", 2)
    here = warehouse(home)
    limits = Limits(max_stretch_rows=1)
    here.write("otlp/a.jsonl.gz", gzip.compress("".join(map(span_line, range(1, 6))).encode()))
    for _ in range(3):
        here.load(limits)
    assert here.ask("select span_id, load_id from lake.bronze.spans order by 1") == [
        (f"{number:016x}", number) for number in range(1, 6)
    ]


def test_rows_of_many_days_are_a_file_for_each_day(home: Path) -> None:
    here = warehouse(home)
    day = 86_400 * 10**9
    lines = [
        span_line(n).replace("1792059000000000000", str(1792059000000000000 + n * day)) for n in range(1, 41)
    ]
    here.write("otlp/a.jsonl", "".join(lines))
    here.load()
    found = here.ask("select count(distinct event_date), count(distinct load_id) from lake.bronze.spans")
    assert found == [(40, 1)]
    assert len(list((home / "lake" / "bronze" / "spans").rglob("*.parquet"))) == 40


def test_rows_that_arrow_cannot_take_are_one_sentence_and_keep_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = warehouse(home)
    here.write("otlp/a.jsonl", span_line(1))

    def overflow(*_: object, **__: object) -> None:
        raise pa.ArrowInvalid("overflowed binary array capacity")

    with monkeypatch.context() as patched:
        patched.setattr(pq.ParquetWriter, "write_table", overflow)
        with pytest.raises(TracehouseError, match=r"Rows of otlp/a\.jsonl do not fit"):
            here.load()
    assert list((home / "lake").rglob("*.parquet*")) == []
    here.load()
    assert here.log("rows_landed") == [(1,)]


def test_a_home_of_an_older_version_gets_the_columns_and_tables_it_lacks(tmp_path: Path) -> None:
    settings = warehouse(tmp_path).settings
    with lake.connect(settings) as connection:
        lake.ensure_bronze(connection)
        connection.execute("alter table lake.bronze.mlflow_evaluations drop column lifecycle_stage")
        connection.execute("drop table lake.bronze.mlflow_traces")
        connection.execute("insert into lake.bronze.mlflow_evaluations (assessment_id) values ('before')")
    with lake.connect(settings) as connection:
        lake.ensure_bronze(connection)
        kept = connection.execute("select assessment_id, lifecycle_stage from lake.bronze.mlflow_evaluations")
        assert kept.fetchall() == [("before", None)]
        assert connection.execute(
            "select count(lifecycle_stage) from lake.bronze.mlflow_traces"
        ).fetchall() == [(0,)]
