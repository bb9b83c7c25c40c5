"""Which files are read, and which are known already (design §4)."""

from __future__ import annotations

import gzip
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zstandard

from ingest import lake
from ingest.errors import SettingsError
from ingest.journal import Journal
from ingest.landing import Reading, find_readings, fingerprint, landing_files, strays
from ingest.prints import head_digest, tail_digest
from ingest.reading import read_file
from tests.ingest.loads import Warehouse, span_line, warehouse


def test_hidden_and_unfinished_files_are_ignored_at_any_depth(home: Path) -> None:
    here = warehouse(home)
    for name in (
        "otlp/a/b/c.jsonl",
        "otlp/.hidden",
        "otlp/x.tmp",
        "otlp/y.part",
        "otlp/.d/z.jsonl",
        "other/q.jsonl",
    ):
        here.write(name, "{}")
    assert [file.name for file in landing_files(home / "landing")] == ["otlp/a/b/c.jsonl"]


def test_a_link_that_leads_out_of_the_landing_folder_is_not_followed(home: Path, tmp_path_factory) -> None:  # type: ignore[no-untyped-def]
    secret = tmp_path_factory.mktemp("outside") / "secret.jsonl"
    secret.write_text(span_line(1))
    (home / "landing" / "otlp").mkdir()
    (home / "landing" / "otlp" / "link.jsonl").symlink_to(secret)
    assert landing_files(home / "landing") == []


def test_a_linked_folder_of_a_kind_is_read_where_it_leads(home: Path, tmp_path_factory) -> None:  # type: ignore[no-untyped-def]
    elsewhere = tmp_path_factory.mktemp("collector")
    (elsewhere / "a.jsonl").write_text(span_line(1))
    (home / "landing" / "otlp").symlink_to(elsewhere)
    assert [file.name for file in landing_files(home / "landing")] == ["otlp/a.jsonl"]
    assert strays(home / "landing") == []


def test_what_nobody_reads_is_named(home: Path, tmp_path_factory) -> None:  # type: ignore[no-untyped-def]
    here = warehouse(home)
    here.write("trace.json", span_line(1))
    here.write("OTLP/trace.json", span_line(1))
    here.write("otlp/a.jsonl", span_line(1))
    (home / "landing" / "empty").mkdir()
    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret.jsonl").write_text(span_line(1))
    (home / "landing" / "otlp" / "link.jsonl").symlink_to(outside / "secret.jsonl")
    (home / "landing" / "otlp" / "folder").symlink_to(outside)
    assert strays(home / "landing") == ["OTLP", "otlp/folder", "otlp/link.jsonl", "trace.json"]


def test_a_file_that_may_not_be_looked_at_stops_nobody(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = warehouse(home)
    here.write("otlp/closed/a.jsonl", span_line(1))
    here.write("otlp/b.jsonl", span_line(2))
    is_file = Path.is_file

    def guarded(path: Path) -> bool:
        if path.parent.name == "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return is_file(path)

    monkeypatch.setattr(Path, "is_file", guarded)
    assert [file.name for file in landing_files(home / "landing")] == ["otlp/b.jsonl", "otlp/closed/a.jsonl"]


@pytest.mark.parametrize("kind", ["otlp", "governance"])
def test_a_file_written_anew_in_place_is_read_again(home: Path, kind: str) -> None:
    def lines(middle: str) -> str:
        return "".join(span_line(number, name=middle if number == 50 else "chat") for number in range(1, 100))

    here = warehouse(home)
    path = here.write(f"{kind}/a.jsonl", lines("chat"))
    here.load()
    assert path.stat().st_size > 3 * 4096
    here.write(f"{kind}/a.jsonl", lines("tool"))
    os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns + 10**9))
    here.load()
    assert here.log("start_offset, records_found") == [(0, 99), (0, 99)]
    here.load()
    assert len(here.log("1")) == 2


def test_rows_appended_to_csv_files_with_other_headers_are_not_copies(home: Path) -> None:
    here = warehouse(home)
    common = "snapshot_date,tenant_id,entitlement_tier"
    here.write("usage/a.csv", f"{common},seats,active_users\n2026-10-01,t,pro,1,1\n")
    here.write("usage/b.csv", f"{common},active_users,seats\n2026-10-01,u,pro,1,1\n")
    here.load()
    for name in ("usage/a.csv", "usage/b.csv"):
        here.append(name, "2026-10-02,v,pro,9,2\n")
    here.load()
    assert here.ask(
        "select seats, active_users from lake.bronze.usage_snapshots where tenant_id = 'v' order by 1"
    ) == [(2, 9), (9, 2)]


def test_no_landing_folder_is_one_sentence_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"There is no landing folder at .* Create it"):
        landing_files(tmp_path / "landing")


def test_a_second_load_of_the_same_files_reads_nothing(home: Path) -> None:
    here = warehouse(home)
    here.write("otlp/a.jsonl", span_line(1))
    here.load()
    assert here.load().sentence() == "Nothing new to load."
    assert len(here.log("1")) == 1


def test_a_grown_file_is_continued_where_it_was_left(home: Path) -> None:
    here = warehouse(home)
    here.write("otlp/a.jsonl", span_line(1))
    here.load()
    here.append("otlp/a.jsonl", span_line(2))
    here.load()
    length = len(span_line(1))
    assert here.log("start_offset, end_offset, rows_landed") == [(0, length, 1), (length, 2 * length, 1)]


def test_a_torn_last_record_is_awaited_and_read_once_it_is_whole(home: Path) -> None:
    here = warehouse(home, TRACEHOUSE_SETTLE_SECONDS="300")
    here.write("otlp/a.jsonl", span_line(1) + span_line(2)[:40])
    first = here.load()
    assert (first.rows_landed["spans"], first.rows_quarantined) == (1, 0)
    here.append("otlp/a.jsonl", span_line(2)[40:])
    second = here.load()
    assert (second.rows_landed["spans"], second.rows_quarantined) == (1, 0)


def test_a_torn_last_record_is_quarantined_once_the_file_has_settled(home: Path) -> None:
    here = warehouse(home, TRACEHOUSE_SETTLE_SECONDS="300")
    path = here.write("otlp/a.jsonl", span_line(1) + span_line(2)[:40])
    here.load()
    assert here.ask("select count(*) from lake.bronze.quarantine") == [(0,)]
    long_ago = time.time() - 301
    os.utime(path, (long_ago, long_ago))
    here.load()
    assert here.ask("select reason_code, byte_offset, byte_length, raw from lake.bronze.quarantine") == [
        ("torn_record", len(span_line(1)), 40, span_line(2)[:40].encode())
    ]


def test_a_file_renamed_by_rotation_is_not_read_twice(home: Path) -> None:
    here = warehouse(home)
    path = here.write("otlp/a.jsonl", span_line(1) + span_line(2))
    here.load()
    path.rename(path.with_name("a-2026-10-16.jsonl"))
    here.write("otlp/a.jsonl", span_line(3))
    summary = here.load()
    assert summary.rows_landed["spans"] == 1
    assert here.ask("select count(*) from lake.bronze.spans") == [(3,)]
    assert here.load().sentence() == "Nothing new to load."


def test_a_file_that_was_truncated_and_written_anew_is_read_from_its_start(home: Path) -> None:
    here = warehouse(home)
    here.write("otlp/a.jsonl", span_line(1) + span_line(2))
    here.load()
    here.write("otlp/a.jsonl", span_line(3))
    here.load()
    assert here.ask("select span_id from lake.bronze.spans order by 1") == [(f"{n:016x}",) for n in (1, 2, 3)]


def test_a_copy_of_a_whole_file_lands_nothing_and_is_counted(home: Path) -> None:
    here = warehouse(home)
    here.write("otlp/a.jsonl", span_line(1) + span_line(2))
    here.load()
    here.write("otlp/copy.jsonl", span_line(1) + span_line(2))
    here.load()
    assert here.log("source_file, records_found, rows_landed, rows_duplicate") == [
        ("otlp/a.jsonl", 2, 2, 0),
        ("otlp/copy.jsonl", 2, 0, 2),
    ]


def test_a_rotated_file_that_was_compressed_since_lands_nothing(home: Path) -> None:
    here = warehouse(home)
    path = here.write("otlp/a.jsonl", span_line(1) + span_line(2))
    here.load()
    path.unlink()
    here.write("otlp/a-1.jsonl.gz", gzip.compress((span_line(1) + span_line(2)).encode()))
    here.load()
    length = 2 * len(span_line(1))
    assert here.log("start_offset, end_offset, records_found")[1] == (length, length, 0)
    assert here.load().sentence() == "Nothing new to load."


@pytest.mark.parametrize("compress", [gzip.compress, zstandard.compress])
def test_a_file_that_grew_twice_before_it_was_compressed_is_continued(
    home: Path, compress: Callable[[bytes], bytes]
) -> None:
    here = warehouse(home)
    path = here.write("otlp/a.jsonl", span_line(1))
    here.load()
    here.append("otlp/a.jsonl", span_line(2))
    path.rename(path.with_name("a-1.jsonl"))
    here.load()
    here.append("otlp/a-1.jsonl", span_line(3))
    path = path.with_name("a-1.jsonl")
    here.write("otlp/a-1.jsonl.compressed", compress(path.read_bytes()))
    path.unlink()
    here.load()
    length = len(span_line(1))
    assert here.log("source_file, start_offset, end_offset, rows_landed, rows_duplicate") == [
        ("otlp/a.jsonl", 0, length, 1, 0),
        ("otlp/a-1.jsonl", length, 2 * length, 1, 0),
        ("otlp/a-1.jsonl.compressed", 2 * length, 3 * length, 1, 0),
    ]


def test_a_compressed_file_that_is_still_written_beside_the_one_that_was_read_is_awaited(home: Path) -> None:
    here = warehouse(home, TRACEHOUSE_SETTLE_SECONDS="300")
    lines = "".join(span_line(number) for number in range(1000))
    here.write("otlp/a.jsonl", lines)
    here.load()
    whole = gzip.compress(lines.encode())
    here.write("otlp/a.jsonl.gz", whole[:-1000])
    assert here.load().sentence() == "Nothing new to load."
    here.write("otlp/a.jsonl.gz", whole)
    here.load()
    assert here.log("source_file, records_found") == [("otlp/a.jsonl", 1000), ("otlp/a.jsonl.gz", 0)]


def test_a_compressed_file_that_only_begins_like_one_that_was_read_lands_whole(home: Path) -> None:
    here = warehouse(home)
    same = "".join(span_line(number) for number in range(1, 101))
    here.write("otlp/a.jsonl", same + span_line(101))
    here.load()
    here.write("otlp/b.jsonl.gz", gzip.compress((same + span_line(200)).encode()))
    here.load()
    assert here.log("source_file, rows_landed") == [("otlp/a.jsonl", 101), ("otlp/b.jsonl.gz", 101)]


def test_a_file_that_took_the_name_since_the_folder_was_listed_is_left_to_the_next_load(home: Path) -> None:
    here = warehouse(home)
    path = here.write("otlp/a.jsonl", span_line(1))
    here.load()
    here.append("otlp/a.jsonl", span_line(2))
    (listed,) = _readings(here)
    path.rename(path.with_name("a-1.jsonl"))
    here.write("otlp/a.jsonl", "".join(span_line(number) for number in range(3, 9)))
    with pytest.raises(FileNotFoundError, match="another file"):
        list(read_file(listed, here.settings.limits, lambda _rows: None))
    here.load()
    assert _numbers(here) == list(range(1, 9))


def test_a_file_that_was_truncated_and_written_anew_since_it_was_listed_is_left_to_the_next_load(
    home: Path,
) -> None:
    here = warehouse(home)
    path = here.write("otlp/a.jsonl", span_line(1))
    here.load()
    here.append("otlp/a.jsonl", span_line(2))
    (listed,) = _readings(here)
    here.write("otlp/a-1.jsonl", path.read_bytes())
    with path.open("r+") as stream:
        stream.truncate()
        stream.write("".join(span_line(number) for number in range(3, 9)))
    with pytest.raises(FileNotFoundError, match="another file"):
        list(read_file(listed, here.settings.limits, lambda _rows: None))
    here.load()
    assert _numbers(here) == list(range(1, 9))


def test_a_file_that_takes_the_name_while_it_is_read_is_not_taken_for_the_one_that_was(home: Path) -> None:
    here = warehouse(home)
    path = here.write("otlp/a.jsonl", span_line(1) + span_line(2))

    def rotate(_rows: int) -> None:
        if not path.with_name("a-1.jsonl").exists():
            path.rename(path.with_name("a-1.jsonl"))
            here.write("otlp/a.jsonl", "".join(span_line(number) for number in range(3, 9)))

    (listed,) = _readings(here)
    (stretch,) = read_file(listed, here.settings.limits, rotate)
    (renamed,) = (each for each in _readings(here) if each.file.name == "otlp/a-1.jsonl")
    with renamed.file.path.open("rb") as stream:
        end = stretch.end_offset
        assert stretch.head_digest == head_digest(stream.fileno(), end)
        assert stretch.tail_digest == tail_digest(stream.fileno(), end)


def test_a_file_that_grew_before_it_was_renamed_under_a_new_one_is_continued(home: Path) -> None:
    here = warehouse(home)
    path = here.write("otlp/a.jsonl", span_line(1) + span_line(2))
    here.load()
    here.append("otlp/a.jsonl", span_line(3))
    path.rename(path.with_name("a-1.jsonl"))
    here.write("otlp/a.jsonl", span_line(4))
    here.load()
    length = len(span_line(1))
    assert here.log("source_file, start_offset, end_offset, rows_landed, rows_duplicate")[1:] == [
        ("otlp/a-1.jsonl", 2 * length, 3 * length, 1, 0),
        ("otlp/a.jsonl", 0, length, 1, 0),
    ]
    assert here.load().sentence() == "Nothing new to load."


def test_files_that_rotation_shifts_by_one_are_not_read_twice(home: Path) -> None:
    here = warehouse(home)
    folder = home / "landing" / "otlp"
    for number in range(1, 6):
        if (folder / "a.2").exists():
            (folder / "a.2").unlink()
        for old, new in (("a.1", "a.2"), ("a", "a.1")):
            if (folder / old).exists():
                (folder / old).rename(folder / new)
        here.write("otlp/a", span_line(number))
        here.load()
    assert here.ask("select count(*), count(distinct span_id) from lake.bronze.spans") == [(5, 5)]
    assert here.ask("select sum(rows_duplicate) from lake.bronze.ingest_log") == [(0,)]


def test_a_file_that_was_copied_and_truncated_is_read_once(home: Path) -> None:
    here = warehouse(home)
    here.write("otlp/a.jsonl", span_line(1) + span_line(2))
    here.load()
    here.write("otlp/a.jsonl.1", span_line(1) + span_line(2) + span_line(3))
    here.write("otlp/a.jsonl", span_line(4))
    here.load()
    assert here.ask("select count(*) from lake.bronze.spans") == [(4,)]


def test_a_compressed_file_that_settles_after_it_was_read_gives_no_entry(home: Path) -> None:
    here = warehouse(home, TRACEHOUSE_SETTLE_SECONDS="300")
    path = here.write("otlp/a.jsonl.gz", gzip.compress(span_line(1).encode()))
    assert here.load().rows_landed["spans"] == 1
    long_ago = time.time() - 301
    os.utime(path, (long_ago, long_ago))
    warehouse(home).load()
    assert here.load().sentence() == "Nothing new to load."
    assert len(here.log("1")) == 1


def test_a_growing_compressed_file_is_continued(home: Path) -> None:
    here = warehouse(home, TRACEHOUSE_SETTLE_SECONDS="300")
    first, second = (gzip.compress(span_line(number).encode()) for number in (1, 2))
    here.write("otlp/a.jsonl.gz", first)
    here.load()
    here.write("otlp/a.jsonl.gz", first + second)
    here.load()
    length = len(span_line(1))
    assert here.log("start_offset, end_offset, rows_landed") == [(0, length, 1), (length, 2 * length, 1)]


def test_a_name_that_is_no_utf8_is_told_in_escapes(home: Path) -> None:
    here = warehouse(home)
    folder = os.fsencode(home / "landing" / "otlp")
    os.mkdir(folder)  # noqa: PTH102 - a name that pathlib's text cannot spell
    with open(folder + b"/\xff.jsonl", "w") as stream:  # noqa: PTH123 - as above
        stream.write(span_line(1))
    here.load()
    assert here.log("source_file, rows_landed") == [("otlp/\\xff.jsonl", 1)]
    assert here.load().sentence() == "Nothing new to load."


def test_the_fingerprint_changes_when_a_file_grows(home: Path) -> None:
    here = warehouse(home)
    here.write("otlp/a.jsonl", span_line(1))
    before = fingerprint(home / "landing")
    assert fingerprint(home / "landing") == before
    here.append("otlp/a.jsonl", span_line(2))
    assert fingerprint(home / "landing") != before


def _readings(here: Warehouse) -> list[Reading]:
    with lake.connect(here.settings) as connection:
        lake.ensure_bronze(connection)
        return find_readings(Journal(connection), here.settings, now=datetime.now(UTC))


def _numbers(here: Warehouse) -> list[int]:
    """The spans that landed, by their number, copies included."""
    return sorted(int(span, 16) for (span,) in here.ask("select span_id from lake.bronze.spans"))
