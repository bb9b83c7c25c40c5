"""What crosses: exceptions by `alert_routes`, KPIs by `policy_escalations`, held marts and late probes.

Each becomes a thing that happened: about whom, by which rule, when. Of the routes in force then the most
specific count (rule before severity), however many they are. A route's windows are aligned to the epoch, UTC,
and hold things by their own time; so a second run and late data give the same windows. That of a hold begins
with it.
"""

from __future__ import annotations

from datetime import datetime

import duckdb

from orchestration.governance.alerting.tables import has_table
from orchestration.governance.alerting.webhooks import CHANNELS as WEBHOOKS

CHANNELS = ("outbox", *WEBHOOKS)
COMPARATORS = (">", ">=", "<", "<=")
# What may be measured of a row of `compliance_kpis_daily`; a rate of nothing is unknown.
KPIS = {
    "evaluated": "evaluated",
    "violations": "violations",
    "unknown": "unknown",
    "open_exceptions": "open_exceptions",
    "oldest_open_days": "oldest_open_days",
    "violation_rate": "violations / nullif(evaluated, 0)",
    "unknown_rate": "unknown / nullif(evaluated, 0)",
}
# How many trace ids and vault paths an alert lists.
LISTED = 20

# An exception that somebody acknowledged is known but not settled: it raises nothing and closes nothing.
_EXCEPTIONS = """
select
    exception_id as thing_id,
    'tenant' as subject_kind,
    tenant_id as subject,
    rule_id,
    '' as measure,
    severity,
    coalesce(occurred_at, detected_at) as happened_at,
    state = 'open' as is_open,
    trace_id,
    vault_path,
    remediation,
    runbook_url,
    null as summary
from lake.marts.compliance_exceptions
where state in ('open', 'acknowledged') and coalesce(occurred_at, detected_at) <= $as_of
"""

_KPIS = """
select
    md5(cast(json_array(kpi_date, rule_id, jurisdiction, kpi, severity) as varchar)) as thing_id,
    'jurisdiction' as subject_kind,
    jurisdiction as subject,
    rule_id,
    kpi as measure,
    severity,
    cast(kpi_date as timestamp) as happened_at,
    true as is_open,
    null as trace_id,
    null as vault_path,
    remediation,
    runbook_url,
    format('{} is {:.6g}, {} {:.6g}', kpi, value, comparator, threshold) as summary
from (
    select kpis.*, limits.* exclude (rule_id), limits.rule_id as limit_rule_id
    from (
        select kpi_date, rule_id, jurisdiction, unnest([$measured], recursive := true)
        from lake.marts.compliance_kpis_daily
        where kpi_date <= $as_of
    ) as kpis
    inner join lake.seeds.policy_escalations as limits
        on
            limits.rule_id in (kpis.rule_id, '*')
            and kpis.name = limits.kpi
            and kpis.kpi_date >= limits.valid_from
            and (limits.valid_to is null or kpis.kpi_date < limits.valid_to)
    -- Rows that name the rule take the place of those for any.
    qualify
        rank() over (
            partition by kpi_date, kpis.rule_id, jurisdiction, kpi order by limits.rule_id = '*'
        ) = 1
)
where
    case comparator
        when '>' then value > threshold
        when '>=' then value >= threshold
        when '<' then value < threshold
        when '<=' then value <= threshold
    end
""".replace(
    "$measured",
    ", ".join(f"{{'name': '{name}', 'value': cast({measure} as double)}}" for name, measure in KPIS.items()),
)

# A hold happened when the unbroken row of publications that held the mart began.
_HOLDS = """
select
    held.mart as thing_id,
    'mart' as subject_kind,
    held.mart as subject,
    'gate_hold' as rule_id,
    '' as measure,
    'high' as severity,
    min(held.published_at) as happened_at,
    true as is_open,
    null as trace_id,
    null as vault_path,
    null as remediation,
    null as runbook_url,
    'the gate holds ' || held.mart || '; readers keep its last good version' as summary
from lake.marts.publications as held
where
    held.state = 'held'
    and held.publication_id > coalesce(
        (
            select max(good.publication_id) from lake.marts.publications as good
            where good.mart = held.mart and good.state = 'published'
        ), ''
    )
group by held.mart
having max(held.publication_id) = (select max(publication_id) from lake.marts.publications)
"""

# A probe is late from its deadline on, and no more once it has arrived.
_PROBES = """
select
    probe_id as thing_id,
    'probe' as subject_kind,
    probe_id as subject,
    'probe_overdue' as rule_id,
    '' as measure,
    'high' as severity,
    deadline_at as happened_at,
    true as is_open,
    trace_id,
    vault_path,
    'See where it stopped with `python -m orchestration probe --status`.' as remediation,
    null as runbook_url,
    'probe ' || probe_id || ' has not arrived in the marts; it got as far as: ' || stage as summary
from lake.operations.probes
where is_overdue
"""

# What each kind of subject is read from, and the table that must be there for it.
_THINGS = {
    "tenant": (("marts", "compliance_exceptions"), _EXCEPTIONS),
    "jurisdiction": (("marts", "compliance_kpis_daily"), _KPIS),
    "mart": (("marts", "publications"), _HOLDS),
    "probe": (("operations", "probes"), _PROBES),
}
_SEEDS = ("alert_routes", "policy_escalations", "runbooks")

_CROSSINGS = """
create or replace temp table crossings as
with

routed as (
    select
        things.*,
        routes.audience,
        routes.channel,
        routes.severity as route_severity,
        routes.escalate_after_minutes,
        routes.remediation as route_remediation,
        routes.runbook_url as route_runbook_url,
        -- Only exceptions are counted; a KPI is that of its day.
        if(subject_kind = 'tenant', routes.threshold, 1) as threshold,
        if(subject_kind = 'jurisdiction', 1440, routes.window_minutes) as window_minutes
    from things
    inner join lake.seeds.alert_routes as routes
        on
            routes.rule_id in (things.rule_id, '*')
            and routes.severity in (things.severity, '*')
            and things.happened_at >= routes.valid_from
            and (routes.valid_to is null or things.happened_at < routes.valid_to)
    -- seeds.py tells of the rest.
    where
        routes.window_minutes >= 1
        and routes.threshold >= 1
        and routes.audience is not null
        and routes.channel in (select unnest($channels))
    qualify
        rank() over (
            partition by subject_kind, thing_id order by routes.rule_id = '*', routes.severity = '*'
        ) = 1
),

pages as (
    select
        rule_id as page_rule_id,
        url,
        valid_from,
        valid_to
    from lake.seeds.runbooks
),

windowed as (
    select
        routed.*,
        pages.url,
        -- A hold is one thing from its begin on; another one after it, however soon, is another alert.
        if(
            subject_kind = 'mart',
            happened_at,
            time_bucket(to_minutes(window_minutes), happened_at, timestamp '1970-01-01')
        ) as window_start,
        list_position(['low', 'medium', 'high', 'critical'], severity) as severity_rank
    from routed
    left join pages
        on
            routed.rule_id = pages.page_rule_id
            and routed.happened_at >= pages.valid_from
            and (pages.valid_to is null or routed.happened_at < pages.valid_to)
),

counted as (
    select
        subject_kind,
        subject,
        rule_id,
        measure,
        audience,
        route_severity,
        channel,
        window_start,
        window_minutes,
        coalesce(['low', 'medium', 'high', 'critical'][max(severity_rank)], 'unknown') as severity,
        min(escalate_after_minutes) as escalate_after_minutes,
        count(distinct thing_id) filter (is_open) as open_things,
        open_things >= min(threshold) as is_crossed,
        list_sort(list(distinct trace_id) filter (trace_id is not null)) as traces,
        list_sort(list(distinct vault_path) filter (vault_path is not null)) as paths,
        min(summary) as summary,
        coalesce(min(remediation), min(route_remediation)) as remediation,
        coalesce(min(runbook_url), min(url), min(route_runbook_url)) as runbook_url
    from windowed
    group by all
)

select
    md5(cast(json_array(
        subject_kind, subject, rule_id, measure, audience, route_severity, window_minutes
    ) as varchar)) as fingerprint,
    md5(fingerprint || ' ' || window_start) as alert_id,
    counted.* exclude (measure, route_severity, window_minutes, traces, paths, open_things, summary),
    window_start + to_minutes(window_minutes) as window_end,
    if(subject_kind = 'tenant', open_things, null) as exceptions,
    case subject_kind
        when 'tenant' then format('{:,} open {} of tenant {}',
            open_things, if(open_things = 1, 'exception', 'exceptions'), subject)
        when 'jurisdiction' then summary || ' in ' || subject
        else summary
    end as summary,
    cast(to_json(coalesce(traces[:$listed], [])) as varchar) as trace_ids,
    coalesce(len(traces), 0) as trace_count,
    traces[1] as first_trace_id,
    cast(to_json(coalesce(paths[:$listed], [])) as varchar) as vault_paths,
    coalesce(len(paths), 0) as vault_path_count
from counted
"""


def find_crossings(
    connection: duckdb.DuckDBPyConnection, about: tuple[str, ...], as_of: datetime
) -> list[str]:
    """Fill the temporary table `crossings`: one row per alert and channel with anything unsettled behind it.

    `is_crossed` says whether the open ones reach the channel's threshold. `about` names the kinds of subject
    to look at; returned are those whose tables are there. `as_of` is UTC without zone; nothing later counts.
    """
    readable = all(has_table(connection, "seeds", seed) for seed in _SEEDS)
    found = [kind for kind in about if readable and has_table(connection, *_THINGS[kind][0])]
    if found:
        things = " union all ".join(f"({_THINGS[kind][1]})" for kind in found)
        statement = _CROSSINGS.replace("with\n", f"with\n\nthings as ({things}),\n", 1)
        wanted = {"as_of": as_of, "listed": LISTED, "channels": list(CHANNELS)}
        connection.execute(statement, {name: wanted[name] for name in wanted if f"${name}" in statement})
    return found
