"""The protobuf kernel takes what is plain, gives the rows of the other reader, and declines the rest."""

from __future__ import annotations

import base64
import json
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, EntityRef, KeyValue, KeyValueList
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

from ingest.framing import read_pieces
from ingest.otlp.kernels import canonical, protobuf_scan, texts
from ingest.otlp.kernels.batch import Batch
from ingest.pieces import Limits, Piece
from ingest.sample import write_month
from tests.ingest import kernel_checks
from tests.ingest.kernel_checks import checked
from tests.ingest.otlp_reading import SPAN_ID, START, TRACE_ID
from tests.ingest.test_kernels_json import REQUESTS, TEXTS
from tests.ingest.test_kernels_json import traces_below as json_traces_below

IDS = {"trace_id": bytes.fromhex(TRACE_ID), "span_id": bytes.fromhex(SPAN_ID)}
VARINT, FIXED64, LENGTH, GROUP, FIXED32 = 0, 1, 2, 3, 5


def piece(data: bytes) -> Piece:
    return kernel_checks.piece(data, "protobuf", "traces")


def span(**fields: Any) -> Span:
    """A plain span, its fields changed or added to."""
    return Span(**{**IDS, "start_time_unix_nano": START, **fields})


def request(*spans: Span, **scope: Any) -> ExportTraceServiceRequest:
    """A request with one resource and one scope."""
    whole = ResourceSpans(scope_spans=[ScopeSpans(spans=spans, **scope)])
    whole.resource.attributes.add(key="service.name").value.string_value = "shop"
    return ExportTraceServiceRequest(resource_spans=[whole])


def encoded(*spans: Span, **scope: Any) -> Piece:
    return piece(request(*spans, **scope).SerializeToString())


def attributes(**values: AnyValue) -> list[KeyValue]:
    return [KeyValue(key=key, value=value) for key, value in values.items()]


def field(number: int, wire: int, content: bytes) -> bytes:
    """One field as it stands on the wire; the content of a length-delimited one without its length."""
    return varint(number << 3 | wire) + (varint(len(content)) if wire == LENGTH else b"") + content


def varint(number: int) -> bytes:
    groups = [number & 0x7F]
    while number := number >> 7:
        groups.append(number & 0x7F)
    return bytes([*(group | 0x80 for group in groups[:-1]), groups[-1]])


def wire_request(span: bytes, scope: bytes = b"", resource: bytes = b"", around: bytes = b"") -> bytes:
    """A request of one span with more bytes in the scope, in the resource and beside."""
    return field(1, LENGTH, resource + field(2, LENGTH, scope + field(2, LENGTH, span))) + around


def only_table(batch: Batch) -> Any:
    assert not batch.declined
    (table,) = batch.tables["spans"].values()
    return table


def value_text(value: AnyValue) -> tuple[str, str | None]:
    """The stored text and type of one attribute value, taken by the kernel."""
    table = only_table(checked([encoded(span(attributes=attributes(a=value)))]))
    types = dict(table["attribute_types"].to_pylist()[0])
    return dict(table["attributes"].to_pylist()[0])["a"], types.get("a")


def array(*values: AnyValue) -> AnyValue:
    return AnyValue(array_value=ArrayValue(values=values))


def kvlist(**values: AnyValue) -> AnyValue:
    return AnyValue(kvlist_value=KeyValueList(values=attributes(**values)))


@pytest.mark.parametrize(
    ("value", "text", "kind"),
    [
        (AnyValue(string_value='a\nb"\0é😀'), 'a\nb"\0é😀', None),
        (AnyValue(string_value=""), "", None),
        (AnyValue(int_value=0), "0", "int"),
        (AnyValue(int_value=-12), "-12", "int"),
        (AnyValue(int_value=2**63 - 1), "9223372036854775807", "int"),
        (AnyValue(int_value=-(2**63)), "-9223372036854775808", "int"),
        (AnyValue(double_value=0.7), "0.7", "double"),
        (AnyValue(double_value=-0.7), "-0.7", "double"),
        (AnyValue(double_value=0.0), "0.0", "double"),
        (AnyValue(double_value=-0.0), "-0.0", "double"),
        (AnyValue(double_value=3.0), "3.0", "double"),
        (AnyValue(double_value=-1200.0), "-1200.0", "double"),
        (AnyValue(double_value=0.0001), "0.0001", "double"),
        (AnyValue(double_value=0.00001), "1e-05", "double"),
        (AnyValue(double_value=999999999999999.0), "999999999999999.0", "double"),
        (AnyValue(double_value=1e15), "1000000000000000.0", "double"),
        (AnyValue(double_value=1e16), "1e+16", "double"),
        (AnyValue(double_value=0.1 + 0.2), "0.30000000000000004", "double"),
        (AnyValue(double_value=float("nan")), "NaN", "double"),
        (AnyValue(double_value=float("-inf")), "-Infinity", "double"),
        (AnyValue(bool_value=True), "true", "bool"),
        (AnyValue(bool_value=False), "false", "bool"),
        (AnyValue(bytes_value=b"\xff"), "/w==", "bytes"),
        (array(AnyValue(string_value='a"\n\x01\x7fé')), '["a\\"\\n\\u0001\x7fé"]', "array"),
        (array(AnyValue(double_value=1.5), AnyValue(bool_value=True)), "[1.5, true]", "array"),
        (array(AnyValue(int_value=-7), AnyValue()), "[-7, null]", "array"),
        (array(), "[]", "array"),
        (array(array(AnyValue(int_value=1))), "[[1]]", "array"),
        (array(AnyValue(bytes_value=b"hi")), '[{"bytesValue": "aGk="}]', "array"),
        (kvlist(b=AnyValue(int_value=1), a=AnyValue()), '{"a": null, "b": 1}', "kvlist"),
        (AnyValue(), "", "empty"),
    ],
)
def test_a_value_is_stored_as_the_text_that_the_tables_promise(value: AnyValue, text: str, kind: str) -> None:
    assert value_text(value) == (text, kind)


def test_all_that_a_span_carries_is_taken() -> None:
    event = Span.Event(time_unix_nano=START, name="e", attributes=attributes(x=AnyValue(int_value=1)))
    link = Span.Link(**IDS, trace_state="k=v", flags=256, attributes=attributes(y=AnyValue(bool_value=True)))
    whole = span(
        parent_span_id=bytes(8),
        trace_state="a=b",
        flags=2**32 - 1,
        name="chat",
        kind=Span.SPAN_KIND_CLIENT,
        end_time_unix_nano=START + 5,
        status=Status(code=Status.STATUS_CODE_ERROR, message="no"),
        attributes=attributes(b=AnyValue(string_value="2"), a=AnyValue(string_value="1")),
        dropped_attributes_count=1,
        dropped_events_count=200,
        dropped_links_count=2**32 - 1,
        events=[event, Span.Event()],
        links=[link, Span.Link(trace_id=bytes(16))],
    )
    other = span(status=Status(), start_time_unix_nano=0)
    one = request(whole, other, schema_url="https://example.org/1")
    resource = one.resource_spans[0]
    resource.schema_url = "https://example.org/2"
    resource.resource.dropped_attributes_count = 1
    resource.resource.entity_refs.append(EntityRef(schema_url="u", type="service", id_keys=["a", "b"]))
    resource.scope_spans[0].scope.name = "s"
    resource.scope_spans[0].scope.attributes.extend(attributes(z=AnyValue(double_value=2.5)))
    assert not checked([piece(one.SerializeToString())]).declined


PLAIN_SPAN = span(name="chat").SerializeToString()
RESOURCE = field(1, LENGTH, field(1, LENGTH, field(1, LENGTH, b"k")))


@pytest.mark.parametrize(
    "unknown",
    [
        field(99, VARINT, varint(2**64 - 1)),
        field(99, FIXED64, b"12345678"),
        field(99, LENGTH, b"\xff\0"),
        field(99, FIXED32, b"1234"),
        field(2000, VARINT, b"\0"),
    ],
)
def test_fields_of_a_later_version_are_passed_over(unknown: bytes) -> None:
    data = wire_request(unknown + PLAIN_SPAN + unknown, unknown, unknown + RESOURCE, unknown)
    table = only_table(checked([piece(data)]))
    assert table["name"].to_pylist() == ["chat"]


def test_a_resource_may_stand_behind_its_spans() -> None:
    scopes = field(2, LENGTH, field(2, LENGTH, PLAIN_SPAN) + field(1, LENGTH, field(1, LENGTH, b"scope")))
    table = only_table(checked([piece(field(1, LENGTH, scopes + RESOURCE))]))
    assert table["resource_attributes"].to_pylist() == [[("k", "")]]
    assert table["scope_name"].to_pylist() == ["scope"]


def test_attributes_may_stand_between_the_other_fields_of_a_span() -> None:
    parts = [span(name="n"), Span(attributes=attributes(a=AnyValue(int_value=1))), Span(flags=3)]
    data = wire_request(b"".join(part.SerializeToString() for part in parts))
    assert only_table(checked([piece(data)]))["attributes"].to_pylist() == [[("a", "1")]]


def with_value(content: bytes) -> bytes:
    """A request with an attribute whose AnyValue has this content."""
    pair = field(1, LENGTH, b"a") + field(2, LENGTH, content)
    return wire_request(PLAIN_SPAN + field(9, LENGTH, pair))


ATTRIBUTE = field(9, LENGTH, field(1, LENGTH, b"a"))
OTHER = field(9, LENGTH, field(1, LENGTH, b"b"))
LARGE = varint(2**32)
DEEP = reduce(lambda value, _: array(value), range(40), AnyValue())
MANY = [KeyValue(key=str(number)) for number in range(513)]
DECLINED = {
    "a span twice the same field": wire_request(PLAIN_SPAN + field(5, LENGTH, b"n")),
    "a resource in two parts": wire_request(PLAIN_SPAN, resource=RESOURCE * 2),
    "a scope in two parts": wire_request(PLAIN_SPAN, scope=field(1, LENGTH, b"") * 2),
    "attributes apart": wire_request(PLAIN_SPAN + ATTRIBUTE + field(11, LENGTH, b"") + OTHER),
    "a key twice": wire_request(PLAIN_SPAN + ATTRIBUTE * 2),
    "a key by index": wire_request(PLAIN_SPAN + field(9, LENGTH, field(3, VARINT, b"\1"))),
    "a value by index": with_value(field(8, VARINT, b"\1")),
    "two values in one": with_value(field(1, LENGTH, b"x") + field(3, VARINT, b"\1")),
    "a value of a later version": with_value(field(9, LENGTH, b"x")),
    "a bool of two": with_value(field(2, VARINT, b"\2")),
    "a known field of another type": wire_request(PLAIN_SPAN + field(6, LENGTH, b"")),
    "a group": wire_request(PLAIN_SPAN + field(99, GROUP, b"") + field(99, 4, b"")),
    "field 0": wire_request(PLAIN_SPAN + b"\0\0"),
    "a tag of three bytes": wire_request(PLAIN_SPAN + field(2048, VARINT, b"\0")),
    "no name in UTF-8": wire_request(span().SerializeToString() + field(5, LENGTH, b"caf\xe9")),
    "a surrogate in a key": wire_request(PLAIN_SPAN + field(9, LENGTH, field(1, LENGTH, b"\xed\xa0\x80"))),
    "half a character": with_value(field(1, LENGTH, b"1234567\xc3") + b"\x82\x01\0"),
    "no entity in UTF-8": wire_request(PLAIN_SPAN, b"", field(1, LENGTH, field(3, LENGTH, b"\x0a\1\xff"))),
    "a short id": request(span(span_id=b"1234")).SerializeToString(),
    "a long id": request(span(parent_span_id=b"123456789")).SerializeToString(),
    "no id": request(span(trace_id=b"")).SerializeToString(),
    "an id of zeroes": request(span(trace_id=bytes(16))).SerializeToString(),
    "a time before 2000": request(span(start_time_unix_nano=1)).SerializeToString(),
    "a time after 2262": request(span(end_time_unix_nano=2**63)).SerializeToString(),
    "an event before 2000": request(span(events=[Span.Event(time_unix_nano=5)])).SerializeToString(),
    "a count beyond 32 bits": wire_request(PLAIN_SPAN + field(10, VARINT, LARGE)),
    "a negative enum": request(span(kind=-1)).SerializeToString(),
    "a varint without end": wire_request(PLAIN_SPAN + field(10, VARINT, b"\xff" * 11)),
    "a varint beyond 64 bits": with_value(field(3, VARINT, b"\xff" * 9 + b"\2")),
    "a length beyond the end": wire_request(PLAIN_SPAN + varint(99 << 3 | LENGTH) + b"\5abc"),
    "a negative length": wire_request(PLAIN_SPAN + varint(99 << 3 | LENGTH) + varint(2**64 - 1)),
    "a number beyond the end": wire_request(PLAIN_SPAN + varint(99 << 3 | FIXED64) + b"abc"),
    "a value nested too deep for one alone": request(span(attributes=attributes(a=DEEP))).SerializeToString(),
    "too many attributes": request(span(attributes=MANY)).SerializeToString(),
    "text": b'{"resourceSpans":[]}',
    "half a request": request(span(name="a name")).SerializeToString()[:-3],
}


@pytest.mark.parametrize("case", DECLINED)
def test_what_is_not_plain_is_declined_alone(case: str) -> None:
    good, odd = encoded(span()), piece(DECLINED[case])
    assert checked([good, odd, good]).declined == [odd]


def test_a_piece_that_fills_the_arrays_is_scanned_again_in_longer_ones() -> None:
    numbers = [AnyValue(int_value=-(2**62) + place) for place in range(2000)]
    dense = span(events=[Span.Event()] * 5000, attributes=[KeyValue(key=str(n)) for n in range(500)])
    long = span(attributes=attributes(a=array(*numbers), b=array(AnyValue(string_value="\1" * 4000))))
    assert checked([encoded(span()), encoded(dense), encoded(long), encoded(span())]).records == 4


def test_an_empty_request_is_left_to_the_other_reader() -> None:
    pieces = [piece(b""), piece(field(1, LENGTH, b""))]
    assert checked(pieces).declined == pieces


def test_where_values_may_not_nest_all_is_declined() -> None:
    pieces = [encoded(span())]
    assert checked(pieces, Limits(max_value_nesting=1)).declined == pieces


def test_each_kernel_is_compiled_for_one_kind_of_arguments() -> None:
    checked([encoded(span())])
    checked([encoded(span(attributes=attributes(a=array())), span()), piece(b"")])
    for kernel in (protobuf_scan.scan, canonical._extents, canonical._write, texts._gather):
        assert len(kernel.signatures) == 1  # type: ignore[attr-defined]


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


DOUBLES = st.one_of(
    st.floats(),
    st.builds(lambda digits, places: digits / 10**places, st.integers(-(10**15), 10**15), st.integers(0, 20)),
)
SCALARS = st.one_of(
    st.builds(lambda text: AnyValue(string_value=text), TEXTS.filter(_is_utf8)),
    st.builds(lambda number: AnyValue(int_value=number), st.integers(-(2**63), 2**63 - 1)),
    st.builds(lambda number: AnyValue(double_value=number), DOUBLES),
    st.builds(lambda flag: AnyValue(bool_value=flag), st.booleans()),
    st.builds(lambda data: AnyValue(bytes_value=data), st.binary(max_size=6)),
    st.just(AnyValue()),
)


@settings(max_examples=300, deadline=None)
@given(values=st.lists(SCALARS, max_size=6), items=st.lists(SCALARS, max_size=6))
def test_any_value_gives_the_text_of_the_other_reader(values: list[AnyValue], items: list[AnyValue]) -> None:
    pairs = [KeyValue(key=str(place), value=value) for place, value in enumerate([*values, array(*items)])]
    assert not checked([encoded(span(attributes=pairs))]).declined


@settings(max_examples=150, deadline=None)
@given(requests=st.lists(REQUESTS, max_size=4))
def test_any_request_gives_the_rows_of_the_other_reader(requests: list[dict[str, Any]]) -> None:
    checked([piece(data) for data in map(_from_json, requests) if data is not None])


def _from_json(one: dict[str, Any]) -> bytes | None:
    """A generated JSON request as protobuf; none where protobuf's own JSON reader refuses it."""
    try:
        parsed = json_format.ParseDict(one, ExportTraceServiceRequest(), ignore_unknown_fields=True)
        return parsed.SerializeToString()  # type: ignore[no-any-return]
    except (json_format.ParseError, ValueError):
        return None


MUTATED = request(
    span(
        name="chat é",
        flags=1,
        attributes=attributes(
            a=AnyValue(string_value="é"),
            b=array(AnyValue(int_value=1)),
            c=AnyValue(double_value=0.25),
            d=kvlist(e=AnyValue(bool_value=True)),
        ),
        events=[Span.Event(time_unix_nano=START, name="e")],
        links=[Span.Link(**IDS)],
        status=Status(code=Status.STATUS_CODE_OK),
    )
).SerializeToString()
EDITS = st.lists(
    st.tuples(st.integers(0, len(MUTATED) - 1), st.binary(max_size=2), st.integers(0, 2)), max_size=3
)


@settings(max_examples=400, deadline=None)
@given(edits=EDITS)
def test_a_damaged_request_is_read_alike_or_declined(edits: list[tuple[int, bytes, int]]) -> None:
    data = MUTATED
    for at, put, cut in edits:
        data = data[:at] + put + data[at + cut :]
    checked([piece(data), piece(MUTATED)])


@settings(max_examples=200, deadline=None)
@given(order=st.permutations(range(8)), again=st.integers(0, 7), twice=st.booleans())
def test_fields_may_come_in_any_order(order: list[int], again: int, twice: bool) -> None:
    parts = [
        Span(**IDS),
        Span(name="n"),
        Span(attributes=attributes(a=AnyValue(int_value=1))),
        Span(attributes=attributes(b=AnyValue(int_value=2))),
        Span(events=[Span.Event(attributes=attributes(c=AnyValue(int_value=3)))]),
        Span(links=[Span.Link(attributes=attributes(d=AnyValue(int_value=4)))]),
        Span(start_time_unix_nano=START, end_time_unix_nano=START + 1),
        Span(status=Status(code=Status.STATUS_CODE_OK)),
    ]
    places = [*order, again] if twice else order
    data = b"".join(parts[place].SerializeToString() for place in places)
    checked([piece(wire_request(data))])


def test_the_sample_is_taken_whole_but_for_the_bad_id_put_into_it(tmp_path: Path) -> None:
    write_month(tmp_path)
    pieces = [piece(data) for data in map(_as_protobuf, json_traces_below(tmp_path)) if data is not None]
    batch = checked(pieces)
    assert batch.records > 40_000
    assert len(batch.declined) <= 1


def _as_protobuf(one: Piece) -> bytes | None:
    """A JSON request as protobuf. Its ids are hexadecimal, which protobuf's own JSON is not."""
    content = json.loads(one.data)
    for resource in content["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for record in scope["spans"]:
                _decode_ids(record)
                for link in record.get("links", []):
                    _decode_ids(link)
    return _from_json(content)


def _decode_ids(record: dict[str, Any]) -> None:
    for name in ("traceId", "spanId", "parentSpanId"):
        if name in record:
            record[name] = base64.b64encode(bytes.fromhex(record[name])).decode()


@pytest.mark.shared
@pytest.mark.parametrize("folder", ["otlp_real", "otlp_spec", "adversarial"])
def test_real_and_malformed_exports_give_the_rows_of_the_other_reader(shared_data: Path, folder: str) -> None:
    pieces = protobuf_below(shared_data / folder)
    assert pieces
    checked(pieces)


def protobuf_below(folder: Path) -> list[Piece]:
    """Every protobuf piece of traces in all files below a folder."""
    pieces = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb") as stream:
                found = read_pieces(stream, str(path.relative_to(folder)))
                pieces += [item for item in found if isinstance(item, Piece) and _is_traces(item)]
    return pieces


def _is_traces(item: Piece) -> bool:
    return (item.encoding, item.signal) == ("protobuf", "traces")
