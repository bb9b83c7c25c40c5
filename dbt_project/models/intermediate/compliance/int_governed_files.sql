-- Each file under each retention policy that was in force while it was kept: from when on keeping it was a breach, and
-- until when that is known. Without a matching policy there is one row.
with

files as (

    select
        *,
        coalesce(deleted_at, {{ as_of() }}) as kept_until

    from {{ ref('int_vault_files') }}

),

policies as (

    select * from {{ ref('policy_retention') }}

),

holds as (

    select * from {{ ref('int_legal_holds') }}

),

-- The policy for each class of data and jurisdiction, over time: the row of the jurisdiction goes before that of all.
kinds as (

    select distinct
        data_class,
        jurisdiction

    from files

),

matching as (

    select
        kinds.data_class,
        kinds.jurisdiction,
        policies.* exclude (jurisdiction),
        policies.jurisdiction as policy_jurisdiction

    from kinds
    inner join policies
        on kinds.data_class = policies.signal_or_data_class
        and policies.jurisdiction in (kinds.jurisdiction, '*')

),

boundaries as (

    select
        data_class,
        jurisdiction,
        valid_from as starts_at

    from matching

    union

    select
        data_class,
        jurisdiction,
        valid_to as starts_at

    from matching
    where valid_to is not null

),

stretches as (

    select
        *,
        lead(starts_at) over (partition by data_class, jurisdiction order by starts_at) as ends_at

    from boundaries

),

won as (

    select
        stretches.*,
        matching.* exclude (data_class, jurisdiction)

    from stretches
    inner join matching
        on stretches.data_class = matching.data_class
        and stretches.jurisdiction is not distinct from matching.jurisdiction
        and {{ in_force('matching', 'stretches.starts_at') }}
    qualify row_number() over (
        partition by stretches.data_class, stretches.jurisdiction, stretches.starts_at
        order by (matching.policy_jurisdiction != '*') desc, matching.valid_from desc
    ) = 1

),

-- Where another row's boundary changed nothing, the stretch goes on.
begun as (

    select
        *,
        coalesce((lag(ends_at) over stretches_of_row) != starts_at, true) as is_begin

    from won
    window
        stretches_of_row as (
            partition by data_class, jurisdiction, policy_jurisdiction, valid_from
            order by starts_at
        )

),

numbered as (

    select
        *,
        sum(case when is_begin then 1 else 0 end) over (
            partition by data_class, jurisdiction, policy_jurisdiction, valid_from
            order by starts_at
        ) as stretch

    from begun

),

periods as (

    select
        * exclude (starts_at, ends_at, is_begin),
        min(starts_at) as starts_at,
        case when bool_and(ends_at is not null) then max(ends_at) end as ends_at

    from numbered
    group by all

),

governed as (

    select
        files.*,
        periods.policy_version,
        periods.keep_days,
        periods.early_delete_days,
        periods.severity,
        periods.remediation,
        periods.runbook_url,
        periods.starts_at,
        least(files.kept_until, coalesce(periods.ends_at, files.kept_until)) as judged_until,
        greatest({{ dbt.dateadd('day', 'periods.keep_days', 'files.created_at') }}, periods.starts_at) as due_at,
        coalesce(periods.ends_at >= files.kept_until, true) as is_newest

    from files
    left join periods
        on files.data_class = periods.data_class
        and files.jurisdiction is not distinct from periods.jurisdiction
        and files.kept_until >= periods.starts_at
        and (files.created_at < periods.ends_at or periods.ends_at is null)

),

held as (

    select
        governed.tenant_id,
        governed.vault_path,
        governed.life,
        governed.starts_at,
        bool_or(holds.placed_at < governed.judged_until and coalesce(holds.released_at >= governed.judged_until, true))
            as is_held,
        max(case when holds.placed_at <= governed.due_at then holds.released_at end) as held_until

    from governed
    inner join holds
        on (governed.tenant_id = holds.tenant_id or holds.tenant_id is null)
        and (governed.data_class = holds.data_class or holds.data_class is null)
    group by governed.tenant_id, governed.vault_path, governed.life, governed.starts_at

)

select
    governed.*,
    governed.is_held_by_itself or coalesce(held.is_held, false) as is_held,
    case
        when governed.created_at is not null then greatest(governed.due_at, held.held_until)
    end as breached_from,
    governed.deleted_at is not null or not governed.is_newest as is_over

from governed
left join held
    on governed.tenant_id = held.tenant_id
    and governed.vault_path = held.vault_path
    and governed.life = held.life
    and governed.starts_at is not distinct from held.starts_at
