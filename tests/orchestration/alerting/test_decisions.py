"""What raises an alert, once, and how an alert lives and ends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pytest

from ingest import lake
from ingest.settings import Settings
from orchestration.governance.alerting import BREACHES, HOLDS, decide
from tests.orchestration.alerting.small_lake import (
    KPIS,
    add_exceptions,
    add_route,
    answer,
    in_memory,
    insert,
    instant,
    make_table,
)

NOON = instant("2026-10-14 12:00")
AS_OF = datetime(2026, 10, 14, 18, tzinfo=UTC)
TRACES = "https://traces.example/{trace_id}"


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with in_memory() as connection:
        yield connection


def decided(
    connection: duckdb.DuckDBPyConnection, *about: str, as_of: datetime = AS_OF
) -> list[dict[str, Any]]:
    """Decide, then every alert in the order of its window."""
    decide(connection, as_of=as_of, trace_url=TRACES, about=about or BREACHES)
    found = connection.sql("select * from lake.governance.alerts order by window_start, subject, audience")
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def deliveries(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """Channel and kind of everything that is owed, in its order."""
    return connection.execute(
        "select channel, kind from lake.governance.deliveries order by sequence"
    ).fetchall()


def events(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    found = connection.execute("select event from lake.governance.deliveries order by sequence").fetchall()
    return [json.loads(event) for (event,) in found]


def test_a_threshold_crossed_a_hundred_times_in_one_window_raises_one_alert(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    add_route(connection)
    for first in range(0, 100, 10):
        times = [NOON + timedelta(seconds=30 * number) for number in range(first, first + 10)]
        add_exceptions(connection, times, first=first)
        alerts = decided(connection)
    assert [alert["exceptions"] for alert in alerts] == [100]
    assert deliveries(connection) == [("outbox", "raise")]


def test_a_window_holds_its_start_and_not_its_end(connection: duckdb.DuckDBPyConnection) -> None:
    add_route(connection)
    hour = timedelta(hours=1)
    add_exceptions(connection, [NOON, NOON + hour - timedelta(microseconds=1), NOON + hour])
    assert [(a["window_start"], a["window_end"], a["exceptions"]) for a in decided(connection)] == [
        (NOON, NOON + hour, 2),
        (NOON + hour, NOON + 2 * hour, 1),
    ]


def test_one_exception_fewer_than_the_threshold_raises_nothing(connection: duckdb.DuckDBPyConnection) -> None:
    add_route(connection, threshold=3)
    add_exceptions(connection, [NOON, NOON])
    assert decided(connection) == []
    add_exceptions(connection, [NOON], first=2)
    assert len(decided(connection)) == 1


def test_late_data_and_another_order_give_the_same_alert() -> None:
    found = []
    for order in ((0, 1, 2), (2, 0, 1)):
        with in_memory() as connection:
            add_route(connection, threshold=2)
            for number in order:
                add_exceptions(connection, [NOON + timedelta(minutes=number)], first=number)
                alerts = decided(connection)
        found.append(alerts)
    assert found[0] == found[1]
    assert len(found[0]) == 1


def test_tenants_rules_and_audiences_are_alerts_of_their_own(connection: duckdb.DuckDBPyConnection) -> None:
    add_route(connection, audience="legal")
    add_route(connection, audience="security")
    add_exceptions(connection, [NOON])
    add_exceptions(connection, [NOON], first=1, tenant_id="globex")
    add_exceptions(connection, [NOON], first=2, rule_id="denylisted_connector")
    alerts = decided(connection)
    assert sorted((a["rule_id"], a["subject"], a["audience"]) for a in alerts) == [
        ("consent_missing", "acme", "legal"),
        ("consent_missing", "acme", "security"),
        ("consent_missing", "globex", "legal"),
        ("consent_missing", "globex", "security"),
        ("denylisted_connector", "acme", "legal"),
        ("denylisted_connector", "acme", "security"),
    ]
    assert len({a["alert_id"] for a in alerts}) == len({a["fingerprint"] for a in alerts}) == 6


def test_the_most_specific_routes_win_rule_before_severity(connection: duckdb.DuckDBPyConnection) -> None:
    add_route(connection)
    add_route(connection, severity="high", audience="security")
    add_route(connection, rule_id="consent_missing", audience="legal")
    add_exceptions(connection, [NOON])
    add_exceptions(connection, [NOON], first=1, rule_id="unpriced_model")
    add_exceptions(connection, [NOON], first=2, rule_id="unpriced_model", severity="medium")
    assert [(a["rule_id"], a["severity"], a["audience"]) for a in decided(connection)] == [
        ("consent_missing", "high", "legal"),
        ("unpriced_model", "medium", "operations"),
        ("unpriced_model", "high", "security"),
    ]


def test_a_route_counts_from_its_first_instant_to_before_its_end(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    add_route(connection, valid_from=NOON, valid_to=NOON + timedelta(minutes=30))
    second = timedelta(seconds=1)
    add_exceptions(connection, [NOON - second, NOON])
    add_exceptions(connection, [NOON + timedelta(minutes=30) - second, NOON + timedelta(minutes=30)], first=2)
    assert [alert["exceptions"] for alert in decided(connection)] == [2]


def test_what_happens_after_the_as_of_instant_is_not_known_yet(connection: duckdb.DuckDBPyConnection) -> None:
    add_route(connection)
    add_exceptions(connection, [NOON, NOON + timedelta(seconds=1)])
    as_of = NOON.replace(tzinfo=UTC)
    assert [alert["exceptions"] for alert in decided(connection, as_of=as_of)] == [1]


def test_a_channel_is_told_when_its_own_threshold_is_reached(connection: duckdb.DuckDBPyConnection) -> None:
    add_route(connection)
    add_route(connection, channel="slack", threshold=2)
    add_exceptions(connection, [NOON])
    assert len(decided(connection)) == 1
    assert deliveries(connection) == [("outbox", "raise")]
    add_exceptions(connection, [NOON], first=1)
    assert len(decided(connection)) == 1
    assert deliveries(connection) == [("outbox", "raise"), ("slack", "raise")]


def test_an_alert_is_a_cloud_event_with_everything_to_act_on(connection: duckdb.DuckDBPyConnection) -> None:
    add_route(connection, audience="legal")
    add_exceptions(connection, [NOON] * 25, vault_path="/acme/a.md")
    [alert] = decided(connection)
    [event] = events(connection)
    data = event.pop("data")
    assert event == {
        "specversion": "1.0",
        "id": alert["alert_id"],
        "source": "/tracehouse/alerts",
        "type": "governance.alert.raised",
        "subject": "consent_missing",
        "time": "2026-10-14T18:00:00Z",
        "datacontenttype": "application/json",
    }
    assert data == {
        "alert_id": alert["alert_id"],
        "fingerprint": alert["fingerprint"],
        "severity": "high",
        "rule_id": "consent_missing",
        "audience": "legal",
        "summary": "25 open exceptions of tenant acme",
        "tenant_id": "acme",
        "subject_kind": "tenant",
        "subject": "acme",
        "window_start": "2026-10-14T12:00:00Z",
        "window_end": "2026-10-14T13:00:00Z",
        "raised_at": "2026-10-14T18:00:00Z",
        "exceptions": 25,
        "trace_ids": [f"{number:032x}" for number in range(20)],
        "trace_count": 25,
        "trace_url": f"https://traces.example/{0:032x}",
        "vault_paths": ["/acme/a.md"],
        "vault_path_count": 1,
        "remediation": "Ask the tenant.",
        "runbook_url": "https://runbooks.example/consent",
    }


def test_an_alert_without_own_runbook_has_that_of_its_rule(connection: duckdb.DuckDBPyConnection) -> None:
    add_route(connection, runbook_url="of the route", remediation="Look.")
    insert(connection, "seeds.runbooks", rule_id="a", url="of the rule", valid_from=instant("2020-01-01"))
    add_exceptions(connection, [NOON], rule_id="a", runbook_url=None, remediation=None)
    add_exceptions(connection, [NOON], rule_id="b", runbook_url=None, remediation=None, first=1)
    told = {alert["rule_id"]: (alert["runbook_url"], alert["remediation"]) for alert in decided(connection)}
    assert told == {"a": ("of the rule", "Look."), "b": ("of the route", "Look.")}


def set_state(connection: duckdb.DuckDBPyConnection, state: str, *exceptions: str) -> None:
    connection.execute(
        "update lake.marts.compliance_exceptions set state = ? where exception_id in (select unnest(?))",
        [state, list(exceptions)],
    )


def test_an_alert_is_closed_when_nothing_behind_it_is_left_to_settle_and_is_not_raised_again(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    add_route(connection, threshold=2)
    add_exceptions(connection, [NOON, NOON])
    decided(connection)
    set_state(connection, "resolved", "x0")
    assert [(a["closed_at"], a["exceptions"]) for a in decided(connection)] == [(None, 1)]
    set_state(connection, "waived", "x1")
    later = AS_OF + timedelta(hours=1)
    assert [a["closed_at"] for a in decided(connection, as_of=later)] == [instant("2026-10-14 19:00")]
    assert deliveries(connection) == [("outbox", "raise"), ("outbox", "resolve")]
    assert [event["type"] for event in events(connection)][1] == "governance.alert.closed"
    set_state(connection, "open", "x0", "x1")
    assert len(decided(connection)) == 1
    assert len(deliveries(connection)) == 2


def test_the_same_trouble_in_a_later_window_is_raised_again(connection: duckdb.DuckDBPyConnection) -> None:
    add_route(connection)
    add_exceptions(connection, [NOON])
    decided(connection)
    set_state(connection, "resolved", "x0")
    decided(connection)
    add_exceptions(connection, [NOON + timedelta(hours=2)], first=1)
    first, second = decided(connection)
    assert first["fingerprint"] == second["fingerprint"]
    assert first["alert_id"] != second["alert_id"]
    assert (first["closed_at"] is None, second["closed_at"] is None) == (False, True)


def test_exceptions_that_were_all_acknowledged_acknowledge_their_alert_and_do_not_close_it(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    add_route(connection, channel="pagerduty", escalate_after_minutes=60)
    add_exceptions(connection, [NOON])
    decided(connection)
    set_state(connection, "acknowledged", "x0")
    [alert] = decided(connection, as_of=AS_OF + timedelta(hours=5))
    assert (alert["acknowledged_at"], alert["escalated_at"], alert["closed_at"]) == (
        instant("2026-10-14 23:00"),
        None,
        None,
    )
    assert deliveries(connection) == [("pagerduty", "raise"), ("pagerduty", "acknowledge")]


@pytest.mark.parametrize(("minutes", "is_escalated"), [(59, False), (60, True)])
def test_an_alert_that_nobody_acknowledges_is_escalated_once_its_time_is_up(
    connection: duckdb.DuckDBPyConnection, minutes: int, is_escalated: bool
) -> None:
    add_route(connection, escalate_after_minutes=60)
    add_exceptions(connection, [NOON])
    decided(connection)
    decide(connection, as_of=AS_OF + timedelta(minutes=minutes), trace_url=TRACES)
    decide(connection, as_of=AS_OF + timedelta(minutes=minutes), trace_url=TRACES)
    told = [(event["type"], event["data"]["severity"]) for event in events(connection)]
    escalated = [("governance.alert.escalated", "critical")] if is_escalated else []
    assert told == [("governance.alert.raised", "high"), *escalated]


def test_a_route_without_a_time_never_escalates(connection: duckdb.DuckDBPyConnection) -> None:
    add_route(connection)
    add_exceptions(connection, [NOON])
    decided(connection)
    assert [a["escalated_at"] for a in decided(connection, as_of=AS_OF + timedelta(days=400))] == [None]


@pytest.mark.parametrize(("of_the_outbox", "of_the_pager"), [(None, 60), (60, None), (240, 60), (60, 240)])
def test_of_channels_with_several_times_the_shortest_counts(
    connection: duckdb.DuckDBPyConnection, of_the_outbox: int | None, of_the_pager: int | None
) -> None:
    add_route(connection, escalate_after_minutes=of_the_outbox)
    add_route(connection, channel="pagerduty", escalate_after_minutes=of_the_pager)
    add_exceptions(connection, [NOON])
    decided(connection)
    for minutes, is_escalated in ((59, False), (60, True)):
        [alert] = decided(connection, as_of=AS_OF + timedelta(minutes=minutes))
        assert (alert["escalated_at"] is not None) == is_escalated


@pytest.mark.parametrize("of_the_outbox", [None, 600])
def test_a_channel_that_is_told_later_waits_from_then_on(
    connection: duckdb.DuckDBPyConnection, of_the_outbox: int | None
) -> None:
    add_route(connection, escalate_after_minutes=of_the_outbox)
    add_route(connection, channel="pagerduty", threshold=2, escalate_after_minutes=30)
    add_exceptions(connection, [NOON])
    decided(connection)
    add_exceptions(connection, [NOON], first=1)
    decided(connection, as_of=AS_OF + timedelta(hours=2))
    for minutes, is_escalated in ((149, False), (150, True)):
        [alert] = decided(connection, as_of=AS_OF + timedelta(minutes=minutes))
        assert (alert["escalated_at"] is not None) == is_escalated


def test_an_acknowledged_alert_is_not_escalated_and_only_the_pager_is_told(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    add_route(connection, escalate_after_minutes=60)
    add_route(connection, channel="pagerduty", escalate_after_minutes=60)
    add_exceptions(connection, [NOON])
    [alert] = decided(connection)
    answer(connection, "acknowledged", alert["alert_id"], instant("2026-10-14 18:30"))
    answer(connection, "acknowledged", alert["alert_id"], instant("2026-10-14 18:40"))
    [alert] = decided(connection, as_of=AS_OF + timedelta(hours=9))
    assert (alert["acknowledged_at"], alert["escalated_at"]) == (instant("2026-10-14 18:30"), None)
    assert deliveries(connection)[2:] == [("pagerduty", "acknowledge")]


def test_an_answer_after_the_as_of_instant_has_not_been_given_yet(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    add_route(connection)
    add_exceptions(connection, [NOON])
    [alert] = decided(connection)
    answer(connection, "closed", alert["alert_id"], instant("2026-10-14 18:00:01"))
    assert [a["closed_at"] for a in decided(connection)] == [None]
    later = AS_OF + timedelta(seconds=1)
    assert [a["closed_at"] for a in decided(connection, as_of=later)] == [instant("2026-10-14 18:00:01")]
    assert deliveries(connection) == [("outbox", "raise"), ("outbox", "resolve")]


def hold(connection: duckdb.DuckDBPyConnection, number: int, state: str, at: datetime) -> None:
    insert(
        connection,
        "marts.publications",
        publication_id=f"r{number:08d}",
        published_at=at,
        mart="token_usage_daily",
        state=state,
    )


def test_a_held_mart_is_one_alert_from_the_first_hold_until_it_is_published(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    add_route(connection, rule_id="gate_hold")
    hold(connection, 1, "published", NOON)
    for number in (2, 3):
        hold(connection, number, "held", NOON + timedelta(hours=number))
        [alert] = decided(connection, *HOLDS)
    assert (alert["rule_id"], alert["subject"], alert["audience"], alert["window_start"]) == (
        "gate_hold",
        "token_usage_daily",
        "operations",
        instant("2026-10-14 14:00"),
    )
    assert alert["exceptions"] is None
    hold(connection, 4, "published", NOON + timedelta(hours=4))
    assert [a["closed_at"] is None for a in decided(connection, *HOLDS)] == [False]
    hold(connection, 5, "held", NOON + timedelta(hours=5))
    assert [a["closed_at"] is None for a in decided(connection, *HOLDS)] == [False, True]


def test_a_mart_that_is_held_again_within_the_window_is_told_of_again(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    add_route(connection, rule_id="gate_hold", window_minutes=1440)
    for number, state in enumerate(["held", "held", "published", "held"], start=1):
        hold(connection, number, state, NOON + timedelta(minutes=20 * number))
        alerts = decided(connection, *HOLDS)
    assert [(alert["window_start"], alert["closed_at"] is None) for alert in alerts] == [
        (instant("2026-10-14 12:20"), False),
        (instant("2026-10-14 13:20"), True),
    ]


def test_looking_at_exceptions_alone_closes_no_alert_about_a_held_mart(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    add_route(connection)
    hold(connection, 1, "held", NOON)
    decided(connection, *HOLDS)
    assert [alert["closed_at"] for alert in decided(connection, *BREACHES)] == [None]


def limit(
    connection: duckdb.DuckDBPyConnection, kpi: str, comparator: str, threshold: float, **more: Any
) -> None:
    row = {"rule_id": "*", "severity": "high", "valid_from": instant("2020-01-01"), "remediation": "Mend it."}
    insert(
        connection,
        "seeds.policy_escalations",
        kpi=kpi,
        comparator=comparator,
        threshold=threshold,
        **row | more,
    )


def kpis(connection: duckdb.DuckDBPyConnection, jurisdiction: str, **numbers: int | None) -> None:
    row: dict[str, Any] = {
        "kpi_date": NOON.date(),
        "rule_id": "consent_missing",
        "jurisdiction": jurisdiction,
    }
    insert(connection, "marts.compliance_kpis_daily", **row | numbers)


def test_a_kpi_raises_an_alert_on_the_far_side_of_its_threshold_only(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    make_table(connection, "marts.compliance_kpis_daily", KPIS)
    add_route(connection, audience="legal", threshold=50)
    limit(connection, "unknown_rate", ">=", 0.2)
    kpis(connection, "DE", evaluated=10, unknown=2)
    kpis(connection, "FR", evaluated=100, unknown=19)
    kpis(connection, "IT", evaluated=0, unknown=0)
    kpis(connection, "ES", evaluated=10, unknown=None)
    [alert] = decided(connection)
    assert (alert["subject"], alert["summary"]) == ("DE", "unknown_rate is 0.2, >= 0.2 in DE")
    assert (alert["window_start"], alert["window_end"]) == (instant("2026-10-14"), instant("2026-10-15"))
    assert (alert["severity"], alert["exceptions"], alert["remediation"]) == ("high", None, "Mend it.")


def test_a_row_that_cannot_be_used_is_told_and_stops_no_other(connection: duckdb.DuckDBPyConnection) -> None:
    add_route(connection)
    add_route(connection, channel="fax")
    add_route(connection, rule_id="consent_missing", window_minutes=0)
    add_route(connection, severity="high", threshold=None)
    limit(connection, "violations", "=", 5)
    limit(connection, "mood", ">", 5)
    add_exceptions(connection, [NOON])
    decision = decide(connection, as_of=AS_OF, trace_url=TRACES, about=BREACHES)
    assert decision.raised == 1
    told = [warning.removesuffix(" It raises nothing.") for warning in decision.warnings]
    assert told == [
        "seeds/alert_routes.csv: the row of *, *, fax has the channel fax; give one of outbox, slack, "
        "pagerduty.",
        "seeds/alert_routes.csv: the row of *, high, outbox has the threshold (empty); give 1 or more.",
        "seeds/alert_routes.csv: the row of consent_missing, *, outbox has the window_minutes 0; "
        "give 1 or more.",
        "seeds/policy_escalations.csv: the row of *, high, mood has the kpi mood; give one of evaluated, "
        "violations, unknown, open_exceptions, oldest_open_days, violation_rate, unknown_rate.",
        "seeds/policy_escalations.csv: the row of *, high, violations has the comparator =; "
        "give one of > >= < <=.",
    ]
    assert deliveries(connection) == [("outbox", "raise")]


@pytest.mark.parametrize(
    ("comparator", "crossed"), [(">", ["c"]), (">=", ["b", "c"]), ("<", ["a"]), ("<=", ["a", "b"])]
)
def test_comparators_mean_what_they_say(
    connection: duckdb.DuckDBPyConnection, comparator: str, crossed: list[str]
) -> None:
    make_table(connection, "marts.compliance_kpis_daily", KPIS)
    add_route(connection)
    limit(connection, "violations", comparator, 5)
    for jurisdiction, violations in (("a", 4), ("b", 5), ("c", 6)):
        kpis(connection, jurisdiction, violations=violations)
    assert [alert["subject"] for alert in decided(connection)] == crossed


def test_limits_that_name_the_rule_take_the_place_of_those_for_any(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    make_table(connection, "marts.compliance_kpis_daily", KPIS)
    add_route(connection)
    limit(connection, "violations", ">=", 1)
    limit(connection, "violations", ">=", 100, rule_id="consent_missing")
    kpis(connection, "DE", violations=99)
    assert decided(connection) == []


def test_a_kpi_that_late_data_mends_closes_its_alert(connection: duckdb.DuckDBPyConnection) -> None:
    make_table(connection, "marts.compliance_kpis_daily", KPIS)
    add_route(connection)
    limit(connection, "violations", ">=", 5)
    kpis(connection, "DE", violations=5)
    assert [alert["closed_at"] for alert in decided(connection)] == [None]
    connection.execute("update lake.marts.compliance_kpis_daily set violations = 4")
    assert [alert["closed_at"] is None for alert in decided(connection)] == [False]


def test_deciding_again_without_news_writes_nothing_to_the_lake(small_lake: Settings) -> None:
    with lake.connect(small_lake) as connection:
        add_route(connection)
        add_exceptions(connection, [NOON])
        decided(connection)
        before = lake.current_snapshot(connection)
        decided(connection)
        assert lake.current_snapshot(connection) == before
