"""Redaction of rows on their way to Parquet: whatever decoded them, this is the one gate they pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.redaction.json_text import redacted_json
from ingest.redaction.policy import JSON_MEMBER, Action, Redaction

# Values, types and repeats of each attribute list that a record may have.
_LISTS = [
    *(
        (f"{owner}attributes", f"{owner}attribute_types", f"{owner}attributes_repeated")
        for owner in ("", "resource_", "scope_")
    ),
    ("metadata", "metadata_types", "metadata_repeated"),
]
# Maps of texts that have no types beside them.
_UNTYPED = {
    "usage_snapshots": ("attributes",),
    "mlflow_experiments": ("tags",),
    "mlflow_runs": ("params", "tags"),
    "mlflow_traces": ("tags", "attributes"),
    "mlflow_evaluations": ("attributes",),
    "mlflow_model_versions": ("tags",),
}
# Types of values that are written as JSON.
_NESTED = ("kvlist", "array")
_Places = np.ndarray[Any, np.dtype[np.int64]]


def redacted(table: str, rows: pa.Table, redaction: Redaction) -> pa.Table:
    """The rows of a bronze table as they may be written; the same table where nothing is redacted."""
    for names in _LISTS:
        if names[1] in rows.column_names:
            rows = _attributes(rows, names, redaction)
    for name in _UNTYPED.get(table, ()):
        rows = _untyped(rows, name, redaction)
    if table == "log_records":
        rows = _bodies(rows, redaction)
    if table == "metric_points":
        rows = _exemplars(rows, redaction)
    if table == "events":
        rows = _json_texts(rows, redaction)
    return rows


def _attributes(rows: pa.Table, names: tuple[str, str, str], redaction: Redaction) -> pa.Table:
    rows = _set(rows, names[2], _repeated(rows.column(names[2]), redaction))
    values, types = (_one(rows.column(name)) for name in names[:2])
    values = _inside(values, types, redaction)
    rows = _set(rows, names[0], values)
    places, actions = _redacted(values.keys, redaction)
    if not len(places):
        return rows
    texts_before = values.items.take(pa.array(places)).to_pylist()
    new = [redaction.replacement(action, text) for action, text in zip(actions, texts_before, strict=True)]
    texts, kinds = (pa.array(column, pa.string()) for column in zip(*new, strict=True))
    is_new = np.zeros(len(values.items), dtype=bool)
    is_new[places] = True
    items = pc.replace_with_mask(values.items, pa.array(is_new), texts)
    starts = values.offsets.to_numpy()
    rows = _set(rows, names[0], pa.MapArray.from_arrays(pa.array(starts), values.keys, items))
    # A redacted value's type says how; whatever type it had before is gone with it.
    row_of = np.searchsorted(starts, places, side="right") - 1
    is_kept = np.ones(len(types.keys), dtype=bool)
    is_kept[_redacted(types.keys, redaction)[0]] = False
    kept = _Entries.of(types).only(is_kept)
    added = _Entries(row_of, values.keys.take(pa.array(places)), kinds.dictionary_encode())
    return _set(rows, names[1], kept.with_(added).as_map(rows.num_rows))


def _inside(values: pa.MapArray, types: pa.MapArray, redaction: Redaction) -> pa.MapArray:
    """Maps whose values of nested types hold nothing that may not be written."""
    is_nested = _are(types.items, set(_NESTED))
    if not is_nested.any():
        return values
    names = set(types.keys.filter(pa.array(is_nested)).unique().to_pylist())
    places = np.flatnonzero(_are(values.keys, names))
    texts = values.items.take(pa.array(places))
    # Most are lists of plain values, such as finish reasons.
    has_members = pc.match_substring(texts, "{").to_numpy(zero_copy_only=False)
    if not has_members.any():
        return values
    starts = values.offsets.to_numpy()
    is_new = np.zeros(len(values.items), dtype=bool)
    new = []
    for place, text in zip(places[has_members].tolist(), texts.filter(has_members).to_pylist(), strict=True):
        if redaction.may_concern(text):
            row = int(np.searchsorted(starts, place, side="right")) - 1
            if dict(types[row].as_py()).get(values.keys[place].as_py()) in _NESTED:
                is_new[place] = True
                new.append(redacted_json(text, redaction))
    if not new:
        return values
    items = pc.replace_with_mask(values.items, pa.array(is_new), pa.array(new, pa.string()))
    return pa.MapArray.from_arrays(pa.array(starts), values.keys, items)


def _untyped(rows: pa.Table, name: str, redaction: Redaction) -> pa.Table:
    """A map of texts without a type beside them."""
    column = rows.column(name)
    if not len(_redacted(_one(column).keys, redaction)[0]):
        return rows
    maps = [
        [(key, _value(key, text, None, redaction)[0]) for key, text in entries or ()]
        for entries in column.to_pylist()
    ]
    return _set(rows, name, pa.array(maps, column.type))


def _value(name: str, text: str, kind: str | None, redaction: Redaction) -> tuple[str, str | None]:
    """Text and type of one value as they may be written."""
    if (action := redaction.action(name)) != "keep":
        return redaction.replacement(action, text)
    return (redacted_json(text, redaction) if kind in _NESTED else text), kind


@dataclass(frozen=True)
class _Entries:
    """Entries of maps, with the row that each stands in."""

    row_of: np.ndarray[Any, Any]
    keys: pa.Array
    items: pa.Array

    @classmethod
    def of(cls, maps: pa.MapArray) -> _Entries:
        starts = maps.offsets.to_numpy()
        row_of = np.repeat(np.arange(len(maps)), np.diff(starts))
        held = slice(int(starts[0]), int(starts[-1]))
        return cls(row_of, maps.keys[held], maps.items[held])

    def only(self, wanted: np.ndarray[Any, Any]) -> _Entries:
        mask = pa.array(wanted)
        return _Entries(self.row_of[wanted], self.keys.filter(mask), self.items.filter(mask))

    def with_(self, more: _Entries) -> _Entries:
        return _Entries(
            np.concatenate([self.row_of, more.row_of]),
            pa.concat_arrays([self.keys, more.keys]),
            pa.concat_arrays([self.items, more.items]),
        )

    def as_map(self, rows: int) -> pa.MapArray:
        order = pa.array(np.argsort(self.row_of, kind="stable"))
        ends = np.cumsum(np.bincount(self.row_of, minlength=rows))
        starts = pa.array(np.concatenate([[0], ends]), pa.int32())
        return pa.MapArray.from_arrays(starts, self.keys.take(order), self.items.take(order))


def _redacted(names: pa.DictionaryArray, redaction: Redaction) -> tuple[_Places, list[Action]]:
    """Where a name's value is not kept, and the actions there; the policy is asked once for each name."""
    known = names.dictionary.to_pylist()
    actions = {name: action for name in known if (action := redaction.action(name)) != "keep"}
    places = np.flatnonzero(_are(names, set(actions)))
    return places, [actions[name] for name in names.take(pa.array(places)).to_pylist()]


def _are(names: pa.DictionaryArray, wanted: set[str]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Whether each name is one of those wanted; asked once for each, however often it stands there."""
    is_wanted = np.array([name in wanted for name in names.dictionary.to_pylist()], dtype=bool)
    if not is_wanted.any():
        return np.zeros(len(names), dtype=bool)
    found: np.ndarray[Any, np.dtype[np.bool_]] = is_wanted[names.indices.to_numpy()]
    return found


def _bodies(rows: pa.Table, redaction: Redaction) -> pa.Table:
    """Log bodies, by the name of their event (once an attribute), and what stands inside of them."""
    older = _values_of("event.name", _one(rows.column("attributes")))
    names = pc.fill_null(pc.coalesce(_one(rows.column("event_name")), older), "")
    places, _ = _redacted(pc.binary_join_element_wise(names, "/body", "").dictionary_encode(), redaction)
    nested = pc.is_in(_one(rows.column("body_type")), pa.array(_NESTED)).to_numpy(zero_copy_only=False)
    concerned = sorted({*places.tolist(), *np.flatnonzero(nested).tolist()})
    if not concerned:
        return rows
    bodies, types = (rows.column(name).to_pylist() for name in ("body", "body_type"))
    for place in concerned:
        if bodies[place] is not None:
            name = f"{names[place].as_py()}/body"
            bodies[place], types[place] = _value(name, bodies[place], types[place], redaction)
    rows = _set(rows, "body", pa.array(bodies, pa.string()))
    return _set(rows, "body_type", pa.array(types, pa.string()))


def _values_of(name: str, maps: pa.MapArray) -> pa.Array:
    """What each map has under a name; null where it has nothing."""
    entries = _Entries.of(maps)
    is_wanted = _are(entries.keys, {name})
    values = np.full(len(maps), None, dtype=object)
    values[entries.row_of[is_wanted]] = entries.items.filter(pa.array(is_wanted)).to_pylist()
    return pa.array(values, pa.string())


def _exemplars(rows: pa.Table, redaction: Redaction) -> pa.Table:
    column = rows.column("exemplars")
    if not len(_one(column).flatten()):
        return rows
    points = column.to_pylist()
    for exemplar in (exemplar for point in points for exemplar in point or ()):
        types = dict(exemplar["filtered_attribute_types"])
        values = [
            (name, *_value(name, text, types.get(name), redaction))
            for name, text in exemplar["filtered_attributes"]
        ]
        exemplar["filtered_attributes"] = [(name, text) for name, text, _ in values]
        exemplar["filtered_attribute_types"] = [(name, kind) for name, _, kind in values if kind is not None]
        _redact_entries(exemplar["filtered_attributes_repeated"], redaction)
    return _set(rows, "exemplars", pa.array(points, column.type))


def _repeated(column: pa.ChunkedArray, redaction: Redaction) -> pa.ChunkedArray | pa.Array:
    """Repeats of a key follow the key."""
    if not len(_one(column).flatten()):
        return column
    lists = column.to_pylist()
    for entries in lists:
        _redact_entries(entries, redaction)
    return pa.array(lists, column.type)


def _redact_entries(entries: list[dict[str, Any]] | None, redaction: Redaction) -> None:
    for entry in entries or ():
        entry["value"], entry["type"] = _value(entry["key"], entry["value"], entry["type"], redaction)


def _json_texts(rows: pa.Table, redaction: Redaction) -> pa.Table:
    """Members of JSON records."""
    for column in ("data", "record"):
        texts = [redacted_json(text, redaction, JSON_MEMBER) for text in rows.column(column).to_pylist()]
        rows = _set(rows, column, pa.array(texts, pa.string()))
    return rows


def _one(column: pa.ChunkedArray | pa.Array) -> Any:
    if not isinstance(column, pa.ChunkedArray):
        return column
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _set(rows: pa.Table, name: str, column: pa.ChunkedArray | pa.Array) -> pa.Table:
    place = rows.schema.get_field_index(name)
    return rows.set_column(place, rows.schema.field(place), column)
