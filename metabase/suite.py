"""The suite of a mart: what its contract implies, and what `expectations/<mart>.yml` adds.

Each expectation has a name that `gate_results` shows, and a sentence that says what is true when it
passes. Importing this module imports Great Expectations, which takes seconds.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity

from metabase import batches
from metabase.contracts import Mart
from metabase.results import Severity
from metabase.spec import Range, Spec
from metabase.sql import PLAIN_TYPES


@dataclass(frozen=True)
class Check:
    """One expectation with the name and the words that it is reported by."""

    name: str
    severity: Severity
    says: str
    expectation: Expectation


def of_columns() -> list[Check]:
    """The table has the columns of the contract, in its order and of its types."""
    return [
        _check(
            "columns_are_those_of_the_contract",
            "the table has the columns of the contract, in its order",
            gxe.ExpectColumnPairValuesToBeEqual(column_A="declared_name", column_B="found_name"),
        ),
        _check(
            "types_are_those_of_the_contract",
            "each column has the type of the contract",
            gxe.ExpectColumnPairValuesToBeEqual(column_A="declared_type", column_B="found_type"),
        ),
        _check(
            "types_are_plain_scalars",
            f"each type is one of {', '.join(sorted(PLAIN_TYPES))}",
            gxe.ExpectColumnValuesToBeInSet(column="plain_type", value_set=sorted(PLAIN_TYPES)),
        ),
    ]


def of_rows(mart: Mart, spec: Spec) -> list[Check]:
    """What holds for each row: keys, ranges, sets, references and rules."""
    return [*_keys(mart), *_values(spec), *_conditions(spec)]


def of_totals(spec: Spec) -> list[Check]:
    """What holds for each `by`: totals are those of the source; volume and freshness only warn."""
    checks = [
        _is_true(
            f"{total.name}_reconciles_with_{spec.reconciliation.source}",
            f"{total.name} by {spec.by} is that of {spec.reconciliation.source}",
            batches.agrees_column(total.name),
        )
        for total in (spec.reconciliation.totals if spec.reconciliation else ())
        if spec.reconciliation
    ]
    if spec.usual_volume_within_times:
        times = spec.usual_volume_within_times
        says = f"no day has {times} times the rows of the median day, or less than that part of them"
        checks.append(_is_true("volume_of_each_day_is_usual", says, "volume_is_usual", "warn"))
    if spec.fresh_within_hours:
        says = f"the newest day ended at most {spec.fresh_within_hours} hours before the as-of instant"
        checks.append(_is_true("newest_day_is_fresh", says, "day_is_fresh", "warn"))
    return checks


def _keys(mart: Mart) -> Iterator[Check]:
    for column in mart.columns:
        if not column.is_nullable or column.name in mart.grain:
            yield _check(
                f"{column.name}_is_never_null",
                f"{column.name} is never null",
                gxe.ExpectColumnValuesToNotBeNull(column=column.name),
            )
    if len(mart.grain) == 1:
        unique: Expectation = gxe.ExpectColumnValuesToBeUnique(column=mart.grain[0])
    else:
        unique = gxe.ExpectCompoundColumnsToBeUnique(column_list=list(mart.grain))
    yield _check("one_row_per_grain", f"there is one row per {', '.join(mart.grain)}", unique)


def _values(spec: Spec) -> Iterator[Check]:
    for column, bounds in spec.ranges.items():
        yield _check(
            f"{column}_is_in_range",
            f"{column} is {_range(bounds)}",
            gxe.ExpectColumnValuesToBeBetween(
                column=column,
                min_value=None if bounds.at_least is None else float(bounds.at_least),
                max_value=None if bounds.at_most is None else float(bounds.at_most),
            ),
        )
    for column, values in spec.accepted_values.items():
        yield _check(
            f"{column}_is_an_accepted_value",
            f"{column} is one of {', '.join(values)}",
            gxe.ExpectColumnValuesToBeInSet(column=column, value_set=[html.escape(v) for v in values]),
        )


def _conditions(spec: Spec) -> Iterator[Check]:
    for column, reference in spec.references.items():
        yield _is_true(
            f"{column}_is_known_to_{reference.model}",
            f"{column} stands in {reference.model}.{reference.column}, or is 'unknown'",
            batches.reference_column(column),
        )
    for name, condition in spec.rows.items():
        yield _is_true(name, condition, batches.rule_column(name))


def _is_true(name: str, says: str, column: str, severity: Severity = "error") -> Check:
    return _check(name, says, gxe.ExpectColumnValuesToBeInSet(column=column, value_set=[True]), severity)


def _check(name: str, says: str, expectation: Expectation, severity: Severity = "error") -> Check:
    expectation.meta = {"check_name": name}
    # Data Docs show the description as HTML.
    expectation.description = html.escape(says)
    expectation.severity = FailureSeverity.CRITICAL if severity == "error" else FailureSeverity.WARNING
    return Check(name=name, severity=severity, says=says, expectation=expectation)


def _range(bounds: Range) -> str:
    parts = []
    if bounds.at_least is not None:
        parts.append(f"at least {bounds.at_least}")
    if bounds.at_most is not None:
        parts.append(f"at most {bounds.at_most}")
    return " and ".join(parts)
