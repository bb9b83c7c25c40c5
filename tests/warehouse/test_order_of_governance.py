"""Any order and any split of governance events give the same verdicts, exceptions and replays."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest

from tests.running import Home
from tests.warehouse.building import SECOND, Span, build, land, land_files

# One worker builds the warehouses that all of these compare.
pytestmark = [pytest.mark.xdist_group("governance"), pytest.mark.long]

HOUR = 3_600 * SECOND
DAY = 24 * HOUR
# 2026-10-01T00:00:00Z
MONTH = 1_790_812_800 * SECOND

COMPARED = {
    "int_consent_at_use": "intermediate.int_consent_at_use",
    "int_exceptions": "intermediate.int_exceptions",
    "int_verdict_counts": "intermediate.int_verdict_counts",
    "int_exception_states": "intermediate.int_exception_states",
    "access_patterns_daily": "marts.access_patterns_daily",
    "compliance_kpis_daily": "marts.compliance_kpis_daily",
    "data_residency_daily": "marts.data_residency_daily",
    "decision_events": "marts.decision_events",
    "policy_outcomes_daily": "marts.policy_outcomes_daily",
}


class Told(NamedTuple):
    """A CloudEvent: its type, its time as RFC 3339 and what it says."""

    event_id: str
    event_type: str
    time: str
    data: dict[str, Any]


def call(trace: int, number: int, day: int, **attributes: str) -> Span:
    """A sampled call of a model on the day of October, at noon, for tenant acme in production."""
    at = MONTH + (day - 1) * DAY + 12 * HOUR
    told: dict[str, str | int] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.usage.input_tokens": 1,
        "gen_ai.usage.output_tokens": 0,
        "gen_ai.agent.name": f"agent-{day}",
        "tenant.id": "acme",
        "consent.purpose": "support",
        "deployment.environment.name": "production",
        "sampling.probability": "0.25",
        "data.jurisdiction": "DE",
        "cloud.region": "eu-west-1",
    }
    return Span(trace, number, at, at + SECOND, told | attributes)


def consent(event_id: str, kind: str, effective_at: str, **more: str) -> Told:
    told = {"tenant_id": "acme", "purpose": "support", "effective_at": effective_at}
    return Told(event_id, f"consent.{kind}", effective_at, told | more)


def decided(decision: str, time: str, trace: int, number: int) -> Told:
    told = {
        "decision_id": decision,
        "tenant_id": "acme",
        "policy_id": "connector-allowlist",
        "policy_version": "1",
        "decision": "deny",
        "subject_kind": "connector",
        "trace_id": f"{trace:032x}",
        "span_id": f"{number:016x}",
    }
    return Told(f"decided {decision}", "governance.policy.decided", time, told)


def overridden(decision: str, time: str, trace: int, number: int, **more: str) -> Told:
    told = {
        "decision_id": decision,
        "new_decision": "allow",
        "trace_id": f"{trace:032x}",
        "span_id": f"{number:016x}",
    }
    return Told(f"overridden {decision} {time}", "governance.decision.overridden", time, told | more)


def vault(event_id: str, kind: str, time: str, path: str, **more: Any) -> Told:
    told = {
        "tenant_id": "acme",
        "vault_path": path,
        "digest": "sha256:" + "0" * 64,
        "bytes": 1,
        "mutation_id": event_id,
        "jurisdiction": "DE",
        "region": "us-east-1",
        "data_class": "personal",
    }
    return Told(event_id, f"vault.file.{kind}", time, told | more)


def incident(kind: str, effective_at: str) -> Told:
    told = {"incident_id": "slow", "effective_at": effective_at, "environment": "production"}
    return Told(f"incident {kind}", f"governance.incident.{kind}", effective_at, told)


CALLS = [call(day, day, day) for day in range(1, 25)]
# What ends an incident changes days after it, on which nothing else is late.
INCIDENT = [incident("opened", "2026-10-02T00:00:00Z")]
END_OF_INCIDENT = [incident("closed", "2026-10-04T00:00:00Z")]
# Consent is withdrawn, given again and expires, on days at the end.
CONSENT = [consent("first", "granted", "2026-10-20T00:00:00Z", expires_at="2026-10-26T00:00:00Z")]
CHANGES_OF_CONSENT = [
    consent("no more", "withdrawn", "2026-10-21T00:00:00Z"),
    consent("again", "granted", "2026-10-22T00:00:00Z", expires_at="2026-10-23T12:00:00Z"),
]
# An override days after its decision was made at a node; of the decision something else is told later.
OVERRIDE_AT_NODE = [
    decided("asked", "2026-10-05T00:00:00Z", 5, 5),
    overridden("asked", "2026-10-10T00:00:01Z", 101, 1011),
    Span(101, 1011, MONTH + 9 * DAY, MONTH + 9 * DAY + 1, {"graph.node.id": "ask a person"}),
]
REASON = [overridden("asked", "2026-10-05T00:10:00Z", 5, 5, actor_id="someone", reason="a mistake")]
# A decision at a node that began the day before, of which the span comes late.
DECISION = [decided("planned", "2026-10-14T00:00:01Z", 100, 1001)]
NODE = [Span(100, 1001, MONTH + 13 * DAY - 1, MONTH + 13 * DAY + 1, {"graph.node.id": "plan"})]
# An override before its decision.
OVERRIDE = [overridden("unknown yet", "2026-10-07T00:00:00Z", 7, 7)]
ITS_DECISION = [decided("unknown yet", "2026-10-06T00:00:00Z", 6, 6)]
FILE = [vault("created", "created", "2026-10-01T08:00:00Z", "a")]
DELETION = [vault("deleted", "deleted", "2026-10-17T08:00:00Z", "a"), *FILE]

EARLY: Sequence[Span | Told] = [
    *CALLS,
    *INCIDENT,
    *CONSENT,
    *OVERRIDE_AT_NODE,
    *DECISION,
    *OVERRIDE,
    *FILE,
]
LATE: Sequence[Span | Told] = [
    *END_OF_INCIDENT,
    *CHANGES_OF_CONSENT,
    *REASON,
    *NODE,
    *ITS_DECISION,
    *DELETION,
]
ORDERS = {
    "at once": [[*EARLY, *LATE]],
    "early first": [EARLY, LATE],
    "late first": [LATE, EARLY],
}

Tables = dict[str, list[tuple[Any, ...]]]


def land_all(home: Home, number: int, records: Sequence[Span | Told]) -> None:
    """One file of spans and one of events, loaded in one commit."""
    governance = home.path / "landing" / "governance"
    governance.mkdir(parents=True, exist_ok=True)
    lines = [
        {
            "specversion": "1.0",
            "id": told.event_id,
            "source": "/governance",
            "type": told.event_type,
            "time": told.time,
            "data": told.data,
        }
        for told in records
        if isinstance(told, Told)
    ]
    (governance / f"{number}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    land(home, f"{number}.jsonl", [record for record in records if isinstance(record, Span)], service="api")
    land_files(home)


@pytest.fixture(scope="module")
def warehouses(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Tables]:
    """The compared tables for each order of loading, built after every load."""
    found = {}
    for order, loads in ORDERS.items():
        home = Home(tmp_path_factory.mktemp("governance"))
        for number, records in enumerate(loads):
            land_all(home, number, records)
            build(home, *(f"+{name}" for name in COMPARED), TRACEHOUSE_AS_OF="2026-10-25T00:00:00Z")
        found[order] = {name: _rows(home, table) for name, table in COMPARED.items()}
    return found


def _rows(home: Home, table: str) -> list[tuple[Any, ...]]:
    """Every row, in an order of its own. A load's number and time are no part of the content."""
    content = "columns(lambda name: name not like '%load_id' and name != 'detected_at')"
    return home.in_lake(f"select {content} from lake.{table} order by all")


@pytest.mark.parametrize("order", ["early first", "late first"])
@pytest.mark.parametrize("table", COMPARED)
def test_loading_in_two_parts_gives_what_loading_at_once_gives(
    warehouses: dict[str, Tables], order: str, table: str
) -> None:
    assert warehouses[order][table] == warehouses["at once"][table]


@pytest.mark.parametrize("order", ORDERS)
def test_a_floor_is_raised_while_the_incident_lasts(warehouses: dict[str, Tables], order: str) -> None:
    assert days_of(warehouses[order], "sampling_below_floor") == [2, 3]


@pytest.mark.parametrize("order", ORDERS)
def test_consent_counts_as_it_stood_at_noon_of_each_day(warehouses: dict[str, Tables], order: str) -> None:
    assert days_of(warehouses[order], "consent_withdrawn") == [21]
    assert days_of(warehouses[order], "consent_expired") == [23, 24]


@pytest.mark.parametrize("order", ORDERS)
def test_each_event_of_a_decision_names_its_own_node(warehouses: dict[str, Tables], order: str) -> None:
    assert {(row[0], row[1]): row[14] for row in warehouses[order]["decision_events"] if row[14]} == {
        ("asked", 3): "ask a person",
        ("planned", 1): "plan",
    }


def days_of(tables: Tables, rule: str) -> list[int]:
    """Days of October with violations of the rule."""
    return [
        day.day
        for day, rule_id, _, verdict, _ in tables["int_verdict_counts"]
        if rule_id == rule and verdict == "violation"
    ]
