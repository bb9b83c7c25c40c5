"""What does not come, comes too often, or comes twice and differs."""

from __future__ import annotations

import msgspec

from orchestration.faults.clean import (
    DAYS,
    SUPPORTED,
    TODAY,
    at,
    decision_of,
    snapshot_of,
    support_run,
    traces_of,
)
from orchestration.faults.fault import Fault, dbt_test, gate, unmoved
from orchestration.faults.planting import events, lines, spans_with

_GAP = DAYS[4]
_SEEN = support_run(at(hour=9))
_FLOOD = [support_run(at(hour=15), f"planted-{number}") for number in range(40)]

FAULTS = (
    Fault(
        "nothing came for three days",
        "every source",
        gate("token_usage_daily", "newest_day_is_fresh"),
        days_later=3,
        also=(gate("*", "newest_day_is_fresh"),),
    ),
    Fault(
        "a day of telemetry never came",
        "every source",
        dbt_test("assert_no_source_skips_a_day"),
        without=(f"otlp/*/*-{_GAP}.*",),
    ),
    Fault(
        "a day of usage snapshots never came",
        "usage snapshot",
        dbt_test("assert_no_source_skips_a_day"),
        without=(f"usage/*-{_GAP}.*",),
    ),
    Fault(
        "twenty times the usual rows in a day",
        "spans",
        gate("token_usage_daily", "volume_of_each_day_is_usual"),
        lines(
            "otlp/planted/traces.jsonl",
            *(
                traces_of(run, spans_with(run, {"gen_ai.workflow.name": f"refunds-{number}"}))
                for number, run in enumerate(_FLOOD)
            ),
        ),
        also=(gate("*", "volume_of_each_day_is_usual"),),
    ),
    Fault(
        "two events of one id that say different things",
        "policy event",
        dbt_test("assert_an_event_says_one_thing"),
        events(decision_of(_SEEN, f"decision-{TODAY}", reason="another")),
    ),
    Fault(
        "an event is delivered again",
        "policy event",
        unmoved("policy_outcomes_daily"),
        events(decision_of(_SEEN, f"decision-{TODAY}") + b" "),
    ),
    Fault(
        "two snapshots of a tenant and day that differ",
        "usage snapshot",
        dbt_test("assert_a_snapshot_says_one_thing"),
        lines("usage/planted.jsonl", msgspec.json.encode(snapshot_of(SUPPORTED, TODAY, seats=400))),
    ),
)
