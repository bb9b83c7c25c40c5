-- Each file under each retention policy that was in force while it was kept: from when on keeping it was a breach, and
-- until when that is known. Without a matching policy there is one row.
with

files as (

    select
        *,
        coalesce(deleted_at, replaced_at, {{ as_of() }}) as kept_until

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
        coalesce(periods.ends_at > files.kept_until, true) as is_newest

    from files
    left join periods
        on files.data_class = periods.data_class
        and files.jurisdiction is not distinct from periods.jurisdiction
        and files.kept_until >= periods.starts_at
        and (files.created_at < periods.ends_at or periods.ends_at is null)

),

-- Holds that overlap or follow each other without a gap keep a file as one does.
covering as (

    select
        files.tenant_id,
        files.vault_path,
        files.life,
        holds.placed_at,
        coalesce(holds.released_at, timestamp '9999-12-31 00:00:00') as released_at

    from files
    inner join holds
        on (files.tenant_id = holds.tenant_id or holds.tenant_id is null)
        and (files.data_class = holds.data_class or holds.data_class is null)

),

placed as (

    select
        *,
        coalesce(placed_at > max(released_at) over holds_before, true) as is_begin

    from covering
    window
        holds_before as (
            partition by tenant_id, vault_path, life
            order by placed_at, released_at
            rows between unbounded preceding and 1 preceding
        )

),

joined as (

    select
        *,
        sum(case when is_begin then 1 else 0 end) over (
            partition by tenant_id, vault_path, life
            order by placed_at, released_at
            rows between unbounded preceding and current row
        ) as hold

    from placed

),

held as (

    select
        tenant_id,
        vault_path,
        life,
        min(placed_at) as held_from,
        max(released_at) as held_until

    from joined
    group by tenant_id, vault_path, life, hold

)

select
    governed.*,
    governed.is_held_by_itself or held.held_from is not null as is_held,
    case when not governed.is_held_by_itself then held.held_from end as held_from,
    governed.is_held_by_itself or held_when_deleted.held_from is not null as is_held_when_deleted,
    case
        when governed.created_at is null then null
        when held_when_due.held_until < timestamp '9999-12-31 00:00:00' then held_when_due.held_until
        else governed.due_at
    end as breached_from,
    governed.deleted_at is not null or governed.replaced_at is not null or not governed.is_newest as is_over

from governed
left join held
    on governed.tenant_id = held.tenant_id
    and governed.vault_path = held.vault_path
    and governed.life = held.life
    and governed.judged_until > held.held_from
    and governed.judged_until <= held.held_until
left join held as held_when_due
    on governed.tenant_id = held_when_due.tenant_id
    and governed.vault_path = held_when_due.vault_path
    and governed.life = held_when_due.life
    and governed.due_at >= held_when_due.held_from
    and governed.due_at < held_when_due.held_until
left join held as held_when_deleted
    on governed.tenant_id = held_when_deleted.tenant_id
    and governed.vault_path = held_when_deleted.vault_path
    and governed.life = held_when_deleted.life
    and governed.deleted_at >= held_when_deleted.held_from
    and governed.deleted_at < held_when_deleted.held_until
