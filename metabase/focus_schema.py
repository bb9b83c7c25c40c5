"""What FOCUS 1.2 wants to be told of a dataset beside its rows: its version, its maker and its columns."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pyarrow as pa

FOCUS_VERSION = "1.2"
DATA_GENERATOR = "Tracehouse"

_SPECIFICATION = f"https://focus.finops.org/focus-specification/v{FOCUS_VERSION.replace('.', '-')}/"
# Texts that are JSON objects.
_JSON = frozenset({"SkuPriceDetails", "Tags"})


def schema_metadata(columns: pa.Schema, created_at: datetime) -> dict[str, Any]:
    """The metadata objects Data Generator and Schema of FOCUS 1.2 as one object that JSON can hold.

    `SchemaId` is a UUID that is the same as long as the columns are; `CreationDate` is `created_at` in UTC.
    Each member of `ColumnDefinition` has a name and a type: STRING, DATETIME, BOOLEAN, JSON, or DECIMAL with
    its precision and scale. Raises TypeError for a column of another type.
    """
    definition = [_column(field) for field in columns]
    return {
        "DataGenerator": DATA_GENERATOR,
        "SchemaId": str(uuid5(NAMESPACE_URL, _SPECIFICATION + json.dumps(definition))),
        "FocusVersion": FOCUS_VERSION,
        "CreationDate": focus_time(created_at),
        "ColumnDefinition": definition,
    }


def focus_time(instant: datetime) -> str:
    """A time in UTC as the attribute DateTimeFormat of FOCUS 1.2 has it."""
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"


def as_key_values(metadata: Mapping[str, Any]) -> dict[str, str]:
    """The same as texts by key, as Parquet keeps them; what is no text is JSON."""
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in metadata.items()}


def _column(field: pa.Field) -> dict[str, Any]:
    name, kind = field.name, field.type
    if name in _JSON:
        # No tag is the provider's own: all are told by telemetry.
        prefixes: dict[str, Any] = {"ProviderTagPrefixes": []} if name == "Tags" else {}
        return {"ColumnName": name, "DataType": "JSON", "StringEncoding": "UTF-8", **prefixes}
    if pa.types.is_decimal(kind):
        sizes = {"NumericPrecision": kind.precision, "NumberScale": kind.scale}
        return {"ColumnName": name, "DataType": "DECIMAL", **sizes}
    if pa.types.is_timestamp(kind):
        return {"ColumnName": name, "DataType": "DATETIME"}
    if pa.types.is_boolean(kind):
        return {"ColumnName": name, "DataType": "BOOLEAN"}
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return {"ColumnName": name, "DataType": "STRING", "StringEncoding": "UTF-8"}
    raise TypeError(f"FOCUS has no type for {name}, which is {kind}.")
