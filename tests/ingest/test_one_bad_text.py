"""One text that no parser takes costs its own record, in JSON as in protobuf; its siblings land."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.ingest.otlp_reading import START, logs, metrics, read, span, traces

_PLACE = '"here"'


def _deep(levels: int) -> str:
    return '{"arrayValue":{"values":[' * levels + "{}" + "]}}" * levels


BAD_TEXTS = {
    "a lone surrogate": (b'"\\ud800"', "malformed_json"),
    "a byte that is no UTF-8": (b'"\xff"', "malformed_json"),
    "an unknown escape": (b'"\\x"', "malformed_json"),
    "nested 3,000 deep": (_deep(3000).encode(), "too_deep"),
}


def _requests() -> dict[str, tuple[str, bytes]]:
    """For each signal the table it lands in, and a request of three records, the second with a bad value."""
    odd = [{"key": "k", "value": json.loads(_PLACE)}]
    points = [{"timeUnixNano": str(START), "asInt": n, "attributes": odd if n == 1 else []} for n in range(3)]
    records = [{"timeUnixNano": str(START + n), "attributes": odd if n == 1 else []} for n in range(3)]
    spans = [span(spanId=f"{n + 1:016x}", attributes=odd if n == 1 else []) for n in range(3)]
    return {
        "traces": ("spans", traces(*spans)),
        "metrics": ("metric_points", metrics({"name": "m", "sum": {"dataPoints": points}})),
        "logs": ("log_records", logs(*records)),
    }


@pytest.mark.parametrize("signal", ["traces", "metrics", "logs"])
@pytest.mark.parametrize("name", BAD_TEXTS)
def test_one_bad_text_costs_its_own_record_only(name: str, signal: str) -> None:
    table, request = _requests()[signal]
    bad, code = BAD_TEXTS[name]
    if not name.startswith("nested"):
        bad = b'{"stringValue":' + bad + b"}"
    found = read(request.replace(_PLACE.encode(), bad))
    assert len(found.rows[table]) == 2
    assert found.codes == [code]
    assert found.bad[0].signal == signal
    assert bad[:1000] in found.bad[0].raw


def test_the_siblings_of_a_bad_record_are_what_they_are_without_it() -> None:
    good = [span(spanId=f"{n + 1:016x}", name='a, [b] {c}: \\ " d') for n in range(1000)]
    bad = span(name="\ud800", spanId="00000000000000ff")
    found = read(traces(*good[:500], bad, *good[500:]))
    assert found.codes == ["malformed_json"]
    assert found.digests("spans") == read(traces(*good)).digests("spans")
    assert json.loads(found.bad[0].raw)["resourceSpans"][0]["scopeSpans"][0]["spans"] == [bad]


def test_a_bad_text_in_a_resource_costs_the_records_under_it() -> None:
    request: dict[str, Any] = json.loads(traces(span(), span()))
    request["resourceSpans"] *= 2
    text = json.dumps(request).replace(
        '{"scopeSpans"', '{"resource": {"attributes": ["\\ud800"]}, "scopeSpans"', 1
    )
    found = read(text.encode())
    assert (len(found.rows["spans"]), found.codes) == (2, ["bad_field", "bad_field"])


@pytest.mark.parametrize(
    "text", [b'{"resourceSpans":[{"\xff":[]}]}', b'{"resourceSpans":"\\ud800"}', b'["\\ud800"]']
)
def test_a_request_without_a_record_to_be_found_is_one_bad_record(text: bytes) -> None:
    assert len(read(text).bad) == 1


def _two_scopes() -> dict[str, Any]:
    request: dict[str, Any] = json.loads(logs({"timeUnixNano": str(START)}, {"timeUnixNano": str(START)}))
    scopes = request["resourceLogs"][0]["scopeLogs"]
    scopes.append({"scope": {"name": "SECOND"}, "x": "HERE", "logRecords": [{"timeUnixNano": str(START)}]})
    return request


# A spoiled place, what stands in its stead, and what comes of the request's three records: landed and bad.
WITHOUT_COMMAS = {
    "two members of a scope, one name": ('"x":"HERE",', '"x":1 ', 2, 1),
    "text between two members": ('{"name":"SECOND"},"x":"HERE",', '{}"INFO"', 2, 1),
    "two members of a scope, the first one an object": ('"x":"HERE",', '"x":{} ', 2, 1),
    "a member without a name": ('"x":"HERE"', '"HERE"', 2, 1),
    "a name that is no text": ('"x":"HERE"', '"\\ud800":1', 2, 1),
    "two lists of records under one name": ('"x":"HERE"', '"logRecords":["\\ud800"]', 2, 1),
    "two lists of records without a name": ('"x":"HERE",', '"logs":[] ', 2, 1),
    "two scopes": (',{"scope":{"name":"SECOND"}', '{"scope":{}', 0, 1),
    "a text that nobody reads": ('"HERE"', '"\\ud800"', 3, 0),
}


@pytest.mark.parametrize("name", WITHOUT_COMMAS)
def test_records_behind_what_is_no_member_are_not_passed_over(name: str) -> None:
    place, bad, landed, quarantined = WITHOUT_COMMAS[name]
    text = json.dumps(_two_scopes(), separators=(",", ":"))
    assert text.count(place) == 1
    found = read(text.replace(place, bad).encode())
    assert (len(found.rows["log_records"]), len(found.bad)) == (landed, quarantined)
    if quarantined:
        assert found.codes == ["malformed_json"]
        assert text[text.rindex('"logRecords"') :][:40].encode() in found.bad[0].raw


@pytest.mark.parametrize(
    "text",
    [
        b'{"resourceLogs":[{"resource":{} "scopeLogs":[{"logRecords":[{}]}]}]}',
        b'{"resourceLogs":[{"scopeLogs":[{"scope":{}"INFO""logRecords":[{}]}]}]}',
        b'{"resourceLogs":[{"resource":{"attributes":["\\ud800"]}}]}',
        b'{"resourceLogs":[] "resourceSpans":[{"scopeSpans":[{"spans":[{}]}]}]}',
        b'[{"resourceLogs":[]"resourceLogs":[{"scopeLogs":[{"logRecords":[{}]}]}]}]',
    ],
)
def test_a_request_that_holds_nothing_else_is_a_bad_record(text: bytes) -> None:
    found = read(text)
    assert not any(found.rows.values())
    assert len(found.bad) == 1
    assert found.bad[0].raw in text


def test_a_long_request_is_taken_apart_in_bounded_time_and_depth() -> None:
    nested = '{"a":[' * 20_000 + "]}" * 20_000
    text = json.dumps(json.loads(traces(span(), *["here"] * 50))).replace(_PLACE, nested)
    found = read(text.encode())
    assert (len(found.rows["spans"]), found.codes) == (1, ["too_deep"] * 50)
