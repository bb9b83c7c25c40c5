"""The kernels come when they are worth it, and a load without them gives the same rows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest import loading, reading
from ingest.otlp import kernels
from tests.ingest.loads import warehouse
from tests.ingest.otlp_reading import START, TRACE_ID
from tests.kills.state import state_of

_SMALL_LOAD = """
import sys
from pathlib import Path
from ingest.loading import load_once
from ingest.settings import read_settings
summary = load_once(read_settings({"TRACEHOUSE_HOME": sys.argv[1]}), progress=print)
assert "numba" not in sys.modules
"""


def request(number: int) -> bytes:
    span = {"traceId": TRACE_ID, "spanId": f"{number:016x}", "startTimeUnixNano": str(START)}
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}).encode() + b"\n"


@pytest.fixture
def no_cache() -> Iterator[None]:
    """Asks again where machine code is kept, during the test and after it."""
    kernels.cache_folder.cache_clear()
    yield
    kernels.cache_folder.cache_clear()


def test_a_small_load_does_not_load_numba(tmp_path: Path) -> None:
    landing = tmp_path / "landing" / "otlp"
    landing.mkdir(parents=True)
    (landing / "traces.jsonl").write_bytes(request(1))
    subprocess.run([sys.executable, "-c", _SMALL_LOAD, str(tmp_path)], check=True)


def test_machine_code_is_kept_in_the_users_cache_where_the_sources_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_cache: None
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(kernels, "_HERE", tmp_path / "file" / "kernels")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = kernels.cache_folder()
    assert folder is not None
    assert folder.parent == tmp_path / "cache" / "tracehouse"
    assert not kernels.are_compiled()


def test_where_no_machine_code_can_be_kept_a_large_load_says_so_and_lands_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_cache: None
) -> None:
    lines = b"".join(request(number) for number in range(1, 300)) + b'{"resourceSpans": [}\n'
    states = []
    monkeypatch.setattr(reading, "LARGE_BYTES", 1)
    monkeypatch.setattr(reading, "_LARGE_ONCE_LOADED_BYTES", 1)
    monkeypatch.setattr(loading, "WORTH_WORKERS_BYTES", 1)
    for name in ("with", "without"):
        if name == "without":
            (tmp_path / "file").touch()
            monkeypatch.setattr(kernels, "_HERE", tmp_path / "file" / "kernels")
            monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
            kernels.cache_folder.cache_clear()
        said: list[str] = []
        home = warehouse(tmp_path / name)
        os.utime(home.write("otlp/traces.jsonl", lines), ns=(START, START))
        summary = loading.load_once(home.settings, progress=said.append)
        assert (summary.records_landed, summary.rows_quarantined) == (299, 1)
        assert any("could not be compiled" in line for line in said) == (name == "without")
        states.append(state_of(home.settings))
    assert not states[1].differences(states[0])
