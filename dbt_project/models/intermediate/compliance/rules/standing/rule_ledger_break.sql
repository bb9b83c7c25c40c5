-- Verification found that somebody touched the ledger. A break lasts until one no longer finds it. The ledger
-- itself is the record that is compliant, or unknown while nobody has verified it.
with

found as (

    select
        *,
        recorded_at = max(recorded_at) over () as is_newest

    from {{ ref('stg_ledger_verifications') }}

),

runbooks as (

    select * from {{ ref('runbooks') }}
    where rule_id = 'ledger_break'

),

-- What was found first in the verification before, and no more, was over when the next one was made.
followed as (

    select
        *,
        (
            select min(later.verified_at)
            from found as later
            where later.recorded_at > found.recorded_at
        ) as next_verified_at

    from found

),

breaks as (

    select
        damage,
        first_sequence,
        last_sequence,
        min(verified_at) as started_at,
        case when not bool_or(is_newest) then max_by(next_verified_at, recorded_at) end as ended_at,
        max_by(sentence, recorded_at) as sentence,
        max_by(agreed, recorded_at) as agreed,
        max_by(entry_count, recorded_at) as entry_count

    from followed
    where damage is not null
    group by damage, first_sequence, last_sequence

),

decided as (

    select
        concat_ws(' ', damage, first_sequence, last_sequence) as record_id,
        'violation' as verdict,
        *

    from breaks

    union all by name

    select
        'ledger' as record_id,
        case when count(*) = 0 then 'unknown' else 'compliant' end as verdict,
        max(verified_at) as started_at,
        max(entry_count) as entry_count

    from found
    where is_newest
    having count(damage) = 0

),

judged as (

    select
        decided.*,
        'ledger' as record_kind,
        cast(decided.started_at as date) as usage_date,
        '1' as policy_version,
        'critical' as severity,
        'Find who wrote to the home; compare with the checkpoint that was kept elsewhere.' as remediation,
        runbooks.url as runbook_url,
        cast(null as bigint) as load_id,
        {{ json_object({
            'damage': 'decided.damage',
            'first_sequence': 'decided.first_sequence',
            'last_sequence': 'decided.last_sequence',
            'entries_vouched_for': 'decided.agreed',
            'entries': 'decided.entry_count',
            'sentence': 'decided.sentence',
        }) }} as evidence

    from decided
    left join runbooks
        on {{ in_force('runbooks', 'decided.started_at') }}

)

select {{ judgement(
    without=['tenant_id', 'agent_name', 'workflow_id', 'trace_id', 'span_id', 'vault_path', 'jurisdiction'],
    ended_at='ended_at',
) }}
from judged
