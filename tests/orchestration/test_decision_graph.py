"""What was decided about a trace, told from released marts; text from telemetry stays text."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.decision_graph import main

TRACE, OTHER = "a" * 32, "b" * 32
HOSTILE = '"] --> x; click s1 "javascript:alert(1)"\n\x1b[31m\u202e\\| <script>' + "&" * 60


@pytest.fixture(autouse=True)
def released(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A release: a decision of the trace was overridden, raised an exception and was told to legal."""
    monkeypatch.setenv("TRACEHOUSE_HOME", str(tmp_path))
    (tmp_path / "serving").mkdir()
    with duckdb.connect(str(tmp_path / "serving" / "tracehouse.duckdb")) as connection:
        connection.execute(
            """
            create schema marts;
            create table marts.decision_events (
                decision_id text, sequence bigint, occurred_at timestamp, event_type text, outcome text,
                actor_id text, reason text, policy_id text, policy_version text, evidence text, trace_id text,
                span_id text, graph_node_id text, ledger_subject text
            );
            create table marts.compliance_exceptions (
                exception_id text, rule_id text, rule_version text, severity text, verdict text, state text,
                state_actor_id text, occurred_at timestamp, evidence text, trace_id text, span_id text
            );
            create table marts.governance_alerts (
                alert_id text, rule_id text, audience text, severity text, state text, raised_at timestamp,
                summary text, trace_ids text
            );
            create table marts.ledger_entries (subject text, sequence bigint);
            """
        )
        for table, rows in RELEASED.items():
            for row in rows:
                columns, marks = ", ".join(row), ", ".join("?" * len(row))
                connection.execute(
                    f"insert into marts.{table} ({columns}) values ({marks})", list(row.values())
                )


DECIDED = {"event_type": "governance.policy.decided", "policy_id": "crm", "policy_version": "2"}
OVERRIDDEN = DECIDED | {"event_type": "governance.decision.overridden"}
EXCEPTION = {
    "rule_id": "denylisted_connector",
    "rule_version": "2",
    "severity": "high",
    "verdict": "violation",
    "occurred_at": "2026-10-01 08:00:01",
    "span_id": "s1",
}
ALERT = {
    "rule_id": "denylisted_connector",
    "audience": "legal",
    "severity": "high",
    "state": "open",
    "raised_at": "2026-10-01 10:00:00",
    "summary": "1 exception",
}
RELEASED: dict[str, list[dict[str, Any]]] = {
    "decision_events": [
        DECIDED
        | {
            "decision_id": "d",
            "sequence": 1,
            "occurred_at": "2026-10-01 08:00:00",
            "outcome": "deny",
            "reason": HOSTILE,
            "evidence": '{"class": "personal"}',
            "trace_id": TRACE,
            "span_id": "s1",
            "graph_node_id": "plan",
            "ledger_subject": "decided d",
        },
        # Told in another trace, but of the same decision.
        OVERRIDDEN
        | {
            "decision_id": "d",
            "sequence": 2,
            "occurred_at": "2026-10-01 09:00:00",
            "outcome": "allow",
            "actor_id": "eve",
            "trace_id": OTHER,
            "ledger_subject": "overridden d",
        },
        DECIDED
        | {
            "decision_id": "e",
            "sequence": 1,
            "occurred_at": "2026-10-01 08:30:00",
            "outcome": "allow",
            "trace_id": OTHER,
            "ledger_subject": "decided e",
        },
    ],
    "compliance_exceptions": [
        EXCEPTION | {"exception_id": "x", "trace_id": TRACE, "state": "waived", "state_actor_id": "bob"},
        EXCEPTION | {"exception_id": "y", "trace_id": OTHER, "state": "open"},
    ],
    "governance_alerts": [
        ALERT | {"alert_id": "a", "trace_ids": json.dumps([OTHER, TRACE])},
        ALERT | {"alert_id": "b", "trace_ids": json.dumps([OTHER])},
    ],
    "ledger_entries": [
        {"subject": "decided d", "sequence": 7},
        {"subject": "decided e", "sequence": 8},
    ],
}


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main([TRACE.upper(), *arguments]) == 0
    return capsys.readouterr().out


def test_a_decision_is_followed_to_its_override_its_exception_and_whom_it_was_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    steps = json.loads(told(capsys, "--format", "json"))["steps"]
    assert [(step["kind"], step["by"], step["entry"], step["follows"]) for step in steps] == [
        ("policy.decided", None, 7, []),
        ("decision.overridden", "eve", None, [1]),
        ("exception", "bob", None, [1]),
        ("alert", None, None, [3]),
    ]
    assert steps[0]["what"] == f"d: deny, {HOSTILE}"
    assert (steps[0]["policy"], steps[0]["graph_node"], steps[0]["evidence"]) == (
        "crm 2",
        "plan",
        '{"class": "personal"}',
    )
    assert steps[2]["what"] == "denylisted_connector: violation, high, waived"
    assert steps[3]["what"] == "legal was told: 1 exception, high, open"


@pytest.mark.parametrize("form", ["text", "mermaid", "json"])
def test_what_telemetry_says_cannot_steer_a_terminal(capsys: pytest.CaptureFixture[str], form: str) -> None:
    printed = told(capsys, "--format", form)
    assert [c for c in printed if not c.isprintable() and c != "\n"] == []


def test_what_telemetry_says_cannot_leave_its_cell_or_label(capsys: pytest.CaptureFixture[str]) -> None:
    table = told(capsys).splitlines()[2:]
    assert [re.sub(r"\\.", "", line).count("|") for line in table] == [11] * 6
    assert re.search(r"<|&(?!amp;|lt;|gt;)", "".join(table)) is None
    lines = told(capsys, "--format", "mermaid").splitlines()
    labels = [line for line in lines if "[" in line]
    assert len(labels) == 4
    assert all(re.fullmatch(r'  s\d\["[^"\[\]\n;&|]*"\]', line) for line in labels)
    assert [line for line in lines if "-->" in line] == ["  s1 --> s2", "  s1 --> s3", "  s3 --> s4"]


def test_a_trace_that_nobody_knows_is_said_to_be_unknown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["c" * 32]) == 1
    assert "No decision, exception or alert of trace" in capsys.readouterr().err


def test_a_trace_id_is_32_hex_characters() -> None:
    with pytest.raises(SystemExit) as ended:
        main(["'; drop table marts.decision_events; --"])
    assert ended.value.code == 2
