"""Rows of the seeds of alerts that cannot be used, told in sentences that name the row and the fix.

dbt's tests of the seeds say the same in their own words; nothing that is published depends on these seeds, so
no gate would hold anything because of them.
"""

from __future__ import annotations

import duckdb

from orchestration.governance.alerting.crossings import CHANNELS, COMPARATORS, KPIS

# Null is no answer, so what is not surely right is wrong.
_ROUTES = """
select
    rule_id, severity, channel,
    case
        when rule_id is null or severity is null or audience is null
            then 'has no rule_id, severity or audience; give each, * for any rule or severity'
        when not coalesce(channel in (select unnest($channels)), false)
            then 'has the channel ' || coalesce(channel, '(empty)') || '; give one of '
                || array_to_string($channels, ', ')
        when not coalesce(window_minutes >= 1, false)
            then 'has the window_minutes ' || coalesce(window_minutes::varchar, '(empty)')
                || '; give 1 or more'
        when not coalesce(threshold >= 1, false)
            then 'has the threshold ' || coalesce(threshold::varchar, '(empty)') || '; give 1 or more'
        when valid_from is null then 'has no valid_from; say since when it counts'
    end as wrong
from lake.seeds.alert_routes
where wrong is not null
order by all
"""
_LIMITS = """
select
    rule_id, severity, kpi,
    case
        when rule_id is null or severity is null
            then 'has no rule_id or severity; give both, * for any rule'
        when not coalesce(kpi in (select unnest($kpis)), false)
            then 'has the kpi ' || coalesce(kpi, '(empty)') || '; give one of '
                || array_to_string($kpis, ', ')
        when not coalesce(comparator in (select unnest($comparators)), false)
            then 'has the comparator ' || coalesce(comparator, '(empty)') || '; give one of '
                || array_to_string($comparators, ' ')
        when threshold is null then 'has no threshold; give a number'
        when valid_from is null then 'has no valid_from; say since when it counts'
    end as wrong
from lake.seeds.policy_escalations
where wrong is not null
order by all
"""


def unusable_rows(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """One sentence a row that raises nothing because it is wrong."""
    routes = connection.execute(_ROUTES, {"channels": list(CHANNELS)}).fetchall()
    limits = connection.execute(_LIMITS, {"kpis": list(KPIS), "comparators": list(COMPARATORS)}).fetchall()
    return [
        f"seeds/{seed}.csv: the row of {rule_id}, {severity}, {third} {wrong}. It raises nothing."
        for seed, rows in (("alert_routes", routes), ("policy_escalations", limits))
        for rule_id, severity, third, wrong in rows
    ]
