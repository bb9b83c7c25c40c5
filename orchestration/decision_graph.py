"""`python -m orchestration decision-graph TRACE_ID`: what was decided about one trace, and what came of it.

Every fact is a row of a released mart: the decisions and who overrode them (`decision_events`), the
exceptions (`compliance_exceptions`), whom the alerts told (`governance_alerts`), and the ledger entry that
proves a decision (`ledger_entries`).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from ingest.errors import SettingsError, TracehouseError
from ingest.settings import Settings, read_settings
from metabase.serving import Serving
from orchestration.preview import markdown_table

_TRACE_ID = re.compile(r"[0-9a-f]{32}")


class NoReplayError(TracehouseError):
    """There is nothing to replay; the message says why."""


@dataclass(frozen=True)
class Step:
    """One thing that happened, in the order of time.

    `follows`: the numbers of the steps that it answers. `entry`: the sequence of its ledger entry, null where
    it has none. What nobody said is null.
    """

    number: int
    at: datetime | None
    kind: str
    what: str
    by: str | None
    policy: str | None
    evidence: str | None
    graph_node: str | None
    entry: int | None
    follows: tuple[int, ...]


def replay(settings: Settings, trace_id: str) -> list[Step]:
    """What the newest release says of a trace, a decision before what answers it.

    Raises NoReplayError when nothing is published yet, or nothing is known of the trace.
    """
    database = Serving(Path(settings.serving)).database
    if not database.exists():
        raise NoReplayError(f"Nothing is published at {database.parent} yet; run `make run` first.")
    with duckdb.connect(str(database), read_only=True) as connection:
        decisions = _rows(
            connection,
            "from marts.decision_events where decision_id in "
            "(select decision_id from marts.decision_events where trace_id = ?) "
            "order by occurred_at, decision_id, sequence",
            trace_id,
        )
        exceptions = _rows(
            connection,
            "from marts.compliance_exceptions where trace_id = ? order by occurred_at, exception_id",
            trace_id,
        )
        alerts = _rows(
            connection,
            "from marts.governance_alerts where list_contains(from_json(trace_ids, '[\"VARCHAR\"]'), ?) "
            "order by raised_at, alert_id",
            trace_id,
        )
        subjects = [row["ledger_subject"] for row in decisions]
        entries = dict(
            connection.execute(
                "select subject, sequence from marts.ledger_entries where list_contains(?, subject)",
                [subjects],
            ).fetchall()
        )
    steps = _steps(decisions, exceptions, alerts, entries)
    if not steps:
        raise NoReplayError(
            f"No decision, exception or alert of trace {trace_id} is published. Was it loaded?"
        )
    return steps


def _rows(connection: duckdb.DuckDBPyConnection, query: str, trace_id: str) -> list[dict[str, Any]]:
    cursor = connection.execute(query, [trace_id])
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]


def _steps(
    decisions: Sequence[Mapping[str, Any]],
    exceptions: Sequence[Mapping[str, Any]],
    alerts: Sequence[Mapping[str, Any]],
    entries: Mapping[str, int],
) -> list[Step]:
    """Decisions and what answered them, then exceptions of their spans, then alerts of these rules."""
    steps: list[Step] = []
    last_of_decision: dict[str, int] = {}
    of_span: dict[str | None, list[int]] = {}
    of_rule: dict[str, list[int]] = {}
    for row in decisions:
        decision, before = row["decision_id"], last_of_decision.get(row["decision_id"])
        last_of_decision[decision] = number = len(steps) + 1
        of_span.setdefault(row["span_id"], []).append(number)
        steps.append(
            Step(
                number=number,
                at=row["occurred_at"],
                kind=row["event_type"].removeprefix("governance."),
                what=f"{decision}: {row['outcome']}" + (f", {row['reason']}" if row["reason"] else ""),
                by=row["actor_id"],
                policy=f"{row['policy_id']} {row['policy_version']}",
                evidence=row["evidence"],
                graph_node=row["graph_node_id"],
                entry=entries.get(row["ledger_subject"]),
                follows=() if before is None else (before,),
            )
        )
    for row in exceptions:
        number = len(steps) + 1
        of_rule.setdefault(row["rule_id"], []).append(number)
        steps.append(
            Step(
                number=number,
                at=row["occurred_at"],
                kind="exception",
                what=f"{row['rule_id']}: {row['verdict']}, {row['severity']}, {row['state']}",
                by=row["state_actor_id"],
                policy=f"{row['rule_id']} {row['rule_version']}",
                evidence=row["evidence"],
                graph_node=None,
                entry=None,
                follows=tuple(of_span.get(row["span_id"], ()) if row["span_id"] else ()),
            )
        )
    for row in alerts:
        steps.append(
            Step(
                number=len(steps) + 1,
                at=row["raised_at"],
                kind="alert",
                what=f"{row['audience']} was told: {row['summary']}, {row['severity']}, {row['state']}",
                by=None,
                policy=None,
                evidence=None,
                graph_node=None,
                entry=None,
                follows=tuple(of_rule.get(row["rule_id"], ())),
            )
        )
    return steps


_HEADINGS = [
    "step",
    "time (UTC)",
    "kind",
    "what",
    "by",
    "policy",
    "evidence",
    "graph node",
    "ledger entry",
    "after",
]


def _as_text(trace_id: str, steps: Sequence[Step]) -> str:
    rows = [
        (
            step.number,
            _time(step.at),
            step.kind,
            step.what,
            step.by,
            step.policy,
            step.evidence,
            step.graph_node,
            step.entry,
            ", ".join(map(str, step.follows)) or None,
        )
        for step in steps
    ]
    return f"Trace {trace_id}\n\n{markdown_table(_HEADINGS, rows)}"


def _as_mermaid(trace_id: str, steps: Sequence[Step]) -> str:
    """A flowchart that GitHub and Metabase's text cards draw."""
    lines = [f"%% Trace {trace_id}", "flowchart TD"]
    for step in steps:
        told = f"{step.number}. {step.kind}<br>{_time(step.at)}<br>{_harmless(step.what)}"
        entry = "" if step.entry is None else f"<br>ledger entry {step.entry}"
        lines.append(f'  s{step.number}["{told}{entry}"]')
        lines += [f"  s{before} --> s{step.number}" for before in step.follows]
    return "\n".join(lines)


def _harmless(text: str) -> str:
    """Text from telemetry, for a label between quotes: letters, digits and plain signs alone."""
    return "".join(c if c.isalnum() or c in " .,:-_/@()" else "_" for c in text)


def _time(at: datetime | None) -> str:
    return "unknown" if at is None else at.strftime("%Y-%m-%d %H:%M:%S")


def _as_json(trace_id: str, steps: Sequence[Step]) -> str:
    told = [asdict(step) | {"at": None if step.at is None else f"{step.at.isoformat()}Z"} for step in steps]
    return json.dumps({"trace_id": trace_id, "steps": told}, indent=2)


_FORMATS = {"text": _as_text, "mermaid": _as_mermaid, "json": _as_json}


def main(arguments: Sequence[str]) -> int:
    """Exit code: 0 done, 1 nothing is known of the trace, 2 bad settings or arguments."""
    parser = argparse.ArgumentParser(
        prog="python -m orchestration decision-graph",
        description="What was decided about a trace, by which policy, who overrode it, who was told.",
    )
    parser.add_argument("trace_id", metavar="TRACE_ID", help="32 hex characters")
    parser.add_argument("--format", choices=_FORMATS, default="text")
    chosen = parser.parse_args(arguments)
    trace_id = chosen.trace_id.lower()
    if _TRACE_ID.fullmatch(trace_id) is None:
        parser.error("TRACE_ID has to be 32 hex characters")
    try:
        print(_FORMATS[chosen.format](trace_id, replay(read_settings(os.environ), trace_id)))
    except SettingsError as error:
        print(f"tracehouse: {error}", file=sys.stderr)
        return 2
    except TracehouseError as error:
        print(f"tracehouse: {error}", file=sys.stderr)
        return 1
    return 0
