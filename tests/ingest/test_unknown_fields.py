"""Unknown fields may stand beside records; where they stand in place of them, they are quarantined."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.ingest.kernel_checks import checked, piece
from tests.ingest.otlp_reading import read, span, traces
from tests.ingest.test_otlp_records import REQUESTS, as_protobuf

SIGNALS = {"traces": "spans", "metrics": "metric_points", "logs": "log_records"}
_LINES = {
    "traces": traces(span()),
    "metrics": json.dumps(
        {
            "resourceMetrics": [
                {"scopeMetrics": [{"metrics": [{"name": "m", "gauge": {"dataPoints": [{"asInt": 1}]}}]}]}
            ]
        }
    ).encode(),
    "logs": json.dumps(
        {"resourceLogs": [{"scopeLogs": [{"logRecords": [{"severityText": "INFO"}]}]}]}
    ).encode(),
}


def _field(number: int, content: bytes) -> bytes:
    """A length-delimited field of protobuf."""
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _before_1_0(signal: str) -> bytes:
    """The request with its scopes in field 1000 of the resource, as they stood before OTLP 1.0."""
    request: Any = REQUESTS[signal].FromString(as_protobuf(_LINES[signal], signal))
    (resource,) = getattr(request, f"resource_{'spans' if signal == 'traces' else signal}")
    (scope,) = getattr(resource, f"scope_{'spans' if signal == 'traces' else signal}")
    return _field(1, _field(1000, scope.SerializeToString()))


@pytest.mark.parametrize("signal", SIGNALS)
def test_protobuf_from_before_1_0_lands_as_its_records_of_today(signal: str) -> None:
    old = _before_1_0(signal)
    today = read(as_protobuf(_LINES[signal], signal), f"otlp/{signal}.pb")
    for data in (old, len(old).to_bytes(4, "big") + old):
        found = read(data, f"otlp/{signal}.pb")
        assert found.codes == []
        assert found.digests(SIGNALS[signal]) == today.digests(SIGNALS[signal])


def test_a_bad_record_from_before_1_0_costs_itself_only() -> None:
    good = as_protobuf(traces(span()), "traces")
    scope = REQUESTS["traces"].FromString(good).resource_spans[0].scope_spans[0].SerializeToString()
    data = _field(1, _field(1000, scope + _field(2, b"\x0b")))
    found = read(data, "otlp/traces.pb")
    assert (len(found.rows["spans"]), found.codes) == (1, ["malformed_protobuf"])


IN_PLACE = [
    {"resourceSpans": [{"spansOfScope": [{"spans": [span()]}]}]},
    {"resourceSpans": [{"scopeSpans": [{"Spans": [span()]}]}]},
    {"resourceLogs": [{"resource": {}, "scopeSpans": [], "logs": [{}]}]},
    {"resourceMetrics": [{"scopeMetrics": [{"scope": {}, "points": [1]}]}]},
    {"resourceSpans": [{"spansOfScope": [1], "scopeSpans": [{}]}]},
    {"resourceSpans": [], "Spans": [span()]},
]


@pytest.mark.parametrize("request_", IN_PLACE)
def test_unknown_members_in_place_of_records_are_quarantined(request_: dict[str, Any]) -> None:
    data = json.dumps(request_).encode()
    found = read(data)
    assert found.codes in (["unknown_fields"], ["not_otlp"])
    assert json.loads(found.bad[0].raw).keys() == request_.keys()
    assert checked([piece(data)]).declined


@pytest.mark.parametrize(
    "data",
    [
        _field(1, _field(9, b"x")),
        _field(1, _field(2, _field(9, b"x"))),
        _field(1, _field(9, b"x") + _field(2, b"")),
    ],
)
def test_unknown_protobuf_fields_in_place_of_records_are_quarantined(data: bytes) -> None:
    assert read(data, "otlp/traces.pb").codes == ["unknown_fields"]
    assert checked([piece(data, "protobuf", "traces")]).declined


def test_unknown_fields_beside_records_are_passed_over_and_what_is_empty_is_nothing() -> None:
    request = json.loads(traces(span()))
    request["resourceSpans"][0] |= {"new": 1}
    request["resourceSpans"][0]["scopeSpans"][0] |= {"new": 1}
    request["resourceSpans"] += [
        {},
        {"resource": {}, "schemaUrl": "u", "scopeSpans": [{"scope": {}, "spans": []}]},
    ]
    found = read(json.dumps(request).encode())
    assert (len(found.rows["spans"]), found.codes) == (1, [])
