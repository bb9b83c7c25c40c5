"""Marts to release: every public mart is audited, and published if its whole audit passed.

One step for all marts, because a publication is one act; one blocking check for each, so that a held
mart fails the run, is named in the UI and does not keep the others back.
"""

from collections.abc import Iterator

import duckdb
from dagster import (
    AssetCheckResult,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetSpec,
    MaterializeResult,
    MetadataValue,
    multi_asset,
)

from ingest import lake
from metabase.contracts import public_marts
from metabase.publication import Publication
from metabase.release import audit_and_release
from orchestration import work
from orchestration.alert_delivery import clock
from orchestration.governance import alerting
from orchestration.governance.ledger import record_facts
from orchestration.preview import markdown_table
from orchestration.probe_health import follow
from orchestration.project import DBT_PROJECT_DIR, MANIFEST, POLICIES
from orchestration.resources import Warehouse, say

MARTS = public_marts(MANIFEST)


@multi_asset(
    name="release",
    specs=[
        AssetSpec(
            ["serving", mart.name],
            deps=[["marts", mart.name]],
            description=mart.description,
            group_name="serving",
            kinds={"parquet"},
            skippable=True,
        )
        for mart in MARTS
    ],
    check_specs=[
        AssetCheckSpec(
            "gate",
            asset=["serving", mart.name],
            blocking=True,
            description="Every dbt test and expectation passed; else readers keep the last good version.",
        )
        for mart in MARTS
    ],
    pool="lake_writer",
)
def release(
    context: AssetExecutionContext, warehouse: Warehouse
) -> Iterator[MaterializeResult[None] | AssetCheckResult]:
    """Audit, publish what passed, hold what did not, and note what this run has seen.

    What crosses its threshold is raised before, so that the release shows it; holds and late probes are
    raised after.
    """
    digests = work.digest_project(DBT_PROJECT_DIR)
    with lake.connect(warehouse.settings) as connection:
        load_id = work.latest_load(connection)
        alert(connection, warehouse, alerting.BREACHES)
        publication = audit_and_release(
            connection,
            warehouse.settings,
            manifest=MANIFEST,
            run_results=warehouse.dbt_target / "run_results.json",
            as_of=warehouse.as_of,
            now=warehouse.now,
        )
        follow(connection, warehouse.settings.home, now=clock())
        alert(connection, warehouse, alerting.HOLDS)
        # Before the run counts as finished: one that is killed in between is repeated, and enters all. And
        # before anybody is told: what people heard stands in the ledger.
        record_facts(connection, warehouse.settings.home, POLICIES, now=warehouse.now)
        work.remember_run(connection, context.run_id, load_id, digests, warehouse.as_of, warehouse.now)
        report = alerting.deliver(connection, warehouse.settings, clock=clock)
    for line in report.lines():
        say(line)
    for warning in report.warnings:
        context.log.warning(warning)
    for mart in publication.marts:
        key = ["serving", mart.mart]
        if mart.state == "published":
            say(f"released {mart.mart}: {mart.row_count:,} rows")
            yield MaterializeResult(
                asset_key=key,
                metadata={
                    "dagster/row_count": mart.row_count,
                    "publication_id": publication.publication_id,
                    "digest": mart.digest,
                },
            )
        else:
            say(f"held {mart.mart}: {publication.reasons(mart.mart)[0].message}")
        yield _gate(publication, mart.mart)


def alert(connection: duckdb.DuckDBPyConnection, warehouse: Warehouse, about: tuple[str, ...]) -> None:
    """Raise what crosses its threshold, and say how many alerts that were and which seed rows are wrong."""
    trace_url = warehouse.settings.trace_url
    decision = alerting.decide(connection, as_of=warehouse.as_of, trace_url=trace_url, about=about)
    if decision.raised:
        say(f"raised {decision.raised:,} {'alert' if decision.raised == 1 else 'alerts'}")
    for warning in decision.warnings if about == alerting.BREACHES else ():
        say(warning)


def _gate(publication: Publication, mart: str) -> AssetCheckResult:
    """The whole audit of one mart as one check: how many were made, and every one that failed."""
    checks = [check for check in publication.checks if check.mart == mart]
    failed = [check for check in checks if check.outcome != "passed"]
    return AssetCheckResult(
        asset_key=["serving", mart],
        check_name="gate",
        passed=mart not in publication.held,
        metadata={
            "checks made": len(checks),
            "not passed": MetadataValue.md(
                markdown_table(
                    ["check", "kind", "severity", "outcome", "what to know"],
                    [(c.check_name, c.kind, c.severity, c.outcome, c.message) for c in failed],
                )
            ),
        },
    )
