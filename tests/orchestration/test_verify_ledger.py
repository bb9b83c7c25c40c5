"""Who touched the ledger, or a record that it tells of, is found and told."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest import lake
from ingest.errors import SettingsError
from orchestration.governance import merkle
from orchestration.governance.checkpoints import Checkpoint, checkpoint_files
from orchestration.governance.entries import Entry, linked
from orchestration.governance.ledger import (
    append_tombstone,
    record_from,
)
from orchestration.governance.proofs import prove
from orchestration.governance.verifications import is_news, verify_and_note
from orchestration.governance.verify_ledger import examine, main, read_ledger
from tests.orchestration.ledgers import (
    NOON,
    NOW,
    InDuckLake,
    Warehouse,
    decided,
    facts,
    publish,
    sha256,
    told,
)

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
