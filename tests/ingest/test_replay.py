"""Quarantine read again by a decoder that knows more (design §3)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.event_types import EVENT_TYPES, TEXT, EventType
from ingest.loading import load_once
from ingest.pieces import Limits
from ingest.replay import ReplaySummary, replay
from tests.ingest.loads import Warehouse, span_line, warehouse

NOW = datetime(2026, 11, 2, tzinfo=UTC)


def event(number: int, **data: str) -> str:
    return (
        json.dumps(
            {
                "specversion": "1.0",
                "id": f"e{number}",
                "source": "/app",
                "type": "acme.thing.happened",
                "time": "2026-10-15T10:10:00Z",
                "data": data,
            }
        )
        + "\n"
    )


@pytest.fixture
def strict_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """Loaded by a decoder that wanted a field of one event type which today's does not want."""
    here = warehouse(home)
    here.write("governance/a.jsonl", event(1, colour="red") + event(2) + "no json\n")
    with monkeypatch.context() as patched:
        older = {**EVENT_TYPES, "acme.thing.happened": EventType({"colour": TEXT}, {})}
        patched.setattr("ingest.events.EVENT_TYPES", older)
        here.load()
    return here


def test_what_is_good_by_now_lands_and_the_rest_stays(strict_home: Warehouse) -> None:
    assert strict_home.ask("select event_id from lake.bronze.events") == [("e1",)]
    summary = replay(strict_home.settings, now=NOW)
    assert summary == ReplaySummary(landed=1, still_bad=1, cut=0)
    assert strict_home.ask("select event_id, source_file, load_id from lake.bronze.events order by 1") == [
        ("e1", "governance/a.jsonl", 1),
        ("e2", "governance/a.jsonl", 2),
    ]
    start = len(event(1, colour="red"))
    columns = "source_kind, start_offset, records_found, rows_landed, rows_quarantined, rows_duplicate"
    assert strict_home.log(columns)[1:] == [("replay", start, 1, 1, 0, 0)]


def test_a_record_that_was_replayed_does_not_land_again(strict_home: Warehouse) -> None:
    replay(strict_home.settings, now=NOW)
    assert replay(strict_home.settings, now=NOW) == ReplaySummary(landed=0, still_bad=1, cut=0)
    assert strict_home.ask("select count(*) from lake.bronze.events") == [(2,)]


def test_a_replay_is_no_reading_of_the_file(strict_home: Warehouse) -> None:
    replay(strict_home.settings, now=NOW)
    assert strict_home.load().sentence() == "Nothing new to load."


def test_a_record_that_was_not_kept_whole_is_counted_and_stays(home: Path) -> None:
    here = warehouse(home)
    here.write("otlp/a.jsonl", span_line(1, name="x" * 1000))
    limits = Limits(max_piece_bytes=500, max_raw_bytes=100)
    load_once(here.settings, progress=lambda _: None, limits=limits)
    assert replay(here.settings, now=NOW) == ReplaySummary(landed=0, still_bad=0, cut=1)


def test_a_record_that_was_too_long_for_the_limit_of_then_lands(home: Path) -> None:
    here = warehouse(home)
    here.write("otlp/a.jsonl", span_line(1, name="x" * 1000))
    load_once(here.settings, progress=lambda _: None, limits=Limits(max_piece_bytes=500))
    assert replay(here.settings, now=NOW) == ReplaySummary(landed=1, still_bad=0, cut=0)
    assert here.ask("select length(name) from lake.bronze.spans") == [(1000,)]
