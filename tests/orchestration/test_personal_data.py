"""What landed is looked through for personal data once, told by place and hash, and never by value."""

from __future__ import annotations

import csv
import hashlib
import hmac
import json
from pathlib import Path

import duckdb
import pytest

from ingest import lake
from orchestration.governance.detectors import DETECTORS, LONGEST_TEXT, find
from orchestration.governance.personal_data import scan
from orchestration.project import POLICIES
from tests.ingest.loads import Warehouse, warehouse
from tests.orchestration.test_detectors import OTHER, REAL

KEY = "a key of the tests"
FINDINGS = (
    "select table_name, place, detector, start_offset, end_offset, sender, tenant_id, trace_id is not null "
    "from lake.governance.personal_data_findings order by all"
)


def attribute(key: str, value: str) -> dict[str, object]:
    return {"key": key, "value": {"stringValue": value}}


def span(number: int, *attributes: dict[str, object]) -> str:
    """One OTLP/JSON line: a span of the service `till` on 14 October 2026."""
    told = {
        "traceId": f"{number:032x}",
        "spanId": f"{number:016x}",
        "name": "chat",
        "startTimeUnixNano": "1792059000000000000",
        "endTimeUnixNano": "1792059001000000000",
        "attributes": attributes,
    }
    resource = {"attributes": [attribute("service.name", "till")]}
    return json.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": [told]}]}]}) + "\n"


def log(body: str) -> str:
    record = {"timeUnixNano": "1792059000000000000", "body": {"stringValue": body}}
    return json.dumps({"resourceLogs": [{"resource": {}, "scopeLogs": [{"logRecords": [record]}]}]}) + "\n"


def overridden(reason: str) -> str:
    data = {"tenant_id": "acme", "decision_id": "d1", "new_decision": "allow", "reason": reason}
    told = {"specversion": "1.0", "id": "e1", "source": "/policy", "type": "governance.decision.overridden"}
    return json.dumps(told | {"time": "2026-10-14T12:00:00Z", "data": data}) + "\n"


def scanned(home: Warehouse) -> int:
    with lake.connect(home.settings) as connection:
        return scan(connection, home.settings)


def test_what_landed_is_looked_through_once_and_told_by_its_place(home: Path) -> None:
    here = warehouse(home, TRACEHOUSE_HASH_KEY=KEY)
    # `user.email` is hashed by the redaction, so nothing of it is left to find.
    here.write(
        "otlp/a.jsonl",
        span(1, attribute("note", "to ada@example.com"), attribute("user.email", "ada@example.com"))
        + span(2, attribute("note", "nothing"))
        + log("paid with 4242 4242 4242 4242"),
    )
    here.write("governance/a.jsonl", overridden("asked by +1 202-555-0143"))
    usage = {"snapshot_date": "2026-10-14", "tenant_id": "acme", "entitlement_tier": "pro"}
    here.write("usage/a.jsonl", json.dumps(usage | {"tenant_name": "DE89370400440532013000"}) + "\n")
    here.load()
    assert scanned(here) == 4
    # Offsets counted by hand: "to " is 3 characters, "paid with " 10 and "asked by " 9.
    assert here.ask(FINDINGS) == [
        ("events", "record.data.reason", "phone", 9, 24, "/policy", "acme", False),
        ("log_records", "body", "card", 10, 29, None, None, False),
        ("spans", "attributes.note", "email", 3, 18, "till", None, True),
        ("usage_snapshots", "tenant_name", "iban", 0, 22, None, "acme", False),
    ]
    hashed = hmac.new(KEY.encode(), b"ada@example.com", hashlib.sha256).hexdigest()
    assert here.ask(
        "select value_hash from lake.governance.personal_data_findings where detector = 'email'"
    ) == [(hashed,)]

    assert scanned(here) == 0
    here.write("otlp/b.jsonl", span(3, attribute("note", "or to bob@example.org")))
    here.load()
    assert scanned(here) == 1
    assert here.ask("select table_name, sender, count(*) from lake.governance.personal_data_scanned "
                    "group by all order by all") == [
        ("events", "/policy", 1),
        ("log_records", None, 1),
        ("spans", "till", 2),
        ("usage_snapshots", None, 1),
    ]  # fmt: skip


def test_without_a_key_a_finding_has_its_place_and_no_hash(home: Path) -> None:
    here = warehouse(home)
    here.write("otlp/a.jsonl", log("sk_live_4eC39HqLyjWDarjt"))
    here.load()
    assert scanned(here) == 1
    assert here.ask("select detector, value_hash from lake.governance.personal_data_findings") == [
        ("secret", None)
    ]


def test_what_stands_behind_the_longest_text_is_told_as_not_scanned(home: Path) -> None:
    here = warehouse(home)
    here.write("otlp/a.jsonl", log("x" * LONGEST_TEXT + " ada@example.com") + log("y" * LONGEST_TEXT))
    here.load()
    assert scanned(here) == 1
    found = here.ask("select detector, start_offset, end_offset from lake.governance.personal_data_findings")
    assert found == [("not scanned", LONGEST_TEXT, LONGEST_TEXT + 16)]


def test_a_scan_that_failed_is_made_again_as_a_whole(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = warehouse(home)
    here.write("otlp/a.jsonl", log("ada@example.com"))
    here.load()
    with monkeypatch.context() as broken:
        broken.setattr("orchestration.governance.personal_data.find", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            scanned(here)
    assert here.ask("select count(*) from lake.governance.personal_data_scanned") == [(0,)]
    assert scanned(here) == 1


@pytest.mark.parametrize("around", ["{}", "call {} now", '{{"to":"{}"}}', "({})", "x={};y"])
def test_no_text_is_passed_over_in_which_a_detector_finds_something(around: str) -> None:
    texts = [(name, around.format(value)) for name in REAL for value in REAL[name]]
    with duckdb.connect() as connection:
        passed_over = [
            text
            for name, text in texts
            if connection.execute("select regexp_matches(?, ?)", [text, DETECTORS[name].hint]).fetchone()
            != (True,)
        ]
    assert passed_over == []


def test_each_detector_is_as_good_as_its_seed_asks_on_the_texts_of_the_tests() -> None:
    with (POLICIES / "redaction_detectors.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["detector"] for row in rows} == set(DETECTORS)
    texts = [(name, value) for name in REAL for value in REAL[name]] + [(None, text) for text in OTHER]
    told = [(name, {found.detector for found in find(text)}) for name, text in texts]
    for row in rows:
        name = row["detector"]
        found = [real == name for real, detectors in told if name in detectors]
        recalled = [name in detectors for real, detectors in told if real == name]
        assert sum(found) / len(found) >= float(row["minimum_precision"]), name
        assert sum(recalled) / len(recalled) >= float(row["minimum_recall"]), name
