"""From what crosses to what is owed: alerts and their deliveries, written in one transaction.

An alert is known by its fingerprint (rule, subject, audience, route) and window; whatever crosses there again
is the same alert, so it is raised once. A run that is killed has decided everything or nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from ingest.lake import transaction
from metabase.journals import utc_naive
from orchestration.governance.alerting.crossings import find_crossings
from orchestration.governance.alerting.events import cloud_event
from orchestration.governance.alerting.seeds import unusable_rows
from orchestration.governance.alerting.tables import ALERTS, append, ensure_alert_tables, has_table, rows_of

# Kinds of subject: what dbt's marts tell, and what the gate's journal tells after a release.
BREACHES = ("tenant", "jurisdiction")
HOLDS = ("mart", "probe")

_NEW = """
select
    crossings.* replace (
        -- Whichever of its channels waits least, and not all name a time.
        min(crossings.escalate_after_minutes) over (partition by crossings.alert_id) as escalate_after_minutes
    ),
    $as_of as raised_at
from crossings
left join lake.governance.alerts as known on crossings.alert_id = known.alert_id
where is_crossed and known.alert_id is null
qualify row_number() over (partition by crossings.alert_id order by crossings.exceptions desc, channel) = 1
order by crossings.window_start, crossings.alert_id
"""
# A channel with a higher threshold is told when late exceptions reach it.
_NEWLY_REACHED = """
select
    alerts.*,
    crossings.channel
from crossings
inner join lake.governance.alerts as alerts on crossings.alert_id = alerts.alert_id
left join lake.governance.deliveries as owed
    on owed.delivery_id = crossings.alert_id || ':' || crossings.channel || ':raise'
where crossings.is_crossed and alerts.closed_at is null and owed.delivery_id is null
order by alerts.window_start, alerts.alert_id, crossings.channel
"""
# Such a channel has its own time from then on, which may come before that of those that were told first.
_SOONER = """
select
    known.alert_id,
    min(date_diff('minute', known.raised_at, $as_of) + crossings.escalate_after_minutes) as minutes
from crossings
inner join lake.governance.alerts as known on crossings.alert_id = known.alert_id
left join lake.governance.deliveries as owed
    on owed.delivery_id = crossings.alert_id || ':' || crossings.channel || ':raise'
where crossings.is_crossed and known.closed_at is null and owed.delivery_id is null
group by known.alert_id, known.escalate_after_minutes
having minutes < coalesce(known.escalate_after_minutes, minutes + 1)
"""
_HASTEN = f"""
update lake.governance.alerts as alerts
set escalate_after_minutes = sooner.minutes
from ({_SOONER}) as sooner
where alerts.alert_id = sooner.alert_id
"""  # noqa: S608 - ours
# What an alert counts and lists follows late and settled exceptions until it is closed.
_CHANGED = """
select
    known.alert_id,
    crossings.* exclude (alert_id)
from crossings
inner join lake.governance.alerts as known on crossings.alert_id = known.alert_id
where
    known.closed_at is null
    and (
        known.summary, known.trace_ids, known.trace_count, known.vault_paths, known.vault_path_count
    ) is distinct from (
        crossings.summary, crossings.trace_ids, crossings.trace_count,
        crossings.vault_paths, crossings.vault_path_count
    )
qualify row_number() over (partition by known.alert_id order by crossings.exceptions desc, channel) = 1
"""
_RECOUNT = f"""
update lake.governance.alerts as alerts
set
    exceptions = changed.exceptions,
    summary = changed.summary,
    trace_ids = changed.trace_ids,
    trace_count = changed.trace_count,
    first_trace_id = changed.first_trace_id,
    vault_paths = changed.vault_paths,
    vault_path_count = changed.vault_path_count
from ({_CHANGED}) as changed
where alerts.alert_id = changed.alert_id
"""  # noqa: S608 - ours
_SETTLED = """
select alert_id, $as_of as at from lake.governance.alerts
where
    closed_at is null
    and subject_kind in (select unnest($found))
    and alert_id not in (select alert_id from crossings)
"""
# Somebody acknowledged every exception that was open: the alert is known, too.
_KNOWN = """
select alert_id, $as_of as at from lake.governance.alerts
where
    closed_at is null
    and acknowledged_at is null
    and alert_id in (select alert_id from crossings where exceptions = 0)
"""
_ANSWERED = """
select
    alerts.alert_id,
    min(answers.occurred_at) as at
from lake.governance.alerts as alerts
inner join lake.staging.stg_alert_events as answers on alerts.alert_id = answers.alert_id
where
    answers.event_type = $type
    and answers.occurred_at <= $as_of
    and alerts.closed_at is null
    and ($type = 'governance.alert.closed' or alerts.acknowledged_at is null)
group by alerts.alert_id
"""
_OVERDUE = """
select alert_id, $as_of as at from lake.governance.alerts
where
    closed_at is null
    and acknowledged_at is null
    and escalated_at is null
    and raised_at + to_minutes(escalate_after_minutes) <= $as_of
"""
# Who was told of an alert is told how it goes on.
_REACHED = """
select
    alerts.*,
    raised.channel
from lake.governance.alerts as alerts
inner join lake.governance.deliveries as raised
    on alerts.alert_id = raised.alert_id and raised.kind = 'raise'
where alerts.alert_id in (select unnest($ids))
order by alerts.window_start, alerts.alert_id, raised.channel
"""
# Which message goes with which time.
_KINDS = {"closed_at": "resolve", "acknowledged_at": "acknowledge", "escalated_at": "escalate"}


@dataclass(frozen=True)
class Decision:
    """How many alerts were raised, and which rows of the seeds cannot be used, in sentences."""

    raised: int
    warnings: tuple[str, ...]


def decide(
    connection: duckdb.DuckDBPyConnection, *, as_of: datetime, trace_url: str, about: tuple[str, ...] = ()
) -> Decision:
    """Raise what crosses, follow what people answered, close what is settled, escalate what nobody saw.

    Everything is as of `as_of`. `about` names the kinds of subject that have news; without any, only answers
    and time are followed. The caller holds the writer lock.
    """
    at = utc_naive(as_of)
    ensure_alert_tables(connection)
    found = find_crossings(connection, about, at)
    answers = _answers(connection)
    with transaction(connection):
        raised = _raise(connection, at, trace_url) if found else 0
        for column, event_type in answers.items():
            _note(connection, column, _ANSWERED, {"as_of": at, "type": event_type}, at, trace_url)
        if found:
            _note(connection, "closed_at", _SETTLED, {"as_of": at, "found": found}, at, trace_url)
            _note(connection, "acknowledged_at", _KNOWN, {"as_of": at}, at, trace_url)
        _note(connection, "escalated_at", _OVERDUE, {"as_of": at}, at, trace_url)
    return Decision(raised, tuple(unusable_rows(connection)) if found else ())


def is_undecided(connection: duckdb.DuckDBPyConnection, *, as_of: datetime) -> bool:
    """True when an answer came in or an alert became overdue since the last decision."""
    at = utc_naive(as_of)
    questions: list[tuple[str, dict[str, Any]]] = [(_OVERDUE, {"as_of": at})]
    questions += [(_ANSWERED, {"as_of": at, "type": each}) for each in _answers(connection).values()]
    return any(connection.execute(question, wanted).fetchone() for question, wanted in questions)


def _raise(connection: duckdb.DuckDBPyConnection, at: datetime, trace_url: str) -> int:
    if connection.execute(_CHANGED).fetchone():
        connection.execute(_RECOUNT)
    new = rows_of(connection.execute(_NEW, {"as_of": at}))
    append(connection, "alerts", [{name: row.get(name) for name in ALERTS.names} for row in new])
    if connection.execute(_SOONER, {"as_of": at}).fetchone():
        connection.execute(_HASTEN, {"as_of": at})
    _owe(connection, "raise", rows_of(connection.execute(_NEWLY_REACHED)), at, trace_url)
    return len(new)


def _answers(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Which event gives an alert which time; none before dbt has built the view of them."""
    if not has_table(connection, "staging", "stg_alert_events"):
        return {}
    # Closed first: who closes an alert need not have acknowledged it.
    return {"closed_at": "governance.alert.closed", "acknowledged_at": "governance.alert.acknowledged"}


def _note(
    connection: duckdb.DuckDBPyConnection,
    column: str,
    question: str,
    wanted: Mapping[str, Any],
    at: datetime,
    trace_url: str,
) -> None:
    """Give the alerts that `question` names their time in `column`, and owe the message that goes with it."""
    times = dict(connection.execute(question, wanted).fetchall())
    if not times:
        return
    connection.execute(
        f"update lake.governance.alerts as alerts set {column} = found.at "  # noqa: S608 - one of _KINDS
        "from (select unnest($ids) as alert_id, unnest($times) as at) as found "
        "where alerts.alert_id = found.alert_id",
        {"ids": list(times), "times": list(times.values())},
    )
    owed = connection.execute(_REACHED, {"ids": list(times)})
    _owe(connection, _KINDS[column], rows_of(owed), at, trace_url)


def _owe(
    connection: duckdb.DuckDBPyConnection,
    kind: str,
    alerts: Iterable[Mapping[str, Any]],
    at: datetime,
    trace_url: str,
) -> None:
    """Append one pending delivery for each alert and channel; only a pager is told of acknowledgements."""
    row = connection.execute("select coalesce(max(sequence), 0) from lake.governance.deliveries").fetchone()
    sequence = row[0] if row else 0
    wanted = [alert for alert in alerts if kind != "acknowledge" or alert["channel"] == "pagerduty"]
    rows = [
        {
            "sequence": sequence + number,
            "delivery_id": f"{alert['alert_id']}:{alert['channel']}:{kind}",
            "alert_id": alert["alert_id"],
            "channel": alert["channel"],
            "kind": kind,
            "created_at": at,
            "event": json.dumps(
                cloud_event(kind, alert, at=at, trace_url=trace_url),
                ensure_ascii=False,
                separators=(",", ":"),
            ),
            "state": "pending",
            "attempts": 0,
        }
        for number, alert in enumerate(wanted, start=1)
    ]
    append(connection, "deliveries", rows)
