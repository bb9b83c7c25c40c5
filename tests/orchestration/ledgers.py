"""Small homes whose ledger tests write to, and what lands in them."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from ingest import lake
from ingest.loading import load_once
from metabase import tables
from orchestration.governance.entries import Entry, Fact
from orchestration.governance.facts import Collector
from orchestration.governance.ledger import (
    read_entries,
    record_facts,
)
from orchestration.governance.verify_ledger import main, tell_damage
from tests.running import Home

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


def sha256(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


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


def facts(numbers: range) -> list[Fact]:
    """Facts that have no record in the lake, as those of policy files have none."""
    return [Fact("policy_change", f"test {each:04d}", NOON, None, sha256(str(each))) for each in numbers]


def told(name: str, found: list[Fact]) -> Collector:
    return Collector(name, lambda _connection, _mark: (found, "1"), owns=lambda _: False)
