"""The whole way: landing folder to released marts, through the commands a person would type."""

from __future__ import annotations

import shutil
import subprocess
import threading
from pathlib import Path

import duckdb
import pytest

from tests.running import ROOT, Home

MARTS = {
    "accuracy_daily",
    "compliance_exceptions",
    "latency_daily",
    "latency_histogram_daily",
    "tenant_tier_history",
    "tier_adoption_daily",
    "token_usage_daily",
}


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home in which `make demo` has run."""
    home = Home(tmp_path_factory.mktemp("demo"))
    outcome = home.run("orchestration", "demo")
    assert outcome.code == 0, outcome.err
    return home


def test_the_demo_fills_every_mart(demo: Home) -> None:
    for mart in [*MARTS, "pipeline_health", "publications", "gate_results"]:
        assert demo.released(f"select count(*) from marts.{mart}")[0][0] > 0, mart


def test_the_demo_publishes_what_it_audited(demo: Home) -> None:
    states = dict(demo.released("select mart, state from marts.publications"))
    assert states == dict.fromkeys(MARTS, "published")


def test_a_run_with_nothing_new_adds_nothing_and_starts_no_dbt(demo: Home) -> None:
    before = demo.digests(), demo.in_lake("select id from lake.current_snapshot()")
    log = (demo.path / "dbt" / "run_results.json").stat().st_mtime_ns
    outcome = demo.pipeline()
    assert outcome.code == 0
    assert "Nothing new" in outcome.err
    assert (demo.digests(), demo.in_lake("select id from lake.current_snapshot()")) == before
    assert (demo.path / "dbt" / "run_results.json").stat().st_mtime_ns == log


def test_found_is_landed_plus_quarantined_plus_duplicates_for_every_file(demo: Home) -> None:
    uneven = demo.in_lake(
        "select source_file from lake.bronze.ingest_log "
        "where records_found != rows_landed + rows_quarantined + rows_duplicate"
    )
    assert uneven == []
