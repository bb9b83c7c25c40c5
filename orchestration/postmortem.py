"""`python -m orchestration postmortem --incident ID --output FILE`: an incident as the warehouse recorded it.

What was decided (`decision_events`), what broke a rule (`compliance_exceptions`), who was told
(`governance_alerts` and their deliveries), how services sampled meanwhile, and the ledger's entries,
verified. All times are UTC.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from ingest import lake
from ingest.errors import SettingsError, TracehouseError
from ingest.settings import Settings, read_settings
from orchestration.governance.entries import Entry
from orchestration.governance.facts import event_subject
from orchestration.governance.ledger import ledger_folder
from orchestration.governance.proofs import Proof, prove
from orchestration.governance.verify_ledger import examine, read_ledger
from orchestration.postmortem_page import Cell, Link, Section, Table, as_html, as_markdown

# How many rows a table of the page has at most.
MOST_ROWS = 500

_DURING = "{column} >= $since and {column} < $until"


@dataclass(frozen=True)
class Incident:
    """What the events say of an incident. Null: nobody said; `until` is the as-of instant while it lasts."""

    incident_id: str
    opened_at: datetime
    closed_at: datetime | None
    severity: str | None
    environment: str | None
    service_names: str | None
    until: datetime

    @property
    def window(self) -> dict[str, datetime]:
        """The half-open interval in which it lasted, as parameters of a query."""
        return {"since": self.opened_at, "until": self.until}


def main(arguments: Sequence[str]) -> int:
    """Exit code: 0 written, 2 bad settings or arguments, or no such incident."""
    parser = argparse.ArgumentParser(prog="python -m orchestration postmortem", description=__doc__)
    parser.add_argument("--incident", required=True, metavar="ID", help="as its events name it")
    parser.add_argument("--output", required=True, type=Path, metavar="FILE", help="a new file, .html or .md")
    chosen = parser.parse_args(arguments)
    write = {".html": as_html, ".md": as_markdown}.get(chosen.output.suffix)
    if write is None:
        parser.error("--output has to end in .html or .md.")
    try:
        sections = postmortem(read_settings(os.environ), chosen.incident, now=datetime.now(UTC))
        page = write(f"Incident {chosen.incident}", sections)
        _write_new(chosen.output, page)
    except TracehouseError as error:
        print(f"tracehouse: {error}", file=sys.stderr)
        return 2
    print(f"Written: {chosen.output}")
    return 0


def postmortem(settings: Settings, incident_id: str, *, now: datetime) -> list[Section]:
    """The sections of the page. Raises SettingsError where the lake knows no such incident."""
    with lake.connect(settings, read_only=True) as connection:
        incident = find_incident(connection, incident_id, as_of=settings.as_of_or(now))
        entries, texts = read_ledger(connection, ledger_folder(settings.home))
        findings = [each.sentence for each in examine(connection, entries, texts, kept=[])]
        return [
            _summary(incident, as_of=settings.as_of_or(now)),
            _timeline(connection, incident),
            _told(connection, incident),
            _services(connection, incident),
            _exceptions(connection, incident),
            *_ledger(incident, entries, findings, _own_subjects(connection, incident)),
        ]


def find_incident(connection: duckdb.DuckDBPyConnection, incident_id: str, *, as_of: datetime) -> Incident:
    """The incident of this id. Raises SettingsError, with the ids that there are, when it is not known."""
    try:
        rows = _rows(connection, "from lake.intermediate.int_incidents order by opened_at, incident_id", {})
    except duckdb.CatalogException as error:
        raise SettingsError("The lake has no incidents yet; run `make run` first.") from error
    known = {row["incident_id"]: row for row in rows if row["opened_at"] is not None}
    if incident_id not in known:
        there = ", ".join(map(repr, list(known)[-10:])) or "none"
        raise SettingsError(f"No opened incident is called {incident_id!r}; there are: {there}.")
    row = known[incident_id]
    told = {
        name: row[name] for name in ("opened_at", "closed_at", "severity", "environment", "service_names")
    }
    return Incident(incident_id, **told, until=row["closed_at"] or as_of.astimezone(UTC).replace(tzinfo=None))


def _summary(incident: Incident, *, as_of: datetime) -> Section:
    rows: list[list[Cell]] = [
        ["opened", incident.opened_at],
        ["closed", incident.closed_at or "not yet"],
        ["lasted", str(incident.until - incident.opened_at)],
        ["severity", incident.severity or "unknown"],
        ["environment", incident.environment or "all"],
        ["services", incident.service_names or "all"],
        ["as of", as_of],
    ]
    return Section("What it was", (), Table(("what", "value"), rows))


def _timeline(connection: duckdb.DuckDBPyConnection, incident: Incident) -> Section:
    """Everything with a time of its own, in order; exceptions by rule and hour: they may be thousands."""
    rows = _rows(
        connection,
        f"""
        select occurred_at, event_type as what, concat_ws(' ', decision_id, policy_id, outcome) as about,
            concat_ws(': ', nullif(actor_id, ''), reason) as detail, trace_url as address
        from lake.marts.decision_events where {_DURING.format(column="occurred_at")}
        union all
        select min(occurred_at), 'exceptions of ' || rule_id, count(*) || ' in the hour',
            'state ' || string_agg(distinct state, ', ' order by state), min(runbook_url)
        from lake.marts.compliance_exceptions where {_DURING.format(column="occurred_at")}
        group by rule_id, time_bucket(interval '1 hour', occurred_at)
        union all
        select state_since, 'exception ' || state, rule_id || ' ' || exception_id,
            concat_ws(': ', nullif(state_actor_id, ''), state_reason), runbook_url
        from lake.marts.compliance_exceptions
        where state != 'open' and {_DURING.format(column="state_since")}
        union all
        select window_start, 'alert of ' || rule_id, subject, summary, runbook_url
        from lake.marts.governance_alerts where {_DURING.format(column="window_start")}
        union all select $since, 'incident opened', null, null, null
        union all select $until, 'incident closed', null, null, null
            from lake.intermediate.int_incidents where incident_id = $incident and closed_at is not null
        order by all
        """,  # noqa: S608 - names of ours
        incident.window | {"incident": incident.incident_id},
    )
    told = [[r["occurred_at"], r["what"], r["about"], r["detail"], _link(r["address"])] for r in rows]
    return Section("Timeline", (), _table(("when", "what", "about", "said", "look at"), told))


def _told(connection: duckdb.DuckDBPyConnection, incident: Incident) -> Section:
    rows = _rows(
        connection,
        """
        select alerts.window_start, alerts.rule_id, alerts.subject, alerts.severity, alerts.audience,
            alerts.state, owed.channel, owed.kind, owed.state as delivery, owed.delivered_at,
            alerts.runbook_url, alerts.trace_url
        from lake.marts.governance_alerts as alerts
        left join lake.governance.deliveries as owed on alerts.alert_id = owed.alert_id
        where alerts.window_start < $until and alerts.window_end > $since
        order by alerts.window_start, alerts.alert_id, owed.sequence
        """,
        incident.window,
    )
    told = [
        [
            *(r[name] for name in ("window_start", "rule_id", "subject", "severity", "audience", "state")),
            " ".join(filter(None, (r["kind"], "to", r["channel"]))) if r["channel"] else None,
            r["delivery"],
            r["delivered_at"],
            _link(r["runbook_url"], "runbook"),
            _link(r["trace_url"], "trace"),
        ]
        for r in rows
    ]
    columns = ("window from", "rule", "about", "severity", "audience", "state", "message", "delivery")
    said = "Alerts whose window overlaps the incident. Delivery times are by the warehouse's own clock."
    return Section("Who was told", (said,), _table((*columns, "delivered", "runbook", "trace"), told))


def _services(connection: duckdb.DuckDBPyConnection, incident: Incident) -> Section:
    rows = _rows(
        connection,
        "from lake.intermediate.int_incident_spans where incident_id = $incident "
        "order by service_name, environment",
        {"incident": incident.incident_id},
    )
    told = [
        [
            *(r[name] for name in ("service_name", "environment", "spans", "failed_spans")),
            None if r["least_probability"] is None else f"{r['least_probability']:.6g}",
            r["unknown_sampling_spans"],
        ]
        for r in rows
    ]
    columns = ("service", "environment", "spans", "failed", "least sampling probability", "sampling unknown")
    return Section("Services and their sampling", (), _table(columns, told))


def _exceptions(connection: duckdb.DuckDBPyConnection, incident: Incident) -> Section:
    rows = _rows(
        connection,
        f"""
        select rule_id, tenant_id, agent_name, severity, state, count(*) as exceptions,
            min(occurred_at) as first_at, arg_min(trace_url, occurred_at) as trace,
            min(runbook_url) as runbook
        from lake.marts.compliance_exceptions where {_DURING.format(column="occurred_at")}
        group by all order by all
        """,  # noqa: S608 - a name of ours
        incident.window,
    )
    told = [
        [
            *(r[name] for name in ("rule_id", "tenant_id", "agent_name", "severity", "state", "exceptions")),
            r["first_at"],
            _link(r["trace"], "trace"),
            _link(r["runbook"], "runbook"),
        ]
        for r in rows
    ]
    columns = ("rule", "tenant", "agent", "severity", "state", "exceptions", "first", "trace", "runbook")
    return Section("Exceptions in its time", (), _table(columns, told))


def _own_subjects(connection: duckdb.DuckDBPyConnection, incident: Incident) -> set[str]:
    """The subjects of the ledger's entries about the incident itself."""
    rows = connection.execute(
        "select event_type, source, event_id from lake.staging.stg_incident_events where incident_id = ?",
        [incident.incident_id],
    ).fetchall()
    return {event_subject(*row) for row in rows}


def _ledger(
    incident: Incident, entries: Sequence[Entry], findings: Sequence[str], own_subjects: set[str]
) -> list[Section]:
    """The entries of its time and the verification of all; the incident's own events with their proofs."""
    during = [each for each in entries if incident.opened_at <= each.occurred_at < incident.until]
    own = [each for each in entries if each.subject in own_subjects]
    verdict = [f"Verified: {len(entries):,} entries, sound."] if not findings else ["Damaged:", *findings]
    rows: list[list[Cell]] = [
        [str(each.sequence), each.occurred_at, each.kind, each.subject, each.payload_digest, each.hash]
        for each in sorted({*during, *own})
    ]
    columns = ("sequence", "when", "kind", "subject", "payload", "hash")
    sections = [Section("Ledger", verdict, _table(columns, rows))]
    if not findings and own:
        proofs = [prove(entries, each.sequence, len(entries)) for each in own]
        sections.append(Section("Proofs of the incident's own entries", *_proved(proofs)))
    return sections


def _proved(proofs: Sequence[Proof]) -> tuple[Sequence[str], Table]:
    root = " ".join(proofs[0].checkpoint.text().split())
    rows: list[list[Cell]] = [
        [str(each.entry.sequence), each.entry.hash, " ".join(value.hex() for value in each.hashes)]
        for each in proofs
    ]
    said = f"By the rules of RFC 9162 each leads to the root of: {root}"
    return (said,), Table(("sequence", "leaf", "inclusion proof"), rows)


def _table(columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Table:
    return Table(columns, rows[:MOST_ROWS], more=max(0, len(rows) - MOST_ROWS))


def _link(address: str | None, text: str | None = None) -> Link | None:
    return (
        None if address is None else Link(text or ("runbook" if "runbook" in address else "trace"), address)
    )


def _rows(
    connection: duckdb.DuckDBPyConnection, question: str, wanted: Mapping[str, Any]
) -> list[dict[str, Any]]:
    cursor = connection.execute(question, dict(wanted) or None)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]


def _write_new(file: Path, text: str) -> None:
    try:
        with file.open("x", encoding="utf-8") as target:
            target.write(text)
    except OSError as error:
        raise SettingsError(f"The page cannot be written to {file}; name a new file.") from error
