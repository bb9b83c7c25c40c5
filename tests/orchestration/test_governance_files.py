"""What is written once for good: checkpoints and outbox files."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from orchestration.governance.alerting.deliveries import _write_day
from orchestration.governance.checkpoints import write_checkpoints


@pytest.mark.parametrize("written", ["checkpoint", "2026-10-14.jsonl"])
def test_bytes_reach_the_disk_before_the_name_and_the_name_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    steps: list[tuple[str, int]] = []
    sync, replace = os.fsync, Path.replace

    def synced(descriptor: int) -> None:
        steps.append(("synced", os.fstat(descriptor).st_ino))
        sync(descriptor)

    def replaced(self: Path, target: Path) -> Path:
        steps.append(("named", self.stat().st_ino))
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", replaced)
    if written == "checkpoint":
        write_checkpoints(tmp_path, [(1, "text")])
    else:
        _write_day(tmp_path, date(2026, 10, 14), ["{}"])
    file, folder = (path.stat().st_ino for path in (tmp_path / written, tmp_path))
    assert steps[-3:] == [("synced", file), ("named", file), ("synced", folder)]
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == [written]
