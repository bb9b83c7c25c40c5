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
    """A release in which one decision of a trace was overridden, raised an exception and was told to legal."""
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
            marks = ", ".join("?" * len(rows[0]))
            connection.executemany(f"insert into marts.{table} values ({marks})", rows)  # noqa: S608 - names of ours


RELEASED: dict[str, list[tuple[Any, ...]]] = {
    "decision_events": [
        ("d", 1, "2026-10-01 08:00:00", "governance.policy.decided", "deny", None, HOSTILE, "crm", "2")
        + ('{"class": "personal"}', TRACE, "s1", "plan", "decided d"),
        # Told in another trace, but of the same decision.
        ("d", 2, "2026-10-01 09:00:00", "governance.decision.overridden", "allow", "eve", None, "crm", "2")
        + (None, OTHER, None, None, "overridden d"),
        ("e", 1, "2026-10-01 08:30:00", "governance.policy.decided", "allow", None, None, "crm", "2")
        + (None, OTHER, None, None, "decided e"),
    ],
    "compliance_exceptions": [
        ("x", "denylisted_connector", "2", "high", "violation", "waived", "bob", "2026-10-01 08:00:01", "{}")
        + (TRACE, "s1"),
        ("y", "denylisted_connector", "2", "high", "violation", "open", None, "2026-10-01 08:00:01", "{}")
        + (OTHER, "s1"),
    ],
    "governance_alerts": [
        ("a", "denylisted_connector", "legal", "high", "open", "2026-10-01 10:00:00", "1 exception")
        + (json.dumps([OTHER, TRACE]),),
        ("b", "denylisted_connector", "legal", "high", "open", "2026-10-01 10:00:00", "1 exception")
        + (json.dumps([OTHER]),),
    ],
    "ledger_entries": [("decided d", 7), ("decided e", 8)],
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
