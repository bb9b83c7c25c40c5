"""Maintenance: smaller, and nothing that a kept release needs is gone."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingest import lake
from ingest.loading import load_once
from ingest.maintain import maintain
from ingest.settings import Settings, read_settings

NOW = datetime(2026, 11, 2, tzinfo=UTC)
SNAPSHOT = '{"snapshot_date": "2026-10-16", "tenant_id": "%s", "entitlement_tier": "pro"}\n'


@pytest.fixture
def settings(home: Path) -> Settings:
    (home / "landing" / "usage").mkdir()
    return read_settings({"TRACEHOUSE_HOME": str(home), "TRACEHOUSE_SETTLE_SECONDS": "0"})


def load_tenant(settings: Settings, tenant: str) -> int:
    """One load with one row; the snapshot after it."""
    (settings.landing / "usage" / f"{tenant}.jsonl").write_text(SNAPSHOT % tenant)
    load_once(settings, progress=lambda _: None)
    with lake.connect(settings, read_only=True) as connection:
        return lake.current_snapshot(connection)


def release(settings: Settings, publication_id: str, snapshot: int) -> None:
    with lake.connect(settings) as connection:
        connection.execute("create schema if not exists lake.marts")
        connection.execute(
            "create table if not exists lake.marts.publications "
            "(publication_id varchar, lake_snapshot_id bigint)"
        )
        connection.execute("insert into lake.marts.publications values (?, ?)", [publication_id, snapshot])


def tenants_at(settings: Settings, snapshot: int | None = None) -> list[str]:
    """Tenants in the lake as it stood at `snapshot`; null for now."""
    version = "" if snapshot is None else f"at (version => {snapshot})"
    with lake.connect(settings, read_only=True) as connection:
        rows = connection.execute(
            f"select tenant_id from lake.bronze.usage_snapshots {version} order by 1"
        ).fetchall()
    return [tenant for (tenant,) in rows]


def test_a_kept_release_still_answers_after_maintenance_and_unneeded_snapshots_are_gone(
    settings: Settings,
) -> None:
    load_tenant(settings, "a")
    kept = load_tenant(settings, "b")
    release(settings, "r00000001", kept)
    unneeded = load_tenant(settings, "c")
    load_tenant(settings, "d")
    summary = maintain(settings, now=NOW)
    assert tenants_at(settings, kept) == ["a", "b"]
    assert tenants_at(settings) == ["a", "b", "c", "d"]
    assert summary.snapshots_expired > 0
    with pytest.raises(Exception, match="snapshot"):
        tenants_at(settings, unneeded)


def test_only_the_newest_ten_releases_are_kept(settings: Settings) -> None:
    snapshots = [load_tenant(settings, f"t{number:02d}") for number in range(11)]
    for number, snapshot in enumerate(snapshots):
        release(settings, f"r{number:08d}", snapshot)
    maintain(settings, now=NOW)
    with pytest.raises(Exception, match="snapshot"):
        tenants_at(settings, snapshots[0])
    assert len(tenants_at(settings, snapshots[1])) == 2


def test_many_small_files_become_fewer_and_say_the_same(settings: Settings) -> None:
    for number in range(6):
        load_tenant(settings, f"t{number}")
    before = tenants_at(settings)
    summary = maintain(settings, now=NOW)
    assert summary.files_after < summary.files_before
    assert tenants_at(settings) == before


def test_files_whose_rows_were_deleted_day_by_day_become_one_again(settings: Settings) -> None:
    load_tenant(settings, "a")
    with lake.connect(settings) as connection:
        # As an incremental model does: the newest day is deleted and written again, with one more.
        connection.execute("create table lake.days as select range as day, 0 as run from range(1000)")
        for run in (1, 2, 3):
            connection.execute("delete from lake.days where day >= ?", [1000 * run - 100])
            connection.execute(
                "insert into lake.days select range, ? from range(?, ?)",
                [run, 1000 * run - 100, 1000 * run + 1000],
            )
        before = connection.execute("select * from lake.days order by all").fetchall()
    maintain(settings, now=NOW)
    with lake.connect(settings) as connection:
        files = connection.execute("select data_file, delete_file from ducklake_list_files('lake', 'days')")
        assert [delete for _, delete in files.fetchall()] == [None]
        assert connection.execute("select * from lake.days order by all").fetchall() == before
        # The first wrote 1,000 rows, the others 1,100; each deleted the last 100 before it.
        counted = connection.execute("select run, count(*) from lake.days group by 1 order by 1").fetchall()
        assert counted == [(0, 900), (1, 1000), (2, 1000), (3, 1100)]


def test_an_old_orphan_is_removed_and_a_young_or_live_file_stays(settings: Settings) -> None:
    load_tenant(settings, "a")
    folder = Path(settings.lake) / "bronze" / "usage_snapshots" / "event_date=2026-10-16"
    live = next(folder.glob("*.parquet"))
    old, young = folder / "old.parquet.tmp", folder / "young.parquet"
    for file, age in ((old, timedelta(hours=25)), (young, timedelta(hours=23)), (live, timedelta(days=9))):
        if file != live:
            file.write_bytes(b"left by a killed load")
        moment = (NOW - age).timestamp()
        os.utime(file, (moment, moment))
    summary = maintain(settings, now=NOW)
    assert (old.exists(), young.exists()) == (False, True)
    assert summary.orphans_removed == 1
    assert tenants_at(settings) == ["a"]


def test_a_home_that_moved_is_maintained_where_it_stands(settings: Settings, tmp_path: Path) -> None:
    load_tenant(settings, "a")
    moved = tmp_path.parent / f"{tmp_path.name}-moved"
    settings.home.rename(moved)
    there = read_settings({"TRACEHOUSE_HOME": str(moved), "TRACEHOUSE_SETTLE_SECONDS": "0"})
    maintain(there, now=datetime.now(UTC) + timedelta(days=3))
    assert tenants_at(there) == ["a"]


def test_a_moved_home_with_deletes_and_a_kept_release_loses_no_live_file(
    settings: Settings, tmp_path: Path
) -> None:
    for tenant in ("a", "b", "c"):
        load_tenant(settings, tenant)
    with lake.connect(settings) as connection:
        connection.execute("create table lake.copies as select * from lake.bronze.usage_snapshots")
        connection.execute("delete from lake.bronze.usage_snapshots where tenant_id = 'a'")
        kept = lake.current_snapshot(connection)
    release(settings, "r00000001", kept)
    moved = tmp_path.parent / f"{tmp_path.name}-moved"
    settings.home.rename(moved)
    there = read_settings({"TRACEHOUSE_HOME": str(moved), "TRACEHOUSE_SETTLE_SECONDS": "0"})
    for tenant in ("d", "e"):
        load_tenant(there, tenant)
    for _ in range(2):
        maintain(there, now=datetime.now(UTC) + timedelta(days=3))
        assert tenants_at(there, kept) == ["b", "c"]
        assert tenants_at(there) == ["b", "c", "d", "e"]
        with lake.connect(there, read_only=True) as connection:
            assert connection.execute("select count(*) from lake.copies").fetchone() == (3,)
