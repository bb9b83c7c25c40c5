"""Redaction of rows on their way to Parquet: whatever decoded them, this is the one gate they pass."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.redaction.policy import JSON_MEMBER, Action, Redaction

_MAPS = ("", "resource_", "scope_")
_Places = np.ndarray[Any, np.dtype[np.int64]]


def redacted(table: str, rows: pa.Table, redaction: Redaction) -> pa.Table:
    """The rows of a bronze table as they may be written; the same table where nothing is redacted."""
    for prefix in _MAPS:
        if f"{prefix}attribute_types" in rows.column_names:
            rows = _attributes(rows, prefix, redaction)
    if table == "log_records":
        rows = _bodies(rows, redaction)
    if table == "metric_points":
        rows = _exemplars(rows, redaction)
    if table == "events" and redaction.json_members:
        rows = _json_texts(rows, redaction)
    return rows


def _attributes(rows: pa.Table, prefix: str, redaction: Redaction) -> pa.Table:
    names = (f"{prefix}attributes", f"{prefix}attribute_types", f"{prefix}attributes_repeated")
    rows = _set(rows, names[2], _repeated(rows.column(names[2]), redaction))
    values, types = (_one(rows.column(name)) for name in names[:2])
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
    added = _Entries(row_of, values.keys.take(pa.array(places)), kinds)
    return _set(rows, names[1], kept.with_(added).as_map(rows.num_rows))


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


def _redacted(names: pa.Array, redaction: Redaction) -> tuple[_Places, list[Action]]:
    """Where a name's value is not kept, and the actions there; the policy is asked once for each name."""
    encoded = names.dictionary_encode()
    of_name = [redaction.action(name) for name in encoded.dictionary.to_pylist()]
    is_redacted = np.array([action != "keep" for action in of_name], dtype=bool)
    if not is_redacted.any():
        return np.array([], np.int64), []
    indices = encoded.indices.to_numpy()
    places = np.flatnonzero(is_redacted[indices])
    return places, [of_name[index] for index in indices[places]]


def _bodies(rows: pa.Table, redaction: Redaction) -> pa.Table:
    """Log bodies, by the name of their event."""
    names = pc.binary_join_element_wise(pc.fill_null(rows.column("event_name"), ""), "/body", "")
    places, actions = _redacted(_one(names), redaction)
    if not len(places):
        return rows
    bodies, types = (rows.column(name).to_pylist() for name in ("body", "body_type"))
    for place, action in zip(places, actions, strict=True):
        if bodies[place] is not None:
            bodies[place], types[place] = redaction.replacement(action, bodies[place])
    rows = _set(rows, "body", pa.array(bodies, pa.string()))
    return _set(rows, "body_type", pa.array(types, pa.string()))


def _exemplars(rows: pa.Table, redaction: Redaction) -> pa.Table:
    column = rows.column("exemplars")
    names = _one(column).flatten().field("filtered_attributes").keys
    if not len(_redacted(names, redaction)[0]):
        return rows
    points = column.to_pylist()
    for exemplar in (exemplar for point in points for exemplar in point or ()):
        types = dict(exemplar["filtered_attribute_types"])
        values = dict(exemplar["filtered_attributes"])
        for name, text in values.items():
            if (action := redaction.action(name)) != "keep":
                values[name], types[name] = redaction.replacement(action, text)
        exemplar["filtered_attributes"] = list(values.items())
        exemplar["filtered_attribute_types"] = list(types.items())
    return _set(rows, "exemplars", pa.array(points, column.type))


def _repeated(column: pa.ChunkedArray, redaction: Redaction) -> pa.ChunkedArray | pa.Array:
    """Repeats of a key follow the key."""
    entries = _one(column).flatten()
    if not len(entries) or not len(_redacted(entries.field("key"), redaction)[0]):
        return column
    lists = column.to_pylist()
    for entry in (entry for entries in lists for entry in entries or ()):
        if (action := redaction.action(entry["key"])) != "keep":
            entry["value"], entry["type"] = redaction.replacement(action, entry["value"])
    return pa.array(lists, column.type)


def _json_texts(rows: pa.Table, redaction: Redaction) -> pa.Table:
    """Text members of JSON records, in place: everything around them stays as it was sent."""
    names = "|".join(re.escape(json.dumps(name)[1:-1]) for name in redaction.json_members)
    # Quotes inside a text are escaped, so these are a name and its value and nothing else.
    member = re.compile(rf'"({names})"(\s*:\s*)"((?:[^"\\]|\\.)*)"')

    def replaced(match: re.Match[str]) -> str:
        name, between, text = match.groups()
        value, _ = redaction.replacement(redaction.action(JSON_MEMBER + name), json.loads(f'"{text}"'))
        return f'"{name}"{between}' + (f'"{value}"' if value else "null")

    for column in ("data", "record"):
        texts = [member.sub(replaced, text) for text in rows.column(column).to_pylist()]
        rows = _set(rows, column, pa.array(texts, pa.string()))
    return rows


def _one(column: pa.ChunkedArray | pa.Array) -> Any:
    if not isinstance(column, pa.ChunkedArray):
        return column
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _set(rows: pa.Table, name: str, column: pa.ChunkedArray | pa.Array) -> pa.Table:
    place = rows.schema.get_field_index(name)
    return rows.set_column(place, rows.schema.field(place), column)
