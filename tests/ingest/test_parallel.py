"""Files cut into ranges and read by workers give what one process gives, whatever happens to a worker."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from ingest import loading, splitting, tasks, workers
from ingest import reading as ingest_reading
from ingest.errors import TracehouseError
from ingest.landing import Reading, listed
from ingest.pieces import Limits
from ingest.reading import Tick, read_file
from ingest.sample import write_month
from ingest.splitting import cuts
from ingest.stretch import Stretch
from tests.ingest.loads import Warehouse, warehouse
from tests.ingest.otlp_reading import START, TRACE_ID
from tests.kills.state import State, state_of

SMALLEST = 2000


@pytest.fixture
def small_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small loads go to workers, and small files are cut."""
    monkeypatch.setattr(loading, "WORTH_WORKERS_BYTES", 0)
    monkeypatch.setattr(splitting, "SMALLEST_RANGE_BYTES", SMALLEST)
    monkeypatch.setattr(splitting, "_LARGEST_RANGE_BYTES", 4 * SMALLEST)
    monkeypatch.setattr(tasks, "TOGETHER_BYTES", 3 * SMALLEST)


def line(number: int) -> bytes:
    span = {
        "traceId": TRACE_ID,
        "spanId": f"{number:016x}",
        "startTimeUnixNano": str(START),
        "attributes": [{"key": "text", "value": {"stringValue": "é" * (number % 40)}}],
    }
    text = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}, ensure_ascii=False)
    return text.encode() + b"\n"


LINES = [line(number) for number in range(1, 200)]
FRAMES = b"".join(len(text).to_bytes(4, "big") + text for text in LINES)
PRETTY = json.dumps(json.loads(LINES[0]), indent=1).encode() + b"\n"
DAMAGED = [*LINES[:60], LINES[60][:90] + b"\n", *LINES[61:90], b"no JSON\n", *LINES[90:], LINES[0][:50]]


def reading(path: Path, start: int = 0, end: int | None = None) -> Reading:
    file = listed(path, "otlp/traces", "otlp")
    return Reading(file, start, True, end_offset=end)


def ranges_of(path: Path) -> list[Reading]:
    places = [0, *cuts(reading(path), Limits()), None]
    return [reading(path, start or 0, end) for start, end in pairwise(places)]


def read(readings: list[Reading]) -> list[Stretch]:
    return [stretch for each in readings for stretch in read_file(each, Limits(), lambda _rows: None)]


def records(stretches: list[Stretch]) -> list[object]:
    """Span ids in order, and of bad records where they stand and why."""
    spans = [row[2] for stretch in stretches for row in stretch.rows["spans"]]
    bad = [(b.byte_offset, b.byte_length, b.reason_code) for stretch in stretches for b in stretch.bad]
    return [*spans, *bad]


FILES = {
    "lines": b"".join(LINES),
    "lines without an end": b"".join(LINES)[:-1],
    "damaged lines": b"".join(DAMAGED),
    "pretty documents between lines": PRETTY.join(LINES),
    "only pretty documents": PRETTY * 100,
    "an array over many lines": b"[" + b",".join(LINES) + b"]",
    "frames": FRAMES,
    "frames, the last torn": FRAMES[:-10],
    "frames around a hole": FRAMES[: len(FRAMES) // 2] + bytes(4000) + FRAMES[len(FRAMES) // 2 :],
}


@pytest.mark.parametrize("name", FILES)
def test_reading_range_by_range_gives_what_reading_the_file_gives(
    tmp_path: Path, name: str, small_ranges: None
) -> None:
    path = tmp_path / "traces"
    path.write_bytes(FILES[name])
    whole, parts = read([reading(path)]), read(ranges_of(path))
    assert records(parts) == records(whole)
    assert records(whole)
    assert [part.start_offset for part in parts[1:]] == [part.end_offset for part in parts[:-1]]
    assert (parts[0].start_offset, parts[-1].end_offset) == (0, len(FILES[name]))


@pytest.mark.parametrize("name", ["lines", "damaged lines", "frames"])
def test_ranges_get_smaller_towards_the_end(tmp_path: Path, name: str, small_ranges: None) -> None:
    path = tmp_path / "traces"
    path.write_bytes(FILES[name])
    sizes = [(each.end_offset or len(FILES[name])) - each.start_offset for each in ranges_of(path)]
    assert len(sizes) > 5
    assert sizes[0] > 3 * SMALLEST
    assert max(sizes[-3:]) < 2 * SMALLEST


def test_an_unfinished_frame_is_awaited_however_large(tmp_path: Path, small_ranges: None) -> None:
    home = warehouse(tmp_path, TRACEHOUSE_SETTLE_SECONDS="300")
    path = home.write("otlp/traces.bin", FRAMES + (9 * SMALLEST).to_bytes(4, "big") + LINES[0])
    assert list(cuts(reading(path), Limits()))[-1] <= len(FRAMES)
    home.load()
    assert home.log("end_offset, rows_quarantined")[-1] == (len(FRAMES), 0)


@pytest.mark.parametrize(
    "content",
    [b"".join(LINES[:3]), gzip.compress(b"".join(LINES) * 9), PRETTY * 100],
    ids=["small", "compressed", "pretty"],
)
def test_small_compressed_and_pretty_files_are_not_cut(
    tmp_path: Path, content: bytes, small_ranges: None
) -> None:
    path = tmp_path / "traces"
    path.write_bytes(content)
    assert len(ranges_of(path)) == 1


def fill(home: Warehouse, month: Path) -> None:
    """Files of every kind, one damaged, one of them under two names; times are the same in each home."""
    kinds = {path.relative_to(month).parts[0] for path in month.rglob("*") if path.is_file()}
    for kind in sorted(kinds):
        for path in sorted(path for path in (month / kind).rglob("*") if path.is_file())[:4]:
            home.write(str(path.relative_to(month)), path.read_bytes())
    for name in ("otlp/a/traces.jsonl", "otlp/b/traces.jsonl"):
        home.write(name, b"".join(DAMAGED))
    home.write("otlp/traces.jsonl.gz", gzip.compress(b"".join(LINES[:50]), mtime=0))
    home.write("otlp/c/traces.bin", FRAMES[:-10])
    for path in home.settings.landing.rglob("*"):
        os.utime(path, ns=(START, START))


def loaded(home: Warehouse, month: Path) -> State:
    fill(home, month)
    home.load()
    return state_of(home.settings)


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("month")
    write_month(folder)
    yield folder


def test_workers_give_the_rows_of_one_process_and_leave_no_other_file(
    tmp_path: Path, month: Path, small_ranges: None
) -> None:
    one, two = (warehouse(tmp_path / count, TRACEHOUSE_INGEST_WORKERS=count) for count in ("1", "2"))
    expected, found = loaded(one, month), loaded(two, month)
    assert expected.tables["spans"][0] > 500
    assert not found.faults
    assert not found.differences(expected)
    data = {path.name for path in (two.settings.home / "lake").rglob("*.parquet")}
    assert data == found.files
    ((duplicates, rows),) = two.ask(
        "select sum(rows_duplicate), sum(rows_landed) from lake.bronze.ingest_log "
        "where source_file like 'otlp/b/%'"
    )
    assert (duplicates, rows) == (len(DAMAGED), 0)


def test_load_ids_follow_the_order_of_the_files(tmp_path: Path, month: Path, small_ranges: None) -> None:
    home = warehouse(tmp_path, TRACEHOUSE_INGEST_WORKERS="2")
    loaded(home, month)
    found = home.ask("select load_id, source_file, start_offset from lake.bronze.ingest_log order by all")
    assert [row[1:] for row in found] == sorted(row[1:] for row in found)
    assert len({row[0] for row in found}) > 5


@pytest.mark.parametrize("count", ["1", "2"])
def test_ranges_of_several_stretches_each_land_whole(tmp_path: Path, count: str, small_ranges: None) -> None:
    home = warehouse(tmp_path, TRACEHOUSE_INGEST_WORKERS=count)
    home.write("otlp/traces.jsonl", b"".join(DAMAGED))
    home.load(Limits(max_stretch_rows=7))
    stretches = home.log("start_offset, end_offset, load_id")
    assert len(stretches) > len(ranges_of(home.settings.landing / "otlp/traces.jsonl")) + 5
    assert [start for start, *_ in stretches[1:]] == [end for _, end, _ in stretches[:-1]]
    assert stretches[-1][1] == len(b"".join(DAMAGED))
    assert len({load_id for *_, load_id in stretches}) == len(stretches)
    assert not state_of(home.settings).faults


def test_what_is_read_ahead_of_a_long_file_waits_when_much_is_bad(
    tmp_path: Path, small_ranges: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "LARGEST_WAIT_BYTES", 1)
    home = warehouse(tmp_path, TRACEHOUSE_INGEST_WORKERS="2")
    home.write("otlp/a.jsonl.gz", gzip.compress(b"".join(LINES) * 9))
    for name in ("b", "c", "d"):
        home.write(f"otlp/{name}.jsonl", f"{name}, which is no JSON\n" * 500)
    summary = home.load(Limits(max_stretch_rows=7))
    assert (summary.records_landed, summary.rows_quarantined) == (len(LINES) * 9, 1500)
    assert not state_of(home.settings).faults


def test_a_worker_that_is_killed_ends_the_load_and_the_next_one_lands_everything(
    tmp_path: Path, month: Path, small_ranges: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    start, started = workers._start, list[workers._Worker]()

    def start_and_kill_the_second() -> workers._Worker:
        worker = start()
        started.append(worker)
        if len(started) == 2:
            worker.process.send_signal(signal.SIGKILL)
        return worker

    home = warehouse(tmp_path / "home", TRACEHOUSE_INGEST_WORKERS="2")
    fill(home, month)
    with monkeypatch.context() as patch:
        patch.setattr(workers, "_start", start_and_kill_the_second)
        with pytest.raises(TracehouseError, match=r"ended by signal 9.*TRACEHOUSE_INGEST_WORKERS=1"):
            home.load()
    assert [worker.process.returncode for worker in started] == [-9, -9]
    after = state_of(home.settings)
    assert not after.faults
    assert {path.name for path in (home.settings.home / "lake").rglob("*.parquet")} == after.files
    home.load()
    assert not state_of(home.settings).differences(loaded(warehouse(tmp_path / "other"), month))


def test_what_goes_wrong_in_a_worker_is_one_sentence(tmp_path: Path, month: Path, small_ranges: None) -> None:
    home = warehouse(tmp_path, TRACEHOUSE_INGEST_WORKERS="2")
    fill(home, month)
    home.load()
    (home.settings.landing / "otlp" / "more.jsonl").write_bytes(b"".join(LINES) * 2)
    for folder in ("spans", "quarantine"):
        path = home.settings.home / "lake" / "bronze" / folder
        if path.is_dir():
            path.rename(path.with_name(f"{folder}-away"))
            path.touch()
    with pytest.raises(TracehouseError, match=r"^The lake at .* cannot be written"):
        home.load()


def test_workers_that_run_already_serve_one_load_after_the_other(tmp_path: Path, small_ranges: None) -> None:
    with workers.Workers(2) as ready:
        ready.wait_until_ready()
        for name in ("first", "second"):
            home = warehouse(tmp_path / name)
            home.write("otlp/traces.jsonl", b"".join(LINES))
            summary = loading.load_once(home.settings, progress=lambda _line: None, workers=ready)
            assert summary.records_landed == len(LINES)
        processes = [worker.process for worker in ready._workers]
    assert all(isinstance(process, subprocess.Popen) and process.poll() is not None for process in processes)


def test_what_lies_behind_a_range_that_nobody_could_read_waits_for_the_next_load(
    tmp_path: Path, small_ranges: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = warehouse(tmp_path, TRACEHOUSE_INGEST_WORKERS="1")
    path = home.write("otlp/traces.jsonl", b"".join(LINES))
    second = ranges_of(path)[1]

    def rotated(each: Reading, limits: Limits, tick: Tick) -> Iterator[Stretch]:
        if each.start_offset == second.start_offset:
            raise FileNotFoundError
        return read_file(each, limits, tick)

    with monkeypatch.context() as patch:
        patch.setattr(ingest_reading, "read_file", rotated)
        assert home.load().records_landed == b"".join(LINES)[: second.start_offset].count(b"\n")
    assert home.ask("select max(end_offset) from lake.bronze.ingest_log") == [(second.start_offset,)]
    home.load()
    assert not state_of(home.settings).faults
    assert home.ask("select count(*), count(distinct span_id) from lake.bronze.spans") == [(199, 199)]


def test_a_file_that_was_truncated_since_it_was_listed_is_left_to_the_next_load(tmp_path: Path) -> None:
    path = tmp_path / "traces"
    path.write_bytes(b"".join(LINES))
    listed = reading(path)
    path.write_bytes(LINES[7])
    with pytest.raises(FileNotFoundError):
        read([listed])
