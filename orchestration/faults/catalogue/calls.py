"""Telemetry that lands and lies: clocks, roll-ups, token dialects, copies, counters."""

from __future__ import annotations

from dataclasses import replace

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from ingest.sample.dialects import spans_of
from ingest.sample.encode import traces_json
from ingest.sample.origins import helper_origin
from ingest.sample.telemetry import CONSUMER, PRODUCER, Attributes, HistogramPoint, Span
from orchestration.faults.clean import (
    DAYS,
    TODAY,
    at,
    document_run,
    hex_of,
    metrics_of,
    support_run,
    tokens_counted,
    traces_of,
)
from orchestration.faults.fault import Fault, Plant, dbt_test, explanation, gate, unmoved
from orchestration.faults.planting import both, file, lines, spans_with, traces

_SECOND = 1_000_000_000
_RUN = support_run(at(hour=15), "planted")
# Runs that stand in the clean folder.
_SEEN = support_run(at(hour=9))
_METERED = document_run(at(hour=10))
_DELTA = 1
_INPUT, _OUTPUT = len(DAYS) * 1_000, len(DAYS) * 200


def _later(points: list[HistogramPoint]) -> list[HistogramPoint]:
    """The points as exported an hour after those of the clean folder."""
    return [replace(point, time_ns=point.time_ns + 3_600 * _SECOND) for point in points]


def _exported(points: list[HistogramPoint]) -> Plant:
    """The points in a file of their own."""
    return _metrics(metrics_of(_METERED, _later(points)))


def _metrics(request: bytes) -> Plant:
    return file("otlp/planted/metrics.binpb", len(request).to_bytes(4, "big") + request)


def _as_delta(request: bytes) -> bytes:
    told = ExportMetricsServiceRequest.FromString(request)
    for metric in told.resource_metrics[0].scope_metrics[0].metrics:
        metric.histogram.aggregation_temporality = _DELTA  # type: ignore[assignment]
    return bytes(told.SerializeToString(deterministic=True))


def _message(lag_seconds: int) -> list[Span]:
    """A message and its consumer, which starts `lag_seconds` after it."""
    sent, *_ = spans_of(_RUN)
    about = {"messaging.system": "kafka", "messaging.destination.name": "results"}
    shared = {key: sent.attributes[key] for key in ("tenant.id", "data.jurisdiction")}
    produced = Span(
        trace_id=hex_of("message"),
        span_id=hex_of("produced", digits=16),
        parent_id="",
        name="publish results",
        kind=PRODUCER,
        start_ns=_RUN.start_ns,
        end_ns=_RUN.start_ns + _SECOND,
        attributes=shared | about | {"messaging.message.id": "planted"},
    )
    consumed = replace(
        produced,
        span_id=hex_of("consumed", digits=16),
        parent_id=produced.span_id,
        name="process results",
        kind=CONSUMER,
        start_ns=produced.start_ns + lag_seconds * _SECOND,
        end_ns=produced.end_ns + lag_seconds * _SECOND,
    )
    return [produced, consumed]


def _moved(seconds: int) -> list[Span]:
    """The run by a clock that is wrong by so much."""
    return [
        replace(span, start_ns=span.start_ns + seconds * _SECOND, end_ns=span.end_ns + seconds * _SECOND)
        for span in spans_of(_RUN)
    ]


def _with_rollup(input_tokens: int, output_tokens: int) -> bytes:
    """The agent's span of the clean run again, ending later, now with the usage of what is below it."""
    told: Attributes = {
        "gen_ai.request.model": "gpt-4.1",
        "gen_ai.response.model": "gpt-4.1-2025-04-14",
        "gen_ai.usage.input_tokens": input_tokens,
        "gen_ai.usage.output_tokens": output_tokens,
    }
    agent = spans_with(_METERED, told, operation="invoke_agent")[1]
    return traces_of(_METERED, [replace(agent, end_ns=agent.end_ns + 1)])


def _through_a_proxy() -> bytes:
    """The clean run's call as a proxy saw it: another trace and service, the same response."""
    call = next(span for span in spans_of(_SEEN) if span.attributes.get("gen_ai.operation.name") == "chat")
    seen = replace(
        call,
        trace_id=hex_of("proxy"),
        span_id=hex_of("proxy", digits=16),
        parent_id="",
        start_ns=call.start_ns + 1_000_000,
        end_ns=call.end_ns - 1_000_000,
    )
    return traces_json(helper_origin("llm-proxy", "us-east-1", "production"), [seen])


FAULTS = (
    Fault(
        "a clock set back: a span ends before it starts",
        "spans",
        dbt_test("assert_no_operation_ends_before_it_starts"),
        traces(
            _RUN,
            [
                replace(span, end_ns=span.start_ns - _SECOND) if index == 2 else span
                for index, span in enumerate(spans_of(_RUN))
            ],
        ),
    ),
    Fault(
        "a message that arrives before it was sent",
        "spans",
        dbt_test("assert_no_message_arrives_before_it_was_sent"),
        traces(_RUN, _message(-5)),
    ),
    Fault(
        "a clock half a year ahead",
        "spans",
        dbt_test("assert_nothing_comes_from_the_future"),
        traces(_RUN, _moved(180 * 86_400)),
    ),
    Fault(
        "a roll-up repeats the usage of what is below it",
        "spans",
        unmoved("token_usage_daily"),
        lines("otlp/planted/traces.jsonl", _with_rollup(1_000, 200)),
    ),
    Fault(
        "metrics count a roll-up beside its calls",
        "metrics",
        explanation("roll-up"),
        both(
            lines("otlp/planted/traces.jsonl", _with_rollup(1_000, 200)),
            _exported(tokens_counted(TODAY, _INPUT + 1_000, _OUTPUT + 200)),
        ),
    ),
    Fault(
        "a roll-up of twice what is below it",
        "spans",
        dbt_test("assert_a_roll_up_says_what_is_below_it"),
        lines("otlp/planted/traces.jsonl", _with_rollup(2_000, 400)),
    ),
    Fault(
        "cached tokens outside of input, where the dialect has them inside",
        "spans",
        gate("token_usage_daily", "calls_with_a_negative_class_reconciles_with_int_counted_usage"),
        traces(_RUN, spans_with(_RUN, {"gen_ai.usage.cache_read.input_tokens": 5_000}, operation="chat")),
        also=(gate("*", "*_tokens_is_in_range"),),
    ),
    Fault(
        "metrics count cached tokens once more",
        "metrics",
        explanation("cache semantics"),
        _exported(tokens_counted(TODAY, _INPUT + 100, _OUTPUT)),
    ),
    Fault(
        "a span is delivered twice",
        "spans",
        unmoved("token_usage_daily"),
        lines("otlp/planted/traces.jsonl", traces_of(_SEEN, spans_of(_SEEN)[1:])),
    ),
    Fault(
        "a proxy and its client tell of one response",
        "spans",
        unmoved("token_usage_daily"),
        lines("otlp/planted/traces.jsonl", _through_a_proxy()),
    ),
    Fault(
        "a counter begins again and keeps its old start",
        "metrics",
        explanation("unexplained"),
        _exported(tokens_counted(TODAY, 1_000, 200)),
    ),
    Fault(
        "totals since the start, sent as what came since the last export",
        "metrics",
        explanation("unexplained"),
        _metrics(_as_delta(metrics_of(_METERED, _later(tokens_counted(TODAY, _INPUT, _OUTPUT))))),
    ),
    Fault(
        "a histogram whose buckets hold more than it counted",
        "metrics",
        dbt_test("assert_histograms_count_what_their_buckets_hold"),
        _exported(
            [
                replace(point, bucket_counts=[0, len(DAYS) + 5, 0])
                for point in tokens_counted(TODAY, _INPUT, _OUTPUT)
            ]
        ),
    ),
    Fault(
        "a cost reported at a thousand times the price",
        "spans",
        dbt_test("assert_reported_costs_are_near_the_computed"),
        traces(_RUN, spans_with(_RUN, {"operation.cost": 3.2}, operation="chat")),
    ),
)
