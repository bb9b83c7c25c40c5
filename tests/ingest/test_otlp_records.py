"""One rule in one place: the same telemetry in JSON and protobuf gives the same rows, good and bad."""

from __future__ import annotations

import base64
import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest
from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from ingest.otlp import decode
from ingest.pieces import Limits, Piece
from tests.ingest.otlp_reading import SPAN_ID, START, TRACE_ID, Read, logs, metrics, read, span, traces

REQUESTS = {
    "traces": ExportTraceServiceRequest,
    "metrics": ExportMetricsServiceRequest,
    "logs": ExportLogsServiceRequest,
}
DAY = dt.date(2025, 10, 9)
AT = dt.datetime(2025, 10, 9, 8, 53, 20)  # noqa: DTZ001 - the lake keeps UTC without a zone


def as_protobuf(line: bytes, signal: str) -> bytes:
    """The same request as protobuf; ids are bytes there, which ProtoJSON writes as base64."""
    request = json_format.ParseDict(_ids_as_base64(json.loads(line)), REQUESTS[signal]())
    return bytes(request.SerializeToString())


def _ids_as_base64(value: Any) -> Any:
    if isinstance(value, list):
        return [_ids_as_base64(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: base64.b64encode(bytes.fromhex(item)).decode()
        if key in ("traceId", "spanId", "parentSpanId")
        else _ids_as_base64(item)
        for key, item in value.items()
    }


def both(line: bytes, signal: str) -> list[Read]:
    return [read(line), read(as_protobuf(line, signal), f"otlp/{signal}.pb")]


def attribute(key: str, **value: Any) -> dict[str, Any]:
    return {"key": key, "value": value}


def one_span(*attributes: Any, **fields: Any) -> dict[str, Any]:
    return read(traces(span(attributes=list(attributes), **fields))).rows["spans"][0]


FULL_SPAN = span(
    parentSpanId="00000000000000b1",
    traceState="ot=th:8",
    flags=257,
    status={"code": 2, "message": "no answer"},
    attributes=[
        attribute("gen_ai.request.model", stringValue="gpt-4o"),
        attribute("gen_ai.usage.input_tokens", intValue="100"),
        attribute("temperature", doubleValue=0.5),
        attribute("stop", arrayValue={"values": [{"stringValue": 'a "b"\n'}, {"intValue": "1"}, {}]}),
    ],
    events=[{"timeUnixNano": str(START + 1), "name": "first", "attributes": [attribute("n", intValue="1")]}],
    links=[{"traceId": "0" * 31 + "1", "spanId": "0" * 15 + "1", "flags": 1}],
    droppedAttributesCount=1,
    droppedEventsCount=2,
    droppedLinksCount=3,
)


def test_a_span_lands_with_every_field() -> None:
    for result in both(traces(FULL_SPAN), "traces"):
        row = result.rows["spans"][0]
        digest = row.pop("record_digest")
        assert len(digest) == 32
        assert row == {
            "event_date": DAY,
            "trace_id": TRACE_ID,
            "span_id": SPAN_ID,
            "parent_span_id": "00000000000000b1",
            "trace_state": "ot=th:8",
            "flags": 257,
            "name": "chat",
            "kind": "CLIENT",
            "start_time_unix_nano": START,
            "end_time_unix_nano": START + 250_000_000,
            "started_at": AT,
            "ended_at": AT + dt.timedelta(milliseconds=250),
            "status_code": "ERROR",
            "status_message": "no answer",
            "attributes": [
                ("gen_ai.request.model", "gpt-4o"),
                ("gen_ai.usage.input_tokens", "100"),
                ("temperature", "0.5"),
                ("stop", '["a \\"b\\"\\n", 1, null]'),
            ],
            "attribute_types": [
                ("gen_ai.usage.input_tokens", "int"),
                ("temperature", "double"),
                ("stop", "array"),
            ],
            "attributes_repeated": [],
            "dropped_attributes_count": 1,
            "dropped_events_count": 2,
            "dropped_links_count": 3,
            "resource_attributes": [],
            "resource_attribute_types": [],
            "resource_attributes_repeated": [],
            "resource_schema_url": None,
            "scope_name": "agent",
            "scope_version": None,
            "scope_attributes": [],
            "scope_attribute_types": [],
            "scope_attributes_repeated": [],
            "scope_schema_url": None,
        }


def test_events_and_links_stand_with_their_span_on_its_day() -> None:
    for result in both(traces(FULL_SPAN), "traces"):
        event, link = result.rows["span_events"][0], result.rows["span_links"][0]
        assert (event["event_date"], event["span_id"], event["event_index"]) == (DAY, SPAN_ID, 0)
        assert (event["name"], event["time_unix_nano"]) == ("first", START + 1)
        assert (link["linked_trace_id"], link["linked_span_id"], link["flags"]) == (
            "0" * 31 + "1",
            "0" * 15 + "1",
            1,
        )


VALUES = {
    "an empty string": ({"stringValue": ""}, "", None),
    "zero": ({"intValue": "0"}, "0", "int"),
    "a negative integer": ({"intValue": "-9223372036854775808"}, "-9223372036854775808", "int"),
    "a whole double": ({"doubleValue": 3.0}, "3.0", "double"),
    "a large double": ({"doubleValue": 1e308}, "1e+308", "double"),
    "no number": ({"doubleValue": "NaN"}, "NaN", "double"),
    "minus infinity": ({"doubleValue": "-Infinity"}, "-Infinity", "double"),
    "false": ({"boolValue": False}, "false", "bool"),
    "bytes": ({"bytesValue": "AAEC/w=="}, "AAEC/w==", "bytes"),
    "nothing": ({}, "", "empty"),
    "an empty array": ({"arrayValue": {}}, "[]", "array"),
    "typed items": (
        {"arrayValue": {"values": [{"doubleValue": 2}, {"bytesValue": "AA=="}, {"doubleValue": "NaN"}]}},
        '[2.0, {"bytesValue": "AA=="}, {"doubleValue": "NaN"}]',
        "array",
    ),
    "a map, in key order": (
        {
            "kvlistValue": {
                "values": [attribute("b", boolValue=True), attribute("a", kvlistValue={"values": []})]
            }
        },
        '{"a": {}, "b": true}',
        "kvlist",
    ),
}


@pytest.mark.parametrize("name", VALUES)
def test_an_attribute_value_keeps_its_type(name: str) -> None:
    value, text, kind = VALUES[name]
    for result in both(traces(span(attributes=[{"key": "k", "value": value}])), "traces"):
        row = result.rows["spans"][0]
        assert row["attributes"] == [("k", text)]
        assert row["attribute_types"] == ([("k", kind)] if kind else [])


def test_the_first_of_repeated_keys_is_in_the_map_and_the_rest_are_kept() -> None:
    row = one_span(attribute("k", intValue="1"), attribute("k", stringValue="2"), attribute("k", intValue=3))
    assert row["attributes"] == [("k", "1")]
    assert row["attribute_types"] == [("k", "int")]
    assert row["attributes_repeated"] == [
        {"key": "k", "value": "2", "type": None},
        {"key": "k", "value": "3", "type": "int"},
    ]


def digest(**fields: Any) -> str:
    return str(read(traces(span(**fields))).rows["spans"][0]["record_digest"])


A, B = attribute("a", intValue="1"), attribute("b", doubleValue=0.0)
SPELLINGS = {
    "key order": ({"attributes": [A, B]}, {"attributes": [B, A]}),
    "a number or its text": ({"startTimeUnixNano": str(START)}, {"startTimeUnixNano": START}),
    "an exponent": ({"startTimeUnixNano": "1760000000000000000"}, {"startTimeUnixNano": "1.76e18"}),
    "0 and 0.0": ({"attributes": [B]}, {"attributes": [attribute("b", doubleValue=0)]}),
    "an enum's name": ({"kind": 3}, {"kind": "SPAN_KIND_CLIENT"}),
    "null and absent": ({"traceState": None}, {"links": []}),
    "hex in capitals": ({"traceId": TRACE_ID}, {"traceId": TRACE_ID.upper()}),
    "hex and base64": (
        {"traceId": TRACE_ID},
        {"traceId": base64.b64encode(bytes.fromhex(TRACE_ID)).decode()},
    ),
    "a zero parent and none": ({"parentSpanId": "0" * 16}, {"parentSpanId": ""}),
    "padded and url-safe bytes": (
        {"attributes": [attribute("k", bytesValue="-_8")]},
        {"attributes": [attribute("k", bytesValue="+/8=")]},
    ),
}


@pytest.mark.parametrize("name", SPELLINGS)
def test_the_same_span_in_another_spelling_has_the_same_digest(name: str) -> None:
    one, other = SPELLINGS[name]
    assert digest(**one) == digest(**other)


@pytest.mark.parametrize(
    "change",
    [
        {"name": "other"},
        {"endTimeUnixNano": str(START + 1)},
        {"attributes": [attribute("a", stringValue="1")]},
        {"attributes": [attribute("a", intValue="1")]},
        {"attributes": [attribute("a", doubleValue=1)]},
        {"events": [{"name": "first"}]},
        {"links": [{"traceId": TRACE_ID, "spanId": SPAN_ID}]},
        {"status": {"code": 2}},
    ],
)
def test_any_other_value_has_another_digest(change: dict[str, Any]) -> None:
    assert digest(**change) != digest()


def test_json_and_protobuf_of_one_request_give_the_same_digests() -> None:
    from_json, from_protobuf = both(traces(FULL_SPAN, span(spanId="00000000000000a1")), "traces")
    assert from_json.rows == from_protobuf.rows


BAD_SPANS = {
    "a short trace id": ({"traceId": "abcdef"}, "bad_trace_id"),
    "an odd number of hex digits": ({"traceId": TRACE_ID[:-1]}, "bad_trace_id"),
    "no hex": ({"spanId": "zzzzzzzzzzzzzzzz"}, "bad_span_id"),
    "no trace id": ({"traceId": None}, "bad_trace_id"),
    "a zero span id": ({"spanId": "0" * 16}, "bad_span_id"),
    "a short parent": ({"parentSpanId": "ab"}, "bad_parent_span_id"),
    "a negative time": ({"startTimeUnixNano": "-1"}, "time_out_of_range"),
    "2500": ({"endTimeUnixNano": "16725225600000000000"}, "time_out_of_range"),
    "milliseconds": ({"startTimeUnixNano": "1760000000000"}, "implausible_time"),
    "the last nanosecond of 1999": ({"startTimeUnixNano": "946684799999999999"}, "implausible_time"),
    "a fraction": ({"startTimeUnixNano": "1.5"}, "bad_field"),
    "an endless number": ({"startTimeUnixNano": "1e999999999"}, "number_out_of_range"),
    "an integer beyond 64 bits": (
        {"attributes": [attribute("k", intValue="9223372036854775808")]},
        "number_out_of_range",
    ),
    "a bare integer beyond 64 bits": (
        {"attributes": [attribute("k", intValue=2**70)]},
        "number_out_of_range",
    ),
    "an unknown enum name": ({"kind": "SPAN_KIND_OTHER"}, "bad_field"),
    "text that is none": ({"name": 7}, "bad_field"),
    "attributes that are none": ({"attributes": {"k": "v"}}, "bad_field"),
    "two values in one": ({"attributes": [attribute("k", intValue="1", boolValue=True)]}, "bad_attribute"),
    "a key by index": ({"attributes": [{"keyStrindex": 4, "value": {}}]}, "unresolved_string_index"),
    "an empty key and one by index": (
        {"attributes": [{"key": "", "keyStrindex": 4, "value": {"stringValue": "x"}}]},
        "unresolved_string_index",
    ),
    "an empty key in snake_case": (
        {"attributes": [{"key": "", "key_strindex": 4, "value": {"intValue": "1"}}]},
        "unresolved_string_index",
    ),
}


@pytest.mark.parametrize("name", BAD_SPANS)
def test_a_bad_span_is_quarantined_alone_and_can_be_read_again(name: str) -> None:
    fields, code = BAD_SPANS[name]
    result = read(traces(span(), span(attributes=[attribute("secret", stringValue="s3cr3t")]) | fields))
    assert ([row["span_id"] for row in result.rows["spans"]], result.codes) == ([SPAN_ID], [code])
    assert "s3cr3t" not in result.bad[0].reason
    assert result.bad[0].signal == "traces"
    assert read(result.bad[0].raw).codes == [code]


def test_a_key_that_is_given_counts_whatever_index_stands_beside_it() -> None:
    for content in ({"stringValue": "x"}, {"intValue": 1}):
        line = traces(span(attributes=[{"key": "k", "keyStrindex": 4, "value": content}]))
        in_json, in_protobuf = both(line, "traces")
        assert in_json.rows["spans"][0]["attributes"] == [("k", *map(str, content.values()))]
        assert in_json.digests("spans") == in_protobuf.digests("spans")


def test_the_first_nanosecond_of_2000_and_the_last_of_int64_land() -> None:
    row = one_span(startTimeUnixNano="946684800000000000", endTimeUnixNano=str(2**63 - 1))
    assert (row["event_date"], row["end_time_unix_nano"]) == (dt.date(2000, 1, 1), 2**63 - 1)


def test_a_bad_protobuf_span_is_quarantined_alone() -> None:
    request = ExportTraceServiceRequest()
    spans = request.resource_spans.add().scope_spans.add().spans
    good, short, indexed = spans.add(), spans.add(), spans.add()
    for item in (good, short, indexed):
        item.trace_id, item.span_id = bytes.fromhex(TRACE_ID), bytes.fromhex(SPAN_ID)
    short.span_id = b"abc"
    indexed.attributes.add().value.string_value_strindex = 3
    result = read(request.SerializeToString(), "traces.pb")
    assert len(result.rows["spans"]) == 1
    assert result.codes == ["bad_span_id", "unresolved_string_index"]
    assert read(result.bad[0].raw, "traces.pb").codes == ["bad_span_id"]


def test_text_that_is_no_utf8_costs_its_own_protobuf_span_only() -> None:
    line = traces(span(name="good"), span(name="CUT!"), span(name="fine"))
    result = read(as_protobuf(line, "traces").replace(b"CUT!", b"\xff\xff\xff\xff"), "traces.pb")
    assert [row["name"] for row in result.rows["spans"]] == ["good", "fine"]
    assert result.codes == ["malformed_protobuf"]


@pytest.mark.parametrize("path", ["traces.pb", "metrics.pb"])
def test_logs_under_another_signals_path_never_become_its_rows(path: str) -> None:
    record = {"timeUnixNano": str(START), "severityText": "INFO", "body": {"stringValue": "hello"}}
    result = read(as_protobuf(logs(record), "logs"), path)
    assert (result.rows["spans"], result.rows["metric_points"], len(result.bad)) == ([], [], 1)


def test_spans_under_a_path_of_logs_never_become_log_records() -> None:
    result = read(as_protobuf(traces(span(), span()), "traces"), "logs.pb")
    assert (result.rows["log_records"], len(result.bad)) == ([], 2)


def test_nesting_up_to_the_limit_lands_and_beyond_it_is_quarantined() -> None:
    def nested(depth: int) -> dict[str, Any]:
        value: dict[str, Any] = {"intValue": "1"}
        for _ in range(depth - 1):
            value = {"arrayValue": {"values": [value]}}
        return span(attributes=[{"key": "k", "value": value}])

    assert read(traces(nested(100))).codes == []
    assert read(traces(nested(101))).codes == ["too_deep"]


def test_snake_case_and_the_names_before_1_0_are_read() -> None:
    snake = b"""{"resource_spans": [{"scope_spans": [{"spans": [{"trace_id": "%s", "span_id": "%s",
        "start_time_unix_nano": "%d", "attributes": [{"key": "a_b", "value": {"int_value": "1"}}]}]}]}]}"""
    legacy = b"""{"resourceSpans": [{"instrumentationLibrarySpans": [{"instrumentationLibrary": {"name": "x"},
        "spans": [{"traceId": "%s", "spanId": "%s", "startTimeUnixNano": "%d"}]}]}]}"""
    ids = (TRACE_ID.encode(), SPAN_ID.encode(), START)
    assert read(snake % ids).rows["spans"][0]["attributes"] == [("a_b", "1")]
    assert read(legacy % ids).rows["spans"][0]["scope_name"] == "x"


def test_unknown_enum_numbers_stay_numbers() -> None:
    row = one_span(kind=99, status={"code": 7})
    assert (row["kind"], row["status_code"]) == ("99", "7")


def test_an_unknown_time_is_null_and_on_no_day() -> None:
    row = one_span(startTimeUnixNano="0", endTimeUnixNano=None)
    assert (row["event_date"], row["start_time_unix_nano"], row["ended_at"]) == (None, None, None)


def test_a_log_without_a_time_stands_at_its_observed_time() -> None:
    line = logs(
        {"observedTimeUnixNano": str(START), "severityNumber": "SEVERITY_NUMBER_WARN2", "eventName": "e"},
        {"timeUnixNano": str(START), "body": {"kvlistValue": {"values": [attribute("k", intValue="1")]}}},
        {},
    )
    for result in both(line, "logs"):
        observed, timed, empty = result.rows["log_records"]
        assert (observed["event_date"], observed["time_unix_nano"], observed["occurred_at"]) == (
            DAY,
            None,
            AT,
        )
        assert (observed["severity_number"], observed["event_name"], observed["body"]) == (14, "e", None)
        assert (timed["body"], timed["body_type"]) == ('{"k": 1}', "kvlist")
        assert (empty["event_date"], empty["occurred_at"], empty["severity_number"]) == (None, None, None)


def point(**fields: Any) -> dict[str, Any]:
    return {"startTimeUnixNano": str(START - 60), "timeUnixNano": str(START)} | fields


def test_every_kind_of_metric_point_lands() -> None:
    line = metrics(
        {"name": "g", "unit": "By", "gauge": {"dataPoints": [point(asInt="0"), point(asDouble=1.5)]}},
        {
            "name": "s",
            "sum": {
                "aggregationTemporality": "AGGREGATION_TEMPORALITY_DELTA",
                "isMonotonic": True,
                "dataPoints": [point(asInt="-7")],
            },
        },
        {
            "name": "h",
            "histogram": {
                "aggregationTemporality": 2,
                "dataPoints": [
                    point(
                        count="18446744073709551615",
                        sum=6.5,
                        bucketCounts=["1", "2"],
                        explicitBounds=[1.0],
                        exemplars=[
                            {"timeUnixNano": str(START), "asInt": "4", "traceId": TRACE_ID, "spanId": SPAN_ID}
                        ],
                    )
                ],
            },
        },
        {
            "name": "e",
            "exponentialHistogram": {
                "aggregationTemporality": 1,
                "dataPoints": [
                    point(
                        count="3",
                        scale=-1,
                        zeroCount="1",
                        min=0.0,
                        positive={"offset": -2, "bucketCounts": ["1", "1"]},
                    )
                ],
            },
        },
        {
            "name": "q",
            "summary": {
                "dataPoints": [point(count="2", sum=3, quantileValues=[{"quantile": 0.5, "value": 1.0}])]
            },
        },
    )
    for result in both(line, "metrics"):
        zero, half, total, histogram, exponential, summary = result.rows["metric_points"]
        assert (zero["metric_type"], zero["unit"], zero["value_int"], zero["value_double"]) == (
            "gauge",
            "By",
            0,
            None,
        )
        assert (half["value_int"], half["value_double"], half["aggregation_temporality"]) == (None, 1.5, None)
        assert (total["value_int"], total["aggregation_temporality"], total["is_monotonic"]) == (
            -7,
            "DELTA",
            True,
        )
        assert histogram["count"] == Decimal("18446744073709551615")
        assert (histogram["sum"], histogram["min"], histogram["is_monotonic"]) == (6.5, None, None)
        assert (histogram["bucket_counts"], histogram["explicit_bounds"]) == ([1, 2], [1.0])
        assert (histogram["exemplars"][0]["value_int"], histogram["exemplars"][0]["span_id"]) == (4, SPAN_ID)
        assert (exponential["scale"], exponential["zero_count"], exponential["min"]) == (-1, 1, 0.0)
        assert (exponential["positive_offset"], exponential["positive_bucket_counts"]) == (-2, [1, 1])
        assert (exponential["negative_offset"], exponential["negative_bucket_counts"]) == (None, None)
        assert (exponential["sum"], exponential["zero_threshold"]) == (None, 0.0)
        assert summary["quantiles"] == [{"quantile": 0.5, "value": 1.0}]
        assert (summary["event_date"], summary["occurred_at"]) == (DAY, AT)


def test_a_point_that_recorded_no_value_has_none() -> None:
    line = metrics({"name": "g", "gauge": {"dataPoints": [point(flags=1, asInt="5")]}})
    for result in both(line, "metrics"):
        assert result.rows["metric_points"][0]["value_int"] is None


def test_repeats_in_metadata_and_in_the_attributes_of_an_exemplar_are_kept() -> None:
    twice = [{"key": "k", "value": {"stringValue": text}} for text in ("one", "two")]
    exemplar = {"timeUnixNano": str(START), "asInt": "1", "filteredAttributes": twice}
    point = {"timeUnixNano": str(START), "asInt": "1", "exemplars": [exemplar]}
    line = metrics({"name": "m", "metadata": twice, "gauge": {"dataPoints": [point]}})
    for found in both(line, "metrics"):
        (row,) = found.rows["metric_points"]
        assert row["metadata"] == [("k", "one")]
        assert row["metadata_repeated"] == [{"key": "k", "value": "two", "type": None}]
        (kept,) = row["exemplars"]
        assert kept["filtered_attributes"] == [("k", "one")]
        assert kept["filtered_attributes_repeated"] == [{"key": "k", "value": "two", "type": None}]


def test_a_bad_point_is_quarantined_alone() -> None:
    line = metrics(
        {"name": "g", "gauge": {"dataPoints": [point(asInt="1"), point(asInt="1", timeUnixNano="5")]}},
        {"name": "empty", "gauge": {"dataPoints": []}},
        {"name": "nothing"},
        {"gauge": {"dataPoints": [point(asInt="1")]}},
    )
    for result in both(line, "metrics"):
        assert len(result.rows["metric_points"]) == 1
        assert result.codes == ["implausible_time", "no_metric_data", "missing_metric_name"]


def test_points_of_a_metric_with_a_bad_temporality_are_each_quarantined() -> None:
    points = [point(asInt="1"), point(asInt="2")]
    line = metrics({"name": "s", "sum": {"aggregationTemporality": "OTHER", "dataPoints": points}})
    assert read(line).codes == ["bad_field", "bad_field"]


def test_records_under_a_bad_resource_are_each_quarantined_and_other_resources_land() -> None:
    bad = {"attributes": [attribute("k", intValue="x")]}
    scopes = [{"spans": [span(), span()]}]
    request = {
        "resourceSpans": [
            {"resource": bad, "scopeSpans": scopes},
            {"scopeSpans": "none"},
            7,
            {"scopeSpans": [{"spans": {}}, *scopes]},
        ]
    }
    result = read(json.dumps(request).encode())
    assert len(result.rows["spans"]) == 2
    assert result.codes == ["bad_field"] * 5


def test_a_request_of_too_many_bad_records_is_one_bad_record() -> None:
    good = {"traceId": TRACE_ID, "spanId": SPAN_ID, "startTimeUnixNano": str(START)}
    for bad, landed, codes in ((3, 1, ["bad_trace_id"] * 3), (4, 0, ["too_many_bad_records"])):
        line = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [good, *[{}] * bad]}]}]}).encode()
        body = as_protobuf(line, "traces")
        for piece in (
            Piece(0, len(line), line, "json", None),
            Piece(0, len(body), body, "protobuf", "traces"),
        ):
            decoded = decode(piece, Limits(max_bad_records=3))
            assert len(decoded.rows["spans"]) == landed
            assert [record.reason_code for record in decoded.bad] == codes
