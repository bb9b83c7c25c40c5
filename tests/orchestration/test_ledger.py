"""What comes into the ledger, once each, whatever happens in between; and who touched it."""

from __future__ import annotations

import hashlib
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from ingest import lake
from ingest.errors import SettingsError
from ingest.loading import load_once
from metabase import tables
from orchestration.governance import merkle
from orchestration.governance.alerting import ensure_alert_tables
from orchestration.governance.alerting.tables import append as append_rows
from orchestration.governance.checkpoints import Checkpoint, checkpoint_files, parse_checkpoint
from orchestration.governance.entries import Entry, Fact, leaf_of, linked
from orchestration.governance.facts import Collector
from orchestration.governance.ledger import (
    append,
    append_tombstone,
    publish_checkpoints,
    read_entries,
    record_facts,
    record_from,
)
from orchestration.governance.proofs import prove
from orchestration.governance.verifications import is_news, verify_and_note
from orchestration.governance.verify_ledger import examine, main, read_ledger, tell_damage
from tests.running import ROOT, Home

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
NOON = datetime(2026, 10, 14, 12, tzinfo=UTC).replace(tzinfo=None)
TRACE = "0af7651916cd43dd8448eb211c80319c"


def event(event_type: str, event_id: str, day: int = 14, source: str = "/governance", **data: object) -> str:
    """One line of a landing file: an event at noon of a day of October."""
    told = {"specversion": "1.0", "id": event_id, "source": source, "type": event_type}
    return json.dumps(told | {"time": f"2026-10-{day:02d}T12:00:00Z", "data": data})


def decided(number: int, **data: object) -> str:
    about: dict[str, object] = {
        "tenant_id": "acme",
        "decision_id": f"d-{number}",
        "policy_id": "connector-allowlist",
        "policy_version": "1",
        "decision": "deny",
        "subject_kind": "connector",
    }
    return event("governance.policy.decided", f"pd-{number}", **(about | data))


class Warehouse:
    """A home without policy files, until a test writes some; what the ledger reads is in memory."""

    def __init__(self, path: Path, connection: duckdb.DuckDBPyConnection) -> None:
        self.home = Home(path)
        self.policies = path / "seeds"
        self.connection = connection

    def land(self, _name: str, *lines: str) -> None:
        """A load of these events."""
        row = self.connection.execute("select count(*) from lake.bronze.ingest_log").fetchone()
        load = row[0] if row else 0
        self.connection.execute("insert into lake.bronze.ingest_log values (?)", [load])
        for line in lines:
            told = json.loads(line)
            self.connection.execute(
                "insert into lake.bronze.events values (?, ?, ?, ?, 'cloudevents', ?, ?, ?)",
                [
                    told["type"],
                    told["source"],
                    told["id"],
                    told["time"][:19],
                    json.dumps(told["data"]),
                    line,
                    load,
                ],
            )

    def record(self) -> int:
        return record_facts(self.connection, self.home.path, self.policies, now=NOW)

    def entries(self) -> list[Entry]:
        return list(read_entries(self.connection))

    def verify(self) -> int:
        return tell_damage(self.connection, self.home.path, [])[1]


class InDuckLake(Warehouse):
    """The same with a lake, which ingest loads and the command reads."""

    def land(self, name: str, *lines: str) -> None:
        folder = self.home.path / "landing" / "governance"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("".join(f"{line}\n" for line in lines))
        load_once(self.home.settings, progress=lambda _: None)

    def verify(self, *arguments: str) -> int:
        return main(arguments, self.home.environ)

    def snapshot(self) -> int:
        return lake.current_snapshot(self.connection)


@pytest.fixture(scope="module")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the tables of a lake and a ledger, and nothing in them."""
    path = tmp_path_factory.mktemp("empty")
    (path / "landing").mkdir()
    (path / "seeds").mkdir()
    with lake.connect(Home(path).settings) as connection:
        lake.ensure_bronze(connection)
        assert record_facts(connection, path, path / "seeds", now=NOW) == 0
    return path


@pytest.fixture
def in_lake(empty_home: Path, tmp_path: Path) -> Iterator[InDuckLake]:
    home = tmp_path / "home"
    shutil.copytree(empty_home, home)
    with lake.connect(Home(home).settings, threads=1) as connection:
        yield InDuckLake(home, connection)


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[Warehouse]:
    home = tmp_path / "home"
    (home / "seeds").mkdir(parents=True)
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("attach ':memory:' as lake; create schema lake.bronze")
        connection.execute("create table lake.bronze.ingest_log (load_id bigint)")
        connection.execute(
            "create table lake.bronze.events (type varchar, source varchar, event_id varchar, "
            "occurred_at timestamp, format varchar, data varchar, record varchar, load_id bigint)"
        )
        yield Warehouse(home, connection)


def sha256(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


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


def publish(connection: duckdb.DuckDBPyConnection, number: str, state: str) -> None:
    connection.execute("begin")
    tables.insert(
        connection,
        "marts.publications",
        [(number, NOON, "b_mart", 3, 2, "d2", "published"), (number, NOON, "a_mart", None, 0, "d1", state)],
    )
    tables.insert(
        connection,
        "marts.gate_results",
        [
            (number, NOON, "a_mart", "z", "dbt", "error", "failed", "1", "0", "é"),
            (number, NOON, "a_mart", "c", "dbt", "error", "passed", None, None, None),
        ],
    )
    connection.execute("commit")


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


def facts(numbers: range) -> list[Fact]:
    """Facts that have no record in the lake, as those of policy files have none."""
    return [Fact("policy_change", f"test {each:04d}", NOON, None, sha256(str(each))) for each in numbers]


def told(name: str, found: list[Fact]) -> Collector:
    return Collector(name, lambda _connection, _mark: (found, "1"), owns=lambda _: False)


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


OF_ENTRY_1 = "The record of entry 1, policy_action governance.policy.decided /governance pd-2,"
TOUCHED = {
    "update lake.governance.ledger set kind = 'hold' where sequence = 1": (
        "Entry 1 was changed: the hash is not that of the content."
    ),
    "delete from lake.governance.ledger where sequence = 1": (
        "Entry 1 was removed: entry 2 is the next there is."
    ),
    "delete from lake.governance.ledger where sequence >= 1": "Entries 1 to 2 were cut off: the checkpoint",
    "drop table lake.governance.ledger": "Entries 0 to 2 were cut off: the checkpoint of 3 entries in ",
    "update lake.governance.checkpoints set checkpoint = 'none'": "the lake (3) is no checkpoint of this",
    "update lake.bronze.events set record = replace(record, 'deny', 'allow') where event_id = 'pd-2'": (
        f"{OF_ENTRY_1} has another digest now."
    ),
    "delete from lake.bronze.events where event_id = 'pd-2'": (
        f"{OF_ENTRY_1} is gone, and no erasure tells of it."
    ),
}


def test_who_touches_ledger_checkpoints_or_records_in_the_lake_is_found(warehouse: Warehouse) -> None:
    warehouse.land("one.jsonl", *map(decided, range(1, 4)))
    warehouse.record()

    def found() -> list[str]:
        entries, texts = read_ledger(warehouse.connection, warehouse.home.path / "ledger")
        findings = examine(warehouse.connection, entries, texts, [])
        return [finding.sentence for finding in findings]

    assert found() == []
    for statement, sentence in TOUCHED.items():
        warehouse.connection.execute("begin")
        warehouse.connection.execute(statement)
        told = found()
        warehouse.connection.execute("rollback")
        assert len(told) == 1, (statement, told)
        assert sentence in told[0], statement


def test_what_verification_finds_is_noted_when_it_changes_and_is_news_until_a_run_has_seen_it(
    in_lake: Warehouse,
) -> None:
    in_lake.land("one.jsonl", *map(decided, range(1, 5)))
    in_lake.record()

    def noted(day: int) -> list[tuple[object, ...]]:
        at = datetime(2026, 11, day, tzinfo=UTC)
        verify_and_note(in_lake.connection, in_lake.home.path, as_of=NOW, now=at)
        return in_lake.connection.execute(
            "select day(recorded_at), entry_count, damage, first_sequence, last_sequence "
            "from lake.governance.ledger_verifications order by all"
        ).fetchall()

    def news_since(day: int) -> bool:
        return is_news(in_lake.connection, datetime(2026, 11, day, tzinfo=UTC).replace(tzinfo=None))

    touch = "update lake.governance.ledger set kind = ? where sequence = 2"
    sound = (2, 4, None, None, None)
    assert noted(2) == [sound]
    before = in_lake.snapshot()
    assert noted(3) == [sound]
    assert in_lake.snapshot() == before
    assert not news_since(2)
    in_lake.connection.execute(touch, ["alert"])
    broken = (4, 4, "changed", 2, 2)
    assert noted(4) == [sound, broken]
    assert noted(5) == [sound, broken]
    assert news_since(3)
    assert not news_since(4)
    in_lake.connection.execute("update lake.governance.ledger set kind = 'policy_action' where sequence = 2")
    assert noted(6) == [sound, broken, (6, 4, None, None, None)]


def test_a_changed_publication_is_found(warehouse: Warehouse, capsys: pytest.CaptureFixture[str]) -> None:
    warehouse.record()
    publish(warehouse.connection, "r00000001", "held")
    warehouse.record()
    warehouse.connection.execute("update lake.marts.gate_results set outcome = 'passed'")
    assert warehouse.verify() == 1
    told = capsys.readouterr().out
    assert "entry 0, gate_decision r00000001 a_mart, has another digest now" in told
    assert "Damaged: 1 found" in told


def erase(warehouse: Warehouse) -> int:
    with lake.transaction(warehouse.connection):
        warehouse.connection.execute("delete from lake.bronze.events where event_id = 'pd-2'")
        return append_tombstone(
            warehouse.connection, "r-1", entries=[1], told={"tables": 1, "rows": 1}, now=NOW
        )


def test_a_record_that_an_erasure_removed_is_not_missed(warehouse: Warehouse) -> None:
    warehouse.land("one.jsonl", *map(decided, range(1, 4)))
    warehouse.record()
    assert erase(warehouse) == 3
    tombstone = warehouse.entries()[-1]
    assert (tombstone.kind, tombstone.subject) == ("erasure", "completed 1 r-1")
    assert tombstone.payload_digest == sha256('{"entries":[1],"rows":1,"tables":1}')
    assert erase(warehouse) == 4
    assert warehouse.verify() == 0


def test_an_erasure_that_is_made_to_tell_of_more_excuses_nothing(
    warehouse: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    warehouse.land("one.jsonl", *map(decided, range(1, 4)))
    warehouse.record()
    erase(warehouse)
    warehouse.connection.execute("delete from lake.bronze.events where event_id = 'pd-3'")
    warehouse.connection.execute(
        "update lake.governance.tombstones set document = replace(document, '[1]', '[1,2]')"
    )
    assert warehouse.verify() == 1
    told = capsys.readouterr().out
    assert all(f"The record of entry {number}," in told for number in (1, 2, 3))


def kept_elsewhere(warehouse: Warehouse, tmp_path: Path) -> str:
    copy = tmp_path / "kept"
    copy.write_text((warehouse.home.path / "ledger" / "checkpoint").read_text())
    return str(copy)


def test_a_checkpoint_kept_elsewhere_finds_what_was_changed_in_the_whole_home(
    in_lake: InDuckLake, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    in_lake.land("one.jsonl", decided(1), decided(2))
    in_lake.record()
    kept = kept_elsewhere(in_lake, tmp_path)
    # Begun anew with other facts, as if the first had never been.
    for table in ("ledger", "checkpoints", "ledger_marks"):
        in_lake.connection.execute(f"delete from lake.governance.{table}")
    for file in list(checkpoint_files(in_lake.home.path / "ledger")):
        file.unlink()
    record_from(in_lake.connection, [told("test", facts(range(3)))], now=NOW)
    assert in_lake.verify() == 0
    assert in_lake.verify("--checkpoint", kept) == 1
    assert f"the checkpoint of 2 entries in {kept}" in capsys.readouterr().out


def test_an_end_that_was_cut_off_with_all_its_checkpoints_is_missed_by_its_records(
    warehouse: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    warehouse.land("one.jsonl", decided(1), decided(2))
    warehouse.record()
    warehouse.land("two.jsonl", decided(3), decided(4))
    warehouse.record()
    warehouse.connection.execute("delete from lake.governance.ledger where sequence >= 2")
    warehouse.connection.execute("delete from lake.governance.checkpoints where tree_size > 2")
    folder = warehouse.home.path / "ledger"
    (folder / "checkpoints" / "4.txt").unlink()
    shutil.copy(folder / "checkpoints" / "2.txt", folder / "checkpoint")
    # What was loaded and not entered yet is not missed.
    warehouse.land("three.jsonl", decided(5))
    assert warehouse.verify() == 1
    assert capsys.readouterr().out.startswith(
        "2 records were entered and have no entry, such as policy_action "
        "governance.policy.decided /governance pd-3; "
    )
    # The next run enters what came later, and the gap is still told.
    assert warehouse.record() == 1
    assert warehouse.verify() == 1
    # Nothing left is no ledger that was never begun.
    for table in ("ledger", "checkpoints"):
        warehouse.connection.execute(f"delete from lake.governance.{table}")
    shutil.rmtree(folder)
    assert warehouse.verify() == 1


def test_a_proof_holds_against_the_checkpoint_alone(
    in_lake: InDuckLake, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    in_lake.land("one.jsonl", *map(decided, range(1, 8)))
    in_lake.record()
    kept, proof = kept_elsewhere(in_lake, tmp_path), tmp_path / "proof.json"
    in_lake.land("two.jsonl", decided(8))
    in_lake.record()
    assert in_lake.verify("--prove", "5", "--output", str(proof), "--checkpoint", kept) == 0
    capsys.readouterr()
    nowhere = {"TRACEHOUSE_HOME": str(tmp_path / "nowhere")}
    assert main(["--proof", str(proof), "--checkpoint", kept], nowhere) == 0
    assert capsys.readouterr().out == (
        "Proved: entry 5 of 7 is policy_action governance.policy.decided /governance pd-6, "
        f"2026-10-14 12:00:00 UTC, payload {sha256(decided(6))}.\n"
    )
    written = json.loads(proof.read_text())
    assert (written["leaf_index"], written["tree_size"]) == (5, 7)
    assert written["checkpoint"] == Path(kept).read_text()


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("subject", "other", "The hash of entry 2 is not that of its content."),
        ("hash", "sha256:" + "0" * 64, "The hash of entry 2 is not that of its content."),
        (None, None, "Entry 2 does not stand in the ledger of this checkpoint."),
    ],
)
def test_a_proof_of_something_else_does_not_hold(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    field: str | None,
    value: str | None,
    sentence: str,
) -> None:
    entries: list[Entry] = []
    for sequence, fact in enumerate(facts(range(4))):
        entries.append(linked(fact, sequence, NOON, entries[-1].hash if entries else None))
    shown = prove(entries, 2, 4)
    kept, proof = tmp_path / "kept", tmp_path / "proof.json"
    kept.write_text(shown.checkpoint.text())
    written = json.loads(shown.as_json())
    if field is None:
        written["hashes"].reverse()
    else:
        written["entry"][field] = value
    proof.write_text(json.dumps(written))
    assert main(["--proof", str(proof), "--checkpoint", str(kept)], {}) == 1
    assert capsys.readouterr().out == sentence + "\n"


def test_what_is_asked_for_wrongly_is_told_and_is_no_damage(in_lake: InDuckLake, tmp_path: Path) -> None:
    home = in_lake.home
    asked = ("orchestration", "verify-ledger")
    nowhere = home.run(*asked, TRACEHOUSE_HOME=str(tmp_path / "nowhere"))
    assert (nowhere.code, "There is no lake in" in nowhere.err) == (2, True)
    with pytest.raises(SettingsError, match="has no ledger yet"):
        in_lake.verify()
    other = tmp_path / "other"
    other.write_text("another/log\n2\nAAAA\n")
    with pytest.raises(SettingsError, match="other is no checkpoint of this ledger"):
        in_lake.verify("--checkpoint", str(other))
    with pytest.raises(SettingsError, match="other holds no proof"):
        kept = tmp_path / "kept"
        kept.write_text(Checkpoint(1, merkle.EMPTY_ROOT).text())
        in_lake.verify("--proof", str(other), "--checkpoint", str(kept))
    for text in ("[" * 100_000, '{"entry": {"subject": "\\ud800"}}'):
        other.write_text(text)
        with pytest.raises(SettingsError, match="other holds no proof"):
            in_lake.verify("--proof", str(other), "--checkpoint", str(kept))
    with pytest.raises(SystemExit) as stopped:
        in_lake.verify("--proof", str(other))
    assert stopped.value.code == 2


def test_an_entry_that_is_not_there_and_a_file_that_is_are_told(in_lake: InDuckLake, tmp_path: Path) -> None:
    in_lake.land("one.jsonl", decided(1))
    in_lake.record()
    with pytest.raises(SettingsError, match="There is no entry 1 among the first 1 of this ledger's 1"):
        in_lake.verify("--prove", "1", "--output", str(tmp_path / "new"))
    (tmp_path / "taken").write_text("mine")
    with pytest.raises(SettingsError, match="name a new file"):
        in_lake.verify("--prove", "0", "--output", str(tmp_path / "taken"))
    assert (tmp_path / "taken").read_text() == "mine"
