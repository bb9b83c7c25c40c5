"""The audit of a mart before it is published: build its batches, run its suite, say what was found.

Great Expectations is imported when the first mart is audited, not when this module is.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from metabase import batches
from metabase.contracts import Mart, Project
from metabase.errors import SpecError
from metabase.results import MESSAGE_LIMIT, CheckResult, Outcome
from metabase.spec import FOLDER, Spec, read_spec

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations.data_context.data_context.abstract_data_context import AbstractDataContext

    from metabase.suite import Check

SHOWN_ROWS = 5
SHOWN_VALUE = 80


def audit_project(
    connection: duckdb.DuckDBPyConnection,
    project: Project,
    *,
    as_of: datetime,
    data_docs: Path,
    specs: Path = FOLDER,
) -> list[CheckResult]:
    """Audit every public mart and write Data Docs of all results into the folder `data_docs`."""
    # A killed release of the same number may have left half of its docs there.
    shutil.rmtree(data_docs, ignore_errors=True)
    context = open_context(data_docs)
    results = [
        result
        for mart in project.marts
        for result in audit_mart(context, connection, mart, project.relations, as_of=as_of, specs=specs)
    ]
    context.build_data_docs()
    return results


def open_context(data_docs: Path | None = None) -> AbstractDataContext:
    """A Great Expectations context that lives as long as this audit and reports to nobody."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    site = {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
        "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(data_docs)},
    }
    config = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        data_docs_sites={"data_docs": site} if data_docs else {},
        analytics_enabled=False,
        progress_bars=ProgressBarsConfig(globally=False),
    )
    return gx.get_context(mode="ephemeral", project_config=config)


def audit_mart(
    context: AbstractDataContext,
    connection: duckdb.DuckDBPyConnection,
    mart: Mart,
    relations: Mapping[str, str],
    *,
    as_of: datetime,
    specs: Path = FOLDER,
    relation: str | None = None,
) -> list[CheckResult]:
    """Audit `mart` as it stands in `relation` (the mart's own table unless told).

    A mart whose columns are not those of its contract is judged on its columns alone. A mart that
    cannot be audited at all gets a result that says so, and is held by it.
    """
    from metabase import suite

    relation = relation or mart.relation
    try:
        spec = read_spec(mart, relations, specs)
        columns = batches.columns_batch(connection, mart, relation)
        results = _run(context, mart, "columns", columns, suite.of_columns(), ("declared_name", "found_name"))
        if any(result.holds for result in results):
            return results
        return results + _of_content(context, connection, mart, spec, relations, relation, as_of)
    except SpecError as error:
        return [_could_not(mart, "expectations_can_be_read", str(error))]
    except duckdb.Error as error:
        return [_could_not(mart, "mart_can_be_audited", str(error))]


def _of_content(
    context: AbstractDataContext,
    connection: duckdb.DuckDBPyConnection,
    mart: Mart,
    spec: Spec,
    relations: Mapping[str, str],
    relation: str,
    as_of: datetime,
) -> list[CheckResult]:
    from metabase import suite

    if not mart.grain:
        message = f"No one_row_per test of {mart.name} declares what one row is; add it to its yml."
        return [_could_not(mart, "grain_is_declared", message)]
    rows = batches.rows_batch(connection, mart, spec, relations, relation)
    results = _run(context, mart, "rows", rows, suite.of_rows(mart, spec), mart.grain)
    checks = suite.of_totals(spec)
    if checks and spec.by:
        totals = batches.totals_batch(connection, spec, relations, relation, as_of)
        shown = [name for name in totals.columns if name.endswith((" in mart", " in source"))]
        results += _run(context, mart, "totals", totals, checks, [spec.by, *shown])
    return results


def _run(
    context: AbstractDataContext,
    mart: Mart,
    part: str,
    rows: pd.DataFrame,
    checks: Sequence[Check],
    keys: Sequence[str],
) -> list[CheckResult]:
    """Validate one batch; a failing row is named by its `keys`."""
    import great_expectations as gx

    if not checks:
        return [_could_not(mart, "suite_has_expectations", f"The suite of {mart.name} expects nothing.")]
    name = f"{mart.name} {part}"
    source = context.data_sources.add_or_update_pandas(name)
    batch = source.add_dataframe_asset(name).add_batch_definition_whole_dataframe("all")
    suite = context.suites.add_or_update(
        gx.ExpectationSuite(name=name, expectations=[check.expectation for check in checks])
    )
    definition = context.validation_definitions.add_or_update(
        gx.ValidationDefinition(name=name, data=batch, suite=suite)
    )
    validated = definition.run(
        batch_parameters={"dataframe": rows},
        result_format={
            "result_format": "SUMMARY",
            "unexpected_index_column_names": list(keys),
            "partial_unexpected_count": SHOWN_ROWS,
        },
    )
    by_name = {check.name: check for check in checks}
    return [
        _read(mart, by_name[_name(found)], found, keys)
        for found in sorted(validated.results, key=lambda found: list(by_name).index(_name(found)))
    ]


def _read(mart: Mart, check: Check, found: Any, keys: Sequence[str]) -> CheckResult:
    """Turn one result of Great Expectations into ours."""
    if found.success:
        return CheckResult(
            mart.name, check.name, "expectation", check.severity, "passed", None, check.says, ""
        )
    unexpected = found.result.get("unexpected_count")
    if unexpected is None:
        raised = found.exception_info
        text = str(raised.get("exception_message") or next(iter(raised.values()), ""))
        return _could_not(mart, check.name, f"This could not be checked: {text}")
    outcome: Outcome = "failed" if check.severity == "error" else "warned"
    observed = f"{unexpected} of {found.result['element_count']} rows"
    samples = found.result.get("partial_unexpected_index_list") or []
    shown = "; ".join(
        ", ".join(f"{key} = {_shown(sample.get(key))}" for key in keys) for sample in samples[:SHOWN_ROWS]
    )
    message = f"Expected that {check.says}; {observed} are otherwise: {shown}."
    return CheckResult(
        mart.name,
        check.name,
        "expectation",
        check.severity,
        outcome,
        observed,
        check.says,
        message[:MESSAGE_LIMIT],
    )


def _could_not(mart: Mart, check_name: str, message: str) -> CheckResult:
    """A check that could not be made holds the mart: nobody knows that it is good."""
    text = " ".join(message.split())[:MESSAGE_LIMIT]
    return CheckResult(mart.name, check_name, "expectation", "error", "error", None, None, text)


def _name(found: Any) -> str:
    """The name that `metabase.suite` gave to an expectation, from its result."""
    return str(found.expectation_config.meta["check_name"])


def _shown(value: object) -> str:
    """A key of a failing row, bounded; pandas writes a day as its midnight."""
    return str(value).removesuffix(" 00:00:00")[:SHOWN_VALUE]
