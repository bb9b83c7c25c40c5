"""Names that dialects give to what the registry declares, from the seeds that dbt reads."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

SEEDS = Path(__file__).parents[2] / "dbt_project" / "seeds"

# A value as text and the kind that is stored for it, by name of its attribute.
Values = dict[str, tuple[str, str]]


@dataclass(frozen=True)
class Aliases:
    """`canonical` is the canonical name of an attribute, `names` an attribute's aliases by canonical name.

    Names stand in order of priority. `operations` maps a dialect's operation, in lower case, to
    OpenTelemetry's.
    """

    canonical: Mapping[str, str]
    names: Mapping[str, tuple[str, ...]]
    operations: Mapping[str, str]

    def value(self, canonical_name: str, own: Values, resource: Values) -> str | None:
        """What a record says under any alias, its own attributes before its resource's; null for nothing."""
        for values in (own, resource):
            for name in self.names[canonical_name]:
                if values.get(name, ("", ""))[0]:
                    return values[name][0]
        return None

    def operation(self, own: Values, resource: Values) -> str | None:
        """The GenAI operation of a span, null where it is none."""
        told = self.value("operation", own, resource)
        return None if told is None else self.operations.get(told.lower(), told.lower())


@cache
def read_aliases(on: date) -> Aliases:
    """The aliases of spans in force on a UTC day."""
    rows = [row for row in _rows("attribute_aliases.csv", on) if row["signal"] in ("any", "span")]
    rows.sort(key=lambda row: int(row["priority"]))
    canonical: dict[str, str] = {}
    names: dict[str, tuple[str, ...]] = {}
    for row in rows:
        # Out of JSON one attribute gives many values, so that it stands for none of them.
        if row["value_kind"] != "json":
            canonical.setdefault(row["attribute"], row["canonical_name"])
        names[row["canonical_name"]] = (*names.get(row["canonical_name"], ()), row["attribute"])
    operations = {row["alias"]: row["operation_name"] for row in _rows("operation_names.csv", on)}
    return Aliases(canonical, names, operations)


def operation_names() -> tuple[str, ...]:
    """OpenTelemetry's names of the operations that any dialect has, sorted."""
    return tuple(sorted({row["operation_name"] for row in _all_rows("operation_names.csv")}))


def _rows(seed: str, on: date) -> list[dict[str, str]]:
    return [row for row in _all_rows(seed) if _begins(row) <= on < _ends(row)]


def _all_rows(seed: str) -> list[dict[str, str]]:
    with (SEEDS / seed).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _begins(row: Mapping[str, str]) -> date:
    return date.fromisoformat(row["valid_from"][:10])


def _ends(row: Mapping[str, str]) -> date:
    return date.fromisoformat(row["valid_to"][:10]) if row["valid_to"] else date.max
