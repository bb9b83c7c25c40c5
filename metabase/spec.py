"""What a person asks of a mart beyond its contract: `expectations/<mart>.yml`, read and checked.

    ranges: {requests: {at_least: 0}}
    accepted_values: {verdict: [violation, unknown]}
    references: {tenant_id: int_tiered_calls.tenant_id}
    rows: {p50_is_at_most_p99: p50_ms <= p99_ms}
    by: usage_date
    reconciliation:
      source: int_tiered_calls
      source_by: usage_date
      totals: {observed_requests: count(*)}
    usual_volume_within_times: 5
    fresh_within_hours: 48

Every part may be absent. docs/add_a_mart.md explains each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from metabase.contracts import Mart
from metabase.errors import SpecError

FOLDER = Path(__file__).parent / "expectations"
_PARTS = {
    "ranges",
    "accepted_values",
    "references",
    "rows",
    "by",
    "reconciliation",
    "usual_volume_within_times",
    "fresh_within_hours",
}


@dataclass(frozen=True)
class Range:
    """Smallest and largest value allowed, both included; null for no bound."""

    at_least: Decimal | None
    at_most: Decimal | None


@dataclass(frozen=True)
class Reference:
    """A value must stand in `column` of the model or seed `model`, or be 'unknown'."""

    model: str
    column: str


@dataclass(frozen=True)
class Total:
    """One total, counted in the mart and again in its source, both as SQL expressions.

    `rounding_per_row`: how far rounding may move the total for each row of the mart that is in it.
    """

    name: str
    in_mart: str
    in_source: str
    rounding_per_row: Decimal


@dataclass(frozen=True)
class Reconciliation:
    """Totals of the model `source` that the mart must carry: for each `by` those of that `source_by`."""

    source: str
    source_by: str
    where: str
    totals: tuple[Total, ...]


@dataclass(frozen=True)
class Spec:
    """Everything that `expectations/<mart>.yml` says; all empty when there is no such file.

    `by` is the SQL expression that totals are compared by, as a rule the day of a row. A day with more than
    `usual_volume_within_times` times the rows of the median day, or fewer than that part of it, warns;
    so does a newest day that ended more than `fresh_within_hours` before the as-of instant.
    """

    ranges: Mapping[str, Range] = field(default_factory=dict)
    accepted_values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    references: Mapping[str, Reference] = field(default_factory=dict)
    rows: Mapping[str, str] = field(default_factory=dict)
    by: str | None = None
    reconciliation: Reconciliation | None = None
    usual_volume_within_times: Decimal | None = None
    fresh_within_hours: int | None = None


def read_spec(mart: Mart, relations: Mapping[str, str], folder: Path = FOLDER) -> Spec:
    """Read what `folder` asks of `mart`; an empty spec when it asks nothing.

    Raises SpecError, naming the file, for a part, column or model that does not exist.
    """
    file = folder / f"{mart.name}.yml"
    if not file.exists():
        return Spec()
    document = yaml.safe_load(file.read_text()) or {}
    unknown = set(document) - _PARTS
    if unknown:
        raise SpecError(f"{file.name} has {_listed(unknown)}; it may have {_listed(_PARTS)}.")
    try:
        spec = _spec(document)
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise SpecError(f"{file.name} cannot be read: {type(error).__name__} {error}.") from error
    named = {*spec.ranges, *spec.accepted_values, *spec.references}
    if named - set(mart.column_names):
        missing = _listed(named - set(mart.column_names))
        raise SpecError(f"{file.name} names {missing}, which the contract of {mart.name} does not have.")
    if spec.by is None and (spec.reconciliation or spec.usual_volume_within_times or spec.fresh_within_hours):
        raise SpecError(f"{file.name} compares days or totals but does not say `by` what.")
    models = {reference.model for reference in spec.references.values()}
    if spec.reconciliation:
        models.add(spec.reconciliation.source)
    if models - set(relations):
        missing = _listed(models - set(relations))
        raise SpecError(f"{file.name} reads {missing}, which is no model or seed of the project.")
    return spec


def _spec(document: Mapping[str, Any]) -> Spec:
    return Spec(
        ranges={
            column: Range(_decimal(bounds.get("at_least")), _decimal(bounds.get("at_most")))
            for column, bounds in document.get("ranges", {}).items()
        },
        accepted_values={
            column: tuple(str(value) for value in values)
            for column, values in document.get("accepted_values", {}).items()
        },
        references={
            column: Reference(*target.split(".")) for column, target in document.get("references", {}).items()
        },
        rows={name: str(condition) for name, condition in document.get("rows", {}).items()},
        by=document.get("by"),
        reconciliation=_reconciliation(document.get("reconciliation")),
        usual_volume_within_times=_decimal(document.get("usual_volume_within_times")),
        fresh_within_hours=document.get("fresh_within_hours"),
    )


def _reconciliation(part: Mapping[str, Any] | None) -> Reconciliation | None:
    if part is None:
        return None
    return Reconciliation(
        source=str(part["source"]),
        source_by=str(part["source_by"]),
        where=str(part.get("where", "true")),
        totals=tuple(_total(name, total) for name, total in part["totals"].items()),
    )


def _total(name: str, total: str | Mapping[str, Any]) -> Total:
    if isinstance(total, str):
        total = {"source": total}
    return Total(
        name=name,
        in_mart=str(total.get("mart", f'sum("{name}")')),
        in_source=str(total["source"]),
        rounding_per_row=Decimal(str(total.get("rounding_per_row", 0))),
    )


def _decimal(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names))
