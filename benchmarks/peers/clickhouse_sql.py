"""The queries of the ClickHouse peer: the structure of a request, and a SELECT for each output.

JSON and protobuf differ in how a field is spelled, what an id is and what a number is read as.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Dialect:
    """What differs between the encodings: `name` is the input format, the rest are ClickHouse expressions."""

    name: str
    is_camel_case: bool
    # The type of numbers and booleans inside attribute values; a text needs no conversion.
    int_type: str
    double_type: str
    bool_type: str
    # Wraps a double that is not null: the text always has a point.
    double_text: str
    # Wraps an id, giving lower-case hex.
    id_text: str

    def field(self, snake_case: str) -> str:
        """A field's name in this encoding."""
        if not self.is_camel_case:
            return snake_case
        return re.sub("_([a-z])", lambda match: match[1].upper(), snake_case)


_POINTED = "if({0} = floor({0}), concat(toString({0}), '.0'), toString({0}))"
JSON = Dialect("JSONEachRow", True, "String", "String", "String", "{}", "{}")
PROTOBUF = Dialect("Protobuf", False, "Int64", "Float64", "Bool", _POINTED, "lower(hex({}))")


def load_query(dialect: Dialect, source: str) -> str:
    """Read the file into the Memory table `requests`."""
    structure = f"{dialect.field('resource_spans')} {_resource_spans_type(dialect)}"
    file = f"file('{source}', {dialect.name}, '{structure}')"
    return f"create table requests engine = Memory as select * from {file}"  # noqa: S608 - as below


def spans_query(dialect: Dialect) -> str:
    """All columns of bronze.spans. The maps of resource and scope are made once for each request."""
    f = dialect.field
    span = {name: f"s.{f(name)}" for name, _ in _SPAN_FIELDS}
    return f"""
    select
        {dialect.id_text.format(span["trace_id"])} as trace_id,
        {dialect.id_text.format(span["span_id"])} as span_id,
        nullIf({dialect.id_text.format(span["parent_span_id"])}, '') as parent_span_id,
        nullIf({span["trace_state"]}, '') as trace_state,
        {span["flags"]} as flags,
        nullIf(s.name, '') as name,
        ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'][s.kind + 1] as kind,
        {span["start_time_unix_nano"]} as start_time_unix_nano,
        {span["end_time_unix_nano"]} as end_time_unix_nano,
        {_microseconds(span["start_time_unix_nano"])} as started_at,
        {_microseconds(span["end_time_unix_nano"])} as ended_at,
        ['UNSET', 'OK', 'ERROR'][s.status.code + 1] as status_code,
        nullIf(s.status.message, '') as status_message,
        {_attribute_columns(dialect, "s.attributes", "")},
        {span["dropped_attributes_count"]} as dropped_attributes_count,
        {span["dropped_events_count"]} as dropped_events_count,
        {span["dropped_links_count"]} as dropped_links_count,
        * except (s)
    from (
        select * except (scope), arrayJoin(scope.spans) as s,
            nullIf(scope.scope.name, '') as scope_name,
            nullIf(scope.scope.version, '') as scope_version,
            nullIf(scope.{f("schema_url")}, '') as scope_schema_url,
            {_attribute_columns(dialect, "scope.scope.attributes", "scope_")}
        from (
            select
                nullIf(r.{f("schema_url")}, '') as resource_schema_url,
                {_attribute_columns(dialect, "r.resource.attributes", "resource_")},
                arrayJoin(r.{f("scope_spans")}) as scope
            from (select arrayJoin({f("resource_spans")}) as r from requests)
        )
    )
    """  # noqa: S608 - field names of this module and a path of ours


def events_query(dialect: Dialect) -> str:
    """All columns of bronze.span_events."""
    f = dialect.field
    return f"""
    select
        {dialect.id_text.format("trace")} as trace_id,
        {dialect.id_text.format("span")} as span_id,
        place - 1 as event_index,
        nullIf(e.name, '') as name,
        e.{f("time_unix_nano")} as time_unix_nano,
        {_microseconds("e." + f("time_unix_nano"))} as occurred_at,
        {_attribute_columns(dialect, "e.attributes", "")},
        e.{f("dropped_attributes_count")} as dropped_attributes_count
    from ({_children(dialect, "events")})
    array join items as e, arrayEnumerate(items) as place
    """  # noqa: S608 - as above


def links_query(dialect: Dialect) -> str:
    """All columns of bronze.span_links."""
    f = dialect.field
    return f"""
    select
        {dialect.id_text.format("trace")} as trace_id,
        {dialect.id_text.format("span")} as span_id,
        place - 1 as link_index,
        nullIf({dialect.id_text.format("e." + f("trace_id"))}, '') as linked_trace_id,
        nullIf({dialect.id_text.format("e." + f("span_id"))}, '') as linked_span_id,
        nullIf(e.{f("trace_state")}, '') as trace_state,
        e.flags as flags,
        {_attribute_columns(dialect, "e.attributes", "")},
        e.{f("dropped_attributes_count")} as dropped_attributes_count
    from ({_children(dialect, "links")})
    array join items as e, arrayEnumerate(items) as place
    """  # noqa: S608 - as above


def _children(dialect: Dialect, name: str) -> str:
    """Events or links of each span that has some: `trace`, `span`, `items`."""
    f = dialect.field
    return f"""
        select s.{f("trace_id")} as trace, s.{f("span_id")} as span, s.{name} as items
        from (
            select arrayJoin(arrayFlatten(arrayMap(scope -> scope.spans, r.{f("scope_spans")}))) as s
            from (select arrayJoin({f("resource_spans")}) as r from requests)
        )
        where notEmpty(items)
    """  # noqa: S608 - as above


_EVENT_FIELDS = (("time_unix_nano", "Int64"), ("name", "String"), ("dropped_attributes_count", "Int64"))
_LINK_FIELDS = (
    *(("trace_id", "String"), ("span_id", "String"), ("trace_state", "String")),
    *(("flags", "Int64"), ("dropped_attributes_count", "Int64")),
)
_SPAN_FIELDS = (
    *(("trace_id", "String"), ("span_id", "String"), ("parent_span_id", "String"), ("trace_state", "String")),
    *(("flags", "Int64"), ("name", "String"), ("kind", "Int64")),
    *(("start_time_unix_nano", "Int64"), ("end_time_unix_nano", "Int64")),
    *(
        ("dropped_attributes_count", "Int64"),
        ("dropped_events_count", "Int64"),
        ("dropped_links_count", "Int64"),
    ),
)


def _resource_spans_type(dialect: Dialect) -> str:
    f = dialect.field
    attributes = f"attributes {_attributes_type(dialect)}"
    events = f"events Array(Tuple({_plain(dialect, _EVENT_FIELDS)}, {attributes}))"
    links = f"links Array(Tuple({_plain(dialect, _LINK_FIELDS)}, {attributes}))"
    status = "status Tuple(code Int64, message String)"
    span = f"Tuple({_plain(dialect, _SPAN_FIELDS)}, {attributes}, {events}, {links}, {status})"
    scope = f"scope Tuple(name String, version String, {attributes})"
    scope_spans = f"Tuple({scope}, {f('schema_url')} String, spans Array({span}))"
    return (
        f"Array(Tuple(resource Tuple({attributes}), {f('schema_url')} String, "
        f"{f('scope_spans')} Array({scope_spans})))"
    )


def _plain(dialect: Dialect, fields: tuple[tuple[str, str], ...]) -> str:
    return ", ".join(f"{dialect.field(name)} {data_type}" for name, data_type in fields)


def _attributes_type(dialect: Dialect) -> str:
    f = dialect.field
    return (
        f"Array(Tuple(key String, value Tuple({f('string_value')} Nullable(String), "
        f"{f('int_value')} Nullable({dialect.int_type}), "
        f"{f('double_value')} Nullable({dialect.double_type}), "
        f"{f('bool_value')} Nullable({dialect.bool_type}), "
        f"{f('array_value')} Tuple(values Array(Tuple({f('string_value')} String))))))"
    )


def _attribute_columns(dialect: Dialect, attributes: str, prefix: str) -> str:
    """The map of values as text, and the types of what is no string, by their place in the type above."""
    value = "a.2"
    text = (
        f"coalesce({value}.1, toString({value}.2), {dialect.double_text.format(value + '.3')}, "
        f"toString({value}.4), "
        f"toJSONString(arrayMap(v -> v.1, {value}.5.1)))"
    )
    kind = (
        f"multiIf({value}.2 is not null, 'int', {value}.3 is not null, 'double', "
        f"{value}.4 is not null, 'bool', 'array')"
    )
    typed = f"arrayFilter(a -> {value}.1 is null, {attributes})"
    return (
        f"mapFromArrays({attributes}.1, arrayMap(a -> assumeNotNull({text}), {attributes})) "
        f"as {prefix}attributes, "
        f"mapFromArrays({typed}.1, arrayMap(a -> {kind}, {typed})) as {prefix}attribute_types"
    )


def _microseconds(nanoseconds: str) -> str:
    return f"cast(fromUnixTimestamp64Nano({nanoseconds}, 'UTC'), 'DateTime64(6, \\'UTC\\')')"
