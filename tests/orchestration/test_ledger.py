"""What comes into the ledger, once each, whatever happens in between."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest

from ingest import lake
from orchestration.governance import merkle
from orchestration.governance.alerting import ensure_alert_tables
from orchestration.governance.alerting.tables import append as append_rows
from orchestration.governance.checkpoints import checkpoint_files, parse_checkpoint
from orchestration.governance.entries import leaf_of
from orchestration.governance.ledger import (
    append,
    publish_checkpoints,
    record_from,
)
from tests.orchestration.ledgers import (
    NOON,
    NOW,
    TRACE,
    InDuckLake,
    Warehouse,
    decided,
    event,
    facts,
    publish,
    sha256,
    told,
)
from tests.running import ROOT, Home


def test_every_event_of_governance_is_entered_under_its_kind(in_lake: InDuckLake) -> None:
    exception = {"exception_id": "x", "actor_id": "ada"}
    alert = {"alert_id": "a", "fingerprint": "f"}
    policy = {"policy_id": "p", "policy_version": "2", "valid_from": "2026-10-01T00:00:00Z"}
    incident = {"incident_id": "i", "effective_at": "2026-10-01T00:00:00Z"}
    request = {"request_id": "r", "tenant_id": "acme", "subject_id": "s"}
    lines = [
        decided(1, trace_id=TRACE.upper()),
        event("governance.decision.overridden", "e2", decision_id="d-1", new_decision="allow"),
        event("governance.review.completed", "e3", review_id="v", outcome="approved", decision_id="d-1"),
        event("governance.policy.published", "e4", **policy, digest="sha256:" + "0" * 64),
        event("governance.exception.acknowledged", "e5", **exception),
        event("governance.exception.waived", "e6", **exception, until="2026-12-01T00:00:00Z"),
        event("governance.exception.resolved", "e7", **exception),
        event("governance.alert.raised", "e8", **alert),
        event("governance.alert.acknowledged", "e9", **alert),
        event("governance.alert.closed", "f1", **alert),
        event("governance.erasure.requested", "f2", **request),
        event("governance.hold.placed", "f3", hold_id="h"),
        event("governance.hold.released", "f4", hold_id="h"),
        event("governance.incident.opened", "f5", **incident),
        event("governance.incident.closed", "f6", **incident),
        # No facts of governance, or not about a decision, or told by the warehouse itself.
        event("governance.review.completed", "g1", review_id="v", outcome="approved"),
        event("governance.review.requested", "g2", review_id="v", decision_id="d-1"),
        event("governance.erasure.completed", "g3", request_id="r", rows=1, tables=1, ledger_sequence=1),
        event("consent.granted", "g4", tenant_id="acme", purpose="p"),
    ]
    in_lake.land("all.jsonl", *lines)
    assert in_lake.record() == 15
    kinds = {entry.subject.split(" ")[2]: entry.kind for entry in in_lake.entries()}
    assert kinds == {
        "pd-1": "policy_action",
        "e2": "policy_action",
        "e3": "policy_action",
        "e4": "policy_change",
        "e5": "exception_action",
        "e6": "exception_action",
        "e7": "exception_action",
        "e8": "alert",
        "e9": "alert",
        "f1": "alert",
        "f2": "erasure",
        "f3": "hold",
        "f4": "hold",
        "f5": "incident",
        "f6": "incident",
    }


def test_an_entry_holds_time_trace_and_digest_of_the_event_and_nothing_of_what_it_says(
    in_lake: InDuckLake,
) -> None:
    line = decided(1, trace_id=TRACE.upper(), reason="canary-7f3a")
    in_lake.land("one.jsonl", line)
    in_lake.record()
    (entry,) = in_lake.entries()
    assert entry[:7] == (
        0,
        NOW.replace(tzinfo=None),
        "policy_action",
        "governance.policy.decided /governance pd-1",
        NOON,
        TRACE,
        sha256(line),
    )
    assert entry.previous_hash is None
    assert "canary" not in str(entry)


def test_new_facts_are_entered_in_the_order_of_time_kind_and_subject(warehouse: Warehouse) -> None:
    late = event("governance.hold.placed", "a", day=20, hold_id="h")
    same_time = [event("governance.hold.placed", event_id, hold_id="h") for event_id in ("c", "b")]
    warehouse.land("later.jsonl", late, *same_time, decided(1))
    warehouse.land(
        "more.jsonl",
        event("governance.incident.opened", "y", incident_id="i", effective_at="2026-10-14T12:00:00Z"),
    )
    warehouse.record()
    assert [(entry.kind, entry.subject[-1]) for entry in warehouse.entries()] == [
        ("hold", "b"),
        ("hold", "c"),
        ("incident", "y"),
        ("policy_action", "1"),
        ("hold", "a"),
    ]


def test_ids_and_sources_with_blanks_do_not_run_into_each_other(warehouse: Warehouse) -> None:
    pairs = [("/a b", "c"), ("/a", "b c"), ("/a%20b", "c")]
    lines = [event("governance.hold.placed", each, source=source, hold_id="h") for source, each in pairs]
    warehouse.land("blanks.jsonl", *lines)
    assert warehouse.record() == 3


def test_an_event_delivered_again_keeps_its_entry_whatever_it_says_now(
    in_lake: InDuckLake, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = decided(1, reason="one"), decided(1, reason="two")
    smaller, larger = sorted([one, two], key=sha256)
    in_lake.land("first.jsonl", larger, larger)
    assert in_lake.record() == 1
    in_lake.land("again.jsonl", smaller)
    assert in_lake.record() == 0
    assert [entry.payload_digest for entry in in_lake.entries()] == [sha256(larger)]
    assert in_lake.verify() == 0


@pytest.mark.parametrize("turned", [False, True])
def test_of_two_tellings_in_one_load_the_content_decides_which_is_entered(
    warehouse: Warehouse, turned: bool
) -> None:
    lines = [decided(1, reason="one"), decided(1, reason="two")]
    warehouse.land("both.jsonl", *(lines[::-1] if turned else lines))
    warehouse.record()
    assert [entry.payload_digest for entry in warehouse.entries()] == [min(map(sha256, lines))]


def test_nothing_new_writes_nothing(in_lake: InDuckLake) -> None:
    in_lake.land("one.jsonl", decided(1))
    in_lake.record()
    before = in_lake.snapshot()
    assert in_lake.record() == 0
    assert in_lake.snapshot() == before


def test_only_loads_behind_the_last_one_are_looked_at(warehouse: Warehouse) -> None:
    warehouse.land("one.jsonl", decided(1))
    warehouse.record()
    warehouse.connection.execute(
        "insert into lake.bronze.events by name "
        "select * replace ('old' as event_id) from lake.bronze.events where event_id = 'pd-1'"
    )
    warehouse.land("two.jsonl", decided(2))
    warehouse.record()
    assert [entry.subject[-1] for entry in warehouse.entries()] == ["1", "2"]


def test_each_publication_and_each_decision_of_its_gate_is_entered_once(warehouse: Warehouse) -> None:
    warehouse.record()
    publish(warehouse.connection, "r00000001", "held")
    assert warehouse.record() == 3
    publish(warehouse.connection, "r00000002", "published")
    assert warehouse.record() == 3
    entered = {(entry.kind, entry.subject): entry.payload_digest for entry in warehouse.entries()}
    assert list(entered) == [
        ("gate_decision", "r00000001 a_mart"),
        ("gate_decision", "r00000001 b_mart"),
        ("publication", "r00000001"),
        ("gate_decision", "r00000002 a_mart"),
        ("gate_decision", "r00000002 b_mart"),
        ("publication", "r00000002"),
    ]
    assert entered["gate_decision", "r00000001 a_mart"] == sha256(
        '{"checks":[["c","dbt","error","passed",null,null,null],["z","dbt","error","failed","1","0","é"]],'
        '"mart":"a_mart","state":"held"}'
    )
    assert entered["publication", "r00000002"] == sha256(
        '{"marts":[["a_mart","published",0,"d1",null],["b_mart","published",2,"d2",3]],'
        '"publication_id":"r00000002","published_at":"2026-10-14T12:00:00"}'
    )


def test_a_policy_file_is_entered_when_it_comes_changes_goes_and_comes_back(warehouse: Warehouse) -> None:
    file = warehouse.policies / "policy_consent.csv"
    (warehouse.policies / "tiers.csv").write_text("no policy")
    for text in ("one", "two", None, "one"):
        if text is None:
            file.unlink()
        else:
            file.write_text(text)
        assert warehouse.record() == 1
        assert warehouse.record() == 0
    assert [(entry.subject, entry.payload_digest) for entry in warehouse.entries()] == [
        ("seeds/policy_consent.csv 1", sha256("one")),
        ("seeds/policy_consent.csv 2", sha256("two")),
        ("seeds/policy_consent.csv 3", None),
        ("seeds/policy_consent.csv 4", sha256("one")),
    ]
    assert warehouse.verify() == 0


def test_alert_routes_and_runbooks_are_policy_files_too(warehouse: Warehouse) -> None:
    for name in ("alert_routes.csv", "runbooks.csv", "policy_disputes.csv"):
        (warehouse.policies / name).write_text(name)
    assert warehouse.record() == 3


def test_every_append_leaves_a_checkpoint_of_all_entries_and_writes_none_twice(warehouse: Warehouse) -> None:
    warehouse.land("one.jsonl", decided(1), decided(2))
    warehouse.record()
    folder = warehouse.home.path / "ledger"
    first = (folder / "checkpoints" / "2.txt").stat().st_mtime_ns
    warehouse.land("two.jsonl", decided(3))
    warehouse.record()
    leaves = [leaf_of(entry) for entry in warehouse.entries()]
    files = {
        file.name: parse_checkpoint(file.read_text(), source="", is_kept=False)
        for file in checkpoint_files(folder)
    }
    assert {name: (each.size, each.root) for name, each in files.items()} == {
        "2.txt": (2, merkle.root_of(leaves[:2])),
        "3.txt": (3, merkle.root_of(leaves)),
        "checkpoint": (3, merkle.root_of(leaves)),
    }
    assert (folder / "checkpoints" / "2.txt").stat().st_mtime_ns == first
    assert (folder / "checkpoint").read_text().splitlines()[:2] == ["tracehouse/ledger", "3"]


def tell(warehouse: Warehouse, sequence: int, channel: str, **told: object) -> str:
    """What an alert tells one channel, as the warehouse keeps it; returns the CloudEvent."""
    named = {
        "specversion": "1.0",
        "id": "a1",
        "source": "/tracehouse/alerts",
        "type": "governance.alert.raised",
    }
    about = {"alert_id": "a1", "fingerprint": "f", "trace_ids": [TRACE]}
    line = json.dumps(named | {"time": "2026-10-14T12:00:00Z", "data": about} | told)
    ensure_alert_tables(warehouse.connection)
    append_rows(
        warehouse.connection,
        "deliveries",
        [{"sequence": sequence, "channel": channel, "created_at": NOON, "event": line}],
    )
    return line


def test_an_alert_is_entered_once_whatever_it_is_told_to_and_comes_back_from(warehouse: Warehouse) -> None:
    line = tell(warehouse, 1, "outbox")
    assert tell(warehouse, 2, "slack") == line
    assert warehouse.record() == 1
    (entry,) = warehouse.entries()
    assert entry[2:7] == (
        *("alert", "governance.alert.raised /tracehouse/alerts a1", NOON, TRACE),
        sha256(line),
    )
    # The outbox file was copied into the landing folder.
    warehouse.land("2026-10-14.jsonl", line)
    assert warehouse.record() == 0
    for number, kind in enumerate(["escalated", "acknowledged", "closed"], start=3):
        tell(warehouse, number, "outbox", id=f"a1:{kind}", type=f"governance.alert.{kind}")
        assert warehouse.record() == 1
    assert {entry.kind for entry in warehouse.entries()} == {"alert"}
    assert warehouse.verify() == 0


def test_what_people_were_told_cannot_be_changed_unseen(
    warehouse: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    tell(warehouse, 1, "outbox")
    warehouse.record()
    warehouse.connection.execute("update lake.governance.deliveries set event = replace(event, 'a1', 'a2')")
    assert warehouse.verify() == 1
    assert "The record of entry 0, alert governance.alert.raised" in capsys.readouterr().out


def test_a_run_that_ends_between_commit_and_checkpoint_file_is_made_good_by_the_next(
    warehouse: Warehouse,
) -> None:
    warehouse.record()
    for end in (2, 4):
        record_from(warehouse.connection, [told("test", facts(range(end)))], now=NOW)
    folder = warehouse.home.path / "ledger"
    assert list(checkpoint_files(folder)) == []
    assert warehouse.record() == 0
    assert [file.name for file in checkpoint_files(folder)] == ["2.txt", "4.txt", "checkpoint"]
    # Ended between the two renames.
    (folder / "checkpoint").write_text("older")
    publish_checkpoints(warehouse.connection, folder)
    assert (folder / "checkpoint").read_text() == (folder / "checkpoints" / "4.txt").read_text()


def test_what_is_interrupted_inside_the_transaction_leaves_nothing(in_lake: InDuckLake) -> None:
    class Interrupted(BaseException):
        pass

    with pytest.raises(Interrupted), lake.transaction(in_lake.connection):
        append(in_lake.connection, facts(range(3)), now=NOW)
        raise Interrupted
    assert in_lake.entries() == []
    assert record_from(in_lake.connection, [told("test", facts(range(3)))], now=NOW) == 3
    assert in_lake.verify() == 0


def record_in_six_steps(home: Home) -> None:
    with lake.connect(home.settings) as connection:
        for end in range(5, 31, 5):
            # What was entered is found again each time: only the ledger knows what is new.
            print(record_from(connection, [told(f"test {end}", facts(range(end)))], now=NOW), flush=True)
            publish_checkpoints(connection, home.path / "ledger")


CHILD = """
import sys
from pathlib import Path
from tests.orchestration.test_ledger import Home, record_in_six_steps
record_in_six_steps(Home(Path(sys.argv[1])))
"""


def test_a_killed_run_started_again_loses_no_fact_and_enters_none_twice(in_lake: InDuckLake) -> None:
    lines = 2
    command = [sys.executable, "-c", CHILD, str(in_lake.home.path)]
    with subprocess.Popen(
        command, cwd=ROOT, env=in_lake.home.environ, stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        for _ in range(lines):
            run.stdout.readline()
        run.send_signal(signal.SIGKILL)
    assert in_lake.verify() == 0
    entered = len(in_lake.home.in_lake("from lake.governance.ledger"))
    assert 5 * lines <= entered < 30
    record_in_six_steps(in_lake.home)
    subjects = in_lake.home.in_lake("select subject from lake.governance.ledger order by sequence")
    assert subjects == [(fact.subject,) for fact in facts(range(30))]
    assert in_lake.verify() == 0


def test_the_ledger_goes_on_where_what_is_kept_of_its_tree_was_damaged(warehouse: Warehouse) -> None:
    warehouse.land("one.jsonl", decided(1), decided(2), decided(3))
    warehouse.record()
    warehouse.connection.execute("update lake.governance.checkpoints set subtrees = ['00', 'zz']")
    warehouse.land("two.jsonl", decided(4))
    assert warehouse.record() == 1
    assert warehouse.verify() == 0
