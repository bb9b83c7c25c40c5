"""Somebody is forgotten, wherever the lake and the home speak of them; nobody else is."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any

import duckdb
import pytest

from ingest import lake
from ingest.errors import SettingsError
from ingest.maintain import maintain
from ingest.subjects import Names
from orchestration.governance import erasure
from orchestration.governance.erasure import Erased, HeldError, Request
from orchestration.governance.erasure.holds import Hold, refuse_where_held
from orchestration.governance.ledger import record_facts
from orchestration.governance.verify_ledger import verify_home
from tests.ingest.loads import Warehouse, warehouse
from tests.orchestration.erasure.bytes import places_of
from tests.orchestration.erasure.landing import CANARY, event, land_canary, logs, span, spans

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
REQUEST = Request("dsr-1", "acme", CANARY)
# Tables and what their rows are told apart by.
BRONZE = {
    "spans": "cast(trace_id as integer)",
    "span_events": "cast(trace_id as integer)",
    "log_records": "body",
    "events": "event_id",
    "usage_snapshots": "tenant_id",
    "quarantine": "source_file",
}
LEFT = {
    "spans": [4, 5],
    "span_events": [],
    "log_records": ["nothing"],
    "events": ["b1", "b2", "e2", "e5"],
    "usage_snapshots": ["acme", "globex"],
    "quarantine": ["otlp/a.jsonl"],
}
STRIPPED = {"events": ["b1"], "usage_snapshots": ["acme"], "quarantine": ["otlp/a.jsonl"]}


@contextmanager
def opened(here: Warehouse) -> Iterator[duckdb.DuckDBPyConnection]:
    with lake.writer_lock(here.settings), lake.connect(here.settings, threads=1) as connection:
        erasure.prepare(connection)
        yield connection


def erase(here: Warehouse, request: Request = REQUEST) -> tuple[Erased, Names]:
    with opened(here) as connection:
        return erasure.erase(connection, here.settings, request, now=NOW)


def publish(connection: duckdb.DuckDBPyConnection, publication_id: str, snapshot: int) -> None:
    connection.execute(
        "insert into lake.marts.publications (publication_id, mart, lake_snapshot_id) values (?, 'm', ?)",
        [publication_id, snapshot],
    )


def rows(here: Warehouse) -> dict[str, dict[Any, str]]:
    """Every row of bronze as text, by table and by what tells it apart."""
    return {
        table: {
            key: str(row) for key, *row in here.ask(f"select {key}, * from lake.bronze.{table} order by 1")
        }
        for table, key in BRONZE.items()
    }


def test_the_canary_is_nowhere_and_every_other_row_is_as_it_was(
    here: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    land_canary(here)
    here.load()
    with opened(here) as connection:
        record_facts(connection, here.settings.home, here.settings.home / "none", now=NOW)
    hashed = here.ask("select attributes['user.id'] from lake.bronze.spans where trace_id like '%1'")[0][0]
    before = rows(here)
    erased, names = erase(here)
    # Three spans and the event of one; four events and what a dispute says; a snapshot's name; a bad record.
    assert erased.tables == {
        "bronze.spans": 3,
        "bronze.span_events": 1,
        "bronze.log_records": 1,
        "bronze.events": 5,
        "bronze.usage_snapshots": 1,
        "bronze.quarantine": 1,
    }
    # What holds no canary, and another tenant's span that does, is as it was, to the load it came with. What
    # is of accounts or was bad stays without it.
    after = rows(here)
    assert {table: list(after[table]) for table in BRONZE} == LEFT
    for table, keys in LEFT.items():
        unchanged = [key for key in keys if after[table][key] == before[table][key]]
        assert [key for key in keys if key not in unchanged] == STRIPPED.get(table, [])
    assert here.ask("select seats, tenant_name from lake.bronze.usage_snapshots order by tenant_id") == [
        (3, ""),
        (3, None),
    ]
    assert verify_home(here.settings, [])[1] == 0
    capsys.readouterr()
    with lake.writer_lock(here.settings):
        maintain(here.settings, now=NOW)
    files = places_of(CANARY, here.settings.home)
    # Another tenant's span says the same; nothing else does.
    assert {file.split("/event_date")[0] for file in files} == {"lake/bronze/spans"}
    assert places_of(hashed, here.settings.home) == []
    assert verify_home(here.settings, [])[1] == 0
    assert {each.source_file for each in erasure.still_landing(here.settings, names)} == {
        "otlp/a.jsonl",
        "otlp/logs.jsonl",
        "governance/a.jsonl",
        "billing/a.jsonl",
        "usage/a.jsonl",
    }


def test_what_an_alert_told_loses_the_name_and_the_ledger_says_that_it_did(
    here: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    land_canary(here)
    here.load()
    told = [
        event("governance.alert.raised", f"a{number}", alert_id=f"a{number}", vault_paths=[path])
        for number, path in enumerate((f"people/{CANARY}/a.txt", "people/bob/a.txt"))
    ]
    with opened(here) as connection:
        connection.executemany(
            "insert into lake.governance.deliveries (sequence, delivery_id, alert_id, channel, kind, "
            "created_at, event, state, attempts) values (?, ?, ?, 'outbox', 'raise', ?, ?, 'pending', 0)",
            [(n, f"d{n}", f"a{n}", NOW.replace(tzinfo=None), line.strip()) for n, line in enumerate(told)],
        )
        record_facts(connection, here.settings.home, here.settings.home / "none", now=NOW)
    assert verify_home(here.settings, [])[1] == 0
    erase(here)
    with opened(here) as connection:
        # The end of the erasure is owed to the outbox, too, and is no alert.
        record_facts(connection, here.settings.home, here.settings.home / "none", now=NOW)
    left = [text for (text,) in here.ask("select event from lake.governance.deliveries order by sequence")]
    assert [CANARY in text for text in left] == [False, False, False]
    assert left[1] == told[1].strip()
    assert here.ask("select count(*) from lake.governance.ledger where kind = 'alert'") == [(2,)]
    assert verify_home(here.settings, [])[1] == 0, capsys.readouterr().out


def test_a_landing_file_that_is_read_again_brings_nothing_back(here: Warehouse) -> None:
    land_canary(here)
    here.load()
    erase(here)
    for file in ("otlp/a.jsonl", "otlp/logs.jsonl", "governance/a.jsonl", "billing/a.jsonl", "usage/a.jsonl"):
        # Not one of the files that are known by their bytes.
        again = "\n" + (here.settings.landing / file).read_text()
        here.write(file.replace("/", "/again-"), again)
    here.load()
    with opened(here) as connection:
        assert erasure.pending(connection, here.settings) == []
    found = [row for told in rows(here).values() for row in told.values() if CANARY in row]
    assert found
    assert all("globex" in row for row in found)
    (counts,) = here.ask(
        "select sum(records_found), sum(rows_landed), sum(rows_quarantined), sum(rows_duplicate) "
        "from lake.bronze.ingest_log where source_file like '%again%'"
    )
    # Three spans, a log record, four events and a bad record hold it; the dispute and the snapshot land
    # without it, another tenant's span with it.
    assert counts == (18, 9, 9, 0)


def test_the_tombstone_proves_what_was_removed_and_says_nothing_of_it(here: Warehouse) -> None:
    land_canary(here)
    here.load()
    with opened(here) as connection:
        record_facts(connection, here.settings.home, here.settings.home / "none", now=NOW)
    erased, _ = erase(here)
    ((document,),) = here.ask("select document from lake.governance.tombstones")
    told = json.loads(document)
    assert told["tables"] == dict(erased.tables)
    assert told["request_id"] == "dsr-1"
    assert set(told["digests"]) == {"spans", "span_events", "log_records", "events"}
    # The request and the decision are facts of the ledger, whose records are gone now.
    subjects = here.ask(
        f"select subject from lake.governance.ledger where sequence in {tuple(told['entries'])} order by 1"
    )
    assert subjects == [("governance.erasure.requested /s e6",), ("governance.policy.decided /s e4",)]
    assert "canary" not in document
    ((stored,),) = here.ask("select event from lake.governance.deliveries")
    data = json.loads(stored)["data"]
    assert data == {"request_id": "dsr-1", "rows": 12, "tables": 6, "ledger_sequence": erased.ledger_sequence}


def test_a_pending_request_is_carried_out_by_what_its_landing_file_says(here: Warehouse) -> None:
    land_canary(here)
    here.load()
    with opened(here) as connection:
        (request,) = erasure.pending(connection, here.settings)
        assert (request.request_id, request.tenant_id, request.subject) == ("dsr-1", "acme", CANARY)
        assert CANARY not in repr(request)
        erasure.erase(connection, here.settings, request, now=NOW)
        assert erasure.pending(connection, here.settings) == []


def test_a_request_whose_landing_file_is_gone_is_carried_out_by_the_hash(here: Warehouse) -> None:
    land_canary(here)
    here.load()
    (here.settings.landing / "governance/a.jsonl").unlink()
    with opened(here) as connection:
        (request,) = erasure.pending(connection, here.settings)
        assert request.is_hash
        erased, _ = erasure.erase(connection, here.settings, request, now=NOW)
    # The span of the user and the events that name the subject: where only the hash stood.
    assert erased.tables == {"bronze.spans": 1, "bronze.events": 2}


def test_a_request_of_whom_nobody_knows_stays_pending(here: Warehouse) -> None:
    here = warehouse(here.settings.home)
    land_canary(here)
    here.load()
    (here.settings.landing / "governance/a.jsonl").unlink()
    with opened(here) as connection:
        (request,) = erasure.pending(connection, here.settings)
        with pytest.raises(SettingsError, match=r"dsr-1 stays pending.*--request-id dsr-1"):
            erasure.erase(connection, here.settings, request, now=NOW)


def test_a_request_id_that_gives_the_subject_away_is_refused(here: Warehouse) -> None:
    here.load()
    with pytest.raises(SettingsError, match="The request id holds the subject"):
        erase(here, Request(f"for-{CANARY}", "acme", CANARY))


def test_a_subject_under_legal_hold_is_not_erased_until_it_is_released(here: Warehouse) -> None:
    land_canary(here)
    placed = event("governance.hold.placed", "h1", hold_id="case-7", tenant_id="acme")
    a_moment_later = "2026-11-01T12:00:00.000001Z"
    released = event("governance.hold.released", "h2", a_moment_later, hold_id="case-7")
    here.write("governance/b.jsonl", placed + released)
    here.load()
    before = rows(here)
    with pytest.raises(HeldError, match=r"dsr-1 stays pending: tenant acme is under legal hold case-7"):
        erase(here)
    assert rows(here) == before
    with opened(here) as connection:
        assert [request.request_id for request in erasure.pending(connection, here.settings)] == ["dsr-1"]
    at_last = event("governance.hold.released", "h3", "2026-11-01T12:00:00Z", hold_id="case-7")
    here.write("governance/c.jsonl", at_last)
    here.load()
    assert erase(here)[0].rows == 12


@pytest.mark.parametrize(("tenant_id", "data_class"), [("acme", None), ("acme", "internal"), (None, None)])
def test_any_hold_that_could_mean_the_subject_is_in_the_way(
    tenant_id: str | None, data_class: str | None
) -> None:
    with pytest.raises(HeldError, match="under legal hold h"):
        refuse_where_held([Hold("g", "globex", None), Hold("h", tenant_id, data_class)], "r", "acme")


def test_another_tenants_hold_does_not_concern_a_subject() -> None:
    refuse_where_held([Hold("h", "globex", None)], "r", "acme")


def test_a_file_of_the_vault_under_legal_hold_keeps_its_subject(here: Warehouse) -> None:
    land_canary(here)
    file = {"vault_path": f"people/{CANARY}/a.txt", "digest": "sha256:" + "b" * 64, "bytes": 2}
    held = {**file, "tenant_id": "acme", "mutation_id": "m2", "bytes_appended": 1, "legal_hold": True}
    here.write("governance/b.jsonl", event("vault.file.appended", "v2", time="2026-10-15T12:00:00Z", **held))
    here.load()
    with pytest.raises(HeldError, match="a file of the vault that names the subject is under legal hold"):
        erase(here)


def test_the_same_id_in_another_tenant_is_somebody_else(here: Warehouse) -> None:
    here.write("otlp/a.jsonl", spans(span(1, user_id="42"), span(2, tenant_id="globex", user_id="42")))
    here.load()
    erase(here, Request("r", "acme", "42"))
    assert here.ask("select trace_id from lake.bronze.spans") == [(f"{2:032x}",)]


def test_a_request_that_is_made_again_after_a_late_load_erases_the_rest(here: Warehouse) -> None:
    land_canary(here)
    here.load()
    erase(here)
    # Made later, so that it lands.
    here.write("otlp/late.jsonl", spans(span(9, at=1_793_534_400_000_000_001 + 10**9, note=CANARY)))
    here.load()
    assert here.ask("select max(trace_id) from lake.bronze.spans") == [(f"{9:032x}",)]
    again, _ = erase(here, Request("dsr-2", "acme", CANARY))
    assert again.tables == {"bronze.spans": 1}
    assert verify_home(here.settings, [])[1] == 0


def test_files_of_the_home_lose_the_name_and_caches_go(here: Warehouse) -> None:
    here.load()
    home = here.settings.home
    (home / "dbt").mkdir()
    (home / "dbt" / "dbt.log").write_text(f"failed: {CANARY} is not among x\nnext line\n")
    (home / "dbt" / "partial_parse.msgpack").write_bytes(b"\xff\xfe" + CANARY.encode())
    (home / "data_docs").mkdir()
    (home / "data_docs" / "index.html").write_text("<td>other</td>")
    with closing(sqlite3.connect(home / "runs.db")) as storage:
        storage.execute("create table events (id integer, event text)")
        long = "x" * 9000
        storage.execute("insert into events values (1, ?), (2, 'other')", [json.dumps({"a": [long, CANARY]})])
        storage.commit()
    _, names = erase(here)
    assert erasure.scrub_files(here.settings, names) == [
        "runs.db",
        "dbt/dbt.log",
        "dbt/partial_parse.msgpack",
    ]
    assert (home / "dbt" / "dbt.log").read_text() == "failed:  is not among x\nnext line\n"
    assert not (home / "dbt" / "partial_parse.msgpack").exists()
    with closing(sqlite3.connect(home / "runs.db")) as storage:
        first, second = storage.execute("select event from events order by id").fetchall()
    assert (json.loads(first[0])["a"], second) == ([long, ""], ("other",))
    assert places_of(CANARY, home) == []


def test_what_models_made_of_the_records_goes_at_once(here: Warehouse) -> None:
    here.write("otlp/a.jsonl", spans(span(1, note=CANARY), span(2)) + logs("nothing"))
    here.load()
    with opened(here) as connection:
        connection.execute("create schema lake.intermediate")
        for name, columns in (("with_tenant", "tenant_id"), ("of_traces", "trace_id"), ("of_nobody", "x")):
            connection.execute(f"create table lake.intermediate.{name} ({columns} varchar, said varchar)")
        traces = [f"{1:032x}", f"{7:032x}"]
        told = {"with_tenant": ["acme", "globex", None], "of_traces": traces, "of_nobody": ["y"]}
        for name, values in told.items():
            for value in values:
                connection.execute(f"insert into lake.intermediate.{name} values (?, ?)", [value, CANARY])
                connection.execute(f"insert into lake.intermediate.{name} values (?, 'other')", [value])
    erased, _ = erase(here)
    left = {name: here.ask(f"select * from lake.intermediate.{name} where said != 'other'") for name in told}
    # Another tenant's, and that of a trace which nobody touched: no record would bring them back.
    assert left == {
        "with_tenant": [("globex", CANARY)],
        "of_traces": [(f"{7:032x}", CANARY)],
        "of_nobody": [],
    }
    assert erased.tables["intermediate.with_tenant"] == 2


def test_old_snapshots_that_still_hold_it_expire_although_a_release_names_them(here: Warehouse) -> None:
    here.write("otlp/a.jsonl", spans(span(1, note=CANARY), span(2)))
    here.load()
    with opened(here) as connection:
        old = lake.current_snapshot(connection)
        publish(connection, "r00000001", old)
    erase(here)
    with opened(here) as connection:
        new = lake.current_snapshot(connection)
        publish(connection, "r00000002", new)
    with lake.writer_lock(here.settings):
        maintain(here.settings, now=NOW)
    kept = {snapshot for (snapshot,) in here.ask("select snapshot_id from lake.snapshots()")}
    assert old not in kept
    assert new in kept
    # Nor does the one that is kept lean on a file that holds it.
    assert places_of(CANARY, here.settings.home) == []
