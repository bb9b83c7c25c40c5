-- Every judgement on its day, and what was still open when the day ended.
with

judged as (

    select
        kpi_date,
        rule_id,
        jurisdiction,
        sum(records) as evaluated,
        sum(case when verdict = 'violation' then records else 0 end) as violations,
        sum(case when verdict = 'unknown' then records else 0 end) as unknown

    from {{ ref('int_verdict_counts') }}
    group by kpi_date, rule_id, jurisdiction

),

exceptions as (

    select * from {{ ref('int_exceptions') }}

),

states as (

    select * from {{ ref('int_exception_states') }}
    where state in ('open', 'acknowledged')

),

-- An interval is open at the end of the days from the one it began on to the one before it ended.
stretches as (

    select
        exceptions.rule_id,
        coalesce(exceptions.jurisdiction, 'unknown') as jurisdiction,
        cast(exceptions.occurred_at as date) as occurred_on,
        cast(states.valid_from as date) as open_from,
        cast(states.valid_to as date) as closed_on,
        count(*) as exceptions

    from exceptions
    inner join states
        on exceptions.exception_id = states.exception_id
    group by
        exceptions.rule_id,
        coalesce(exceptions.jurisdiction, 'unknown'),
        cast(exceptions.occurred_at as date),
        cast(states.valid_from as date),
        cast(states.valid_to as date)

),

-- Those that are open now are added up before they are counted on each day.
opened as (

    select
        rule_id,
        jurisdiction,
        open_from,
        sum(exceptions) as exceptions,
        min(occurred_on) as occurred_on

    from stretches
    where closed_on is null
    group by rule_id, jurisdiction, open_from

),

open_now as (

    select
        rule_id,
        jurisdiction,
        open_from,
        sum(exceptions) over rule_so_far as exceptions,
        min(occurred_on) over rule_so_far as occurred_on,
        lead(open_from, 1, cast({{ as_of() }} as date) + 1) over rule_so_far as closed_on

    from opened
    window
        rule_so_far as (
            partition by rule_id, jurisdiction
            order by open_from
        )

),

open_days as (

    select
        rule_id,
        jurisdiction,
        occurred_on,
        exceptions,
        {{ days_from_to('open_from', 'closed_on - 1') }} as kpi_date

    from stretches
    where open_from < closed_on

    union all

    select
        rule_id,
        jurisdiction,
        occurred_on,
        exceptions,
        {{ days_from_to('open_from', 'closed_on - 1') }} as kpi_date

    from open_now

),

still_open as (

    select
        kpi_date,
        rule_id,
        jurisdiction,
        sum(exceptions) as open_exceptions,
        max(datediff('day', occurred_on, kpi_date)) as oldest_open_days

    from open_days
    group by kpi_date, rule_id, jurisdiction

)

select
    cast(coalesce(judged.kpi_date, still_open.kpi_date) as date) as kpi_date,
    cast(coalesce(judged.rule_id, still_open.rule_id) as varchar) as rule_id,
    cast(coalesce(judged.jurisdiction, still_open.jurisdiction) as varchar) as jurisdiction,
    cast(coalesce(judged.evaluated, 0) as bigint) as evaluated,
    cast(coalesce(judged.violations, 0) as bigint) as violations,
    cast(coalesce(judged.unknown, 0) as bigint) as unknown,
    cast(coalesce(still_open.open_exceptions, 0) as bigint) as open_exceptions,
    cast(still_open.oldest_open_days as bigint) as oldest_open_days

from judged
full outer join still_open
    on judged.kpi_date = still_open.kpi_date
    and judged.rule_id = still_open.rule_id
    and judged.jurisdiction = still_open.jurisdiction
