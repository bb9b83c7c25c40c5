"""The JSON kernel takes what is plain, gives the rows of the other reader, and declines the rest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.framing import read_pieces
from ingest.otlp.kernels import canonical, json_scan, texts
from ingest.pieces import Limits, Piece
from ingest.sample import write_month
from tests.ingest.kernel_checks import checked, piece
from tests.ingest.otlp_reading import SPAN_ID, START, TRACE_ID

Json = dict[str, Any]
# 2025-10-09, a day before START's and START's own.
EVENING, MORNING = START - 9 * 3600 * 10**9, START


def span(**fields: Any) -> Json:
    """A plain span, its fields changed or added to."""
    return {"traceId": TRACE_ID, "spanId": SPAN_ID, "startTimeUnixNano": str(START), **fields}


def request(*spans: Json, **scope: Any) -> Json:
    """A request with one resource and one scope."""
    attributes = [{"key": "service.name", "value": {"stringValue": "shop"}}]
    scopes = [{"scope": {"name": "s", "version": "1"}, "spans": list(spans), **scope}]
    return {"resourceSpans": [{"resource": {"attributes": attributes}, "scopeSpans": scopes}]}


def attributes(**values: Json) -> list[Json]:
    return [{"key": key, "value": value} for key, value in values.items()]


def encoded(value: Any) -> Piece:
    return piece(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def is_taken(value: Any) -> bool:
    return not checked([encoded(value)]).declined


def value_text(value: Json) -> tuple[str, str | None]:
    """The stored text and type of one attribute value, taken by the kernel."""
    batch = checked([encoded(request(span(attributes=attributes(a=value))))])
    assert not batch.declined
    (table,) = batch.tables["spans"].values()
    types = dict(table["attribute_types"].to_pylist()[0])
    return dict(table["attributes"].to_pylist()[0])["a"], types.get("a")


@pytest.mark.parametrize(
    ("value", "text", "kind"),
    [
        ({"stringValue": 'a\nb"c\\\u00e9\U0001f600'}, 'a\nb"c\\\u00e9\U0001f600', None),
        ({"stringValue": ""}, "", None),
        ({"intValue": "-12"}, "-12", "int"),
        ({"intValue": 7}, "7", "int"),
        ({"intValue": "007"}, "7", "int"),
        ({"intValue": "-0"}, "0", "int"),
        ({"intValue": "9223372036854775807"}, "9223372036854775807", "int"),
        ({"doubleValue": 0.5}, "0.5", "double"),
        ({"doubleValue": 1}, "1.0", "double"),
        ({"doubleValue": 100000.0}, "100000.0", "double"),
        ({"doubleValue": 0.0001}, "0.0001", "double"),
        ({"doubleValue": 0.00001}, "1e-05", "double"),
        ({"doubleValue": 0.1234567890123456}, "0.1234567890123456", "double"),
        ({"doubleValue": "NaN"}, "NaN", "double"),
        ({"boolValue": False}, "false", "bool"),
        ({"bytesValue": "_w"}, "/w==", "bytes"),
        ({"arrayValue": {"values": [{"stringValue": 'a"\n'}, {"intValue": "3"}]}}, r'["a\"\n", 3]', "array"),
        ({"arrayValue": {"values": [{"doubleValue": 1.5}, {"boolValue": True}]}}, "[1.5, true]", "array"),
        ({"arrayValue": {}}, "[]", "array"),
        ({"arrayValue": {"values": [{}]}}, "[null]", "array"),
        ({"kvlistValue": {"values": attributes(b={"intValue": 1}, a={})}}, '{"a": null, "b": 1}', "kvlist"),
        ({}, "", "empty"),
        ({"stringValue": None}, "", "empty"),
    ],
)
def test_a_value_is_stored_as_the_text_that_the_tables_promise(value: Json, text: str, kind: str) -> None:
    assert value_text(value) == (text, kind)


@pytest.mark.parametrize(
    ("escaped", "text"),
    [(r"\u0041\/", "A/"), (r"\ud83d\ude00", "\U0001f600"), (r"\b\f\n\r\t", "\b\f\n\r\t"), (r"\u0000", "\0")],
)
def test_escapes_are_read(escaped: str, text: str) -> None:
    data = json.dumps(request(span(name="NAME"))).replace("NAME", escaped).encode()
    (table,) = checked([piece(data)]).tables["spans"].values()
    assert table["name"].to_pylist() == [text]


def test_all_that_a_span_carries_is_taken() -> None:
    event = {"timeUnixNano": START, "name": "e", "attributes": attributes(x={"intValue": 1})}
    link = {
        "traceId": TRACE_ID,
        "spanId": "",
        "traceState": "k=v",
        "flags": 256,
        "unknown": [{"deep": [None]}],
    }
    whole = span(
        parentSpanId="0000000000000000",
        traceState="a=b",
        flags=257,
        name="chat",
        kind="SPAN_KIND_CLIENT",
        endTimeUnixNano=START + 5,
        status={"code": 2, "message": "no"},
        attributes=attributes(b={"stringValue": "2"}, a={"stringValue": "1"}),
        droppedAttributesCount=1,
        droppedEventsCount="2",
        droppedLinksCount=3,
        events=[event, {}],
        links=[link, {"spanId": None}],
        added={"in": ["a", -1.5e3, True, {"later": "version \\u0041"}]},
    )
    assert is_taken(request(whole, span(kind=77, status={}), schemaUrl="https://example.org/1"))


def test_a_resource_may_stand_behind_its_spans() -> None:
    resource = request(span())["resourceSpans"][0]
    turned = dict(reversed(resource.items()))
    (table,) = checked([encoded({"resourceSpans": [turned]})]).tables["spans"].values()
    assert table["resource_attributes"].to_pylist() == [[("service.name", "shop")]]


def test_spans_of_two_days_and_of_none_stand_in_their_own_tables() -> None:
    spans = [span(startTimeUnixNano=time, events=[{}]) for time in (MORNING, EVENING, 0, MORNING)]
    batch = checked([encoded(request(*spans))])
    assert sorted(table.num_rows for table in batch.tables["spans"].values()) == [1, 1, 2]
    assert None in batch.tables["span_events"]


def test_a_day_names_no_key_of_another() -> None:
    spans = [span(startTimeUnixNano=EVENING, attributes=attributes(alice={}, shared={})), span()]
    spans.append(span(attributes=attributes(bob={}, shared={})))
    by_day = checked([encoded(request(*spans))]).tables["spans"]
    keys = [table["attributes"].chunk(0).keys.dictionary.to_pylist() for table in by_day.values()]
    assert sorted(map(sorted, keys)) == [["alice", "shared"], ["bob", "shared"]]


def test_records_longer_than_what_is_hashed_at_once_stand_among_short_ones() -> None:
    lengths = [0, 600_000, 3, 524_288, 70_000, 1_300_000, *[100] * 40]
    spans = [
        span(spanId=f"{place + 1:016x}", attributes=attributes(a={"stringValue": "x" * length}))
        for place, length in enumerate(lengths)
    ]
    assert checked([encoded(request(*spans))]).records == len(lengths)


DECLINED = {
    "an array of requests": [request(span())],
    "no signal": {"other": 1},
    "another signal beside": {**request(span()), "resourceLogs": []},
    "names of before 1.0": {"resourceSpans": [{"instrumentationLibrarySpans": []}]},
    "snake_case": request(span(parent_span_id=SPAN_ID)),
    "base64 id": request(span(traceId="W47/95gDgQPSabYzgT/GDA==")),
    "short id": request(span(spanId="eee1")),
    "no id": request(span(spanId=None)),
    "id of zeroes": request(span(traceId="0" * 32)),
    "time before 2000": request(span(startTimeUnixNano=1)),
    "time after 2262": request(span(endTimeUnixNano=str(2**63))),
    "negative time": request(span(startTimeUnixNano=-START)),
    "event before 2000": request(span(events=[{"timeUnixNano": "5"}])),
    "unknown enum name": request(span(kind="SPAN_KIND_OTHER")),
    "beginning of an enum name": request(span(kind="SPAN_KIND_SERVER_")),
    "flags beyond 32 bits": request(span(flags=2**32)),
    "fraction": request(span(flags=1.5)),
    "text for a list": request(span(attributes="none")),
    "null for an event": request(span(events=[None])),
    "number for a name": request(span(name=5)),
    "a key twice": request(span(attributes=[*attributes(a={}), *attributes(a={})])),
    "a key by index": request(span(attributes=[{"keyStrindex": 1}])),
    "too many attributes": request(span(attributes=[{"key": str(number)} for number in range(513)])),
    "two types of one value": request(span(attributes=attributes(a={"intValue": 1, "stringValue": "1"}))),
    "an int out of range": request(span(attributes=attributes(a={"intValue": str(2**63)}))),
    "bytes that are none": request(span(attributes=attributes(a={"bytesValue": "!"}))),
}


@pytest.mark.parametrize("case", DECLINED)
def test_what_is_not_plain_is_declined_alone(case: str) -> None:
    good = encoded(request(span()))
    odd = encoded(DECLINED[case])
    assert checked([good, odd, good]).declined == [odd]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b'{"resourceSpans":[]',
        b'{"resourceSpans":[]}x',
        b'{"resourceSpans":[],}',
        b'{"resourceSpans":[,]}',
        b'{"resourceSpans":[],"resourceSpans":[]}',
        b'{"resourceSpans":[],"x":[1,]}',
        b'{"resourceSpans":[],"x":01}',
        b'{"resourceSpans":[],"x":1e9999}',
        b'{"resourceSpans":[],"x":"\\ud800"}',
        b'{"resourceSpans":[],"x":"\\x"}',
        b'{"resourceSpans":[],"x":"\xed\xa0\x80"}',
        b'{"resourceSpans":[],"x":"\xc0\x80"}',
        b'{"resourceSpans":[],"x":"a\0b"}',
        b'{"resourceSpans":[],"x":"a\nb"}',
        b'{"resourceSpans":[],"x":' + b"[" * 100 + b"]" * 100 + b"}",
    ],
)
def test_what_is_no_json_or_hardly_any_is_declined(data: bytes) -> None:
    odd = piece(data)
    assert checked([odd]).declined == [odd]


def test_a_piece_that_fills_the_arrays_is_scanned_again_in_longer_ones() -> None:
    dense = request(span(events=[{}] * 5000, attributes=[{"key": str(n)} for n in range(500)]))
    pieces = [encoded(request(span())), encoded(dense), encoded(request(span()))]
    assert checked(pieces).records == 3


def test_a_batch_of_nothing_has_no_rows() -> None:
    assert checked([]).rows == 0
    assert checked([encoded({"resourceSpans": None})]).rows == 0


def test_where_values_may_not_nest_all_is_declined() -> None:
    pieces = [encoded(request(span()))]
    assert checked(pieces, Limits(max_value_nesting=1)).declined == pieces


def test_each_kernel_is_compiled_for_one_kind_of_arguments() -> None:
    whole = span(attributes=attributes(a={"intValue": 1}), events=[{}], links=[{}])
    checked([])
    checked([encoded(request(span()))])
    checked([encoded(request(whole, whole)), encoded([]), encoded(request(whole, schemaUrl="u"))])
    for kernel in (json_scan.scan, canonical._extents, canonical._write, texts._gather, texts._fill_ranges):
        assert len(kernel.signatures) == 1  # type: ignore[attr-defined]


TEXTS = st.text(max_size=12) | st.text(st.characters(codec="utf-8", exclude_categories=[]), max_size=12)
SCALARS = st.one_of(
    st.builds(lambda text: {"stringValue": text}, TEXTS),
    st.builds(lambda number: {"intValue": str(number)}, st.integers(-(2**63), 2**63 - 1)),
    st.builds(lambda number: {"intValue": number}, st.integers(-1000, 1000)),
    st.builds(lambda number: {"doubleValue": number}, st.floats(allow_nan=False, allow_infinity=False)),
    st.builds(lambda number: {"doubleValue": number / 100}, st.integers(-1000, 10**9)),
    st.builds(lambda flag: {"boolValue": flag}, st.booleans()),
    st.sampled_from([{}, None, {"bytesValue": "aGk"}, {"doubleValue": "-Infinity"}, {"unknown": 1}]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.builds(lambda items: {"arrayValue": {"values": items}}, st.lists(inner, max_size=4)),
        st.builds(
            lambda items: {"kvlistValue": {"values": [{"key": k, "value": v} for k, v in items]}},
            st.lists(st.tuples(TEXTS, inner), max_size=3),
        ),
    ),
    max_leaves=6,
)
LISTS = st.dictionaries(TEXTS, VALUES, max_size=8).map(
    lambda items: [{"key": key, "value": value} for key, value in items.items()]
)
TIMES = st.sampled_from([0, "0", START, str(START), str(EVENING), None])
COUNTS = st.sampled_from([0, 1, "7", 2**32 - 1, None])
EVENTS = st.fixed_dictionaries(
    {}, optional={"timeUnixNano": TIMES, "name": TEXTS, "attributes": LISTS, "droppedAttributesCount": COUNTS}
)
LINKS = st.fixed_dictionaries(
    {},
    optional={
        "traceId": st.sampled_from([TRACE_ID, TRACE_ID.upper(), "0" * 32, "", None]),
        "spanId": st.sampled_from([SPAN_ID, "0" * 16]),
        "traceState": TEXTS,
        "flags": COUNTS,
        "attributes": LISTS,
    },
)
SPANS = st.fixed_dictionaries(
    {"traceId": st.just(TRACE_ID), "spanId": st.just(SPAN_ID)},
    optional={
        "parentSpanId": st.sampled_from([SPAN_ID, "", "0" * 16]),
        "traceState": TEXTS,
        "flags": COUNTS,
        "name": TEXTS,
        "kind": st.sampled_from([0, 3, 99, "SPAN_KIND_SERVER"]),
        "startTimeUnixNano": TIMES,
        "endTimeUnixNano": TIMES,
        "attributes": LISTS,
        "status": st.sampled_from(
            [None, {}, {"code": 1}, {"code": "STATUS_CODE_ERROR", "message": "m\u2028"}]
        ),
        "events": st.lists(EVENTS, max_size=3),
        "links": st.lists(LINKS, max_size=3),
        "unknown": st.recursive(st.none() | st.booleans() | st.floats() | TEXTS, st.lists, max_leaves=4),
    },
)
SCOPES = st.fixed_dictionaries(
    {"spans": st.lists(SPANS, max_size=4)},
    optional={
        "scope": st.fixed_dictionaries({}, optional={"name": TEXTS, "version": TEXTS, "attributes": LISTS}),
        "schemaUrl": TEXTS,
    },
)
RESOURCES = st.fixed_dictionaries(
    {"scopeSpans": st.lists(SCOPES, max_size=3)},
    optional={"resource": st.fixed_dictionaries({}, optional={"attributes": LISTS}), "schemaUrl": TEXTS},
)
REQUESTS = st.fixed_dictionaries({"resourceSpans": st.lists(RESOURCES, max_size=3)})


# As most exporters write, as Python does, and with every space that JSON allows.
SEPARATORS = st.sampled_from([(",", ":"), (", ", ": "), (" ,\r\n", "\t: ")])


@settings(max_examples=150, deadline=None)
@given(requests=st.lists(REQUESTS, max_size=4), is_ascii=st.booleans(), separators=SEPARATORS)
def test_any_request_gives_the_rows_of_the_other_reader(
    requests: list[Json], is_ascii: bool, separators: tuple[str, str]
) -> None:
    written = [json.dumps(item, ensure_ascii=is_ascii, separators=separators) for item in requests]
    checked([piece(text.encode(errors="surrogatepass")) for text in written])


MUTATED = json.dumps(
    request(
        span(
            attributes=attributes(
                a={"stringValue": "x\u00e9"},
                b={"arrayValue": {"values": [{"intValue": "1"}]}},
                c={"doubleValue": 0.25},
            ),
            events=[{"timeUnixNano": str(START), "name": "e"}],
            status={"code": 1},
        )
    ),
    separators=(",", ":"),
).encode()
EDITS = st.lists(
    st.tuples(st.integers(0, len(MUTATED) - 1), st.binary(max_size=2), st.integers(0, 4)), max_size=3
)


@settings(max_examples=300, deadline=None)
@given(edits=EDITS)
def test_a_damaged_request_is_read_alike_or_declined(edits: list[tuple[int, bytes, int]]) -> None:
    data = MUTATED
    for at, put, cut in edits:
        data = data[:at] + put + data[at + cut :]
    checked([piece(data), piece(MUTATED)])


def test_the_sample_is_taken_whole_but_for_the_bad_id_put_into_it(tmp_path: Path) -> None:
    write_month(tmp_path)
    batch = checked(traces_below(tmp_path))
    assert batch.records > 40_000
    assert len(batch.declined) == 1


@pytest.mark.shared
@pytest.mark.parametrize("folder", ["otlp_real", "otlp_spec", "adversarial"])
def test_real_and_malformed_exports_give_the_rows_of_the_other_reader(shared_data: Path, folder: str) -> None:
    batch = checked(pieces_below(shared_data / folder))
    assert batch.records >= 12


@pytest.mark.shared
def test_real_exports_are_seldom_declined(shared_data: Path) -> None:
    pieces = traces_below(shared_data / "otlp_real" / "captured")
    assert not checked(pieces).declined


def traces_below(folder: Path) -> list[Piece]:
    """The trace requests among them."""
    return [item for item in pieces_below(folder) if b'"resourceSpans"' in item.data]


def pieces_below(folder: Path) -> list[Piece]:
    """Every JSON piece of all files below a folder."""
    pieces = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb") as stream:
                reader = read_pieces(stream, str(path.relative_to(folder)))
                pieces += [item for item in reader if isinstance(item, Piece) and item.encoding == "json"]
    return pieces
